"""The words are complete, and figures and dates read as people expect."""

from __future__ import annotations

import datetime as dt
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_audit.methods import Level
from mfa_audit.policy.schema import Deadlines
from mfa_audit.reports import words
from mfa_audit.tables import Exposure, Kind, Reason, Required, Status


@pytest.mark.parametrize(
    ("enumeration", "table"),
    [(Status, words.STATUS), (Reason, words.REASON), (Exposure, words.EXPOSURE), (Kind, words.KIND),
     (Required, words.REQUIRED)],
    ids=["status", "reason", "exposure", "kind", "required"],
)
def test_every_member_has_words(enumeration: type, table: dict[str, object]) -> None:
    """A new status, reason, exposure or kind without words fails here and not in a report."""
    assert set(enumeration) == set(table)


def test_every_level_has_a_label() -> None:
    """Levels are looked up by what ``best_level`` holds."""
    assert [level.label for level in Level] == list(words.LEVEL)


def test_labels_are_told_apart() -> None:
    """No two statuses share a label: a reader filters by it."""
    labels = [word.label for word in words.STATUS.values()]

    assert len(labels) == len(set(labels))


def test_reasons_are_one_short_sentence_each() -> None:
    """A reason is one sentence of at most twenty words, with its full stop."""
    for reason, sentence in words.REASON.items():
        assert re.fullmatch(r"[A-Z][^.!?]*\.", sentence), reason
        assert len(sentence.split()) <= 20, reason


def test_no_words_of_blame() -> None:
    """Nobody is told off by a label or a reason."""
    text = Path(words.__file__).read_text(encoding="utf-8").casefold()

    assert [] == re.findall(r"\b(fail(?:ed|ure)?|refus\w+|ignor\w+|offender\w*|violat\w+|non-compliant)\b", text)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(6, 22, "27.3%"), (0, 22, "0.0%"), (22, 22, "100.0%"), (0, 0, "n/a"), (1, 2_000_000, "<0.1%"),
     (1_999_999, 2_000_000, "99.9%"), (9_995, 10_000, "99.9%"), (1, 2_000, "0.1%"), (1, 2_001, "<0.1%"),
     (1, 8, "12.5%"), (5, 16, "31.3%"), (145, 196, "74.0%"), (49, 2_000, "2.5%"), (1, 3, "33.3%"), (2, 3, "66.7%")],
)
def test_percent(numerator: int, denominator: int, expected: str) -> None:
    """One decimal, half up; the ends of the scale are kept for nothing and everything."""
    assert expected == words.percent(numerator, denominator)


@pytest.mark.parametrize(("numerator", "denominator"), [(1, 0), (3, 2), (-1, 2), (0, -1)])
def test_percent_refuses_what_is_no_share(numerator: int, denominator: int) -> None:
    """A numerator outside its denominator is a bug, not a figure."""
    with pytest.raises(ValueError, match="not a share"):
        words.percent(numerator, denominator)


@given(st.integers(1, 3_000_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_percent_is_never_further_off_than_its_last_digit(share: tuple[int, int]) -> None:
    """What is printed lies within a twentieth of a per cent of the truth, but for the two kept ends."""
    part, whole = share
    text = words.percent(part, whole)
    shown = float(text.strip("<%"))

    assert abs(shown - 100 * part / whole) <= 0.1000001
    assert (text == "100.0%") == (part == whole)
    assert (text == "0.0%") == (part == 0)


def summary(kind: str, known: int) -> dict[str, object]:
    return {"headline_kind": kind, "key_figures": {"workforce_in_scope": 1_200, "required": [known // 2, known]}}


def test_headline_says_what_was_not_assessed() -> None:
    """While it is not known for somebody whether MFA is demanded, the headline is never called compliant."""
    name = words.headline_name(summary("registered", 200))

    assert "Registered as the policy asks (whether MFA is demanded: not assessed for 1,000)" == name


def test_headline_when_everybody_was_assessed() -> None:
    """With all known, the headline has its short name."""
    assert "Compliant" == words.headline_name(summary("compliant", 1_200))


@pytest.mark.parametrize(
    ("known", "expected"),
    [(0, "not assessed"), (200, "assessed for 200 of 1,200"), (1_200, "assessed for everybody in scope")],
)
def test_how_much_was_assessed(known: int, expected: str) -> None:
    """The top of a page says for how many the demand for MFA is known."""
    assert f"whether MFA is demanded: {expected}" == words.demand_assessed(summary("registered", known))


def test_dates_in_words() -> None:
    """Dates are written out, the same under every locale."""
    assert "Friday 13 February 2026" == words.long_date(dt.date(2026, 2, 13))
    assert "01 Feb 2027" == words.short_date(dt.date(2027, 2, 1))


@pytest.mark.parametrize(("number", "expected"), [(0, "0 days"), (1, "1 day"), (1_200, "1,200 days")])
def test_numbers_and_nouns_agree(number: int, expected: str) -> None:
    """One day, two days."""
    assert expected == words.of(number, "day")


def test_nobody_is_said_to_be_on_time_where_no_deadline_is_set():
    """Without a day in the policy an empty count of overdue says so; administrators who are overdue are counted."""
    unset, late = words.no_deadline(Deadlines(), 0), words.no_deadline(Deadlines(), 3)
    assert ("no deadline is set", "") == (unset, late)
    assert not words.no_deadline(Deadlines(default=date(2026, 3, 31)), 0)


@pytest.mark.parametrize(("text", "shown"), [
    ("/srv/exports/tonight/users.csv:12", "tonight/users.csv:12"), ("users.csv:12", "users.csv:12"),
    ("C:\\exports\\tonight\\users.csv", "tonight/users.csv"), ("exports/users.csv", "exports/users.csv"),
])
def test_a_place_is_shown_by_its_file_and_folder(text, shown):
    """Nobody reads the way to a file in a cell; the manifest has it."""
    assert shown == words.short_place(text)
