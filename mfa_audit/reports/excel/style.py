"""How every workbook looks: one font, one palette, number formats, page set-up.

Colours come in *tones*, a background and an ink of at least 4.5 to 1 contrast (WCAG AA); a tone only repeats what the
word in the cell says. The font is Arial because its metrics exist everywhere (Liberation Sans in LibreOffice), so that
widths fit on every machine.
"""

from __future__ import annotations

import math
import textwrap
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties

from mfa_audit.tables import Status
from mfa_audit.text_safety import for_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

FONT = "Arial"
SIZE = 10

COLUMN_SPARE = 2.6
NARROW, BOLD, CAPITAL = 0.9, 0.07, 0.35
WORD_WRAP = 1.06

TONES: Mapping[str, tuple[str, str]] = {
    "plain": ("FFFFFF", "1B1F24"),
    "quiet": ("FFFFFF", "4A5260"),
    "header": ("1F3A5F", "FFFFFF"),
    "total": ("E8EDF4", "1B1F24"),
    "banner": ("8C1D18", "FFFFFF"),
    "good": ("D3EEDA", "0B4420"),
    "info": ("DCE9F8", "12355B"),
    "caution": ("FFE9B8", "553A00"),
    "bad": ("F9D2CE", "6B0F0A"),
    "neutral": ("E6E8EB", "2B3036"),
}
"""Tone -> (background, ink), as RGB in hex."""

STATUS_TONE: Mapping[Status, str] = {
    Status.COMPLIANT: "good",
    Status.COMPLIANT_WEAK: "caution",
    Status.NOT_REGISTERED: "bad",
    Status.BELOW_STRENGTH: "bad",
    Status.NOT_ENFORCED: "bad",
    Status.GRACE: "info",
    Status.EXEMPT: "neutral",
    Status.EXEMPT_EXPIRED: "bad",
    Status.UNKNOWN: "caution",
    Status.OUT_OF_SCOPE: "neutral",
}
"""The tone that goes with a status's word."""

STATUS_BAR: Mapping[Status, str] = {
    Status.COMPLIANT: "2E8B57",
    Status.COMPLIANT_WEAK: "D9A441",
    Status.NOT_REGISTERED: "C0392B",
    Status.BELOW_STRENGTH: "D9705F",
    Status.NOT_ENFORCED: "8E44AD",
    Status.GRACE: "3E7CB1",
    Status.EXEMPT: "8A94A3",
    Status.EXEMPT_EXPIRED: "A0522D",
    Status.UNKNOWN: "5D6675",
}
"""Fill of a status's bar in a chart; the word stands beside the bar and the figure at its end."""

RAG_TONE: Mapping[str, str] = {"Green": "good", "Amber": "caution", "Red": "bad"}

COUNT = '#,##0;-#,##0;"–"'
DECIMAL = '#,##0.0;-#,##0.0;"–"'
DATE = "dd mmm yyyy"
SHARE = "0.0%"
ALMOST_NONE = '"<0.1%"'
ALMOST_ALL = '"99.9%"'

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LINE_POINTS = 13.0
ROW_SPARE_POINTS = 4.0
WIDEST_COLUMN = 60.0


@dataclass(frozen=True)
class Look:
    """How a cell looks; every different look becomes one style of the workbook."""

    tone: str = "plain"
    number: str = "General"
    bold: bool = False
    size: int = SIZE
    align: str = "left"
    wrap: bool = True
    ruled: bool = True
    indent: bool = True


def dress(cell: Cell, look: Look) -> None:
    """Give a cell its font, fill, border, alignment and number format."""
    background, ink = TONES[look.tone]
    cell.font = Font(name=FONT, size=look.size, bold=look.bold, color=f"FF{ink}")
    if background != "FFFFFF":
        cell.fill = PatternFill("solid", fgColor=f"FF{background}")
    if look.ruled:
        cell.border = Border(bottom=Side("thin", color="FFD5DAE1"))
    cell.alignment = Alignment(
        horizontal=look.align, vertical="center", wrap_text=look.wrap or None, indent=1 if look.indent else 0
    )
    cell.number_format = look.number


def share_format(numerator: int, denominator: int) -> str:
    """The number format under which the true share reads honestly.

    The cell keeps the exact quotient; 100.0 % appears only for all of them and 0.0 % only for none.
    """
    if 0 < numerator * 2000 < denominator:
        return ALMOST_NONE
    if denominator > numerator and (denominator - numerator) * 2000 <= denominator:
        return ALMOST_ALL
    return SHARE


def display_width(text: str) -> int:
    """Columns a text takes on one line: wide East Asian characters two, combining marks none; the longest line."""
    if text.isascii():
        return max(map(len, text.split("\n")), default=0)
    return max(
        (
            sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
            for line in text.split("\n")
        ),
        default=0,
    )


def wrapped(text: str, width: float) -> list[str]:
    """A sentence cut into lines that fit over columns of that width together, which are not merged."""
    return textwrap.wrap(text, max(int(width * 1.05), 40))


def letter_width(sample: str, *, bold: bool) -> float:
    """Width of an average letter of ``sample`` in digits, which widths are counted in; capitals are wide."""
    capitals = sum(map(sample.count, _CAPITALS)) / len(sample) if sample else 0.0
    return NARROW + CAPITAL * capitals + (BOLD if bold else 0.0)


def lines_needed(text: str, column: float, *, bold: bool = False) -> int:
    """Lines that a text without line breaks takes in a column, an estimate on the safe side."""
    room = max(column - COLUMN_SPARE, 1.0)
    real = display_width(text) * letter_width(text, bold=bold)
    return 1 if real <= room else math.ceil(real * WORD_WRAP / room)


def height(lines: int) -> float:
    """Height in points of a row whose fullest cell has so many lines."""
    return LINE_POINTS * max(lines, 1) + ROW_SPARE_POINTS


def set_up_page(sheet: Worksheet, *, marking: str, stamp: str, header_row: int, breaks: Sequence[int] = ()) -> None:
    """A4 landscape, one page wide, row ``header_row`` on every page, a new page after each row of ``breaks``, marking
    and date in the header.

    ``stamp`` is the as-of sentence; the footer numbers the pages.
    """
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = False
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.75, 0.6, 0.3, 0.3
    sheet.oddHeader = _band(_header_text(marking, 110), _header_text(stamp, 60))
    sheet.oddFooter = _band(_header_text(sheet.title, 40), "Page &P of &N")
    if header_row:
        sheet.print_title_rows = f"{header_row}:{header_row}"
    for number in breaks:
        sheet.row_breaks.append(Break(id=number))
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100


def _band(left: str, right: str) -> HeaderFooterItem:
    return HeaderFooterItem(left=_HeaderFooterPart(text=left), right=_HeaderFooterPart(text=right))


def _header_text(text: str, limit: int) -> str:
    # In headers and footers "&" starts a code; doubled it is itself.
    return for_header(text, limit).replace("&", "&&")
