"""A plan does not depend on how the accounts are cut into chunks, and 200,000 of them are one chunk like any other."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from reminded import DUE, history, message, people, person, policy

from mfa_audit.reminders.columns import HISTORY, State, frame
from mfa_audit.reminders.past import last_digests
from mfa_audit.reminders.plan import Plan, joined, plan
from mfa_audit.tables import Status

_USING = policy(break_glass={"last_tested": {"id-000003": dt.date(2026, 8, 1)}})
_ENTRIES = people({"exemption_id": "E1", "owner": "Owner", "expires_on": "2026-11-12"})
_STATES = [State.SENT, State.SENT, State.CONFIRMED, State.PLANNED, State.UNKNOWN, State.FAILED, State.WITHDRAWN]
_STAGES = {"S1": "2026-10-05", "S2": "2026-10-19", "S3": "2026-10-26", "S5": "2026-11-03", "W1": "2026-12-03",
           "starter-1": "2026-10-01", "X1": "2026-10-12", "notice-unknown": "2026-10-01"}


@st.composite
def _facts(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["person"] * 5 + ["generic", "break_glass", "room"]))
    return {
        "status": draw(st.sampled_from([status.value for status in Status])), "kind": kind,
        "population": {"person": "workforce", "room": "shared"}.get(kind, kind),
        "due": draw(st.none() | st.dates(DUE - dt.timedelta(60), DUE + dt.timedelta(60))),
        "starter_until": draw(st.none() | st.dates(DUE - dt.timedelta(20), DUE + dt.timedelta(20))),
        "manager_id": draw(st.sampled_from(["m1", "m2", None])), "mail": draw(st.sampled_from([None, "a@b.example"])),
        "responsible_id": draw(st.sampled_from([None, "r1"])), "exemption_id": draw(st.sampled_from([None, "E1"])),
        "lost_on": draw(st.none() | st.dates(DUE - dt.timedelta(60), DUE)),
        "ready": draw(st.sampled_from([None, "no"])),
        **{name: draw(st.booleans()) for name in ("privileged", "phone_only")},
        **{name: draw(st.integers(0, 5)) == 0 for name in ("dormant", "leaver", "away")},
    }


@st.composite
def _message(draw: st.DrawFn) -> dict[str, Any]:
    stage = draw(st.sampled_from(sorted(_STAGES)))
    recipient = draw(st.sampled_from(["person", "person", "manager", "service_desk", "exemption_owner"]))
    return message(stage, _STAGES[stage], draw(st.sampled_from(_STATES)), draw(st.integers(0, 11)), recipient=recipient,
                   recipient_id=draw(st.sampled_from(["m1", "m2"])))


def _same(left: Plan, right: Plan) -> None:
    for name in ("rows", "held", "withdrawn"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(_facts(), min_size=1, max_size=12), past=st.lists(_message(), max_size=25),
       cuts=st.lists(st.integers(0, 12), max_size=4),
       as_of=st.dates(DUE - dt.timedelta(40), DUE + dt.timedelta(100)))
def test_any_split_gives_the_same_plan(
        rows: list[dict[str, Any]], past: list[dict[str, Any]], cuts: list[int], as_of: dt.date) -> None:
    """Cut anywhere, into empty chunks too, with the history of each chunk alone: the same rows in the same order."""
    whole = people(*(person(number, **facts) for number, facts in enumerate(rows)))
    told = history(*{(each["account_id"], each["stage"], each["recipient"]): each for each in past}.values())
    edges = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    digests = last_digests(told)
    parts = [whole[start:end] for start, end in zip(edges, [*edges[1:], len(whole)], strict=True)]
    split = joined(
        plan(part, told[told["account_id"].isin(part["account_id"])], _USING, as_of, exemptions=_ENTRIES,
             digests=digests) for part in parts
    )

    _same(plan(whole, told, _USING, as_of, exemptions=_ENTRIES), split)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(_facts(), min_size=1, max_size=12), past=st.lists(_message(), max_size=25),
       as_of=st.dates(DUE - dt.timedelta(40), DUE + dt.timedelta(100)))
def test_a_key_stands_in_a_plan_once(rows: list[dict[str, Any]], past: list[dict[str, Any]], as_of: dt.date) -> None:
    """Whatever people and past: no key twice, none that stands already, one message a recipient and account."""
    told = history(*{(each["account_id"], each["stage"], each["recipient"]): each for each in past}.values())
    found = plan(people(*(person(number, **facts) for number, facts in enumerate(rows))), told, _USING, as_of,
                 exemptions=_ENTRIES).rows
    standing = told[~told["state"].isin(["failed", "withdrawn"])]
    keys = ["account_id", "stage", "occurrence", "recipient"]

    assert not found.duplicated(keys).any()
    assert not len(found.merge(standing, on=keys))
    direct = found[found["recipient"].isin(["person", "responsible"])]
    assert not direct.duplicated("account_id").any()


def test_two_hundred_thousand_people() -> None:
    """Everybody due at once, with all that was sent before: one message each, and one for their manager."""
    count = 200_000
    table = people(person()).loc[np.zeros(count, dtype=int)].reset_index(drop=True)
    table["account_id"] = pd.Series([f"id-{number:06}" for number in range(count)], dtype="str")
    table["manager_id"] = pd.Series([f"m-{number % 9000}" for number in range(count)], dtype="str")
    sent = {"S1": "2026-10-05", "S2": "2026-10-19", "S3": "2026-10-26", "S4": "2026-10-29"}
    past = pd.concat([
        pd.DataFrame({**message(stage, day), "account_id": table["account_id"]}) for stage, day in sent.items()
    ], ignore_index=True)
    past["anchor"], past["day"] = pd.to_datetime(past["anchor"]), pd.to_datetime(past["day"])

    rows = plan(table, frame(HISTORY, past), policy(), dt.date(2026, 11, 3)).rows

    assert {("S5", "person"): count, ("S5", "manager"): count} == dict(rows.groupby(["stage", "recipient"]).size())
    assert list(table["account_id"].repeat(2)) == list(rows["account_id"])
