"""Rows on disk whose values are not what they should be."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mfa_audit.snapshot.raw import Origin, RawRows
from mfa_audit.sources.graph.crosscheck import coverage
from mfa_audit.sources.graph.groups import groups_of_policies, groups_with_roles, without_holder
from mfa_audit.sources.graph.privileged import privileged

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
GROUP = "#microsoft.graph.group"


def lines(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows_of(path, table, *rows):
    return RawRows(table, lines(path, *rows), "ndjson", {"user_principal_name": "userPrincipalName"}, len(rows),
                   Origin("x", "", "x"))


@pytest.mark.parametrize("odd", [
    {"accountEnabled": "yes"}, {"createdDateTime": ""}, {"createdDateTime": 5}, {"createdDateTime": "\ud800"},
    {"createdDateTime": "2026-11-24T00:00:00"}, {"accountEnabled": {}}, {"createdDateTime": "9999-99-99T00:00:00Z"},
])
def test_an_account_that_cannot_be_read_is_expected_in_the_report(odd, tmp_path):
    """Whether it is disabled or new is not known, so it does not excuse the report."""
    seen = coverage(lines(tmp_path / "a", {"id": "A", **odd}, {"id": "b", "accountEnabled": False}),
                    lines(tmp_path / "r", {"id": "c", "isAdmin": []}), NOW)

    assert (1, 1) == (seen.expected, seen.without)


def test_ids_are_compared_without_regard_to_case(tmp_path):
    """Graph writes them in lower case, files as they like."""
    seen = coverage(lines(tmp_path / "a", {"id": "A"}), lines(tmp_path / "r", {"id": "a"}), NOW)

    assert (1, 0) == (seen.expected, seen.without)


@pytest.mark.parametrize("odd", [{"principal": "x"}, {"principal": {"@odata.type": 5}}, {"principal": [1]}])
def test_a_role_whose_holder_is_odd_is_counted(odd, tmp_path):
    """It may be a group; the roles beside it are read."""
    raw = rows_of(tmp_path / "r", "role_assignments", {"principalId": "A", **odd},
                  {"principalId": "G", "principal": {"@odata.type": GROUP}})

    assert {"g"} == groups_with_roles([raw])
    assert 1 == without_holder([raw])


@pytest.mark.parametrize("odd", [{"principalId": None}, {"principalId": 4}, {"principalId": ""}, {}])
def test_a_role_that_names_nobody_is_counted(odd, tmp_path):
    """Somebody is an administrator and nobody knows who."""
    assert 1 == without_holder([rows_of(tmp_path / "r", "role_eligibility", odd)])


def test_an_odd_value_beside_it_hides_no_administrator(tmp_path):
    """The flag of the report counts though the row's name is no text."""
    listed = rows_of(tmp_path / "a", "accounts", {"id": "A", "userPrincipalName": {"x": 1}})
    report = rows_of(tmp_path / "r", "registrations", {"id": "a", "userPrincipalName": 5, "isAdmin": True})

    assert ["a"] == privileged([listed, report], frozenset(), frozenset())


def conditional_access(policy):
    return {"conditional_access_policies": {"value": [policy]}}


def methods(*configurations):
    return {"authentication_methods_policy": {"authenticationMethodConfigurations": list(configurations)}}


@pytest.mark.parametrize("documents", [
    conditional_access({"conditions": "x"}), conditional_access({"conditions": {"users": [1]}}),
    conditional_access({"conditions": {"users": {"includeGroups": "abc"}}}), conditional_access("x"),
    conditional_access({"conditions": {"users": {"excludeGroups": [5]}}}), {"conditional_access_policies": [1]},
    conditional_access({"conditions": {"users": {"excludeGroups": [None]}}}), {"conditional_access_policies": None},
    methods(None), methods({"includeTargets": "x"}), methods({"includeTargets": [{"targetType": "group"}]}),
    methods({"includeTargets": [{"targetType": "group", "id": 5}]}),
    {"authentication_methods_policy": {"authenticationMethodConfigurations": "x"}},
])
def test_a_document_of_another_shape_is_unreadable(documents):
    """No letters of a text become groups, and nothing breaks."""
    found = groups_of_policies(documents)

    assert (frozenset(), frozenset(documents)) == (found.groups, found.unreadable)


def test_groups_of_both_policies_are_found():
    """Included and excluded, in lower case; everybody is no group."""
    users = {"includeGroups": ["A"], "excludeGroups": ["b"], "includeUsers": ["All"]}
    targets = {"includeTargets": [{"targetType": "group", "id": "all_users"}],
               "excludeTargets": [{"targetType": "group", "id": "C"}]}

    found = groups_of_policies({**conditional_access({"conditions": {"users": users}}), **methods(targets)})

    assert ({"a", "b", "c"}, set()) == (found.groups, found.unreadable)
    assert frozenset() == groups_of_policies({}).groups
