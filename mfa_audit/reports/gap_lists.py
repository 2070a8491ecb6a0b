"""Whom a gap in the policies touches: ``policy_gaps.csv``, a row for every gap and account of it, and the gaps of one
account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mfa_audit import files
from mfa_audit.methods import FACTOR_BITS
from mfa_audit.reports.data import csv_header, csv_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mfa_audit.reports.view import Night

COLUMNS = ("gap", "id", "severity", "policy", "account_id", "user_principal_name", "display_name", "organisation",
           "department", "tier", "status")
"""Columns of the file; ``gap`` is the number of the gap in ``access.json``, the gravest being 1."""

_ACCOUNT = list(COLUMNS[4:])
_READ = [*_ACCOUNT, "access_class", "in_scope", "method_bits"]


def write_gap_lists(night: Night, folder: Path) -> None:
    """Write the file into ``folder``, which exists, where scenarios were judged; of each gap as many accounts as
    ``access.json`` says are ``listed``. Raises ``OutputFailed`` when the system refuses."""
    if night.access is None or night.touched is None:
        return
    gaps = list(_Gap.of(night.access["gaps"], night.touched))
    with (
        files.replacing(folder / "policy_gaps.csv") as aside,
        aside.open("w", encoding="utf-8-sig", newline="") as text,
    ):
        text.write(csv_header(COLUMNS))
        for chunk in night.people.rows(_READ):
            accounts = chunk[chunk["in_scope"].to_numpy(dtype=bool)]
            for gap in gaps:
                rows = gap.next_of(accounts)
                if len(rows):
                    text.write(csv_rows(rows))


def gaps_of(night: Night, account: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of ``access.json`` about gaps that touch ``account``, a row of ``tables.PEOPLE``."""
    if night.access is None or night.touched is None or not account["in_scope"]:
        return []
    row = pd.DataFrame([account])
    return [entry for entry, gap in zip(night.access["gaps"], _Gap.of(night.access["gaps"], night.touched), strict=True)
            if gap.touches(row).any()]


class _Gap:
    """One gap; ``left``: how many accounts are still to be listed."""

    def __init__(self, number: int, entry: Mapping[str, Any], touched: pd.DataFrame) -> None:
        self._named = {"gap": number, "id": entry["id"], "severity": entry["severity"], "policy": entry["policy"]}
        self._classes = touched["access_class"].dropna().to_numpy(dtype=np.int64)
        self._ids = touched["account_id"].dropna()
        self._without = int(touched["without"].max()) if len(touched) else 0
        self._left = int(entry["listed"])

    @classmethod
    def of(cls, entries: list[Mapping[str, Any]], touched: pd.DataFrame) -> Iterator[_Gap]:
        """Every gap, in the order of ``access.json``."""
        by_gap = dict(iter(touched.groupby("gap")))
        return (cls(place + 1, entry, by_gap.get(place, touched.iloc[:0])) for place, entry in enumerate(entries))

    def touches(self, accounts: pd.DataFrame) -> pd.Series:
        """Which of ``accounts``, rows of ``tables.PEOPLE`` in scope, it touches."""
        found = accounts["access_class"].isin(self._classes)
        if self._without:
            bits = accounts["method_bits"].fillna(0).astype("int64")
            found &= ((bits != 0) | (self._without == FACTOR_BITS)) & ((bits & self._without) == 0)
        return found | accounts["account_id"].isin(self._ids)

    def next_of(self, accounts: pd.DataFrame) -> pd.DataFrame:
        """Those of ``accounts`` that are to be listed, in the columns of the file."""
        if not self._left:
            return accounts.iloc[:0]
        rows = accounts.loc[self.touches(accounts).to_numpy(dtype=bool), _ACCOUNT].head(self._left)
        self._left -= len(rows)
        return rows.assign(**self._named)[list(COLUMNS)]
