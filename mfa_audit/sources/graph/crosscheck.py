"""Whether the registration report speaks of everybody it should: Graph gives no count of it to compare with.

Every enabled account has a row some time after it was made; a few have none for reasons of Microsoft's own. Many
without one mean that the report was cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mfa_audit.sources.graph.lines import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TOO_NEW = timedelta(hours=48)
_TOLERATED_SHARE, _TOLERATED_LEAST = 0.005, 10
_BATCH = 50_000


class _Account(msgspec.Struct):
    id: str = ""
    account_enabled: bool | None = msgspec.field(name="accountEnabled", default=None)
    created_at: datetime | None = msgspec.field(name="createdDateTime", default=None)


class _Id(msgspec.Struct):
    id: str = ""


@dataclass(frozen=True)
class Coverage:
    """How many accounts should have a row in the report and how many of them have none."""

    expected: int
    without: int

    @property
    def is_whole(self) -> bool:
        """Whether so few are without a row that the report can be whole."""
        return self.without <= max(_TOLERATED_LEAST, int(self.expected * _TOLERATED_SHARE))


def coverage(accounts: Path, registrations: Path, began: datetime) -> Coverage:
    """Compare the two listings on disk, one JSON object a line each; ``began`` is when reading the report began.

    Accounts that are disabled, or were made in the 48 hours before, are not expected to have a row; one of which either
    cannot be read is.
    """
    rows = read_lines(registrations, _Id)
    listed = np.unique(np.fromiter((hash(row.id.lower()) for row in rows), dtype=np.int64))
    expected = without = 0
    for batch in _batches(_expected(accounts, began)):
        found = np.fromiter(batch, dtype=np.int64)
        expected += len(found)
        without += int((~np.isin(found, listed)).sum())
    return Coverage(expected, without)


def _expected(accounts: Path, began: datetime) -> Iterator[int]:
    newest = began - _TOO_NEW
    for account in read_lines(accounts, _Account):
        made = account.created_at
        is_new = made is not None and made.tzinfo is not None and made > newest
        if account.account_enabled is not False and not is_new:
            yield hash(account.id.lower())


def _batches(hashes: Iterator[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for one in hashes:
        batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch
