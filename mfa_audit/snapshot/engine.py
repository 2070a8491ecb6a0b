"""The one place that opens DuckDB: bounded memory, no extension fetched or loaded, nothing read from its surroundings.

One thread: the work is bound by decoding text, and with two threads every thread keeps its own buffers inside the
same limit, so that large sorts spill sooner; rows come back in the order in which they were written.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY_MB = 300
"""What DuckDB may hold before it writes to its folder, in megabytes."""

ROW_GROUP = 61_440
"""Rows in a Parquet row group: a multiple of DuckDB's vector of 2,048, small enough to be skipped by key."""

Connection = duckdb.DuckDBPyConnection


@contextmanager
def connect(
    work: Path | None = None, *, on_disk: bool = False, memory_mb: int = MEMORY_MB, threads: int = 1,
) -> Iterator[Connection]:
    """A DuckDB connection that is closed at the end of the block.

    ``work`` is the folder for what does not fit into memory; without it a private temporary folder is made and
    removed. ``on_disk`` keeps the tables themselves in ``work`` as well, so that they may be larger than memory.
    """
    if work is None:
        with tempfile.TemporaryDirectory(prefix="mfa-audit-") as folder, connect(
            Path(folder), on_disk=on_disk, memory_mb=memory_mb, threads=threads,
        ) as connection:
            yield connection
        return
    connection = duckdb.connect(
        str(work / "tables.duckdb") if on_disk else ":memory:",
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": str(threads),
            "temp_directory": str(work / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "preserve_insertion_order": "true",
            "default_null_order": "nulls_last",
            "python_enable_replacements": "false",
        },
    )
    try:
        # It would draw on stdout, which belongs to the command line, once a query lasts.
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def name(identifier: str) -> str:
    """``identifier`` as SQL writes a column or table name."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """``value`` as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def copy_to_parquet(connection: Connection, query: str, path: Path) -> None:
    """Write the rows of ``query``, in its order, as zstd Parquet: the same rows give the same bytes."""
    connection.execute(
        f"COPY ({query}) TO {text(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    )
