"""One writer at a time."""

import datetime as dt
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mfa_audit import files
from mfa_audit.errors import LockHeld

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and signals")
ROOT = Path(__file__).parents[1]

HOLDER = """
    import sys
    from pathlib import Path
    from mfa_audit import files
    from mfa_audit.errors import LockHeld
    try:
        with files.lock(Path(sys.argv[1]), "job " + sys.argv[2]):
            print("got", flush=True)
            sys.stdin.read()
    except LockHeld as error:
        print("held", error.exit_code, flush=True)
"""


class TestLock:
    def test_second_holder(self, tmp_path):
        """The second is told at once who holds the lock and since when; after the first it is free."""
        path = tmp_path / "new" / "run.lock"
        since = dt.datetime(2026, 3, 2, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
        with files.lock(path, "mfa-audit run", started=since):
            with pytest.raises(LockHeld, match="mfa-audit run holds the lock since 2026-03-02T00:30:00") as caught, \
                    files.lock(path, "second"):
                raise AssertionError
            assert 9 == caught.value.exit_code
            assert str(os.getpid()) in str(caught.value)
        with files.lock(path, "third"):
            pass
        assert ["run.lock"] == [item.name for item in path.parent.iterdir()]

    def test_without_a_start_the_note_dates_itself(self, tmp_path):
        """Whoever gives no start is shown the time the note was written."""
        with files.lock(tmp_path / "l", "first"):
            os.utime(tmp_path / "l.holder.json", (0, 0))
            with pytest.raises(LockHeld, match="since 1970-01-01T00:00:00"), files.lock(tmp_path / "l", "second"):
                raise AssertionError

    @pytest.mark.parametrize("note", [b"", b"[]", b"{}", b"\xff"])
    def test_unreadable_note(self, note, tmp_path):
        """The lock holds whatever the note says."""
        with files.lock(tmp_path / "l", "first"):
            (tmp_path / "l.holder.json").write_bytes(note)
            with pytest.raises(LockHeld, match="another run holds the lock"), files.lock(tmp_path / "l", "second"):
                raise AssertionError

    @POSIX
    def test_modes(self, tmp_path):
        """Lock and note are their owner's only."""
        with files.lock(tmp_path / "l", "first"):
            assert [0o600, 0o600] == [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()]

    def test_block_that_raises(self, tmp_path):
        """A failing run gives the lock back."""
        with pytest.raises(KeyError), files.lock(tmp_path / "l", "first"):
            {}["a"]
        with files.lock(tmp_path / "l", "second"):
            pass

    def test_ten_at_once(self, tmp_path):
        """Of ten processes started together one gets the lock and nine exit 9."""
        script = textwrap.dedent(HOLDER)
        running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "l"), str(number)],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
                   for number in range(10)]
        answers = [process.stdout.readline().strip() for process in running]
        for process in running:
            process.communicate()

        assert ["got"] + ["held 9"] * 9 == sorted(answers)

    @POSIX
    def test_dies_with_its_process(self, tmp_path):
        """A killed holder leaves no lock, and its note misleads nobody."""
        with subprocess.Popen([sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path / "l"), "x"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert "got\n" == process.stdout.readline()
            process.kill()
        with files.lock(tmp_path / "l", "next"), pytest.raises(LockHeld, match="next holds"), \
                files.lock(tmp_path / "l", "third"):
            raise AssertionError
