"""Messages leave on send days, and a moment belongs to the day it is in the policy's zone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_audit.errors import PolicyError
from mfa_audit.reminders.calendar import SendDays, day_of, days

ENGLAND = SendDays(("mon", "tue", "wed", "thu"), "GB-ENG")
_DAYS = st.dates(dt.date(2019, 1, 1), dt.date(2035, 12, 31))


@pytest.mark.parametrize(("day", "before", "after"), [
    ("2026-11-02", "2026-11-02", "2026-11-02"),  # a Monday
    ("2026-11-06", "2026-11-05", "2026-11-09"),  # a Friday
    ("2026-11-08", "2026-11-05", "2026-11-09"),  # a Sunday
    ("2027-01-30", "2027-01-28", "2027-02-01"),  # a Saturday
    ("2027-03-29", "2027-03-25", "2027-03-30"),  # Easter Monday, Good Friday and a weekend before it
    ("2026-12-25", "2026-12-24", "2026-12-29"),  # Christmas on a Friday, Boxing Day moved to Monday
    ("2026-12-28", "2026-12-24", "2026-12-29"),  # that Monday itself
    ("2022-12-27", "2022-12-22", "2022-12-28"),  # Christmas on a Sunday: Tuesday in its place
    ("2027-01-01", "2026-12-31", "2027-01-04"),  # New Year's Day on a Friday
    ("2022-09-19", "2022-09-15", "2022-09-20"),  # a holiday of one year alone
    ("2026-08-31", "2026-08-27", "2026-09-01"),  # the late summer holiday
])
def test_send_days_of_england(day: str, before: str, after: str) -> None:
    """Weekends, Fridays and the bank holidays of England are skipped, moved ones included."""
    wanted = dt.date.fromisoformat(day)

    assert (before, after) == (ENGLAND.on_or_before(wanted).isoformat(), ENGLAND.on_or_after(wanted).isoformat())


@pytest.mark.parametrize(("place", "closed"), [
    ("GB-ENG", False), ("GB-WLS", False), ("GB-SCT", True), ("", False), ("DE-BY", True),
])
def test_holidays_belong_to_a_place(place: str, *, closed: bool) -> None:
    """Parts of a country have holidays of their own: Scotland's St Andrew's Day, Monday 30 November; Bavaria's All
    Saints' Day has its own date."""
    day = dt.date(2023, 11, 1) if place == "DE-BY" else dt.date(2026, 11, 30)

    assert closed != (day in SendDays(("mon", "tue", "wed", "thu"), place))


@pytest.mark.parametrize(("place", "step"), [
    ("XX", "give the two letters of a country"), ("GB-XX", "GB-ENG"), ("ZZ-ENG", "give the two letters"),
])
def test_an_unknown_place_says_what_to_do(place: str, step: str) -> None:
    """A place without known holidays is refused, and the message says which there are."""
    with pytest.raises(PolicyError) as refused:
        SendDays(("mon",), place)

    assert refused.value.where == "reminders.public_holidays"
    assert step in refused.value.next_step


@given(st.lists(_DAYS, min_size=1, max_size=40))
def test_a_column_is_its_days(wanted: list[dt.date]) -> None:
    """Many days at once are moved as each alone; a missing one stays missing."""
    column = np.append(days(wanted), np.datetime64("NaT"))

    assert [ENGLAND.on_or_after(day) for day in wanted] == ENGLAND.forward(column)[:-1].tolist()
    assert [ENGLAND.on_or_before(day) for day in wanted] == ENGLAND.back(column)[:-1].tolist()
    assert np.isnat(ENGLAND.forward(column)[-1])


@given(_DAYS)
def test_the_nearest_send_day(day: dt.date) -> None:
    """The day found is a send day, on the right side, and none lies between."""
    before, after = ENGLAND.on_or_before(day), ENGLAND.on_or_after(day)

    assert before <= day <= after
    assert before in ENGLAND
    assert after in ENGLAND
    between = (day + dt.timedelta(n) for n in range((before - day).days + 1, (after - day).days))
    assert not any(each in ENGLAND for each in between if before < each < after)


@pytest.mark.parametrize(("moment", "day"), [
    ("2026-10-24T23:30:00+00:00", "2026-10-25"),  # 00:30 in summer time
    ("2026-10-25T00:30:00+00:00", "2026-10-25"),  # 01:30 the first time
    ("2026-10-25T01:30:00+00:00", "2026-10-25"),  # 01:30 the second time
    ("2026-10-25T23:30:00+00:00", "2026-10-25"),  # an hour later than in summer
    ("2026-03-28T23:59:00+00:00", "2026-03-28"),
    ("2026-03-29T01:00:00+00:00", "2026-03-29"),  # 02:00: 01:00 to 02:00 do not exist
    ("2026-03-29T23:30:00+00:00", "2026-03-30"),  # 00:30 in summer time
])
def test_the_day_of_a_moment_across_the_changes_of_the_clock(moment: str, day: str) -> None:
    """A moment belongs to the day that a clock in London shows, on the nights the clocks change too."""
    assert day == day_of(dt.datetime.fromisoformat(moment), "Europe/London").isoformat()


def test_a_moment_without_a_zone_belongs_to_no_day() -> None:
    """A moment that could be anywhere is refused."""
    with pytest.raises(ValueError, match="time zone"):
        day_of(dt.datetime(2026, 10, 25, 1, 30), "Europe/London")
