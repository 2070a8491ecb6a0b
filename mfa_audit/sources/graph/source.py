"""A tenant read from Microsoft Graph: listings side by side, each within its own limit, then what depends on them.

What is refused or comes in part is said in :class:`mfa_audit.snapshot.raw.Missing`, never left out in silence.
"""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mfa_audit.progress import SILENT, Progress
from mfa_audit.snapshot.raw import Missing
from mfa_audit.sources.graph import endpoints
from mfa_audit.sources.graph.client import Client, Tokens, Wire
from mfa_audit.sources.graph.groups import groups_of_policies, groups_with_roles
from mfa_audit.sources.graph.pacing import Stopped
from mfa_audit.sources.graph.privileged import privileged
from mfa_audit.sources.graph.reading import Reading
from mfa_audit.sources.graph.skew import refuse_skew, skew_note
from mfa_audit.sources.graph.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mfa_audit.clock import Clock
    from mfa_audit.snapshot.raw import Inputs
    from mfa_audit.snapshot.store import Snapshot
    from mfa_audit.sources.graph.kept import Shelf
    from mfa_audit.sources.graph.pacing import Pace

    Task = Callable[[Client], None]
    Earlier = Callable[[str], Snapshot | None]

_SIDE_BY_SIDE = 3
_OF_FEW = frozenset({"privileged_methods", "per_user_mfa"})


@dataclass(frozen=True)
class Wanted:
    """What to read: the names settings ``collect`` lists, the field of the organisation (of
    :data:`mfa_audit.snapshot.raw.RAW_FIELDS`), the ``groups`` the policy names, the privileged accounts it has
    ``named``, those ``watched`` because they count only when used, the ``privileged_groups`` whose members it calls
    privileged (all in lower case), up to how many accounts are looked up one by one, and how many requests a night for
    sign-in activity."""

    collect: tuple[str, ...]
    organisation_field: str
    groups: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()
    privileged_groups: frozenset[str] = frozenset()
    lookup_limit: int = 0
    activity_requests: int = 2400


class GraphSource:
    """One reading of one tenant. ``shelf`` is where it is kept as it arrives, and what a killed reading left there is
    taken over; ``pace`` bounds it all, sign-in included."""

    def __init__(self, wire: Wire, tokens: Tokens, clock: Clock, pace: Pace, shelf: Shelf,
                 progress: Progress = SILENT) -> None:
        self._wire = wire
        self._tokens = tokens
        self._clock = clock
        self._pace = pace
        self._progress = progress
        self._skews: list[float] = []
        self._reading = Reading(shelf, clock, progress)

    def read(self, wanted: Wanted, earlier: Earlier = lambda _: None) -> Inputs:
        """Everything ``wanted``, as rows and documents for a snapshot; ``earlier`` gives the last snapshot of the
        tenant with the id it is asked for (empty: not known).

        Raises what :meth:`mfa_audit.sources.graph.client.Client.ask` raises but for :class:`Refusal`,
        :class:`IncompleteData` for a clock far out and for a tenant without an organisation, and
        :class:`mfa_audit.errors.OutputFailed`.
        """
        self._progress.start("reading Microsoft Graph")
        reading, found = self._reading, self._reading.found
        chosen = frozenset(wanted.collect)
        steps = Steps(reading, self._pace, self._clock)
        try:
            self._side_by_side([partial(reading.document, endpoints.ORGANISATION)])
            found.refuse_nameless()
            self._side_by_side([
                *(partial(reading.document, single) for single in endpoints.documents(wanted.collect)[1:]),
                *(partial(reading.listing, listing)
                  for listing in endpoints.listings(wanted.collect, wanted.organisation_field)
                  if listing is not endpoints.SIGN_IN_ACTIVITY),
            ])
            self._side_by_side([steps.cross_check, steps.roles, steps.places, steps.domains])
            if found.lacks_licence("registrations"):
                self._side_by_side([partial(steps.look_up, wanted.lookup_limit)])
            if "group_members" in chosen:
                policies = groups_of_policies(found.documents)
                for name in sorted(policies.unreadable):
                    found.miss(Missing(name, "it is not what Graph writes: whom it names is not known"))
                groups = wanted.groups | policies.groups | groups_with_roles(found.rows)
                self._side_by_side([partial(steps.members, sorted(groups), wanted.groups)])
            few = privileged(found.rows, wanted.privileged_groups, wanted.named) if chosen & _OF_FEW else []
            self._side_by_side([task for name, task in (
                ("privileged_methods", partial(steps.privileged_methods, few)),
                ("per_user_mfa", partial(steps.per_user_mfa, wanted.lookup_limit, few)),
            ) if name in chosen])
            if "sign_in_activity" in chosen:
                needed = privileged(found.rows, wanted.privileged_groups, wanted.named | wanted.watched)
                self._side_by_side([partial(steps.activity, wanted.activity_requests, needed,
                                            earlier(found.tenant_id))])
        finally:
            self._progress.finish()
        note = skew_note(max(self._skews, key=abs, default=None))
        if note is not None:
            found.note(note)
        return found.inputs()

    def clear(self) -> None:
        """Forget what was kept on the way: the snapshot has it."""
        self._reading.shelf.clear()

    def _side_by_side(self, tasks: Iterable[Task]) -> None:
        """Do everything, some at a time; when one cannot go on, or the run is ended, the others stop soon."""
        running: list[Future[None]] = []
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            try:
                running += [pool.submit(self._with_client, task) for task in tasks]
                wait(running, return_when=FIRST_EXCEPTION)
            finally:
                if not all(future.done() for future in running):
                    self._pace.stop()
                    for future in running:
                        future.cancel()
        errors = [error for future in running if not future.cancelled() and (error := future.exception())]
        if errors:
            raise min(errors, key=lambda error: isinstance(error, Stopped))

    def _with_client(self, task: Task) -> None:
        client = Client(self._wire, self._tokens, self._pace, self._clock)
        try:
            task(client)
            refuse_skew(client.skew)
            if client.skew is not None:
                self._skews.append(client.skew)
        finally:
            client.close()
