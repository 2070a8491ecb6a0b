"""The one place that opens DuckDB: bounded memory, no extension fetched or loaded, nothing read from its surroundings.

One thread: the work is bound by decoding text, and with two threads every thread keeps its own buffers inside the
same limit, so that large sorts spill sooner; rows come back in the order in which they were written.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from mfa_audit.errors import OutputFailed
from mfa_audit.files import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEMORY_MB = 300
"""What DuckDB may hold before it writes to its folder, in megabytes."""

_DISK_SAYS = ("No space left on device", "Disk quota exceeded", "Read-only file system", "Input/output error",
              "File too large", "failed to offload", "max_temp_directory_size")

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
        with scratch_folder() as folder, connect(
            folder, on_disk=on_disk, memory_mb=memory_mb, threads=threads,
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
        with disk_errors(work):
            yield connection
    finally:
        connection.close()


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Let the trouble of a disk leave the block as one :class:`OutputFailed`. DuckDB's own words name its files and
    quote rows, and which of its errors a full disk becomes differs by statement."""
    try:
        yield
    except duckdb.Error as error:
        reason = next((words for words in _DISK_SAYS if words in str(error)), None)
        if reason is None:
            raise
        raise OutputFailed(f"the disk does not take what is written: {reason.lower()}", where=str(where),
                           next_step="make room, or mend the disk, and run again.") from error


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
