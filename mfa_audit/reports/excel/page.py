"""A sheet laid out by hand: headings, paragraphs and small tables under one another (Read me, Summary, Evidence)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from mfa_audit.reports.excel import style
from mfa_audit.reports.excel.book import Book, Sheet
from mfa_audit.reports.excel.rows import cell, row
from mfa_audit.reports.excel.style import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.chart import BarChart

Value = object
"""What a cell may hold: text, a number, a date, None."""


class Page:
    """Rows collected from the top; every method adds rows below and says the number of the last one."""

    def __init__(self, book: Book, widths: Sequence[float]) -> None:
        self._book, self.widths = book, tuple(widths)
        self._rows: list[str] = []
        self._table: tuple[tuple[str, ...], int, int] = ((), 0, 0)
        self._breaks: list[int] = []

    @property
    def last(self) -> int:
        """The number of the last row."""
        return len(self._rows)

    def title(self, text: str) -> int:
        """The sheet's title, and the banner of an incomplete night below it."""
        self._single(text, Look(size=16, bold=True, ruled=False, wrap=False, indent=False), 28.0)
        if self._book.banner:
            self.paragraph(self._book.banner, Look(tone="banner", bold=True, ruled=False))
        return self.last

    def heading(self, text: str) -> int:
        """A heading over what follows, with room above it."""
        self.space()
        return self._single(text, Look(size=12, bold=True, ruled=False, wrap=False, indent=False), 22.0)

    def turn(self) -> None:
        """What follows begins on a new printed page."""
        self._breaks.append(self.last)

    def paragraph(self, text: str, look: Look | None = None) -> int:
        """Text over the whole width, a row a line."""
        look = look or Look(tone="quiet", ruled=False, indent=False)
        look = Look(look.tone, bold=look.bold, ruled=False, wrap=False, indent=look.indent)
        # The line flows over the cells beside it, which carry its colour.
        cells = len(self.widths) if look.tone == "banner" else 1
        for line in style.wrapped(text, sum(self.widths)):
            self.cells((line, *[None] * (cells - 1)), [look] * cells)
        return self.last

    def space(self) -> int:
        """An empty row."""
        return self._single(None, Look(ruled=False), 10.0)

    def cells(self, values: Sequence[Value], looks: Sequence[Look], *, most: int = 8) -> int:
        """A row of cells from column A, as high as its fullest text, at most ``most`` lines."""
        number = self.last + 1
        lines = 1
        for value, look, width in zip(values, looks, self.widths, strict=False):
            if isinstance(value, str) and look.wrap:
                lines = max(lines, style.lines_needed(value, width, bold=look.bold))
        xml = "".join(
            cell(f"{get_column_letter(at)}{number}", value, self._book.style(look))
            for at, (value, look) in enumerate(zip(values, looks, strict=True), 1)
        )
        self._rows.append(row(number, style.height(min(lines, most)) + 2.0, xml))
        return number

    def headings(self, texts: Sequence[str], *, right: Sequence[int] = ()) -> int:
        """A row of column headings; those at the positions in ``right`` stand over numbers."""
        looks = [
            Look(tone="header", bold=True, align="right" if at in right else "left")
            for at in range(len(texts))
        ]
        return self.cells(texts, looks)

    def table(self, texts: Sequence[str], rows: Sequence[tuple[Sequence[Value], Sequence[Look]]],
              *, right: Sequence[int] = ()) -> int:
        """The sheet's one real table; ``rows`` pairs values with looks. The number of its heading row."""
        header = self.headings(texts, right=right)
        for values, looks in rows:
            self.cells(values, looks)
        self._table = (tuple(texts), header, len(rows))
        return header

    def sheet(self, name: str, charts: Sequence[tuple[BarChart, str]] = ()) -> Sheet:
        """The finished sheet."""
        columns, header, count = self._table
        return Sheet(name, self.widths, tuple(self._rows), columns, header, count, charts,
                     repeat_header=False, breaks=tuple(self._breaks))

    def _single(self, text: str | None, look: Look, height: float) -> int:
        number = self.last + 1
        self._rows.append(row(number, height, cell(f"A{number}", text, self._book.style(look))))
        return number
