"""Rows of all sources into one table of text a kind, as the files have them: trimmed, blank as null, nothing typed.

A staged table ``raw_<table>`` has ``src`` (number of the source), ``rec`` (number of the record, from 1), a column for
every field that at least one source carries and, for tables about accounts, ``own_id`` (object id, lower case) and
``own_upn`` (UPN, folded). Nested values are taken apart on the way in (:mod:`mfa_audit.snapshot.nested`).
"""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

import duckdb

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot import engine, nested
from mfa_audit.snapshot.raw import RAW_FIELDS, RawRows
from mfa_audit.tables import REGISTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from mfa_audit.progress import Progress

EDGES = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200e\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""Characters that are no part of a value when they stand at its edge."""

_GUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LONGEST_LINE = 16 * 2**20
_ABOUT_ACCOUNTS = ("accounts", "registrations", "recipients", "people", "mfa_status", "group_members")


EVIDENCE = frozenset({
    "account_enabled", "account_status", "user_type", "leaver", "is_mfa_capable", "is_mfa_registered", "is_admin",
    "methods", "mfa_status", "per_user_mfa",
})
"""Fields that decide a verdict: a column of them that was given is blank where it is blank, whatever other rows and
files say, for losing the last filled cell must help nobody. Other columns that are blank throughout (PowerShell writes
them unless asked for) say that nobody asked."""


@dataclass(frozen=True)
class Believable:
    """What times can be true: nothing has happened after ``until`` (aware), the end of the day judged, and a row of the
    registration report is refreshed with the others of its file, so that none is older than them by ``row_age``."""

    until: datetime
    row_age: timedelta

    @property
    def latest(self) -> str:
        """SQL: ``until`` as a TIMESTAMP in UTC."""
        return f"TIMESTAMP '{self.until.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"


@dataclass
class Staged:
    """The staged tables: ``sources`` by number, ``fields`` of each table that at least one source carries, ``blank``
    those of them without a single value in any source; ``believable`` what times are held against, null for nothing."""

    connection: engine.Connection
    sources: tuple[RawRows, ...]
    carried: tuple[frozenset[str], ...]
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    blank: dict[str, frozenset[str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    believable: Believable | None = None

    def has(self, table: str) -> bool:
        """Whether any source delivers ``table``, be it without a row."""
        return table in self.rows

    def column(self, table: str, name: str, alias: str = "r") -> str:
        """SQL for a field's text; null where no source carries it."""
        return f"{alias}.{engine.name(name)}" if name in self.fields.get(table, ()) else "NULL::VARCHAR"

    def carries(self, table: str, *names: str, alias: str = "r") -> str:
        """SQL that is true for rows whose source carries at least one of the fields. A field that is blank in every
        row of every source is taken as not carried, unless it is one of :data:`EVIDENCE`."""
        useful = [name for name in names if name in EVIDENCE or name not in self.blank.get(table, ())]
        numbers = [
            str(number) for number, source in enumerate(self.sources)
            if source.table == table and self.carried[number].intersection(useful)
        ]
        return f"{alias}.src IN ({', '.join(numbers)})" if numbers else "false"


def in_fixed_order(rows: Iterable[RawRows]) -> tuple[RawRows, ...]:
    """The sources in an order that does not depend on how they were given."""
    return tuple(sorted(rows, key=lambda each: (
        each.table, each.origin.name, each.origin.sha256, each.origin.shape, sorted(each.fields.items()), each.rows,
    )))


def stage(connection: engine.Connection, rows: Sequence[RawRows], attribute: str, progress: Progress) -> Staged:
    """Load ``rows`` into staged tables. ``attribute`` is the field that names the organisation: what other nested
    attributes hold is not loaded.

    Raises :class:`InputRejected` when a staged file is not what its description says: unreadable, or with another
    number of records than were counted.
    """
    sources = in_fixed_order(rows)
    staged = Staged(connection, sources, tuple(nested.carried(source, attribute) for source in sources))
    progress.start("loading", len(staged.sources))
    for table in sorted({source.table for source in staged.sources}):
        known = RAW_FIELDS[table] if table in RAW_FIELDS else REGISTERS[table].names
        carried = {name for source, names in zip(sources, staged.carried, strict=True) if source.table == table
                   for name in names}
        staged.fields[table] = tuple(name for name in known if name in carried)
        columns = "".join(f", {engine.name(name)} VARCHAR" for name in staged.fields[table])
        identity = ", own_id VARCHAR, own_upn VARCHAR" if table in _ABOUT_ACCOUNTS else ""
        connection.execute(f"CREATE TABLE raw_{table} (src USMALLINT, rec UINTEGER{columns}{identity})")
        for number, source in enumerate(staged.sources):
            if source.table == table:
                _load(staged, number, source, attribute)
                progress.advance()
        counts = connection.execute(
            "SELECT count(*)" + "".join(f", count({engine.name(name)})" for name in staged.fields[table])
            + f" FROM raw_{table}"
        ).fetchall()[0]
        staged.rows[table] = counts[0]
        staged.blank[table] = frozenset(
            name for name, filled in zip(staged.fields[table], counts[1:], strict=True) if not filled
        )
        if table in _ABOUT_ACCOUNTS:
            fold_column(connection, f"raw_{table}", "own_upn")
    progress.finish()
    return staged


def fold_column(connection: engine.Connection, table: str, column: str) -> None:
    """Give the texts of ``column`` that are not plain ASCII (already in lower case) the form that is compared: case
    folded as Unicode says, composed (NFC)."""
    others = connection.execute(
        rf"SELECT DISTINCT {column} FROM {table} WHERE NOT regexp_full_match({column}, '[\x00-\x7F]*')"
    ).fetchall()
    if not others:
        return
    connection.execute("CREATE OR REPLACE TEMP TABLE folded (written VARCHAR, folded VARCHAR)")
    connection.executemany("INSERT INTO folded VALUES (?, ?)", [(text, fold(text)) for (text,) in others])
    connection.execute(f"UPDATE {table} SET {column} = folded.folded FROM folded WHERE {column} = folded.written")
    connection.execute("DROP TABLE folded")


def fold(text: str) -> str:
    """``text`` as UPNs and addresses are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _load(staged: Staged, number: int, source: RawRows, attribute: str) -> None:
    try:
        reading, names = _reading(source)
    except (UnicodeError, csv.Error, StopIteration) as error:
        raise InputRejected("the header cannot be read", file=source.origin.name,
                            next_step="export the file again.") from error
    written = {name: names[title] for name, title in source.fields.items() if title in names}
    trimmed = "".join(f", {_trimmed(column)} AS {engine.name(name)}" for name, column in written.items())
    values = nested.taken_apart({name: engine.name(name) for name in written}, attribute)
    chosen = [values.get(name, "NULL") for name in staged.fields[source.table]]
    if source.table in _ABOUT_ACCOUNTS:
        account, upn = values.get("account_id", "NULL"), values.get("user_principal_name", "NULL")
        chosen += [
            _object_id(account, upn),
            _lower(f"coalesce({upn}, CASE WHEN contains({account}, '@') THEN {account} END)"),
        ]
    connection = staged.connection
    try:
        connection.execute(
            f"INSERT INTO raw_{source.table} SELECT {number}, rec, {', '.join(chosen)} "
            f"FROM (SELECT row_number() OVER () AS rec{trimmed} FROM {reading})"
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        # The engine's own words may quote the row, and no row belongs in a journal.
        raise InputRejected(
            "the rows cannot be read as they were described", file=source.origin.name,
            next_step="export the file again.",
        ) from error
    loaded = connection.execute(f"SELECT count(*) FROM raw_{source.table} WHERE src = {number}").fetchall()[0][0]
    if loaded != source.rows:
        raise InputRejected(
            f"{source.rows} records were counted but {loaded} could be read", file=source.origin.name,
            next_step="export the file again.",
        )


def _object_id(account: str, upn: str) -> str:
    """SQL: the object id in lower case; beside a UPN only what is one, for staff numbers stand under "ID" as well."""
    bare = f"lower(nullif(trim({account}, '{{}} '), ''))"
    return (f"CASE WHEN contains({account}, '@') THEN NULL WHEN regexp_full_match({bare}, '{_GUID}') "
            f"OR {upn} IS NULL THEN {bare} END")


def _reading(source: RawRows) -> tuple[str, dict[str, str]]:
    """SQL that reads the staged file as text, and the SQL name of each header or key."""
    path = engine.text(str(source.path))
    if source.format == "ndjson":
        keys = list(dict.fromkeys(source.fields.values()))
        typed = ", ".join(f"{engine.text(key)}: 'VARCHAR'" for key in keys)
        reading = (
            f"read_json({path}, format='newline_delimited', auto_detect=false, columns={{{typed}}}, "
            f"maximum_object_size={_LONGEST_LINE})"
        )
        return reading, {key: engine.name(key) for key in keys}
    with source.path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    typed = ", ".join(f"'column{position}': 'VARCHAR'" for position in range(len(header)))
    # Names by position: a header may hold one name twice, and the first is meant.
    names = {title: f"column{position}" for position, title in reversed(list(enumerate(header)))}
    reading = (
        f"read_csv({path}, auto_detect=false, header=true, delim=',', quote='\"', escape='\"', strict_mode=true, "
        f"null_padding=false, columns={{{typed}}}, max_line_size={_LONGEST_LINE}, parallel=false)"
    )
    return reading, names


def _trimmed(column: str) -> str:
    """SQL: the text without its edges, blank as null; text that begins and ends with printable ASCII is left alone,
    because looking for two dozen characters is dear."""
    visible = f"ascii({column}) BETWEEN 33 AND 126 AND ascii(right({column}, 1)) BETWEEN 33 AND 126"
    return f"CASE WHEN {visible} THEN {column} ELSE nullif(trim({column}, {engine.text(EDGES)}), '') END"


def _lower(value: str) -> str:
    """Lower case for ASCII; anything else stays for :func:`fold_column`."""
    return rf"CASE WHEN regexp_full_match({value}, '[\x00-\x7F]*') THEN lower({value}) ELSE {value} END"
