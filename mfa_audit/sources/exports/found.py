"""The small types the readers of one file hand to one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mfa_audit.snapshot.raw import Complaint, Document, RawRows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Candidate:
    """A file to look at: ``name`` as the person gave it, ``named`` when it was named itself, not only its folder."""

    path: Path
    name: str
    named: bool


@dataclass(frozen=True)
class Page:
    """What a Graph page says about its listing: where the next page is ("" on the last), how many rows the whole
    listing has (None when it does not say), and which columns of what it lists (``@odata.context``, "" without)."""

    next_link: str = ""
    count: int | None = None
    context: str = ""


@dataclass(frozen=True)
class Found:
    """What one file holds. ``unused`` is the reason nothing is taken from it, "" otherwise; ``next_step`` goes with
    it. ``tables`` counts rows a table, documents with None."""

    candidate: Candidate
    sha256: str
    shape: str
    encoding: str = ""
    rows: tuple[RawRows, ...] = ()
    documents: tuple[Document, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    unused: tuple[str, ...] = ()
    next_step: str = ""
    page: Page | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables and documents the file gives, in order."""
        return (*(part.table for part in self.rows), *(document.name for document in self.documents))


@dataclass(frozen=True)
class Check:
    """The wording of one kind of blemish."""

    effect: str
    fix: str
    grave: bool = False


CHECKS: Mapping[str, Check] = {
    "read as cp1252": Check("letters outside English may be wrong",
                            "Save the export as UTF-8 (Export-Csv -Encoding utf8)."),
    "letters lost": Check("names show '?' where the export dropped letters",
                          "Export again with -Encoding utf8: Windows PowerShell writes ASCII unless told otherwise."),
    "letters doubled": Check("names look like 'SiÃ¢n': text was decoded twice before it came here",
                             "Export again; do not open and save the file in between."),
    "replacement characters": Check("some characters were lost before the file came here", "Export again as UTF-8."),
    "broken characters": Check("half characters were replaced", "Export again."),
    "blank rows": Check("rows without any value were left out", ""),
    "title line": Check("a line above the header was left out", ""),
    "column read first": Check("two columns fit one field; the better one was read", "Remove the other column."),
    "type names": Check("the column holds type names instead of values and counts as not supplied",
                        "Spell the property out: Select-Object …, @{n='Manager';e={$_.Manager.Id}}."),
    "apostrophes undone": Check("a spreadsheet's apostrophe before = + - @ was taken off again", ""),
    "round number of rows": Check("a listing of exactly one page may be the first page only",
                                  "Compare with the number of users in the portal; export with -All, or follow"
                                  " @odata.nextLink."),
    "pages not counted": Check("nothing counts the pages, so whether one in the middle is missing cannot be told",
                               "Save them again with $count=true and the header ConsistencyLevel: eventual, or number"
                               " the files from 1."),
    "no line end": Check("the last line has no line end: the file may have been cut",
                         "Compare its number of lines with the source, or export again."),
    "depth lost": Check("the column holds text like @{Id=…} instead of values and counts as not supplied",
                        "Export again with | ConvertTo-Json -Depth 5."),
    "spreadsheet full": Check("the sheet is full to its last row: the list may have been cut there",
                              "Export to CSV and give that."),
    "column not read": Check("what it says is in no figure",
                             "Name it as docs/exports.md does, for instance 'Methods registered'; or take it out."),
    "column of who can do MFA not read": Check(
        "what it says of an account is in no figure, and may contradict its verdict",
        "Name it 'MFA capable' or 'MFA registered', as it means; or take it out.", grave=True),
    "hidden rows read": Check("rows a filter hides were read as well", ""),
    "hidden sheet read": Check("a hidden sheet was read as well", ""),
    "number in an id column": Check("leading zeros may have been lost", "Format the column as text before filling it."),
    "error value": Check("cells hold spreadsheet errors", "Repair the formula and save again."),
    "group of exactly twenty": Check("$expand=members stops at 20: the group may be cut",
                                     "Save the group's transitiveMembers in full."),
    "group without members": Check("the members of a group or role were not saved; who is in it is unknown",
                                   "Save it again with $expand=members."),
    "keys in two spellings": Check("rows spell one key in different case; they were read as one", ""),
}
"""Short stable name of a blemish -> what it does to the figures and what to do."""


@dataclass
class Blemishes:
    """Counts blemishes of one file and keeps the first five places of each."""

    file: str
    _counts: dict[str, int] = field(default_factory=dict)
    _places: dict[str, list[str]] = field(default_factory=dict)

    def add(self, check: str, line: int = 0, *, place: str = "", count: int = 1) -> None:
        """Note ``check`` at ``line`` (0: the file as a whole), or at ``place`` inside the file."""
        self._counts[check] = self._counts.get(check, 0) + count
        places = self._places.setdefault(check, [])
        if len(places) < 5:
            where = f"{self.file}:{line}" if line else self.file
            places.append(f"{where}: {place}" if place else where)

    def complaints(self) -> tuple[Complaint, ...]:
        """Everything noted, in the order of the catalogue."""
        return tuple(
            Complaint(check, self._counts[check], tuple(self._places[check]), wording.effect, wording.fix,
                      wording.grave)
            for check, wording in CHECKS.items()
            if check in self._counts
        )
