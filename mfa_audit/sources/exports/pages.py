"""Whether listings are whole: Graph pages that form a chain, row counts that look like one page, documents once."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot.raw import Complaint, Document
from mfa_audit.sources.exports.found import CHECKS, Found

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE_SIZES = frozenset({100, 120, 500, 999, 1000})
"""Numbers of rows that Graph and its PowerShell give when only the first page was fetched: 120 is the largest page of
sign-in activity that Graph allows in some tenants, 500 in others."""

_LISTINGS = ("accounts", "registrations")
_FOLLOW = "Follow @odata.nextLink until there is none, save every page, and give all of them."
_NUMBERED = re.compile(r"(.*?)(\d{1,5})(\D*)", re.DOTALL)
_Key = tuple[str, str]


def is_round(found: Found) -> bool:
    """Whether the file holds exactly one page of accounts or registrations and does not say that it is a page."""
    if found.page is not None and found.page.next_link:
        return False
    return any(part.table in _LISTINGS and part.rows in PAGE_SIZES for part in found.rows)


def broken_chains(files: Sequence[Found]) -> list[InputRejected]:
    """An error for every listing of Graph pages of which a page is surely missing.

    A listing is what has one ``@odata.context``: a second pass with other columns is a listing of its own. It may be
    fetched in shards, each a chain told by the path and ``$filter`` of its next links; the pages of a chain all have a
    next link but one, no two the same. The rows are at least as many as the first pages count, and the numbers in the
    files' names have no gap. Page tokens are opaque, so that a page in the middle is missing cannot be told from them.
    """
    errors = [error for (name, _), pages in _listings(files).items() if (error := _broken(name, pages)) is not None]
    return errors + _gaps(files)


def uncounted_chains(files: Sequence[Found]) -> tuple[Complaint, ...]:
    """One complaint about chains in which a page in the middle could be missing without a trace: no page counts the
    rows and the files' names do not number the pages."""
    places = []
    for pages in _listings(files).values():
        linked = [found for found in pages if _link(found)]
        counted = any(found.page is not None and found.page.count is not None for found in pages)
        if linked and not counted and not _is_numbered(pages, files):
            places.append(linked[0].candidate.name)
    return _complaint("pages not counted", places)


def round_counts(files: Sequence[Found]) -> tuple[Complaint, ...]:
    """One complaint about files of exactly one page, unless they belong to a chain of pages."""
    chained = {key for key, pages in _listings(files).items() if any(map(_link, pages))}
    return _complaint("round number of rows", [
        found.candidate.name for found in files if is_round(found) and _key(found) not in chained])


def _complaint(check: str, places: Sequence[str]) -> tuple[Complaint, ...]:
    wording = CHECKS[check]
    return (Complaint(check, len(places), tuple(places[:5]), wording.effect, wording.fix),) if places else ()


def _key(found: Found) -> _Key | None:
    """Table and context of the listing a page belongs to; None for what is no Graph page."""
    if found.page is None or not found.tables:
        return None
    return found.tables[0], "".join(found.page.context.rpartition("#")[2].split()).casefold()


def _listings(files: Sequence[Found]) -> dict[_Key, list[Found]]:
    listings: dict[_Key, list[Found]] = defaultdict(list)
    for found in files:
        if (key := _key(found)) is not None:
            listings[key].append(found)
    return listings


def _link(found: Found) -> str:
    return found.page.next_link if found.page is not None else ""


def _count(found: Found) -> int:
    return (found.page.count or 0) if found.page is not None else 0


def _chain(link: str) -> tuple[str, str]:
    """What the next links of one chain have in common: the path and the ``$filter``."""
    address = urlsplit(link)
    query = {name.casefold(): values[0] for name, values in parse_qs(address.query).items()}
    return address.path.casefold(), query.get("$filter", "")


def _broken(name: str, pages: Sequence[Found]) -> InputRejected | None:
    linked = [found for found in pages if _link(found)]
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for found in linked:
        chain = _chain(_link(found))
        counts[chain] = max(counts[chain], _count(found))
    alone = max((_count(found) for found in pages if not _link(found)), default=0)
    last = len(pages) - len(linked)
    file = (linked or pages)[-1].candidate.name
    if len(set(map(_link, linked))) < len(linked):
        return InputRejected(f"two pages of {name} point to the same next page", file=file, next_step=_FOLLOW)
    sharded = any(shard for _, shard in counts)
    if last < len(counts) or (linked and last > len(counts) and not sharded):
        return InputRejected(
            f"this is one page of {name} and the page behind it is missing, or pages of two listings are mixed:"
            f" {len(pages)} given, {len(linked)} of them say that more follows", file=file, next_step=_FOLLOW)
    expected = max(sum(counts.values()), alone)
    rows = sum(_items(found, name) for found in pages)
    if name != "group_members" and rows < expected:
        return InputRejected(f"the pages hold {rows:,} {name} and the first one counts {expected:,}", file=file,
                             next_step=_FOLLOW)
    return None


def _items(found: Found, name: str) -> int:
    rows = sum(part.rows for part in found.rows if part.table == name)
    return rows + sum(len(document.content["value"]) for document in found.documents
                      if isinstance(document.content, dict) and isinstance(document.content.get("value"), list))


def _gaps(files: Sequence[Found]) -> list[InputRejected]:
    """An error for every series of numbered names, at least one a page that others follow, in which one is missing."""
    errors = []
    for series in _series(files).values():
        if not any(map(_link, series.values())):
            continue
        numbers = sorted(series)
        for before, after in pairwise(numbers):
            if not _follows(series[before], before, after):
                missing = f"number {before + 1}" if after == before + 2 else f"numbers {before + 1} to {after - 1}"
                errors.append(InputRejected(
                    f"the pages are numbered and {missing} of the series is not given",
                    file=series[after].candidate.name,
                    next_step=f"{_FOLLOW} If none is missing, number the files without a gap."))
                break
    return errors


def _series(files: Sequence[Found]) -> dict[tuple[str, str, str], dict[int, Found]]:
    """Files whose names differ in their last number alone, by that number."""
    series: dict[tuple[str, str, str], dict[int, Found]] = defaultdict(dict)
    for found in files:
        named = _NUMBERED.fullmatch(found.candidate.path.stem)
        if named is not None:
            key = (str(found.candidate.path.parent), named[1].casefold(), named[3].casefold())
            series[key][int(named[2])] = found
    return series


def _follows(found: Found, before: int, after: int) -> bool:
    """Whether the page after ``found`` is numbered as pages are: one by one, or by the rows before it."""
    rows = sum(part.rows for part in found.rows)
    return after - before == 1 or (after - before == rows and rows >= min(PAGE_SIZES))


def _is_numbered(pages: Sequence[Found], files: Sequence[Found]) -> bool:
    """Whether all pages stand in series that begin at 0 or 1."""
    numbered = {found.candidate.name for series in _series(files).values() if min(series) <= 1
                for found in series.values()}
    return all(found.candidate.name in numbered for found in pages)


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
