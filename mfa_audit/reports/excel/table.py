"""A sheet that is one table: a title, a few lines about it, perhaps totals, headings, rows.

The widths come from the first chunk of rows, so that a hundred thousand rows are never in memory at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from itertools import chain
from typing import TYPE_CHECKING, Literal

import numpy as np
from openpyxl.utils import get_column_letter

from mfa_audit.reports.excel import style
from mfa_audit.reports.excel.book import Book, Sheet
from mfa_audit.reports.excel.rows import cell, date_column, number_column, row, text_column, texts_of
from mfa_audit.reports.excel.style import Look
from mfa_audit.text_safety import for_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

Kind = Literal["text", "count", "decimal", "share", "date"]

_DATE_WIDTH = 14.5
_NUMBER_WIDTH = 8.0
_HEADER_LINES = 3
_HEIGHTS = tuple(f"{style.height(lines):g}" for lines in range(16))


@dataclass(frozen=True)
class Column:
    """One column: ``field`` of the frame under ``header``.

    ``of`` names the denominator of a share (``field`` is the numerator; missing or 0 leaves the cell empty). ``tones``
    colours a cell by its word. ``widest`` is a cap in characters, beyond which text wraps, at most ``lines`` high.
    """

    header: str
    field: str
    kind: Kind = "text"
    of: str = ""
    tones: Mapping[str, str] = attribute(default_factory=dict, hash=False)
    widest: float = 32.0
    lines: int = 3
    bold: bool = False


_NUMBERS: Mapping[str, str] = {"count": style.COUNT, "decimal": style.DECIMAL, "date": style.DATE}


def table_sheet(
    book: Book,
    name: str,
    title: str,
    columns: Sequence[Column],
    chunks: Iterable[pd.DataFrame],
    *,
    notes: Sequence[str] = (),
    totals: Mapping[str, object] | None = None,
    widths: Sequence[float] | None = None,
) -> Sheet | None:
    """A sheet of one table, or None when there is no row.

    ``totals`` is a row of values by field, shown above the headings so that sorting leaves it alone; for a share it
    holds the exact numerator under ``field`` and the denominator under ``of``. ``widths`` are measured when not given.
    """
    frames = iter(chunks)
    first = next((frame for frame in frames if len(frame)), None)
    if first is None:
        return None
    columns = _distinct(columns)
    fitted = tuple(widths or (fit(column, first) for column in columns))
    lead = list(lead_rows(book, title, notes, fitted))
    if totals is not None:
        lead.append(_totals_row(book, columns, totals, len(lead) + 1))
    lead.append(header_row(book, columns, fitted, len(lead) + 1))
    writer = TableRows(book, columns, fitted)
    return Sheet(
        name,
        fitted,
        chain(lead, writer.rows(chain([first], frames), len(lead) + 1)),
        columns=tuple(column.header for column in columns),
        header_row=len(lead),
    )


def _distinct(columns: Sequence[Column]) -> list[Column]:
    """The columns under headings a table can have: one line, not too long, no two alike whatever their case."""
    seen: set[str] = set()
    distinct = []
    for column in columns:
        header = plain = for_header(column.header, 60).strip() or column.field
        number = 2
        while header.casefold() in seen:
            header, number = f"{plain} ({number})", number + 1
        seen.add(header.casefold())
        distinct.append(replace(column, header=header))
    return distinct


class TableRows:
    """Turns frames into rows. All styles are fixed on making it, so that rows may be written much later."""

    def __init__(self, book: Book, columns: Sequence[Column], widths: Sequence[float]) -> None:
        self._columns, self._widths = tuple(columns), tuple(widths)
        self._plain = [book.style(_look(column, "plain")) for column in columns]
        self._toned = [
            {word: book.style(_look(column, tone)) for word, tone in column.tones.items()} for column in columns
        ]
        self._shares = {
            number: book.style(Look(number=number, align="right", wrap=False))
            for number in (style.SHARE, style.ALMOST_NONE, style.ALMOST_ALL)
        }

    def rows(self, frames: Iterable[pd.DataFrame], first: int) -> Iterator[str]:
        """The row elements of all frames, from row ``first`` on."""
        for frame in frames:
            yield from self.render(frame, range(first, first + len(frame)))
            first += len(frame)

    def render(self, frame: pd.DataFrame, numbers: Sequence[int]) -> list[str]:
        """The row elements of one frame, whose rows stand at ``numbers``."""
        parts = [self._cells(frame, position, numbers) for position in range(len(self._columns))]
        return [
            f'<row r="{number}" ht="{_HEIGHTS[lines]}" customHeight="1">{"".join(cells)}</row>'
            for number, lines, *cells in zip(numbers, self._line_counts(frame), *parts, strict=True)
        ]

    def _cells(self, frame: pd.DataFrame, position: int, numbers: Sequence[int]) -> list[str]:
        column, letter = self._columns[position], get_column_letter(position + 1)
        values, plain, toned = frame[column.field], self._plain[position], self._toned[position]
        styles = [toned.get(word, plain) for word in values] if toned else [plain] * len(frame)
        if column.kind == "text":
            return text_column(values, letter, numbers, styles)
        if column.kind == "date":
            return date_column(values, letter, numbers, styles)
        if column.kind == "share":
            over = frame[column.of].astype("float64").where(lambda total: total > 0)
            formats = [
                style.SHARE if math.isnan(total) else style.share_format(int(part), int(total))
                for part, total in zip(values, over, strict=True)
            ]
            return number_column(values / over, letter, numbers, [self._shares[number] for number in formats])
        return number_column(values, letter, numbers, styles)

    def _line_counts(self, frame: pd.DataFrame) -> list[int]:
        most = np.ones(len(frame), dtype=np.int64)
        for column, width in zip(self._columns, self._widths, strict=True):
            if column.kind == "text":
                most = np.maximum(most, np.minimum(_lines(column, frame[column.field], width), column.lines))
        return [int(lines) for lines in most]


def fit(column: Column, frame: pd.DataFrame) -> float:
    """The width in characters that shows a column's content and its heading, within the column's cap."""
    words = max(style.display_width(word) for word in column.header.split())
    heading = max(words + 4.0, math.ceil(style.display_width(column.header) / _HEADER_LINES) + 4.0)
    if column.kind == "date":
        return max(heading, _DATE_WIDTH)
    if column.kind != "text":
        return max(heading, _NUMBER_WIDTH)
    content = float(_widths(frame[column.field]).max()) if len(frame) else 0.0
    wanted = content * _letters(column, frame[column.field]) + style.COLUMN_SPARE
    return min(max(heading, wanted), max(column.widest, words + 4.0))


def lead_rows(book: Book, title: str, notes: Sequence[str], widths: Sequence[float]) -> Iterator[str]:
    """The rows above the headings: the title, the banner of an incomplete night, the notes cut to the page's width."""
    big = book.style(Look(size=14, bold=True, ruled=False, wrap=False, indent=False))
    alarm = book.style(Look(tone="banner", bold=True, ruled=False, wrap=False))
    quiet = book.style(Look(tone="quiet", ruled=False, wrap=False, indent=False))
    width = sum(widths)
    lines = [(title, big, 24.0)]
    lines += [(part, alarm, 18.0) for part in style.wrapped(book.banner, width)]
    lines += [(part, quiet, 16.0) for note in notes for part in style.wrapped(note, width)]
    for number, (text, look, height) in enumerate(lines, 1):
        # The banner flows over the cells beside it, which carry its colour.
        beside = range(2, len(widths) + 1) if look == alarm else ()
        rest = "".join(cell(f"{get_column_letter(at)}{number}", None, look) for at in beside)
        yield row(number, height, cell(f"A{number}", text, look) + rest)


def header_row(book: Book, columns: Sequence[Column], widths: Sequence[float], number: int) -> str:
    """The headings; numbers head their column on the right."""
    looks = {
        side: book.style(Look(tone="header", bold=True, align=side)) for side in ("left", "right")
    }
    lines = max(
        style.lines_needed(column.header, width - 1.5, bold=True)
        for column, width in zip(columns, widths, strict=True)
    )
    cells = (
        cell(f"{get_column_letter(at)}{number}", column.header, looks["left" if column.kind == "text" else "right"])
        for at, column in enumerate(columns, 1)
    )
    return row(number, style.height(min(lines, _HEADER_LINES + 1)) + 6.0, "".join(cells))


def _totals_row(book: Book, columns: Sequence[Column], totals: Mapping[str, object], number: int) -> str:
    cells = []
    for at, column in enumerate(columns, 1):
        value, look = totals.get(column.field), _look(column, "total")
        if column.kind == "share":
            part, whole = totals.get(column.field), totals.get(column.of)
            value = None
            if isinstance(part, int) and isinstance(whole, int) and whole:
                value, look = part / whole, Look(tone="total", number=style.share_format(part, whole), align="right",
                                                 bold=True)
        cells.append(cell(f"{get_column_letter(at)}{number}", value, book.style(look)))
    return row(number, style.height(1) + 2.0, "".join(cells))


def _look(column: Column, tone: str) -> Look:
    bold = column.bold or tone == "total" or bool(column.tones and tone != "plain")
    if column.kind == "text":
        return Look(tone=tone, bold=bold)
    return Look(tone=tone, number=_NUMBERS.get(column.kind, style.SHARE), align="right", wrap=False, bold=bold)


def _widths(values: pd.Series) -> npt.NDArray[np.int64]:
    """The display width of every text, 0 where there is none."""
    texts = texts_of(values)
    plain = "".join(text or "" for text in texts)
    measure = len if plain.isascii() and plain.isprintable() else style.display_width
    return np.fromiter((measure(text) if text else 0 for text in texts), dtype=np.int64, count=len(texts))


def _letters(column: Column, values: pd.Series) -> float:
    return style.letter_width("".join(text or "" for text in texts_of(values)), bold=column.bold or bool(column.tones))


def _lines(column: Column, values: pd.Series, width: float) -> npt.NDArray[np.int64]:
    """How many lines every text takes in a column of that width; see :func:`style.lines_needed`."""
    room = max(width - style.COLUMN_SPARE, 1.0)
    real = _widths(values) * _letters(column, values)
    lines = np.where(real <= room, 1, np.ceil(real * style.WORD_WRAP / room)).astype(np.int64)
    return lines + np.fromiter((text.count("\n") if text else 0 for text in texts_of(values)), dtype=np.int64)
