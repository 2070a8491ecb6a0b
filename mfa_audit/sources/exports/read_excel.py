"""Excel workbooks: every sheet of a known shape, as text, after the archive itself was found harmless.

Dates become ISO text, whole numbers lose their ``.0``, nothing else is interpreted.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
import warnings
import zipfile
import zlib
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import openpyxl

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot.raw import Origin, RawRows
from mfa_audit.sources.exports.columns import ID_FIELDS
from mfa_audit.sources.exports.found import Blemishes, Candidate, Found
from mfa_audit.sources.exports.read_text import raw_rows, unknown_headers
from mfa_audit.sources.exports.shapes import Recognised, recognise
from mfa_audit.sources.exports.staging import Stage, check_columns
from mfa_audit.tables import REGISTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mfa_audit.sources.exports.sniff import Sniffed

_MEMBERS, _TOTAL, _RATIO = 2_000, 512 << 20, 200
_RATIO_FLOOR = 1 << 20
_SHEET_ROWS = 1_048_576
_BATCH = 20_000
_WIDEST = 1_000
_EXACT = 10**15
_HIDDEN_ROW = re.compile(rb"<row\b[^<>]{0,400}\bhidden=\"(?:1|true)\"")
_FORMULA = re.compile(rb"<f[ >/]")
_AS_CSV = "Save the sheet as CSV UTF-8 and give that."
_DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError,
            OSError, NotImplementedError, RuntimeError, OverflowError, ParseError, struct.error)


def read_excel(candidate: Candidate, sniffed: Sniffed, target: Path) -> Found:
    """Stage every recognised sheet of a workbook beside ``target``, a CSV each.

    Raises InputRejected for an archive that looks like a bomb, a damaged or password-protected workbook, formulas
    that were never calculated, and whatever the text reader refuses in a table. A workbook without a known sheet
    comes back with ``unused`` set.
    """
    if not openpyxl.DEFUSEDXML:
        raise InputRejected("workbooks are not opened without defusedxml", file=candidate.name,
                            next_step="Install the package defusedxml.")
    hidden_rows, formulas = _inspect_archive(candidate)
    blemishes = Blemishes(candidate.name)
    if hidden_rows:
        blemishes.add("hidden rows read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _Workbook(candidate, sniffed, target, blemishes).read(formulas=formulas)
    except _DAMAGED as error:
        raise InputRejected(f"the workbook is damaged: {str(error)[:200] or type(error).__name__}",
                            file=candidate.name, next_step=f"Open it in a spreadsheet. {_AS_CSV}") from error


def _inspect_archive(candidate: Candidate) -> tuple[bool, bool]:
    """Whether rows are hidden and formulas used; refuses archives that are unsafe to unpack."""
    try:
        with zipfile.ZipFile(candidate.path) as archive:
            members = archive.infolist()
            _refuse_bombs(candidate, members)
            sheets = [member for member in members if member.filename.startswith("xl/worksheets/")]
            hidden = formulas = False
            for sheet in sheets:
                for text in _windows(archive, sheet):
                    hidden = hidden or _HIDDEN_ROW.search(text) is not None
                    formulas = formulas or _FORMULA.search(text) is not None
            return hidden, formulas
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise InputRejected(f"the workbook is damaged: {error}", file=candidate.name, next_step=_AS_CSV) from error


def _refuse_bombs(candidate: Candidate, members: Sequence[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    unsafe = [m.filename for m in members if PurePosixPath(m.filename).is_absolute() or ".." in
              PurePosixPath(m.filename.replace("\\", "/")).parts]
    message = ""
    if len(members) > _MEMBERS:
        message = f"the workbook holds {len(members):,} parts, more than {_MEMBERS:,}"
    elif total > _TOTAL:
        message = f"the workbook unpacks to {total >> 20:,} MiB, more than {_TOTAL >> 20}"
    elif total > _RATIO_FLOOR and total > packed * _RATIO:
        message = f"the workbook unpacks to more than {_RATIO} times its size"
    elif unsafe:
        message = f"the workbook holds a part with the unsafe name {unsafe[0]!r}"
    elif any(member.flag_bits & 1 for member in members):
        message = "the workbook is encrypted"
    if message:
        raise InputRejected(message, file=candidate.name, next_step=_AS_CSV)


def _windows(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The text of an archive member in overlapping pieces, so that no tag is cut in all of them."""
    tail = b""
    with archive.open(member) as stream:
        while block := stream.read(1 << 20):
            yield tail + block
            tail = block[-4096:]


class _Workbook:
    """One workbook on its way to staged tables."""

    def __init__(self, candidate: Candidate, sniffed: Sniffed, target: Path, blemishes: Blemishes) -> None:
        self._candidate = candidate
        self._sniffed = sniffed
        self._target = target
        self._blemishes = blemishes
        self._rows: list[RawRows] = []
        self._unused: list[str] = []
        self._words: list[str] = []

    def read(self, *, formulas: bool) -> Found:
        """What the workbook holds, sheet by sheet."""
        with self._candidate.path.open("rb") as stream, self._candidate.path.open("rb") as again:
            values = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            written = openpyxl.load_workbook(again, read_only=True, keep_links=False) if formulas else None
            try:
                for number, sheet in enumerate(values.worksheets, start=1):
                    twin = written.worksheets[number - 1] if written else None
                    self._sheet(number, sheet, twin)
            finally:
                values.close()
                if written:
                    written.close()
        if not self._rows:
            return Found(self._candidate, self._sniffed.sha256, "", "xlsx", unused=tuple(self._unused) or
                         ("the workbook has no sheet with cells",))
        return Found(self._candidate, self._sniffed.sha256, ", ".join(dict.fromkeys(self._words)), "xlsx",
                     tuple(self._rows), complaints=self._blemishes.complaints(), unused=tuple(self._unused))

    def _sheet(self, number: int, sheet: Any, twin: Any) -> None:
        sheet.reset_dimensions()
        rows = enumerate(_cells(self._candidate, sheet, twin), start=1)
        header, line = self._header(rows)
        if not header:
            return
        recognised = recognise(header, style="table")
        if recognised is None:
            self._unused.append(f"sheet {sheet.title}: {unknown_headers(header)}")
            return
        if recognised.use == "refused":
            raise InputRejected(recognised.reason, file=self._candidate.name, line=line,
                                next_step=recognised.next_step)
        if recognised.use == "unused":
            self._unused.append(f"sheet {sheet.title}: {recognised.words}: {recognised.reason}")
            return
        if sheet.sheet_state != "visible":
            self._blemishes.add("hidden sheet read", place=sheet.title)
        self._stage(number, sheet.title, recognised, header, line, rows)

    @staticmethod
    def _header(rows: Iterator[tuple[int, Sequence[object]]]) -> tuple[list[str], int]:
        """The first of ten rows that is a known header, else the first with two cells; and its row number."""
        first: tuple[list[str], int] = ([], 0)
        for line, cells in islice(rows, 10):
            texts = _trimmed([_text(cell).strip() for cell in cells])
            if recognise(texts, style="table") is not None:
                return texts, line
            if not first[0] and texts:
                first = (texts, line)
        return first

    def _stage(self, number: int, title: str, recognised: Recognised, header: list[str], line: int,
               rows: Iterable[tuple[int, Sequence[object]]]) -> None:
        if len(header) > _WIDEST:
            raise InputRejected(f"the header of sheet {title} reaches column {len(header):,}: a stray cell, or no list",
                                file=self._candidate.name, line=line,
                                next_step="Delete the columns to the right of the list, or save the list as CSV UTF-8.")
        check_columns(self._candidate, recognised, header, self._blemishes, line, staged=True)
        target = self._target.with_name(f"{self._target.stem}-{number}.csv")
        ids = {position for position, name in enumerate(header)
               if any(field in ID_FIELDS for part in recognised.parts
                      for field, by in part.fields.items() if by == name)}
        last = line
        rows = ((at, self._within(cells, at, len(header))) for at, cells in rows)
        with Stage(self._candidate, recognised, header, target, self._blemishes, line + 1) as stage:
            while batch := list(islice(rows, _BATCH)):
                last = batch[-1][0]
                records = [self._record(cells, at, len(header), ids) for at, cells in batch]
                full = [n for n, record in enumerate(records) if any(record)]
                stage.add([records[n] for n in full], [batch[n][0] for n in full])
        if not stage.rows and not all(part.table in REGISTERS for part in recognised.parts):
            raise InputRejected(f"sheet {title} has a header and no rows", file=self._candidate.name, line=line,
                                next_step="Export it again, or take the sheet out.")
        if last >= _SHEET_ROWS:
            self._blemishes.add("spreadsheet full", _SHEET_ROWS)
        words = recognised.words.replace("Entra portal", "Workbook")
        self._words.append(words)
        origin = Origin(self._candidate.name, self._sniffed.sha256, f"{words} (sheet {title})", "xlsx", line + 1)
        self._rows.extend(raw_rows(recognised, stage, origin))

    def _within(self, cells: Sequence[object], line: int, width: int) -> Sequence[object]:
        """``cells`` cut to the header's width as they are read, for an empty row may be 16,384 cells wide."""
        if len(cells) <= width:
            return cells
        if any(_text(cell).strip() for cell in cells[width:]):
            raise InputRejected(f"the row has a cell beyond the {width} columns of the header: its values may have"
                                " shifted", file=self._candidate.name, line=line,
                                next_step="Take out what stands beside the list, or give the export as it came.")
        return cells[:width]

    def _record(self, cells: Sequence[object], line: int, width: int, ids: set[int]) -> list[str]:
        texts = [_text(cell) for cell in cells]
        for position in ids:
            if position < len(cells) and isinstance(cells[position], int | float):
                self._refuse_rounded(cells[position], line)
        return texts + [""] * (width - len(texts))

    def _refuse_rounded(self, value: object, line: int) -> None:
        if isinstance(value, int | float) and abs(value) >= _EXACT:
            raise InputRejected(f"the id {value} was rounded by the spreadsheet", file=self._candidate.name, line=line,
                                next_step="Import the column as text, or give the export as it was downloaded.")
        self._blemishes.add("number in an id column", line)


def _cells(candidate: Candidate, sheet: Any, twin: Any) -> Iterator[Sequence[object]]:
    """Rows of values; a formula without a calculated value is refused where it stands."""
    if twin is None:
        yield from sheet.iter_rows(values_only=True)
        return
    twin.reset_dimensions()
    for values, formulas in zip(sheet.iter_rows(values_only=True), twin.iter_rows(), strict=True):
        for value, cell in zip(values, formulas, strict=False):
            if value is None and cell.data_type == "f":
                raise InputRejected(f"the formula in {cell.coordinate} of sheet {sheet.title} was never calculated",
                                    file=candidate.name, line=cell.row,
                                    next_step="Open the workbook in a spreadsheet, save it, and give it again.")
        yield values


def _text(value: object) -> str:
    """A cell as text: dates in ISO form, whole numbers without ``.0``."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time.min else value.isoformat(timespec="seconds")
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value)


def _trimmed(texts: list[str]) -> list[str]:
    """``texts`` without the empty cells at the end."""
    filled = [position for position, text in enumerate(texts) if text]
    return texts[: filled[-1] + 1] if filled else []
