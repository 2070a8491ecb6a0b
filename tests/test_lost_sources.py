"""What the last good run had and tonight's sources have not: nobody looks better for it, and it is said."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
from nights import GOLDEN, STARTED, run

BETTER = {"COMPLIANT", "COMPLIANT_WEAK", "EXEMPT", "OUT_OF_SCOPE"}
PHONE_ONLY = "6a000000-0000-4000-8000-000000000002"
ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
CONDITIONAL_ACCESS = ("conditionalAccessPolicies.json", "namedLocations.json", "groups.json",
                      "identitySecurityDefaultsEnforcementPolicy.json")
REST = ("users.json", "userRegistrationDetails.json", "expected.json", "policy.toml")
SOURCES = sorted(path.name for path in GOLDEN.iterdir() if path.name not in REST)


@pytest.fixture
def source(tmp_path):
    """The golden files; somebody with a phone alone may activate a role."""
    folder = tmp_path / "source"
    shutil.copytree(GOLDEN, folder)
    (folder / "expected.json").unlink()
    role = {"id": "a", "principalId": PHONE_ONLY, "roleDefinitionId": ADMINISTRATOR, "directoryScopeId": "/",
            "startDateTime": "2025-01-01T00:00:00Z", "endDateTime": None, "memberType": "Direct"}
    (folder / "roleEligibilityScheduleInstances.json").write_text(json.dumps({"value": [role]}), encoding="utf-8")
    return folder


@pytest.fixture
def phones_off(source):
    """The tenant's methods policy allows nobody a phone, which Microsoft's flag denies for the one who has just that:
    a contradiction."""
    states = {"MicrosoftAuthenticator": "enabled", "Fido2": "enabled", "Sms": "disabled", "Voice": "disabled"}
    everybody = [{"targetType": "group", "id": "all_users"}]
    path = source / "authenticationMethodsPolicy.json"
    path.write_text(json.dumps({
        "id": "authenticationMethodsPolicy", "policyMigrationState": "migrationComplete",
        "authenticationMethodConfigurations": [
            {"id": name, "state": state, "includeTargets": everybody, "excludeTargets": []}
            for name, state in states.items()]}), encoding="utf-8")
    (source / "roleEligibilityScheduleInstances.json").write_text('{"value": []}', encoding="utf-8")
    return path


def night(source, home, hour, **more):
    """One night over a folder: what it told, and the status of each account."""
    told = run([source], source / "policy.toml", home, started=STARTED.replace(hour=hour), **more)
    with (told.folder / "accounts.csv").open(encoding="utf-8", newline="") as lines:
        return told, {row["account_id"]: row["status"] for row in csv.DictReader(lines)}


def better(before, after):
    """Whoever looks better than before; an account that is gone is not there to look like anything."""
    return {one: (before[one], status) for one, status in after.items()
            if status in BETTER - {before[one]} and (status, before[one]) != ("EXEMPT", "COMPLIANT")}


def latest(home):
    return json.loads((home / "reports" / "latest.json").read_text(encoding="utf-8"))["run"]


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_is_gone_makes_nobody_look_better(source, tmp_path, name):
    """One file is not there tonight."""
    _, before = night(source, tmp_path, 1)
    (source / name).unlink()

    told, after = night(source, tmp_path, 2)

    assert {} == better(before, after)
    empty = name in ("privileged_accounts.csv", "roleAssignments.json")
    assert empty or name == "recipients.csv" or told.gaps


@pytest.mark.parametrize("name", ["conditionalAccessPolicies.json", "groups.json", "namedLocations.json",
                                  "roleAssignments.json", "roleEligibilityScheduleInstances.json"])
def test_a_source_that_comes_empty_makes_nobody_look_better(source, tmp_path, name):
    """It is there, and lists nothing."""
    _, before = night(source, tmp_path, 1)
    (source / name).write_text('{"value": []}', encoding="utf-8")

    told, after = night(source, tmp_path, 2)

    assert {} == better(before, after)
    assert told.gaps or name == "roleAssignments.json"


def test_who_was_privileged_by_a_role_that_is_gone_is_not_known(source, tmp_path):
    """A phone is too little for an administrator; the flag tells of active roles alone."""
    _, before = night(source, tmp_path, 1)
    (source / "roleEligibilityScheduleInstances.json").unlink()

    told, after = night(source, tmp_path, 2)

    assert ("BELOW_STRENGTH", "UNKNOWN") == (before[PHONE_ONLY], after[PHONE_ONLY])
    assert ["eligible role assignments", "role_assignments"] == [gap.table for gap in told.gaps]
    assert told.folder.name != latest(tmp_path)


def test_a_person_can_say_that_a_source_is_no_more(source, tmp_path):
    """Then the night is complete, and the next is measured by it."""
    night(source, tmp_path, 1)
    for name in CONDITIONAL_ACCESS:
        (source / name).unlink()

    told, _ = night(source, tmp_path, 2, accept_drop=True)
    again, _ = night(source, tmp_path, 3)

    assert () == told.gaps == again.gaps
    assert again.folder.name == latest(tmp_path)


def test_an_account_setting_that_is_gone_is_not_a_demand_that_is_met(source, tmp_path):
    """Where nothing else says who is asked, and the column did."""
    for name in CONDITIONAL_ACCESS:
        (source / name).unlink()
    users = json.loads((source / "users.json").read_text(encoding="utf-8"))
    for row in users["value"]:
        row["perUserMfaState"] = "disabled"
    (source / "users.json").write_text(json.dumps(users), encoding="utf-8")
    _, before = night(source, tmp_path, 1)
    for row in users["value"]:
        del row["perUserMfaState"]
    (source / "users.json").write_text(json.dumps(users), encoding="utf-8")

    told, after = night(source, tmp_path, 2)

    assert "NOT_ENFORCED" in before.values()
    assert {} == better(before, after)
    assert ["per_user_mfa"] == [gap.table for gap in told.gaps]


def people_of(source, most=20):
    """The ids of accounts, whoever they are."""
    return [row["id"] for row in json.loads((source / "users.json").read_text(encoding="utf-8"))["value"]][:most]


def eligible(source, people):
    """Everybody of ``people`` may activate a role."""
    roles = [{"id": who, "principalId": who, "roleDefinitionId": ADMINISTRATOR, "directoryScopeId": "/",
              "startDateTime": None, "endDateTime": None} for who in people]
    (source / "roleEligibilityScheduleInstances.json").write_text(json.dumps({"value": roles}), encoding="utf-8")


def registered_as_privileged(source, people):
    """Everybody of ``people`` stands in the register."""
    lines = "\n".join(["account_id,portal_role", *(f"{who},administrator" for who in people)])
    (source / "privileged_accounts.csv").write_text(lines, encoding="utf-8")


def left_out(source, people):
    """Every policy leaves a group out, which is ``people``."""
    group = "9b000000-0000-4000-8000-00000000000f"
    path = source / "conditionalAccessPolicies.json"
    policies = json.loads(path.read_text(encoding="utf-8"))
    for each in policies["value"]:
        each["conditions"]["users"]["excludeGroups"] = [group]
    path.write_text(json.dumps(policies), encoding="utf-8")
    path = source / "groups.json"
    groups = json.loads(path.read_text(encoding="utf-8"))
    groups["value"] = [each for each in groups["value"] if each["id"] != group]
    groups["value"].append({"id": group, "displayName": "Left out", "members": [{
        "@odata.type": "#microsoft.graph.user", "id": who} for who in people]})
    path.write_text(json.dumps(groups), encoding="utf-8")


@pytest.mark.parametrize(("fill", "part"), [
    (eligible, "eligible role assignments"), (registered_as_privileged, "privileged_accounts"),
    (left_out, "members of group 9b000000-0000-4000-8000-00000000000f"),
])
def test_a_part_of_a_source_makes_nobody_look_better(source, tmp_path, fill, part):
    """Twenty entries last night, and one tonight, or a handful fewer, which is nothing strange."""
    fill(source, people_of(source))
    _, before = night(source, tmp_path, 1)
    fill(source, people_of(source, 1))

    told, after = night(source, tmp_path, 2)

    assert {} == better(before, after)
    assert [part] == [gap.table for gap in told.gaps]
    fill(source, people_of(source, 16))
    assert () == night(source, tmp_path, 3)[0].gaps


def test_a_register_that_names_nobody_any_more_makes_nobody_look_better(source, tmp_path):
    """It names object ids, and tonight's files have none."""
    for name in (*SOURCES, "policy.toml"):
        if name not in ("policy.toml", "organization.json"):
            (source / name).unlink()
    registered_as_privileged(source, people_of(source))
    _, before = night(source, tmp_path, 1)
    names = {}
    for name in ("users.json", "userRegistrationDetails.json"):
        listed = json.loads((source / name).read_text(encoding="utf-8"))
        for row in listed["value"]:
            names[row["userPrincipalName"].casefold()] = row.pop("id")
            row.pop("manager", None)
        (source / name).write_text(json.dumps(listed), encoding="utf-8")

    told, after = night(source, tmp_path, 2)

    assert "privileged_accounts" in [gap.table for gap in told.gaps]
    now = {names.get(one.removeprefix("upn:"), one): status for one, status in after.items()}
    assert len(before.keys() & now.keys()) > 20
    assert {} == better(before, {one: status for one, status in now.items() if one in before})


def test_which_methods_are_allowed_is_not_known_without_what_said_so(phones_off, source, tmp_path):
    """The policy is gone tonight: a phone that it denied is not taken for allowed."""
    _, before = night(source, tmp_path, 1)
    phones_off.unlink()

    told, after = night(source, tmp_path, 2)

    assert "UNKNOWN" == before[PHONE_ONLY] == after[PHONE_ONLY]
    assert {} == better(before, after)
    assert ["authentication_methods_policy"] == [gap.table for gap in told.gaps]


def test_half_a_tenant_without_its_name_is_still_half_a_tenant(source, tmp_path):
    """Losing the organisation document switches no comparison off."""
    night(source, tmp_path, 1)
    (source / "organization.json").unlink()
    for name in ("users.json", "userRegistrationDetails.json"):
        rows = json.loads((source / name).read_text(encoding="utf-8"))
        (source / name).write_text(json.dumps({"value": rows["value"][: len(rows["value"]) // 2]}), encoding="utf-8")

    told, _ = night(source, tmp_path, 2)

    assert {"accounts", "registrations", "organization"} <= {gap.table for gap in told.gaps}


def test_nobody_in_scope_is_no_result(source, tmp_path):
    """Everybody is disabled: no share of anything can be told."""
    users = json.loads((source / "users.json").read_text(encoding="utf-8"))
    for row in users["value"]:
        row["accountEnabled"] = False
    (source / "users.json").write_text(json.dumps(users), encoding="utf-8")

    told, _ = night(source, tmp_path, 1)

    assert "nobody is in scope" in " ".join(gap.reason for gap in told.gaps)
    assert not (tmp_path / "reports" / "latest.json").exists()
