"""Delimited text files, read strictly: every record as long as the header, quotes balanced, nothing guessed.

A file that was cut, shifted or opened and saved by the wrong program is refused with its line.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import IO, TYPE_CHECKING

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot.raw import Origin, RawRows
from mfa_audit.sources.exports import nhsmail
from mfa_audit.sources.exports.columns import KNOWN_KEYS, header_key
from mfa_audit.sources.exports.found import Blemishes, Candidate, Found
from mfa_audit.sources.exports.shapes import Recognised, recognise
from mfa_audit.sources.exports.sniff import Sniffed, delimiter_of, split
from mfa_audit.sources.exports.staging import Stage, check_columns
from mfa_audit.tables import REGISTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BATCH = 20_000
_CELL_LIMIT = 1 << 20
_LINE_LIMIT = 1 << 20
_SHEET_ROWS = 1_048_576
_AGAIN = "Export it again, without opening and saving it in between."


@dataclass(frozen=True)
class _Header:
    """The header record: its cells, its line, the delimiter, and what the file therefore is."""

    cells: tuple[str, ...]
    line: int
    delimiter: str
    recognised: Recognised | None


class _Lines:
    """Lines of a text stream that remember whether the last one was ended."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.ended = True

    def __iter__(self) -> Iterator[str]:
        line = ""
        for line in self._lines:
            yield line
        self.ended = line.endswith(("\n", "\r"))


def read_text(candidate: Candidate, sniffed: Sniffed, target: Path) -> Found:
    """Stage a delimited file at ``target``.

    Raises InputRejected, with the line, for whatever makes the file untrustworthy. A file of no known shape comes
    back with ``unused`` set.
    """
    blemishes = Blemishes(candidate.name)
    if sniffed.cp1252_line:
        blemishes.add("read as cp1252", sniffed.cp1252_line)
    with candidate.path.open("rb") as raw:
        raw.seek(sniffed.bom)
        with io.TextIOWrapper(raw, encoding=sniffed.encoding, newline="") as stream:
            return _read(candidate, sniffed, stream, target, blemishes)


def _read(candidate: Candidate, sniffed: Sniffed, stream: IO[str], target: Path, blemishes: Blemishes) -> Found:
    lines = _bounded(candidate, stream)
    header = _find_header(candidate, lines, blemishes)
    recognised = header.recognised
    if recognised is None:
        return Found(candidate, sniffed.sha256, "", sniffed.label, unused=(_unknown(header),))
    if recognised.use == "refused":
        raise InputRejected(recognised.reason, file=candidate.name, line=header.line, next_step=recognised.next_step)
    if recognised.use == "unused":
        return Found(candidate, sniffed.sha256, recognised.words, sniffed.label, unused=(recognised.reason,),
                     next_step=recognised.next_step)
    check_columns(candidate, recognised, header.cells, blemishes, header.line, staged=True)
    written_by_hand = all(part.table in REGISTERS for part in recognised.parts)
    with Stage(candidate, recognised, header.cells, target, blemishes, header.line + 1,
               ascii_only=sniffed.ascii_only) as stage:
        ended = _copy(candidate, header, lines, stage)
        if not ended and not written_by_hand:
            blemishes.add("no line end")
    if not stage.rows and not written_by_hand:
        raise InputRejected("the file has a header and no rows", file=candidate.name, line=header.line,
                            next_step="Export it again; if the list is really empty, leave the file out.")
    if stage.rows + 1 == _SHEET_ROWS:
        blemishes.add("spreadsheet full", _SHEET_ROWS)
    origin = Origin(candidate.name, sniffed.sha256, recognised.words, sniffed.label, header.line + 1)
    return Found(candidate, sniffed.sha256, recognised.words, sniffed.label, raw_rows(recognised, stage, origin),
                 complaints=blemishes.complaints())


def _bounded(candidate: Candidate, stream: IO[str]) -> Iterator[str]:
    """The lines of a stream; one that is longer than any row can be is refused before it is looked at."""
    for number, line in enumerate(iter(partial(stream.readline, _LINE_LIMIT), ""), start=1):
        if len(line) == _LINE_LIMIT:
            raise InputRejected(f"the line is longer than {_LINE_LIMIT >> 20} MiB: the ends of its lines are lost",
                                file=candidate.name, line=number, next_step=_AGAIN)
        yield line


def raw_rows(recognised: Recognised, stage: Stage, origin: Origin) -> tuple[RawRows, ...]:
    """The tables of a staged CSV."""
    return tuple(
        RawRows(part.table, stage.path, "csv",
                {field: header for field, header in part.fields.items() if field not in stage.lost},
                stage.rows, origin, tuple(stage.breaks))
        for part in recognised.parts
    )


def unknown_headers(cells: Sequence[str]) -> str:
    """Why a header is not recognised, in one sentence that helps to name the columns right."""
    english = "if the portal was in another language, switch it to English and download again"
    asked = [cell for cell in cells if "mfa" in (key := header_key(cell)) and key not in KNOWN_KEYS]
    if asked:
        return (f"its column '{asked[0][:60]}' is not known: if it is what a portal calls MFA Status, name it"
                f" 'MFA Status' and give the file again; {english}")
    shown = ", ".join(cell.strip() for cell in cells[:8] if cell.strip())[:200]
    more = ", …" if len(cells) > 8 else ""
    return f"its columns fit no list this tool knows ({shown}{more}); {english}"


def _unknown(header: _Header) -> str:
    return unknown_headers(header.cells)


def _find_header(candidate: Candidate, lines: Iterator[str], blemishes: Blemishes) -> _Header:
    """The header among the first ten lines; before it may stand ``#TYPE …``, ``sep=;``, blank and title lines."""
    forced = ""
    first: _Header | None = None
    for number, line in enumerate(islice(lines, 10), start=1):
        text = line.strip("\ufeff \r\n")
        if not text.strip("\t ,;\"") or text.startswith("#"):
            continue
        if text.casefold().startswith("version:v"):
            raise InputRejected("this is a template for uploading accounts, not an export", file=candidate.name,
                                line=number, next_step="Download the list itself from the portal.")
        if text.casefold().startswith("sep=") and len(text) == 5:
            forced = text[4]
            continue
        header = _header(text, number, forced or delimiter_of(text))
        if header.recognised is not None:
            if first is not None:
                blemishes.add("title line", first.line)
            return header
        first = first or header
        if sum(map(bool, header.cells)) > 1:
            break
    if first is None:
        raise InputRejected("the file holds nothing but blank lines", file=candidate.name, next_step=_AGAIN)
    return first


def _header(text: str, number: int, delimiter: str) -> _Header:
    cells = tuple(cell.strip("\ufeff\u200b \t\r\n\u00a0") for cell in split(text, delimiter))
    return _Header(cells, number, delimiter, recognise(cells, style="table"))


def _copy(candidate: Candidate, header: _Header, lines: Iterator[str], stage: Stage) -> bool:
    """Check and stage every record behind the header; whether the last line was ended."""
    csv.field_size_limit(_CELL_LIMIT)
    counted = _Lines(lines)
    reader = csv.reader(counted, delimiter=header.delimiter, strict=True)
    template = set(map(header_key, header.cells)) == nhsmail.TEMPLATE_KEYS
    start = header.line + 1
    while True:
        records: list[list[str]] = []
        starts: list[int] = []
        begin = start
        try:
            for record in reader:
                records.append(record)
                starts.append(start)
                start = header.line + 1 + reader.line_num
                if len(records) == _BATCH:
                    break
        except csv.Error as error:
            raise _quotes(candidate, error, start) from error
        if not records:
            return counted.ended
        if start - begin != len(records):
            _refuse_swallowed(candidate, header, records, starts)
        if set(map(len, records)) != {len(header.cells)}:
            records, starts = _without_empty_lines(candidate, header, records, starts, counted)
        if template:
            _refuse_template(candidate, records, header.line)
        stage.add(records, starts)


def _quotes(candidate: Candidate, error: csv.Error, line: int) -> InputRejected:
    if "unexpected end" in str(error):
        return InputRejected("a quoted cell is never closed: the file is cut, or a quote is missing",
                             file=candidate.name, line=line, next_step=_AGAIN)
    if "field larger" in str(error):
        return InputRejected("a cell is longer than 1 MiB: a quote is missing somewhere", file=candidate.name,
                             line=line, next_step=_AGAIN)
    return InputRejected(f"the quotes do not match ({error})", file=candidate.name, line=line, next_step=_AGAIN)


def _refuse_swallowed(candidate: Candidate, header: _Header, records: list[list[str]], starts: list[int]) -> None:
    """A quote left open in one row and closed in a later one swallows what lies between into one cell.

    The number of cells stays right only when both quotes stand in the same column: then the cell's first line has as
    many delimiters as columns follow, and its last line as many as columns precede.
    """
    columns = len(header.cells)
    for record, line in zip(records, starts, strict=True):
        for position, cell in enumerate(record):
            if "\n" not in cell and "\r" not in cell:
                continue
            inside = cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            behind, before = inside[0].count(header.delimiter), inside[-1].count(header.delimiter)
            if behind >= columns - 1 - position and before >= position:
                raise InputRejected("a cell holds what looks like further rows: a quote is missing or one too many",
                                    file=candidate.name, line=line, next_step=_AGAIN)


def _without_empty_lines(
    candidate: Candidate, header: _Header, records: list[list[str]], starts: list[int], lines: _Lines
) -> tuple[list[list[str]], list[int]]:
    kept, kept_starts = [], []
    for position, (record, line) in enumerate(zip(records, starts, strict=True)):
        if len(record) == len(header.cells):
            kept.append(record)
            kept_starts.append(line)
        elif record and any(cell.strip() for cell in record):
            columns = len(header.cells)
            last = position == len(records) - 1
            if last and len(record) < columns and not lines.ended:
                raise InputRejected(f"the file is cut: its last row has {len(record)} of {columns} cells",
                                    file=candidate.name, line=line, next_step=_AGAIN)
            raise InputRejected(
                f"the row has {len(record)} cells, the header {columns}: its values have shifted",
                file=candidate.name, line=line,
                next_step=f"{_AGAIN} A cell with a {_name(header.delimiter)} in it must be quoted.")
    return kept, kept_starts


def _name(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}.get(delimiter, delimiter)


def _refuse_template(candidate: Candidate, records: list[list[str]], line: int) -> None:
    values = {cell.strip().casefold() for record in records for cell in record if "@" not in cell}
    if values <= nhsmail.TEMPLATE_VALUES:
        raise InputRejected("this is Microsoft's template for uploading per-user MFA, not a report",
                            file=candidate.name, line=line,
                            next_step="Export the per-user state with a script, or the portal's own MFA Status report.")
