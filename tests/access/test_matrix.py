"""Classes of accounts in scenarios: the same as each account decided by itself."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

from mfa_audit.access.classes import classes, facts_of_people, names_in
from mfa_audit.access.gap import View
from mfa_audit.access.gaps import gaps
from mfa_audit.access.grants import Outcome
from mfa_audit.access.matrix import Asked, Matrix
from mfa_audit.access.question import Person, Question
from mfa_audit.access.scenarios import situations
from mfa_audit.access.sign_in import decide
from mfa_audit.access.tenant import Tenant, locations_of, policies_of
from mfa_audit.policy import load_policy
from mfa_audit.snapshot.memberships import Memberships

POLICY = load_policy(preset="general")
GROUPS = [f"bb000000-0000-4000-8000-00000000000{n}" for n in range(4)]
ROLES = ["62e90394-69f5-4237-9190-012177145e10", "729827e3-9c14-49f7-bb1b-9608f156bbb8"]
PLACES = [f"dd000000-0000-4000-8000-00000000000{n}" for n in range(2)]
LOCATIONS = locations_of([
    {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": each, "isTrusted": number == 0,
     "ipRanges": [{"cidrAddress": f"198.18.{number}.0/24"}]} for number, each in enumerate(PLACES)])


def a_policy(dice, number):
    """A policy as Graph writes it."""
    return {
        "id": f"c0000000-0000-4000-8000-{number:012}", "displayName": f"Policy {number}",
        "state": dice.choice(("enabled", "enabled", "enabledForReportingButNotEnforced", "disabled", "new")),
        "conditions": {
            "users": {
                "includeUsers": dice.choice((["All"], [], ["GuestsOrExternalUsers"])),
                "includeGroups": dice.sample(GROUPS, dice.randint(0, 2)), "includeRoles": dice.sample(ROLES, 1),
                "excludeGroups": dice.sample(GROUPS, dice.randint(0, 1)),
            },
            "applications": {"includeApplications": dice.choice((["All"], ["Office365"], ["x"]))},
            "clientAppTypes": dice.choice((["all"], ["browser"], ["exchangeActiveSync", "other"], [])),
            "platforms": dice.choice((None, {"includePlatforms": ["windows", "iOS"]})),
            "locations": dice.choice((None, {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
                                      {"includeLocations": ["All"], "excludeLocations": [PLACES[1], "gone"]})),
            "devices": dice.choice((None, {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}},
                                    {"deviceFilter": {"mode": "include", "rule": 'device.model -eq "x"'}})),
            "signInRiskLevels": dice.choice(([], [], ["high"])),
        },
        "grantControls": dice.choice((None, {"operator": "OR", "builtInControls": ["mfa"]},
                                      {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]},
                                      {"operator": "AND", "builtInControls": ["mfa", "domainJoinedDevice"]},
                                      {"operator": "OR", "builtInControls": ["block"]})),
        "sessionControls": dice.choice((None, {"signInFrequency": {"isEnabled": True, "type": "hours", "value": 8}})),
    }


def a_tenant(seed, count=4):
    """A tenant drawn from a seed."""
    dice = random.Random(seed)
    return Tenant(
        policies=policies_of([a_policy(dice, number) for number in range(dice.randint(0, count))], ()),
        locations=LOCATIONS, trusted_networks=dice.choice(((), None)),
        security_defaults=dice.choice((True, False, False, None)),
    )


def somebody(dice):
    """Somebody, of whom not everything may be known."""
    inside = frozenset(dice.sample(GROUPS, dice.randint(0, 2)))
    held = frozenset(dice.sample(ROLES, dice.randint(0, 1)))
    return Person(
        guest_types=dice.choice((frozenset({"none"}), frozenset({"b2bcollaborationguest"}),
                                 frozenset({"none", "internalguest"}))),
        groups=inside, unsure_groups=frozenset(dice.sample(GROUPS, dice.randint(0, 1))) - inside, roles=held,
        unsure_roles=frozenset(dice.sample(ROLES, dice.randint(0, 1))) - held,
        per_user=dice.choice((None, "disabled", "enabled")),
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_cell_is_what_each_of_its_sign_ins_comes_to(seed):
    """However much is remembered: outcomes, hours and what is lacking are those of single decisions."""
    tenant, dice = a_tenant(seed), random.Random(seed)
    matrix = Matrix(tenant, situations(POLICY, tenant))
    for _ in range(12):
        person = somebody(dice)
        cells = matrix.cells(person)
        for situation in matrix.situations:
            single = [decide(Question(tenant, person, sign_in)) for sign_in in situation.sign_ins]
            cell = cells[situation.name]
            assert cell.possible == {outcome for decision in single for outcome in decision.possible}
            assert cell.lacks == {fact for decision in single for fact in decision.lacks}
            open_hours = [decision.hours for decision in single
                          if not decision.possible <= {Outcome.BLOCK, Outcome.DENIED}]
            assert cell.hours == (None if None in open_hours or not open_hours else max(open_hours))
            assert (cell.asked is Asked.NOT_ASKED) == any(
                decision.possible <= {Outcome.ALLOW, Outcome.CONTROL} for decision in single)


def held(pairs):
    """Pairs of account and position as arrays."""
    array = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return Memberships(array[:, 0].copy(), array[:, 1].copy(), frozenset())


def test_a_place_nobody_knows_is_not_left_out_of_a_combination(tmp_path):
    """Inside and outside, without an address inside: both stand for themselves."""
    text = tmp_path / "policy.toml"
    text.write_text('preset = "general"\n[networks]\ninside = []\n[scenarios.unrecognised_platform]\n'
                    'network = ["inside", "outside"]\n', encoding="utf-8")

    both = next(each for each in situations(load_policy(text), Tenant()) if each.name == "unrecognised_platform")

    assert {None, *load_policy(text).networks.outside} == {
        None if each.address is None else str(each.address) for each in both.sign_ins}


def test_accounts_of_one_class_hold_the_same():
    """Five thousand drawn accounts: one class for everybody with the same groups, roles, kind and setting."""
    dice, tenant = random.Random(3), a_tenant(5, count=40)
    names = names_in(tenant)
    people = pd.DataFrame({
        "user_type": [dice.choice(("member", "guest")) for _ in range(5_000)], "external": "no",
        "per_user": [dice.choice((None, "enabled")) for _ in range(5_000)],
        "has_id": [dice.random() < 0.9 for _ in range(5_000)],
    })
    groups = sorted({(dice.randrange(5_000), dice.randrange(len(names.groups))) for _ in range(4_000)})
    roles = sorted({(dice.randrange(5_000), dice.randrange(len(names.roles))) for _ in range(300)})

    found = classes(facts_of_people(people), names, held([]), held(groups), held(roles))

    inside, holding = ([set() for _ in range(5_000)] for _ in range(2))
    for account, place in groups:
        inside[account].add(names.groups[place])
    for account, place in roles:
        holding[account].add(names.roles[place])
    for account in range(5_000):
        person = found.people[found.of[account]]
        assert (person.groups, person.roles) == (inside[account], holding[account])
        assert (person.per_user == "enabled") == (people["per_user"][account] == "enabled")
        assert person.guest_types == {"internalguest" if people["user_type"][account] == "guest" else "none"}
        assert bool(person.unsure_groups) == (not people["has_id"][account] and person.groups != set(names.groups))
    assert 5_000 == len(found.of)
    assert set(range(len(found.people))) == set(found.of.tolist())
    assert len(set(found.people)) == len(found.people)


def seen(tenant, *people, tolerance=2.0):
    """The ids of the gaps of a tenant with ten accounts like each of ``people``, with the accounts touched."""
    matrix = Matrix(tenant, situations(POLICY, tenant))
    cells = [matrix.cells(person) for person in people]
    view = View(matrix, people, cells, [matrix.place(each) for each in cells],
                np.full(len(people), 10, dtype=np.int64), {ROLES[0]: frozenset("abc")},
                dict.fromkeys(ROLES, frozenset("a")), frozenset({PLACES[0]}), tolerance)
    return {gap.id: gap.accounts for gap in gaps(view)}


MEMBER = Person(guest_types=frozenset({"none"}))
EVERYBODY = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
             "clientAppTypes": ["all"]}


def policy(conditions=None, controls=("mfa",), operator="OR", state="enabled", number=1, **more):
    """One policy for everybody but for what is said."""
    return {"id": f"c0000000-0000-4000-8000-{number:012}", "displayName": "One", "state": state,
            "conditions": {**EVERYBODY, **(conditions or {})},
            "grantControls": {"operator": operator, "builtInControls": list(controls)}, **more}


@pytest.mark.parametrize(("name", "policies"), [
    ("in_no_policy", []),
    ("legacy_open", [policy({"clientAppTypes": ["browser", "mobileAppsAndDesktopClients"]})]),
    ("platform", [policy({"platforms": {"includePlatforms": ["windows", "macOS", "linux", "iOS", "android"]}})]),
    ("untrusted_only", [policy({"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}})]),
    ("some_applications", [policy({"applications": {"includeApplications": ["Office365"]}})]),
    ("excluded_applications", [policy({"applications": {"includeApplications": ["All"],
                                                        "excludeApplications": ["x"]}})]),
    ("report_only", [policy(state="enabledForReportingButNotEnforced")]),
    ("or_something_else", [policy(controls=("mfa", "compliantDevice"))]),
    ("device_filter", [policy({"devices": {"deviceFilter": {"mode": "exclude", "rule": 'device.model -eq "x"'}}})]),
    ("device_code", [policy()]),
    ("registration_open", [policy()]),
    ("risk_only", [policy({"signInRiskLevels": ["high"]})]),
    ("session_only", [policy() | {"grantControls": None}]),
    ("deleted_reference", [policy({"locations": {"includeLocations": ["All"], "excludeLocations": [PLACES[0]]}})]),
    ("eligible_only", [policy({"users": {"includeRoles": [ROLES[0]]}})]),
    ("roles_not_named", [policy({"users": {"includeRoles": [ROLES[0]]}})]),
    ("weak_strength", [policy() | {"grantControls": {"operator": "OR", "authenticationStrength": {
        "id": "ee000000-0000-4000-8000-000000000001", "requirementsSatisfied": "none",
        "allowedCombinations": ["password"]}}}]),
])
def test_a_gap_is_found(name, policies):
    """One planted, and a policy without it finds none of its kind."""
    assert name in seen(Tenant(policies_of(policies, ()), LOCATIONS, (), security_defaults=False), MEMBER)


def test_guests_that_are_not_asked_are_a_gap():
    """Everybody but guests."""
    left = policy({"users": {"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]}})
    tenant = Tenant(policies_of([left], ()), LOCATIONS, (), security_defaults=False)

    found = seen(tenant, MEMBER, Person(guest_types=frozenset({"b2bcollaborationguest"})))

    assert (10, 10) == (found["guests"], found["excluded_and_never_asked"])
    assert 10 == found["large_exclusion"]


def test_per_user_mfa_alone_is_a_gap():
    """It works, and should be moved."""
    found = seen(Tenant((), LOCATIONS, (), security_defaults=False),
                 Person(guest_types=frozenset({"none"}), per_user="enforced"))

    assert 10 == found["per_user_only"]
    assert "in_no_policy" not in found


def test_a_tenant_without_holes_has_no_grave_gap():
    """Everybody asked everywhere, old clients and device code blocked, registration protected."""
    closed = [
        policy(sessionControls={"signInFrequency": {"isEnabled": True, "type": "hours", "value": 8}}),
        policy({"authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"}}, ("block",),
               number=2),
        policy({"applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}, number=3),
    ]
    found = seen(Tenant(policies_of(closed, ()), LOCATIONS, (), security_defaults=False), MEMBER)

    assert not found
