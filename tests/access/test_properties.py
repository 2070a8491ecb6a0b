"""What must hold of every tenant and every sign-in, drawn by hypothesis."""

from __future__ import annotations

import copy
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mfa_audit.access.cases import answer

USER = "aa000000-0000-4000-8000-000000000001"
GROUPS = [f"bb000000-0000-4000-8000-00000000000{n}" for n in range(3)]
ROLES = ["62e90394-69f5-4237-9190-012177145e10", "729827e3-9c14-49f7-bb1b-9608f156bbb8"]
PLACES = [f"dd000000-0000-4000-8000-00000000000{n}" for n in range(3)]
APPS = ["00000002-0000-0ff1-ce00-000000000000", "5a5a5a5a-0000-4000-8000-00000000a001"]
FILTERS = ["device.isCompliant -eq True", 'device.trustType -ne "ServerAD"', 'device.model -startsWith "K"',
           'device.extensionAttribute1 -notIn ["SAW"] -or -not (device.isCompliant -ne True)', "device.? nonsense"]
SIGNALS = ("platform", "ip", "country", "clientAppType", "device", "signInRiskLevel", "userRiskLevel",
           "insiderRiskLevel", "authenticationFlow", "appProtected", "appId", "userAction")


def some(values, most=2):
    return st.lists(st.sampled_from(values), max_size=most, unique=True)


def either(*values):
    return st.sampled_from(values)


USERS = st.fixed_dictionaries({
    "includeUsers": either(*[["All"]] * 4, [], [USER], ["GuestsOrExternalUsers"], ["None"]),
    "includeGroups": some(GROUPS),
    "excludeUsers": either([], [], [USER], ["GuestsOrExternalUsers"]), "excludeGroups": some(GROUPS, 1),
    "includeRoles": some(ROLES, 1), "excludeRoles": either(*[[]] * 4, [ROLES[0]]),
    "includeGuestsOrExternalUsers": either(None, {
        "guestOrExternalUserTypes": "b2bCollaborationGuest, internalGuest",
        "externalTenants": {"membershipKind": "enumerated", "members": ["0f000000-0000-4000-8000-00000000f002"]}}),
})
CONDITIONS = st.fixed_dictionaries({
    "users": USERS,
    "applications": st.fixed_dictionaries({
        "includeApplications": either(*[["All"]] * 5, ["Office365"], [APPS[0]], ["MicrosoftAdminPortals"]),
        "excludeApplications": either(*[[]] * 6, [APPS[0]])}),
    "platforms": either(*[None] * 6, {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]},
                        {"includePlatforms": ["windows", "android"], "excludePlatforms": []}),
    "locations": either(*[None] * 6, {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
                        {"includeLocations": ["All"], "excludeLocations": [PLACES[1]]},
                        {"includeLocations": [PLACES[0], PLACES[2]], "excludeLocations": []}),
    "clientAppTypes": either(*[["all"]] * 5, ["browser"], ["exchangeActiveSync", "other"],
                             ["browser", "mobileAppsAndDesktopClients"]),
    "devices": st.one_of(st.none(), st.none(), st.none(), st.builds(
        lambda mode, rule: {"deviceFilter": {"mode": mode, "rule": rule}}, either("include", "exclude"),
        st.sampled_from(FILTERS))),
    "signInRiskLevels": either(*[[]] * 6, ["high"], ["none", "low"]),
    "authenticationFlows": either(*[None] * 6, {"transferMethods": "deviceCodeFlow"}),
})
GRANTS = st.one_of(st.just({"operator": "OR", "builtInControls": ["mfa"]}), st.none(), st.fixed_dictionaries({
    "operator": either("AND", "OR"),
    "builtInControls": either(*[["mfa"]] * 6, ["mfa", "compliantDevice"], ["block"], ["domainJoinedDevice"],
                              ["compliantApplication", "mfa"], ["mfa", "unknownFutureValue"], ["compliantDevice"]),
    "termsOfUse": either([], [], ["t"]),
}))
POLICY = st.fixed_dictionaries({
    "state": either("enabled", "enabled", "enabled", "enabledForReportingButNotEnforced", "disabled"),
    "conditions": CONDITIONS, "grantControls": GRANTS,
})
DEVICE = either({"registered": False}, {"registered": True, "isCompliant": True, "trustType": "ServerAD",
                                        "isManaged": True, "model": "K1", "extensionAttribute1": "SAW"},
                {"registered": True, "isCompliant": False, "trustType": "Workplace", "isManaged": False, "model": None,
                 "extensionAttribute1": None})
SIGN_IN = st.fixed_dictionaries({
    "userId": st.just(USER), "appId": st.sampled_from(APPS),
    "platform": either("windows", "iOS", "unknown"), "ip": either("198.18.0.7", "198.18.1.7", "192.0.2.77"),
    "country": either("GB", "unknown"),
    "clientAppType": either("browser", "browser", "other", "mobileAppsAndDesktopClients", "exchangeActiveSync"),
    "device": DEVICE, "signInRiskLevel": either("none", "high"), "userRiskLevel": st.just("none"),
    "insiderRiskLevel": st.just("none"), "authenticationFlow": either("none", "deviceCodeFlow"),
    "appProtected": st.booleans(), "userAction": either(*[None] * 4, "urn:user:registersecurityinfo"),
})
TENANT = st.fixed_dictionaries({
    "policies": st.lists(POLICY, min_size=1, max_size=3),
    "namedLocations": st.just([
        {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": PLACES[0], "isTrusted": True,
         "ipRanges": [{"cidrAddress": "198.18.0.0/24"}]},
        {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": PLACES[1], "isTrusted": False,
         "ipRanges": [{"cidrAddress": "198.18.1.0/24"}]},
        {"@odata.type": "#microsoft.graph.countryNamedLocation", "id": PLACES[2], "countriesAndRegions": ["GB"]},
    ]),
    "mfaTrustedIps": either([], ["192.0.2.0/24"]),
    "securityDefaults": either(*[{"isEnabled": False}] * 6, {"isEnabled": True}),
    "users": st.builds(lambda kind, creation, state: [{
        "id": USER, "userPrincipalName": "x@y.example", "userType": kind, "creationType": creation,
        "externalUserState": None, "perUserMfaState": state, "homeTenantId": "0f000000-0000-4000-8000-00000000f002"}],
        either("Member", "Guest"), either(None, "Invitation"), either(*["disabled"] * 3, "enabled", "enforced")),
    "groups": st.builds(lambda first, second: [
        {"id": GROUPS[0], "members": [USER] if first else []}, {"id": GROUPS[1], "members": [GROUPS[2]]},
        {"id": GROUPS[2], "members": [USER] if second else []}], st.booleans(), st.booleans()),
    "roles": st.builds(lambda kind, holder: [{"roleTemplateId": ROLES[0], "principalId": holder,
                                              "assignmentType": kind, "directoryScopeId": "/"}],
                       either("Active", "Eligible"), either(USER, GROUPS[0])),
    "applications": st.just([{"appId": APPS[1], "ownedBy": "tenant"}]), "deletedObjectIds": st.just([]),
})
MANY = settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def case(tenant, sign_in):
    told = copy.deepcopy(tenant)
    for number, policy in enumerate(told["policies"]):
        policy["id"] = f"c0000000-0000-4000-8000-{number:012}"
        policy["displayName"] = f"Policy {number}"
    target = "userAction" if sign_in["userAction"] is None else "appId"
    return {"kind": "signIn", "tenant": told,
            "signIn": {name: copy.deepcopy(value) for name, value in sign_in.items() if name != target}}


def forgotten(told):
    """The case again and again, one thing less known each time: members, roles, a location, trusted addresses, a
    signal, a property of the device, a fact about the user, a condition nobody knows."""
    def without(forget):
        less = copy.deepcopy(told)
        forget(less["tenant"], less["signIn"])
        return less

    for number in range(len(GROUPS)):
        yield without(lambda tenant, _, n=number: tenant["groups"][n].update(members=None))
    yield without(lambda tenant, _: tenant.update(namedLocations=None))
    for number, place in enumerate(PLACES):
        # A location that no policy names is not missed: the list counts as whole.
        if place in json.dumps(told["tenant"]["policies"]):
            yield without(lambda tenant, _, n=number: tenant["namedLocations"].pop(n))
    yield without(lambda tenant, _: tenant.update(roles=None))
    yield without(lambda tenant, _: tenant.update(mfaTrustedIps=None))
    for name in SIGNALS:
        yield without(lambda _, sign_in, name=name: sign_in.pop(name, None))
    for name in told["signIn"]["device"]:
        yield without(lambda _, sign_in, name=name: sign_in["device"].pop(name))
    for name in ("userType", "creationType", "externalUserState", "homeTenantId"):
        yield without(lambda tenant, _, name=name: tenant["users"][0].pop(name))
    for number in range(len(told["tenant"]["policies"])):
        yield without(lambda tenant, _, n=number: tenant["policies"][n]["conditions"].update(somethingNew={"x": 1}))


@settings(MANY, max_examples=250)
@given(TENANT, SIGN_IN)
def test_knowing_less_never_makes_anybody_protected(tenant, sign_in):
    """Where one factor may suffice, it still may when less is known, whatever it is."""
    known = answer(case(tenant, sign_in))
    for less in map(answer, forgotten(case(tenant, sign_in))):
        assert less["singleFactorPossible"] or not known["singleFactorPossible"]
        assert set(known["possibleOutcomes"]) <= set(less["possibleOutcomes"])


@MANY
@given(TENANT, SIGN_IN, st.data())
def test_an_exclusion_never_protects(tenant, sign_in, data):
    """Leaving somebody, something or some place out of a policy never ends single-factor entry."""
    told = case(tenant, sign_in)
    before = answer(told)
    conditions = data.draw(st.sampled_from(told["tenant"]["policies"]))["conditions"]
    what = data.draw(st.sampled_from(("excludeUsers", "excludeGroups", "excludeApplications")))
    if what == "excludeApplications":
        conditions["applications"][what] = [*conditions["applications"][what], sign_in["appId"]]
    else:
        conditions["users"][what] = [*conditions["users"][what], USER if what == "excludeUsers" else GROUPS[0]]

    assert answer(told)["singleFactorPossible"] or not before["singleFactorPossible"]


@MANY
@given(TENANT, SIGN_IN, st.randoms(use_true_random=False))
def test_the_order_of_policies_is_irrelevant(tenant, sign_in, dice):
    """There is none."""
    told = case(tenant, sign_in)
    before = answer(told)
    dice.shuffle(told["tenant"]["policies"])

    assert before == answer(told)


def recased(value, key=""):
    """Keys as PowerShell writes them, ids and words in capitals; rules keep their text."""
    if isinstance(value, dict):
        return {name if "@" in name else name[:1].upper() + name[1:]: recased(each, name)
                for name, each in value.items()}
    if isinstance(value, list):
        return [recased(each, key) for each in value]
    return value.upper() if isinstance(value, str) and key not in ("id", "displayName") else value


@MANY
@given(TENANT, SIGN_IN)
def test_case_is_irrelevant(tenant, sign_in):
    """Of keys, ids and words in policies and locations, and of the words of a sign-in."""
    told = case(tenant, sign_in)
    before = answer(told)
    told["tenant"]["policies"] = recased(told["tenant"]["policies"])
    told["tenant"]["namedLocations"] = recased(told["tenant"]["namedLocations"])
    told["tenant"]["groups"] = json.loads(json.dumps(told["tenant"]["groups"]).replace("bb000000", "BB000000"))
    told["signIn"] = {name: each.upper() if isinstance(each, str) and name not in ("userId", "ip", "country") else each
                      for name, each in told["signIn"].items()}

    assert before == answer(told)
