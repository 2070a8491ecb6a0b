"""A listing read page by page onto disk: whole, or said to be partial and why.

The rows go to a file as they arrive, so that memory holds one page. Nothing of a listing that had to begin again is
kept. Source of the rules: Microsoft Learn, "Paging Microsoft Graph data in your app" (an empty page may be followed by
others; headers are sent with every page).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import numpy as np

from mfa_audit.sources.graph.endpoints import EVENTUAL, first_page
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


class _Page(msgspec.Struct):
    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)
    error: msgspec.Raw = msgspec.Raw()


_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
_pages = msgspec.json.Decoder(_Page)


@dataclass(frozen=True)
class Read:
    """What became of a listing: ``rows`` on disk, ``distinct`` objects among them, how many Graph ``counted`` (null:
    nobody did), and the ``reason`` why it is not whole (empty: it is)."""

    rows: int
    distinct: int
    counted: int | None
    reason: str = ""


class _Again(Exception):
    """The listing must begin again; why."""


def read_listing(client: Client, listing: Listing, out: BinaryIO, told: Callable[[int], None],
                 keep: Callable[[dict[str, msgspec.Raw]], bytes] | None = None) -> Read:
    """Read all pages of ``listing`` into ``out``, one JSON object a line with the listing's properties alone.

    ``told`` hears the number of rows of each page, negative when a listing begins again. ``keep`` writes a row in
    another way, or not (empty bytes). Raises :class:`Refusal` where Graph refuses and what
    :meth:`mfa_audit.sources.graph.client.Client.ask` raises.
    """
    before = _count(client, listing)
    sizes: list[int | None] = list(listing.sizes) or [None]
    restarts, short, reason, ids = 0, 0, "", array("q")
    while True:
        out.seek(0)
        out.truncate()
        told(-len(ids))
        ids = array("q")
        try:
            _read_pages(client, listing, sizes[0], out, ids, told, before, keep or _keeper(listing))
            after = _count(client, listing)
            reason = _short(ids, before, after)
            short += 1
            if not reason or short > _MOST_SHORT:
                return Read(len(ids), _distinct(ids), _least(before, after), reason)
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
        except _Again as again:
            reason = str(again)
        restarts += 1
        if restarts > MOST_RESTARTS:
            return Read(len(ids), _distinct(ids), before, reason)


def read_short(client: Client, path: str, family: Family) -> list[dict[str, msgspec.Raw]]:
    """All rows of a short listing, in memory. Raises :class:`Refusal` where Graph refuses or the pages do not end."""
    rows: list[dict[str, msgspec.Raw]] = []
    url: str | None = path
    seen: set[str] = set()
    while url is not None:
        if url in seen:
            raise Refusal(200, "", "its pages lead back to one another")
        seen.add(url)
        if len(seen) > _MOST_PAGES_OF_SHORT:
            raise Refusal(200, "", "its pages do not come to an end")
        page = client.ask(url, family, _rows)
        rows += page.objects
        url = page.next_link
    return rows


def _read_pages(client: Client, listing: Listing, size: int | None, out: BinaryIO, ids: array[int],
                told: Callable[[int], None], counted: int | None,
                keep: Callable[[dict[str, msgspec.Raw]], bytes]) -> None:
    url: str | None = first_page(listing, size)
    seen: set[str] = set()
    empty = 0
    most = listing.most if counted is None else _ENDLESS_FACTOR * counted + _ENDLESS_LEAST
    while url is not None:
        if url in seen:
            raise _Again("its pages lead back to one another")
        seen.add(url)
        if len(seen) > _MOST_PAGES or (most is not None and len(ids) > most):
            raise _Again("its pages do not come to an end")
        rows = client.ask(url, listing.family, _rows)
        url = rows.next_link
        empty = 0 if rows.objects else empty + 1
        if empty > _MOST_EMPTY:
            raise _Again("its pages stay empty")
        lines = []
        for row in rows.objects:
            ids.append(hash(bytes(row["id"])))
            lines.append(keep(row))
        out.writelines(lines)
        told(len(lines))


@dataclass(frozen=True)
class _Rows:
    objects: list[dict[str, msgspec.Raw]]
    next_link: str | None


def _rows(body: bytes) -> _Rows:
    """A page taken apart. Raises ValueError for one that is not what Graph writes, so that it is asked for again."""
    page = _pages.decode(body)
    if bytes(page.error):
        raise ValueError("an error beside the rows")
    objects = [_objects.decode(row) for row in page.value]
    if any("id" not in row for row in objects):
        raise ValueError("an object without an id")
    return _Rows(objects, page.next_link)


def _keeper(listing: Listing) -> Callable[[dict[str, msgspec.Raw]], bytes]:
    keys, encode = tuple(sorted(listing.keys)), msgspec.json.Encoder().encode

    def kept(row: dict[str, msgspec.Raw]) -> bytes:
        return encode({key: row[key] for key in keys if key in row}).replace(b"\n", b" ") + b"\n"

    return kept


def _count(client: Client, listing: Listing) -> int | None:
    """How many there are by Graph's own count; null where it will not say."""
    if not listing.counted_at:
        return None
    try:
        return client.ask(listing.counted_at, listing.family, lambda body: int(body.decode("utf-8-sig")),
                          headers=EVENTUAL)
    except Refusal:
        return None


def _short(ids: array[int], before: int | None, after: int | None) -> str:
    """Why fewer objects than Graph counts is too few; empty when it is not. Counts are taken before and after, because
    accounts come and go meanwhile; a directory's count may lag by a few."""
    least = _least(before, after)
    if least is None:
        return ""
    found = _distinct(ids)
    if found >= least - min(_TOLERATED_MOST, int(least * _TOLERATED_SHARE)):
        return ""
    return f"{found} objects were read where Graph counts {least}"


def _least(before: int | None, after: int | None) -> int | None:
    counts = [count for count in (before, after) if count is not None]
    return min(counts, default=None)


def _distinct(ids: array[int]) -> int:
    return len(np.unique(np.frombuffer(ids, dtype=np.int64))) if ids else 0
