"""The device filter's language and behaviour, row by row."""

from __future__ import annotations

import pytest

from mfa_audit.access import rules
from tests.access.test_traps import HYBRID, decided, filtered, policy

NONE = {"registered": False}
MANAGED = {**HYBRID, "trustType": "AzureAD", "isCompliant": False, "model": "Latitude 5440", "deviceId": "D-1",
           "displayName": "PC-1", "extensionAttribute1": None, "systemLabels": ["M365Managed"], "physicalIds": [],
           "profileType": "RegisteredDevice", "deviceOwnership": "Company", "operatingSystem": "Windows",
           "operatingSystemVersion": "10.0.19045", "manufacturer": "Dell Inc.", "enrollmentProfileName": None}
UNMANAGED = {**MANAGED, "isManaged": False, "trustType": "Workplace"}
YES, NO, UNKNOWN = "mfa", "allow", "indeterminate"

BEHAVIOUR = [
    # precedence, parentheses, spelling
    ('device.model -eq "a" -or device.trustType -eq "AzureAD" -and device.isCompliant -eq False', MANAGED, YES),
    ('(device.model -eq "a" -or device.trustType -eq "AzureAD") -and device.isCompliant -eq True', MANAGED, NO),
    ('-not device.model -eq "a" -and device.trustType -eq "AzureAD"', MANAGED, YES),
    ('-not (device.model -eq "a" -or device.trustType -eq "AzureAD")', MANAGED, NO),
    ('DEVICE.TRUSTTYPE EQ "azuread"', MANAGED, YES),
    ("device.trustType \u2013eq 'AzureAD'", MANAGED, YES),
    ('device.deviceid -eq "d-1"', MANAGED, YES),
    # every operator, both ways
    ('device.model -ne "x"', MANAGED, YES), ('device.model -startsWith "lat"', MANAGED, YES),
    ('device.model -notStartsWith "lat"', MANAGED, NO), ('device.model -endsWith "5440"', MANAGED, YES),
    ('device.model -notEndsWith "5440"', MANAGED, NO), ('device.model -contains "tude"', MANAGED, YES),
    ('device.model -notContains "tude"', MANAGED, NO), ('device.model -in ["x", "Latitude 5440"]', MANAGED, YES),
    ('device.model -notIn ["x", "Latitude 5440"]', MANAGED, NO),
    # a list holds whole elements
    ('device.systemLabels -contains "M365Managed"', MANAGED, YES),
    ('device.systemLabels -contains "M365"', MANAGED, NO),
    ('device.physicalIds -notContains "[ZTDID]"', MANAGED, YES),
    # empty is not untold
    ('device.enrollmentProfileName -eq "x"', MANAGED, NO), ('device.enrollmentProfileName -ne "x"', MANAGED, YES),
    ('device.mdmAppId -eq "x"', MANAGED, UNKNOWN), ('device.mdmAppId -ne "x"', MANAGED, UNKNOWN),
    # no registered device: positive operators fail, negative ones hold
    ('device.trustType -eq "ServerAD"', NONE, NO), ('device.trustType -ne "ServerAD"', NONE, YES),
    ("device.isCompliant -eq False", NONE, NO), ("device.isCompliant -ne True", NONE, YES),
    ('device.model -notIn ["x"]', NONE, YES), ('device.systemLabels -notContains "x"', NONE, YES),
    ('device.extensionAttribute1 -ne "SAW"', NONE, YES), ('device.extensionAttribute1 -eq "SAW"', NONE, NO),
    # extension attributes show on managed, compliant or hybrid joined devices alone
    ('device.extensionAttribute1 -eq "SAW"', {**MANAGED, "extensionAttribute1": "saw"}, YES),
    ('device.extensionAttribute1 -ne "SAW"', MANAGED, YES),
    ('device.extensionAttribute1 -eq "SAW"', {**UNMANAGED, "extensionAttribute1": "SAW"}, NO),
    ('device.extensionAttribute1 -ne "SAW"', UNMANAGED, UNKNOWN),
    # the template: in scope is all but what is hybrid joined and compliant
    ('device.trustType -ne "ServerAD" -or device.isCompliant -ne True', HYBRID, NO),
    ('device.trustType -ne "ServerAD" -or device.isCompliant -ne True', {**HYBRID, "trustType": "AzureAD"}, YES),
    ('device.trustType -ne "ServerAD" -or device.isCompliant -ne True', {**HYBRID, "isCompliant": False}, YES),
    ('device.trustType -ne "ServerAD" -or device.isCompliant -ne True', NONE, YES),
    # what is no rule
    ("", MANAGED, UNKNOWN), ("device.trustType", MANAGED, UNKNOWN), ('device.color -eq "x"', MANAGED, UNKNOWN),
    ('device.model -like "x"', MANAGED, UNKNOWN), ('device.model -eq "x', MANAGED, UNKNOWN),
    ('device.model -eq "x")', MANAGED, UNKNOWN), ('(device.model -eq "x"', MANAGED, UNKNOWN),
    ('device.model -eq "x" device.model -eq "y"', MANAGED, UNKNOWN), ('user.model -eq "x"', MANAGED, UNKNOWN),
    ('device.deviceId -startsWith "D"', MANAGED, UNKNOWN), ('device.physicalIds -eq "x"', MANAGED, UNKNOWN),
    ("device.isCompliant -eq maybe", MANAGED, UNKNOWN), ('device.isManaged -eq True', MANAGED, UNKNOWN),
    ('device.model -eq ["x"]', MANAGED, UNKNOWN), ('device.model -in "x"', MANAGED, UNKNOWN),
    ('device.model -eq "' + "x" * 3100 + '"', MANAGED, UNKNOWN),
]


@pytest.mark.parametrize(("rule", "device", "expected"), BEHAVIOUR, ids=lambda value: str(value)[:60])
def test_a_filter_that_includes(rule, device, expected):
    """In scope is MFA; out of scope one factor is enough; neither is known of a rule that is none."""
    assert expected == decided(filtered(rule), device=device)["outcome"]


@pytest.mark.parametrize(("rule", "device", "expected"), BEHAVIOUR, ids=lambda value: str(value)[:60])
def test_a_filter_that_excludes_is_the_reverse(rule, device, expected):
    """What is not known of the one is not known of the other."""
    reverse = {YES: NO, NO: YES}.get(expected, UNKNOWN)

    assert reverse == decided(filtered(rule, "exclude"), device=device)["outcome"]


def test_a_device_nobody_told_of_may_be_any():
    """Registered or not, with any property."""
    told = decided(filtered('device.trustType -ne "ServerAD"'), device=None)

    assert ["allow", "mfa"] == told["possibleOutcomes"]


def test_two_filters_that_complete_one_another_ask_whatever_the_device():
    """One for what the other leaves out: in every world one of them applies."""
    rule = 'device.model -startsWith "K"'
    pair = [policy(number=number, devices={"deviceFilter": {"mode": mode, "rule": rule}})
            for number, mode in enumerate(("include", "exclude"), start=1)]

    told = decided(*pair, device={"registered": True, "isManaged": True})

    assert ("mfa", False) == (told["outcome"], told["singleFactorPossible"])
    assert 2 == len(told["maybePolicies"])


@pytest.mark.parametrize("depth", [1, 50, 700])
def test_parentheses_go_as_deep_as_a_rule_is_long(depth):
    """No recursion."""
    text = "(" * depth + 'device.model -eq "x"' + ")" * depth

    assert 1 == len(rules.parse(text, "device"))


ENUMERATED = {"guestOrExternalUserTypes": "b2bCollaborationGuest , internalGuest",
              "externalTenants": {"membershipKind": "enumerated", "members": ["0f000000-0000-4000-8000-00000000F002"]}}
GUEST = {"userType": "Guest", "creationType": "Invitation"}


@pytest.mark.parametrize(("home", "expected"), [
    ("0F000000-0000-4000-8000-00000000f002", "mfa"), ("0f000000-0000-4000-8000-00000000f003", "allow"),
    (None, "indeterminate"),
])
def test_tenants_that_are_listed_by_their_ids(home, expected):
    """Trap 32: another home is not meant, and an unknown one may be."""
    told = decided(policy({"includeGuestsOrExternalUsers": ENUMERATED}), user={**GUEST, "homeTenantId": home})

    assert expected == told["outcome"]


def test_custom_controls_are_no_mfa():
    """Trap 33: a step at a third party, and one factor."""
    custom = policy() | {"grantControls": {"operator": "OR", "builtInControls": [],
                                           "customAuthenticationFactors": ["some-provider"]}}

    assert ("control", True) == (decided(custom)["outcome"], decided(custom)["singleFactorPossible"])


def test_a_block_on_one_policy_and_an_exclusion_on_the_other():
    """Trap 34: who is left out of MFA is still blocked."""
    told = decided(policy({"includeUsers": ["All"], "excludeUsers": ["a0000000-0000-4000-8000-000000000001"]}),
                   policy(grant=("block",), number=2))

    assert "block" == told["outcome"]
