"""Files that are whole or not there: written aside, flushed, renamed; private to their owner; one writer at a time.

Every temporary name is ``.mfa-audit-<purpose>-<random>.partial``, so that :func:`sweep` knows what an earlier kill
left behind. Failures of the system are raised as :class:`mfa_audit.errors.OutputFailed`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from mfa_audit.errors import LockHeld, OutputFailed

_PARTIAL = re.compile(r"\.mfa-audit-[a-z0-9_-]+-[0-9a-f]{16}\.partial")
_WINDOWS = sys.platform == "win32"
_REPLACE_TRIES = 6

Waiter = Callable[[float], None]


def private_umask() -> int:
    """Make everything this process creates from now on readable by its owner only; returns the mask before."""
    return os.umask(0o077)


def private_folder(path: Path) -> Path:
    """``path`` as an existing folder; what is missing of it is made with mode 0700.

    Raises :class:`OutputFailed` when it cannot be made, or is a symbolic link of another user, who could point it
    anywhere (the superuser's links are trusted).
    """
    with _failing(path):
        if path.is_symlink() and not _WINDOWS and path.lstat().st_uid not in (os.geteuid(), 0):
            raise OutputFailed(
                "the output folder is a symbolic link that belongs to another user", where=str(path),
                next_step="give the real folder, or one of your own.",
            )
        for folder in reversed((path, *path.parents)):
            with suppress(FileExistsError):
                if not folder.exists():
                    folder.mkdir(mode=0o700)
        if not path.is_dir():
            raise OutputFailed("there is a file where the folder should be", where=str(path),
                               next_step="name another folder, or move the file away.")
    return path


def write_text(path: Path, text: str, *, wait: Waiter = time.sleep) -> None:
    """Write ``text`` as UTF-8, its line ends as they are; otherwise as :func:`write_bytes`."""
    write_bytes(path, text.encode("utf-8"), wait=wait)


def write_bytes(path: Path, data: bytes, *, wait: Waiter = time.sleep) -> None:
    """Make ``path`` hold exactly ``data``, mode 0600; a kill at any moment leaves it as before or as wanted.

    ``wait`` is called with seconds between tries when Windows says somebody has the file open. Raises
    :class:`OutputFailed`; the file is then as before and nothing is left aside.
    """
    with replacing(path, wait=wait) as aside:
        aside.write_bytes(data)


def private_file(path: Path) -> BinaryIO:
    """``path`` opened to be written from its beginning, made with mode 0600 whatever the umask; no link is followed.

    Errors of the system are not translated: the caller knows what it was writing.
    """
    flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


@contextmanager
def replacing(path: Path, *, wait: Waiter = time.sleep) -> Iterator[Path]:
    """A temporary file beside ``path`` to be written by whoever needs a name; it takes ``path``'s place at the end.

    When the block raises, the temporary file is removed and ``path`` stays as it was. The folder must exist.
    """
    aside = path.parent / _partial_name("file")
    with _failing(path):
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600))
        try:
            yield aside
            aside.chmod(0o600)
            _flush(aside)
            _replace(aside, path, wait)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        _flush_folder(path.parent)


def new_folder_aside(parent: Path, name: str) -> Path:
    """A new, empty, private folder in ``parent`` to be filled and then given to :func:`publish_folder`.

    ``name`` says what it is for: lower-case letters, digits, hyphens and underscores.
    """
    folder = private_folder(parent) / _partial_name(name)
    with _failing(folder):
        folder.mkdir(mode=0o700)
    return folder


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder among the system's temporary files for the length of the block.

    Raises :class:`OutputFailed` where it cannot be made; what goes wrong inside the block is the block's own.
    """
    with _failing(Path("the folder of temporary files")):
        parent = Path(tempfile.gettempdir())
    folder = new_folder(parent, "mfa-audit-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_folder(parent: Path, prefix: str) -> Path:
    """A new private folder in ``parent``, its name beginning with ``prefix``. Raises :class:`OutputFailed`."""
    with _failing(parent):
        return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


def publish_folder(staging: Path, final: Path, *, wait: Waiter = time.sleep) -> None:
    """Give a finished folder its name: every file flushed and 0600, every folder 0700, then one rename.

    ``staging`` and ``final`` must lie on one file system. Raises :class:`OutputFailed` when ``final`` exists already
    or the system refuses; ``staging`` is then still there.
    """
    with _failing(final):
        if final.is_symlink() or final.exists():
            raise OutputFailed("there is something of that name already", where=str(final),
                               next_step="a run folder is never overwritten: move it away, or run again later.")
        for folder, _, names in os.walk(staging, topdown=False):
            for name in names:
                path = Path(folder, name)
                if path.is_symlink():
                    raise OutputFailed("a symbolic link has no place in an output folder", where=str(path))
                path.chmod(0o600)
                _flush(path)
            Path(folder).chmod(0o700)
            _flush_folder(Path(folder))
        _rename(staging, final, wait)
        _flush_folder(final.parent)
        if staging.parent != final.parent:
            _flush_folder(staging.parent)


def sweep(parent: Path) -> tuple[Path, ...]:
    """Remove what earlier kills left in ``parent``, and say what it was; other names are never touched.

    Call it while holding the lock of whoever writes there, or another run's unfinished work goes too.
    """
    if not parent.is_dir():
        return ()
    removed = []
    with _failing(parent):
        for path in sorted(parent.iterdir()):
            if not _PARTIAL.fullmatch(path.name):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            removed.append(path)
    return tuple(removed)


@contextmanager
def lock(path: Path, holder: str, *, started: dt.datetime | None = None) -> Iterator[None]:
    """Hold the lock at ``path`` for the block; a second holder gets :class:`LockHeld` at once.

    The system keeps the lock for the process, so it dies with it: a killed run leaves none. Beside it
    ``<name>.holder.json`` says who has it: ``holder``, process, machine, and ``started`` (UTC; without it the time the
    file was written). Not re-entrant.
    """
    private_folder(path.parent)
    note = path.with_name(f"{path.name}.holder.json")
    with _failing(path):
        held = FileLock(path, timeout=0, mode=0o600, thread_local=False)
        try:
            held.acquire()
        except Timeout:
            raise LockHeld(
                _who_holds(note), where=str(path),
                next_step="wait until it has ended; the lock goes with its process.",
            ) from None
    try:
        moment = None if started is None else started.astimezone(dt.UTC).isoformat(timespec="seconds")
        told = {"holder": holder, "pid": os.getpid(), "host": platform.node(), "started": moment}
        write_text(note, json.dumps(told, ensure_ascii=False) + "\n")
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        held.release()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file as hex digits, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run_name(moment: dt.datetime) -> str:
    """The name of a run or snapshot folder: its start in UTC, ``20260302T013000Z``. ``moment`` must be aware."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone names no run")
    return moment.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _partial_name(purpose: str) -> str:
    name = f".mfa-audit-{purpose}-{secrets.token_hex(8)}.partial"
    if not _PARTIAL.fullmatch(name):
        raise ValueError(f"not a purpose a file name can hold: {purpose!r}")
    return name


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputFailed(
            f"cannot be written: {error.strerror or error}", where=str(error.filename or path),
            next_step="check that the folder exists, is yours to write, and that the disk has room; "
                      "what was there before still stands.",
        ) from error


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make renames in ``folder`` last through a power cut; Windows has no way to, and needs none."""
    if _WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(source: Path, target: Path, wait: Waiter) -> None:
    _patiently(lambda: source.replace(target), wait)


def _rename(source: Path, target: Path, wait: Waiter) -> None:
    _patiently(lambda: source.rename(target), wait)


def _patiently(act: Callable[[], object], wait: Waiter) -> None:
    """Windows refuses to move what a scanner or a spreadsheet has open for a moment: try again, longer each time."""
    for attempt in range(_REPLACE_TRIES):
        try:
            act()
        except PermissionError:
            if attempt == _REPLACE_TRIES - 1:
                raise
            wait(0.05 * 2**attempt)
        else:
            return


def _who_holds(note: Path) -> str:
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        since = told["started"] or dt.datetime.fromtimestamp(note.stat().st_mtime, dt.UTC).isoformat(timespec="seconds")
        return f"{told['holder']} holds the lock since {since} (process {told['pid']} on {told['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run holds the lock"
