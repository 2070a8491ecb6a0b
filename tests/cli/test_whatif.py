"""``mfa-audit whatif`` about an account of the last run."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network

import pytest
from graph_simulator import FileTenant, Simulator
from nights import GOLDEN

ADMINISTRATOR = "6a000000-0000-4000-8000-000000000016"


@pytest.fixture(name="audited")
def _audited(mfa):
    assert 0 == mfa("run", "--source", GOLDEN, "--policy", GOLDEN / "policy.toml", "--as-of", "2026-03-02", "-q").code
    return mfa


def test_every_scenario_in_a_line(audited):
    """An administrator who is asked everywhere but on the network."""
    told = audited("whatif", "--account", ADMINISTRATOR, "--matrix")

    assert 0 == told.code
    lines = [line for line in told.out.splitlines() if "One factor is enough" in line]
    assert 2 == len(lines)
    assert "on the" in lines[0]


def test_one_scenario_with_its_policies(audited):
    """Each policy, and why it does not apply."""
    told = audited("whatif", "--account", "p16@NORTHMOOR.example", "--scenario", "managed_device_on_network")

    assert "MFA off the NHS network  is not for this place" in told.out
    assert "Block old mail programs  is not for this kind of client" in told.out


def test_for_machines(audited):
    """The record of a decision for each sign-in."""
    told = audited("whatif", "--account", ADMINISTRATOR, "--scenario", "personal_computer", "--json")

    records = [json.loads(line) for line in told.out.splitlines()]
    assert 9 == len(records)
    assert {"mfa"} == {record["outcome"] for record in records}
    assert {8} == {record["signInFrequencyHours"] for record in records}


@pytest.mark.parametrize("arguments", [
    (), ("--account", "nobody-of-that-name"), ("--account", "northmoor"),
    ("--account", ADMINISTRATOR, "--scenario", "nowhere"),
    ("--account", ADMINISTRATOR, "--scenario", "personal_computer", "--matrix"), ("case.json", "--account", "x"),
])
def test_what_cannot_be_asked(audited, arguments):
    """Said in words, with exit 2."""
    told = audited("whatif", *arguments)

    assert 2 == told.code
    assert "Next:" in told.err


def microsoft(folder):
    """What If by the golden tenant's few rules, in the words of Graph: groups, clients, and one trusted range."""
    policies, groups = (json.loads((folder / name).read_text(encoding="utf-8"))["value"]
                        for name in ("conditionalAccessPolicies.json", "groups.json"))
    members = {group["id"]: {member["id"] if isinstance(member, dict) else member for member in group["members"]}
               for group in groups}

    def fits(policy, user, asked):
        users = policy["conditions"]["users"]
        named = "All" in users["includeUsers"] or any(user in members[group] for group in users["includeGroups"])
        named = named and not any(user in members[group] for group in users["excludeGroups"])
        clients, places = policy["conditions"]["clientAppTypes"], policy["conditions"]["locations"]
        client = "all" in clients or asked["clientAppType"] in clients
        trusted = ip_address(asked["ipAddress"]) in ip_network("203.0.113.0/24")
        return {"users": named, "clientApps": client, "location": not (places and trusted)}

    def entries(question):
        user, asked = question["signInIdentity"]["userId"], question["signInConditions"]
        found = {policy["id"]: fits(policy, user, asked) for policy in policies}
        return [{"id": policy["id"], "state": policy["state"], "policyApplies": all(found[policy["id"]].values()),
                 "analysisReasons": ",".join(name for name, holds in found[policy["id"]].items() if not holds)
                 or "notSet"} for policy in policies]

    return entries


@pytest.fixture(name="live")
def _live():
    """Graph with the golden tenant's own What If, and how to reach it."""
    with Simulator(FileTenant(GOLDEN), permissions=("Policy.Read.All",)) as simulator:
        simulator.what_if = microsoft(GOLDEN)
        yield simulator, {
            "MFA_AUDIT_GRAPH_ROOT": simulator.root, "MFA_AUDIT_LOGIN_ROOT": simulator.login_root,
            "MFA_AUDIT_CA_BUNDLE": str(simulator.ca_bundle), "MFA_AUDIT_TENANT_ID": simulator.tenant.tenant_id,
            "MFA_AUDIT_CLIENT_ID": simulator.issuer.client_id, "MFA_AUDIT_CLIENT_SECRET": simulator.issuer.secret}


LIVE = ("whatif", "--account", ADMINISTRATOR, "--scenario", "managed_device_on_network", "--compare-live")


def test_microsofts_what_if_agrees(audited, live):
    """Every policy applies, or does not, on both sides."""
    told = audited(*LIVE, **live[1])

    assert 0 == told.code, told.err
    assert "0 differ" in told.out
    assert "3 sign-ins were asked about, 9 policies compared" in told.out


def test_where_microsofts_what_if_differs_it_is_said(audited, live):
    """The policy, and what each side says of it."""
    simulator, how = live
    agreeing = simulator.what_if
    simulator.what_if = lambda question: [{**entry, "policyApplies": True, "analysisReasons": "notSet"}
                                          for entry in agreeing(question)]

    told = audited(*LIVE, "--json", **how)

    found = [each for line in told.out.splitlines() for each in json.loads(line)["differences"]]
    assert {("MFA off the NHS network", False), ("Block old mail programs", False)} <= {
        (each["name"], each["here"]) for each in found}


def test_what_if_without_its_permission(audited, live):
    """Exit 5, and its name."""
    simulator, how = live
    simulator.issuer.roles = ("User.Read.All",)

    told = audited(*LIVE, **how)

    assert 5 == told.code
    assert "Policy.Read.ConditionalAccess" in told.err


def test_live_is_for_an_account(audited):
    """A case of one's own is no sign-in at Microsoft's."""
    assert 2 == audited("whatif", "case.json", "--compare-live").code
