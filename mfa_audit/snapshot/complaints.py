"""Blemishes found while typing: counted by SQL, and their places looked up for the few that are shown."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.snapshot.raw import Complaint, RawRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHOWN = 5
"""How many places a complaint names."""

_RECORD_BITS = 32
POSITION = f"(src::BIGINT << {_RECORD_BITS}) | rec"
"""SQL: one number for a row of a source, in source order, then record order."""


@dataclass(frozen=True)
class _Found:
    check: str
    count: int
    positions: tuple[int, ...]
    effect: str
    fix: str
    grave: bool


class Complaints:
    """Collects blemishes; :meth:`result` turns positions into ``file:line``."""

    def __init__(self, sources: Sequence[RawRows]) -> None:
        self._sources = sources
        self._found: list[_Found] = []

    def add(
        self, check: str, count: int, positions: Sequence[int] | None = None, *, effect: str = "", fix: str = "",
        grave: bool = False,
    ) -> None:
        """Note ``count`` cases of ``check`` (none: nothing is noted); ``positions`` are numbers of
        :data:`POSITION`, smallest first."""
        if count:
            self._found.append(_Found(check, count, tuple(positions or ())[:SHOWN], effect, fix, grave))

    def result(self) -> tuple[Complaint, ...]:
        """The complaints in a fixed order, with the places of their first examples."""
        places = places_of(self._sources, [position for found in self._found for position in found.positions])
        complaints = [
            Complaint(found.check, found.count, tuple(places[position] for position in found.positions),
                      found.effect, found.fix, found.grave)
            for found in self._found
        ]
        return tuple(sorted(complaints, key=lambda each: (each.check, each.effect, each.fix, each.count)))


def places_of(sources: Sequence[RawRows], positions: Iterable[int]) -> dict[int, str]:
    """Numbers of :data:`POSITION` as ``file:line``."""
    wanted: dict[int, set[int]] = {}
    for position in positions:
        source, record = place_of(position)
        wanted.setdefault(source, set()).add(record)
    found = {source: lines_of(sources[source], records) for source, records in wanted.items()}
    return {
        (source << _RECORD_BITS) | record: place for source, places in found.items() for record, place in places.items()
    }


def place_of(position: int) -> tuple[int, int]:
    """The source and the record, from 1, of a number of :data:`POSITION`."""
    return position >> _RECORD_BITS, position & ((1 << _RECORD_BITS) - 1)


def lines_of(source: RawRows, records: set[int]) -> dict[int, str]:
    """Record numbers, from 1, as ``name:line``; a source whose lines mean nothing names the record."""
    origin = source.origin
    if not origin.line:
        return {record: f"{origin.name} (record {record})" for record in records}
    if source.format == "ndjson":
        return {record: f"{origin.name}:{origin.line + record - 1}" for record in records}
    breaks = [(1, origin.line), *source.breaks]
    firsts = [record for record, _ in breaks]
    found = {}
    for record in records:
        first, line = breaks[bisect_right(firsts, record) - 1]
        found[record] = f"{origin.name}:{line + record - first}"
    return found
