"""Where a sign-in comes from, by the public address the other side sees (``docs/conditional-access.md``)."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING

from mfa_audit.access.kleene import NO, YES, Answer, all_of, any_of, known
from mfa_audit.access.tenant import MFA_TRUSTED

if TYPE_CHECKING:
    from mfa_audit.access.question import Question
    from mfa_audit.access.tenant import Location, Networks

_INSIDE = tuple(ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def location(word: str, question: Question) -> Answer:
    """Whether the sign-in comes from what a policy calls ``word``: all, alltrusted, or a location's id."""
    if word == "all":
        return YES
    if word == "alltrusted":
        return _trusted(question)
    if word == MFA_TRUSTED:
        return mfa_trusted(question)
    found = (question.tenant.locations or {}).get(word)
    if word in question.tenant.deleted and found is None:
        return NO
    return question.lacking("location", word) if found is None else _is_in(found, question)


def mfa_trusted(question: Question) -> Answer:
    """Whether the address is one of the MFA trusted IPs."""
    networks = question.tenant.trusted_networks
    if networks == ():
        return NO
    if networks is None or question.sign_in.address is None:
        return question.lacking("MFA trusted IPs")
    return known(_within(networks, question))


def _trusted(question: Question) -> Answer:
    locations = question.tenant.locations
    if locations is None:
        return question.lacking("trusted locations")
    return any_of((
        mfa_trusted(question),
        *(all_of((_is_trusted(each, question), _is_in(each, question)))
          for each in locations.values() if each.kind != "country"),
        # Whether one is trusted is another fact than whether the sign-in comes from there.
        *(question.lacking("trusted location", each) for each in question.tenant.unread_locations),
    ))


def _is_trusted(found: Location, question: Question) -> Answer:
    return known(found.trusted) if found.trusted is not None else question.lacking("trust of location", found.id)


def _is_in(found: Location, question: Question) -> Answer:
    if found.kind == "ip":
        if question.sign_in.address is None:
            return question.lacking("location", found.id)
        if _within(found.networks, question):
            return YES
        return NO if found.readable else question.lacking("location", found.id)
    if found.kind == "country" and found.by_address and found.readable:
        country = question.sign_in.country
        if country is None:
            return question.lacking("location", found.id)
        return known(found.with_unknown if country == "unknown" else country in found.countries)
    return question.lacking("location", found.id)


def _within(networks: Networks, question: Question) -> bool:
    """The other side never sees an address from inside a private network."""
    address = question.sign_in.address
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address is None or any(address in inside for inside in _INSIDE):
        return False
    return any(address in network for network in networks)
