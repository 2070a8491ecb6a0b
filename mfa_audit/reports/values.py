"""Cells of a frame as plain Python values: what is null in a frame is empty text, or None."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.reports.words import NOBODY

if TYPE_CHECKING:
    from collections.abc import Mapping


def text_of(value: Any) -> str:
    """Return a cell as text, empty when null."""
    return "" if pd.isna(value) else str(value)


def day_of(value: Any) -> date | None:
    """Return a cell (date, timestamp or ISO text) as a date, None when null."""
    if pd.isna(value):
        return None
    if isinstance(value, date) and not isinstance(value, pd.Timestamp):
        return value
    day: date = pd.Timestamp(value).date()
    return day


def is_true(value: Any) -> bool:
    """Return whether a cell is known to be true."""
    return not pd.isna(value) and bool(value)


def name_of(row: Mapping[Any, Any]) -> str:
    """Return what an account is called: its name, else its sign-in name, else that there is none."""
    return text_of(row["display_name"]).strip() or text_of(row["user_principal_name"]) or NOBODY["name"]
