"""Readers that go away, full disks and closed streams change nothing of what a run came to."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from nights import GOLDEN

RUN = ("run", "--source", GOLDEN, "--policy", GOLDEN / "policy.toml", "--as-of", "2026-03-02")


def shell(home, words, tail):
    """Run the command in a shell with something behind it; the command's own exit code."""
    command = " ".join(f"'{word}'" for word in (sys.executable, "-m", "mfa_audit", *map(str, words)))
    done = subprocess.run(["bash", "-c", f"{command} {tail}; exit ${{PIPESTATUS[0]}}"], cwd=home, capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("blocks", [0, 1, 8, 40, 100, 400])
def test_a_disk_that_takes_no_more_is_said_in_one_sentence(tmp_path, blocks):
    """Whatever was being written when a file could grow no further (512-byte blocks): exit 8 and what to do, in words
    that are not the engine's."""
    done = subprocess.run(["bash", "-c", f"ulimit -f {blocks}; '{sys.executable}' -m mfa_audit demo"], cwd=tmp_path,
                          capture_output=True, text=True, check=False)

    assert 8 == done.returncode, done.stderr
    assert "Next: " in done.stderr
    assert "exception" not in done.stderr.casefold()


@pytest.fixture(name="incomplete")
def _incomplete(tmp_path):
    """A run that cannot see anybody's factor."""
    (tmp_path / "only").mkdir()
    shutil.copy(GOLDEN / "users.json", tmp_path / "only")
    return ("run", "--source", tmp_path / "only", "--as-of", "2026-03-02")


def test_a_reader_that_goes_away_hides_no_exit_code(tmp_path, incomplete):
    """0 for a good run, 4 for an incomplete one, and no traceback."""
    assert 0 == shell(tmp_path, RUN, "| true")[0]
    code, err = shell(tmp_path, incomplete, "| true")

    assert 4 == code
    assert "Traceback" not in err


@pytest.mark.parametrize("tail", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_bug(tmp_path, incomplete, tail):
    """There is nobody to tell; the run is as good as ever."""
    assert 0 == shell(tmp_path, RUN, tail)[0]
    assert 4 == shell(tmp_path, incomplete, tail)[0]


def test_a_full_disk_behind_stdout_is_eight(tmp_path):
    """The result could not be printed; the reports are whole."""
    code, err = shell(tmp_path, (*RUN, "--json"), "> /dev/full")

    assert 8 == code
    assert "stdout" in err
    assert (tmp_path / "reports" / "latest.json").exists()


def test_nobody_in_scope_is_no_result(tmp_path):
    """Zero people is never all of them: incomplete, whatever the mark."""
    policy = tmp_path / "policy.toml"
    policy.write_text('schema_version = 1\n[population]\nexclude_organisations = ["*"]\n', encoding="utf-8")

    words = ("run", "--source", GOLDEN, "--policy", policy, "--as-of", "2026-03-02", "--fail-under", "1")

    assert 4 == shell(tmp_path, words, "")[0]


@pytest.mark.parametrize("words", [("--as-of", "9999-12-31"), ("--as-of", "0001-01-01"),
                                   ("--captured-at", "2099-01-01T00:00:00Z")])
def test_days_that_are_none_to_audit_are_two(tmp_path, words):
    """Before and after every calendar this tool is for."""
    code, err = shell(tmp_path, ("run", "--source", GOLDEN, *words), "")

    assert 2 == code
    assert "Traceback" not in err


@pytest.mark.parametrize("table", [
    "[sources.maximum_age_hours]\nfiles = 99999999999", "[grace]\nstarter_days = 999999999",
    "[privacy.retention_days]\npeople = 99999999",
])
def test_spans_no_calendar_holds_are_two(tmp_path, table):
    """A policy's days are bounded when it is read."""
    policy = tmp_path / "policy.toml"
    policy.write_text(f"schema_version = 1\n{table}\n", encoding="utf-8")

    code, err = shell(tmp_path, ("run", "--source", GOLDEN, "--policy", policy), "")

    assert 2 == code
    assert "policy.toml" in err


def test_facts_of_the_future_hide_no_age(tmp_path):
    """One row dated 2099 does not make an old file new."""
    folder = tmp_path / "files"
    shutil.copytree(GOLDEN, folder)
    path = folder / "userRegistrationDetails.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("2026-03-02T02:11:09.4417732Z", "2099-01-01T00:00:00Z", 1), encoding="utf-8")

    code, err = shell(tmp_path, ("run", "-q", "--source", folder, "--policy", folder / "policy.toml"), "")

    assert 4 == code
    assert "future" in err
