"""Readings of Conditional Access that other tools get wrong, each as a sign-in."""

from __future__ import annotations

import pytest

from mfa_audit.access.cases import answer

ME, OTHER = "a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"
GROUP, INNER = "b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"
PLACE, ROLE = "d0000000-0000-4000-8000-000000000001", "62e90394-69f5-4237-9190-012177145e10"
EXCHANGE, OWN = "00000002-0000-0ff1-ce00-000000000000", "5a5a5a5a-0000-4000-8000-00000000a001"
ALL = {"includeUsers": ["All"]}
ALL_APPS = {"includeApplications": ["All"]}


def policy(users=None, apps=None, grant=("mfa",), operator="OR", number=1, state="enabled", session=None, **conditions):
    """A policy for all, everywhere, that demands MFA, but for what is said."""
    return {"id": f"c0000000-0000-4000-8000-00000000000{number}", "state": state,
            "conditions": {"users": users or ALL, "applications": apps or ALL_APPS, "clientAppTypes": ["all"],
                           **conditions},
            "grantControls": {"operator": operator, "builtInControls": list(grant)}, "sessionControls": session}


def decided(*policies, user=None, tenant=None, **signals):
    """The record of a member's sign-in from a personal computer, but for what is said."""
    return answer({
        "tenant": {"policies": list(policies), "namedLocations": [], "mfaTrustedIps": [], "groups": [], "roles": [],
                   "securityDefaults": {"isEnabled": False}, "deletedObjectIds": [],
                   "users": [{"id": ME, "userPrincipalName": "me@home.example", "userType": "Member",
                              "creationType": None, "externalUserState": None, **(user or {})}], **(tenant or {})},
        "signIn": {"userId": ME, "appId": EXCHANGE, "platform": "windows", "ip": "198.51.100.23", "country": "GB",
                   "clientAppType": "browser", "device": {"registered": False}, "signInRiskLevel": "none",
                   "userRiskLevel": "none", "insiderRiskLevel": "none", "authenticationFlow": "none", **signals}})


def filtered(rule, mode="include"):
    """A policy with a device filter."""
    return policy(devices={"deviceFilter": {"mode": mode, "rule": rule}})


def without(group):
    """A policy that leaves a group out."""
    return policy({**ALL, "excludeGroups": [group]})


def by_strength(strength):
    """A policy that demands a strength by its id."""
    return {**policy(), "grantControls": {"operator": "OR", "builtInControls": [],
                                          "authenticationStrength": {"id": strength["id"]}}}


def for_filtered_apps(mode):
    """A policy for applications told by their attributes, or for all but those."""
    return policy(apps={"includeApplications": [] if mode == "include" else ["All"], "applicationFilter": {
        "mode": mode, "rule": 'CustomSecurityAttribute.A_b -eq "x"'}})


HYBRID = {"registered": True, "trustType": "ServerAD", "isCompliant": True, "isManaged": True}
TRUSTED = {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": PLACE, "isTrusted": True,
           "ipRanges": [{"cidrAddress": "198.51.100.0/24"}, {"cidrAddress": "2001:db8::/32"}]}
COUNTRY = {"@odata.type": "#microsoft.graph.countryNamedLocation", "id": PLACE, "countriesAndRegions": ["GB"],
           "isTrusted": True}
NOT_TRUSTED = policy(locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]})
NOT_HERE = policy(locations={"includeLocations": ["All"], "excludeLocations": [PLACE]})
EXTERNAL_MEMBER = {"creationType": "Invitation"}
ADMIN = {"roleTemplateId": ROLE, "principalId": ME, "assignmentType": "Active", "directoryScopeId": "/"}
BY_ROLE = policy({"includeRoles": [ROLE]})
NOT_BY_ROLE = policy({**ALL, "excludeRoles": [ROLE]})
EIGHT = {"signInFrequency": {"isEnabled": True, "type": "hours", "value": 8}}
STRENGTH = {"id": "e0000000-0000-4000-8000-000000000001", "allowedCombinations": ["password"]}
SYNC = {**ADMIN, "roleTemplateId": "d29b2b05-8046-44ba-8758-1e26182fcf32"}
PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
LOG_ANALYTICS = "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5"
ON = {"securityDefaults": {"isEnabled": True}}

TRAPS = {
    "1 report only": (decided, (policy(state="enabledForReportingButNotEnforced"),), {}, "allow"),
    "2 risk only": (decided, (policy(signInRiskLevels=["high"]),), {}, "allow"),
    "2 all risks, hidden": (decided, (policy(signInRiskLevels=["none", "low", "medium", "high"]),),
                            {"signInRiskLevel": "hidden"}, "indeterminate"),
    "3 or compliant device": (decided, (policy(grant=("mfa", "compliantDevice")),), {"device": HYBRID}, "allow"),
    "4 nested exclusion": (decided, (without(GROUP),), {"tenant": {"groups": [
        {"id": GROUP, "members": [INNER]}, {"id": INNER, "members": [ME]}]}}, "allow"),
    "5 external members": (decided, (policy({"includeUsers": ["GuestsOrExternalUsers"]}),),
                           {"user": EXTERNAL_MEMBER}, "mfa"),
    "6 eligible": (decided, (BY_ROLE,), {"tenant": {"roles": [{**ADMIN, "assignmentType": "Eligible"}]}}, "allow"),
    "6 active": (decided, (BY_ROLE,), {"tenant": {"roles": [ADMIN]}}, "mfa"),
    "6 kind of assignment not told": (decided, (NOT_BY_ROLE,), {"tenant": {"roles": [
        {**ADMIN, "assignmentType": None}]}}, "indeterminate"),
    "6 scope not told": (decided, (BY_ROLE,), {"tenant": {"roles": [
        {**ADMIN, "directoryScopeId": None}]}}, "indeterminate"),
    "7 unrecognised platform": (decided, (policy(platforms={"includePlatforms": ["windows"]}),),
                                {"platform": "unknown"}, "allow"),
    "8 casing": (decided, (policy({"IncludeUsers": ["all"]}, platforms={"includePlatforms": ["All"]}),), {}, "mfa"),
    "9 MFA trusted IPs": (decided, (NOT_TRUSTED,), {"tenant": {"mfaTrustedIps": ["198.51.100.0/24"]}}, "allow"),
    "9 not told": (decided, (NOT_TRUSTED,), {"tenant": {"mfaTrustedIps": None}}, "indeterminate"),
    "9 a named location unread": (decided, (NOT_TRUSTED, policy(number=2, grant=(), locations={
        "includeLocations": [PLACE]})), {}, "indeterminate"),
    "10 country": (decided, (NOT_TRUSTED,), {"tenant": {"namedLocations": [COUNTRY]}}, "mfa"),
    "10 countries not told": (decided, (NOT_HERE,), {"tenant": {"namedLocations": [
        {**COUNTRY, "countriesAndRegions": None}]}}, "indeterminate"),
    "11 old protocols": (decided, (policy(clientAppTypes=["browser"]),), {"clientAppType": "other"}, "allow"),
    "11 old protocols named": (decided, (policy(),), {"clientAppType": "other"}, "denied"),
    "12 negative filter": (decided, (filtered('device.trustType -ne "ServerAD"', "exclude"),), {}, "allow"),
    "12 old protocol sends no device": (decided, (filtered("device.isCompliant -eq True"),),
                                        {"clientAppType": "other", "device": HYBRID}, "allow"),
    "12 null of no device": (decided, (filtered("device.model -ne null"),), {}, "indeterminate"),
    "13 no filter": (decided, (filtered("nonsense"),), {}, "indeterminate"),
    "13 too long": (decided, (filtered("(" * 100_000),), {}, "indeterminate"),
    "13 deep": (decided, (filtered("(" * 3_072),), {}, "indeterminate"),
    "15 frequency without MFA": (decided, (policy(grant=(), session=EIGHT),), {}, "allow"),
    "18 user action": (decided, (policy(apps={"includeUserActions": ["urn:user:registersecurityinfo"]}),), {},
                       "allow"),
    "19 out of the suite": (decided, (policy(apps={"includeApplications": ["Office365"],
                                                   "excludeApplications": [EXCHANGE]}),), {}, "allow"),
    "19 a suite nobody knows": (decided, (policy(apps={**ALL_APPS, "excludeApplications": ["NewSuite"]}),), {},
                                "indeterminate"),
    "19 a filter nobody knows": (decided, (policy(apps={**ALL_APPS, "applicationFilter": {
        "mode": "new", "rule": "x"}}),), {}, "indeterminate"),
    "20 Azure management": (decided, (policy(apps={"includeApplications": [
        "797f4846-ba00-4fd7-ba43-dac1f8f63013"]}),), {"appId": PORTAL}, "mfa"),
    "21 Entra joined": (decided, (policy(grant=("domainJoinedDevice",)),),
                        {"device": {**HYBRID, "trustType": "AzureAD"}}, "denied"),
    "22 device code": (decided, (policy(grant=("compliantDevice",)),),
                       {"device": HYBRID, "authenticationFlow": "deviceCodeFlow"}, "denied"),
    "23 none": (decided, (policy({"includeUsers": ["None"]}),), {}, "allow"),
    "24 another id of the role": (decided, (policy({"includeRoles": [OTHER]}),), {"tenant": {"roles": [ADMIN]}},
                                  "allow"),
    "25 unread": (decided, (without(GROUP),), {}, "indeterminate"),
    "25 deleted": (decided, (without(GROUP),), {"tenant": {"deletedObjectIds": [GROUP]}}, "mfa"),
    "26 per-user": (decided, (policy({**ALL, "excludeUsers": [ME]}),), {"user": {"perUserMfaState": "enforced"}},
                    "mfa"),
    "27 defaults": (decided, (), {"tenant": ON}, "indeterminate"),
    "27 the portal": (decided, (), {"tenant": ON, "appId": PORTAL}, "mfa"),
    "27 no portal": (decided, (), {"tenant": ON, "appId": LOG_ANALYTICS}, "indeterminate"),
    "27 synchronisation": (decided, (), {"tenant": {**ON, "roles": [SYNC]}, "appId": PORTAL}, "allow"),
    "27 roles unread": (decided, (), {"tenant": {**ON, "roles": None}, "appId": PORTAL}, "indeterminate"),
    "28 unknown control": (decided, (policy(grant=("mfa", "unknownFutureValue")),), {}, "indeterminate"),
    "28 many": (decided, (policy(grant=("mfa", *(f"x{n}" for n in range(200)))),), {}, "indeterminate"),
    "29 blanks": (decided, (policy({"includeGuestsOrExternalUsers": {
        "guestOrExternalUserTypes": "internalGuest, b2bCollaborationMember"}}),), {"user": EXTERNAL_MEMBER}, "mfa"),
    "30 only some places": (decided, (policy(locations={"includeLocations": [PLACE]}),),
                            {"tenant": {"namedLocations": [TRUSTED]}, "ip": "203.0.113.1"}, "allow"),
    "31 IPv6": (decided, (NOT_TRUSTED,), {"tenant": {"namedLocations": [TRUSTED]}, "ip": "2001:db8::1"}, "allow"),
    "34 block and exclusion": (decided, (policy(grant=("block",)), policy({**ALL, "excludeUsers": [ME]}, number=2)),
                               {}, "block"),
    "wrong type of a list": (decided, (policy({"includeUsers": 5}),), {}, "indeterminate"),
    "a user without a name": (decided, (policy({**ALL, "excludeUsers": ["GuestsOrExternalUsers"]}),),
                              {"user": {"userPrincipalName": None}}, "indeterminate"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap(trap):
    """By its number in the order of the usual mistakes."""
    ask, policies, told, expected = TRAPS[trap]

    found = ask(*policies, **told)

    assert found["outcome"] == expected
    assert found["singleFactorPossible"] is (expected in ("allow", "indeterminate"))


@pytest.mark.parametrize(("session", "hours"), [
    (EIGHT, 8), ({"signInFrequency": {"isEnabled": False, "type": "hours", "value": 8}}, None),
    ({"signInFrequency": {"isEnabled": True, "type": "days", "value": 2}}, 48),
    ({"signInFrequency": {"isEnabled": True, "frequencyInterval": "everyTime"}}, 0)])
def test_sign_in_frequency(session, hours):
    """In hours, whatever its unit; none when switched off."""
    assert decided(policy(session=session))["signInFrequencyHours"] == hours


def test_a_strength_that_a_password_meets_is_no_mfa():
    """Its combinations say so where its requirements do not."""
    weak = policy(grant=())
    weak["grantControls"]["authenticationStrength"] = STRENGTH

    assert decided(weak)["outcome"] == "allow"


def test_two_comparisons_with_null_are_not_one():
    """The word in quotation marks is a text, without them it is nothing; one device can be in neither policy."""
    found = decided(filtered("device.displayName -eq null"), {
        **filtered('device.displayName -eq "null"', "exclude"), "id": "c0000000-0000-4000-8000-000000000002"},
        device={"registered": True})

    assert found["singleFactorPossible"] is True


SAFE, STRANGE = {"locations": {"includeLocations": ["All"], "excludeLocations": [PLACE]}}, "unknownFutureValue"
OTHER_PLACE = "d0000000-0000-4000-8000-000000000002"
ONLY_TRUSTED = policy(number=2, locations={"includeLocations": ["AllTrusted"]})
GUEST = {"userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted",
         "homeTenantId": "77777777-7777-4777-8777-000000000002"}


def without_guests(types, **tenants):
    """A policy that leaves guests out, of ``types`` and from ``tenants``."""
    selector = {"guestOrExternalUserTypes": types, "externalTenants": tenants or None}
    return policy({**ALL, "excludeGuestsOrExternalUsers": selector})


def ranged(cidr, **more):
    """A trusted location of one range."""
    return {"namedLocations": [{**TRUSTED, "ipRanges": [{"cidrAddress": cidr}], **more}]}


@pytest.mark.parametrize("told", [
    pytest.param(decided(policy({**ALL, "excludeRoles": [ROLE]}), tenant={"roles": [{**ADMIN, "principalId": GROUP}]}),
                 id="a role held by a group that nothing describes"),
    pytest.param(decided(policy(locations={"includeLocations": ["All"], "excludeLocations": [OTHER_PLACE]}),
                         ONLY_TRUSTED), id="an unread location may be trusted or not, wherever the sign-in is from"),
    pytest.param(decided(policy(platforms={"includePlatforms": [STRANGE]}),
                         policy(number=2, platforms={"includePlatforms": ["all"], "excludePlatforms": [STRANGE]})),
                 id="one word nobody knows in two policies"),
    pytest.param(decided(policy(), tenant={"securityDefaults": {"isEnabled": True},
                                           "policies": [policy(state="partiallyEnabled")]}),
                 id="security defaults and a policy in a state nobody knows"),
    *(pytest.param(decided(policy({**ALL, "excludeRoles": [word]}), tenant={"roles": [ADMIN]}), id=f"a role as {word}")
      for word in ("Global Administrator", "All", f"{ROLE} {ROLE}", STRANGE)),
    pytest.param(decided(without_guests("b2bCollaborationGuest", membershipKind="enumerated", members=["x.example"]),
                         user=GUEST), id="a home tenant by its domain"),
    pytest.param(decided(without_guests(None, membershipKind="all"), user=GUEST), id="guests of no kind"),
    pytest.param(decided(policy(apps={**ALL_APPS, "excludeApplications": [EXCHANGE]}), appId="Exchange Online"),
                 id="an application by its name"),
    pytest.param(decided(NOT_HERE, tenant={"namedLocations": [COUNTRY]}, country="UK"), id="no country's code"),
    pytest.param(decided(NOT_HERE, tenant={"namedLocations": [{**COUNTRY, "countriesAndRegions": ["United Kingdom"]}]}),
                 id="a country by its name"),
    pytest.param(decided(filtered('device.isCompliant -eq True', "exclude"), device={**HYBRID, "isCompliant": "yes"}),
                 id="compliant as yes"),
    pytest.param(decided(filtered('device.trustType -eq "ServerAD"', "exclude"),
                         device={**HYBRID, "trustType": "Hybrid Azure AD joined"}), id="a trust type by its label"),
    pytest.param(decided(policy(apps={**ALL_APPS, "applicationFilter": {
        "mode": "include", "rule": 'CustomSecurityAttribute.a_b -eq "c"'}})), id="a filter beside all applications"),
    pytest.param(decided(NOT_HERE, tenant=ranged("::ffff:198.51.100.0/120")), id="IPv4 written as IPv6"),
    pytest.param(decided(NOT_HERE, tenant=ranged("192.0.2.0/24", newKey="x")), id="a location with a key nobody knows"),
    pytest.param(decided(NOT_HERE, tenant={"namedLocations": [TRUSTED, {**TRUSTED, "ipRanges": []}]}),
                 id="two locations of one id"),
    pytest.param(decided(user={"perUserMfaState": "enabled", "mfaRegistered": False}, appId=None,
                         userAction="urn:user:registersecurityinfo"), id="registering the first factor"),
    pytest.param(decided(policy(), appId=None), id="neither an application nor an action told"),
    pytest.param(decided(user={"perUserMfaState": "enforced"}, appId=None), id="nor told with per-user MFA"),
    pytest.param(decided(policy(grant=["compliantDevice"]), clientAppType="exchangeActiveSync",
                         device={"registered": True, "trustType": "ServerAD"}), id="ActiveSync, compliance not told"),
    pytest.param(decided(filtered('device.extensionAttribute1 -ne "a"'),
                         {**filtered('device.extensionAttribute1 -ne "b"', "exclude"),
                          "id": "c0000000-0000-4000-8000-000000000002"},
                         device={**HYBRID, "isManaged": False, "isCompliant": False, "trustType": "Workplace"}),
                 id="a hidden attribute compared with two values"),
    pytest.param(decided(policy(), without(GROUP), tenant={"groups": [{"id": GROUP, "members": [ME]}]}),
                 id="a policy told in two ways"),
    pytest.param(decided(by_strength({**STRENGTH, "allowedCombinations": ["fido2"]}), tenant={
        "authenticationStrengths": [STRENGTH, {**STRENGTH, "allowedCombinations": ["fido2"]}]}),
        id="a strength told in two ways"),
    pytest.param(decided({**for_filtered_apps("include"), "id": None}, {**for_filtered_apps("exclude"), "id": None}),
                 id="two policies without an id"),
])
def test_what_nobody_understands_is_no_demand(told):
    """One factor may suffice, for all that is known."""
    assert told["singleFactorPossible"]


NOTED = policy(session=EIGHT)


@pytest.mark.parametrize(("note", "told"), [
    ("appPassword", {"user": {"perUserMfaState": "enforced"}, "clientAppType": "other", "tenant": {"policies": []}}),
    ("dataConflict", {"tenant": {"securityDefaults": {"isEnabled": True}}}),
    ("mayBeAskedSooner", {"tenant": {"policies": [NOTED, {
        **policy({"includeGroups": [GROUP]}, number=2, session={"signInFrequency": {
            "isEnabled": True, "type": "hours", "value": 1}})}]}}),
    ("mfaTrustedIpMayBypass", {"tenant": {"mfaTrustedIps": ["198.51.100.0/24"]}}),
    ("microsoftAsks", {"appId": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"}),
    ("perUserMfaNotRead", {"user": {}}),
])
def test_a_note_stands_where_it_is_due_and_nowhere_else(note, told):
    """Beside the same sign-in without what calls for it the note is not."""
    plain = decided(NOTED, user={"perUserMfaState": "disabled"})
    noted = decided(NOTED, **{"user": {"perUserMfaState": "disabled"}, **told})

    assert [] == plain["notes"]
    assert note in noted["notes"]


def test_days_a_browser_is_remembered_are_reported():
    """As the tenant has them; not told is null."""
    assert 14 == decided(NOTED, tenant={"perUserMfaSettings": {"rememberMfaDays": 14}})["rememberMfaDays"]
    assert decided(NOTED)["rememberMfaDays"] is None


def test_many_doubts_are_settled_in_bounded_time():
    """Three hundred policies, each with a group of its own that nobody read: not known, and soon."""
    many = [{**without(f"b0000000-0000-4000-8000-{number:012d}"), "id": f"c0000000-0000-4000-8000-{number:012d}"}
            for number in range(300)]

    told = decided(*many)

    assert (True, "indeterminate") == (told["singleFactorPossible"], told["outcome"])
