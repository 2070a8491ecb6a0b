"""A listing read page by page onto disk: whole, or said to be partial and why.

The rows go to a file as they arrive, so that memory holds one page. Nothing of a listing that had to begin again is
kept. Source of the rules: Microsoft Learn, "Paging Microsoft Graph data in your app" (an empty page may be followed by
others; headers are sent with every page).
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import numpy as np

from mfa_audit.sources.graph.endpoints import EVENTUAL, first_page
from mfa_audit.sources.graph.once import refuse_repeated, refuse_repeated_in_page
from mfa_audit.sources.graph.patience import Overloaded
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from mfa_audit.sources.graph.client import Client
    from mfa_audit.sources.graph.endpoints import Listing
    from mfa_audit.sources.graph.pacing import Family

MOST_RESTARTS = 3
"""How often a listing begins again before it is given up."""

_MOST_SHORT = 1
"""How often one that came out shorter than Graph's count is read once more: the count itself may lag."""

_TOLERATED_SHARE, _TOLERATED_MOST = 0.005, 50
_ENDLESS_FACTOR, _ENDLESS_LEAST = 3, 10_000
_MOST_PAGES, _MOST_EMPTY = 200_000, 50
_MOST_PAGES_OF_SHORT = 500
_DIGITS = re.compile(rb"[0-9]{1,12}")
_BREAKS = bytes.maketrans(b"\r\n", b"  ")


class _Page(msgspec.Struct):
    value: list[dict[str, msgspec.Raw]]
    count: int | None = msgspec.field(name="@odata.count", default=None)
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)
    error: msgspec.Raw = msgspec.Raw()


_text = msgspec.json.Decoder(str)
_pages = msgspec.json.Decoder(_Page)


@dataclass(frozen=True)
class Read:
    """What became of a listing: ``rows`` on disk, ``distinct`` objects that Graph named, how many it ``counted`` (null:
    nobody did), the ``reason`` why it is not whole (empty: it is), and how ``short`` of Graph's count it is where so
    few are no reason."""

    rows: int
    distinct: int
    counted: int | None
    reason: str = ""
    short: int = 0


@dataclass
class _Heard:
    """What one reading of a listing has come to: hashes of the ids of all objects, how many were written, and the most
    that any page said there are."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    written: int = 0
    promised: int = 0

    @property
    def distinct(self) -> int:
        """How many objects there are, each counted once."""
        return len(np.unique(np.frombuffer(self.ids, dtype=np.int64))) if self.ids else 0


class Again(Exception):
    """The listing must begin again; why."""


def read_listing(client: Client, listing: Listing, out: BinaryIO, told: Callable[[int], None],
                 keep: Callable[[dict[str, msgspec.Raw]], bytes] | None = None) -> Read:
    """Read all pages of ``listing`` into ``out``, one JSON object a line with the listing's properties alone.

    ``told`` hears the number of rows of each page, negative when a listing begins again. ``keep`` writes a row in
    another way, or not (empty bytes); it may raise :class:`Again`. Raises :class:`Refusal` where Graph refuses and what
    :meth:`mfa_audit.sources.graph.client.Client.ask` raises.
    """
    sizes: list[int | None] = list(listing.sizes) or [None]
    restarts, short, reason, heard = 0, 0, "", _Heard()
    while True:
        out.seek(0)
        out.truncate()
        told(-len(heard.ids))
        heard = _Heard()
        before = _count(client, listing)  # Each time anew: a number that was cut on its way looks like a number.
        try:
            _read_pages(client, listing, sizes[0], out, heard, told, before.number, keep or _keeper(listing))
            after = _count(client, listing)
            reason = _in_part(listing, heard, before, after)
            short += 1
            if not reason or short > _MOST_SHORT:
                counted = _least(before, after)
                lacking = max(0, (heard.promised if counted is None else counted) - heard.distinct)
                return Read(heard.written, heard.distinct, counted, reason, lacking)
        except Overloaded:
            if len(sizes) == 1:
                raise
            sizes.pop(0)
            continue
        except Refusal as refused:
            if refused.page_too_large and len(sizes) > 1:
                sizes.pop(0)
                continue
            if not refused.page_token_expired:
                raise
            reason = "its pages expired before the last of them was read"
        except Again as again:
            reason = str(again)
        restarts += 1
        if restarts > MOST_RESTARTS:
            return Read(heard.written, heard.distinct, before.number, reason)


def read_short(client: Client, path: str, family: Family) -> list[dict[str, msgspec.Raw]]:
    """All rows of a short listing, each id once, in memory. Raises :class:`Refusal` where Graph refuses, the pages do
    not end, or they contradict one another every time."""
    reason = ""
    for _ in range(MOST_RESTARTS):
        try:
            return _short_pages(client, path, family)
        except Again as again:
            reason = str(again)
    raise Refusal(200, "", reason)


def _short_pages(client: Client, path: str, family: Family) -> list[dict[str, msgspec.Raw]]:
    rows: dict[str, dict[str, msgspec.Raw]] = {}
    url: str | None = path
    seen: set[str] = set()
    promised = 0
    while url is not None:
        if url in seen:
            raise Refusal(200, "", "its pages lead back to one another")
        seen.add(url)
        if len(seen) > _MOST_PAGES_OF_SHORT:
            raise Refusal(200, "", "its pages do not come to an end")
        page = client.ask(url, family, _few_rows)
        for row in page.objects:
            key = _text.decode(row["id"]).lower()
            if _decoded(rows.setdefault(key, row)) != _decoded(row):
                raise Again("two of its entries have one id and differ")
        promised = max(promised, page.promised)
        url = page.next_link
    if len(rows) < promised:
        raise Again(_fewer_than(promised, len(rows)))
    return list(rows.values())


def _decoded(row: dict[str, msgspec.Raw]) -> dict[str, Any]:
    return {key: msgspec.json.decode(value) for key, value in row.items()}


def _read_pages(client: Client, listing: Listing, size: int | None, out: BinaryIO, heard: _Heard,
                told: Callable[[int], None], counted: int | None,
                keep: Callable[[dict[str, msgspec.Raw]], bytes]) -> None:
    url: str | None = first_page(listing, size)
    seen: set[str] = set()
    empty = 0
    most = listing.most if counted is None else _ENDLESS_FACTOR * counted + _ENDLESS_LEAST
    while url is not None:
        if url in seen:
            raise Again("its pages lead back to one another")
        seen.add(url)
        if len(seen) > _MOST_PAGES or (most is not None and len(heard.ids) > most):
            raise Again("its pages do not come to an end")
        rows = client.ask(url, listing.family, _rows)
        url = rows.next_link
        empty = 0 if rows.objects else empty + 1
        if empty > _MOST_EMPTY:
            raise Again("its pages stay empty")
        heard.ids.extend(rows.hashes)
        heard.promised = max(heard.promised, rows.promised)
        lines = [line for line in map(keep, rows.objects) if line]
        out.writelines(lines)
        heard.written += len(lines)
        told(len(rows.objects))


@dataclass(frozen=True)
class _Rows:
    objects: list[dict[str, msgspec.Raw]]
    hashes: list[int]
    next_link: str | None
    promised: int


def _rows(body: bytes) -> _Rows:
    """A page taken apart. Raises ValueError for one that is not what Graph writes, so that it is asked for again."""
    page = _pages.decode(body)
    if bytes(page.error):
        raise ValueError("an error beside the rows")
    refuse_repeated_in_page(body, page.value)
    if any("id" not in row for row in page.value):
        raise ValueError("an object without an id")
    ids = [_text.decode(row["id"]) for row in page.value]
    if not all(ids):
        raise ValueError("an object whose id is empty")
    return _Rows(page.value, [hash(each.lower()) for each in ids], page.next_link, page.count or 0)


def _few_rows(body: bytes) -> _Rows:
    """The same for a short listing, whose rows are rules: no key twice in any part of one."""
    refuse_repeated(body)
    return _rows(body)


def _keeper(listing: Listing) -> Callable[[dict[str, msgspec.Raw]], bytes]:
    keys, encode = tuple(sorted(listing.keys)), msgspec.json.Encoder().encode

    def kept(row: dict[str, msgspec.Raw]) -> bytes:
        return encode({key: row[key] for key in keys if key in row}).translate(_BREAKS) + b"\n"

    return kept


@dataclass(frozen=True)
class _Count:
    """How many there are by Graph's own count; where it will not say, no ``number`` but ``why``."""

    number: int | None
    why: str = ""


def _count(client: Client, listing: Listing) -> _Count:
    if not listing.counted_at:
        return _Count(None)
    try:
        return _Count(client.ask(listing.counted_at, listing.family, number, headers=EVENTUAL))
    except Refusal as refused:
        return _Count(None, str(refused))


def number(body: bytes) -> int:
    """What a count's address answers. Raises ValueError for what is no number."""
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not _DIGITS.fullmatch(text):
        raise ValueError("a count that is no number")
    return int(text)


def _in_part(listing: Listing, heard: _Heard, before: _Count, after: _Count) -> str:
    """Why what was heard cannot be all there is; empty when it can."""
    share = 0.0 if listing.exact else _TOLERATED_SHARE
    reason = _short(heard.distinct, before, after, share) if listing.counted_at else ""
    reason = reason or _fewer(heard.distinct, heard.promised, share)
    if not reason and heard.distinct < listing.least:
        return f"{heard.distinct} objects were read where at least {listing.least} should be"
    return reason


def _short(found: int, before: _Count, after: _Count, share: float) -> str:
    """Why what was read cannot be all there is by Graph's counts; empty when it can. They are taken before and after,
    because accounts come and go meanwhile; a directory's count may lag by a few, of which that ``share`` is let
    pass."""
    if before.number is None or after.number is None:
        return f"Graph does not say how many there are ({before.why or after.why}), so a part would look whole"
    least, most = sorted((before.number, after.number))
    if most - least > most * _TOLERATED_SHARE:
        return f"Graph counts {before.number} objects before and {after.number} after they were read"
    if found < least - min(_TOLERATED_MOST, int(least * share)):
        return f"{found} objects were read where Graph counts {least}"
    if found - most > found * _TOLERATED_SHARE:
        return f"{found} objects were read where Graph counts no more than {most}"
    return ""


def _fewer(found: int, promised: int, share: float) -> str:
    """Why what was read cannot be all there is by what its own pages say; empty when it can."""
    if found < promised - min(_TOLERATED_MOST, int(promised * share)):
        return _fewer_than(promised, found)
    return ""


def _fewer_than(promised: int, found: int) -> str:
    return f"{found} objects were read where Graph's pages promise {promised}"


def _least(before: _Count, after: _Count) -> int | None:
    return min((count.number for count in (before, after) if count.number is not None), default=None)
