"""A run for machines: ``summary.json``, ``access.json``, ``accounts.csv`` and ``accounts.parquet``; the same bytes for
the same night.

The CSV is RFC 4180 as Power Query, ``csv`` and DuckDB read it: UTF-8 without a mark, CRLF, every field quoted, dates
ISO, ``true``/``false``, null empty. A field that a spreadsheet would run has an apostrophe before it, as the names of
accounts come from outside; the Parquet file has the text as it is.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from mfa_audit import files
from mfa_audit.snapshot.columnar import TableFile, TableWriter
from mfa_audit.tables import VERDICTS
from mfa_audit.text_safety import clean_series

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from mfa_audit.reports.view import Night

SUMMARY_KEYS = ("schema", "as_of", "complete", "gaps", "policy", "populations", "key_figures", "headline_kind",
                "retirement", "scenarios")
"""The keys of ``summary.json`` in the order they are written; names and order are public."""


def write_data(night: Night, folder: Path) -> None:
    """Write the files into ``folder``, which exists; ``access.json`` where scenarios were judged. Raises
    ``OutputFailed`` when the system refuses."""
    files.write_text(folder / "summary.json", summary_text(night.summary))
    if night.access is not None:
        files.write_text(folder / "access.json", json.dumps(night.access, indent=1, allow_nan=False) + "\n")
    write_accounts(night.people, folder)


def summary_text(summary: Mapping[str, Any]) -> str:
    """Return ``summary.json`` as text: the documented keys in their order, ASCII, one trailing newline.

    Raises ``KeyError`` for a missing key and ``ValueError`` for one that is not documented or not finite.
    """
    if foreign := sorted(set(summary) - set(SUMMARY_KEYS)):
        message = f"summary has keys nobody documented: {', '.join(foreign)}"
        raise ValueError(message)
    ordered = {key: summary[key] for key in SUMMARY_KEYS}
    return json.dumps(ordered, indent=1, allow_nan=False) + "\n"


def write_accounts(people: TableFile, folder: Path) -> None:
    """Write ``accounts.csv`` and ``accounts.parquet`` (``tables.VERDICTS``) in one pass, a chunk at a time."""
    with (
        files.replacing(folder / "accounts.csv") as aside,
        aside.open("w", encoding="utf-8", newline="") as text,
        TableWriter(folder / "accounts.parquet", VERDICTS) as table,
    ):
        text.write(csv_header(VERDICTS.names))
        for chunk in people.rows(VERDICTS.names):
            table.append(chunk)
            text.write(csv_rows(chunk))


def csv_header(names: tuple[str, ...]) -> str:
    """Return the header line of a CSV."""
    return ",".join(f'"{name}"' for name in names) + "\r\n"


def csv_rows(frame: pd.DataFrame) -> str:
    """Return ``frame`` as CSV lines without a header: text made harmless, every field quoted, null empty."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if values.dtype == "boolean":
            values = values.map({True: "true", False: "false"}, na_action="ignore")
        elif values.dtype == "str":
            values = _harmless(values)
        columns[name] = values
    text: str = frame.assign(**columns).to_csv(
        index=False, header=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n", date_format="%Y-%m-%d", na_rep="",
    )
    return text


def _harmless(values: pd.Series) -> pd.Series:
    """Return ``values`` cleaned for a CSV; of a column with few distinct texts only those are looked at."""
    distinct = values.dropna().drop_duplicates()
    if len(distinct) * 4 > len(values):
        return clean_series(values, "csv")
    cleaned = clean_series(distinct, "csv")
    if cleaned is distinct:
        return values
    return values.map(dict(zip(distinct, cleaned, strict=True)), na_action="ignore").astype("str")
