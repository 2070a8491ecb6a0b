"""Who would hear what today, and why not: a pure function of verdicts, the ledger's history, the policy and a date.

Partition-safe: any split of the accounts gives the same rows, provided that ``digests`` knows every manager.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.reminders.calendar import Days, SendDays, days
from mfa_audit.reminders.climb import Chunk, Listing, Step, climb, list_step
from mfa_audit.reminders.columns import COUNTED, DELIVERED, HELD, HISTORY, PLAN, WAITING, Recipient, Why, frame
from mfa_audit.reminders.due import NEVER
from mfa_audit.reminders.ladder import BREAK_GLASS, EXEMPTION, STARTER, WEAK, Ladder, Rung, ladders_of
from mfa_audit.reminders.past import Past, last_digests
from mfa_audit.reminders.routing import HELD as HELD_ROUTES
from mfa_audit.reminders.routing import NOTICES, Route, ladder_names, routes, tested_on
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from mfa_audit.policy import Policy
    from mfa_audit.tables import Table

NOTICE = "notice"
"""The ladder of what is told to others instead of a reminder."""
NOTICE_REPEAT_DAYS = 30
"""A notice is told again after this many days, as the last stage of the ladder is, for as long as it holds."""

READ = (
    "account_id", "user_principal_name", "mail", "organisation", "kind", "population", "status", "phone_only", "due",
    "exemption_id", "manager_id", "manager_key", "privileged", "dormant", "leaver", "away", "starter_until",
    "responsible_id", "asked", "ready",
)
"""The columns of :data:`mfa_audit.tables.PEOPLE` that a plan is made from."""


@dataclass(frozen=True)
class Plan:
    """``rows``: :data:`mfa_audit.reminders.columns.PLAN`; ``held``: ``HELD``; ``withdrawn``: messages of ``HISTORY``
    that were listed, wait to be confirmed and are no longer wanted. Each in the order of the accounts."""

    rows: pd.DataFrame
    held: pd.DataFrame
    withdrawn: pd.DataFrame


def plan(people: pd.DataFrame, history: pd.DataFrame, policy: Policy, as_of: date, *,
         exemptions: pd.DataFrame | None = None, digests: pd.Series | None = None, mail_read: bool = True) -> Plan:
    """The plan of ``as_of`` for a chunk of ``people`` (:data:`READ`; and ``lost_on`` where nights past are known: the
    day a factor was first seen lost by somebody who had been compliant, else null).

    ``history``: :data:`mfa_audit.reminders.columns.HISTORY` of these accounts at least; ``exemptions``: the register
    (``exemption_id``, ``owner``, ``expires_on`` as ISO text); ``digests``:
    :func:`mfa_audit.reminders.past.last_digests` of everybody, worked out from ``history`` when not given;
    ``mail_read``: see :func:`mfa_audit.reminders.routing.routes`.
    Raises :class:`PolicyError` for public holidays or stages that cannot be.
    """
    people = people.reset_index(drop=True)
    reminders, ladders = policy.reminders, ladders_of(policy)
    calendar = SendDays.of(reminders)
    route = routes(people, policy, as_of, mail_read=mail_read)
    in_person = ~route.isin((Route.NO_MAILBOX, Route.LOCKED_OUT)).to_numpy(dtype=bool)
    past = Past.of(history, people["account_id"], in_person, reminders.campaign)
    entries = _entries(people, exemptions)
    chunk = Chunk(
        people["account_id"], route, _addresses(people, entries),
        _digest_days(people, last_digests(history) if digests is None else digests),
        past.last(past.pick(states=COUNTED, told=True, ours=False)), past.count(past.pick(states=COUNTED, told=True)),
        reminders, calendar, as_of,
    )
    listing = Listing(np.zeros(len(past.account), dtype=bool))
    _due_ladders(people, chunk, past, listing, policy, ladders)
    _other_ladders(people, chunk, past, listing, policy, ladders, entries)
    _notices(chunk, past, listing)
    for each, why in HELD_ROUTES.items():
        listing.hold(chunk, np.flatnonzero(route == each), why)
    gone = past.pick(states=WAITING, ours=False) & ~listing.current
    return Plan(_together(listing.planned, PLAN), _together(listing.held, HELD),
                _in_order(past.rows[gone].assign(at=past.account[gone]), HISTORY))


def joined(plans: Iterable[Plan]) -> Plan:
    """The plan of all chunks from those of each, in their order."""
    listed = list(plans)
    parts = {name: [getattr(each, name) for each in listed] for name in ("rows", "held", "withdrawn")}
    return Plan(**{
        name: pd.concat(parts[name], ignore_index=True) if listed else frame(table)
        for name, table in (("rows", PLAN), ("held", HELD), ("withdrawn", HISTORY))
    })


def _due_ladders(people: pd.DataFrame, chunk: Chunk, past: Past, listing: Listing, policy: Policy,
                 ladders: Mapping[str, Ladder]) -> None:
    begun = np.zeros(past.size, dtype=bool)
    for rung in ladders[STARTER].rungs:
        if rung.stage.startswith("starter-"):
            begun |= past.count(past.pick(stage=rung.stage, states=DELIVERED)) > 0
    ends = policy.methods.weak_ends_on
    weak_open = _weak_open(ladders[WEAK], ends, chunk)
    name = ladder_names(people, chunk.route, policy, chunk.as_of, weak_open=weak_open, begun=begun)
    lost_on = days(people["lost_on"]) if "lost_on" in people else np.full(past.size, NEVER)
    graced = lost_on + np.timedelta64(policy.grace.lost_factor_days, "D")
    due = np.where(np.isnat(lost_on), days(people["due"]), np.maximum(days(people["due"]), graced))
    rounds = past.since(lost_on)
    for ladder in (each for each in ladders.values() if not each.by_anchor):
        at = np.flatnonzero(name == ladder.name)
        anchor = np.full(len(at), np.datetime64(ends, "D")) if ladder.name == WEAK else due[at]
        climb(chunk, ladder, at, anchor, rounds, listing, lost=~np.isnat(lost_on[at]))


def _weak_open(ladder: Ladder, ends: date, chunk: Chunk) -> bool:
    if not ladder.rungs:
        return False
    begins = chunk.calendar.back(np.array([np.datetime64(ends, "D") + np.timedelta64(ladder.rungs[0].day, "D")]))[0]
    return bool(begins <= chunk.today <= np.datetime64(ends, "D"))


def _other_ladders(people: pd.DataFrame, chunk: Chunk, past: Past, listing: Listing, policy: Policy,
                   ladders: Mapping[str, Ladder], entries: pd.DataFrame) -> None:
    """Owners of exemptions that end, and the tests of emergency accounts."""
    tested = tested_on(people, policy) + np.timedelta64(policy.break_glass.test_every_days, "D")
    tested[(chunk.route == Route.OUT_OF_SCOPE).to_numpy(dtype=bool)] = NEVER
    held = people["status"].isin((Status.EXEMPT, Status.EXEMPT_EXPIRED)).to_numpy(dtype=bool)
    stopped = chunk.route.isin((Route.LEAVER, Route.DORMANT)).to_numpy(dtype=bool)
    ends = np.where(held & ~stopped, days(entries["ends"]), NEVER)
    for name, anchor in ((EXEMPTION, ends), (BREAK_GLASS, tested)):
        at = np.flatnonzero(~np.isnat(anchor))
        climb(chunk, ladders[name], at, anchor[at], past.hung_on(anchor), listing)


def _notices(chunk: Chunk, past: Past, listing: Listing) -> None:
    for route, notice in NOTICES.items():
        at = np.flatnonzero(chunk.route == route)
        rung = Rung(notice.stage, 0, (notice.recipient.value,), notice.template, NOTICE_REPEAT_DAYS)
        why = np.full(len(at), Why.NOTICE.value, dtype=object)
        step = Step(NOTICE, rung, at, np.full(len(at), NEVER), np.full(len(at), chunk.today), why)
        list_step(chunk, step, past, listing)


def _entries(people: pd.DataFrame, exemptions: pd.DataFrame | None) -> pd.DataFrame:
    """``owner`` and ``ends`` of each account's entry in the register; null where it has none, or two share its id."""
    nothing = pd.DataFrame({"owner": pd.Series(dtype="str"), "ends": pd.Series(dtype="datetime64[us]")})
    known = nothing
    if exemptions is not None and len(exemptions):
        ends = pd.to_datetime(exemptions["expires_on"], format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
        listed = pd.DataFrame({"id": exemptions["exemption_id"], "owner": exemptions["owner"], "ends": ends})
        known = listed.dropna(subset="id").drop_duplicates().drop_duplicates("id", keep=False).set_index("id")
    return known.reindex(people["exemption_id"]).set_axis(people.index)


def _addresses(people: pd.DataFrame, entries: pd.DataFrame) -> dict[Recipient, pd.Series]:
    return {
        Recipient.PERSON: people["account_id"],
        Recipient.RESPONSIBLE: people["responsible_id"],
        Recipient.MANAGER: people["manager_id"].where(people["manager_key"].notna()),
        Recipient.LOCAL_ADMIN: people["organisation"],
        Recipient.EXEMPTION_OWNER: entries["owner"],
    }


def _digest_days(people: pd.DataFrame, digests: pd.Series) -> Days:
    return days(digests.astype("datetime64[us]").reindex(pd.Index(people["manager_id"])))


def _together(pieces: list[pd.DataFrame], table: Table) -> pd.DataFrame:
    listed = [piece for piece in pieces if len(piece)]
    return _in_order(pd.concat(listed, ignore_index=True), table) if listed else frame(table)


def _in_order(found: pd.DataFrame, table: Table) -> pd.DataFrame:
    """In the order of the accounts, and of the ladders and recipients of each, whatever the pieces were."""
    order = found.sort_values(["at", "ladder", "stage", "recipient"], kind="stable", ignore_index=True)
    return frame(table, order)
