"""Whom a gap touches: the lists of the golden tenant, and of a made-up one."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pandas as pd
import pytest
from nights import GOLDEN, run
from nights_terminal import ACCESS, person
from nights_terminal import night as night_of

from mfa_audit.methods import FACTOR_BITS
from mfa_audit.reports.gap_lists import COLUMNS, gaps_of, write_gap_lists
from mfa_audit.tables import Status

PEOPLE = [person(1, "A"), person(2, "=B"), person(3, "C", access_class=1, method_bits=2),
          person(4, "D", access_class=1, method_bits=4), person(5, "E", access_class=1),
          person(6, "F", Status.OUT_OF_SCOPE)]


def listed(folder):
    """The rows of ``policy_gaps.csv``."""
    with (folder / "policy_gaps.csv").open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_every_gap_lists_as_many_accounts_as_it_counts(tmp_path):
    """And those whom it touches: the golden accounts that nobody asks stand under the gap that says so."""
    told = run([GOLDEN], GOLDEN / "policy.toml", tmp_path)
    gaps = json.loads((told.folder / "access.json").read_text(encoding="utf-8"))["gaps"]
    rows = listed(told.folder)

    assert gaps
    for number, gap in enumerate(gaps, start=1):
        mine = [row for row in rows if row["gap"] == str(number)]
        assert gap["accounts"] == gap["listed"] == len(mine)
        assert {gap["id"]} == {row["id"] for row in mine}
        assert len(mine) == len({row["account_id"] for row in mine})
    with (told.folder / "accounts.csv").open(encoding="utf-8", newline="") as text:
        unasked = {row["account_id"] for row in csv.DictReader(text) if row["status"] == "NOT_ENFORCED"}
    assert unasked
    assert unasked <= {row["account_id"] for row in rows if row["severity"] in ("high", "medium")}


@pytest.mark.parametrize(("touched", "names"), [
    ({"access_class": [0]}, ["A", "'=B"]),
    ({"access_class": [0, 1]}, ["A", "'=B", "C", "D", "E"]),
    ({"access_class": [1], "without": [2]}, ["D"]),
    ({"account_id": [PEOPLE[4]["account_id"]]}, ["E"]),
    ({"account_id": [PEOPLE[5]["account_id"]]}, []),
    ({}, []),
])
def test_a_class_its_part_without_methods_or_one_account(tmp_path, touched, names):
    """Accounts out of scope are in no list; whoever has no method at all is not locked out by a strength."""
    night = touching(tmp_path, touched, 5)

    write_gap_lists(night, tmp_path)

    assert names == [row["display_name"] for row in listed(tmp_path)]


def test_no_more_than_said_are_listed(tmp_path):
    """``listed`` of ``access.json`` is what the file holds."""
    write_gap_lists(touching(tmp_path, {"access_class": [0, 1]}, 3), tmp_path)

    rows = listed(tmp_path)
    assert ["A", "'=B", "C"] == [row["display_name"] for row in rows]
    assert list(COLUMNS) == list(rows[0])


def test_the_gaps_of_one_account(tmp_path):
    """Whoever is touched hears of it; whoever is not, or is out of scope, does not."""
    night = touching(tmp_path, {"access_class": [1], "without": [2]}, 0)

    assert [False, False, False, True, False, False] == [bool(gaps_of(night, each)) for each in PEOPLE]


def touching(folder, touched, most):
    """A night with one gap that touches so."""
    length = max(map(len, touched.values()), default=0)
    frame = pd.DataFrame({"gap": [0] * length, "access_class": None, "without": 0, "account_id": None, **touched})
    gap = {**ACCESS["gaps"][0], "listed": most}
    types = {"gap": "int64", "access_class": "Int64", "without": "int64", "account_id": "str"}
    return replace(night_of(folder, PEOPLE), access={**ACCESS, "gaps": [gap]}, touched=frame.astype(types))


def test_those_without_any_method_are_told_by_all_of_them(tmp_path):
    """Where the methods nobody has are all there are."""
    night = touching(tmp_path, {"access_class": [0, 1], "without": [FACTOR_BITS] * 2}, 5)

    write_gap_lists(night, tmp_path)

    assert [row["display_name"].removeprefix("'") for row in listed(tmp_path)] == [
        str(row["display_name"]) for row in PEOPLE if row["in_scope"] and not row["method_bits"]
        and row["access_class"] in (0, 1)]
