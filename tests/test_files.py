"""Files that are whole or not there, whatever happens at whichever moment."""

import datetime as dt
import errno
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mfa_audit import files
from mfa_audit.errors import OutputFailed

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes, owners and signals")
ROOT = Path(__file__).parents[1]

DYING = """
    import os, signal, sys

    # Python reports every opening, renaming and making of a folder before it happens: die, or fail, at the n-th.
    events = {"open", "os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir"}
    armed, left, how = False, int(sys.argv[2]), sys.argv[3]

    def hook(event, arguments):
        global left
        if armed and event in events and sys.argv[1] in str(arguments[0]):
            left -= 1
            if left == 0 and how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if left == 0:
                raise OSError(28, "No space left on device")

    sys.addaudithook(hook)
"""
NEW = {"a.txt": "new a", "deep/b.txt": "new b" * 20_000, "manifest.json": "{}"}


def child(code: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    script = textwrap.dedent(DYING) + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True,
                          cwd=ROOT, check=False)


def at_every_step(code: str, folder: Path, how: str):
    """Run the child again and again, killing or failing it one step later each time, until it comes through."""
    for step in range(1, 200):
        here = folder / str(step)
        here.mkdir()
        yield here, lambda here=here, step=step: child(code, here, step, how)


class TestWrite:
    def test_bytes_and_text(self, tmp_path):
        """What is written is there, byte for byte, and nothing else."""
        files.write_bytes(tmp_path / "a", b"\0\r\n")
        files.write_text(tmp_path / "b", "é\r\n\n")

        assert b"\0\r\n" == (tmp_path / "a").read_bytes()
        assert "é\r\n\n".encode() == (tmp_path / "b").read_bytes()
        assert ["a", "b"] == sorted(path.name for path in tmp_path.iterdir())

    @POSIX
    def test_mode(self, tmp_path):
        """A file is its owner's only, also where it replaces one that was not."""
        path = tmp_path / "a"
        path.touch(0o644)
        files.write_text(path, "x")

        assert 0o600 == stat.S_IMODE(path.stat().st_mode)

    def test_block_that_raises(self, tmp_path):
        """Whoever fails while writing leaves what was there, and nothing aside."""
        path = tmp_path / "a"
        path.write_text("old")

        with pytest.raises(KeyError), files.replacing(path) as aside:
            {}[aside.write_text("half")]

        assert ["a"] == [item.name for item in tmp_path.iterdir()]
        assert "old" == path.read_text()

    def test_folder_that_is_not_there(self, tmp_path):
        """A failure of the system has exit 8 and names the place."""
        with pytest.raises(OutputFailed, match="No such file") as caught:
            files.write_text(tmp_path / "none" / "a", "x")

        assert 8 == caught.value.exit_code
        assert str(tmp_path) in str(caught.value)

    @POSIX
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
    def test_full_disk_is_told(self, tmp_path):
        """No room is an OutputFailed, not a traceback."""
        def onto_full_device(aside):
            aside.unlink()
            aside.symlink_to("/dev/full")
            aside.write_bytes(b"x" * 100_000)

        with pytest.raises(OutputFailed, match="No space left"), files.replacing(tmp_path / "a") as aside:
            onto_full_device(aside)

        assert [] == list(tmp_path.iterdir())

    @pytest.mark.parametrize("refusals", [1, 5])
    def test_patience_with_an_open_file(self, refusals, tmp_path, monkeypatch):
        """A file held open for a moment, as Windows does, is tried again, longer each time."""
        waits = refusing(monkeypatch, "replace", refusals)
        files.write_text(tmp_path / "a", "new", wait=waits.append)

        assert "new" == (tmp_path / "a").read_text()
        assert [0.05 * 2**n for n in range(refusals)] == waits

    def test_patience_ends(self, tmp_path, monkeypatch):
        """A file that stays open is an error, and what was there stays."""
        (tmp_path / "a").write_text("old")
        waits = refusing(monkeypatch, "replace", 99)

        with pytest.raises(OutputFailed, match="Permission denied"):
            files.write_text(tmp_path / "a", "new", wait=waits.append)

        assert 5 == len(waits)
        assert ["a"] == [path.name for path in tmp_path.iterdir()]
        assert "old" == (tmp_path / "a").read_text()

    @POSIX
    @pytest.mark.parametrize("how", ["kill", "fail"])
    def test_old_or_new_at_every_step(self, how, tmp_path):
        """Killed or refused at any step, the file is the old one or the new one, whole; a failure leaves nothing aside,
        and a sweep removes what a kill left."""
        code = """
            from pathlib import Path
            from mfa_audit import files
            armed = True
            files.write_text(Path(sys.argv[1]) / "a", "new" * 50_000)
        """
        seen = set()
        for here, run in at_every_step(code, tmp_path, how):
            (here / "a").write_text("old")
            done = run()
            seen.add((here / "a").read_text())
            if how == "fail" and done.returncode:
                assert "OutputFailed" in done.stderr
            if how == "kill" and done.returncode:
                assert -signal.SIGKILL == done.returncode
                files.sweep(here)
            assert ["a"] == [path.name for path in here.iterdir()]
            if done.returncode == 0:
                break

        assert 0 == done.returncode
        assert {"old", "new" * 50_000} == seen


def refusing(monkeypatch, method, times):
    """Make a real method refuse the first calls, as an open file does on Windows; returns the list of waits."""
    real, left = getattr(Path, method), [times]

    def act(self, target):
        if left[0]:
            left[0] -= 1
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self, target)

    monkeypatch.setattr(Path, method, act)
    return []


def staged(folder: Path) -> Path:
    staging = files.new_folder_aside(folder, "run")
    for name, text in NEW.items():
        (staging / name).parent.mkdir(exist_ok=True)
        (staging / name).write_text(text)
    return staging


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


class TestPublish:
    def test_whole_folder(self, tmp_path):
        """A finished folder takes its name with everything in it, and nothing is left aside."""
        files.publish_folder(staged(tmp_path / "out"), tmp_path / "out" / "final")

        assert NEW == content(tmp_path / "out" / "final")
        assert ["final"] == [path.name for path in (tmp_path / "out").iterdir()]

    @POSIX
    def test_modes(self, tmp_path):
        """Folders 0700 and files 0600, whatever wrote them."""
        staging = staged(tmp_path / "new" / "out")
        for path in staging.rglob("*"):
            path.chmod(0o777)
        files.publish_folder(staging, tmp_path / "new" / "out" / "final")

        for path in (tmp_path / "new").rglob("*"):
            assert (0o700 if path.is_dir() else 0o600) == stat.S_IMODE(path.stat().st_mode), path
        assert 0o700 == stat.S_IMODE((tmp_path / "new").stat().st_mode)

    @pytest.mark.parametrize("kind", ["folder", "empty folder", "file", "dangling link"])
    def test_never_over_anything(self, kind, tmp_path):
        """A run folder is never overwritten."""
        final = tmp_path / "final"
        if kind == "dangling link":
            final.symlink_to("nowhere")
        elif kind == "file":
            final.write_text("old")
        else:
            final.mkdir()
        if kind == "folder":
            (final / "a").write_text("old")
        staging = staged(tmp_path)

        with pytest.raises(OutputFailed, match="of that name already"):
            files.publish_folder(staging, final)

        assert NEW == content(staging)

    def test_no_links(self, tmp_path):
        """A link would publish somebody else's file."""
        staging = staged(tmp_path)
        (staging / "link").symlink_to("/etc/passwd")

        with pytest.raises(OutputFailed, match="symbolic link"):
            files.publish_folder(staging, tmp_path / "final")

    @POSIX
    def test_flushed_before_named(self, tmp_path, monkeypatch):
        """Every file and folder is on the disk before the folder takes its name, and the name itself after."""
        staging = staged(tmp_path)
        inside = {path.stat().st_ino for path in (staging, *staging.rglob("*"))}
        events: list[tuple[str, int]] = []
        flush, rename = os.fsync, Path.rename
        monkeypatch.setattr(os, "fsync", lambda handle: (events.append(("flush", os.fstat(handle).st_ino)),
                                                         flush(handle)))
        monkeypatch.setattr(Path, "rename", lambda self, to: (events.append(("rename", 0)), rename(self, to)))
        files.publish_folder(staging, tmp_path / "final")

        at = events.index(("rename", 0))
        assert inside == {inode for _, inode in events[:at]}
        assert [("flush", tmp_path.stat().st_ino)] == events[at + 1 :]

    @POSIX
    @pytest.mark.parametrize("how", ["kill", "fail"])
    def test_all_or_nothing_at_every_step(self, how, tmp_path, monkeypatch):
        """Killed or refused at any step, the final name is not there or has everything; the last good one is untouched
        and its pointer names a whole folder."""
        code = """
            import json
            from pathlib import Path
            from mfa_audit import files
            here = Path(sys.argv[1])
            armed = True
            staging = files.new_folder_aside(here, "run")
            (staging / "deep").mkdir()
            for name, text in json.loads(os.environ["NEW"]).items():
                (staging / name).write_text(text)
            files.publish_folder(staging, here / "new")
            files.write_text(here / "latest.json", '{"run": "new"}')
        """
        monkeypatch.setenv("NEW", json.dumps(NEW))
        outcomes = set()
        for here, run in at_every_step(code, tmp_path, how):
            (here / "old").mkdir()
            (here / "old" / "a.txt").write_text("old a")
            (here / "latest.json").write_text('{"run": "old"}')
            done = run()
            files.sweep(here)

            latest = json.loads((here / "latest.json").read_text())["run"]
            assert {"a.txt": "old a"} == content(here / "old")
            assert content(here / latest) == (NEW if latest == "new" else {"a.txt": "old a"})
            assert not (here / "new").exists() or NEW == content(here / "new")
            assert {path.name for path in here.iterdir()} <= {"old", "new", "latest.json"}
            outcomes.add((latest, (here / "new").exists()))
            if done.returncode == 0:
                break

        assert 0 == done.returncode
        assert {("old", False), ("old", True), ("new", True)} == outcomes

    @POSIX
    def test_killed_at_any_instant(self, tmp_path):
        """A process publishing without end, killed when it says it has published, leaves only whole folders."""
        code = """
            from pathlib import Path
            from mfa_audit import files
            here = Path(sys.argv[1])
            number = 0
            while True:
                number += 1
                staging = files.new_folder_aside(here, "run")
                for name in ("a", "b", "c"):
                    (staging / name).write_text(str(number) * 10_000)
                files.publish_folder(staging, here / str(number))
                files.write_text(here / "latest", str(number))
                print(number, flush=True)
        """
        script = textwrap.dedent(DYING) + textwrap.dedent(code)
        for lines in range(1, 16):
            here = tmp_path / str(lines)
            here.mkdir()
            with subprocess.Popen([sys.executable, "-c", script, str(here), "0", "none"], stdout=subprocess.PIPE,
                                  text=True, cwd=ROOT) as running:
                said = [running.stdout.readline() for _ in range(lines)]
                running.kill()
                running.stdout.close()
            files.sweep(here)

            published = sorted(int(path.name) for path in here.iterdir() if path.is_dir())
            assert int(said[-1]) <= published[-1]
            assert int(said[-1]) <= int((here / "latest").read_text()) <= published[-1]
            for number in published:
                assert dict.fromkeys("abc", str(number) * 10_000) == content(here / str(number))


class TestSweep:
    def test_own_names_only(self, tmp_path):
        """What looks almost like ours is somebody's."""
        kept = [".mfa-audit-run-0123456789abcde.partial", ".mfa-audit-run-0123456789abcdef.partial.txt",
                "mfa-audit-run-0123456789abcdef.partial", ".mfa-audit-0123456789abcdef.partial", ".partial",
                "20260302T013000Z", ".mfa-audit-RUN-0123456789abcdef.partial"]
        for name in kept:
            (tmp_path / name).touch()
        folder = files.new_folder_aside(tmp_path, "run")
        (folder / "deep").mkdir()
        (folder / "deep" / "a").touch()
        file = tmp_path / ".mfa-audit-file-0123456789abcdef.partial"
        file.touch()

        assert {folder, file} == set(files.sweep(tmp_path))
        assert sorted(kept) == sorted(path.name for path in tmp_path.iterdir())

    def test_link_goes_its_target_stays(self, tmp_path):
        """A link with one of our names is removed, what it points at is not."""
        (tmp_path / "target").mkdir()
        (tmp_path / "target" / "a").touch()
        (tmp_path / ".mfa-audit-run-0123456789abcdef.partial").symlink_to(tmp_path / "target")
        files.sweep(tmp_path)

        assert ["target"] == [path.name for path in tmp_path.iterdir()]
        assert (tmp_path / "target" / "a").exists()

    def test_nothing_there(self, tmp_path):
        """A folder that is not there needs no sweeping."""
        assert () == files.sweep(tmp_path / "none")


class TestFolder:
    @POSIX
    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser gives a link away")
    def test_link_of_another_user(self, tmp_path):
        """An output folder that is another user's link could lead anywhere."""
        (tmp_path / "real").mkdir()
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "real")
        assert link == files.private_folder(link)
        os.lchown(link, 12345, 12345)

        with pytest.raises(OutputFailed, match="belongs to another user"):
            files.new_folder_aside(link, "run")

    def test_file_in_the_way(self, tmp_path):
        """A file where a folder should be is named."""
        (tmp_path / "a").touch()

        with pytest.raises(OutputFailed, match="there is a file"):
            files.private_folder(tmp_path / "a")

    @POSIX
    def test_umask(self, tmp_path):
        """After private_umask everything new is its owner's only, whoever writes it."""
        before = files.private_umask()
        try:
            (tmp_path / "a").write_text("x")
            (tmp_path / "d").mkdir()
        finally:
            os.umask(before)

        assert 0o600 == stat.S_IMODE((tmp_path / "a").stat().st_mode)
        assert 0o700 == stat.S_IMODE((tmp_path / "d").stat().st_mode)

    def test_purpose_is_a_plain_word(self, tmp_path):
        """A purpose that could leave the folder is a mistake of the caller."""
        with pytest.raises(ValueError, match="not a purpose"):
            files.new_folder_aside(tmp_path, "../x")


def test_sha256(tmp_path):
    """The hash of the bytes."""
    (tmp_path / "a").write_bytes(b"abc")

    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == files.sha256_of(tmp_path / "a")


def test_run_name():
    """A run is named after its start in UTC."""
    summer = dt.datetime(2026, 6, 2, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))

    assert "20260602T003000Z" == files.run_name(summer)
    with pytest.raises(ValueError, match="time zone"):
        files.run_name(summer.replace(tzinfo=None))
