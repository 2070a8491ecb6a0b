"""Documents, listings and single answers on their way from Graph to disk, and into what has been gathered."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.snapshot.raw import Complaint, Missing, Origin, RawRows
from mfa_audit.sources.graph.gathered import NAME, Gathered, refused, rows_of
from mfa_audit.sources.graph.licence import refused_listing
from mfa_audit.sources.graph.once import refuse_repeated
from mfa_audit.sources.graph.paging import MOST_RESTARTS, read_listing, read_short
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mfa_audit.clock import Clock
    from mfa_audit.progress import Progress
    from mfa_audit.sources.graph.client import Client
    from mfa_audit.sources.graph.endpoints import Listing, Single
    from mfa_audit.sources.graph.kept import Kept, Shelf

    Keep = Callable[[dict[str, msgspec.Raw]], bytes]


@dataclass
class Reading:
    """One reading of a tenant: ``found`` so far, kept on the ``shelf``. Several threads use it."""

    shelf: Shelf
    clock: Clock
    progress: Progress
    found: Gathered = field(default_factory=Gathered)
    _lock: Lock = field(default_factory=Lock)

    def document(self, single: Single, client: Client) -> None:
        """A policy document, or why it is missing."""
        try:
            if single.paged:
                rows = read_short(client, single.path, single.family)
                content: Any = {"value": [_decoded(row, single.keep) for row in rows]}
            else:
                content = _document(client, single)
        except Refusal as told:
            self.found.miss(refused(single.name, single.permission, single.without, told))
        else:
            self.found.add_document(single.name, content)

    def listing(self, listing: Listing, client: Client) -> None:
        """A listing, whole, or why it is missing or not whole."""
        try:
            kept = self.kept(client, listing)
        except Refusal as told:
            self.found.miss(refused_listing(client, listing, told))
            return
        self.found.add(rows_of(listing, kept), kept.began)
        if kept.reason:
            self.found.miss(Missing(listing.collected_as, kept.reason))
        elif kept.short:
            counted = kept.rows + kept.short if kept.counted is None else kept.counted
            self.found.note(Complaint(
                f"fewer read than Graph counts: {listing.collected_as}", kept.short, (),
                f"{counted - kept.short} were read where Graph counts {counted}, which may lag by a few: what is "
                "missing is in no figure", "compare with the next night.",
            ))

    def kept(self, client: Client, listing: Listing, keep: Keep | None = None) -> Kept:
        """A listing on disk, from an earlier run where that is whole and young. Raises as
        :func:`mfa_audit.sources.graph.paging.read_listing`."""
        asked = f"{listing.path} {' '.join(sorted(listing.keys))}"
        found = self.shelf.find(listing.name, asked)
        if found is not None:
            return found
        began = self.clock.now()
        with self.shelf.writing(listing.name) as out:
            read = read_listing(client, listing, out, self._advance, keep)
        return self.shelf.keep(listing.name, asked, read.rows, began, read.counted, read.reason,
                               read.short)

    def add_lines(self, name: str, table: str, fields: Mapping[str, str], lines: Iterable[bytes]) -> RawRows:
        """Rows for ``table`` that come one by one, on disk."""
        began, rows = self.clock.now(), 0
        with self.shelf.writing(name) as out:
            for line in lines:
                out.write(line)
                rows += 1
        kept = self.shelf.keep(name, "", rows, began, None, "")
        origin = Origin(f"{NAME}: {name}", kept.sha256, name)
        raw = RawRows(table, kept.path, "ndjson", dict(fields), rows, origin)
        self.found.add(raw, began)
        return raw

    def _advance(self, rows: int) -> None:
        with self._lock:
            self.progress.advance(rows)


def _document(client: Client, single: Single) -> dict[str, Any]:
    """A single document. Raises :class:`Refusal` when what comes is another one every time."""
    name, kind = single.own
    for _ in range(MOST_RESTARTS):
        content = client.ask(single.path, single.family, _object)
        if isinstance(content.get(name), kind):
            return content
    raise Refusal(200, "", f"its answer has no {name}")


def _object(body: bytes) -> dict[str, Any]:
    refuse_repeated(body)
    told: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    if "error" in told:
        raise ValueError("an error in place of the document")
    return told


def _decoded(row: dict[str, msgspec.Raw], keep: tuple[str, ...]) -> dict[str, Any]:
    return {key: msgspec.json.decode(value) for key, value in row.items() if not keep or key in keep}
