"""Whether a night of Graph would work: sign-in, permissions granted and surplus, licence, clock, every address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.checks import Check, State
from mfa_audit.errors import MfaAuditError
from mfa_audit.sources.graph import endpoints
from mfa_audit.sources.graph.batch import ask_each
from mfa_audit.sources.graph.certificate import SOON, certificate_expiry
from mfa_audit.sources.graph.client import Client
from mfa_audit.sources.graph.granted import OPAQUE, Granted
from mfa_audit.sources.graph.licence import PERMISSION as TO_SEE_LICENCES
from mfa_audit.sources.graph.licence import doubt
from mfa_audit.sources.graph.pacing import Family, Pace
from mfa_audit.sources.graph.paging import number
from mfa_audit.sources.graph.refusals import Refusal
from mfa_audit.sources.graph.skew import WARNED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.auth import EntraTokens
    from mfa_audit.sources.graph.client import Wire
    from mfa_audit.sources.graph.endpoints import Listing, Question

_ENOUGH_SECONDS = 600.0


def check_certificate(path: Path, passphrase: str | None, now: datetime) -> Check:
    """How long the certificate is good for."""
    try:
        expiry = certificate_expiry(path, passphrase)
    except MfaAuditError as error:
        return _problem("certificate", error)
    left = expiry - now
    found = f"good until {expiry:%d %B %Y}"
    if left < timedelta(0):
        return Check("certificate", State.PROBLEM, f"it ended on {expiry:%d %B %Y}",
                     "make a new one and upload its public part to the application.")
    if left < SOON:
        return Check("certificate", State.PROBLEM, f"{found}: {left.days} days left",
                     "make a new one now and upload its public part to the application.")
    return Check("certificate", State.OK, found)


def check_graph(wire: Wire, tokens: EntraTokens, clock: Clock, tenant: str, collect: Iterable[str],
                organisation_field: str, beside: frozenset[str] = frozenset()) -> Iterator[Check]:
    """Sign in and ask every address of ``collect`` for one row. What stops the rest ends it. ``beside``: permissions
    that are needed for something else than reading."""
    try:
        granted = tokens.granted()
    except MfaAuditError as error:
        yield _problem("sign-in", error)
        return
    yield Check("sign-in", State.OK, f"a token for tenant {granted.tenant or 'unknown'}")
    chosen = tuple(collect)
    useful = {TO_SEE_LICENCES for listing in endpoints.listings(chosen, organisation_field) if listing.plans}
    yield from _permissions(granted, beside | frozenset(endpoints.permissions(chosen)), useful)
    pace = Pace(clock, clock.monotonic() + _ENOUGH_SECONDS)
    client = Client(wire, tokens, pace, clock)
    try:
        yield from _Asking(client, pace, clock).everything(tenant, chosen, organisation_field)
    except MfaAuditError as error:
        yield _problem("Microsoft Graph", error)
    finally:
        client.close()
    yield _clocks(client.skew)


@dataclass(frozen=True)
class _Asking:
    """Every address asked once, by one client."""

    client: Client
    pace: Pace
    clock: Clock

    def everything(self, tenant: str, collect: tuple[str, ...], organisation_field: str) -> Iterator[Check]:
        yield self._organisation(tenant)
        for listing in endpoints.listings(collect, organisation_field):
            yield self._listing(listing)
        for single in endpoints.documents(collect)[1:]:
            yield self._answer(single.name, single.path, single.family, single.permission, single.without, single.own)
        if "group_members" in collect:
            yield self._members()
        yield from self._of_one_account(collect)

    def _listing(self, listing: Listing) -> Check:
        """The first row, and where it has one, the count without which it is not known to be whole."""
        address = endpoints.first_page(listing, 1 if listing.sizes else None)
        found = self._answer(listing.name, address, listing.family, listing.permission, listing.without,
                             optional=listing.optional)
        if found.state is State.NOTE and listing.plans and (unsure := doubt(self.client, listing)):
            grant = f"grant {unsure.permission} to the application." if unsure.permission else "run again later."
            return Check(listing.name, State.PROBLEM, f"Graph says that the tenant has no licence for it, "
                         f"{unsure.reason}: {listing.without}", grant)
        if found.state is not State.OK or not listing.counted_at:
            return found
        return self._asked(listing.name, listing.permission, "a part would look whole", lambda: self.client.ask(
            listing.counted_at, listing.family, number, headers=endpoints.EVENTUAL) >= 0)

    def _members(self) -> Check:
        """The members of the first group there is, and their count."""
        name, permission = "group_members", endpoints.MEMBERS_PERMISSION
        without = "who a policy or exemption covers is not known"
        path = "/v1.0/groups?$select=id&$top=1"
        found = self._answer(name, path, Family.DIRECTORY, permission, without)
        group = self._first(path) if found.state is State.OK else None
        return found if group is None else self._listing(replace(endpoints.members(group), name=name))

    def _of_one_account(self, collect: tuple[str, ...]) -> Iterator[Check]:
        """What is asked of one account at a time, asked of the first one there is as a night asks it: in a batch."""
        chosen = [each for each in endpoints.QUESTIONS if each.name in collect]
        try:
            account = self._first("/v1.0/users?$select=id&$top=1") if chosen else None
        except Refusal:
            return  # the accounts have a line of their own
        for question in chosen if account is not None else ():
            yield self._asked(question.name, question.permission, question.without,
                              partial(self._in_batch, question, account or ""))

    def _in_batch(self, question: Question, account: str) -> bool:
        path = question.path(account)
        ((_, answer),) = ask_each(self.client, self.pace, self.clock, Family.DIRECTORY, [path], question.version)
        if isinstance(answer, Refusal):
            raise answer
        name, kind = question.own
        return isinstance(answer.get(name), kind)

    def _organisation(self, tenant: str) -> Check:
        name, single = "tenant", endpoints.ORGANISATION
        found = self._answer(name, single.path, single.family, single.permission, single.without)
        if found.state is not State.OK:
            return found
        told = [each for each in self._rows(single.path) if isinstance(each, dict)]
        seen = [str(each.get("id")) for each in told]
        if len(seen) != 1 or (len(tenant) == 36 and tenant.casefold() != seen[0].casefold()):
            found_instead = f"Graph answers for {', '.join(seen) or 'nobody'}, the settings name {tenant}"
            return Check(name, State.PROBLEM, found_instead, "correct 'tenant' or the credential.")
        verified = told[0].get("verifiedDomains")
        domains = [str(each.get("name")).casefold() for each in verified or () if isinstance(each, dict)]
        if "." in tenant and domains and tenant.casefold() not in domains:
            return Check(name, State.PROBLEM, f"Graph answers for {seen[0]}, which has no domain {tenant}",
                         "correct 'tenant' or the credential.")
        return Check(name, State.OK, f"{told[0].get('displayName') or 'unnamed'} ({seen[0]})")

    def _answer(self, name: str, address: str, family: Family, permission: str, without: str,
                own: tuple[str, type] = ("value", list), *, optional: bool = False) -> Check:
        def is_it() -> bool:
            told = self.client.ask(address, family, _anything)
            return isinstance(told, dict) and "error" not in told and isinstance(told.get(own[0]), own[1])

        return self._asked(name, permission, without, is_it, optional=optional)

    def _asked(self, name: str, permission: str, without: str, ask: Callable[[], bool], *,
               optional: bool = False) -> Check:
        try:
            if ask():
                return Check(name, State.OK, "answered")
        except Refusal as refused:
            return _refused(name, permission, without, refused, optional=optional)
        return Check(name, State.PROBLEM, f"the answer is not what Graph writes: {without}",
                     "look at the proxy between this machine and Graph; run again.")

    def _rows(self, path: str) -> list[Any]:
        told = self.client.ask(path, Family.DIRECTORY, _anything)
        rows = told.get("value") if isinstance(told, dict) else None
        return rows if isinstance(rows, list) else []

    def _first(self, path: str) -> str | None:
        return next((str(each["id"]) for each in self._rows(path) if isinstance(each, dict) and each.get("id")), None)


def _clocks(skew: float | None) -> Check:
    if skew is None:
        return Check("clock", State.NOTE, "Graph did not say what time it is")
    found = f"{abs(skew):.0f} seconds apart from Graph's"
    if abs(skew) > WARNED:
        return Check("clock", State.PROBLEM, found, "correct this machine's clock.")
    return Check("clock", State.OK, found)


def _permissions(granted: Granted, needed: frozenset[str], useful: AbstractSet[str]) -> Iterator[Check]:
    if granted is OPAQUE:
        yield Check("permissions", State.NOTE, "the token does not say which it carries")
        return
    lacking = sorted(needed - granted.permissions)
    said = f"; not granted: {', '.join(lacking)}" if lacking else ""
    yield Check("permissions", State.NOTE if lacking else State.OK,
                f"granted: {', '.join(sorted(granted.permissions)) or 'none'}{said}")
    changing, beyond = sorted(granted.changing - needed), sorted(granted.beyond(needed | useful))
    if changing:
        yield Check("surplus permissions", State.PROBLEM, f"{', '.join(changing)}: nothing here needs them",
                    "take them away from the application.")
    elif not beyond:
        yield Check("surplus permissions", State.OK, "none")
    if beyond:
        yield Check("surplus permissions to read", State.NOTE, f"'collect' does not need {', '.join(beyond)}",
                    "take them away from the application, unless 'collect' is to grow.")


def _refused(name: str, permission: str, without: str, told: Refusal, *, optional: bool = False) -> Check:
    if told.unlicensed:
        return Check(name, State.NOTE if optional else State.PROBLEM, f"not licensed: {without}",
                     "Entra ID P1 or P2 is needed; or take it out of 'collect'.")
    if told.status == 403:
        return Check(name, State.PROBLEM, f"refused: {without}", f"grant {permission} to the application.")
    return Check(name, State.PROBLEM, f"{told}: {without}", "look the code up in the Graph reference.")


def _problem(name: str, error: MfaAuditError) -> Check:
    place = f"{error.where}: " if error.where else ""
    return Check(name, State.PROBLEM, f"{place}{error.message}", error.next_step)


def _anything(body: bytes) -> object:
    told: object = msgspec.json.decode(body)
    return told
