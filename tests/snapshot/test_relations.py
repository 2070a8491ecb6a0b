"""Groups and roles."""

from __future__ import annotations

import pandas as pd

G1, G2, G3, G4, G5 = (f"cc000000-0000-4000-8000-00000000000{n}" for n in range(1, 6))
USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"


def pairs(snapshot):
    """Group number -> account numbers."""
    frame = snapshot.frame("group_members")
    return [(int(group[-1]), None if pd.isna(account) else int(account[-1]))
            for group, account, _ in frame.itertuples(index=False, name=None)]


def test_nested_groups_are_resolved_even_in_a_circle(stage, an_id):
    """Members of members are members; devices and applications are none."""
    snapshot = stage.snapshot(stage.json(
        "groups",
        {"group_id": G1.upper(), "members": [{"@odata.type": GROUP, "id": G2},
                                             {"@odata.type": USER, "id": an_id(1).upper()}]},
        {"group_id": G2, "members": [{"@odata.type": GROUP, "id": G1}, {"@odata.type": USER, "id": an_id(2)},
                                     {"@odata.type": "#microsoft.graph.device", "id": an_id(3)}]},
        {"group_id": G3, "members": []},
    ))

    assert [(1, 1), (1, 2), (2, 1), (2, 2), (3, None)] == pairs(snapshot)
    assert "complete" == snapshot.manifest.tables["group_members"].state


def test_a_nested_group_that_was_not_given_makes_the_table_partial(stage, an_id):
    """Its members are members nobody knows."""
    state = stage.snapshot(stage.json(
        "groups", {"group_id": G1, "members": [{"@odata.type": GROUP, "id": G2}]},
    )).manifest.tables["group_members"]

    assert ("partial", "1 nested group(s) were not supplied") == (state.state, state.reason)


def test_members_from_a_list_join_by_upn(stage, an_id):
    """A list without ids still names its members; a member that is a group in the same list is nested."""
    snapshot = stage.snapshot(
        stage.csv("accounts", {"account_id": an_id(1), "user_principal_name": "a@x.example"}),
        stage.csv("group_members", {"group_id": G1, "account_id": "", "user_principal_name": "A@x.example"},
                  {"group_id": G2, "account_id": G1, "user_principal_name": ""},
                  {"group_id": G2, "account_id": an_id(2), "user_principal_name": ""}),
    )

    assert [(1, 1), (2, 1), (2, 2)] == pairs(snapshot)


def test_members_that_cannot_be_read_make_the_table_partial(stage):
    """Null is not empty."""
    state = stage.snapshot(stage.json(
        "groups", {"group_id": G1, "members": None}, {"group_id": G2, "members": []},
    )).manifest.tables["group_members"]

    assert ("partial", "the members of 1 group(s) could not be read") == (state.state, state.reason)


def test_roles_of_groups_are_passed_on_to_members(stage, an_id):
    """Active and eligible, with their times; an application holds no account's role."""
    snapshot = stage.snapshot(
        stage.json("groups", {"group_id": G1, "members": [{"@odata.type": USER, "id": an_id(1)}]}),
        stage.json(
            "role_assignments",
            {"account_id": an_id(2).upper(), "role_id": "ROLE", "scope": "/", "principal": {"@odata.type": USER}},
            {"account_id": G1, "role_id": "role", "scope": None, "principal": {"@odata.type": GROUP, "id": G1}},
            {"account_id": an_id(9), "role_id": "role",
             "principal": {"@odata.type": "#microsoft.graph.servicePrincipal"}},
        ),
        stage.json("role_eligibility", {"account_id": G1, "role_id": "role", "starts_at": "2026-01-01T00:00:00Z"}),
    )
    frame = snapshot.frame("role_assignments")

    assert [(an_id(1), "active"), (an_id(1), "eligible"), (an_id(2), "active")] == list(
        zip(frame["account_id"], frame["kind"], strict=True))
    assert {"role"} == set(frame["role_id"])
    assert {"/"} == set(frame["scope"])
    assert [pd.Timestamp("2026-01-01")] == list(frame["starts_at"].dropna())
    assert "complete" == snapshot.manifest.tables["role_assignments"].state


def test_a_role_of_an_unknown_group_makes_the_table_partial(stage, an_id):
    """Somebody is privileged, and nobody knows who."""
    snapshot = stage.snapshot(stage.json(
        "role_assignments", {"account_id": G1, "role_id": "role", "principal": {"@odata.type": GROUP, "id": G1}}))
    state = snapshot.manifest.tables["role_assignments"]

    assert "partial" == state.state
    assert [True] == list(snapshot.frame("role_assignments")["account_id"].isna())
    assert "1 group(s) that hold roles" in state.reason


def test_no_roles_is_not_no_data(stage):
    """An empty answer is an answer."""
    snapshot = stage.snapshot(
        stage.json("role_assignments", fields=("account_id", "role_id")),
        stage.json("role_eligibility", fields=("account_id", "role_id")),
    )

    state = snapshot.manifest.tables["role_assignments"].state
    assert ("complete", 0) == (state, len(snapshot.frame("role_assignments")))


def test_a_group_is_as_whole_as_the_groups_in_it(stage, an_id):
    """Each by itself: what one group lacks is not lacking in another; a deleted one has no members."""
    person = {"@odata.type": USER, "id": an_id(1)}
    snapshot = stage.snapshot(stage.json(
        "groups",
        {"group_id": G1, "members": [person, {"@odata.type": GROUP, "id": G2}]},
        {"group_id": G3, "members": [person]},
        {"group_id": G4, "members": [], "deleted": True},
        {"group_id": G5, "members": [{"@odata.type": GROUP, "id": G1}]},
    ))
    frame = snapshot.frame("group_members")

    assert {G1: "in_part", G3: "whole", G4: "deleted", G5: "in_part"} == dict(
        zip(frame["group_id"], frame["state"], strict=True))
    assert "partial" == snapshot.manifest.tables["group_members"].state
