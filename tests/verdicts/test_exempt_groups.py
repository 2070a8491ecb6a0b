"""Groups whose members are exempt together, under one approval."""

from __future__ import annotations

import json

import pytest
from nights import AS_OF, job

from mfa_audit import judging, nightly
from mfa_audit.policy import load_policy

MEMBER, OTHER = (f"11111111-1111-1111-1111-{n:012d}" for n in (1, 2))
GROUP = "aaaaaaaa-0000-4000-8000-00000000feed"
APPROVAL = {"category": "no_suitable_device", "owner": "O", "approver": "P", "approver_role": "ciso",
            "approved_on": "2026-02-01", "expires_on": "2026-06-30", "ticket": "T1", "compensating_control": "C"}


def judged(home, *, approval=None, groups=True):
    """The statuses of the member and of the other, and the data-quality checks."""
    files = home / "files"
    files.mkdir()
    users = [{"id": key, "userPrincipalName": f"u{n}@a.example", "accountEnabled": True, "userType": "Member",
              "createdDateTime": "2024-05-01T09:00:00Z"} for n, key in enumerate((MEMBER, OTHER))]
    registered = [{"id": key, "isAdmin": False, "isMfaCapable": False, "isMfaRegistered": False,
                   "methodsRegistered": [], "lastUpdatedDateTime": "2026-03-01T02:00:00Z"} for key in (MEMBER, OTHER)]
    (files / "users.json").write_text(json.dumps({"value": users}), encoding="utf-8")
    (files / "userRegistrationDetails.json").write_text(json.dumps({"value": registered}), encoding="utf-8")
    if groups:
        members = [{"@odata.type": "#microsoft.graph.user", "id": MEMBER}]
        (files / "groups.json").write_text(json.dumps({"value": [
            {"id": GROUP, "displayName": "Exempt", "members": members}]}), encoding="utf-8")
    fields = APPROVAL if approval is None else approval
    policy = home / "policy.toml"
    policy.write_text(
        '[policy]\nid = "p"\nversion = "1"\n[[exemptions.groups]]\n' + f'group_id = "{GROUP}"\n'
        + "".join(f"{name} = {value if name.endswith('_on') else json.dumps(value)}\n"
                  for name, value in fields.items()), encoding="utf-8")
    (home / "work").mkdir()
    snapshot = nightly.collect(job([files], policy, home), home / "work")
    verdicts = judging.judge_snapshot(snapshot, load_policy(policy), AS_OF, home / "work" / "people.parquet")
    people = verdicts.people.frame().set_index("account_id")
    return people["status"][MEMBER], people["status"][OTHER], {each.check for each in verdicts.quality}


def test_a_member_is_exempt_and_nobody_else(tmp_path):
    """One approval covers the group."""
    member, other, checks = judged(tmp_path)

    assert ("EXEMPT", "NOT_REGISTERED") == (member, other)
    assert "exemptions of groups: not evaluated" not in checks


def test_a_group_that_was_not_read_exempts_nobody(tmp_path):
    """And that is said."""
    member, _, checks = judged(tmp_path, groups=False)

    assert "NOT_REGISTERED" == member
    assert "exemptions of groups: not evaluated" in checks


@pytest.mark.parametrize(("changed", "status"), [
    ({"ticket": None}, "NOT_REGISTERED"), ({"approved_on": "2026-03-03"}, "NOT_REGISTERED"),
    ({"expires_on": "2026-03-01"}, "EXEMPT_EXPIRED"),
])
def test_the_approval_counts_as_an_entry_of_the_register_does(tmp_path, changed, status):
    """Incomplete or not yet approved exempts nobody; one that ended is said to have."""
    approval = {name: value for name, value in {**APPROVAL, **changed}.items() if value is not None}

    assert status == judged(tmp_path, approval=approval)[0]
