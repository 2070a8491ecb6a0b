"""Checked records on their way to disk: a UTF-8 CSV of the needed columns alone, whatever the file was.

Columns nobody needs (telephone numbers, addresses) never leave the source. Cells are never interpreted; checks run
over the serialised batch and only a batch that shows something suspicious is looked at cell by cell.
"""

from __future__ import annotations

import csv
import io
import re
from operator import itemgetter
from typing import TYPE_CHECKING, Self

from mfa_audit.errors import InputRejected
from mfa_audit.files import private_file
from mfa_audit.sources.exports.columns import ID_FIELDS, NAME_FIELDS, NESTED_FIELDS, is_unread, says_who_can

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from mfa_audit.sources.exports.found import Blemishes, Candidate
    from mfa_audit.sources.exports.shapes import Recognised

_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+\s*")
_MANGLED = re.compile(r"#(?:NAME\?|REF!|VALUE!|N/A|NUM!|NULL!|DIV/0!|#+)")
_UNDONE = re.compile(r"'[=+\-@\t\r＝＋－＠]")
_DOUBLED = re.compile(r"Ã[\u0080-\u00bf]|â€|Â[\u00a0-\u00bf]")
_TYPE_NAMES = ("System.String[]", "System.Object[]", "Microsoft.Graph.PowerShell.Models", "System.Collections.")
_METHODS_STEP = (
    "Export again with the methods joined: Get-MgReportAuthenticationMethodUserRegistrationDetail -All | Select-Object"
    " *, @{n='MethodsRegistered';e={$_.MethodsRegistered -join ';'}} -ExcludeProperty MethodsRegistered |"
    " Export-Csv registrations.csv -NoTypeInformation -Encoding utf8"
)
_GUID = re.compile(r"\s*\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?\s*")
_ADDRESS = re.compile(r"[^@]+@[^@]+")
_LISTINGS = frozenset({"accounts", "registrations"})
_PEOPLE_STEP = ("If the line is a footer, delete it; else export again with the column UserPrincipalName or the object"
                " id of each account.")
_SPELL_OUT = "Export again with Select-Object naming each property, e.g. @{n='Id';e={$_.Id}}."


def check_columns(candidate: Candidate, recognised: Recognised, headers: Iterable[str], blemishes: Blemishes,
                  line: int, *, staged: bool = False) -> None:
    """Refuse ``headers`` whose columns cannot be told apart; note one where the better of two was taken, and one that
    seems to speak of second factors and is not known. Where the rows are to be ``staged``, two columns of object ids
    are left to :class:`Stage`, which compares them."""
    for field, first, second in recognised.twice:
        if staged and field == "account_id" and first != second:
            continue
        message = (
            f"the column '{first}' appears twice" if first == second
            else f"the columns '{first}' and '{second}' both stand for {field}"
        )
        raise InputRejected(message, file=candidate.name, line=line,
                            next_step="Remove one of the two columns, or export again.")
    for _, first, second in recognised.passed_over:
        blemishes.add("column read first", line, place=f"'{first}' before '{second}'")
    registered = any(part.table == "registrations" for part in recognised.parts)
    for header in headers:
        if registered and says_who_can(header):
            blemishes.add("column of who can do MFA not read", line, place=f"'{header.strip()[:60]}'")
        elif staged and is_unread(header):
            blemishes.add("column not read", line, place=f"'{header.strip()[:60]}'")


class Stage:
    """Writes records of one recognised file, batch by batch, to ``path``.

    ``headers`` are the file's columns in order; ``line`` is the one below them, ``ascii_only`` that the file holds no
    byte above 127. Use as a context manager; ``rows`` counts what was written, ``breaks`` are as in
    :class:`mfa_audit.snapshot.raw.RawRows`, ``lost`` names fields whose column turned out to hold type names and must
    count as not supplied.
    """

    def __init__(self, candidate: Candidate, recognised: Recognised, headers: Sequence[str], path: Path,
                 blemishes: Blemishes, line: int, *, ascii_only: bool = False) -> None:
        self.rows = 0
        self.breaks: list[tuple[int, int]] = []
        self._next_line = line
        self.lost: set[str] = set()
        self.path = path
        self._candidate = candidate
        self._blemishes = blemishes
        self._ascii_only = ascii_only
        wanted: dict[str, set[str]] = {}
        for part in recognised.parts:
            for field, header in part.fields.items():
                wanted.setdefault(header, set()).add(field)
        positions = [position for position, header in enumerate(headers) if header in wanted]
        self._headers = [headers[position] for position in positions]
        self._fields = [wanted[header] for header in self._headers]
        listing = any(part.table in _LISTINGS for part in recognised.parts)
        self._keys = [n for n, fields in enumerate(self._fields)
                      if listing and fields & {"account_id", "user_principal_name"}]
        self._others = [n for n, fields in enumerate(self._fields) if fields & {"mail", "employee_id"}]
        self._same = [(list(headers).index(first), list(headers).index(second))
                      for field, first, second in recognised.twice if field == "account_id" and first != second]
        pick = itemgetter(*positions)
        self._project: Callable[[Sequence[str]], Sequence[str]] = (
            pick if len(positions) > 1 else lambda row: (pick(row),)
        )
        self._stream = io.TextIOWrapper(private_file(path), encoding="utf-8", errors="surrogatepass", newline="")
        self._stream.write(self._serialised([self._headers]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stream.close()

    def add(self, records: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        """Write ``records`` (all as long as the header), which begin at ``lines`` of the file."""
        for first, second in self._same:
            self._refuse_two_ids(records, lines, first, second)
        rows: list[Sequence[str]] = list(map(self._project, records))
        text = self._serialised(rows)
        if text.startswith(("\n", ",", '""')) or "\n," in text or '\n""' in text:
            kept = [n for n, record in enumerate(records) if any(map(str.strip, record))]
            if len(kept) < len(rows):
                blank = sorted(set(range(len(rows))).difference(kept))
                for n in blank:
                    self._blemishes.add("blank rows", lines[n])
                rows, lines = [rows[n] for n in kept], [lines[n] for n in kept]
                text = self._serialised(rows)
        if self._keys:
            self._refuse_nobody(rows, lines)
        if self._suspicious(text):
            rows = self._examined(rows, lines)
            text = self._serialised(rows)
        self._stream.write(text)
        for record, line in enumerate(lines, start=self.rows + 1):
            if line != self._next_line:
                self.breaks.append((record, line))
            self._next_line = line + 1
        self.rows += len(rows)

    def _refuse_two_ids(self, records: Sequence[Sequence[str]], lines: Sequence[int], first: int, second: int) -> None:
        for record, line in zip(records, lines, strict=True):
            if record[first].strip().casefold() != record[second].strip().casefold():
                raise InputRejected("two columns of object ids hold different ids", file=self._candidate.name,
                                    line=line, next_step="Keep the column of the Entra object id and take the other"
                                                         " one out.")

    def _refuse_nobody(self, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        """A row whose keys are neither an object id nor an address is a footer, or the key is another one."""
        keys = self._keys
        doubtful = [n for n, row in enumerate(rows) if not any(row[key].count("@") == 1 for key in keys)]
        nobody = [n for n in doubtful if self._names_nobody(rows[n])]
        if not nobody:
            return
        shown = next(rows[nobody[0]][key].strip() for key in keys if rows[nobody[0]][key].strip())
        if len(nobody) == len(rows) > 1:
            headers = ", ".join(f"'{self._headers[key]}'" for key in keys)
            message = f"no row holds an address or an object id in {headers}: the list has another key"
        else:
            message = f"'{shown[:40]}' is neither an address nor an object id: the row is nobody"
        raise InputRejected(message, file=self._candidate.name, line=lines[nobody[0]], next_step=_PEOPLE_STEP)

    def _names_nobody(self, row: Sequence[str]) -> bool:
        written = [row[key].strip() for key in self._keys if row[key].strip()]
        known = any(_GUID.fullmatch(text) or _ADDRESS.fullmatch(text) for text in written)
        return bool(written) and not known and not any(row[other].strip() for other in self._others)

    @staticmethod
    def _serialised(rows: Sequence[Sequence[str]]) -> str:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, lineterminator="\n").writerows(rows)
        return buffer.getvalue()

    def _suspicious(self, text: str) -> bool:
        return (
            "\r" in text or "\ufffd" in text or "E+" in text or "e+" in text
            or (self._ascii_only and "?" in text)
            or any(name in text for name in _TYPE_NAMES)
            or _UNDONE.search(text) is not None
            or _MANGLED.search(text) is not None
            or _DOUBLED.search(text) is not None
        )

    def _examined(self, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> list[Sequence[str]]:
        return [
            [self._cell(cell, fields, line) for cell, fields in zip(row, self._fields, strict=True)]
            for row, line in zip(rows, lines, strict=True)
        ]

    def _cell(self, cell: str, fields: set[str], line: int) -> str:
        if "\r" in cell:
            cell = cell.replace("\r\n", "\n").replace("\r", "\n")
        if any(name in cell for name in _TYPE_NAMES):
            self._type_name(fields, line)
        if fields & ID_FIELDS and (_SCIENTIFIC.fullmatch(cell) or _MANGLED.fullmatch(cell)):
            raise InputRejected(
                f"'{cell}' is what a spreadsheet made of an id", file=self._candidate.name, line=line,
                next_step="Use the file as it was exported; do not open and save it in a spreadsheet, or import the"
                          " column as text.")
        if _MANGLED.fullmatch(cell):
            self._blemishes.add("error value", line)
        if "\ufffd" in cell:
            self._blemishes.add("replacement characters", line)
        if self._ascii_only and "?" in cell and fields & NAME_FIELDS:
            self._blemishes.add("letters lost", line)
        if _DOUBLED.search(cell):
            self._blemishes.add("letters doubled", line)
        if _UNDONE.match(cell):
            self._blemishes.add("apostrophes undone", line)
            return cell[1:]
        return cell

    def _type_name(self, fields: set[str], line: int) -> None:
        if fields <= NESTED_FIELDS:
            self.lost |= fields
            self._blemishes.add("type names", line, place=", ".join(sorted(fields)))
            return
        step = _METHODS_STEP if "methods" in fields else _SPELL_OUT
        raise InputRejected(f"the column of {', '.join(sorted(fields))} holds type names instead of values",
                            file=self._candidate.name, line=line, next_step=step)
