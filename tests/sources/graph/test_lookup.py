"""What is asked of one account at a time: per-user MFA, and the methods of privileged accounts."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from graph_simulator import ALL_PERMISSIONS, Fault, FaultScript, Simulator, VirtualClock, VirtualTenant
from graph_simulator.tenant import Listing
from nights import GOLDEN
from simulated import accounts_of, collected, night

from mfa_audit.methods import BIT

BATCH = r"\$batch:"
PER_USER = ("accounts", "tenant_policies", "role_assignments", "per_user_mfa")
PRIVILEGED = ("accounts", "registrations", "role_assignments", "privileged_methods")


def serving(tenant, *faults, permissions=ALL_PERMISSIONS):
    """A simulator with its limits, in virtual time."""
    return Simulator(tenant, clock=VirtualClock(), limits=True, faults=FaultScript(list(faults)),
                     permissions=permissions)


def states(snapshot):
    """The per-user state of each account; null where it is not known."""
    accounts = accounts_of(snapshot)
    return {key: None if pd.isna(state) else state for key, state in accounts["per_user_mfa"].astype("str").items()
            } | dict.fromkeys(accounts.index[accounts["per_user_mfa"].isna()])


def test_a_small_tenant_tells_of_everybody(tmp_path):
    """The state of each account is what Graph says, parts that were throttled or failed once included."""
    faults = [Fault("throttle", BATCH, call=3, times=2, parameters={"retry_after": "7"}),
              Fault("status", BATCH, call=9, parameters={"status": 503}),
              Fault("part_missing", BATCH, call=30), Fault("part_base64", BATCH, call=40)]
    with serving(VirtualTenant(90, seed=4), *faults) as simulator:
        snapshot = collected(simulator, tmp_path, PER_USER)
        truth = {key: row["perUserMfaState"] for key, row in simulator.oracle.rows("users").items()}
        batches = [call for call in simulator.requests if call.path.endswith("$batch")]
        assert not sum(simulator.early_calls.values())

    assert truth == states(snapshot)
    assert () == snapshot.manifest.missing
    assert {"/beta/$batch"} == {call.path for call in batches}
    assert 5 <= len(batches) <= 8


def test_an_account_that_cannot_be_asked_about_is_unknown(tmp_path):
    """Never *disabled*; the night is incomplete and says how many."""
    with serving(VirtualTenant(30, seed=4)) as simulator:
        lost = simulator.tenant.people.account_id(7)
        simulator.faults.faults.append(Fault("status", f"{BATCH}.*{lost}", times=None, parameters={"status": 500}))
        told = night(simulator, tmp_path, PER_USER)
    found = accounts_of(told.snapshot)

    assert pd.isna(found.loc[lost, "per_user_mfa"])
    assert {"blank"} == set(found.loc[[lost], "per_user_mfa_stated"])
    assert {"yes"} == set(found.drop(index=lost)["per_user_mfa_stated"])
    assert ("per_user_mfa", "1 of 30 accounts could not be asked about") in [
        (gap.table, gap.reason) for gap in told.gaps]


def test_a_large_tenant_tells_of_privileged_accounts_alone(tmp_path):
    """Of the others nothing is known, and that is said; their absence makes no night incomplete."""
    with serving(VirtualTenant(200, seed=4)) as simulator:
        emergency = simulator.tenant.people.account_id(50)
        policy = tmp_path / "policy.toml"
        text = (GOLDEN / "policy.toml").read_text(encoding="utf-8")
        text = text.replace("break_glass = [", f'break_glass = ["{emergency}", ')
        policy.write_text(f"{text}\n[sources]\nmethod_lookup_limit = 100\n", encoding="utf-8")
        snapshot = collected(simulator, tmp_path, PER_USER, policy=policy)
        truth = {key: row["perUserMfaState"] for key, row in simulator.oracle.rows("users").items()}
        roles = {row["principalId"] for name in ("roleAssignments", "roleEligibilityScheduleInstances")
                 for row in simulator.oracle.rows(name).values()} & truth.keys()
    few = roles | {emergency}

    assert {key: truth[key] if key in few else None for key in truth} == states(snapshot)
    assert {"absent"} == set(accounts_of(snapshot).drop(index=sorted(few))["per_user_mfa_stated"])
    assert [195] == [each.count for each in snapshot.complaints if each.check.startswith("per-user MFA")]
    assert () == snapshot.manifest.missing


@pytest.mark.parametrize(("collect", "name", "lost"), [
    (PER_USER, "per_user_mfa", "Policy.Read.All"),
    (PRIVILEGED, "privileged_methods", "UserAuthenticationMethod.Read.All"),
])
def test_a_permission_that_is_lacking_is_named(collect, name, lost, tmp_path):
    """Everything else is read."""
    permissions = tuple(each for each in ALL_PERMISSIONS if each != lost)
    with serving(VirtualTenant(60, seed=4), permissions=permissions) as simulator:
        snapshot = collected(simulator, tmp_path, collect)

    assert (name, lost) in [(each.name, each.permission) for each in snapshot.manifest.missing]
    assert 60 == len(accounts_of(snapshot))


REPORTED = {0: ["x509CertificateMultiFactor", "fido2SecurityKey"], 1: ["mobilePhone"]}
NOW = {0: ["phoneAuthenticationMethod"], 1: ["fido2AuthenticationMethod", "passwordAuthenticationMethod"]}


class Lagging(VirtualTenant):
    """A tenant whose registration report is older than what its administrators have registered since, and names
    methods that nothing else shows."""

    def base(self, name):
        listing = super().base(name)
        if name != "registrations":
            return listing

        def row(position):
            found = listing.row(position) or self.people.registration(2) | {"id": self.people.account_id(position)}
            return found | {"methodsRegistered": REPORTED.get(position, ["email"])}

        return Listing(listing.size, row)

    def methods(self, account_id):
        number = self.people.number(account_id)
        return [{"@odata.type": f"#microsoft.graph.{kind}", "id": kind, "phoneType": "mobile",
                 "phoneNumber": "+44 2079460123"} for kind in NOW.get(number, ["emailAuthenticationMethod"])]


def test_methods_of_privileged_accounts_are_those_of_now(tmp_path):
    """What was registered or taken away since the report counts; what only the report can show is kept; no telephone
    number touches the disk."""
    with serving(Lagging(60, seed=4)) as simulator:
        snapshot = collected(simulator, tmp_path, PRIVILEGED)
        found = accounts_of(snapshot)
        one, two, other = (simulator.tenant.people.account_id(number) for number in (0, 1, 30))

    assert () == snapshot.manifest.missing
    assert BIT["certificate"] | BIT["mobile_phone"] == found.loc[one, "methods"]
    assert BIT["security_key"] == found.loc[two, "methods"]
    assert BIT["email"] == found.loc[other, "methods"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"79460" in path.read_bytes()]


def test_a_privileged_account_that_fails_keeps_the_report(tmp_path):
    """And the night says so."""
    with serving(Lagging(60, seed=4)) as simulator:
        one = simulator.tenant.people.account_id(0)
        simulator.faults.faults.append(Fault("status", f"{BATCH}.*{one}", times=None, parameters={"status": 500}))
        snapshot = collected(simulator, tmp_path, PRIVILEGED)

    assert BIT["certificate"] | BIT["security_key"] == accounts_of(snapshot).loc[one, "methods"]
    assert ["privileged_methods"] == [each.name for each in snapshot.manifest.missing]


def test_methods_without_a_report_beside_them_are_missing(tmp_path):
    """The report was not asked for, so nothing is known of its flags."""
    with serving(VirtualTenant(60, seed=4)) as simulator:
        snapshot = collected(simulator, tmp_path, ("accounts", "role_assignments", "privileged_methods"))

    assert ["privileged_methods"] == [each.name for each in snapshot.manifest.missing]


@pytest.mark.parametrize("collect", [("accounts", "registrations"), PRIVILEGED])
def test_without_the_licence_one_account_that_fails_is_unknown(collect, tmp_path):
    """Everybody else is known, and the night says how many are not."""
    tenant = VirtualTenant(60, seed=4, licensed=False)
    lost = tenant.people.account_id(9)
    with serving(tenant, Fault("status", f"{BATCH}.*{lost}", times=None, parameters={"status": 500})) as simulator:
        snapshot = collected(simulator, tmp_path, collect)
    accounts = accounts_of(snapshot)

    assert [False] == list(accounts.loc[[lost], "methods_read"])
    assert accounts.drop(index=lost)["methods_read"].all()
    assert [("registrations", "1 of 60 accounts could not be asked about")] == [
        (each.name, each.reason) for each in snapshot.manifest.missing]


@pytest.mark.parametrize("name", ["privileged_accounts.csv", "privileged_accounts.json"])
def test_whoever_the_register_names_is_privileged(name, tmp_path):
    """By user principal name, in a register of either form."""
    files = tmp_path / "files"
    files.mkdir()
    with serving(VirtualTenant(200, seed=4)) as simulator:
        account = simulator.tenant.people.user(70)
        row = {"account_id": account["userPrincipalName"].upper(), "portal_role": "portal administrator"}
        text = (f"{','.join(row)}\n{','.join(row.values())}\n" if name.endswith("csv")
                else json.dumps({"value": [row]}))
        (files / name).write_text(text, encoding="utf-8")
        policy = tmp_path / "policy.toml"
        policy.write_text('schema_version = 1\npreset = "general"\n[sources]\nmethod_lookup_limit = 1\n',
                          encoding="utf-8")
        snapshot = collected(simulator, tmp_path, ("accounts", "tenant_policies", "per_user_mfa"), policy=policy,
                             sources=(Path("graph"), files / name))

    assert {account["id"]: account["perUserMfaState"]} == {
        key: state for key, state in states(snapshot).items() if state is not None}
