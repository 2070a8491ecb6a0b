"""Rows of a sheet as XML, a column at a time.

openpyxl frames a workbook; its rows are written here, because openpyxl spends about 15 microseconds on a cell and
these functions three. There is also nothing here that could write a formula: text is always an
inline string, so what a directory holds stays text whatever it begins with.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from mfa_audit.text_safety import for_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_PLAIN = re.compile(r"[^ -~]|[&<>_]")
_LONG = 10_000
_EPOCH = date(1899, 12, 30)
# "_x0041_" in a cell means "A" to a spreadsheet (ECMA-376 part 1, 22.9.2.19): its underscore is escaped by itself.
_ESCAPE_LOOKALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def content(text: str) -> str:
    """``text`` as the content of a text element: harmless, and shown as it is."""
    return escape(_ESCAPE_LOOKALIKE.sub("_x005F_", for_cell(text)))


def serial(day: date) -> int:
    """A date as the day number spreadsheets count in."""
    return (date(day.year, day.month, day.day) - _EPOCH).days


def cell(reference: str, value: object, style: int) -> str:
    """One cell: text, number or date by the value's type; None, NaN and NaT an empty one, a truth value a word."""
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return f'<c r="{reference}" s="{style}"/>'
    if isinstance(value, bool | np.bool_):
        value = "Yes" if value else "No"
    if isinstance(value, date | datetime):
        return f'<c r="{reference}" s="{style}"><v>{serial(value)}</v></c>'
    if isinstance(value, int | float | np.integer | np.floating):
        return f'<c r="{reference}" s="{style}"><v>{value}</v></c>'
    return _text(reference, content(str(value)), style)


def row(number: int, height: float, cells: str) -> str:
    """One row, ``height`` in points."""
    return f'<row r="{number}" ht="{height:g}" customHeight="1">{cells}</row>'


def text_column(values: pd.Series, letter: str, numbers: Sequence[int], styles: Sequence[int]) -> list[str]:
    """A column of text as cells; ``numbers`` and ``styles`` are the row and the style of each."""
    texts = texts_of(values)
    # One search over the whole column: most columns hold nothing that needs a look at each text.
    longest = max(map(len, filter(None, texts)), default=0)
    if longest > _LONG or _NOT_PLAIN.search("".join(text or "" for text in texts)):
        texts = [text and content(text) for text in texts]
    return [
        f'<c r="{letter}{number}" s="{style}"/>' if text is None else _text(f"{letter}{number}", text, style)
        for text, number, style in zip(texts, numbers, styles, strict=True)
    ]


def texts_of(values: pd.Series) -> list[str | None]:
    """A column as a list of texts, None where there is none."""
    texts = values.astype("str")
    missing = texts.isna()
    listed: list[str | None] = texts.to_numpy(dtype=object).tolist()
    return [None if none else text for text, none in zip(listed, missing, strict=True)] if missing.any() else listed


def number_column(values: pd.Series, letter: str, numbers: Sequence[int], styles: Sequence[int]) -> list[str]:
    """A column of numbers; what is missing or not finite stays empty."""
    figures = pd.to_numeric(values).astype("float64").to_numpy(na_value=math.nan).tolist()
    return [
        f'<c r="{letter}{number}" s="{style}"><v>{value:.15g}</v></c>'
        if math.isfinite(value)
        else f'<c r="{letter}{number}" s="{style}"/>'
        for value, number, style in zip(figures, numbers, styles, strict=True)
    ]


def date_column(values: pd.Series, letter: str, numbers: Sequence[int], styles: Sequence[int]) -> list[str]:
    """A column of dates, written as day numbers so that a spreadsheet can sort them."""
    days = (pd.to_datetime(values) - pd.Timestamp(_EPOCH)).dt.days
    return number_column(days, letter, numbers, styles)


def _text(reference: str, xml: str, style: int) -> str:
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{xml}</t></is></c>'
