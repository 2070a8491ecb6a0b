"""The lists hold whoever has something to do, and nobody who has not."""

from __future__ import annotations

import csv
import datetime as dt
from typing import TYPE_CHECKING, Any

import nights_terminal as nights
import pytest

from mfa_audit.reports.lists import COLUMNS, LEFT_OUT, Planned, write_lists
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from pathlib import Path


def lists(tmp_path: Path, rows: list[dict[str, Any]], **more: Any) -> tuple[Planned, dict[str, list[dict[str, str]]]]:
    night = nights.night(tmp_path, rows, **more)
    folder = tmp_path / "reminders"
    folder.mkdir()
    planned = write_lists(night, folder)
    found = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as text:
            found[path.stem] = list(csv.DictReader(text))
    return planned, found


def names(rows: list[dict[str, str]]) -> list[str]:
    return [row["name"] for row in rows]


def test_overdue_and_due(tmp_path: Path) -> None:
    """Past their date on one list, due today or later on the other; the longest overdue and the soonest due first."""
    planned, found = lists(tmp_path, [
        nights.person(1, "Today", due=nights.AS_OF), nights.person(2, "Soon", due=nights.LATER),
        nights.person(3, "Late"), nights.person(4, "Later", due=dt.date(2026, 1, 5)),
        nights.person(5, "Starter", Status.GRACE, due=dt.date(2026, 3, 11)),
    ])

    assert ["Today", "Starter", "Soon"] == names(found["due"])
    assert ["0", "9", "29"] == [row["days"] for row in found["due"]]
    assert ["Later", "Late"] == names(found["overdue"])
    assert ["56", "17"] == [row["days"] for row in found["overdue"]]
    assert (3, 2, True) == (planned.due, planned.overdue, planned.written)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (nights.person(1, "X", Status.NOT_ENFORCED), "nothing_forces"),
        (nights.person(1, "X", Status.UNKNOWN), "unknown"),
        (nights.person(1, "X", Status.EXEMPT), "exempt"),
        (nights.person(1, "X", leaver=True), "leaver"),
        (nights.person(1, "X", dormant=True), "dormant"),
        (nights.person(1, "X", away=True), "away"),
        (nights.person(1, "X", Status.COMPLIANT_WEAK, away=True), "away"),
        (nights.person(1, "X", ready="no"), "cannot_register"),
        (nights.person(1, "X", Status.COMPLIANT_WEAK, ready="no"), "cannot_register"),
        (nights.person(1, "X", kind="generic", population="generic"), "nobody_answers"),
        (nights.person(1, "X", due=None), "no_date"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_left_out_and_why(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    """Whoever has nothing to do, or is not to be told, is on no list and counted with the reason."""
    planned, found = lists(tmp_path, [row])

    assert {"due": [], "overdue": []} == found
    assert {reason: 1} == planned.left_out
    assert LEFT_OUT[reason] in (tmp_path / "reminders" / "README.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "row",
    [nights.person(1, "X", Status.COMPLIANT), nights.person(1, "X", Status.OUT_OF_SCOPE),
     nights.person(1, "X", population="guest", kind="guest"),
     nights.person(1, "X", population="break_glass", kind="break_glass")],
    ids=["compliant", "out of scope", "guest", "break glass"],
)
def test_not_even_counted(tmp_path: Path, row: dict[str, Any]) -> None:
    """Who meets the policy, is out of scope or is neither staff nor generic does not concern the lists."""
    planned, found = lists(tmp_path, [row])

    assert (0, 0, {}) == (planned.due, planned.overdue, planned.left_out)
    assert {"due": [], "overdue": []} == found


def test_phone_users_are_due_when_phone_methods_end(tmp_path: Path) -> None:
    """Somebody set up by phone alone has until the day text messages and calls end, after all others."""
    _, found = lists(tmp_path, [nights.person(1, "Phone", Status.COMPLIANT_WEAK),
                                nights.person(2, "Soon", due=nights.LATER)])

    assert ["Soon", "Phone"] == names(found["due"])
    assert ("2027-02-01", "Set up, by phone only") == (found["due"][1]["due"], found["due"][1]["status"])


def test_phone_users_are_left_alone_where_some_keep_their_telephony(tmp_path: Path) -> None:
    """Where some groups keep text messages, nobody is told wrongly that theirs end."""
    planned, found = lists(tmp_path, [nights.person(1, "Phone", Status.COMPLIANT_WEAK)], own_telephony=True)

    assert [] == found["due"]
    assert {"own_telephony": 1} == planned.left_out


def test_an_incomplete_night_writes_no_list(tmp_path: Path) -> None:
    """With data missing nothing is planned and no file appears."""
    planned, found = lists(tmp_path, nights.staff(), complete=False)

    assert Planned(0, 0, {}, written=False) == planned
    assert {} == found
    assert [] == list((tmp_path / "reminders").iterdir())


def test_columns_and_addresses(tmp_path: Path) -> None:
    """A line says whom to write to, and the manager's name and address; no mail address means the UPN."""
    _, found = lists(tmp_path, [
        nights.person(1, "Boss", Status.COMPLIANT, mail="boss@corp.example"),
        nights.person(2, "Member", manager_key=1, mail=None),
    ])
    row = found["overdue"][0]

    assert list(COLUMNS) == list(row)
    assert ("account.2@corp.example", "Boss", "boss@corp.example") == (
        row["send_to"], row["manager"], row["manager_address"])


@pytest.mark.parametrize("written", ["ACCOUNT.1@corp.example", "5A000000-0000-4000-8000-000000000001"])
def test_a_generic_account_goes_to_whoever_answers_for_it(tmp_path: Path, written: str) -> None:
    """The register may name the person by UPN or id, in any case."""
    _, found = lists(tmp_path, [
        nights.person(1, "Answering", Status.COMPLIANT, mail="answering@corp.example"),
        nights.person(2, "Reception", kind="generic", population="generic", responsible_id=written),
    ])

    assert ["answering@corp.example"] == [row["send_to"] for row in found["overdue"]]


def test_everybody_not_set_up_is_somewhere(tmp_path: Path) -> None:
    """Listed and left out together are all staff and generic accounts in scope that are not fully set up."""
    planned, found = lists(tmp_path, nights.staff())
    wanted = [row for row in nights.staff() if row["population"] in ("workforce", "generic")
              and row["status"] not in ("COMPLIANT", "OUT_OF_SCOPE")]

    assert len(wanted) == planned.due + planned.overdue + sum(planned.left_out.values())
    assert (planned.due, planned.overdue) == (len(found["due"]), len(found["overdue"]))


def test_a_formula_for_a_name_is_text(tmp_path: Path) -> None:
    """A spreadsheet runs no name of the list, and sees UTF-8."""
    lists(tmp_path, [nights.person(1, "=1+1 Zoë")])
    data = (tmp_path / "reminders" / "overdue.csv").read_bytes()

    assert data.startswith(b"\xef\xbb\xbf")
    assert "\"'=1+1 Zoë\"".encode() in data
