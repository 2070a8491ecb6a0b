"""The file of the ledger: a SQLite database that is ours, whole, on a disk of this machine. The only door to SQLite
of this room; what the tables mean is in :mod:`mfa_audit.reminders.ledger`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from mfa_audit.errors import IncompleteData, LockHeld, OutputFailed, SettingsError, UsageError
from mfa_audit.files import new_folder_aside, private_folder, run_name
from mfa_audit.reminders.mounts import Mounts, refuse_network, system_mounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

Cursor = sqlite3.Cursor

APPLICATION = 0x6D666172
"""Marks a database as a ledger of this program."""

_MESSAGES = """
    CREATE TABLE messages (
        account_id TEXT NOT NULL, campaign TEXT NOT NULL, ladder TEXT NOT NULL, stage TEXT NOT NULL,
        occurrence INTEGER NOT NULL, recipient TEXT NOT NULL, recipient_id TEXT, template TEXT NOT NULL, anchor TEXT,
        state TEXT NOT NULL, day TEXT NOT NULL, planned_on TEXT NOT NULL, moment TEXT NOT NULL, detail TEXT NOT NULL,
        done_on TEXT,
        PRIMARY KEY (account_id, campaign, stage, occurrence, recipient)
    ) WITHOUT ROWID
"""
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        _MESSAGES,
        "CREATE INDEX by_stage ON messages (campaign, stage, state)",
        "CREATE INDEX by_recipient ON messages (recipient, recipient_id, day)",
    ),
    ("CREATE TABLE plans (day TEXT PRIMARY KEY, people INTEGER NOT NULL) WITHOUT ROWID",),
)
"""What each version of the schema adds to the one before; only ever longer. ``planned_on`` is the day of the plan a
message stands in, ``moment`` when its state was written, ``detail`` what a server or a person said, ``done_on`` the day
a run first saw the account set up after it."""


class Store:
    """An open file; see :func:`open_store`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query, as tuples."""
        with failing(self.path):
            return self._connection.execute(query, tuple(values)).fetchall()

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        """One transaction, begun by taking the right to write; nothing of it stays when the block raises."""
        with failing(self.path):
            cursor = self._connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                # A full disk has rolled back by itself.
                if self._connection.in_transaction:
                    cursor.execute("ROLLBACK")
                raise


@contextmanager
def open_store(path: Path, tenant: str, moment: datetime, *, busy_seconds: float = 30.0, rebuild: bool = False,
               mounts: Mounts = system_mounts) -> Iterator[Store]:
    """The ledger of ``tenant`` at ``path``, made where there is none, closed after the block.

    ``moment`` names a damaged file that is set aside; ``busy_seconds`` is waited for another process; ``rebuild``
    begins a new ledger although a damaged one lies aside. Raises :class:`OutputFailed` on a network file system or
    where the system refuses, :class:`IncompleteData` for a damaged file, :class:`SettingsError` for another tenant's or
    program's, :class:`UsageError` for one of a newer version, :class:`LockHeld` when another process is too long.
    """
    folder = private_folder(path.parent)
    refuse_network(folder, mounts)
    if not path.exists():
        _refuse_after_damage(path, rebuild=rebuild)
        _make(path, tenant)
    with failing(path), closing(_connect(path, busy_seconds)) as connection:
        damage = _damage(connection, path)
        if damage:
            connection.close()
            raise _set_aside(path, moment, damage)
        store = Store(connection, path)
        _migrate(store)
        told = dict(store.read("SELECT name, value FROM meta")).get("tenant")
        if told != tenant:
            raise SettingsError(f"the ledger is of tenant {told}, this run of {tenant}", where=str(path),
                                next_step="give each tenant a 'data' folder of its own.")
        yield store


@contextmanager
def failing(path: Path) -> Iterator[None]:
    """Failures of SQLite as errors a person can act on."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname in ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT"):
            raise LockHeld("another process is writing to the ledger", where=str(path),
                           next_step="wait until it has ended.") from error
        raise OutputFailed(f"the ledger cannot be written: {error}", where=str(path),
                           next_step="check that the folder is yours to write and that the disk has room; what was "
                                     "written down before still stands.") from error
    except sqlite3.DatabaseError as error:
        raise IncompleteData(f"the ledger is damaged: {error}", where=str(path),
                             next_step="run again: it is examined and set aside when it is opened.") from error


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)


def _make(path: Path, tenant: str) -> None:
    """A ledger appears whole or not at all, and never over another one."""
    folder = new_folder_aside(path.parent, "ledger")
    try:
        aside = folder / path.name
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with failing(path), closing(_connect(aside, 0)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            store = Store(connection, aside)
            _migrate(store)
            with store.writing() as cursor:
                cursor.execute("INSERT INTO meta VALUES ('tenant', ?)", (tenant,))
        try:
            os.link(aside, path)
        except FileExistsError:
            pass  # another process was quicker; its ledger is as good
        except OSError as error:
            raise OutputFailed(f"the ledger cannot be made: {error.strerror}", where=str(path),
                               next_step="set 'data' in the settings to a folder on a disk of this machine.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _damage(connection: sqlite3.Connection, path: Path) -> str:
    """What is wrong with the file; empty when nothing is. The connection is set up on the way."""
    if path.stat().st_size == 0:
        return "it is empty"
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION:
            raise SettingsError("the file is a database of another program", where=str(path),
                                next_step="move it away, or set 'data' in the settings to another folder.")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        return "" if found == "ok" else str(found)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return str(error)


def _set_aside(path: Path, moment: datetime, damage: str) -> IncompleteData:
    name = f"{path.name}.corrupt-{run_name(moment)}"
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(name + suffix))
    return IncompleteData(
        f"the ledger of reminders is damaged ({damage}) and was set aside as {name}", where=str(path),
        next_step="put back the last backup of it. A new one (--rebuild) knows nobody who was ever told anything: "
                  "everybody would hear the first message again.",
    )


def _refuse_after_damage(path: Path, *, rebuild: bool) -> None:
    damaged = sorted(each.name for each in path.parent.glob(f"{path.name}.corrupt-*Z"))
    if damaged and not rebuild:
        raise IncompleteData(
            f"there is no ledger of reminders, only a damaged one: {damaged[-1]}", where=str(path),
            next_step="put back the last backup of it; or begin a new one with --rebuild, whereupon everybody hears "
                      "the first message again.",
        )


def _migrate(store: Store) -> None:
    """Bring the schema up to this version, one step at a time, whole or not at all."""
    def version(rows: list[Any]) -> int:
        found = int(rows[0][0])
        if found > len(MIGRATIONS):
            raise UsageError(f"the ledger is of schema {found}, this version knows {len(MIGRATIONS)}",
                             where=str(store.path), next_step="use the version of mfa-audit that wrote it, or a newer.")
        return found

    if version(store.read("PRAGMA user_version")) == len(MIGRATIONS):
        return
    with store.writing() as cursor:
        for step in MIGRATIONS[version(cursor.execute("PRAGMA user_version").fetchall()):]:
            for statement in step:
                cursor.execute(statement)
        cursor.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
