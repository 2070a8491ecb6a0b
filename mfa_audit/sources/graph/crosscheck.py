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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TOO_NEW = timedelta(hours=48)
_TOLERATED_SHARE, _TOLERATED_LEAST = 0.005, 10
_BATCH = 50_000


class _Account(msgspec.Struct):
    id: str
    account_enabled: bool | None = msgspec.field(name="accountEnabled", default=None)
    created_at: datetime | None = msgspec.field(name="createdDateTime", default=None)


class _Id(msgspec.Struct):
    id: str


_accounts = msgspec.json.Decoder(_Account)
_ids = msgspec.json.Decoder(_Id)


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

    Accounts that are disabled, or were made in the 48 hours before, are not expected to have a row.
    """
    with registrations.open("rb") as lines:
        listed = np.unique(np.fromiter((hash(_ids.decode(line).id) for line in lines), dtype=np.int64))
    expected = without = 0
    for batch in _batches(_expected(accounts, began)):
        found = np.fromiter(batch, dtype=np.int64)
        expected += len(found)
        without += int((~np.isin(found, listed)).sum())
    return Coverage(expected, without)


def _expected(accounts: Path, began: datetime) -> Iterator[int]:
    newest = began - _TOO_NEW
    with accounts.open("rb") as lines:
        for line in lines:
            account = _accounts.decode(line)
            is_old = account.created_at is None or account.created_at <= newest
            if account.account_enabled is not False and is_old:
                yield hash(account.id)


def _batches(hashes: Iterator[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for one in hashes:
        batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch
