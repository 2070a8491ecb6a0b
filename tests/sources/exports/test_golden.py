"""The golden folder, file by file."""

from pathlib import Path

import pytest

from mfa_audit.sources.exports.source import inspect, read

GOLDEN = Path(__file__).parents[2] / "golden"
EXPECTED = {
    "conditionalAccessPolicies.json": ("Graph: Conditional Access policies", (("conditional_access_policies", 3),)),
    "exemptions.csv": ("register: exemptions", (("exemptions", 4),)),
    "expected.json": ("", ()),
    "generic_accounts.csv": ("register: generic_accounts", (("generic_accounts", 1),)),
    "groups.json": ("Graph: groups with members", (("group_members", 20), ("groups", 5))),
    "identitySecurityDefaultsEnforcementPolicy.json": ("Graph: security defaults", (("security_defaults", 1),)),
    "namedLocations.json": ("Graph: named locations", (("named_locations", 1),)),
    "organisations.csv": ("register: organisations", (("organisations", 3),)),
    "organization.json": ("Graph: organisation", (("organization", 1),)),
    "policy.toml": ("", ()),
    "privileged_accounts.csv": ("register: privileged_accounts", (("privileged_accounts", 0),)),
    "recipients.csv": ("Exchange: recipients", (("recipients", 30),)),
    "roleAssignments.json": ("Graph: role assignments (none)", (("role_assignments", 0),)),
    "roleEligibilityScheduleInstances.json": ("Graph: role eligibility (none)", (("role_eligibility", 0),)),
    "service_accounts.csv": ("register: service_accounts", (("service_accounts", 1),)),
    "userRegistrationDetails.json": ("Graph: user registration details", (("registrations", 29),)),
    "users.json": ("Graph: users", (("accounts", 30),)),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_golden_file_is_recognised(name: str, tmp_path: Path) -> None:
    """Each file is what its name says, with its rows."""
    report = next(each for each in inspect([GOLDEN], tmp_path) if Path(each.name).name == name)

    assert EXPECTED[name] == (report.recognised_as, report.rows)
    assert not report.refused


def test_the_golden_folder_is_read_whole(tmp_path: Path) -> None:
    """All tables and documents come out; only the policy and the expected figures are passed over."""
    inputs = read([GOLDEN], tmp_path)

    assert {name for _, rows in EXPECTED.values() for name, _ in rows} == (
        {rows.table for rows in inputs.rows} | {document.name for document in inputs.documents})
    assert {"expected.json", "policy.toml"} == {Path(line.partition(": ")[0]).name for line in inputs.ignored}
    assert () == inputs.complaints


def test_there_is_no_other_golden_file() -> None:
    """The list above is the whole folder."""
    assert set(EXPECTED) == {path.name for path in GOLDEN.iterdir()}
