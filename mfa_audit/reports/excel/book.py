"""What every workbook shares: framed by openpyxl, rows spliced in, the same bytes for the same content.

openpyxl writes everything of a workbook but the rows (styles, tables, page set-up, charts, properties); the rows come
from :mod:`mfa_audit.reports.excel.rows` and are put between while the package is written again with fixed dates and a
fixed order. A frame can be filled many times: eight thousand managers' workbooks share one.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import IO, TYPE_CHECKING, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.xml.functions import tostring

from mfa_audit.reports.excel.style import FONT, SIZE, Look, dress, set_up_page
from mfa_audit.reports.words import long_date
from mfa_audit.text_safety import for_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from openpyxl.chart import BarChart
    from openpyxl.worksheet.worksheet import Worksheet

ROWS_LIMIT = 1_048_576
"""Rows a sheet can hold in the format."""

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o600 << 16
_UNIX = 3
_DIMENSION = re.compile(rb"<dimension [^>]*/>")
_NO_ROWS = re.compile(rb"<sheetData\s*/>|<sheetData></sheetData>")
_CORE = "docProps/core.xml"


@dataclass
class Sheet:
    """One sheet before it is written.

    ``rows`` are row elements from row 1 without gaps. ``columns`` are the headings of the sheet's table, which starts
    in column A at ``header_row`` and has ``table_rows`` rows below it (None: to the end of the sheet); no columns, no
    table. ``charts`` pairs a chart with the cell it hangs on. The headings are repeated on every printed page unless
    something else follows the table; a new page begins after each row of ``breaks``.
    """

    name: str
    widths: Sequence[float]
    rows: Iterable[str]
    columns: tuple[str, ...] = ()
    header_row: int = 0
    table_rows: int | None = None
    charts: Sequence[tuple[BarChart, str]] = ()
    repeat_header: bool = True
    breaks: Sequence[int] = ()


@dataclass
class Frame:
    """A workbook's parts, ready to be filled with rows."""

    parts: Mapping[str, bytes]
    sheets: Sequence[Sheet]
    level: int = 6
    _heads: dict[str, tuple[bytes, bytes]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for number, _ in enumerate(self.sheets, 1):
            name = f"xl/worksheets/sheet{number}.xml"
            head, tail = _NO_ROWS.split(_DIMENSION.sub(b"", self.parts[name], count=1))
            self._heads[name] = head + b"<sheetData>", b"</sheetData>" + tail

    def write(self, file: BinaryIO, rows: Mapping[str, Iterable[str]] | None = None) -> None:
        """Write the workbook to ``file``; ``rows`` replaces a sheet's rows by the sheet's name.

        Raises ``ValueError`` for a sheet longer than the format allows: whoever builds a sheet limits it visibly.
        """
        replaced = rows or {}
        ends: dict[str, int] = {}
        with zipfile.ZipFile(file, "w") as archive:
            self._store(archive, "[Content_Types].xml", self.parts["[Content_Types].xml"])
            for (name, (head, tail)), sheet in zip(self._heads.items(), self.sheets, strict=True):
                with archive.open(self._entry(name), "w") as part:
                    part.write(head)
                    ends[sheet.name] = _pour(part, iter(replaced.get(sheet.name, sheet.rows)), sheet.name)
                    part.write(tail)
            tables = {
                f"xl/tables/table{number}.xml": sheet
                for number, sheet in enumerate((one for one in self.sheets if one.columns), 1)
            }
            for name, content in self.parts.items():
                if name in tables:
                    self._store(archive, name, _stretched(content, tables[name], ends[tables[name].name]))
                elif name not in self._heads and name != "[Content_Types].xml":
                    self._store(archive, name, content)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, _FIXED_TIME)
        entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _MODE, _UNIX
        entry._compresslevel = self.level  # type: ignore[attr-defined]  # the only way before Python 3.13
        return entry

    def _store(self, archive: zipfile.ZipFile, name: str, content: bytes) -> None:
        archive.writestr(self._entry(name), content, compresslevel=self.level)


class Book:
    """A workbook being put together: its styles, then its sheets, then its frame.

    ``banner`` is a line every sheet carries (an incomplete night), empty for none.
    """

    def __init__(self, *, title: str, subject: str, marking: str, as_of: date, banner: str = "") -> None:
        self.marking, self.as_of, self.banner = marking, as_of, banner
        self._sheets: list[Sheet] = []
        self._styles: dict[Look, int] = {}
        self._workbook = Workbook()
        self._workbook.remove(self._workbook.worksheets[0])
        plain = Font(name=FONT, size=SIZE)
        self._workbook._fonts[0] = plain  # type: ignore[attr-defined]  # also the font that widths are measured in
        self._workbook._named_styles["Normal"].font = plain  # type: ignore[attr-defined]
        properties = self._workbook.properties
        properties.creator = properties.lastModifiedBy = "mfa-audit"
        properties.title, properties.subject, properties.category = (
            for_cell(text) for text in (title, subject, marking)
        )
        properties.created = properties.modified = datetime(as_of.year, as_of.month, as_of.day)  # noqa: DTZ001
        self._scratch = self._workbook.create_sheet("scratch")

    def style(self, look: Look) -> int:
        """The number of a look among the workbook's styles."""
        if look not in self._styles:
            cell = Cell(self._scratch, row=1, column=1)
            dress(cell, look)
            self._styles[look] = cell.style_id
        return self._styles[look]

    def add(self, sheet: Sheet, *, first: bool = False) -> None:
        """Append a sheet, or put it before the others."""
        self._sheets.insert(0 if first else len(self._sheets), sheet)

    def frame(self, *, level: int = 6) -> Frame:
        """The finished frame; ``level`` is the compression. Nothing may be added afterwards."""
        self._workbook.remove(self._scratch)
        for sheet in self._sheets:
            self._furnish(self._workbook.create_sheet(sheet.name), sheet)
        buffer = io.BytesIO()
        self._workbook.save(buffer)
        with zipfile.ZipFile(buffer) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        # Saving stamps the present moment: the properties are written again as they were set.
        midnight = datetime(self.as_of.year, self.as_of.month, self.as_of.day)  # noqa: DTZ001
        self._workbook.properties.modified = midnight
        parts[_CORE] = tostring(self._workbook.properties.to_tree())
        parts["xl/theme/theme1.xml"] = re.sub(rb'typeface="(Calibri|Cambria)"', b'typeface="Arial"',
                                              parts["xl/theme/theme1.xml"])
        return Frame(parts, tuple(self._sheets), level)

    def to_bytes(self) -> bytes:
        """The whole workbook."""
        buffer = io.BytesIO()
        self.frame().write(buffer)
        return buffer.getvalue()

    def _furnish(self, page: Worksheet, sheet: Sheet) -> None:
        for number, width in enumerate(sheet.widths, 1):
            page.column_dimensions[get_column_letter(number)].width = round(width, 1)
        if sheet.columns:
            page.add_table(_table(sheet))
        if sheet.columns and sheet.repeat_header:
            page.freeze_panes = f"A{sheet.header_row + 1}"
        for chart, anchor in sheet.charts:
            page.add_chart(chart, anchor)
        set_up_page(
            page, marking=self.marking, stamp=f"As of {long_date(self.as_of)}",
            header_row=sheet.header_row if sheet.repeat_header else 0, breaks=sheet.breaks,
        )


def _reference(sheet: Sheet, last_row: int) -> str:
    return f"A{sheet.header_row}:{get_column_letter(len(sheet.columns))}{last_row}"


def _placeholder(sheet: Sheet) -> str:
    return _reference(sheet, sheet.header_row + 1)


def _table(sheet: Sheet) -> Table:
    name = "mfa_" + re.sub(r"[^a-z0-9]+", "_", sheet.name.lower()).strip("_")
    table = Table(displayName=name, ref=_placeholder(sheet))
    table.tableColumns = [TableColumn(id=number, name=text) for number, text in enumerate(sheet.columns, 1)]
    table.autoFilter = AutoFilter(ref=_placeholder(sheet))
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    return table


def _stretched(table: bytes, sheet: Sheet, end: int) -> bytes:
    """A table part whose reference reaches the sheet's real last row."""
    last = end if sheet.table_rows is None else sheet.header_row + sheet.table_rows
    return table.replace(f'ref="{_placeholder(sheet)}"'.encode(), f'ref="{_reference(sheet, last)}"'.encode())


def _pour(part: IO[bytes], rows: Iterator[str], name: str) -> int:
    """Write rows in handfuls; how many there were."""
    count = 0
    while handful := list(islice(rows, 1_000)):
        count += len(handful)
        if count > ROWS_LIMIT:
            message = f"sheet {name!r} has more than {ROWS_LIMIT:,} rows"
            raise ValueError(message)
        part.write("".join(handful).encode())
    return count
