"""Sign-ins described in JSON, decided one by one: the case files of ``mfa-audit whatif``.

Shape and names: ``docs/conditional-access.md``. A key that is absent is not known, never a default.
"""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from mfa_audit.access.coverage import asked
from mfa_audit.access.notes import notes
from mfa_audit.access.other_sources import ASKED_BY_DEFAULTS, DIRECTORY_SYNCHRONISATION
from mfa_audit.access.question import COUNTRIES, GUEST_TYPES, ID, Device, Person, Question, SignIn
from mfa_audit.access.sign_in import Decision, decide
from mfa_audit.access.tenant import Application, Tenant, locations_of, networks_of, policies_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SIGNALS = {
    "platform": "platform", "clientAppType": "client", "signInRiskLevel": "sign_in_risk",
    "userRiskLevel": "user_risk", "insiderRiskLevel": "insider_risk", "authenticationFlow": "flow",
}
_INVITED = frozenset({"invitation", "selfservicesignup"})


class UnreadableCase(ValueError):
    """What is wrong with a case, in words."""


def answer(case: Any) -> dict[str, Any]:
    """The answer to one case: the record of a decision, or the lists of who is asked. Raises
    :class:`UnreadableCase`."""
    body = _object(case, "the case")
    tenant_json = _object(body.get("tenant"), "tenant")
    tenant = tenant_of(tenant_json)
    people = _once([(str(person.id), (spelled, person)) for spelled, person in _people(tenant_json)],
                   "a user is listed")
    if body.get("kind") == "coverage":
        scenarios = [_sign_in(_object(each, "a scenario")) for each in _list(body.get("scenarios"), "scenarios")]
        return asked({
            spelled: [decide(Question(tenant, person, sign_in)) for sign_in in scenarios]
            for spelled, person in people.values()
        })
    told = _object(body.get("signIn"), "signIn")
    who = told.get("userId")
    if not isinstance(who, str) or who.casefold() not in people:
        raise UnreadableCase("signIn.userId names nobody among tenant.users")
    question = Question(tenant, people[who.casefold()][1], _sign_in(told))
    return record(question, decide(question))


def record(question: Question, decision: Decision) -> dict[str, Any]:
    """A decision under the public names."""
    return {
        "outcome": decision.outcome.value,
        "possibleOutcomes": sorted(outcome.value for outcome in decision.possible),
        "singleFactorPossible": decision.single_factor_possible,
        "appliedPolicies": sorted(decision.applied),
        "maybePolicies": sorted(decision.maybe),
        "reportOnlyPolicies": sorted(decision.report_only),
        "notApplied": dict(sorted(decision.not_applied.items())),
        "requiredStrength": None if decision.required_strength is None else list(decision.required_strength),
        "signInFrequencyHours": _number(decision.hours),
        "mfaSources": list(decision.sources),
        "rememberMfaDays": question.tenant.remember_days,
        "notes": list(notes(question, decision)),
    }


def read(text: str) -> Any:
    """A case from its JSON. Raises ValueError for text that is none, :class:`UnreadableCase` for a key written twice:
    a reader keeps one of the two, and nobody knows which was meant."""
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]], what: str = "a key is written") -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableCase(f"{what} twice")
    return found


def tenant_of(told: Mapping[str, Any]) -> Tenant:
    """The tenant of a case."""
    locations, trusted = told.get("namedLocations"), told.get("mfaTrustedIps")
    networks, readable = networks_of(map(str, _list(trusted or [], "mfaTrustedIps")))
    defaults = told.get("securityDefaults")
    enabled = defaults.get("isEnabled") if isinstance(defaults, dict) else None
    service = told.get("perUserMfaSettings")
    days = service.get("rememberMfaDays") if isinstance(service, dict) else None
    return Tenant(
        policies=policies_of(_list(told.get("policies"), "tenant.policies"),
                             _list(told.get("authenticationStrengths") or [], "authenticationStrengths")),
        locations=locations_of(locations) if isinstance(locations, list) else None,
        trusted_networks=networks if isinstance(trusted, list) and readable else None,
        security_defaults=enabled if isinstance(enabled, bool) else None,
        deleted=_words(told.get("deletedObjectIds")),
        remember_days=days if isinstance(days, int) and not isinstance(days, bool) else None,
        applications=_applications(_list(told.get("applications") or [], "applications")),
    )


def _applications(listed: Iterable[Any]) -> dict[str, Application]:
    found: dict[str, Application] = {}
    for app in listed:
        if not isinstance(app, dict) or "appId" not in app:
            continue
        identity = str(app["appId"]).casefold()
        one = Application({"microsoft": True, "tenant": False}.get(str(app.get("ownedBy")).casefold()),
                          _attributes(app.get("customSecurityAttributes")))
        found[identity] = one if found.get(identity, one) == one else Application(None)
    return found


def _people(told: Mapping[str, Any]) -> Iterable[tuple[str, Person]]:
    groups, unread = _members(told.get("groups"))
    deleted = _words(told.get("deletedObjectIds"))
    named_groups, named_roles = _named(told.get("policies"))
    named_roles |= ASKED_BY_DEFAULTS | {DIRECTORY_SYNCHRONISATION}
    users = _list(told.get("users") or [], "users")
    # An id that nothing describes may be a group whose members nobody read.
    holders = {str(each.get("principalId")).casefold() for each in _list(told.get("roles") or [], "roles")
               if isinstance(each, dict)}
    unread |= (named_groups.union(holders, *groups.values()) - groups.keys() - deleted
               - {str(user.get("id")).casefold() for user in users if isinstance(user, dict)})
    for user in users:
        each = _object(user, "a user")
        identity = each.get("id")
        if not isinstance(identity, str) or not identity.strip():
            raise UnreadableCase("a user has no id")
        inside, unsure = _memberships(identity.casefold(), groups, unread)
        roles, unsure_roles = _roles(told.get("roles"), identity.casefold(), inside, unsure, named_roles)
        home = each.get("homeTenantId")
        per_user = each.get("perUserMfaState")
        yield identity, Person(
            id=identity.casefold(), guest_types=guest_types(each),
            home_tenant=home.casefold() if isinstance(home, str) else None,
            groups=inside, unsure_groups=unsure, roles=roles, unsure_roles=unsure_roles,
            per_user=per_user.casefold() if isinstance(per_user, str) else None,
            registered=known_or_none(each.get("mfaRegistered")),
        )


def known_or_none(value: Any) -> bool | None:
    """What is told when it is true or false; anything else tells nothing."""
    return value if isinstance(value, bool) else None


def guest_types(user: Mapping[str, Any]) -> frozenset[str]:
    """What a user object may be, of :data:`GUEST_TYPES`; one when its fields tell."""
    creation, state = user.get("creationType"), user.get("externalUserState")
    upn, identities = user.get("userPrincipalName"), user.get("identities") or []
    # Only who has their home in another tenant or with another provider signs in by federation with an issuer.
    ways = ({_word(each.get("signInType")) if isinstance(each, dict) else None for each in identities}
            if isinstance(identities, list) else {None})
    from_elsewhere = (
        (isinstance(creation, str) and creation.casefold() in _INVITED) or bool(state)
        or (isinstance(upn, str) and "#ext#" in upn.casefold()) or "federated" in ways
    )
    told = isinstance(upn, str) and None not in ways and all(
        name in user and (user[name] is None or isinstance(user[name], str))
        for name in ("creationType", "externalUserState"))
    external = {True} if from_elsewhere else {False} if told else {True, False}
    kind = user.get("userType")
    guest = {"guest": {True}, "member": {False}}.get(kind.casefold() if isinstance(kind, str) else "", {True, False})
    names = {(True, True): GUEST_TYPES[0], (False, True): GUEST_TYPES[1], (True, False): GUEST_TYPES[2],
             (False, False): GUEST_TYPES[3]}
    return frozenset(names[is_guest, is_external] for is_guest in guest for is_external in external)


def _members(value: Any) -> tuple[dict[str, set[str]], set[str]]:
    """Group -> direct members, and the groups whose members were not read."""
    known: dict[str, set[str]] = {}
    unread: set[str] = set()
    for group in _list(value or [], "groups"):
        each = _object(group, "a group")
        identity, members = str(each.get("id")).casefold(), each.get("members")
        listed = [member.get("id") if isinstance(member, dict) else member
                  for member in (members if isinstance(members, list) else [None])]
        known.setdefault(identity, set()).update(member.casefold() for member in listed if isinstance(member, str))
        if not all(isinstance(member, str) for member in listed):
            unread.add(identity)
    return known, unread


def _memberships(identity: str, groups: Mapping[str, set[str]],
                 unread: set[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The groups somebody is in, through groups inside groups, and those they may be in for all anybody knows."""

    def above(starts: set[str]) -> set[str]:
        found: set[str] = set()
        ring = starts
        while ring:
            ring = {group for group, members in groups.items() if members & ring} - found
            found |= ring
        return found

    inside = above({identity})
    return frozenset(inside), frozenset((unread | above(set(unread))) - inside)


def _roles(value: Any, identity: str, inside: frozenset[str], unsure: frozenset[str],
           named: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Roles held actively over the whole tenant, and those that may be."""
    if value is None:
        return frozenset(), named
    certain: set[str] = set()
    open_: set[str] = set()
    for assignment in _list(value, "roles"):
        each = _object(assignment, "a role")
        kind, scope, holder, role = (_word(each.get(name)) for name in (
            "assignmentType", "directoryScopeId", "principalId", "roleTemplateId"))
        if kind == "eligible" or scope not in ("/", None):
            continue
        told = kind == "active" and scope == "/"
        if told and role is not None and (holder == identity or holder in inside):
            certain.add(role)
        elif holder is None or holder == identity or holder in inside or holder in unsure:
            open_ |= named if role is None else {role}
    return frozenset(certain), frozenset(open_ - certain)


def _named(policies: Any) -> tuple[frozenset[str], frozenset[str]]:
    """The groups and roles that policies name."""
    groups: set[str] = set()
    roles: set[str] = set()
    for policy in policies_of(_list(policies or [], "policies"), ()):
        for selection in (policy.conditions.include, policy.conditions.exclude):
            if selection is not None:
                groups |= selection.groups
                roles |= selection.roles
    return frozenset(groups), frozenset(roles)


def _sign_in(told: Mapping[str, Any]) -> SignIn:
    signals = {name: _word(told.get(key)) for key, name in _SIGNALS.items()}
    device = told.get("device")
    properties = {} if not isinstance(device, dict) else {str(key).casefold(): value for key, value in device.items()}
    registered = properties.pop("registered", None)
    address = told.get("ip")
    try:
        found = ip_address(address) if isinstance(address, str) else None
    except ValueError as error:
        raise UnreadableCase(f"{address!r} is no address") from error
    app, country = _word(told.get("appId")), _word(told.get("country"))
    return SignIn(
        app=app if app is None or ID.fullmatch(app) else None, user_action=_word(told.get("userAction")),
        context=_word(told.get("authenticationContext")), address=found,
        country=country if country in COUNTRIES or country == "unknown" else None,
        device=Device(known_or_none(registered), properties),
        app_protected=known_or_none(told.get("appProtected")), **signals,
    )


def _attributes(value: Any) -> dict[str, tuple[str, ...]] | None:
    """Custom security attributes by ``set_name``, written flat or a set an object."""
    if not isinstance(value, dict):
        return None
    found: dict[str, tuple[str, ...]] = {}
    for name, told in value.items():
        inner = {f"{name}_{key}": each for key, each in told.items()} if isinstance(told, dict) else {name: told}
        for key, each in inner.items():
            values = each if isinstance(each, list) else [each]
            found[key.casefold()] = tuple(str(one).casefold() for one in values)
    return found


def _word(value: Any) -> str | None:
    return value.strip().casefold() if isinstance(value, str) and value.strip() else None


def _words(value: Any) -> frozenset[str]:
    return frozenset(each.casefold() for each in _list(value or [], "deletedObjectIds") if isinstance(each, str))


def _number(hours: float | None) -> float | int | None:
    return int(hours) if hours is not None and hours == int(hours) else hours


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableCase(f"{what} is not an object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise UnreadableCase(f"{what} is not a list")
    return value
