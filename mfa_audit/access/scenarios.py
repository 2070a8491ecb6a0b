"""The policy's scenarios as sign-ins: every combination of what a scenario states."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import product
from typing import TYPE_CHECKING

from mfa_audit.access.question import ID, Device, SignIn
from mfa_audit.access.targets import APPLICATIONS
from mfa_audit.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mfa_audit.access.tenant import Tenant
    from mfa_audit.policy import Policy
    from mfa_audit.policy.schema_scenarios import Scenario

    Address = IPv4Address | IPv6Address

_NOT_STATED = (None,)


@dataclass(frozen=True)
class Situation:
    """A scenario: its ``name``, its ``label``, every sign-in it stands for, and whether one is ``inside`` the
    network."""

    name: str
    label: str
    sign_ins: tuple[SignIn, ...]
    inside: bool

    @property
    def is_action(self) -> bool:
        """Whether it is about registering a method or a device."""
        return any(sign_in.user_action is not None for sign_in in self.sign_ins)


def situations(policy: Policy, tenant: Tenant) -> tuple[Situation, ...]:
    """The scenarios of a policy, in its order."""
    addresses = addresses_of(policy, tenant)
    return tuple(
        Situation(name, scenario.label or name, tuple(_sign_ins(scenario, addresses)),
                  inside="inside" in (scenario.network or ()))
        for name in policy.scenario_names() for scenario in (policy.scenario(name),)
    )


def addresses_of(policy: Policy, tenant: Tenant) -> dict[str, tuple[Address, ...]]:
    """The addresses that stand for ``inside`` and ``outside`` the network."""
    return {
        "outside": tuple(map(ip_address, policy.networks.outside)),
        "inside": tuple(map(ip_address, policy.networks.inside)) or trusted_addresses(tenant),
    }


def trusted_addresses(tenant: Tenant) -> tuple[Address, ...]:
    """The first address of every trusted location, which stand for the network where the policy names none."""
    found = [network.network_address for location in (tenant.locations or {}).values() if location.trusted
             for network in location.networks[:1]]
    return tuple(sorted(found, key=lambda address: (address.version, int(address))))


def _sign_ins(scenario: Scenario, addresses: dict[str, tuple[Address, ...]]) -> Iterable[SignIn]:
    places = [address for network in scenario.network or () for address in addresses[network] or _NOT_STATED]
    targets: Sequence[tuple[str | None, str | None]] = (
        [(None, action) for action in scenario.user_action] if scenario.user_action
        else [(_application(app), None) for app in scenario.apps or ()] or [(None, None)]
    )
    stated = dict(scenario.device or {})
    registered = stated.pop("registered", None)
    device = Device(registered, {name.casefold(): value for name, value in stated.items()})
    for (app, action), platform, address, client, country, sign_in, user, insider, flow in product(
        targets, scenario.platform or _NOT_STATED, places or _NOT_STATED, scenario.client or _NOT_STATED,
        scenario.country or _NOT_STATED, scenario.sign_in_risk or _NOT_STATED, scenario.user_risk or _NOT_STATED,
        scenario.insider_risk or _NOT_STATED, scenario.flow or _NOT_STATED,
    ):
        yield SignIn(
            app=app, user_action=action, platform=_lower(platform), address=address, client=_lower(client),
            country=_lower(country), device=device, sign_in_risk=_lower(sign_in), user_risk=_lower(user),
            insider_risk=_lower(insider), flow=_lower(flow), app_protected=scenario.app_protected,
        )


def _application(named: str) -> str:
    identity = APPLICATIONS.get(named, named.casefold())
    if not ID.fullmatch(identity):
        raise PolicyError(f"scenarios: there is no application {named!r}", where="the policy",
                          next_step=f"name an appId, or one of {', '.join(APPLICATIONS)}.")
    return identity


def _lower(word: str | None) -> str | None:
    return None if word is None else word.casefold()
