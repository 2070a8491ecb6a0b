"""Each message is entered once, claimed by one, and what cannot be known to have left is for a person to decide."""

from __future__ import annotations

import datetime as dt
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from reminded import message, people, person, planned

from mfa_audit.errors import IncompleteData, LockHeld, MfaAuditError, OutputFailed, SettingsError, UsageError
from mfa_audit.reminders.columns import HISTORY, State
from mfa_audit.reminders.ledger import Ledger, keys_of, open_ledger
from mfa_audit.reminders.mounts import refuse_network
from mfa_audit.reminders.past import last_digests
from mfa_audit.reminders.store import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import pandas as pd

DAY = dt.date(2026, 10, 5)
NIGHT = dt.datetime(2026, 10, 5, 1, 30, tzinfo=dt.UTC)
CAMPAIGN = "mandatory-mfa"


def opened(path: Path, **more: Any) -> AbstractContextManager[Ledger]:
    return open_ledger(path / "ledger.sqlite", more.pop("tenant", "tenant-a"), "Europe/London",
                       more.pop("moment", NIGHT), **more)


def plan_of(count: int = 3, as_of: str = "2026-10-05", *past: dict[str, Any]) -> pd.DataFrame:
    return planned(people(*map(person, range(1, count + 1))), as_of, *past).rows


def states(ledger: Ledger) -> list[str]:
    return list(ledger.history()["state"])


def test_a_claim_is_had_once(tmp_path: Path) -> None:
    """Whatever was claimed, sent or is not known is not given out again; what failed is."""
    rows = plan_of(3)
    with opened(tmp_path) as ledger:
        assert 3 == len(ledger.claim(rows, DAY, NIGHT))
        assert 0 == len(ledger.claim(rows, DAY, NIGHT))
        keys = keys_of(rows)
        ledger.left(keys[:1], NIGHT)
        ledger.did_not_leave(keys[1:2], NIGHT, "550 no such user")
        assert 1 == len(ledger.settle(NIGHT))
        again = ledger.claim(rows, DAY, NIGHT)

        assert ["id-000002"] == list(again["account_id"])
        assert ["sent", "intent", "unknown"] == states(ledger)


def test_the_history_is_what_a_plan_reads(tmp_path: Path) -> None:
    """What the ledger remembers has the columns and types of HISTORY; the next plan lists nobody twice."""
    rows = plan_of(3)
    with opened(tmp_path) as ledger:
        ledger.left(keys_of(ledger.claim(rows, DAY, NIGHT)), NIGHT)
        history = ledger.history()

        assert list(HISTORY.names) == list(history.columns)
        assert [DAY] * 3 == [day.date() for day in history["day"]]
        assert 1 == len(ledger.history("id-000002", "id-000002"))
        assert 2 == len(ledger.history("id-000002"))
        assert {"announce"} == ledger.templates_used()
        assert 0 == len(ledger.undecided())
        assert last_digests(history).equals(ledger.digests())


def test_digests_are_those_of_the_history(tmp_path: Path) -> None:
    """When a manager last had a digest is the same whether the ledger is asked or its history."""
    rows = planned(people(*map(person, range(1, 4))), "2026-10-26",
                   *(message("S2", "2026-10-19", number=n) for n in range(1, 4))).rows
    later = dt.datetime(2026, 10, 26, 2, tzinfo=dt.UTC)
    with opened(tmp_path) as ledger:
        ledger.left(keys_of(ledger.claim(rows, later.date(), later)), later)

        assert 1 == len(ledger.digests())
        assert last_digests(ledger.history()).equals(ledger.digests())


def test_the_day_of_a_message_is_a_day_in_the_zone(tmp_path: Path) -> None:
    """A message sent at 23:30 UTC in summer was sent on the next day in London."""
    late = dt.datetime(2026, 10, 5, 23, 30, tzinfo=dt.UTC)
    with opened(tmp_path) as ledger:
        ledger.left(keys_of(ledger.claim(plan_of(1), DAY, late)), late)

        assert ["2026-10-06"] == [str(day.date()) for day in ledger.history()["day"]]


def test_a_plan_that_was_overtaken_sends_nothing(tmp_path: Path) -> None:
    """An old plan is not sent to whoever has heard something else since; the others hear it."""
    old, newer = plan_of(2), plan_of(1, "2026-10-19")
    with opened(tmp_path) as ledger:
        later = dt.datetime(2026, 10, 19, 8, tzinfo=dt.UTC)
        ledger.left(keys_of(ledger.claim(newer, dt.date(2026, 10, 19), later)), later)

        assert ["id-000002"] == list(ledger.claim(old, DAY, later)["account_id"])


def test_lists_wait_until_they_are_confirmed(tmp_path: Path) -> None:
    """Listed once; confirmed for a day; taken back; confirmed again."""
    with opened(tmp_path) as ledger:
        assert 2 == len(ledger.list_planned(plan_of(2), DAY, NIGHT))
        assert 1 == len(ledger.list_planned(plan_of(3), DAY + dt.timedelta(1), NIGHT))
        assert {"S1": 3} == ledger.waiting(CAMPAIGN)

        later = NIGHT + dt.timedelta(days=3)
        assert 2 == ledger.confirm(CAMPAIGN, "S1", DAY, later)
        assert ["confirmed", "confirmed", "planned"] == states(ledger)
        assert 1 == ledger.confirm(CAMPAIGN, "S1", DAY + dt.timedelta(2), later + dt.timedelta(minutes=1))
        assert 1 == ledger.undo(CAMPAIGN, "S1", later)
        assert ["confirmed", "confirmed", "undone"] == states(ledger)
        assert 1 == ledger.confirm(CAMPAIGN, "S1", DAY + dt.timedelta(1), later)
        assert ["2026-10-05", "2026-10-05", "2026-10-06"] == [str(day.date()) for day in ledger.history()["day"]]


@pytest.mark.parametrize(("stage", "on", "message_"), [
    ("S2", DAY, "waits to be confirmed"), ("S1", DAY - dt.timedelta(1), "waits to be confirmed"),
    ("S1", dt.date(2026, 10, 7), "has not come yet"),
])
def test_what_cannot_be_confirmed_is_said(tmp_path: Path, stage: str, on: dt.date, message_: str) -> None:
    """Nothing of that stage, listed later, or a day to come: refused, and what waits is said."""
    with opened(tmp_path) as ledger:
        ledger.list_planned(plan_of(2), DAY, NIGHT)
        with pytest.raises(UsageError, match=message_) as refused:
            ledger.confirm(CAMPAIGN, stage, on, NIGHT)

        assert "S1 (2)" in refused.value.next_step or "has not come" in refused.value.message
        assert ["planned"] * 2 == states(ledger)


def test_only_a_confirmation_can_be_taken_back(tmp_path: Path) -> None:
    """Where nothing was confirmed there is nothing to undo."""
    with opened(tmp_path) as ledger, pytest.raises(UsageError, match="no confirmation"):
        ledger.undo(CAMPAIGN, "S1", NIGHT)


def test_a_withdrawn_list_can_be_listed_again(tmp_path: Path) -> None:
    """Withdrawing touches what waits and nothing that has left."""
    rows = plan_of(2)
    with opened(tmp_path) as ledger:
        ledger.list_planned(rows, DAY, NIGHT)
        ledger.claim(rows[:1], DAY, NIGHT)
        ledger.withdraw(keys_of(rows), NIGHT)

        assert ["intent", "withdrawn"] == states(ledger)
        assert 1 == len(ledger.list_planned(rows, DAY, NIGHT))


@pytest.mark.parametrize(("left", "state"), [(True, State.SENT), (False, State.FAILED)])
def test_a_person_decides_what_is_unknown(tmp_path: Path, state: State, *, left: bool) -> None:
    """The decision keeps the day on which the message would have left."""
    with opened(tmp_path) as ledger:
        keys = keys_of(ledger.claim(plan_of(1), DAY, NIGHT))
        ledger.settle(NIGHT)
        ledger.decide(keys, NIGHT + dt.timedelta(days=4), left=left)

        assert [(state.value, DAY)] == [(row.state, row.day.date()) for row in ledger.history().itertuples()]


@pytest.mark.parametrize("act", [
    lambda ledger, keys: ledger.left(keys, NIGHT), lambda ledger, keys: ledger.did_not_leave(keys, NIGHT, "550"),
    lambda ledger, keys: ledger.decide(keys, NIGHT, left=True),
])
def test_an_outcome_of_nothing_is_refused(tmp_path: Path, act: Callable[[Ledger, list[Any]], None]) -> None:
    """An outcome is of something that was claimed; nothing else changes."""
    rows = plan_of(2)
    with opened(tmp_path) as ledger:
        ledger.claim(rows[:1], DAY, NIGHT)
        with pytest.raises(MfaAuditError, match="does not wait for an outcome"):
            act(ledger, keys_of(rows))

        assert ["intent"] == states(ledger)


def test_sizes_of_plans(tmp_path: Path) -> None:
    """The largest plan of a day, those that had anybody, newest first, none of the day itself."""
    with opened(tmp_path) as ledger:
        assert () == ledger.plan_sizes(DAY)
        ledger.remember_plan(DAY, 0)
        assert (0,) == ledger.plan_sizes(DAY + dt.timedelta(1))
        for number in range(1, 20):
            ledger.remember_plan(DAY + dt.timedelta(number), number % 5)
        ledger.remember_plan(DAY + dt.timedelta(19), 1)

        assert (3, 2, 1) == ledger.plan_sizes(DAY + dt.timedelta(19), last=3)
        assert (4, 3) == ledger.plan_sizes(DAY + dt.timedelta(20), last=2)


_CHILD = """
import datetime as dt, sys
import pandas as pd
from mfa_audit.reminders.ledger import keys_of, open_ledger
from pathlib import Path
rows = pd.read_pickle(sys.argv[2])
night = dt.datetime(2026, 10, 5, 1, 30, tzinfo=dt.UTC)
sys.stdin.readline()
with open_ledger(Path(sys.argv[1]), "tenant-a", "Europe/London", night) as ledger:
    for start in range(0, len(rows), 20):
        claimed = ledger.claim(rows[start:start + 20], dt.date(2026, 10, 5), night)
        for account in claimed["account_id"]:
            print(account, flush=True)
    if len(sys.argv) > 3:
        sys.stdin.readline()
    ledger.left([], night)
"""


def _child(tmp_path: Path, *more: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {[root, *sys.path]!r}\n{_CHILD}",
         str(tmp_path / "ledger.sqlite"), str(tmp_path / "rows.pickle"), *more],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_two_processes_never_get_the_same(tmp_path: Path) -> None:
    """Two processes at once, with no ledger to begin with: every message is claimed, and by one of them."""
    plan_of(200).to_pickle(tmp_path / "rows.pickle")
    processes = [_child(tmp_path), _child(tmp_path)]
    for each in processes:
        each.stdin.write("go\n")
        each.stdin.flush()
    told = [each.communicate()[0].split() for each in processes]

    assert [0, 0] == [each.returncode for each in processes]
    assert 200 == len(told[0]) + len(told[1]) == len({*told[0], *told[1]})


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_kill_leaves_what_cannot_be_known(tmp_path: Path) -> None:
    """A process killed between claim and outcome: the claims stand, and become unknown, and nobody gets them again."""
    rows = plan_of(20)
    rows.to_pickle(tmp_path / "rows.pickle")
    with _child(tmp_path, "wait") as process:
        process.stdin.write("go\n")
        process.stdin.flush()
        acknowledged = [process.stdout.readline().strip() for _ in range(20)]
        process.send_signal(signal.SIGKILL)
    with opened(tmp_path) as ledger:
        assert ["intent"] * 20 == states(ledger)
        assert acknowledged == list(ledger.settle(NIGHT)["account_id"])
        assert 0 == len(ledger.claim(rows, DAY, NIGHT))


def test_a_ledger_that_is_busy_too_long_is_said(tmp_path: Path) -> None:
    """Who waits in vain for another process is told so, and nothing is written."""
    with opened(tmp_path, busy_seconds=0.01) as ledger:
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LockHeld):
                ledger.claim(plan_of(1), DAY, NIGHT)
        assert [] == states(ledger)


@pytest.mark.parametrize("damage", ["empty", "not a database", "page"])
def test_a_damaged_ledger_is_set_aside(tmp_path: Path, damage: str) -> None:
    """It is renamed and said, never overwritten; a new one begins only when somebody says so."""
    path = tmp_path / "ledger.sqlite"
    with opened(tmp_path) as ledger:
        ledger.claim(plan_of(400), DAY, NIGHT)
    whole = path.read_bytes()
    spoiled = {"empty": b"", "not a database": b"x" * 5000,
               "page": whole[:8192] + b"\xff" * 4096 + whole[12288:]}[damage]
    path.write_bytes(spoiled)

    with pytest.raises(IncompleteData, match="set aside as") as refused, opened(tmp_path):
        pass
    assert "backup" in refused.value.next_step
    assert spoiled == (tmp_path / "ledger.sqlite.corrupt-20261005T013000Z").read_bytes()
    with pytest.raises(IncompleteData, match="only a damaged one"), opened(tmp_path):
        pass
    with opened(tmp_path, rebuild=True) as ledger:
        assert [] == states(ledger)


def test_a_ledger_of_another_tenant_or_program_is_left_alone(tmp_path: Path) -> None:
    """Neither is opened, and neither is moved."""
    with opened(tmp_path):
        pass
    with pytest.raises(SettingsError, match="tenant-a"), opened(tmp_path, tenant="tenant-b"):
        pass
    other = tmp_path / "other"
    other.mkdir()
    with closing(sqlite3.connect(other / "ledger.sqlite")) as connection:
        connection.execute("CREATE TABLE mine (a)")
    with pytest.raises(SettingsError, match="another program"), opened(other):
        pass
    assert ["ledger.sqlite"] == [each.name for each in other.iterdir()]


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    """A schema this version does not know is neither read nor changed."""
    with opened(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(UsageError, match="schema 99"), opened(tmp_path):
        pass


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_an_older_ledger_is_brought_forward(tmp_path: Path, version: int) -> None:
    """What an earlier version wrote is kept, and the tables it lacked are there."""
    with opened(tmp_path) as ledger:
        ledger.claim(plan_of(2), DAY, NIGHT)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)) as connection:
        for step in MIGRATIONS[version:]:
            for statement in step:
                connection.execute(f"DROP TABLE {statement.split()[2]}")
        connection.execute(f"PRAGMA user_version = {version}")
    with opened(tmp_path) as ledger:
        ledger.remember_plan(DAY, 7)

        assert ["intent", "intent"] == states(ledger)
        assert (7,) == ledger.plan_sizes(DAY + dt.timedelta(1))


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are the system's own")
def test_the_ledger_is_private_and_durable(tmp_path: Path) -> None:
    """Only its owner reads it, its companions too; every commit reaches the disk."""
    with opened(tmp_path) as ledger:
        ledger.claim(plan_of(1), DAY, NIGHT)
        files = sorted(tmp_path.glob("ledger.sqlite*"))

        assert ["ledger.sqlite", "ledger.sqlite-shm", "ledger.sqlite-wal"] == [each.name for each in files]
        assert {0o600} == {each.stat().st_mode & 0o777 for each in files}
        assert [("wal",)] == ledger._store.read("PRAGMA journal_mode")
        assert [(2,)] == ledger._store.read("PRAGMA synchronous")


def _mounted(kind: str, place: Path) -> str:
    shown = str(place).replace(" ", "\\040")
    return f"/dev/sda1 / ext4 rw 0 0\nserver:/x {shown} {kind} rw 0 0\ntmpfs /run tmpfs rw 0 0\n"


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "ceph", "9p", "fuse.glusterfs"])
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    """The message names the file system and where it is mounted, and says what to do; no file is made."""
    share = tmp_path / "a share"
    with pytest.raises(OutputFailed, match=kind) as refused, \
            opened(share, mounts=lambda: _mounted(kind, share)):
        pass

    assert str(share) in str(refused.value)
    assert "'data'" in refused.value.next_step
    assert [] == list(share.iterdir())


@pytest.mark.parametrize(("text", "refused"), [
    ("", False),
    ("nonsense\n", False),
    ("/dev/sda1 / ext4 rw 0 0\nserver:/x {below} nfs rw 0 0\n", False),
    ("server:/x / nfs rw 0 0\n/dev/sdb1 {here} xfs rw 0 0\n", False),
    ("/dev/sdb1 {here} xfs rw 0 0\nserver:/x {here} nfs rw 0 0\n", True),
    ("server:/x / nfs4 rw 0 0\n", True),
    ("/dev/fuse {here} fuse.portal rw 0 0\n", False),
])
def test_the_deepest_mount_decides(tmp_path: Path, text: str, *, refused: bool) -> None:
    """The mount that holds the folder counts: the deepest, and of several there the last."""
    here = tmp_path.resolve()
    mounted = text.format(here=here, below=here / "below")
    if refused:
        with pytest.raises(OutputFailed):
            refuse_network(here, lambda: mounted)
    else:
        refuse_network(here, lambda: mounted)


def test_what_came_of_a_stage_is_counted_where_seven_days_have_passed(tmp_path: Path) -> None:
    """On the seventh day is in time, on the eighth it is later; whoever heard it too lately is in no share, set up or
    not; whoever no run has seen set up is not counted as set up; a repetition counts from the first time."""
    rows = plan_of(5)
    repeated = rows.iloc[:1].assign(occurrence=1)

    def on(day: int) -> dt.datetime:
        return NIGHT + dt.timedelta(days=day)

    with opened(tmp_path) as ledger:
        for day, told in ((0, rows.iloc[:3]), (6, rows.iloc[3:]), (12, repeated)):
            ledger.left(keys_of(ledger.claim(told, on(day).date(), on(day))), on(day))
        for day, number in ((7, 0), (8, 1), (9, 3)):
            ledger.note_done(rows.iloc[number:number + 1], on(day).date())
        before, early, late = (ledger.effect(CAMPAIGN, on(day).date()) for day in (8, 13, 14))

    assert [("S1", 5, 2, 1, 1)] == list(before.itertuples(index=False, name=None))
    assert [("S1", 5, 2, 1, 1)] == list(early.itertuples(index=False, name=None))
    assert [("S1", 5, 0, 2, 1)] == list(late.itertuples(index=False, name=None))
