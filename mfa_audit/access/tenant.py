"""What a tenant has set up: policies, locations, strengths, security defaults."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network, summarize_address_range
from typing import TYPE_CHECKING, Any

from mfa_audit.access.policies import NOTHING as NOBODY
from mfa_audit.access.policies import Policy, policy_of
from mfa_audit.access.question import COUNTRIES
from mfa_audit.access.reading import Node
from mfa_audit.access.strengths import Strength, strength_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONTRADICTED = "contradicted"
"""The state of a policy that is told in two ways: it may apply or not."""

MFA_TRUSTED = "00000000-0000-0000-0000-000000000000"
"""The pseudo location of the older service's trusted addresses."""

NO_LOCATIONS = frozenset({"all", "alltrusted", MFA_TRUSTED})
"""What a locations condition may name beside named locations."""

_IDLE = frozenset({"disabled", "enabledforreportingbutnotenforced"})
_MAPPED_BITS = 96
_MOST_RANGES = 2_000
"""Ranges one location can have at Microsoft's."""

Networks = tuple["IPv4Network | IPv6Network", ...]


@dataclass(frozen=True)
class Location:
    """A named location: ``kind`` ip, country, or a word nobody knows. ``networks`` of an ip location, and whether it is
    ``trusted`` (null: not told); ``countries`` of a country location, by the address or else by GPS, with the addresses
    of no country or without. ``readable``: all of it was understood."""

    id: str
    kind: str
    trusted: bool | None = False
    networks: Networks = ()
    countries: frozenset[str] = frozenset()
    by_address: bool = True
    with_unknown: bool = False
    readable: bool = True
    name: str = ""


@dataclass(frozen=True)
class Application:
    """An application: whether Microsoft's, and its custom security attributes (null: not read)."""

    microsoft: bool | None
    attributes: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Tenant:
    """The tenant as far as it was read. ``locations`` by id, null when they were not read; ``trusted_networks``: MFA
    trusted IPs, null when not told; ``security_defaults`` null when not read; ``deleted``: ids known to be gone;
    ``applications`` by appId; ``remember_days``: how long a browser is not asked again for per-user MFA, null when not
    told."""

    policies: tuple[Policy, ...] = ()
    locations: Mapping[str, Location] | None = None
    trusted_networks: Networks | None = None
    security_defaults: bool | None = None
    deleted: frozenset[str] = frozenset()
    applications: Mapping[str, Application] = field(default_factory=dict)
    remember_days: int | None = None

    @cached_property
    def unread_locations(self) -> tuple[str, ...]:
        """The locations that policies name and that are neither there nor known to be gone: they may be trusted."""
        choices = [policy.conditions.locations for policy in self.policies]
        named = frozenset[str]().union(*(choice.include | choice.exclude for choice in choices if choice is not None))
        return tuple(sorted(named - (self.locations or {}).keys() - self.deleted - NO_LOCATIONS))

    @property
    def enforces(self) -> bool:
        """Whether any policy is enabled, or is in a state nobody knows, which may be enabled."""
        return any(policy.state not in _IDLE for policy in self.policies)


def policies_of(values: Iterable[Any], strengths: Iterable[Any]) -> tuple[Policy, ...]:
    """Policies from their JSON; ``strengths`` are the tenant's authentication strengths, as JSON. Of two with one id
    that differ nobody knows which one holds; one without an id has its number for one."""
    known: dict[str, Strength] = {}
    for strength in (strength_of(value, {}) for value in strengths):
        twin = known.get(strength.id, strength)
        known[strength.id] = strength if twin == strength else Strength(strength.id, None, is_mfa=None)
    found = [policy_of(value, known) for value in values]
    named = [policy if policy.id else replace(policy, id=f"number {number}")
             for number, policy in enumerate(found, start=1)]
    copies = Counter(policy.id.casefold() for policy in dict.fromkeys(named))
    return tuple(policy if copies[policy.id.casefold()] == 1 else replace(policy, state=CONTRADICTED)
                 for policy in dict.fromkeys(named))


def locations_of(values: Iterable[Any]) -> dict[str, Location]:
    """Named locations from their JSON, by id in lower case."""
    found: dict[str, Location] = {}
    for location in map(_location, values):
        twin = found.get(location.id, location)
        # Of two that differ nobody knows which one holds.
        found[location.id] = location if twin == location else Location(location.id, "", trusted=None, readable=False)
    return found


def networks_of(texts: Iterable[str]) -> tuple[Networks, bool]:
    """Networks from their CIDR texts, and whether all could be read."""
    found, readable = [], True
    for text in texts:
        try:
            found.append(_plain(ip_network(text.strip(), strict=False)))
        except ValueError:
            readable = False
    return tuple(found), readable


def _plain(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """IPv4 written as IPv6 is IPv4, as the other side sees it."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))


def _location(value: Any) -> Location:
    strange: list[str] = []
    node = Node(value, "", strange)
    kind = (node.word("@odata.type") or "").rpartition(".")[2].removesuffix("namedlocation")
    identity, name = node.word("id") or "", node.take("displayName")
    trusted, ranges = node.take("isTrusted"), node.take("ipRanges")
    countries = node.words("countriesAndRegions")
    lookup = node.word("countryLookupMethod") or "clientipaddress"
    kind = kind or ("ip" if ranges is not None else "country" if countries is not None else "")
    networks, readable = _ranges(ranges)
    readable = readable and (kind != "ip" or ranges is not None) and (kind != "country" or countries is not None)
    unmapped = node.take("includeUnknownCountriesAndRegions")
    readable = readable and (unmapped is None or isinstance(unmapped, bool)) and (countries or NOBODY) <= COUNTRIES
    for known in ("createdDateTime", "modifiedDateTime", "deletedDateTime"):
        node.take(known)
    node.close()
    return Location(
        identity, kind, trusted if isinstance(trusted, bool) else None, networks, countries or frozenset(),
        by_address=lookup == "clientipaddress",
        with_unknown=unmapped is True,
        readable=readable and not strange, name=name if isinstance(name, str) else "",
    )


def _ranges(value: Any) -> tuple[Networks, bool]:
    if value is None:
        return (), True
    if not isinstance(value, list) or len(value) > _MOST_RANGES:
        return (), False
    found: list[IPv4Network | IPv6Network] = []
    readable = True
    for each in value:
        node = Node(each, "", [])
        cidr, low, high = node.take("cidrAddress"), node.take("lowerAddress"), node.take("upperAddress")
        try:
            if isinstance(cidr, str):
                found.append(_plain(ip_network(cidr.strip(), strict=False)))
            else:
                found.extend(map(_plain, summarize_address_range(ip_address(low), ip_address(high))))
        except (ValueError, TypeError):
            readable = False
    return tuple(found), readable
