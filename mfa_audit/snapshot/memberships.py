"""Who is in which of some groups and roles: pairs of numbers, so that millions of accounts fit into memory."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from mfa_audit.snapshot import engine
from mfa_audit.tables import GroupState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mfa_audit.snapshot.store import Snapshot

Numbers = npt.NDArray[np.int32]
_READING_MB = 300
ROLES_LOST = frozenset({"role_assignments", "active role assignments", "eligible role assignments"})
"""Names among :attr:`mfa_audit.snapshot.store.Snapshot.lost` that mean roles."""


def lost_group(group: str) -> str:
    """The name among :attr:`mfa_audit.snapshot.store.Snapshot.lost` that means a part of a group's members."""
    return f"members of group {group}"


@dataclass(frozen=True)
class Memberships:
    """``accounts`` and ``places`` are pairs: an account_key and the position in the list asked for, each pair once.
    ``open``: the positions of which not everybody is known."""

    accounts: Numbers
    places: Numbers
    open: frozenset[int]


def in_groups(snapshot: Snapshot, groups: Sequence[str]) -> Memberships:
    """The members of ``groups`` (ids in lower case), through groups inside them."""
    found = _pairs(
        snapshot, "group_members", groups, "group_id", "true",
        f"SELECT DISTINCT group_id FROM t WHERE state <> '{GroupState.IN_PART}'",
    )
    lost = {place for place, group in enumerate(groups) if lost_group(group) in snapshot.lost}
    return replace(found, open=found.open | lost)


def in_roles(snapshot: Snapshot, roles: Sequence[str], day: date) -> Memberships:
    """Who actively holds ``roles`` (template ids in lower case) over the whole tenant on ``day``."""
    live = (f"kind = 'active' AND scope = '/' AND (starts_at IS NULL OR starts_at < DATE '{day}' + INTERVAL 1 DAY) "
            f"AND (ends_at IS NULL OR ends_at >= DATE '{day}')")
    whole = str(snapshot.manifest.tables["role_assignments"].state == "complete" and not ROLES_LOST & snapshot.lost)
    return _pairs(snapshot, "role_assignments", roles, "role_id", live, f"SELECT role_id FROM wanted WHERE {whole}")


def live_roles(snapshot: Snapshot, day: date) -> pd.DataFrame:
    """The role assignments that run on ``day``, active and eligible, of any scope."""
    roles, at = snapshot.frame("role_assignments"), pd.Timestamp(day)
    begun = roles["starts_at"].isna() | (roles["starts_at"] < at + pd.Timedelta(days=1))
    return roles[begun & (roles["ends_at"].isna() | (roles["ends_at"] >= at))]


def _pairs(snapshot: Snapshot, table: str, wanted: Sequence[str], column: str, condition: str,
           whole: str) -> Memberships:
    if not wanted:
        nothing = np.array([], dtype=np.int32)
        return Memberships(nothing, nothing, frozenset())
    with engine.connect(memory_mb=_READING_MB) as connection:
        connection.execute(
            f"CREATE TABLE wanted AS SELECT unnest(?::VARCHAR[]) AS {column}, "
            "unnest(range(len(?::VARCHAR[])))::INTEGER AS place", [list(wanted), list(wanted)])
        connection.execute(f"CREATE VIEW t AS SELECT * FROM {snapshot.readable(table)}")
        connection.execute(f"CREATE VIEW a AS SELECT account_id, account_key FROM {snapshot.readable('accounts')}")
        found = connection.execute(
            f"SELECT DISTINCT account_key, place FROM t JOIN wanted USING ({column}) JOIN a USING (account_id) "
            f"WHERE {condition}").fetchnumpy()
        open_places = connection.execute(f"SELECT place FROM wanted WHERE {column} NOT IN ({whole})").fetchall()
    return Memberships(np.asarray(found["account_key"], dtype=np.int32), np.asarray(found["place"], dtype=np.int32),
                       frozenset(place for (place,) in open_places))
