"""Conditional Access policies as small values, from Graph's JSON (v1.0, beta, exports in other case).

Source: Microsoft Graph reference, conditionalAccessPolicy and its parts. Ids and words are in lower case throughout; a
condition that is not configured is null. What is not understood stands in ``strange`` and makes the answer not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfa_audit.access.question import ID
from mfa_audit.access.reading import Node
from mfa_audit.access.strengths import MFA_STRENGTH, Strength, strength_of

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING: frozenset[str] = frozenset()
EVERY_TIME = 0.0
_LONGEST = 8_760
_HOURS = {"hours": 1.0, "days": 24.0}
_WORKLOADS = ("servicePrincipalRiskLevels", "agentIdRiskLevels", "clientApplications")
_RISKS = {"sign_in": "signInRiskLevels", "user": "userRiskLevels", "insider": "insiderRiskLevels"}
_ALL_STATES = frozenset({"all"})


@dataclass(frozen=True)
class Guests:
    """A selector of guest types; ``tenants`` null means every home tenant, ``readable`` false that it is not
    understood."""

    types: frozenset[str]
    tenants: frozenset[str] | None
    readable: bool = True


@dataclass(frozen=True)
class Selection:
    """Whom one side of a users condition names."""

    users: frozenset[str] = NOTHING
    groups: frozenset[str] = NOTHING
    roles: frozenset[str] = NOTHING
    guests: Guests | None = None

    @property
    def empty(self) -> bool:
        """Whether it names nobody at all."""
        return not (self.users or self.groups or self.roles or self.guests)


@dataclass(frozen=True)
class Targets:
    """What a policy protects: applications, user actions or authentication contexts. ``filter_mode`` is include or
    exclude, ``filter_rule`` the text of the filter; ``traffic``: it is for traffic profiles, not applications."""

    include: frozenset[str] = NOTHING
    exclude: frozenset[str] = NOTHING
    actions: frozenset[str] = NOTHING
    contexts: frozenset[str] = NOTHING
    filter_mode: str | None = None
    filter_rule: str = ""
    traffic: bool = False


@dataclass(frozen=True)
class Choice:
    """Include and exclude lists of words or ids."""

    include: frozenset[str]
    exclude: frozenset[str]


@dataclass(frozen=True)
class Conditions:
    """The conditions of a policy, each null when not configured. ``risks``: kind (sign_in, user, insider) -> levels.
    ``device_states``: device states left out (compliant, domainjoined), in the retired way. ``workloads``: it is about
    workload identities, not people."""

    include: Selection | None = None
    exclude: Selection = Selection()
    targets: Targets | None = None
    platforms: Choice | None = None
    locations: Choice | None = None
    clients: frozenset[str] | None = None
    filter_mode: str | None = None
    filter_rule: str = ""
    device_states: Choice | None = None
    risks: tuple[tuple[str, frozenset[str]], ...] = ()
    flows: frozenset[str] | None = None
    workloads: bool = False
    strange: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grants:
    """What is demanded: ``controls`` in lower case, ``interactive`` further steps that are no MFA (terms of use,
    custom controls), a ``strength``, and whether ``every`` one must be met. ``strange`` as in :class:`Conditions`."""

    controls: frozenset[str]
    interactive: int
    strength: Strength | None
    every: bool
    strange: tuple[str, ...] = ()

    @property
    def demands(self) -> bool:
        """Whether there is any control."""
        return bool(self.understood or self.strange)

    @property
    def understood(self) -> bool:
        """Whether there is a control that could be read, whatever it is."""
        return bool(self.controls or self.interactive or self.strength)


@dataclass(frozen=True)
class Policy:
    """One policy. ``state`` is enabled, disabled, enabledforreportingbutnotenforced, or a word nobody knows.
    ``hours``: sign-in frequency, 0 for every time, null for none."""

    id: str
    name: str
    state: str
    conditions: Conditions
    grants: Grants | None
    hours: float | None = None


def policy_of(value: Any, strengths: Mapping[str, Strength]) -> Policy:
    """A policy from its JSON, whatever it is; ``strengths`` are the tenant's, by id."""
    strange: list[str] = []
    node = Node(value, "", strange)
    given, name = node.take("id"), node.take("displayName")
    state = node.word("state")
    for known in ("description", "createdDateTime", "modifiedDateTime", "templateId"):
        node.take(known)
    conditions, granted = node.take("conditions"), node.take("grantControls")
    hours = _frequency(node.node("sessionControls"), strange)
    node.close()
    grants = _grants(granted, strengths)
    if grants is not None and "riskremediation" in grants.controls:
        hours = EVERY_TIME
    return Policy(
        id=given if isinstance(given, str) else "", name=name if isinstance(name, str) else "", state=state or "",
        conditions=_conditions(conditions, strange), grants=grants, hours=hours,
    )


def _conditions(value: Any, strange: list[str]) -> Conditions:
    node = Node(value, "conditions", strange)
    include, exclude = _users(node.node("users"), strange)
    targets = _targets(node.node("applications"))
    platforms = _choice(node.node("platforms"), "Platforms")
    locations = _choice(node.node("locations"), "Locations")
    clients = node.words("clientAppTypes")
    filter_mode, filter_rule, states = _devices(node)
    risks = tuple((kind, levels) for kind, name in _RISKS.items() if (levels := node.words(name)))
    flows = _flows(node.node("authenticationFlows"))
    workloads = [node.take(name) for name in _WORKLOADS]
    node.close()
    return Conditions(
        include=include, exclude=exclude, targets=targets, platforms=platforms, locations=locations, clients=clients,
        filter_mode=filter_mode, filter_rule=filter_rule, device_states=states, risks=risks, flows=flows,
        workloads=any(map(_says_something, workloads)), strange=tuple(strange),
    )


def _users(node: Node | None, strange: list[str]) -> tuple[Selection | None, Selection]:
    if node is None:
        strange.append("conditions.users")
        return None, Selection()
    sides = []
    for side in ("include", "exclude"):
        users, groups, roles = (node.words(f"{side}{what}") or NOTHING for what in ("Users", "Groups", "Roles"))
        sides.append(Selection(users, groups, roles, _guests(node.node(f"{side}GuestsOrExternalUsers"))))
    node.close()
    return sides[0], sides[1]


def _guests(node: Node | None) -> Guests | None:
    if node is None:
        return None
    types, tenants = node.words("guestOrExternalUserTypes") or NOTHING, node.node("externalTenants")
    node.close()
    if tenants is None:
        return Guests(types, None)
    kind, members = tenants.word("membershipKind"), tenants.words("members")
    tenants.close()
    if kind == "enumerated":
        return Guests(types, members or NOTHING, readable=bool(members) and all(map(ID.fullmatch, members or ())))
    return Guests(types, None, readable=kind == "all")


def _targets(node: Node | None) -> Targets | None:
    if node is None:
        return None
    include, exclude, actions, contexts = (
        node.words(name) or NOTHING for name in ("includeApplications", "excludeApplications", "includeUserActions",
                                                 "includeAuthenticationContextClassReferences"))
    traffic = [node.take(name) for name in ("networkAccess", "globalSecureAccess")]
    mode, rule = _filter(node.node("applicationFilter"))
    node.close()
    return Targets(include, exclude, actions, contexts, mode, rule, traffic=any(map(_says_something, traffic)))


def _filter(node: Node | None) -> tuple[str | None, str]:
    if node is None:
        return None, ""
    mode, rule = node.word("mode"), node.take("rule")
    node.close()
    return mode or "", rule if isinstance(rule, str) else ""


def _choice(node: Node | None, what: str) -> Choice | None:
    if node is None:
        return None
    include, exclude = (node.words(f"{side}{what}") or NOTHING for side in ("include", "exclude"))
    node.close()
    return Choice(include, exclude)


def _devices(node: Node) -> tuple[str | None, str, Choice | None]:
    """The filter's mode and rule, and the retired device states under any of their names."""
    older, devices = node.node("deviceStates"), node.node("devices")
    include, exclude = NOTHING, NOTHING
    mode, rule = None, ""
    if older is not None:
        include |= older.words("includeStates") or NOTHING
        exclude |= older.words("excludeStates") or NOTHING
        older.close()
    if devices is not None:
        mode, rule = _filter(devices.node("deviceFilter"))
        for name in ("Devices", "DeviceStates"):
            include |= devices.words(f"include{name}") or NOTHING
            exclude |= devices.words(f"exclude{name}") or NOTHING
        devices.close()
    return mode, rule, Choice(include or _ALL_STATES, exclude) if include or exclude else None


def _flows(node: Node | None) -> frozenset[str] | None:
    if node is None:
        return None
    methods = (node.words("transferMethods") or NOTHING) - {"none"}
    node.close()
    return methods or None


def _grants(value: Any, strengths: Mapping[str, Strength]) -> Grants | None:
    if value is None:
        return None
    strange: list[str] = []
    node = Node(value, "grantControls", strange)
    operator = node.word("operator")
    controls = node.words("builtInControls") or NOTHING
    interactive = len(node.words("termsOfUse") or ()) + len(node.words("customAuthenticationFactors") or ())
    stated = node.take("authenticationStrength")
    strength = None if stated is None else strength_of(stated, strengths)
    node.close()
    if operator not in ("and", "or", None):
        strange.append("grantControls.operator")
    if "mfa" in controls and strength is not None and strength.id == MFA_STRENGTH:
        controls -= {"mfa"}
    return Grants(controls, interactive, strength, every=operator == "and", strange=tuple(strange))


def _frequency(node: Node | None, strange: list[str]) -> float | None:
    """Hours; other session controls decide nothing here."""
    frequency = None if node is None else node.node("signInFrequency")
    if frequency is None or frequency.take("isEnabled") is not True:
        return None
    unit, value, interval = frequency.word("type"), frequency.take("value"), frequency.word("frequencyInterval")
    if interval == "everytime":
        return EVERY_TIME
    if (interval in (None, "timebased") and unit in _HOURS and isinstance(value, int) and not isinstance(value, bool)
            and 0 < value <= _LONGEST):
        return value * _HOURS[unit]
    strange.append("sessionControls.signInFrequency")
    return None


def _says_something(value: Any) -> bool:
    """Whether there is more in it than empty lists."""
    if isinstance(value, dict):
        return any(each not in (None, "", [], {}) for name, each in value.items() if "@" not in str(name))
    return value not in (None, "", [])
