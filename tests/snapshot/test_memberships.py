"""Who is in which groups and roles, as numbers; and where an account's home is."""

from __future__ import annotations

import datetime as dt

from mfa_audit.snapshot.memberships import in_groups, in_roles, live_roles

WHOLE, PART, UNREAD = (f"cc000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
GROUP, USER = "#microsoft.graph.group", "#microsoft.graph.user"
DAY = dt.date(2026, 3, 2)


def members(*ids):
    return [{"@odata.type": USER, "id": each} for each in ids]


def test_groups_by_position(stage, an_id):
    """Pairs of account and position; groups that were not read, or in part, are open."""
    snapshot = stage.snapshot(
        stage.csv("accounts", *({"account_id": an_id(n)} for n in range(3))),
        stage.json("groups", {"group_id": WHOLE, "members": members(an_id(0), an_id(2))},
                   {"group_id": PART, "members": [*members(an_id(1)), {"@odata.type": GROUP, "id": UNREAD}]}))

    found = in_groups(snapshot, [UNREAD, PART, WHOLE])

    assert [(0, 2), (1, 1), (2, 2)] == sorted(zip(found.accounts.tolist(), found.places.tolist(), strict=True))
    assert {0, 1} == found.open
    assert 0 == len(in_groups(snapshot, []).accounts)


def role(holder, **more):
    """An assignment as Graph writes it."""
    return {"account_id": holder, "role_id": "role", "scope": "/", "principal": {"@odata.type": USER}, **more}


def test_roles_that_run_today_over_the_whole_tenant(stage, an_id):
    """Not a part of the tenant, not eligible, not ended or yet to begin."""
    snapshot = stage.snapshot(
        stage.csv("accounts", *({"account_id": an_id(n)} for n in range(4))),
        stage.json("role_assignments", role(an_id(0)), role(an_id(1), scope="/administrativeUnits/x")),
        stage.json("role_eligibility", role(an_id(2), ends_at="2026-03-01T00:00:00Z"),
                   role(an_id(3), starts_at="2026-03-02T12:00:00Z")))

    found = in_roles(snapshot, ["role", "other"], DAY)

    assert ([0], [0], frozenset()) == (found.accounts.tolist(), found.places.tolist(), found.open)
    assert {an_id(0), an_id(1), an_id(3)} == set(live_roles(snapshot, DAY)["account_id"])


def test_roles_nobody_read_are_open(stage, an_id):
    """All of them."""
    snapshot = stage.snapshot(stage.csv("accounts", {"account_id": an_id(0)}))

    assert {0, 1} == in_roles(snapshot, ["role", "other"], DAY).open


def test_where_the_home_of_an_account_is(stage, an_id):
    """By invitation, state or name; no only where both were asked for; null from Graph is an answer."""
    def external(*rows, source="json", **more):
        return list(stage.accounts(getattr(stage, source)("accounts", *rows, **more))["external"])

    nobody = {"creation_type": None, "external_user_state": None}
    assert ["yes", "yes", "yes", "no"] == external(
        {"account_id": an_id(0), **nobody, "creation_type": "Invitation"},
        {"account_id": an_id(1), **nobody, "external_user_state": "PendingAcceptance"},
        {"account_id": an_id(2), **nobody, "user_principal_name": "x_y.example#EXT#@z.example"},
        {"account_id": an_id(3), **nobody, "user_principal_name": "x@z.example"},
        fields=("account_id", "creation_type", "external_user_state", "user_principal_name"))
    assert ["absent"] == external({"account_id": an_id(0), "creation_type": None})
    assert ["absent"] == external({"account_id": an_id(0), "creation_type": "", "external_user_state": ""},
                                  source="csv")
