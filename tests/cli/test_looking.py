"""``summary``, ``explain``, ``doctor``, ``init``, ``demo``, ``--help``: what a person types first."""

from __future__ import annotations

import json
import shutil

import pytest
from nights import GOLDEN, SAMPLES


def at(home):
    """The options that look at a run made elsewhere."""
    return "--output", home / "reports", "--data", home / "data"


def test_the_summary_names_who_is_not_set_up(mfa, golden_home):
    """Asked for by name, it names people."""
    said = mfa("summary", *at(golden_home))

    assert 0 == said.code
    assert "Staff not set up: 8" in said.out
    assert "Fatima Khan" in said.out


@pytest.mark.parametrize(("words", "there", "not_there"), [
    (("--organisation", "zx2"), "Zoë Müller", "Jo de la Cruz"),
    (("--status", "unknown"), "Owen Davies", "Jo de la Cruz"),
    (("--limit", "1"), "Fatima Khan", "Amara Okafor"),
    (("--department", "radiology"), "Fatima Khan", "nobody at all"),
    (("--manager", "p01@northmoor.example"), "Jo de la Cruz", "nobody at all"),
])
def test_the_summary_filters(mfa, golden_home, words, there, not_there):
    """By organisation, status, department and manager, in any case; a limit ends the list."""
    said = mfa("summary", *at(golden_home), *words)

    assert 0 == said.code
    people = said.out.split("Staff")[-1]
    assert there in people
    assert not_there not in people


def test_a_filter_that_fits_nobody_is_two(mfa, golden_home):
    """It says which are near."""
    said = mfa("summary", *at(golden_home), "--organisation", "ZX9")

    assert 2 == said.code
    assert "ZX9" in said.err


def test_the_summary_before_any_run_says_what_to_do(mfa):
    """An empty folder has no run."""
    said = mfa("summary")

    assert 2 == said.code
    assert "mfa-audit run" in said.err


@pytest.mark.parametrize(("what", "part"), [
    ("6a000000-0000-4000-8000-000000000007", "Approved exception"),
    ("P07@NORTHMOOR.example", "EX007"),
    ("MFA-REG-01", "has a usable second factor"),
    ("mfa-bga-02", "key or certificate"),
    ("khan", "3 accounts fit"),
])
def test_explain(mfa, golden_home, what, part):
    """By id, UPN, fragment or control."""
    said = mfa("explain", what, *at(golden_home))

    assert 0 == said.code
    assert part in said.out


def test_explain_nobody_is_two(mfa, golden_home):
    """It says what may be given."""
    said = mfa("explain", "zzz", *at(golden_home))

    assert 2 == said.code
    assert "object id" in said.err


def test_doctor_says_what_files_are(mfa):
    """A line a file, questions, and how to get the rest."""
    said = mfa("doctor", GOLDEN)

    assert 0 == said.code
    assert "Graph: users" in said.out
    assert "What they answer" in said.out


def test_doctor_as_json_and_a_file_that_would_stop_a_run(mfa, home):
    """7, and the reason, without stopping at it."""
    (home / "cut.json").write_text('{"value": [{"id": "1", "userPrincipalName": "a@', encoding="utf-8")

    said = mfa("doctor", home / "cut.json", GOLDEN / "users.json", "--json")

    assert 7 == said.code
    files = {report["name"].rpartition("/")[2]: report for report in json.loads(said.out)["files"]}
    assert files["cut.json"]["refused"]
    assert not files["users.json"]["refused"]


@pytest.mark.parametrize("preset", ["general", "nhs"])
def test_init_writes_what_run_reads(mfa, home, preset):
    """In an empty folder: init, then run with the settings it wrote; a second init overwrites nothing."""
    assert 0 == mfa("init", "--preset", preset).code
    said = mfa("run", "-q", "--source", GOLDEN / "users.json", "--source", GOLDEN / "userRegistrationDetails.json",
               "--as-of", "2026-03-02")

    assert (0, "") == (said.code, said.err)
    again = mfa("init")
    assert 2 == again.code
    assert "there already" in again.err


@pytest.mark.parametrize("preset", ["nhs", "general"])
def test_the_demo_ends_with_the_sentence_and_three_files(mfa, home, preset):
    """The closing sentence has the figure and the path; the three files are there."""
    said = mfa("demo", "--preset", preset, "--output", home / "shown")

    assert 0 == said.code
    sentence, _, files = said.out.partition("\nOpen these three:\n")
    assert " on Monday 2 March 2026. Reports: " in " ".join(sentence.split())
    paths = [line.strip() for line in files.splitlines() if line.strip()]
    assert 3 == len(paths)
    assert all((home / path).is_file() for path in paths)


def test_the_demo_does_not_write_into_a_folder_that_is_there(mfa, home):
    """Nothing of a person's is overwritten."""
    (home / "mine").mkdir()

    assert 2 == mfa("demo", "--output", home / "mine").code


def test_help_lists_every_command(mfa):
    """And each has help of its own."""
    said = mfa("--help")

    assert 0 == said.code
    for command in ("demo", "run", "summary", "report", "explain", "doctor", "init"):
        assert f"  {command} " in said.out
        assert 0 == mfa(command, "--help").code


def test_an_unknown_command_is_two(mfa):
    """And no traceback."""
    said = mfa("rum")

    assert 2 == said.code
    assert "Traceback" not in said.err


def test_the_samples_are_listed():
    """Each sample has a folder, a policy and exports."""
    from mfa_audit.samples import samples  # noqa: PLC0415

    shown = samples()
    assert {"nhs", "general"} == {sample.preset for sample in shown}
    for sample in shown:
        assert (sample.folder / "policy.toml").is_file()
        assert (sample.folder / "exports").is_dir()
        assert sample.folder.is_relative_to(SAMPLES)


def test_doctor_reads_the_registers_the_policy_names(mfa, home):
    """What a run would read is what it is told of."""
    mfa("init")
    shutil.copy(GOLDEN / "exemptions.csv", home / "exemptions.csv")
    (home / "exports").mkdir()
    shutil.copy(GOLDEN / "users.json", home / "exports")

    said = mfa("doctor", home / "exports")

    assert "exemptions.csv" in said.out
    assert "without the register of exemptions" not in said.out
