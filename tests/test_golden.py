"""Thirty accounts as files, judged from end to end, against what is expected of each (``tests/golden``)."""

from __future__ import annotations

import csv
import json
import random
import shutil

import pandas as pd
import pytest
from nights import AS_OF, GOLDEN, judged, run

EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", name="night")
def _night(tmp_path_factory):
    return run([GOLDEN], GOLDEN / "policy.toml", tmp_path_factory.mktemp("golden"))


def accounts(folder):
    """``accounts.csv`` as a dictionary by id."""
    with (folder / "accounts.csv").open(encoding="utf-8", newline="") as text:
        return {row["account_id"]: row for row in csv.DictReader(text)}


@pytest.mark.parametrize("expected", EXPECTED["accounts"], ids=lambda row: row["case"])
def test_each_account_is_judged_as_expected(night, expected):
    """Kind, population, tier, status, exposure, due date, days overdue."""
    row = accounts(night.folder)[expected["account_id"]]

    assert expected["kind"] == row["kind"]
    assert expected["population"] == row["population"]
    assert expected["tier"] == row["tier"]
    assert (expected["due"] or "") == row["due"]
    assert (expected["overdue_days"] or 0) == int(row["overdue_days"])
    assert expected["status"] == row["status"]
    assert (expected["exposure"] or "") == row["exposure"]


@pytest.mark.parametrize(("case", "reason"), [
    ("G10", "non_factors_only"), ("G11", "disabled"), ("G17", "unreadable"), ("G23", "method_not_allowed"),
    ("G29", "bootstrap_only"), ("G30", "unmapped_method"), ("G06", "no_policy"), ("G16", "trusted_network_bypass"),
])
def test_reasons(night, case, reason):
    """The reason names the first cause that fits."""
    wanted = next(row["account_id"] for row in EXPECTED["accounts"] if row["case"] == case)

    assert reason == accounts(night.folder)[wanted]["reason"]


@pytest.mark.parametrize(("case", "control"), [
    ("G07", "MFA-EXM-08"), ("G13", "MFA-ADM-02"), ("G21", "MFA-BGA-02"), ("G22", "MFA-EXM-04"), ("G24", "MFA-DOR-01"),
    ("G26", "MFA-SHR-01"), ("G28", "MFA-ADM-04"), ("G30", "MFA-DAT-06"), ("G06", "MFA-ENF-01"), ("G16", "MFA-ENF-02"),
])
def test_findings(night, case, control):
    """The findings the notes promise."""
    wanted = next(row["account_id"] for row in EXPECTED["accounts"] if row["case"] == case)

    assert control in accounts(night.folder)[wanted]["findings"].split(";")


def test_figures(night):
    """Counts and rates, numerator and denominator; it is known of everybody whether MFA is demanded."""
    assert EXPECTED["key_figures"] == night.summary["key_figures"]
    assert "compliant" == night.summary["headline_kind"]


def test_the_same_run_twice_gives_the_same_bytes(night, tmp_path):
    """Summary, CSV, Parquet and workbook."""
    again = run([GOLDEN], GOLDEN / "policy.toml", tmp_path)
    for name in ("summary.json", "accounts.csv", "accounts.parquet", "audit.xlsx"):
        assert (night.folder / name).read_bytes() == (again.folder / name).read_bytes(), name


def test_the_order_of_files_and_rows_does_not_matter(night, tmp_path):
    """Rows shuffled, files under other names in another order: the same verdicts."""
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    dice = random.Random(7)
    for number, path in enumerate(sorted(GOLDEN.iterdir(), reverse=True)):
        if path.name in ("expected.json", "policy.toml"):
            continue
        target = shuffled / f"{'abcdefghijklmnopqrst'[number]}-{path.name}"
        if path.name in ("users.json", "userRegistrationDetails.json", "groups.json"):
            rows = json.loads(path.read_text(encoding="utf-8"))["value"]
            dice.shuffle(rows)
            target.write_text(json.dumps({"value": rows}), encoding="utf-8")
        elif path.name.startswith("role"):
            shutil.copy(path, shuffled / path.name)
        else:
            shutil.copy(path, target)
    shutil.copy(GOLDEN / "policy.toml", tmp_path / "policy.toml")

    again = run(sorted(shuffled.iterdir(), reverse=True), tmp_path / "policy.toml", tmp_path / "home")

    assert (night.folder / "accounts.csv").read_bytes() == (again.folder / "accounts.csv").read_bytes()


def portal_csv(folder):
    """The registration report as the portal writes it: no ids, other headings, UPNs in other case."""
    rows = json.loads((GOLDEN / "userRegistrationDetails.json").read_text(encoding="utf-8"))["value"]
    words = {True: "Capable", False: "Not Capable", None: ""}
    with (folder / "exportUserRegistrationDetails_2026-3-2.csv").open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["User principal name", "Name", "MFA Capable", "isAdmin", "mfaRegistered", "Methods registered",
                         "Last Updated Time"])
        for row in rows:
            methods = row["methodsRegistered"]
            writer.writerow([
                row["userPrincipalName"].upper(), row["userDisplayName"], words[row["isMfaCapable"]], row["isAdmin"],
                {True: "Registered", False: "Not Registered", None: ""}[row["isMfaRegistered"]],
                "" if methods is None else "; ".join(methods), row["lastUpdatedDateTime"],
            ])


def test_registrations_as_csv_without_ids_judge_the_same(night, tmp_path):
    """People are joined by UPN without regard to case."""
    folder = tmp_path / "csv"
    shutil.copytree(GOLDEN, folder)
    (folder / "userRegistrationDetails.json").unlink()
    portal_csv(folder)

    again = run([folder], folder / "policy.toml", tmp_path / "home")

    wanted, found = accounts(night.folder), accounts(again.folder)
    for column in ("kind", "tier", "status", "reason", "exposure", "due", "overdue_days", "best_level", "methods"):
        assert {key: row[column] for key, row in wanted.items()} == {key: row[column] for key, row in found.items()}


def test_any_split_gives_the_same_rows(tmp_path, monkeypatch):
    """The accounts judged three at a time are judged as all at once."""
    from mfa_audit import judging  # noqa: PLC0415

    whole = judged([GOLDEN], GOLDEN / "policy.toml", tmp_path / "a")
    monkeypatch.setattr(judging, "CHUNK_ROWS", 3)
    parts = judged([GOLDEN], GOLDEN / "policy.toml", tmp_path / "b")

    pd.testing.assert_frame_equal(whole, parts)


def test_weak_methods_end_without_a_change_of_data(tmp_path):
    """The day alone turns a phone into below strength."""
    later = judged([GOLDEN], GOLDEN / "policy.toml", tmp_path, as_of=AS_OF.replace(year=2027, month=2, day=1))
    row = later[later["account_id"].str.endswith("0002")].iloc[0]

    assert ("BELOW_STRENGTH", "weak_ended") == (row["status"], row["reason"])
