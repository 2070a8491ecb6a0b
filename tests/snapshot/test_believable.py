"""Times that cannot be true on the day judged."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from mfa_audit.snapshot.staging import Believable

UNTIL = Believable(dt.datetime(2026, 3, 3, tzinfo=dt.UTC), dt.timedelta(hours=192))
FRESH, STALE, FUTURE = "2026-03-02T02:00:00Z", "2026-02-01T02:00:00Z", "2026-03-03T00:00:01Z"
HAS = {"methods": "mobilePhone", "is_mfa_capable": "yes", "is_admin": "no", "user_type": "member"}
NOTHING = {**HAS, "methods": "[]", "is_mfa_capable": "no"}


def taken(stage, an_id, *rows, created="2024-05-01T09:00:00Z", **options):
    """A snapshot of accounts 1 (with ``rows`` of registrations, in one file) and 2 (registered and fresh)."""
    accounts = stage.csv("accounts", {"account_id": an_id(1), "created_at": created},
                         {"account_id": an_id(2), "created_at": "2024-05-01T09:00:00Z"})
    registered = stage.csv("registrations", {"account_id": an_id(2), **HAS, "updated_at": FRESH},
                           *({"account_id": an_id(1), **row} for row in rows), name="r.csv")
    return stage.snapshot(accounts, registered, **{"believable": UNTIL, **options})


@pytest.mark.parametrize(("rows", "created", "check"), [
    ([{**HAS, "updated_at": STALE}], "2024-05-01", "registration left behind"),
    ([{**HAS, "updated_at": FUTURE}], "2024-05-01", "registration dated after the day judged"),
    ([{**NOTHING, "updated_at": FRESH}, {**HAS, "updated_at": FUTURE}], "2024-05-01",
     "registration dated after the day judged"),
    ([{**HAS, "updated_at": FRESH}], "2026-03-02T02:00:01Z", "registration older than its account"),
    ([{**HAS, "updated_at": "2026-03-01"}], "2026-03-02T02:00:01Z", "registration older than its account"),
])
def test_a_registration_whose_time_cannot_be_true_is_a_conflict(stage, an_id, whole, rows, created, check):
    """Nothing it says is believed, least of all that somebody has a factor or is no administrator."""
    snapshot = taken(stage, an_id, *rows, created=created)
    row, other = (whole(snapshot).loc[an_id(n)] for n in (1, 2))
    [complaint] = [each for each in snapshot.complaints if each.check == check]

    assert (True, 0, "blank", "blank", "blank") == (
        row["conflict"], row["methods"], row["is_mfa_capable"], row["is_admin"], row["user_type_stated"])
    assert (False, "yes", "no") == (other["conflict"], other["is_mfa_capable"], other["is_admin"])
    assert (1, ("r.csv:3",)) == (complaint.count, complaint.examples)


@pytest.mark.parametrize(("rows", "created"), [
    ([{**HAS, "updated_at": "2026-02-22T02:00:00Z"}], "2024-05-01"),
    ([{**HAS, "updated_at": STALE}, {**HAS, "updated_at": FRESH}], "2024-05-01"),
    ([{**HAS, "updated_at": "2026-03-03T00:00:00Z"}], "2024-05-01"),
    ([{**HAS, "updated_at": ""}], "2024-05-01"),
    ([{**HAS, "updated_at": "2026-03-02"}], "2026-03-02T02:00:01Z"),
    ([{**HAS, "updated_at": FRESH}], "2026-03-02T02:00:00Z"),
    ([{**HAS, "updated_at": FRESH}], ""),
])
def test_a_registration_whose_time_may_be_true_is_believed(stage, an_id, whole, rows, created):
    """To the hour the policy allows, on the day itself, and where no hour is written."""
    row = whole(taken(stage, an_id, *rows, created=created)).loc[an_id(1)]

    assert (False, 4096, "yes") == (row["conflict"], row["methods"], row["is_mfa_capable"])


def test_an_administrator_stays_one(stage, an_id, whole):
    """What asks for more is kept."""
    row = whole(taken(stage, an_id, {**HAS, "is_admin": "yes", "updated_at": STALE})).loc[an_id(1)]

    assert (True, "yes") == (row["conflict"], row["is_admin"])


def test_an_earlier_day_is_judged_by_what_is_known_now(stage, an_id, whole):
    """Where every row is later than the day judged, none is."""
    before = Believable(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), UNTIL.row_age)
    row = whole(taken(stage, an_id, {**HAS, "updated_at": FUTURE}, believable=before)).loc[an_id(1)]

    assert not row["conflict"]


@pytest.mark.parametrize(("field", "text", "known"), [
    ("hire_date", "2062-02-20", False), ("hire_date", "2027-03-03", True), ("hire_date", "2027-03-04", False),
    ("created_at", "2099-01-01T00:00:00Z", False), ("created_at", "2026-03-09T00:00:00Z", True),
])
def test_a_start_more_than_a_year_ahead_is_a_typing_error(stage, an_id, checks, field, text, known):
    """No grace for decades: the date is blank, and its place is said."""
    snapshot = stage.snapshot(stage.csv("accounts", {"account_id": an_id(1), field: text}), believable=UNTIL)

    assert known == pd.notna(snapshot.frame("accounts")[field][0])
    assert ({} if known else {f"date more than a year ahead: {field}": 1}) == checks(snapshot)


def test_a_start_in_the_list_of_people_is_held_against_the_day_as_well(stage, an_id, checks):
    """Both lists know hire dates."""
    snapshot = stage.snapshot(stage.csv("accounts", {"account_id": an_id(1)}), stage.csv(
        "people", {"account_id": an_id(1), "hire_date": "2062-02-20"}), believable=UNTIL)

    assert snapshot.frame("accounts")["hire_date"].isna().all()
    assert {"date more than a year ahead: hire_date": 1} == checks(snapshot)
