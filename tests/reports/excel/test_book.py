"""What every workbook promises: text stays text, the same content gives the same bytes, tables are whole."""

from __future__ import annotations

import csv
import io
import random
import re
import shutil
import subprocess
import zipfile
from datetime import date
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfa_audit.reports.excel.book import ROWS_LIMIT, Book, Frame, Sheet
from mfa_audit.reports.excel.rows import cell, content, row
from mfa_audit.reports.excel.table import Column, table_sheet
from mfa_audit.text_safety import for_cell

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from openpyxl.worksheet.worksheet import Worksheet

SOFFICE = shutil.which("soffice")
AS_OF = date(2026, 3, 2)
ANY_TEXT = st.text(st.characters(), max_size=40) | st.sampled_from(["=1+1", "@x", "_x0041_", "#N/A", "\r\n", "'", "&"])


def _book(marking: str = "Confidential") -> Book:
    return Book(title="Title", subject="Subject", marking=marking, as_of=AS_OF)


def _with_table(values: list[str | None], header: str = "Text") -> bytes:
    book = _book()
    frame = pd.DataFrame({"text": pd.Series(values, dtype="str"), "number": range(len(values))})
    columns = [Column(header, "text"), Column("Number", "number", "count")]
    sheet = table_sheet(book, "Data", "Title", columns, [frame], notes=["A note."])
    assert sheet is not None
    book.add(sheet)
    return book.to_bytes()


def _opened(data: bytes) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]


def _shown(value: object) -> str:
    """A cell's value as a spreadsheet shows it: ``_x005F_`` is an underscore (ECMA-376 part 1, 22.9.2.19)."""
    return str(value).replace("_x005F_", "_")


@settings(max_examples=200, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=5))
def test_any_text_comes_back_as_itself(values: list[str]) -> None:
    """Whatever Unicode a directory holds: opened again a cell is text, equal to its cleaned input, never a formula."""
    sheet = _opened(_with_table(values))
    start = sheet.max_row - len(values) + 1
    for value, (found,) in zip(values, sheet.iter_rows(min_row=start, max_col=1), strict=True):
        assert found.data_type in ("inlineStr", "s", "n") if not value else found.data_type in ("inlineStr", "s")
        assert for_cell(value) == _shown(found.value or "")


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=60))
def test_one_cell_and_a_column_write_the_same(text: str) -> None:
    """A cell written by itself holds the same text as one written with its column."""
    alone = re.search(r"<t [^>]*>(.*)</t>", cell("A1", text, 0), re.DOTALL)

    assert alone is not None
    assert content(text) == alone[1]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_reads_the_same_text(nights: ModuleType, tmp_path: Path) -> None:
    """Another program sees the hostile names, and 500 texts of random characters, as they were cleaned."""
    dice = random.Random(20260302)
    drawn = ["".join(chr(dice.randrange(0x20, 0x2FFFF)) for _ in range(dice.randrange(1, 9))) for _ in range(500)]
    values = [*nights.HOSTILE, *drawn]
    (tmp_path / "text.xlsx").write_bytes(_with_table(values))
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"
    subprocess.run(
        [str(SOFFICE), "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to", form,
         "--outdir", str(tmp_path), str(tmp_path / "text.xlsx")],
        check=True, capture_output=True, timeout=180,
    )
    with (tmp_path / "text.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))

    assert [for_cell(value) for value in values] == [line[0] for line in lines[-len(values) :]]


def test_nothing_can_be_a_formula() -> None:
    """No part of a workbook holds a formula element, whatever begins with an equals sign."""
    data = _with_table(["=1+1", '=HYPERLINK("http://evil.example","x")', "+1", "-1", "@a", "{=A1}"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/" in name]

    assert sheets
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)


def test_the_table_covers_heading_and_rows() -> None:
    """The table's reference, filter and column names match the sheet."""
    sheet = _opened(_with_table(["a", "b", None]))
    (table,) = sheet.tables.values()

    header = sheet.max_row - 3
    assert f"A{header}:B{sheet.max_row}" == table.ref == table.autoFilter.ref
    assert ["Text", "Number"] == [column.name for column in table.tableColumns]
    assert ["Text", "Number"] == [found.value for found in sheet[header]]
    assert f"A{header + 1}" == sheet.freeze_panes


def test_the_same_content_gives_the_same_bytes() -> None:
    """Two books of the same content are one file; created and modified are the day judged."""
    first, second = _with_table(["a", "b"]), _with_table(["a", "b"])

    assert first == second
    properties = openpyxl.load_workbook(io.BytesIO(first)).properties
    assert AS_OF == properties.created.date() == properties.modified.date()
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {(1980, 1, 1, 0, 0, 0)} == {entry.date_time for entry in archive.infolist()}


def test_page_set_up() -> None:
    """A4 landscape, one page wide, the heading on every page, marking with its ampersand, day and page numbers."""
    book = _book("R&D & 50 people")
    frame = pd.DataFrame({"text": pd.Series(["x"], dtype="str")})
    sheet = table_sheet(book, "Data", "Title", [Column("Text", "text")], [frame])
    assert sheet is not None
    book.add(sheet)

    page = _opened(book.to_bytes())

    assert ("landscape", 9, 1, 0) == (page.page_setup.orientation, int(page.page_setup.paperSize),
                                      int(page.page_setup.fitToWidth), int(page.page_setup.fitToHeight))
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert "$2:$2" == page.print_title_rows
    assert "R&&D && 50 people" == page.oddHeader.left.text
    assert "As of Monday 2 March 2026" == page.oddHeader.right.text
    assert "Page &P of &N" == page.oddFooter.right.text


def test_one_font_everywhere() -> None:
    """Every font and the theme name the same family."""
    with zipfile.ZipFile(io.BytesIO(_with_table(["a"]))) as archive:
        styles, theme = archive.read("xl/styles.xml").decode(), archive.read("xl/theme/theme1.xml").decode()

    assert {"Arial"} == set(re.findall(r'<name val="([^"]+)"', styles))
    assert "Calibri" not in theme
    assert "Cambria" not in theme


def test_a_sheet_without_rows_is_none() -> None:
    """Nothing to show, no sheet."""
    frame = pd.DataFrame({"text": pd.Series([], dtype="str")})

    assert table_sheet(_book(), "Data", "Title", [Column("Text", "text")], [frame]) is None


def test_more_rows_than_the_format_holds_is_an_error() -> None:
    """A sheet is never cut in silence."""
    book = _book()
    book.add(Sheet("Data", (10.0,), ()))
    frame: Frame = book.frame(level=1)
    rows = (row(1, 15, "") for _ in range(ROWS_LIMIT + 1))

    with pytest.raises(ValueError, match="more than 1,048,576 rows"):
        frame.write(io.BytesIO(), {"Data": rows})


def test_figures_dates_and_shares_are_numbers() -> None:
    """Counts, dates and shares can be sorted and summed; what is missing is an empty cell."""
    book = _book()
    frame = pd.DataFrame({"part": [1, 1999, 0, 5], "whole": pd.Series([2000, 2000, 0, None], dtype="Int64"),
                          "day": pd.to_datetime(["2026-03-02", None, "2024-02-29", "1999-12-31"])})
    columns = [Column("Part", "part", "count"), Column("Share", "part", "share", of="whole"),
               Column("Day", "day", "date")]
    sheet = table_sheet(book, "Data", "Title", columns, [frame])
    assert sheet is not None
    book.add(sheet)

    rows = list(_opened(book.to_bytes()).iter_rows(min_row=3))

    assert [1, 1999, 0, 5] == [found[0].value for found in rows]
    assert [0.0005, 0.9995, None, None] == [found[1].value for found in rows]
    assert ["0.0%", '"99.9%"'] == [found[1].number_format for found in rows[:2]]
    assert [date(2026, 3, 2), None, date(2024, 2, 29), date(1999, 12, 31)] == [
        found[2].value.date() if found[2].value else None for found in rows
    ]
