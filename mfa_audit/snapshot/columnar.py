"""Tables on disk for every room: written frame by frame, read in chunks, filtered and counted without being loaded.

Frames that come out have one type for one column whatever is in it: text ``str`` (missing: NaN), INTEGER ``Int32``,
BIGINT ``Int64``, BOOLEAN ``boolean`` (missing: NA), DATE and TIMESTAMP ``datetime64[us]`` without a zone (missing:
NaT).
"""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pandas as pd

from mfa_audit import files
from mfa_audit.errors import MfaAuditError
from mfa_audit.snapshot import engine
from mfa_audit.snapshot.frames import checked_frame, typed_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from mfa_audit.tables import Table

CHUNK_ROWS = 50_000
_VECTOR = 2_048


class TableWriter:
    """Writes one Parquet file, frame after frame, in a ``with`` block.

    The file appears, whole, when the block ends without an exception; rows stand in the order they came, and the same
    rows give the same bytes however they were cut into frames.
    """

    def __init__(self, path: Path, table: Table, *, memory_mb: int = engine.MEMORY_MB) -> None:
        self._path = path
        self._table = table
        self._memory_mb = memory_mb
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            work = files.new_folder_aside(self._path.parent, "table")
            stack.callback(shutil.rmtree, work, ignore_errors=True)
            self._engine = stack.enter_context(engine.connect(work, on_disk=True, memory_mb=self._memory_mb))
            columns = ", ".join(f"{engine.name(column.name)} {column.type}" for column in self._table.columns)
            self._engine.execute(f"CREATE TABLE written ({columns})")
            self._stack = stack.pop_all()
        return self

    def append(self, frame: pd.DataFrame) -> None:
        """Add the rows of ``frame``, whose columns are the table's, in any order, no more and no fewer.

        Raises :class:`MfaAuditError` for a missing or foreign column and for a value that is not of the column's
        type: nothing is turned into null in silence.
        """
        ready = checked_frame(frame, self._table, where=str(self._path))
        columns = ", ".join(
            f"CAST({engine.name(column.name)} AS {column.type})" for column in self._table.columns
        )
        self._engine.register("appended", ready)
        try:
            with engine.disk_errors(self._path):
                self._engine.execute(f"INSERT INTO written SELECT {columns} FROM appended")
        except (duckdb.Error, UnicodeError) as error:
            raise MfaAuditError(f"rows cannot be written: {error}", where=str(self._path)) from error
        finally:
            self._engine.unregister("appended")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if kind is None:
                with files.replacing(self._path) as aside, engine.disk_errors(self._path):
                    engine.copy_to_parquet(self._engine, "SELECT * FROM written", aside)


class TableFile:
    """One Parquet file, read in chunks. ``where`` keeps rows whose column is one of the given values (``None`` among
    them keeps nulls); ``order_by`` names columns, smallest first, a leading ``-`` largest first, nulls last; rows that
    tie, and rows without ``order_by``, stand in file order."""

    def __init__(self, path: Path, *, memory_mb: int = engine.MEMORY_MB) -> None:
        self.path = path
        self._memory_mb = memory_mb

    def rows(
        self, columns: Sequence[str] | None = None, where: Mapping[str, Sequence[Any]] | None = None,
        order_by: Sequence[str] = (), limit: int | None = None, chunk_rows: int = CHUNK_ROWS,
    ) -> Iterator[pd.DataFrame]:
        """The chosen rows as frames of about ``chunk_rows`` rows; no frame at all when nothing fits."""
        for frame in self._frames(columns, where, order_by, limit, chunk_rows):
            if len(frame):
                yield frame

    def frame(
        self, columns: Sequence[str] | None = None, where: Mapping[str, Sequence[Any]] | None = None,
        order_by: Sequence[str] = (), limit: int | None = None,
    ) -> pd.DataFrame:
        """The chosen rows at once; with no row, a frame that has the columns."""
        return pd.concat(list(self._frames(columns, where, order_by, limit, CHUNK_ROWS)), ignore_index=True)

    def count(self, by: Sequence[str], where: Mapping[str, Sequence[Any]] | None = None) -> pd.DataFrame:
        """How many rows there are for every combination of the columns ``by``: those columns and ``count`` (Int64),
        ordered by the columns, nulls last. An empty ``by`` counts all rows."""
        condition, values = _condition(where)
        keys = ", ".join(map(engine.name, by))
        query = (
            f"SELECT {keys}{', ' if by else ''}count(*) AS \"count\" FROM read_parquet(?) WHERE {condition}"
            + (f" GROUP BY {keys} ORDER BY {keys}" if by else "")
        )
        with engine.connect(memory_mb=self._memory_mb) as connection:
            connection.execute(query, [str(self.path), *values])
            types = {column[0]: str(column[1]) for column in connection.description or ()}
            return typed_frame(connection.df(), types)

    def _frames(
        self, columns: Sequence[str] | None, where: Mapping[str, Sequence[Any]] | None, order_by: Sequence[str],
        limit: int | None, chunk_rows: int,
    ) -> Iterator[pd.DataFrame]:
        chosen = "* EXCLUDE (file_row_number)" if columns is None else ", ".join(map(engine.name, columns))
        condition, values = _condition(where)
        query = f"SELECT {chosen} FROM read_parquet(?, file_row_number=true) WHERE {condition}"
        if order_by:
            query += " ORDER BY " + ", ".join([*map(_direction, order_by), "file_row_number"])
        if limit is not None:
            query += f" LIMIT {int(limit)}"
        with engine.connect(memory_mb=self._memory_mb) as connection:
            yield from chunks(connection, query, [str(self.path), *values], chunk_rows)


def moved(before: Path, after: Path, *, key: str, column: str, out_of: Sequence[str],
          into: Sequence[str | None]) -> tuple[int, int]:
    """Of the keys in both Parquet files whose ``column`` was one of ``out_of`` before: how many have one of ``into``
    (``None``: nothing) after, and how many there are."""
    was, old = _condition({f"b.{column}": out_of})
    has, new = _condition({f"a.{column}": into})
    query = (f"SELECT count(*) FILTER ({has}), count(*) FROM read_parquet(?) b JOIN read_parquet(?) a "
             f"ON b.{engine.name(key)} = a.{engine.name(key)} WHERE {was}")
    with engine.connect() as connection:
        gone, everybody = connection.execute(query, [*new, str(before), str(after), *old]).fetchall()[0]
    return int(gone), int(everybody)


def chunks(
    connection: engine.Connection, query: str, values: Sequence[Any], chunk_rows: int,
) -> Iterator[pd.DataFrame]:
    """The result of ``query`` as typed frames of about ``chunk_rows`` rows, the first of them even when empty."""
    connection.execute(query, list(values))
    types = {column[0]: str(column[1]) for column in connection.description or ()}
    first = True
    while True:
        frame = connection.fetch_df_chunk(max(1, chunk_rows // _VECTOR))
        if not len(frame) and not first:
            return
        yield typed_frame(frame, types)
        if not len(frame):
            return
        first = False


def _qualified(column: str) -> str:
    return ".".join(map(engine.name, column.split(".")))


def _condition(where: Mapping[str, Sequence[Any]] | None) -> tuple[str, list[Any]]:
    parts, values = ["true"], []
    for column, wanted in (where or {}).items():
        known = [value for value in wanted if value is not None]
        part = "false"
        if known:
            part = f"{_qualified(column)} IN (SELECT unnest(?))"
            values.append(known)
        if len(known) < len(wanted):
            part = f"({part} OR {_qualified(column)} IS NULL)"
        parts.append(part)
    return " AND ".join(parts), values


def _direction(column: str) -> str:
    return f"{engine.name(column[1:])} DESC NULLS LAST" if column.startswith("-") else engine.name(column)
