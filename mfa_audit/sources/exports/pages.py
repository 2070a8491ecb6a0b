"""Whether listings are whole: Graph pages that form a chain, row counts that look like one page, documents once."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot.raw import Complaint, Document
from mfa_audit.sources.exports.found import CHECKS, Found

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE_SIZES = frozenset({100, 120, 500, 999, 1000})
"""Numbers of rows that Graph and its PowerShell give when only the first page was fetched."""

_NUMBERED = re.compile(r"(.*\D|)(\d{1,3})")
_LISTINGS = ("accounts", "registrations")
_FOLLOW = "Follow @odata.nextLink until there is none, save every page, and give all of them."


def is_round(found: Found) -> bool:
    """Whether the file holds exactly one page of accounts or registrations and does not say that it is a page."""
    if found.page is not None and found.page.next_link:
        return False
    return any(part.table in _LISTINGS and part.rows in PAGE_SIZES for part in found.rows)


def broken_chains(files: Sequence[Found]) -> list[InputRejected]:
    """An error for every listing of Graph pages of which a page is surely missing.

    Every page but one has a next link, no two the same, and the rows are at least as many as the first page counts.
    """
    listings: dict[str, list[Found]] = defaultdict(list)
    for found in files:
        if found.page is not None and found.tables:
            listings[found.tables[0]].append(found)
    return [error for name, pages in listings.items() if (error := _broken(name, pages)) is not None]


def _broken(name: str, pages: Sequence[Found]) -> InputRejected | None:
    links = [(found.page.next_link, found) for found in pages if found.page is not None and found.page.next_link]
    if not links:
        return None
    file = links[-1][1].candidate.name
    if len({link for link, _ in links}) < len(links):
        return InputRejected(f"two pages of {name} point to the same next page", file=file, next_step=_FOLLOW)
    if len(links) != len(pages) - 1:
        return InputRejected(
            f"this is one page of {name} and the page behind it is missing: {len(pages)} given, {len(links)} of them"
            " say that more follows", file=file, next_step=_FOLLOW)
    expected = max((found.page.count or 0 for found in pages if found.page is not None), default=0)
    rows = sum(part.rows for found in pages for part in found.rows if part.table == name)
    if any(found.rows for found in pages) and name != "group_members" and rows < expected:
        return InputRejected(f"the pages hold {rows:,} {name} and the first one counts {expected:,}", file=file,
                             next_step=_FOLLOW)
    missing = _not_numbered(pages)
    if missing:
        return InputRejected(f"the pages of {name} are numbered and number {missing} is missing", file=file,
                             next_step=_FOLLOW)
    return None


def _not_numbered(pages: Sequence[Found]) -> int | None:
    """The first number missing among pages whose names count them; null where they do not, or none is."""
    counted = [_NUMBERED.fullmatch(found.candidate.path.stem) for found in pages]
    if not all(counted) or len({match[1] for match in counted if match}) > 1:
        return None
    numbers = {int(match[2]) for match in counted if match}
    first = 1 if min(numbers) == 2 else min(numbers)  # nobody begins to count at two
    return next((number for number in range(first, max(numbers)) if number not in numbers), None)


def round_counts(files: Sequence[Found]) -> tuple[Complaint, ...]:
    """One complaint about files of exactly one page, unless they belong to a chain of pages."""
    chained = {found.tables[0] for found in files if found.page is not None and found.page.next_link and found.tables}
    check = "round number of rows"
    places = [found.candidate.name for found in files
              if is_round(found) and not (found.page is not None and found.tables[0] in chained)]
    wording = CHECKS[check]
    return (Complaint(check, len(places), tuple(places[:5]), wording.effect, wording.fix),) if places else ()


def one_document_each(files: Sequence[Found]) -> tuple[Document, ...]:
    """The policy documents, pages of one listing joined.

    Raises InputRejected where two files hold different documents of one name.
    """
    by_name: dict[str, list[tuple[Found, Document]]] = defaultdict(list)
    for found in files:
        for document in found.documents:
            if all(document.content != other.content for _, other in by_name[document.name]):
                by_name[document.name].append((found, document))
    return tuple(_joined(name, entries) for name, entries in sorted(by_name.items()))


def _joined(name: str, entries: Sequence[tuple[Found, Document]]) -> Document:
    first = entries[0][1]
    if len(entries) == 1:
        return first
    if not any(found.page is not None and found.page.next_link for found, _ in entries):
        raise InputRejected(f"two files hold different documents of {name}", file=entries[1][0].candidate.name,
                            next_step=f"Give the newer one only; the other is {entries[0][0].candidate.name}.")
    value = [item for _, document in entries for item in document.content["value"]]
    return replace(first, content={**first.content, "value": value})
