"""``run`` and ``report``: exit codes, what is published, what stands after a failure."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from nights import GOLDEN

GOLDEN_RUN = ("run", "--source", GOLDEN, "--policy", GOLDEN / "policy.toml", "--as-of", "2026-03-02")


def latest(home):
    """What the pointer says."""
    return json.loads((home / "reports" / "latest.json").read_text(encoding="utf-8"))["run"]


def test_a_run_prints_one_document_and_leaves_a_whole_folder(mfa, home):
    """With --json stdout is summary.json and nothing else; the pointer names the run."""
    said = mfa(*GOLDEN_RUN, "--json")

    assert (0, "") == (said.code, said.err)
    folder = home / "reports" / latest(home)
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8")) == json.loads(said.out)
    wanted = {"summary.json", "access.json", "policy_gaps.csv", "accounts.csv", "accounts.parquet", "audit.xlsx",
              "managers", "reminders", "manifest.json"}
    assert wanted == {path.name for path in folder.iterdir()}
    assert {"due.csv", "overdue.csv"} <= {path.name for path in (folder / "reminders").iterdir()}


def test_a_journal_gets_figures_and_no_names(mfa):
    """When stdout is no terminal, nobody without a factor is named (rule 6 of the design)."""
    said = mfa(*GOLDEN_RUN)

    assert 0 == said.code
    assert "Key figures: 22 in scope" in said.out
    for name in ("Fatima", "Khan", "p03@", "O'Neill"):
        assert name not in said.out + said.err


def test_every_file_is_private(mfa, home):
    """Folders 0700, files 0600, whatever the mask was."""
    mfa(*GOLDEN_RUN, "-q")

    modes = {oct(path.stat().st_mode & 0o777) for path in (home / "reports").rglob("*") if path.is_file()}
    folders = {oct(path.stat().st_mode & 0o777) for path in (home / "data").rglob("*") if path.is_dir()}
    assert ({"0o600"}, {"0o700"}) == (modes, folders)


def test_below_the_mark_is_three(mfa):
    """The headline is 27.3 %."""
    assert 3 == mfa(*GOLDEN_RUN, "-q", "--fail-under", "28").code
    assert 0 == mfa(*GOLDEN_RUN, "-q", "--fail-under", "27").code


def test_an_incomplete_night_is_four_and_does_not_move_the_pointer(mfa, home):
    """Without registrations nobody is known: published beside, named incomplete, 4 outranks 3."""
    mfa(*GOLDEN_RUN, "-q")
    good = latest(home)
    users = home / "only-users"
    users.mkdir()
    shutil.copy(GOLDEN / "users.json", users)

    said = mfa("run", "--source", users, "--as-of", "2026-03-02", "--fail-under", "99")

    assert 4 == said.code
    assert "registrations" in said.err
    assert "INCOMPLETE" in said.out
    assert good == latest(home)
    folders = [path for path in (home / "reports").iterdir() if path.name.endswith("-incomplete")]
    assert 1 == len(folders)
    assert not list((folders[0] / "reminders").glob("*.csv"))


def test_many_fewer_accounts_than_last_time_is_four(mfa, home):
    """A lost page looks like progress; somebody has to say that it is right."""
    mfa(*GOLDEN_RUN, "-q")
    fewer = home / "fewer"
    shutil.copytree(GOLDEN, fewer)
    for name in ("users.json", "userRegistrationDetails.json"):
        document = json.loads((fewer / name).read_text(encoding="utf-8"))
        document["value"] = document["value"][:20]
        (fewer / name).write_text(json.dumps(document), encoding="utf-8")
    words = ("run", "-q", "--source", fewer, "--policy", fewer / "policy.toml", "--as-of", "2026-03-02")

    said = mfa(*words)

    assert 4 == said.code
    assert "--accept-drop" in said.err
    assert 0 == mfa(*words, "--accept-drop").code


def test_many_who_lost_their_factor_is_four(mfa, home):
    """A report that came back empty, or somebody who resets factors, does not become an ordinary night."""
    mfa(*GOLDEN_RUN, "-q")
    good = latest(home)
    lost = home / "lost"
    shutil.copytree(GOLDEN, lost)
    document = json.loads((lost / "userRegistrationDetails.json").read_text(encoding="utf-8"))
    for row in document["value"]:
        row.update(methodsRegistered=[], isMfaCapable=False, isMfaRegistered=False)
    (lost / "userRegistrationDetails.json").write_text(json.dumps(document), encoding="utf-8")
    words = ("run", "-q", "--source", lost, "--policy", lost / "policy.toml", "--as-of", "2026-03-02")

    said = mfa(*words)

    assert 4 == said.code
    assert "--accept-loss" in said.err
    assert good == latest(home)
    assert 0 == mfa(*words, "--accept-loss").code


def test_old_data_is_four_unless_the_day_is_named(mfa):
    """By the clock the golden files are old; --allow-stale looks all the same."""
    words = ("run", "-q", "--source", GOLDEN, "--policy", GOLDEN / "policy.toml")

    said = mfa(*words)

    assert 4 == said.code
    assert "older than" in said.err
    assert 0 == mfa(*words, "--allow-stale").code


def test_another_tenant_is_four_and_publishes_nothing(mfa, home):
    """The settings name one tenant, the files another."""
    said = mfa(*GOLDEN_RUN, "-q", "--tenant", "11111111-2222-4333-8444-555555555555")

    assert 4 == said.code
    assert "11111111" in said.err
    assert not (home / "reports" / "latest.json").exists()


@pytest.mark.parametrize(("words", "part"), [
    (("run",), "nothing to read"),
    ((*GOLDEN_RUN, "--as-of", "yesterday"), "no date"),
    ((*GOLDEN_RUN[:3], "--policy", "missing.toml"), "missing.toml"),
    ((*GOLDEN_RUN, "--fail-under", "200"), "200"),
    ((*GOLDEN_RUN[:3], "--preset", "nowhere"), "nowhere"),
])
def test_bad_arguments_are_two(mfa, words, part):
    """The message names what is wrong."""
    said = mfa(*words)

    assert 2 == said.code
    assert part in said.err
    assert "Traceback" not in said.err


def test_a_file_that_cannot_be_trusted_is_seven(mfa, home):
    """File and line, and what to do next; no traceback."""
    (home / "users.csv").write_text("userPrincipalName,displayName,accountEnabled\na@b.example,A,True\nb@b.example\n",
                                    encoding="utf-8")

    said = mfa("run", "--source", home / "users.csv")

    assert 7 == said.code
    assert "users.csv:3" in said.err
    assert "Next:" in said.err
    assert "Traceback" not in said.err


def test_an_unwritable_output_is_eight(mfa, home):
    """A file stands where the folder should be."""
    (home / "taken").write_text("", encoding="utf-8")

    said = mfa(*GOLDEN_RUN, "--output", home / "taken")

    assert 8 == said.code
    assert "taken" in said.err


def test_a_second_run_is_nine_at_once(mfa, home):
    """The message names the holder; the lock goes with its process."""
    holder = subprocess.Popen(
        [sys.executable, "-c",
         ("import sys; from pathlib import Path; from mfa_audit.files import lock\n"
          "with lock(Path('data/.mfa-audit.lock'), 'the nightly job'):\n"
          "    print('held', flush=True); sys.stdin.read()")],
        cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        assert "held\n" == holder.stdout.readline()
        said = mfa(*GOLDEN_RUN)
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()

    assert 9 == said.code
    assert "the nightly job" in said.err
    assert 0 == mfa(*GOLDEN_RUN, "-q").code


def test_the_reports_again_are_the_same_bytes(mfa, home):
    """``report`` judges the kept snapshot by the policy and the day of the run."""
    first = mfa(*GOLDEN_RUN, "--json").out
    before = latest(home)

    said = mfa("report", "--json")

    assert (0, first) == (said.code, said.out)
    after = latest(home)
    assert before != after
    for name in ("accounts.csv", "accounts.parquet", "audit.xlsx"):
        old, new = ((home / "reports" / run / name).read_bytes() for run in (before, after))
        assert old == new, name


def test_a_moment_is_judged_in_the_policys_zone(mfa):
    """23:30 UTC on 31 March is 1 April in London (summer time)."""
    words = (*GOLDEN_RUN[:-2], "--json", "--as-of")

    assert "2026-03-31" == json.loads(mfa(*words, "2026-03-31T22:30Z").out)["as_of"]
    assert "2026-04-01" == json.loads(mfa(*words, "2026-03-31T23:30Z").out)["as_of"]


def test_settings_come_by_flag_environment_and_file(mfa, home):
    """In that order."""
    (home / "mfa-audit.toml").write_text(f'sources = ["{GOLDEN}"]\noutput = "from-file"\n', encoding="utf-8")

    mfa("run", "-q", "--policy", GOLDEN / "policy.toml", "--as-of", "2026-03-02")
    mfa("run", "-q", "--policy", GOLDEN / "policy.toml", "--as-of", "2026-03-02", MFA_AUDIT_OUTPUT="from-environment")
    mfa("run", "-q", "--policy", GOLDEN / "policy.toml", "--as-of", "2026-03-02", "--output", "from-flag",
        MFA_AUDIT_OUTPUT="from-environment")

    assert {"from-file", "from-environment", "from-flag"} <= {path.name for path in home.iterdir()}


def test_a_closed_pipe_is_no_error(home):
    """``mfa-audit run --json | head -1`` ends quietly."""
    words = [sys.executable, "-m", "mfa_audit", *map(str, GOLDEN_RUN), "--json"]
    with subprocess.Popen(words, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        err = process.stderr.read()
        code = process.wait()

    assert (0, b"") == (code, err)


def test_names_are_ascii_safe_where_the_terminal_is(mfa):
    """LANG=C does not break the screen."""
    said = mfa(*GOLDEN_RUN, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert 0 == said.code
    assert "Traceback" not in said.err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_terminated_is_143_and_leaves_nothing_half_made(home):
    """SIGTERM while it works: no run folder, no lock, and the next run sweeps what is left."""
    words = [sys.executable, "-m", "mfa_audit", *map(str, GOLDEN_RUN), "-q"]
    with subprocess.Popen(words, cwd=home, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not list(home.glob("data/.mfa-audit-work-*")):
            pass
        process.terminate()
        process.stderr.read()
        code = process.wait()

    assert 143 == code
    assert not list(home.glob("reports/2*"))
    assert 0 == subprocess.run(words, cwd=home, check=False).returncode
    assert not list(home.glob("**/.mfa-audit-*.partial"))


def test_words_that_are_not_read_are_said_with_their_place(mfa, home):
    """A column in another language makes everybody unknown; the operator hears why."""
    (home / "users.csv").write_text(
        "userPrincipalName,accountEnabled\na@x.example,WAHR\nb@x.example,FALSCH\n", encoding="utf-8")

    said = mfa("run", "--source", home / "users.csv", "--as-of", "2026-03-02", "-q")

    [line] = [line for line in said.err.splitlines() if "unreadable value: account_enabled, 2 times" in line]
    assert "users.csv:2" in line
    assert "'WAHR'" in line
    assert "set to English before the export" in line


def test_collect_takes_a_snapshot_that_report_judges(mfa, home):
    """Whole: 0, and the same figures later. In part: 4, naming what is missing."""
    assert 0 == mfa("collect", "--source", GOLDEN).code
    [snapshot] = (home / "data").glob("*/snapshots/*")
    assert 0 == mfa("report", "--snapshot", snapshot, "--policy", GOLDEN / "policy.toml", "--as-of", "2026-03-02").code

    said = mfa("collect", "--source", GOLDEN / "users.json")

    assert 4 == said.code
    assert "registrations" in said.err


@pytest.mark.parametrize("words", [
    ("run", "--source", ""), ("run", "--source", GOLDEN, "--fail-under", "nan"),
    ("run", "--source", GOLDEN, "--captured-at", "0001-01-01T00:00:00+14:00"), ("explain", ""),
    ("summary", "--limit", "99999999999999999999"),
])
def test_words_that_mean_nothing_are_two(mfa, words):
    """An unset variable is not the folder one stands in; nan is no mark; nobody lived in the year 0."""
    said = mfa(*words)

    assert 2 == said.code, said.err
    assert "Traceback" not in said.err


def test_old_data_that_somebody_lets_pass_reminds_nobody(mfa, home):
    """The reports are there; no list waits to be sent, however much is due."""
    said = mfa("run", "-q", "--source", GOLDEN, "--policy", GOLDEN / "policy.toml", "--allow-stale")

    assert 0 == said.code, said.err
    assert list((home / "reports").glob("2*/reminders/*.csv"))
    assert not list((home / "reports" / "reminders").glob("outbox/*"))
