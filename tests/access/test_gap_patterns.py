"""Gaps that must not be silenced by what has nothing to do with them, and what is no gap."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest
from nights import GOLDEN, run

from mfa_audit.access.gap import Again, View
from mfa_audit.access.gaps import gaps
from mfa_audit.access.matrix import Matrix
from mfa_audit.access.question import Person
from mfa_audit.access.scenarios import situations
from mfa_audit.access.tenant import Tenant, locations_of, networks_of, policies_of
from mfa_audit.policy import load_policy

POLICY = load_policy(preset="general")
ROLE, OTHER_ROLE = "62e90394-69f5-4237-9190-012177145e10", "729827e3-9c14-49f7-bb1b-9608f156bbb8"
GROUP, OTHER_GROUP = (f"bb000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
MEMBER = Person(guest_types=frozenset({"none"}))
INSIDE = Person(guest_types=frozenset({"none"}), groups=frozenset({GROUP}))
PER_USER = Person(guest_types=frozenset({"none"}), per_user="enforced")
OLD_CLIENTS = {"clientAppTypes": ["exchangeActiveSync", "other"]}
REGISTERING = {"applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}
OFF_NETWORK = {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}
FIVE_PLATFORMS = {"platforms": {"includePlatforms": ["windows", "macOS", "linux", "iOS", "android"]}}
GUESTS = {"guestOrExternalUserTypes": "b2bCollaborationGuest,serviceProvider",
          "externalTenants": {"membershipKind": "all"}}
ALL_BUT_GROUP = {"users": {"includeUsers": ["All"], "excludeGroups": [GROUP]}}


def policy(conditions=None, controls=("mfa",), number=1, **more):
    """One policy for everybody and every application but for what is said."""
    return {"id": f"c0000000-0000-4000-8000-{number:012}", "displayName": f"Policy {number}", "state": "enabled",
            "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
                           "clientAppTypes": ["all"], **(conditions or {})},
            "grantControls": {"operator": "OR", "builtInControls": list(controls)}, **more}


def strength(number):
    """A grant of one of the strengths that are built in."""
    return {"operator": "OR", "authenticationStrength": {"id": f"00000000-0000-0000-0000-00000000000{number}"}}


def again_within(hours):
    """To be asked again so soon."""
    return {"signInFrequency": {"isEnabled": True, "type": "hours", "value": hours}}


def found(policies, people=(MEMBER,), *, places=(), older=(), **more):
    """The gaps by id, of ten accounts like each of ``people``. ``places``: names of trusted locations, and ranges."""
    locations = locations_of([
        {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": name, "displayName": name, "isTrusted": trusted,
         "ipRanges": [{"cidrAddress": cidr} for cidr in ranges]} for name, trusted, ranges in places])
    tenant = Tenant(policies_of(policies, ()), locations, networks_of(older)[0], security_defaults=False)
    matrix = Matrix(tenant, situations(POLICY, tenant))
    cells = [matrix.cells(person) for person in people]
    rest = {"eligible": {}, "held": {}, "deleted": frozenset(), "tolerance_percent": 2.0, **more}
    view = View(matrix, people, cells, [matrix.place(each) for each in cells],
                np.full(len(people), 10, dtype=np.int64), **rest)
    by_id = {}
    for gap in gaps(view):
        by_id.setdefault(gap.id, []).append(gap)
    return by_id


def test_per_user_mfa_alone_is_seen_beside_a_policy_that_asks_nobody():
    """A block of old clients applies and asks nobody; a policy for everybody does."""
    block = policy(OLD_CLIENTS, ("block",))

    assert [10] == [gap.accounts for gap in found([block], (MEMBER, PER_USER))["per_user_only"]]
    assert "per_user_only" not in found([block, policy(number=2)], (MEMBER, PER_USER))


@pytest.mark.parametrize(("places", "older", "excluded", "severity"), [
    ([("a", True, ["203.0.0.0/17"]), ("b", True, ["203.0.128.0/17"])], (), "AllTrusted", "high"),
    ([("a", True, ["203.0.0.0/17"]), ("b", True, ["203.0.0.0/17"])], (), "AllTrusted", None),
    ([("a", False, ["198.18.0.0/16"])], (), "a", "high"),
    ([("a", False, ["198.18.0.0/16"])], (), "AllTrusted", None),
    ([("a", True, ["2001:db8::/32"])], (), "AllTrusted", "high"),
    ([("a", True, ["2001:db8::/33"])], (), "AllTrusted", None),
    ([("a", True, ["10.0.0.0/8"])], (), "AllTrusted", None),
    ([], ("198.18.0.0/15",), "AllTrusted", "high"),
    ([], ("198.18.0.0/15",), "00000000-0000-0000-0000-000000000000", "high"),
    ([("a", True, ["198.18.0.0/16"]), ("b", False, ["192.0.2.0/24"])], (), "b", "info"),
])
def test_wide_ranges_are_counted_together(places, older, excluded, severity):
    """Over all locations a policy spares, each address once, in IPv6 too; addresses no sign-in comes from do not
    count."""
    off = policy({"locations": {"includeLocations": ["All"], "excludeLocations": [excluded]}})
    wide = found([off], places=places, older=older).get("wide_trusted_range", [])

    assert ([] if severity is None else [severity]) == [gap.severity for gap in wide]


def test_wide_older_ranges_spare_those_with_per_user_mfa():
    """It knows no other places than these."""
    wide = found([], (MEMBER, PER_USER), older=("198.18.0.0/16",))["wide_trusted_range"]

    assert [(10, (1,))] == [(gap.accounts, gap.touched.classes) for gap in wide]


def test_how_much_is_spared_is_said():
    """Ranges that lie beside one another are one."""
    spared = found([policy(OFF_NETWORK)], places=[
        ("a", True, ["198.18.0.0/24", "198.18.1.0/24"]), ("b", True, ["192.0.2.0/24", "2001:db8::/48"])])

    assert [True] == [gap.found.endswith("768 addresses in 2 ranges and IPv6 addresses as many as a /48 in 1 range")
                      for gap in spared["untrusted_only"]]


@pytest.mark.parametrize(("mode", "rule", "seen"), [
    ("exclude", '-not (device.trustType -eq "ServerAD")', True), ("exclude", 'device.trustType -ne "ServerAD"', True),
    ("exclude", '-not (device.trustType -ne "ServerAD")', False),
    ("exclude", '-not (device.isCompliant -eq True -and -not (device.trustType -eq "x"))', True),
    ("exclude", 'device.isCompliant -eq True -or device.trustType -eq "ServerAD"', False),
    ("include", 'device.displayName -startsWith "KIOSK"', True), ("include", 'device.trustType -ne "ServerAD"', False),
])
def test_a_device_filter_in_the_negative(mode, rule, seen):
    """By its operator or by a *not* around it, and two are none."""
    assert seen == ("device_filter" in found([policy({"devices": {"deviceFilter": {"mode": mode, "rule": rule}}})]))


def test_an_unrecognised_platform_is_compared_with_signing_in_alike():
    """To be asked when registering a method is not what others are asked."""
    risky = policy({"signInRiskLevels": ["high"]})

    assert "platform" not in found([risky, policy(REGISTERING, number=2)])
    assert "platform" in found([policy(FIVE_PLATFORMS)])


@pytest.mark.parametrize(("other", "silenced"), [
    ({}, True), ({"applications": {"includeApplications": ["Office365"]}}, False),
    ({"applications": {"includeApplications": ["All"], "excludeApplications": ["x"]}}, False), (OFF_NETWORK, False),
    ({"users": {"includeGroups": [GROUP]}}, False), ({"signInRiskLevels": ["high"]}, False), (REGISTERING, False),
    ({"clientAppTypes": ["browser", "mobileAppsAndDesktopClients"]}, True),
])
def test_roles_are_named_or_everybody_is_asked(other, silenced):
    """A policy for everybody that asks only for some applications, or somewhere, asks no administrator for sure."""
    named = policy({"users": {"includeRoles": [ROLE]}})
    gap = found([named, policy(other, number=2)], held={ROLE: frozenset("a"), OTHER_ROLE: frozenset("b")})

    assert silenced == ("roles_not_named" not in gap)


def test_a_role_over_part_of_the_tenant_is_not_asked_by_its_policy():
    """Nor is that grave where everybody is asked, or seen where they are asked for the same."""
    named, scoped = policy({"users": {"includeRoles": [ROLE]}}), {ROLE: frozenset("ab"), OTHER_ROLE: frozenset("c")}
    resistant = named | {"grantControls": strength(4)}

    assert [("high", 2)] == [(gap.severity, gap.accounts) for gap in found([named], scoped=scoped)["scoped_role"]]
    assert "scoped_role" not in found([named, policy(number=2)], scoped=scoped)
    assert ["low"] == [gap.severity for gap in found([resistant, policy(number=2)], scoped=scoped)["scoped_role"]]


def test_an_assignment_over_part_of_the_tenant_is_read(tmp_path):
    """A role assignment of an administrative unit, through a whole run."""
    source = tmp_path / "source"
    shutil.copytree(GOLDEN, source)
    someone = json.loads((source / "users.json").read_text(encoding="utf-8"))["value"][0]["id"]
    (source / "roleAssignments.json").write_text(json.dumps({"value": [
        {"id": "r1", "principalId": someone, "roleDefinitionId": ROLE,
         "directoryScopeId": "/administrativeUnits/aa000000-0000-4000-8000-000000000009"}]}), encoding="utf-8")
    (source / "conditionalAccessPolicies.json").write_text(json.dumps(
        {"value": [policy({"users": {"includeRoles": [ROLE]}})]}), encoding="utf-8")

    folder = run([source], source / "policy.toml", tmp_path / "home").folder

    with (folder / "policy_gaps.csv").open(encoding="utf-8-sig", newline="") as text:
        assert [someone] == [row["account_id"] for row in csv.DictReader(text) if row["id"] == "scoped_role"]


def test_people_asked_by_risk_alone():
    """Whatever other people are asked, and whatever registering a method demands."""
    risky = policy({**ALL_BUT_GROUP, "signInRiskLevels": ["high"]})
    others = [policy(REGISTERING, number=2), policy({"users": {"includeGroups": [OTHER_GROUP]}}, number=3)]
    steady = Person(guest_types=frozenset({"none"}), groups=frozenset({OTHER_GROUP}))

    assert [(0,)] == [gap.touched.classes for gap in found([risky, *others], (MEMBER, INSIDE, steady))["risk_only"]]


def test_emergency_accounts_left_out_are_for_information():
    """As long as nobody else is left out with them."""
    left = [policy(ALL_BUT_GROUP), policy({**ALL_BUT_GROUP, "signInRiskLevels": ["high"]}, number=2)]
    alone, with_others = (found(left, (MEMBER, INSIDE), emergency=np.array([0, emergency])) for emergency in (10, 2))

    assert [("info", "c0000000-0000-4000-8000-000000000001", 10)] == [
        (gap.severity, gap.policy_id, gap.accounts) for gap in alone["excluded_and_never_asked"]]
    assert "1 other policy leaves out the same" in alone["excluded_and_never_asked"][0].found
    assert alone["excluded_and_never_asked"][0].found.endswith("emergency accounts only")
    assert "large_exclusion" not in alone
    assert ["high"] == [gap.severity for gap in with_others["excluded_and_never_asked"]]
    assert ["c0000000-0000-4000-8000-000000000001"] == [gap.policy_id for gap in with_others["large_exclusion"]]
    assert "40.0%" in with_others["large_exclusion"][0].found


@pytest.mark.parametrize(("paper", "enforced", "severity"), [
    ({}, {}, None), ({}, {"applications": {"includeApplications": ["Office365"]}}, "high"),
    (OFF_NETWORK, {}, None), ({}, OFF_NETWORK, "high"), ({}, ALL_BUT_GROUP, "high"),
    ({"users": {"includeGroups": [OTHER_GROUP]}}, ALL_BUT_GROUP, "info"),
])
def test_what_is_asked_anyway_need_not_be_switched_on(paper, enforced, severity):
    """A policy on paper, beside one that is enabled; for nobody yet, it is coming."""
    paper = policy(paper, number=2) | {"state": "enabledForReportingButNotEnforced"}
    gap = found([policy(enforced), paper], (MEMBER, INSIDE)).get("report_only", [])

    assert ([] if severity is None else [severity]) == [each.severity for each in gap]


def test_microsofts_own_policies_are_coming_and_stronger_ones_are_no_hole():
    """Neither leaves anybody unasked who is asked."""
    managed = policy(number=2) | {"state": "enabledForReportingButNotEnforced",
                                  "displayName": "Microsoft-managed: MFA for all users"}
    resistant = managed | {"displayName": "Resistant", "grantControls": strength(4)}

    assert ["info"] == [gap.severity for gap in found([policy(OFF_NETWORK), managed])["report_only"]]
    assert ["info"] == [gap.severity for gap in found([policy(), resistant])["report_only"]]


@pytest.mark.parametrize(("session", "seen"), [(None, True), (again_within(720), True), (again_within(8), False)])
def test_asked_again_as_soon_as_the_policy_wants(session, seen):
    """Never, after a month, after a working day."""
    again = Again("staff", 8.0, ("personal_computer",), np.array([10]))
    gap = found([policy(sessionControls=session)], again=(again,)).get("asked_too_rarely", [])

    assert ([(10, 0)] if seen else []) == [(each.accounts, each.unlisted) for each in gap]


def test_a_part_of_a_class_that_is_asked_too_rarely_is_counted_alone():
    """Nobody can list three of ten who look the same to every policy."""
    gap = found([policy()], again=(Again("privileged", 8.0, ("personal_computer",), np.array([3])),))

    assert [(3, 3, ())] == [(each.accounts, each.unlisted, each.touched.classes) for each in gap["asked_too_rarely"]]


def test_kinds_of_guests_left_out_of_every_policy():
    """Seen before the first of them is there; taken in by another policy, they are no gap."""
    but_guests = policy({"users": {"includeUsers": ["All"], "excludeGuestsOrExternalUsers": GUESTS}})
    for_guests = policy({"users": {"includeGuestsOrExternalUsers": GUESTS}}, number=2)
    guest = Person(guest_types=frozenset({"b2bcollaborationguest"}))

    assert [("low", 0)] == [(gap.severity, gap.accounts) for gap in found([but_guests])["guests"]]
    assert [("medium", 10)] == [(gap.severity, gap.accounts) for gap in found([but_guests], (MEMBER, guest))["guests"]]
    assert "guests" not in found([but_guests, for_guests], (MEMBER, guest))


def test_applications_left_out_by_a_filter():
    """An attribute decides, which whoever may set it decides."""
    but_some = {"includeApplications": ["All"], "applicationFilter": {
        "mode": "exclude", "rule": 'CustomSecurityAttribute.a_b -eq "x"'}}

    assert "excluded_applications" in found([policy({"applications": but_some})])


def test_to_be_asked_for_the_password_again_beside_mfa_is_no_gap():
    """It is one for people whom nothing asks for MFA."""
    session = policy(number=2, sessionControls=again_within(8)) | {"grantControls": None}

    assert "session_only" not in found([policy(), policy(OLD_CLIENTS, ("block",), number=3), session])
    assert [10] == [gap.accounts for gap in found([policy(ALL_BUT_GROUP), session], (MEMBER, INSIDE))["session_only"]]


def test_an_application_known_to_be_gone():
    """Only where it is known; what was not read is no such gap."""
    gone = "ee000000-0000-4000-8000-000000000001"
    named = policy({"applications": {"includeApplications": ["All"], "excludeApplications": [gone]}})

    assert "deleted_reference" in found([named], deleted=frozenset({gone}))
    assert "deleted_reference" not in found([named])


@pytest.mark.parametrize(("name", "narrow", "places"), [
    ("untrusted_only", policy(OFF_NETWORK, number=2), [("a", True, ["198.18.0.0/24"])]),
    ("device_filter", policy({"devices": {"deviceFilter": {"mode": "exclude", "rule": 'device.model -eq "x"'}}},
                             number=2), ()),
    ("or_something_else", policy(controls=("mfa", "compliantDevice"), number=2), ()),
    ("or_something_else", policy(controls=("mfa", "brandNewControl"), number=2), ()),
])
def test_a_policy_that_asks_as_widely_leaves_no_gap(name, narrow, places):
    """Alone the narrow one leaves one; twice it leaves two."""
    again = {**narrow, "id": "c0000000-0000-4000-8000-000000000009"}

    assert 1 == len(found([narrow], places=places)[name])
    assert 2 == len(found([narrow, again], places=places)[name])
    assert name not in found([narrow, policy()], places=places)


def test_a_strength_that_is_called_mfa_and_takes_a_password_is_weak():
    """Whatever it says of itself."""
    weak = policy() | {"grantControls": {"operator": "OR", "authenticationStrength": {
        "id": "ee000000-0000-4000-8000-000000000001", "requirementsSatisfied": "mfa",
        "allowedCombinations": ["password", "fido2"]}}}

    assert ["high"] == [gap.severity for gap in found([weak])["weak_strength"]]


def test_registering_a_device_is_not_registering_a_method():
    """The one may be open and the other not."""
    protected = policy({"applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}, number=2)

    assert "registration_open" in found([policy()])
    assert "registration_open" not in found([policy(), protected])
