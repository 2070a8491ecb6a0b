"""Raw rows written by hand, the way a source stages them, and snapshots of them."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from mfa_audit.snapshot.raw import Inputs, Origin, RawRows
from mfa_audit.snapshot.store import Snapshot, write_snapshot

if TYPE_CHECKING:
    from pathlib import Path

TAKEN = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)
Row = Mapping[str, Any]


class Stage:
    """Stages rows in ``folder`` and takes snapshots of them; the header of a field ``x`` is ``H x``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count()

    def csv(self, table: str, *rows: Row, fields: Sequence[str] | None = None, name: str | None = None) -> RawRows:
        """``rows`` (field -> text or None) as a staged CSV."""
        fields = list(fields if fields is not None else dict.fromkeys(key for row in rows for key in row))
        path = self.folder / f"staged-{next(self._numbers)}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([f"H {field}" for field in fields])
            writer.writerows([["" if row.get(field) is None else row[field] for field in fields] for row in rows])
        return _described(table, path, "csv", {field: f"H {field}" for field in fields}, len(rows), name, 2)

    def json(self, table: str, *rows: Row, fields: Sequence[str] | None = None, name: str | None = None) -> RawRows:
        """``rows`` (field -> any JSON value) as staged NDJSON."""
        fields = list(fields if fields is not None else dict.fromkeys(key for row in rows for key in row))
        path = self.folder / f"staged-{next(self._numbers)}.ndjson"
        told = [{f"H {field}": row[field] for field in fields if field in row} for row in rows]
        path.write_text("".join(json.dumps(row) + "\n" for row in told), encoding="utf-8")
        return _described(table, path, "ndjson", {field: f"H {field}" for field in fields}, len(rows), name, 0)

    def snapshot(self, *rows: RawRows, documents: Sequence[Any] = (), **options: Any) -> Snapshot:
        """A snapshot of ``rows`` in a folder of its own."""
        settings = {
            "tenant": "files", "taken_at": TAKEN, "tool_version": "0", "organisation_attribute": "companyName",
            "date_order": None, "captured_at": None, **options,
        }
        target = self.folder / "files" / "snapshots" / f"night-{next(self._numbers)}"
        return write_snapshot(Inputs(rows, documents=tuple(documents)), target, **settings)

    def accounts(self, *rows: RawRows, **options: Any) -> pd.DataFrame:
        """Accounts with their registrations, by account_id."""
        return whole(self.snapshot(*rows, **options))


def whole(snapshot: Snapshot) -> pd.DataFrame:
    """All accounts of a snapshot with their registrations, by account_id."""
    return pd.concat(list(snapshot.accounts()), ignore_index=True).set_index("account_id", drop=False)


def _described(
    table: str, path: Path, kind: Any, fields: Mapping[str, str], rows: int, name: str | None, line: int,
) -> RawRows:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    shown = name or f"{table}.{'csv' if kind == 'csv' else 'json'}"
    return RawRows(table, path, kind, fields, rows, Origin(shown, digest, f"test: {table}", line=line))


def an_id(number: int) -> str:
    """A fixed object id."""
    return f"6b000000-0000-4000-8000-{number:012d}"


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.fixture(name="new_stage")
def _new_stage(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Stage]:
    """A new stage whenever it is called, for tests that run many times."""
    return lambda: Stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture(name="an_id")
def _an_id() -> Callable[[int], str]:
    return an_id


@pytest.fixture(name="whole")
def _whole() -> Callable[[Snapshot], pd.DataFrame]:
    return whole


@pytest.fixture(name="checks")
def _checks() -> Callable[[Snapshot], dict[str, int]]:
    """Complaints of a snapshot as check -> count."""
    return lambda snapshot: {complaint.check: complaint.count for complaint in snapshot.complaints}
