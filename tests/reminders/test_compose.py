"""What a letter says of one person: nothing that has passed as if it were to come."""

from __future__ import annotations

import datetime as dt

import pytest
from posted import DAY, mailed
from reminded import person


@pytest.mark.parametrize(("due", "says"), [
    (DAY + dt.timedelta(days=14), "by Monday 19 October 2026."), (DAY - dt.timedelta(days=60), None),
])
def test_a_first_letter_names_no_day_that_has_passed(due, says) -> None:
    """Whoever hears of it for the first time after their day is asked to set it up, not told a date gone by."""
    _, composer = mailed(person(1, due=due))

    [letter] = {composer.letter(mail).body for mail in composer.mails if mail.letter == "how_to"}

    asked = next(part for part in letter.replace("\n", " ").split("  ") if "Please set up a second check" in part)
    assert says is None or says in asked
    assert (says is None) == (f"{due:%B %Y}" not in letter)
