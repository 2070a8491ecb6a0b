"""What ``access.json`` says, and whether people's methods meet what is demanded of them."""

from __future__ import annotations

import pandas as pd
import pytest

from mfa_audit.access.classes import Classes
from mfa_audit.access.document import told as told_of
from mfa_audit.access.everybody import Everybody
from mfa_audit.access.matrix import Matrix
from mfa_audit.access.question import Person
from mfa_audit.access.reach import meeting
from mfa_audit.access.scenarios import situations
from mfa_audit.access.strengths import BUILT_IN, strength_of
from mfa_audit.access.tenant import Tenant, policies_of
from mfa_audit.methods import BIT
from mfa_audit.policy import load_policy
from tests.access.test_traps import policy

POLICY = load_policy(preset="general")
RESISTANT = "00000000-0000-0000-0000-000000000004"
GROUP = "b0000000-0000-4000-8000-000000000001"
MEMBER, LEFT_OUT, UNSURE = (
    Person(guest_types=frozenset({"none"}), groups=frozenset(inside), unsure_groups=frozenset(unsure))
    for inside, unsure in (((), ()), ((GROUP,), ()), ((), (GROUP,))))


def told(*policies, people, tiers, holdings=()):
    """``access.json`` of a tenant whose classes are ``people``; counts by (class, tier), then by (class, methods)."""
    tenant = Tenant(policies_of(policies, ()), {}, (), security_defaults=False)
    matrix = Matrix(tenant, situations(POLICY, tenant))
    cells = [matrix.cells(person) for person in people]
    frame = pd.DataFrame([(number, name, cell.asked.value) for number, each in enumerate(cells)
                          for name, cell in each.items()], columns=["class", "scenario", "asked"])
    roles = pd.DataFrame({"account_id": [], "role_id": [], "eligible": [], "counted": [], "scoped": []}).astype(
        {"account_id": "str", "role_id": "str", "eligible": bool, "counted": bool, "scoped": bool})
    asked = Everybody(Classes(None, tuple(people)), cells, frame, [matrix.place(each) for each in cells], [], matrix,
                      roles)
    return told_of(asked, pd.DataFrame(tiers, columns=["access_class", "tier", "count"]),
                   pd.DataFrame(holdings, columns=["access_class", "method_bits", "count"]), roles, POLICY).document


EVERYBODY_BUT = policy({"includeUsers": ["All"], "excludeGroups": [GROUP]})


def test_lists_and_scenarios_count_accounts():
    """Each account once in the lists, once in every scenario of its tier."""
    found = told(EVERYBODY_BUT, people=(MEMBER, LEFT_OUT, UNSURE),
                 tiers=[(0, "staff", 5), (0, "privileged", 1), (1, "staff", 2), (2, "staff", 3)])

    assert {"never": 2, "cannot_tell": 3, "somewhere": 0, "everywhere": 6, "no_access": 0} == found["lists"]
    staff = found["scenarios"]["personal_computer"]["tiers"]["staff"]
    assert {"asked": 5, "not_asked": 2, "blocked": 0, "unknown": 3} == staff
    assert [{"fact": "group", "which": GROUP, "accounts": 3}] == found["cannot_tell_for_want_of"]
    gap = next(each for each in found["gaps"] if each["id"] == "excluded_and_never_asked")
    assert (2, "high", EVERYBODY_BUT["id"]) == (gap["accounts"], gap["severity"], gap["policy_id"])


def test_gaps_are_gravest_first():
    """And within a severity the most touching."""
    order = ["high", "medium", "low", "info"]
    found = [order.index(gap["severity"]) for gap in told(
        EVERYBODY_BUT, people=(MEMBER, LEFT_OUT), tiers=[(0, "staff", 5), (1, "staff", 2)])["gaps"]]

    assert found == sorted(found)


@pytest.mark.parametrize(("methods", "locked_out"), [
    (("mobile_phone",), 4), (("authenticator_push", "software_code"), 4), (("security_key",), 0),
    (("mobile_phone", "windows_hello"), 0), ((), 0),
])
def test_a_strength_out_of_reach_is_said(methods, locked_out):
    """People with methods, none of which is enough; who has none at all is told to register anyway."""
    resistant = policy() | {"grantControls": {"operator": "OR", "authenticationStrength": {"id": RESISTANT}}}
    bits = sum(BIT[name] for name in methods)
    found = told(resistant, people=(MEMBER,), tiers=[(0, "staff", 4)], holdings=[(0, bits, 4)])["gaps"]

    assert locked_out == sum(gap["accounts"] for gap in found if gap["id"] == "strength_out_of_reach")


def test_what_meets_a_strength():
    """Methods as bits; null when something no list shows, such as another provider's MFA, may meet it."""
    keys = sum(BIT[name] for name in ("security_key", "passkey_authenticator", "passkey_windows", "passkey_synced",
                                      "windows_hello", "platform_credential", "certificate"))
    texts = strength_of({"id": "x", "requirementsSatisfied": "mfa", "allowedCombinations": ["password,sms"]}, {})

    assert keys == meeting(BUILT_IN[RESISTANT])
    assert BIT["mobile_phone"] == meeting(texts)
    assert meeting(BUILT_IN["00000000-0000-0000-0000-000000000002"]) is None
    assert meeting(strength_of({"id": "y"}, {})) is None


def test_the_policies_that_demand_a_strength_out_of_reach_are_named():
    """Not the strength."""
    resistant = policy() | {"displayName": "Keys only", "grantControls": {
        "operator": "OR", "authenticationStrength": {"id": RESISTANT}}}
    found = told(resistant, people=(MEMBER,), tiers=[(0, "staff", 4)], holdings=[(0, BIT["mobile_phone"], 4)])["gaps"]

    assert [("Keys only", resistant["id"])] == [
        (gap["policy"], gap["policy_id"]) for gap in found if gap["id"] == "strength_out_of_reach"]


def test_only_who_has_no_method_can_have_a_first_one_registered():
    """By whoever has the password."""
    found = told(policy(), people=(MEMBER,), tiers=[(0, "staff", 7)],
                 holdings=[(0, 0, 3), (0, BIT["security_key"], 4)])["gaps"]

    assert [3] == [gap["accounts"] for gap in found if gap["id"] == "registration_open"]


def test_who_may_be_shut_out_instead_is_not_surely_asked():
    """MFA and a control nobody knows: nobody can tell whether it can be met."""
    both = policy(grant=("mfa", "brandNewControl"), operator="AND")

    assert {"never": 0, "cannot_tell": 5, "somewhere": 0, "everywhere": 0, "no_access": 0} == told(
        both, people=(MEMBER,), tiers=[(0, "staff", 5)])["lists"]
