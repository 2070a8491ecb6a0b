"""Whether a night of Graph would work: sign-in, permissions granted and surplus, licence, clock, every address."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from mfa_audit.checks import Check, State
from mfa_audit.errors import MfaAuditError
from mfa_audit.sources.graph import endpoints
from mfa_audit.sources.graph.certificate import SOON, certificate_expiry
from mfa_audit.sources.graph.client import Client
from mfa_audit.sources.graph.pacing import Family, Pace
from mfa_audit.sources.graph.refusals import Refusal
from mfa_audit.sources.graph.skew import WARNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.auth import EntraTokens
    from mfa_audit.sources.graph.client import Wire

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
                organisation_field: str) -> Iterator[Check]:
    """Sign in and ask every address of ``collect`` for one row. What stops the rest ends it."""
    try:
        granted = tokens.granted()
    except MfaAuditError as error:
        yield _problem("sign-in", error)
        return
    yield Check("sign-in", State.OK, f"a token for tenant {granted.tenant or 'unknown'}")
    yield _surplus(granted.changing)
    client = Client(wire, tokens, Pace(clock, clock.monotonic() + _ENOUGH_SECONDS), clock)
    try:
        yield from _addresses(client, tenant, tuple(collect), organisation_field)
    except MfaAuditError as error:
        yield _problem("Microsoft Graph", error)
    finally:
        client.close()


def _addresses(client: Client, tenant: str, collect: tuple[str, ...], organisation_field: str) -> Iterator[Check]:
    yield _organisation(client, tenant)
    yield _clocks(client.skew)
    for listing in endpoints.listings(collect, organisation_field):
        address = endpoints.first_page(listing, 1 if listing.sizes else None)
        yield _answer(client, listing.name, address, listing.family, listing.permission, listing.without,
                      optional=listing.optional)
    for single in endpoints.documents(collect)[1:]:
        yield _answer(client, single.name, single.path, single.family, single.permission, single.without)
    if "group_members" in collect:
        yield _answer(client, "group_members", "/v1.0/groups?$select=id&$top=1", Family.DIRECTORY,
                      endpoints.MEMBERS_PERMISSION, "who a policy or exemption covers is not known")
    yield from _of_one_account(client, collect)


def _of_one_account(client: Client, collect: tuple[str, ...]) -> Iterator[Check]:
    """What is asked of one account at a time, asked of the first one there is."""
    chosen = [each for each in endpoints.QUESTIONS if each.name in collect]
    if not chosen:
        return
    try:
        listed = client.ask("/v1.0/users?$select=id&$top=1", Family.DIRECTORY, _organisations.decode).value
    except Refusal:
        return  # the accounts have a line of their own
    for question in chosen if listed else ():
        yield _answer(client, question.name, f"/{question.version}{question.path(listed[0].id)}", Family.DIRECTORY,
                      question.permission, question.without)


def _organisation(client: Client, tenant: str) -> Check:
    name, single = "tenant", endpoints.ORGANISATION
    try:
        told = client.ask(single.path, single.family, _organisations.decode)
    except Refusal as refused:
        return _refused(name, single.permission, single.without, refused)
    seen = [each.id for each in told.value]
    if len(tenant) == 36 and [tenant.casefold()] != [each.casefold() for each in seen]:
        found = f"Graph answers for {', '.join(seen) or 'nobody'}, the settings name {tenant}"
        return Check(name, State.PROBLEM, found, "correct 'tenant' or the credential.")
    return Check(name, State.OK, ", ".join(f"{each.display_name or 'unnamed'} ({each.id})" for each in told.value))


def _clocks(skew: float | None) -> Check:
    if skew is None:
        return Check("clock", State.NOTE, "Graph did not say what time it is")
    found = f"{abs(skew):.0f} seconds apart from Graph's"
    if abs(skew) > WARNED:
        return Check("clock", State.PROBLEM, found, "correct this machine's clock.")
    return Check("clock", State.OK, found)


def _surplus(names: frozenset[str]) -> Check:
    if names:
        return Check("surplus permissions", State.PROBLEM, f"{', '.join(sorted(names))}: this tool changes nothing",
                     "take them away from the application.")
    return Check("surplus permissions", State.OK, "none that could change anything")


def _answer(client: Client, name: str, address: str, family: Family, permission: str, without: str, *,
            optional: bool = False) -> Check:
    try:
        client.ask(address, family, _anything)
    except Refusal as refused:
        return _refused(name, permission, without, refused, optional=optional)
    return Check(name, State.OK, "answered")


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


class _Organisation(msgspec.Struct):
    id: str
    display_name: str | None = msgspec.field(name="displayName", default=None)


class _Organisations(msgspec.Struct):
    value: list[_Organisation]


_organisations = msgspec.json.Decoder(_Organisations)


def _anything(body: bytes) -> object:
    told: object = msgspec.json.decode(body)
    return told
