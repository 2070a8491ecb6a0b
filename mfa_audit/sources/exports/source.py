"""Files and folders in, :class:`~mfa_audit.snapshot.raw.Inputs` out; the order of the paths does not matter.

``read`` refuses what cannot be trusted; ``inspect`` says the same things about each file without stopping.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfa_audit.errors import InputRejected, OutputFailed
from mfa_audit.files import private_folder
from mfa_audit.snapshot.raw import Complaint, Inputs
from mfa_audit.sources.exports.columns import header_key
from mfa_audit.sources.exports.facts import newest_fact_of, organisations_of, unread_of
from mfa_audit.sources.exports.found import Candidate, Found
from mfa_audit.sources.exports.pages import (
    broken_chains,
    is_round,
    one_document_each,
    round_counts,
    uncounted_chains,
)
from mfa_audit.sources.exports.read_excel import read_excel
from mfa_audit.sources.exports.read_json import read_json
from mfa_audit.sources.exports.read_text import read_text
from mfa_audit.sources.exports.shapes import STEMS
from mfa_audit.sources.exports.sniff import Kind, Sniffed, sniff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

DATA_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".xls"})
"""Endings of files that are looked at when a folder is given; a file named itself may have any."""

_READERS: dict[Kind, Callable[[Candidate, Sniffed, Path], Found]] = {
    "text": read_text, "json": read_json, "xlsx": read_excel,
}
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
_SUFFIX: dict[Kind, str] = {"text": ".csv", "json": ".ndjson", "xlsx": ".xlsx"}


@dataclass(frozen=True)
class FileReport:
    """What ``doctor`` says about one file.

    ``recognised_as`` is empty when nothing is known about it; ``rows`` counts table -> rows, policy documents their
    items; ``newest_fact`` the newest ISO time stamp in it ("" when none can be told); ``organisations`` the number of
    different organisations named (None when no column names any); ``first_page`` that it may be the first page only;
    ``problem`` and ``next_step`` why it is refused or not used; ``refused`` that a run would stop at it.
    """

    name: str
    recognised_as: str = ""
    rows: tuple[tuple[str, int], ...] = ()
    encoding: str = ""
    newest_fact: str = ""
    organisations: int | None = None
    first_page: bool = False
    problem: str = ""
    next_step: str = ""
    refused: bool = False
    complaints: tuple[Complaint, ...] = ()


def read(paths: Sequence[Path], work: Path, *, named: frozenset[Path] | None = None,
         without: frozenset[Path] = frozenset(), with_listing: bool = True) -> Inputs:
    """Stage every recognised file among ``paths`` into the folder ``work``.

    ``without`` are folders (resolved) that are never looked into, such as where reports go.
    ``named`` are the paths that must be recognised (default: all that are files); other files of no known shape are
    listed in ``ignored``. Raises InputRejected for a file that cannot be trusted, a listing of which a page is
    missing, two different documents of one name, and, ``with_listing``, when neither users nor registrations were
    recognised; OutputFailed when there is no room in ``work``.
    """
    private_folder(work)
    files: list[Found] = []
    ignored: list[tuple[str, str]] = []
    for number, candidate in enumerate(_candidates(paths, named, ignored, without), start=1):
        found = _read_one(candidate, work, number)
        # Two empty listings have the same bytes and are not the same table.
        twin = next((other for other in files if (other.sha256, other.tables) == (found.sha256, found.tables)), None)
        if twin is not None:
            ignored.append((candidate.name, f"the same bytes as {twin.candidate.name}"))
            continue
        files.append(found)
        if found.unused:
            _refuse_unknown(found)
            ignored.extend((candidate.name, reason) for reason in found.unused)
    for error in broken_chains(files):
        raise error
    documents = one_document_each(files)
    rows = tuple(part for found in files for part in found.rows)
    if with_listing and not {part.table for part in rows} & {"accounts", "registrations"}:
        raise InputRejected("no list of users and no registration details among the files",
                            file=", ".join(str(path) for path in sorted(paths)) or "(no file)",
                            next_step="Run: mfa-audit doctor PATH. It says what each file is and how to get the rest.")
    complaints = tuple(complaint for found in files for complaint in found.complaints)
    complaints += round_counts(files) + uncounted_chains(files)
    listed = tuple(f"{file}: {reason}" for file, reason in dict.fromkeys(ignored))
    return Inputs(rows, documents, merged(complaints), listed)


def inspect(paths: Sequence[Path], work: Path) -> list[FileReport]:
    """A report on every file among ``paths``; a file that a run would refuse is reported, never raised."""
    reports: list[FileReport] = []
    files: list[Found] = []
    ignored: list[tuple[str, str]] = []
    private_folder(work)
    try:
        candidates = _candidates(paths, None, ignored, frozenset())
    except InputRejected as error:
        return [FileReport(str(error.file), problem=error.message, next_step=error.next_step, refused=True)]
    for number, candidate in enumerate(candidates, start=1):
        try:
            found = _read_one(candidate, work, number)
        except InputRejected as error:
            where = f"line {error.line}: " if error.line else ""
            reports.append(FileReport(candidate.name, problem=where + error.message, next_step=error.next_step,
                                      refused=True))
            continue
        files.append(found)
        reports.append(_report(found))
    broken = {str(error.file): error for error in broken_chains(files)}
    for position, report in enumerate(reports):
        error_here = broken.get(report.name)
        if error_here is not None:
            reports[position] = FileReport(
                report.name, report.recognised_as, report.rows, report.encoding, report.newest_fact,
                report.organisations, first_page=True, problem=error_here.message, next_step=error_here.next_step,
                refused=True, complaints=report.complaints)
    return reports + [FileReport(file, problem=reason) for file, reason in ignored]


def merged(complaints: Sequence[Complaint]) -> tuple[Complaint, ...]:
    """One complaint a check: counts added, the first five places kept, in the order of first appearance."""
    by_check: dict[str, Complaint] = {}
    for complaint in complaints:
        before = by_check.get(complaint.check)
        by_check[complaint.check] = complaint if before is None else Complaint(
            complaint.check, before.count + complaint.count, (before.examples + complaint.examples)[:5],
            before.effect, before.fix, before.grave)
    return tuple(by_check.values())


def _read_one(candidate: Candidate, work: Path, number: int) -> Found:
    try:
        sniffed = sniff(candidate)
        target = work / f"{number:04d}{_SUFFIX[sniffed.kind]}"
        return _not_a_bare_list(_READERS[sniffed.kind](candidate, sniffed, target))
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise OutputFailed(f"the working copy cannot be written: {error.strerror}", where=str(work),
                               next_step="Make room on that disk, or point TMPDIR to another one.") from error
        raise InputRejected(f"the file cannot be read: {error.strerror or error}", file=candidate.name,
                            next_step="Check that it is there and that you may read it.") from error


def _not_a_bare_list(found: Found) -> Found:
    """A list of accounts alone says nothing about them: only its name makes it the register of certificate users."""
    bare = any(part.table == "certificate_users" for part in found.rows)
    if bare and header_key(found.candidate.path.stem) != header_key("certificate_users"):
        raise InputRejected("the file lists accounts and says nothing about them", file=found.candidate.name,
                            next_step="If they are known to sign in with certificates, call it certificate_users.csv.")
    return found


def _refuse_unknown(found: Found) -> None:
    """A file that was named, or bears the name of a known export, must be recognised."""
    if found.shape or not (found.candidate.named or header_key(found.candidate.path.stem) in STEMS):
        return
    raise InputRejected("; ".join(found.unused), file=found.candidate.name,
                        next_step="Run: mfa-audit doctor PATH. It says what each file is and how to get the right one.")


def _report(found: Found) -> FileReport:
    rows = tuple((part.table, part.rows) for part in found.rows)
    rows += tuple((document.name, _items(document.content)) for document in found.documents)
    unread = unread_of(found.rows)
    next_step = found.next_step
    if unread:
        next_step = "Write Yes or No (True or False); a portal must be set to English before the export."
    return FileReport(
        found.candidate.name, found.shape, rows, found.encoding, newest_fact_of(found.rows),
        organisations_of(found.rows), first_page=is_round(found), problem="; ".join((*found.unused, *unread)),
        next_step=next_step, complaints=found.complaints,
    )


def _items(content: Any) -> int:
    """How many policies, places or domains a document holds."""
    return len(content["value"]) if isinstance(content, dict) and isinstance(content.get("value"), list) else 1


def _candidates(
    paths: Sequence[Path], named: frozenset[Path] | None, ignored: list[tuple[str, str]], without: frozenset[Path]
) -> list[Candidate]:
    """Every file to look at, once each, in the order of its real path."""
    by_place: dict[Path, Candidate] = {}
    for path in sorted(paths, key=lambda path: (path.is_dir(), str(path))):
        if not path.exists():
            raise InputRejected("there is no such file or folder", file=path, next_step="Check the path.")
        if path.is_dir():
            for file in _walk(path, ignored, without):
                if file.suffix.casefold() in DATA_SUFFIXES:
                    by_place.setdefault(file.resolve(), Candidate(file, _shown(file), named=file in (named or ())))
                else:
                    ignored.append((str(file), "not a kind of file that is read"))
        elif not path.is_file():
            raise InputRejected("it is neither a file nor a folder", file=path, next_step="Give a file or a folder.")
        else:
            by_place.setdefault(path.resolve(), Candidate(path, _shown(path), named=named is None or path in named))
    return [by_place[place] for place in sorted(by_place)]


def _shown(path: Path) -> str:
    """The path as text that can be written down, whatever bytes a file's name is made of."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _walk(folder: Path, ignored: list[tuple[str, str]], without: frozenset[Path]) -> Iterator[Path]:
    """Regular files under ``folder`` in sorted order; hidden names and folders in ``without`` are passed over, links
    are listed in ``ignored``.

    Raises InputRejected for a folder that may not be listed.
    """
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise InputRejected(f"the folder cannot be listed: {error.strerror or error}", file=folder,
                            next_step="Check that you may read it.") from error
    for path in inside:
        if path.name.startswith((".", "~$")):
            continue
        if path.is_symlink():
            ignored.append((_shown(path), "a link: name it itself if it is meant"))
        elif path.is_dir():
            if path.resolve() not in without:
                yield from _walk(path, ignored, without)
        elif path.is_file():
            yield path
