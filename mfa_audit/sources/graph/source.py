"""A tenant read from Microsoft Graph: listings side by side, each within its own limit, then groups.

What is refused or comes in part is said in :class:`mfa_audit.snapshot.raw.Missing`, never left out in silence.
"""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.errors import IncompleteData
from mfa_audit.progress import SILENT, Progress
from mfa_audit.snapshot.raw import Inputs, Missing, Origin, RawRows
from mfa_audit.sources.graph import endpoints, lookup
from mfa_audit.sources.graph.client import Client, Tokens, Wire
from mfa_audit.sources.graph.crosscheck import coverage
from mfa_audit.sources.graph.gathered import NAME, Gathered, refused, rows_of
from mfa_audit.sources.graph.groups import groups_of_policies, groups_with_roles, with_group
from mfa_audit.sources.graph.kept import Kept, Shelf
from mfa_audit.sources.graph.pacing import Pace, Stopped
from mfa_audit.sources.graph.paging import read_listing, read_short
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.endpoints import Listing, Single

    Task = Callable[[Client], None]
    Keep = Callable[[dict[str, msgspec.Raw]], bytes]

_SIDE_BY_SIDE = 3
_REFUSED_SKEW = 900.0
_YOUTH = timedelta(hours=6)


@dataclass(frozen=True)
class Wanted:
    """What to read: the names settings ``collect`` lists, the field of the organisation (of
    :data:`mfa_audit.snapshot.raw.RAW_FIELDS`), the ``groups`` the policy names, and up to how many accounts are looked
    up one by one where the tenant has no licence for the registration report."""

    collect: tuple[str, ...]
    organisation_field: str
    groups: frozenset[str] = frozenset()
    lookup_limit: int = 0


class GraphSource:
    """One reading of one tenant. ``shelf_folder`` is where it is kept as it arrives; what a killed reading left there
    whole, and not older than six hours, is taken over. ``deadline_seconds`` from now bounds it all."""

    def __init__(self, wire: Wire, tokens: Tokens, clock: Clock, shelf_folder: Path, *, deadline_seconds: float,
                 progress: Progress = SILENT) -> None:
        self._wire = wire
        self._tokens = tokens
        self._clock = clock
        self._pace = Pace(clock, clock.monotonic() + deadline_seconds)
        self._shelf = Shelf(shelf_folder, clock.now(), _YOUTH)
        self._progress = progress
        self._lock = Lock()
        self._found = Gathered()

    def read(self, wanted: Wanted) -> Inputs:
        """Everything ``wanted``, as rows and documents for a snapshot.

        Raises what :meth:`mfa_audit.sources.graph.client.Client.ask` raises but for :class:`Refusal`,
        :class:`IncompleteData` for a clock far out, and :class:`mfa_audit.errors.OutputFailed`.
        """
        self._progress.start("reading Microsoft Graph")
        try:
            self._side_by_side([
                *(partial(self._document, single) for single in endpoints.documents(wanted.collect)),
                *(partial(self._listing, listing)
                  for listing in endpoints.listings(wanted.collect, wanted.organisation_field)),
            ])
            self._side_by_side([self._cross_check])
            if self._found.lacks_licence("registrations"):
                self._side_by_side([partial(self._look_up, wanted.lookup_limit)])
            if "group_members" in wanted.collect:
                groups = wanted.groups | groups_of_policies(self._found.documents) | groups_with_roles(self._found.rows)
                self._side_by_side([partial(self._members, sorted(groups))])
        finally:
            self._progress.finish()
        return self._found.inputs()

    def clear(self) -> None:
        """Forget what was kept on the way: the snapshot has it."""
        self._shelf.clear()

    def _side_by_side(self, tasks: Iterable[Task]) -> None:
        """Do everything, some at a time; when one cannot go on, the others stop at their next request."""
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            running = [pool.submit(self._with_client, task) for task in tasks]
            _, waiting = wait(running, return_when=FIRST_EXCEPTION)
            if waiting:
                self._pace.stop()
                for future in waiting:
                    future.cancel()
        errors = [error for future in running if not future.cancelled() and (error := future.exception())]
        if errors:
            raise min(errors, key=lambda error: isinstance(error, Stopped))

    def _with_client(self, task: Task) -> None:
        client = Client(self._wire, self._tokens, self._pace, self._clock)
        try:
            task(client)
            _refuse_skew(client.skew)
        finally:
            client.close()

    def _document(self, single: Single, client: Client) -> None:
        try:
            if single.paged:
                rows = read_short(client, single.path, single.family)
                content: Any = {"value": [_decoded(row, single.keep) for row in rows]}
            else:
                content = client.ask(single.path, single.family, _object)
        except Refusal as told:
            self._found.miss(refused(single.name, single.permission, single.without, told))
        else:
            self._found.add_document(single.name, content)

    def _listing(self, listing: Listing, client: Client) -> None:
        try:
            kept = self._kept(client, listing)
        except Refusal as told:
            self._found.miss(refused(listing.collected_as, listing.permission, listing.without, told,
                                     optional=listing.optional))
            return
        self._found.add(rows_of(listing, kept), kept.began)
        if kept.reason:
            self._found.miss(Missing(listing.collected_as, kept.reason))

    def _cross_check(self, client: Client) -> None:
        """Read the registration report once more when many accounts are missing in it, then believe what it says."""
        listing = endpoints.REGISTRATIONS
        accounts, report = self._found.of("accounts"), self._found.of("registrations")
        if accounts is None or report is None:
            return
        seen = coverage(accounts.path, report.path, self._clock.now())
        if not seen.is_whole:
            self._shelf.drop(listing.name)
            self._found.drop(report)
            self._listing(listing, client)
            again = self._found.of("registrations")
            seen = seen if again is None else coverage(accounts.path, again.path, self._clock.now())
        if not seen.is_whole:
            self._found.miss(Missing(listing.collected_as, f"{seen.without} of {seen.expected} accounts that should be "
                                     "in the registration report are not"))

    def _members(self, groups: Iterable[str], client: Client) -> None:
        """The members of ``groups``, each group whole or named among what is missing."""
        whole: dict[str, bool] = {}
        for group in groups:
            listing = endpoints.members(group)
            try:
                kept = self._kept(client, listing, with_group(group))
            except Refusal as told:
                if told.status == 404:
                    whole[group] = True
                    continue
                self._found.miss(refused(listing.collected_as, listing.permission, listing.without, told))
                return
            if kept.reason:
                self._found.miss(Missing(listing.collected_as, f"group {group}: {kept.reason}"))
                continue
            whole[group] = False
            self._found.add(rows_of(listing, kept), kept.began)
        if whole:
            # Groups read whole are listed too: one without members is not one that was not read.
            lines = [msgspec.json.encode({"id": group, "members": [], "deleted": gone}) + b"\n"
                     for group, gone in whole.items()]
            fields = {"group_id": "id", "members": "members", "deleted": "deleted"}
            self._add_lines("groups", "groups", fields, lines)

    def _look_up(self, limit: int, client: Client) -> None:
        """Registrations account by account, where the report is not licensed and the tenant is small."""
        raw = self._found.of("accounts")
        if raw is None or raw.rows > limit:
            return
        accounts = sorted({_ids.decode(line).id for line in raw.path.read_bytes().splitlines()})
        listing = endpoints.REGISTRATIONS
        fields = {name: listing.fields[name] for name in ("account_id", "methods", "updated_at")}
        try:
            self._add_lines("methods", "registrations", fields,
                            lookup.registrations(client, self._pace, self._clock, accounts))
        except Refusal as told:
            self._found.miss(refused(listing.collected_as, lookup.PERMISSION, listing.without, told))
        else:
            self._found.found_after_all(listing.collected_as)

    def _add_lines(self, name: str, table: str, fields: dict[str, str], lines: Iterable[bytes]) -> None:
        began, rows = self._clock.now(), 0
        with self._shelf.writing(name) as out:
            for line in lines:
                out.write(line)
                rows += 1
        kept = self._shelf.keep(name, "", rows, began, None, "")
        self._found.add(RawRows(table, kept.path, "ndjson", fields, rows, Origin(f"{NAME}: {name}", kept.sha256, name)),
                        began)

    def _kept(self, client: Client, listing: Listing, keep: Keep | None = None) -> Kept:
        found = self._shelf.find(listing.name, listing.path)
        if found is not None:
            return found
        began = self._clock.now()
        with self._shelf.writing(listing.name) as out:
            read = read_listing(client, listing, out, self._advance, keep)
        return self._shelf.keep(listing.name, listing.path, read.rows, began, read.counted, read.reason)

    def _advance(self, rows: int) -> None:
        with self._lock:
            self._progress.advance(rows)


class _Id(msgspec.Struct):
    id: str


_ids = msgspec.json.Decoder(_Id)


def _object(body: bytes) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    if "error" in told:
        raise ValueError("an error in place of the document")
    return told


def _decoded(row: dict[str, msgspec.Raw], keep: tuple[str, ...]) -> dict[str, Any]:
    return {key: msgspec.json.decode(value) for key, value in row.items() if not keep or key in keep}


def _refuse_skew(skew: float | None) -> None:
    if skew is not None and abs(skew) > _REFUSED_SKEW:
        raise IncompleteData(
            f"this machine's clock and Graph's differ by {abs(skew) / 60:.0f} minutes, so nothing can be dated",
            next_step="correct this machine's clock.",
        )
