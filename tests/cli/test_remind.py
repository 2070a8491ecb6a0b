"""Reminders from an empty folder: a plan, the outbox, the books."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import pytest
from nights import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = SAMPLES / "nhs"
DAY = ("--as-of", "2026-03-02")
RUN = ("run", "-q", "--source", SAMPLE / "exports", "--policy", SAMPLE / "policy.toml", *DAY)


@pytest.fixture(name="ran")
def _ran(mfa, home):
    assert 0 == mfa(*RUN).code
    return mfa


def plan_of(mfa, *words):
    """Make a plan; its file."""
    said = mfa("remind", "plan", *DAY, *words)
    assert 0 == said.code, said.err
    return said.out.rstrip().removesuffix(".").rpartition(" is ")[2]


def test_a_stage_by_hand_from_plan_to_confirmation_and_back(ran, home):
    """Planned, put into the outbox once, confirmed, taken back; each step says what it did."""
    plan = plan_of(ran)
    first, again = ran("remind", "send", plan, *DAY), ran("remind", "send", plan, *DAY)
    assert (0, 0) == (first.code, again.code), first.err + again.err
    assert "wait in" in first.out
    assert "Nothing of the plan is left to do" in again.out
    [folder] = (home / "reports" / "reminders" / "outbox").iterdir()
    assert (folder / "P1" / "P1.csv").is_file()

    confirmed = ran("remind", "confirm", "P1", "--on", "2026-03-02")
    assert (0, "3 messages of P1 were sent on 2026-03-02; if not: mfa-audit remind undo P1\n") == (
        confirmed.code, confirmed.out)
    assert "P1: nobody can tell yet; 3 heard it too lately to tell." in ran("remind", "report").out
    assert "3 messages of P1 wait again" in ran("remind", "undo", "P1").out
    assert 2 == ran("remind", "undo", "P1").code
    assert 2 == ran("remind", "confirm", "P1", "--on", "2999-01-01").code
    assert "Nothing is undecided" in ran("remind", "undecided").out


def test_a_run_lists_its_stages_and_a_named_day_only_shows(ran, home):
    """The lists stand in the run's folder; nothing waits, because a person named the day."""
    [run] = [folder for folder in (home / "reports").glob("2*") if folder.is_dir()]

    assert {"P1.csv", "due.csv", "overdue.csv", "README.txt"} <= {file.name for file in (run / "reminders").iterdir()}
    assert not (home / "reports" / "reminders").exists()


def test_whoever_registers_before_it_is_sent_hears_nothing(ran, home):
    """A newer run knows better than the plan."""
    plan = plan_of(ran)
    told = json.loads((home / plan).read_text(encoding="utf-8"))
    gone = next(each["to"] for each in told["messages"] if each["stage"] == "P1")
    source = shutil.copytree(SAMPLE / "exports", home / "exports")
    _registered(source, gone)
    assert 0 == ran("run", "-q", "--source", source, "--policy", SAMPLE / "policy.toml", *DAY, "--accept-drop").code
    said = ran("remind", "send", plan, *DAY)

    assert 0 == said.code, said.err
    assert "are not wanted any more" in said.out
    sent = (home / "reports" / "reminders" / "outbox").rglob("P1.csv")
    assert gone not in next(sent).read_text(encoding="utf-8-sig")


def _registered(source: Path, upn: str) -> None:
    """Give an account a security key in the registration report."""
    report = source / "registration_details.csv"
    with report.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    [mine] = [row for row in rows if row["User principal name"].casefold() == upn.casefold()]
    mine["Methods registered"] = "FIDO2 security key"
    with report.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_preview_shows_the_letter_or_why_there_is_none(ran):
    """For one account; somebody unknown is said."""
    heard = ran("remind", "preview", "anneliese.fernsby@nhs-sample.example", *DAY)
    assert 0 == heard.code, heard.err
    assert "Subject: [MFA]" in heard.out
    assert "Hello Anneliese" in heard.out
    assert 2 == ran("remind", "preview", "nobody@nhs-sample.example", *DAY).code


def test_a_plan_that_was_changed_or_is_of_another_policy_is_refused(ran, home):
    """7 for what is not as it was written, 2 for another policy, and nothing is listed."""
    plan = home / plan_of(ran)
    other = home / "changed.json"
    other.write_text(plan.read_text(encoding="utf-8").replace("anneliese", "evil"), encoding="utf-8")

    assert 7 == ran("remind", "send", other, *DAY).code
    assert 2 == ran("remind", "send", plan, *DAY, "--preset", "general").code
    assert not (home / "reports" / "reminders" / "outbox").exists()


def test_old_records_and_days_off_send_nothing(ran):
    """4 for records from long ago, 2 for a Sunday."""
    plan = plan_of(ran)

    assert 4 == ran("remind", "plan").code
    assert 2 == ran("remind", "send", plan, "--as-of", "2026-03-01").code


def test_without_a_run_there_is_nothing_to_plan(mfa):
    """2, and what to do."""
    said = mfa("remind", "plan")

    assert 2 == said.code
    assert "mfa-audit run" in said.err
