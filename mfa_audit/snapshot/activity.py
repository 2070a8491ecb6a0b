"""Sign-in activity over several nights: which accounts come next, and what earlier nights have answered.

A tenant too large for one night is read in parts, those with the oldest answers first; an account that was not asked
about tonight keeps its last answer, with its date, for some days.
"""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.snapshot import engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.snapshot.store import Snapshot

_BATCH = 20_000
_MEMORY_MB = 150

CARRIED = {"account_id": "id", "last_successful_sign_in": "lastSignIn", "sign_in_read_at": "readAt"}
"""The fields of a line of :func:`carried`."""


@dataclass(frozen=True)
class Part:
    """The accounts whose user principal names, in lower case, lie between ``first`` and ``last``, both included, and
    how many ``accounts`` they are."""

    first: str
    last: str
    accounts: int


def parts(listed: Path, size: int, earlier: Snapshot | None) -> list[Part]:
    """The accounts of tonight's listing (one JSON object a line, with ``id`` and ``userPrincipalName``) in parts of
    ``size``, those whose answers in the ``earlier`` snapshot are oldest first; never asked about is oldest of all.

    A part is as old as most of it: a newcomer in every part leaves their order as it is.
    """
    with engine.connect(on_disk=True, memory_mb=_MEMORY_MB) as connection:
        connection.execute(
            "CREATE TABLE listed AS SELECT lower(id) AS account_id, lower(userPrincipalName) AS upn FROM "
            f"{_lines(listed, 'id', 'userPrincipalName')} WHERE userPrincipalName IS NOT NULL"
        )
        found = connection.execute(
            f"WITH placed AS (SELECT upn, account_id, (row_number() OVER (ORDER BY upn) - 1) // {size} AS part "
            "FROM listed) SELECT min(upn), max(upn), count(*) FROM placed LEFT JOIN "
            f"({_answers(earlier)}) USING (account_id) GROUP BY part "
            "ORDER BY median(coalesce(epoch(read_at), 0)), part"
        ).fetchall()
    return [Part(*each) for each in found]


def carried(listed: Path, read: Path, earlier: Snapshot, since: datetime) -> Iterator[bytes]:
    """What ``earlier`` knows of accounts that are listed tonight and not among those ``read``: one JSON object a line
    with the fields of :data:`CARRIED`. An answer from before ``since`` (UTC) is no longer carried."""
    stamp = "'%Y-%m-%dT%H:%M:%SZ'"
    with engine.connect(on_disk=True, memory_mb=_MEMORY_MB) as connection:
        # One file after the other: each reader keeps buffers of its own.
        for name, path in (("listed", listed), ("asked", read)):
            connection.execute(f"CREATE TABLE {name} AS SELECT lower(id) AS account_id FROM {_lines(path, 'id')}")
        connection.execute(
            f"SELECT json_object('id', account_id, 'lastSignIn', strftime(last_sign_in, {stamp}), "
            f"'readAt', strftime(read_at, {stamp}))::VARCHAR FROM ({_answers(earlier)}) WHERE read_at >= ? "
            "AND account_id IN (FROM listed) AND account_id NOT IN (FROM asked) ORDER BY account_id",
            [since.replace(tzinfo=None)],
        )
        while lines := connection.fetchmany(_BATCH):
            yield from (f"{line}\n".encode() for (line,) in lines)


def _answers(earlier: Snapshot | None) -> str:
    """SQL: (account_id, last_sign_in, read_at) of the accounts whose activity ``earlier`` has with its date."""
    nothing = "SELECT NULL::VARCHAR AS account_id, NULL::TIMESTAMP AS last_sign_in, NULL::TIMESTAMP AS read_at"
    if earlier is None:
        return f"{nothing} WHERE false"
    return (f"SELECT account_id, last_sign_in, sign_in_read_at AS read_at FROM {earlier.readable('accounts')} "
            "WHERE sign_in IN ('seen', 'never') AND sign_in_read_at IS NOT NULL")


def _lines(path: Path, *keys: str) -> str:
    typed = ", ".join(f"{engine.text(key)}: 'VARCHAR'" for key in keys)
    return f"read_json({engine.text(str(path))}, format='newline_delimited', auto_detect=false, columns={{{typed}}})"
