"""Registers that name accounts by names they no longer have, and entries that name nobody."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from nights import AS_OF, job
from people import account, basis, frame, register

from mfa_audit import judging, nightly
from mfa_audit.errors import IncompleteData
from mfa_audit.policy import load_policy
from mfa_audit.verdicts.judge import judge
from mfa_audit.verdicts.register_complaints import register_note
from mfa_audit.verdicts.tenant import series_of_exceptions

ID = "11111111-1111-1111-1111-111111111111"


def tenant(home, entries):
    """A snapshot of one account whose registration has an older UPN, and its verdicts; ``entries`` fill the list of
    privileged accounts."""
    files = home / "files"
    files.mkdir(exist_ok=True)
    user = {"id": ID, "userPrincipalName": "new@a.example", "displayName": "Ann", "accountEnabled": True,
            "userType": "Member", "createdDateTime": "2024-05-01T09:00:00Z"}
    registered = {"id": ID, "userPrincipalName": "old@a.example", "isAdmin": False, "isMfaCapable": False,
                  "isMfaRegistered": False, "methodsRegistered": [], "lastUpdatedDateTime": "2026-03-01T02:00:00Z"}
    (files / "users.json").write_text(json.dumps({"value": [user]}), encoding="utf-8")
    (files / "userRegistrationDetails.json").write_text(json.dumps({"value": [registered]}), encoding="utf-8")
    (files / "privileged_accounts.csv").write_text(
        "account_id,portal_role\n" + "".join(f"{entry},helpdesk\n" for entry in entries), encoding="utf-8")
    (home / "work").mkdir()
    snapshot = nightly.collect(job([files], None, home), home / "work")
    verdicts = judging.judge_snapshot(snapshot, load_policy(), AS_OF, home / "work" / "people.parquet")
    return snapshot, verdicts


def test_an_exemption_of_an_earlier_holder_of_the_name_is_said(tmp_path):
    """With its place, and in a line for the operator."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "exemptions.csv").write_text(
        "exemption_id,account_id,category,owner,approver,approver_role,approved_on,expires_on,ticket,"
        "compensating_control\nEX1,new@a.example,other,O,P,SIRO,2024-01-12,2026-06-30,T1,C\n", encoding="utf-8")

    _, verdicts = tenant(tmp_path, [])

    [complaint] = [each for each in verdicts.quality if each.check == "exemption older than the account it names"]
    assert complaint.examples[0].endswith("exemptions.csv:2")
    assert "1 entry of exemptions.csv was approved before the account of that name was made: line 2" == (
        register_note(complaint))


def test_a_former_name_finds_its_account(tmp_path):
    """Where the files show both names for one id, an entry under the old one makes its account privileged."""
    _, verdicts = tenant(tmp_path, ["old@a.example"])

    assert ["privileged"] == list(verdicts.people.frame()["tier"])
    assert not [each for each in verdicts.quality if register_note(each)]


def test_entries_that_name_nobody_are_said_with_their_lines(tmp_path):
    """They are counted a file, with their lines, in one line for the operator."""
    _, verdicts = tenant(tmp_path, ["old@a.example", "x@a.example", "", "y@a.example"])

    assert [
        "1 entry of privileged_accounts.csv has no account_id: line 4",
        "2 entries of privileged_accounts.csv name no account: lines 3, 5",
    ] == sorted(filter(None, map(register_note, verdicts.quality)))


def test_a_snapshot_in_the_folder_of_another_tenant_is_refused(tmp_path):
    """A snapshot moved below another tenant's name is not read as that tenant's."""
    snapshot, _ = tenant(tmp_path, [])
    other = tmp_path / "data" / "other" / "snapshots" / snapshot.folder.name
    other.parent.mkdir(parents=True)
    snapshot.folder.rename(other)

    with pytest.raises(IncompleteData, match="is of tenant files and lies among those of other"):
        nightly.report_again(job([], None, tmp_path), other, lambda _: None)


def test_a_series_under_a_name_nobody_has_is_a_series():
    """Three short exceptions of an account that is not listed count as for one that is."""
    entry = {"account_id": "gone@a.example"}
    entries = register("exemptions", entry, entry, entry).assign(
        holder_id=pd.Series([None] * 3, dtype="str"), approved=pd.Timestamp("2026-02-20"),
        expires=pd.Timestamp("2026-02-21"),
    )

    assert ["gone@a.example"] == series_of_exceptions(entries, AS_OF)


def test_an_exempt_holder_with_a_barred_method_has_one_registered():
    """MFA-EXM-08 asks what is registered, not what counts."""
    whole = {"exemption_id": "E1", "account_id": "id-ann", "category": "technical", "owner": "o", "approver": "a",
             "approver_role": "r", "approved_on": "2026-02-01", "expires_on": "2026-04-01", "ticket": "t",
             "compensating_control": "c"}
    found = judge(frame(account("ann", "mobile_phone")), basis(
        {"methods.barred": ("mobile_phone",)}, exemptions=register("exemptions", whole))).people.iloc[0]

    assert "EXEMPT" == found["status"]
    assert "MFA-EXM-08" not in str(found["findings"])


def test_a_name_that_two_accounts_had_is_nobodys(tmp_path):
    """Who is meant by it cannot be told, so the entry names no account; nor is a name somebody has now a former one."""
    files = tmp_path / "files"
    files.mkdir()
    ids = [f"11111111-1111-1111-1111-{n:012d}" for n in (1, 2)]
    users = [{"id": key, "userPrincipalName": f"new{n}@a.example", "accountEnabled": True, "userType": "Member",
              "createdDateTime": "2024-05-01T09:00:00Z"} for n, key in enumerate(ids)]
    registered = [{"id": key, "userPrincipalName": name, "isAdmin": False, "isMfaCapable": False,
                   "isMfaRegistered": False, "methodsRegistered": [], "lastUpdatedDateTime": "2026-03-01T02:00:00Z"}
                  for key, name in ((ids[0], "shared@a.example"), (ids[1], "shared@a.example"))]
    (files / "users.json").write_text(json.dumps({"value": users}), encoding="utf-8")
    (files / "userRegistrationDetails.json").write_text(json.dumps({"value": registered}), encoding="utf-8")
    (files / "privileged_accounts.csv").write_text("account_id,portal_role\nshared@a.example,helpdesk\n",
                                                   encoding="utf-8")
    (tmp_path / "work").mkdir()

    snapshot = nightly.collect(job([files], None, tmp_path), tmp_path / "work")
    verdicts = judging.judge_snapshot(snapshot, load_policy(), AS_OF, tmp_path / "work" / "people.parquet")

    assert 0 == len(snapshot.frame("former_names"))
    assert {"staff"} == set(verdicts.people.frame()["tier"])
    assert ["1 entry of privileged_accounts.csv names no account: line 2"] == list(
        filter(None, map(register_note, verdicts.quality)))
