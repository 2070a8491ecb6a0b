"""What is asked of Graph because of what it has answered: a second look, members, single accounts, activity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from mfa_audit.snapshot.activity import CARRIED, carried
from mfa_audit.snapshot.raw import Complaint, Missing
from mfa_audit.sources.graph import activity, endpoints
from mfa_audit.sources.graph.crosscheck import coverage
from mfa_audit.sources.graph.domains import unlisted_domains
from mfa_audit.sources.graph.gathered import Gathered, refused, rows_of
from mfa_audit.sources.graph.groups import with_group, without_holder
from mfa_audit.sources.graph.lines import read_lines
from mfa_audit.sources.graph.lookup import Lookup
from mfa_audit.sources.graph.places import unlisted_places
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mfa_audit.clock import Clock
    from mfa_audit.snapshot.raw import RawRows
    from mfa_audit.snapshot.store import Snapshot
    from mfa_audit.sources.graph.client import Client
    from mfa_audit.sources.graph.endpoints import Listing
    from mfa_audit.sources.graph.kept import Kept
    from mfa_audit.sources.graph.pacing import Pace
    from mfa_audit.sources.graph.reading import Reading

_METHODS = {name: endpoints.REGISTRATIONS.fields[name] for name in ("account_id", "methods", "updated_at")}
CARRIED_FOR = timedelta(days=14)
"""How long an account keeps an answer about its sign-ins that has not been given anew."""


@dataclass(frozen=True)
class Steps:
    """The steps after the listings, each a task for one client; what they find and miss goes to ``reading.found``."""

    _reading: Reading
    _pace: Pace
    _clock: Clock

    @property
    def _found(self) -> Gathered:
        return self._reading.found

    def cross_check(self, client: Client) -> None:
        """Read the registration report once more when many accounts are missing in it, then believe what it says."""
        listing = endpoints.REGISTRATIONS
        accounts, report = self._found.of("accounts"), self._found.of("registrations")
        if accounts is None or report is None:
            return
        seen = coverage(accounts.path, report.path, self._clock.now())
        if not seen.is_whole:
            self._reading.shelf.drop(listing.name)
            self._found.drop(report)
            self._reading.listing(listing, client)
            again = self._found.of("registrations")
            seen = seen if again is None else coverage(accounts.path, again.path, self._clock.now())
        if not seen.is_whole:
            self._found.miss(Missing(listing.collected_as, f"{seen.without} of {seen.expected} accounts that should be "
                                     "in the registration report are not"))

    def roles(self, _client: Client) -> None:
        """Say how many assignments of roles name nobody, and when there is none: somebody runs every tenant."""
        active = self._found.of(endpoints.ROLE_ASSIGNMENTS.name)
        if active is not None and not active.rows:
            self._found.miss(Missing("role_assignments", "Graph lists no active role, and every tenant has one"))
        lost = without_holder(self._found.rows)
        if lost:
            self._found.miss(Missing("role_assignments", f"in {lost} assignments who holds the role cannot be read"))

    def places(self, _client: Client) -> None:
        """Say which locations policies name that are not listed."""
        reason = unlisted_places(self._found.documents)
        if reason:
            self._found.miss(Missing("named_locations", reason))

    def domains(self, _client: Client) -> None:
        """Say which domains the tenant has that are not listed."""
        accounts = self._found.of("accounts")
        reason = unlisted_domains(self._found.documents, None if accounts is None else accounts.path)
        if reason:
            self._found.miss(Missing("domains", reason))

    def members(self, groups: Iterable[str], named: frozenset[str], client: Client) -> None:
        """The members of ``groups``, each group whole or named among what is missing; one that is not there is missing
        as well when the policy has ``named`` it."""
        gone: dict[str, bool] = {}
        any_missing = False
        for group in groups:
            missing = self._members_of(group, named, client, gone)
            if missing is not None:
                any_missing = True
                self._found.miss(missing)
        if gone or not any_missing:
            # Groups read whole are listed too: one without members is not one that was not read, nor one that is gone.
            lines = [msgspec.json.encode({"id": group, "members": [], "deleted": is_gone}) + b"\n"
                     for group, is_gone in gone.items()]
            fields = {"group_id": "id", "members": "members", "deleted": "deleted"}
            self._reading.add_lines("groups", "groups", fields, lines)

    def _members_of(self, group: str, named: frozenset[str], client: Client, gone: dict[str, bool]) -> Missing | None:
        """Read one group; notes in ``gone`` whether a group that is settled is gone."""
        listing = endpoints.members(group)
        try:
            kept = self._reading.kept(client, listing, with_group(group))
        except Refusal as told:
            if told.status == 403:
                return refused(listing.collected_as, listing.permission, listing.without, told)
            if told.is_gone and group not in named:
                gone[group] = True
                return None
            if told.is_gone:
                return Missing(listing.collected_as, f"group {group}, which the policy names, is not there: correct "
                               "its id, or take it out of the policy")
            return Missing(listing.collected_as, f"group {group}: Graph refused it ({told}): {listing.without}")
        if kept.reason:
            return Missing(listing.collected_as, f"group {group}: {kept.reason}")
        gone[group] = False
        self._found.add(rows_of(listing, kept), kept.began)
        return None

    def look_up(self, limit: int, client: Client) -> None:
        """Registrations account by account, where the report is not licensed and the tenant is small."""
        raw = self._found.of("accounts")
        if raw is None or raw.rows > limit:
            return
        accounts = _ids_of(raw)
        listing = endpoints.REGISTRATIONS
        asked = Lookup(client, self._pace, self._clock)
        try:
            self._reading.add_lines("methods", "registrations", _METHODS, asked.registrations(accounts))
        except Refusal as told:
            self._found.miss(refused(listing.collected_as, endpoints.METHODS.permission, listing.without, told))
        else:
            self._found.found_after_all(listing.collected_as)
            self._miss_failed(listing.collected_as, asked)

    def privileged_methods(self, accounts: Sequence[str], client: Client) -> None:
        """The methods of privileged ``accounts`` as they are now, beside the registration report; a tenant without the
        licence for it has had everybody's methods read already."""
        question = endpoints.METHODS
        report = self._found.of("registrations")
        if report is None:
            if self._found.of("methods") is None:
                self._found.miss(Missing(question.name, f"the registration report was not read: {question.without}"))
            return
        asked = Lookup(client, self._pace, self._clock)
        try:
            self._reading.add_lines(question.name, "registrations", _METHODS,
                                    asked.privileged(_reported(report, accounts)))
        except Refusal as told:
            self._found.miss(refused(question.name, question.permission, question.without, told))
        else:
            self._miss_failed(question.name, asked)

    def per_user_mfa(self, limit: int, privileged: Sequence[str], client: Client) -> None:
        """The per-user MFA state: of everybody in a tenant of up to ``limit`` accounts, else of the ``privileged``."""
        question = endpoints.PER_USER_MFA
        raw = self._found.of("accounts")
        if raw is None:
            self._found.miss(Missing(question.name, f"the accounts were not read: {question.without}"))
            return
        accounts = _ids_of(raw) if raw.rows <= limit else privileged
        asked = Lookup(client, self._pace, self._clock)
        try:
            self._reading.add_lines(question.name, "accounts", {"account_id": "id", "per_user_mfa": "perUserMfaState"},
                                    asked.per_user_mfa(accounts))
        except Refusal as told:
            self._found.miss(refused(question.name, question.permission, question.without, told))
            return
        self._miss_failed(question.name, asked)
        if raw.rows > limit:
            self._found.note(Complaint(
                "per-user MFA: of privileged accounts alone", raw.rows - len(accounts), (),
                f"of the others it is not known whether the per-user setting asks for MFA: the tenant has more than "
                f"{limit} accounts", "nothing, unless the tenant still uses per-user MFA: sources.method_lookup_limit.",
            ))

    def _miss_failed(self, name: str, asked: Lookup) -> None:
        for reason in asked.doubts():
            self._found.miss(Missing(name, reason))

    def activity(self, requests: int, needed: Sequence[str], earlier: Snapshot | None, client: Client) -> None:
        """Last sign-ins: everybody's, or in rotation, when whoever was not asked about keeps the answer that the
        ``earlier`` snapshot has, with its date."""
        listed, listing = self._found.of("accounts"), endpoints.SIGN_IN_ACTIVITY
        if listed is None:
            self._found.miss(Missing(listing.collected_as, f"the accounts were not read: {listing.without}"))
            return
        now = self._clock.now()

        def reading(one: Listing, keep: Callable[[dict[str, msgspec.Raw]], bytes]) -> Kept:
            return self._reading.kept(client, one, keep)

        try:
            whole = activity.read_everybody(reading, listed, requests, now)
            read = [whole] if whole is not None else activity.read_in_rotation(
                client, reading, listed, activity.Rotation(requests, needed, earlier), now)
        except Refusal as told:
            # The registration report needs the same licence: where that was answered, the tenant has it.
            optional = listing.optional and self._found.of(endpoints.REGISTRATIONS.name) is None
            self._found.miss(refused(listing.collected_as, listing.permission, listing.without, told,
                                     optional=optional))
            return
        for reason in sorted({kept.reason for kept in read if kept.reason}):
            self._found.miss(Missing(listing.collected_as, reason))
        if whole is not None:
            self._found.add(replace(rows_of(listing, whole), fields=activity.FIELDS), whole.began)
            return
        asked = self._reading.add_lines(listing.name, listing.table, activity.FIELDS, _lines(read))
        kept = 0
        if earlier is not None:
            kept = self._reading.add_lines(
                f"{listing.name} of earlier nights", listing.table, CARRIED,
                carried(listed.path, asked.path, earlier, now - CARRIED_FOR)).rows
        if asked.rows < listed.rows:
            self._found.note(_rotation(listed.rows, asked.rows, kept))


def _rotation(everybody: int, asked: int, kept: int) -> Complaint:
    return Complaint(
        "sign-in activity: read in rotation", everybody - asked, (),
        f"{asked} of {everybody} accounts were asked about; {kept} keep an answer of up to {CARRIED_FOR.days} days "
        f"before, with its date; of the other {everybody - asked - kept} it is not known",
        "it goes on next night; to read more in one, raise sign_in_activity_requests and deadline_seconds.",
    )


class _Id(msgspec.Struct):
    id: str = ""


class _Report(msgspec.Struct):
    id: str = ""
    methods: list[str] | None = msgspec.field(name="methodsRegistered", default_factory=lambda: ["unreadable"])


def _ids_of(raw: RawRows) -> list[str]:
    return sorted({row.id for row in read_lines(raw.path, _Id)})


def _reported(report: RawRows, accounts: Sequence[str]) -> dict[str, list[str]]:
    """The methods that the report names for ``accounts``; none for those it has no row of."""
    found: dict[str, list[str]] = {account: [] for account in accounts}
    for row in read_lines(report.path, _Report):
        if row.id.lower() in found:
            found[row.id.lower()] += row.methods or ()
    return found


def _lines(listings: Iterable[Kept]) -> Iterator[bytes]:
    for each in listings:
        with each.path.open("rb") as lines:
            yield from lines
