"""What has been read of Graph, on disk: a run that was killed goes on with the listings that were complete.

A folder of its own beside the snapshots holds ``<listing>.ndjson`` and, written last, ``<listing>.json``. A listing is
taken over only whole, unaltered, asked in the same words of the same Graph by the same application, and young; one
that was begun in the future was dated by a clock that was wrong, and its age is not known.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mfa_audit.errors import OutputFailed
from mfa_audit.files import private_folder, sha256_of, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

YOUTH = timedelta(hours=6)
"""How old a listing may be that a killed run left."""

_SCHEMA = 3


@dataclass(frozen=True)
class Kept:
    """A listing on disk: where, its ``rows``, ``sha256``, the time reading it ``began`` (UTC), what Graph ``counted``
    (null: nobody did), the ``reason`` why it is not whole (empty: it is), and by how many it is ``short`` of that count
    where so few are no reason."""

    path: Path
    rows: int
    sha256: str
    began: datetime
    counted: int | None = None
    reason: str = ""
    short: int = 0


class Shelf:
    """The folder, of what is not older than ``youth``. ``reader`` says who asks whom: Graph's root, the tenant and the
    application; what another one read is not taken over."""

    def __init__(self, folder: Path, now: datetime, youth: timedelta, reader: Sequence[str]) -> None:
        self._reader = list(reader)
        self._folder = private_folder(folder)
        self._oldest, self._newest = now - youth, now

    def find(self, name: str, asked: str) -> Kept | None:
        """The listing as an earlier run read it, or nothing that may be used."""
        path, note = self._paths(name)
        try:
            told: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
            began = datetime.fromisoformat(told["began"])
            usable = (told["schema"] == _SCHEMA and told["asked"] == asked and told["reader"] == self._reader
                      and self._oldest <= began <= self._newest
                      and told["sha256"] == sha256_of(path))
            return Kept(path, int(told["rows"]), told["sha256"], began, told["counted"],
                        short=int(told["short"])) if usable else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A file for a listing, empty and private. Raises :class:`OutputFailed` where the disk does."""
        path, note = self._paths(name)
        try:
            note.unlink(missing_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(handle, "w+b") as out:
                yield out
        except OSError as error:
            raise OutputFailed(f"what Graph sends cannot be kept: {error.strerror or error}", where=str(path),
                               next_step="check that the disk has room.") from error

    def keep(self, name: str, asked: str, rows: int, began: datetime, counted: int | None, reason: str,
             short: int = 0) -> Kept:
        """Note that a listing has been written; only one that is whole is found again."""
        path, note = self._paths(name)
        kept = Kept(path, rows, sha256_of(path), began, counted, reason, short)
        if not reason:
            told = {**asdict(kept), "path": None, "began": began.isoformat(), "asked": asked,
                    "reader": self._reader, "schema": _SCHEMA}
            write_text(note, json.dumps(told, sort_keys=True) + "\n")
        return kept

    def drop(self, name: str) -> None:
        """Forget a listing, so that it is read afresh."""
        self._paths(name)[1].unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove everything: the snapshot has it now."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _paths(self, name: str) -> tuple[Path, Path]:
        stem = name if name.isascii() and name.replace("_", "").isalnum() else sha256(name.encode()).hexdigest()[:32]
        return self._folder / f"{stem}.ndjson", self._folder / f"{stem}.json"
