"""Gaps by place: where MFA is spared, and how many addresses that is."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING

import numpy as np

from mfa_audit.access.tenant import MFA_TRUSTED
from mfa_audit.access.width import uncovered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mfa_audit.access.gap import Gap, Mask, View
    from mfa_audit.access.policies import Policy
    from mfa_audit.access.tenant import Location, Networks, Tenant

WIDE = {4: 2**16, 6: 2**96}
"""Version of the addresses -> how many together are too many for one organisation's way out: a /16, or the /32 that a
provider has for all its customers."""

_NEVER_SEEN = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""Addresses inside private networks, which no sign-in comes from."""

_CLOSE = "name only the addresses the organisation itself goes out by"


def untrusted_only(view: View) -> Iterator[Gap]:
    """MFA is not asked for on trusted networks."""
    for policy in view.asking:
        locations = policy.conditions.locations
        left = uncovered(view, policy, but="locations")
        if locations is not None and locations.exclude and view.sizes[left].sum():
            spared = _spared(view.matrix.tenant, policy)
            yield view.gap("untrusted_only", "medium", f"asks only away from trusted places; spared are {_span(spared)}"
                           + _unread(view.matrix.tenant, policy), "keep the trusted ranges narrow, and ask "
                           "administrators everywhere", policy=policy, classes=left)


def wide_places(view: View) -> Iterator[Gap]:
    """Ranges that spare people and are together as wide as :data:`WIDE`; a country taken for safe."""
    tenant = view.matrix.tenant
    sparing: dict[Networks, Mask] = {}
    for policy in view.asking:
        _add(sparing, _spared(tenant, policy), uncovered(view, policy, but="locations"))
    per_user = np.array([person.per_user in ("enabled", "enforced") for person in view.people], dtype=bool)
    if view.sizes[per_user].sum():
        _add(sparing, _seen(tenant.trusted_networks or ()), per_user)
    trusted = _seen(network for location in _trusted(tenant) for network in location.networks)
    if trusted not in sparing:
        _add(sparing, trusted, np.zeros(len(view.people), dtype=bool))
    for networks, classes in sparing.items():
        if any(_addresses(networks, version) >= most for version, most in WIDE.items()):
            spares = bool(view.sizes[classes].sum())
            yield view.gap("wide_trusted_range", "high" if spares else "info",
                           f"trusted are {_span(networks)}{_named(tenant, networks)}"
                           + ("" if spares else ", though they spare nobody MFA today"), _CLOSE, classes=classes)
    for policy in view.asking:
        left = uncovered(view, policy, but="locations")
        for country in _countries(tenant, policy) if view.sizes[left].sum() else ():
            yield view.gap("safe_country", "high", f"spares everybody in {country.name or country.id}, a country",
                           "take the country out of the exclusions", policy=policy, classes=left)


def _excluded(policy: Policy) -> frozenset[str]:
    locations = policy.conditions.locations
    return frozenset() if locations is None else locations.exclude


def _add(sparing: dict[Networks, Mask], networks: Networks, classes: Mask) -> None:
    if networks:
        sparing[networks] = sparing[networks] | classes if networks in sparing else classes


def _trusted(tenant: Tenant) -> list[Location]:
    """Locations that are trusted, or may be."""
    return [location for location in (tenant.locations or {}).values()
            if location.kind == "ip" and location.trusted is not False]


def _spared(tenant: Tenant, policy: Policy) -> Networks:
    """The networks a policy leaves out: those it names, whether they are trusted or not, and all that are."""
    named = _excluded(policy)
    found = [location for each in named if (location := (tenant.locations or {}).get(each)) is not None]
    if "alltrusted" in named:
        found += _trusted(tenant)
    older = tenant.trusted_networks or () if named & {"alltrusted", MFA_TRUSTED} else ()
    return _seen([*(network for location in found for network in location.networks), *older])


def _seen(networks: Iterable[IPv4Network | IPv6Network]) -> Networks:
    """The networks a sign-in can come from, each address once."""
    every = set(networks)
    four = {each for each in every if isinstance(each, IPv4Network)
            and not any(each.subnet_of(inside) for inside in _NEVER_SEEN)}
    six = {each for each in every if isinstance(each, IPv6Network)}
    return (*sorted(collapse_addresses(four)), *sorted(collapse_addresses(six)))


def _addresses(networks: Networks, version: int) -> int:
    return sum(network.num_addresses for network in networks if network.version == version)


def _span(networks: Networks) -> str:
    """How many ranges and addresses, in words; those of IPv6 are too many to count but by the size of a range."""
    told = []
    for version, bits in ((4, 32), (6, 128)):
        count, total = sum(each.version == version for each in networks), _addresses(networks, version)
        ranges = f"{count:,} {'range' if count == 1 else 'ranges'}"
        if total:
            told.append(f"{total:,} addresses in {ranges}" if version == 4 else
                        f"IPv6 addresses as many as a /{bits - total.bit_length() + 1} in {ranges}")
    return " and ".join(told) or "no addresses that are known"


def _named(tenant: Tenant, networks: Networks) -> str:
    """The locations that make up networks, in brackets."""
    names = sorted(location.name or location.id for location in (tenant.locations or {}).values()
                   if any(_within(each, networks) for each in location.networks))
    return f" ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})" if names else ""


def _within(network: IPv4Network | IPv6Network, networks: Networks) -> bool:
    return any(isinstance(network, type(each)) and ip_network(network).subnet_of(each)  # type: ignore[arg-type]
               for each in networks)


def _countries(tenant: Tenant, policy: Policy) -> list[Location]:
    found = [(tenant.locations or {}).get(each) for each in sorted(_excluded(policy))]
    return [location for location in found if location is not None and location.kind == "country"]


def _unread(tenant: Tenant, policy: Policy) -> str:
    """What else is spared and has no addresses that were read."""
    named = _excluded(policy)
    countries, unread = len(_countries(tenant, policy)), len(named & set(tenant.unread_locations))
    told = [f"{countries:,} {'list' if countries == 1 else 'lists'} of countries"] if countries else []
    told += [f"{unread:,} {'place' if unread == 1 else 'places'} nobody read"] if unread else []
    if tenant.trusted_networks is None and named & {"alltrusted", MFA_TRUSTED}:
        told.append("whatever the older service trusts, which nobody told")
    return "".join(f", and {each}" for each in told)
