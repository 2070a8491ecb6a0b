"""Ways in which a file once could make somebody look better than the data allows."""

from __future__ import annotations

import json
import shutil

import pytest
from nights import GOLDEN, STARTED, job, judged, run

from mfa_audit import judging, nightly
from mfa_audit.errors import IncompleteData, InputRejected, MfaAuditError

USERS = "id,userPrincipalName,displayName,accountEnabled,userType,createdDateTime{more}\n"
ROW = "7c1e2f60-0b0a-4f55-9d1c-1f7f2d0a100{n},u{n}@x.example,User {n},True,Member,2024-05-01T09:00:00Z{more}\n"
REGISTERED = "userPrincipalName,isAdmin,isMfaRegistered,isMfaCapable,methodsRegistered,lastUpdatedDateTime\n"


@pytest.fixture(name="files")
def _files(tmp_path):
    """Two accounts with a phone that the tenant does not allow."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "users.csv").write_text(USERS.format(more="") + "".join(ROW.format(n=n, more="") for n in (1, 2)),
                                      encoding="utf-8")
    rows = "".join(f"u{n}@x.example,False,True,False,mobilePhone,2026-03-02T02:11:09Z\n" for n in (1, 2))
    (folder / "registrations.csv").write_text(REGISTERED + rows, encoding="utf-8")
    return folder


def statuses(folder, home):
    """Status of each account, by UPN."""
    people = judged([folder], GOLDEN / "policy.toml", home)
    return dict(zip(people["user_principal_name"], people["status"], strict=True))


def test_a_deciding_column_that_is_blank_throughout_is_missing_evidence(files, tmp_path):
    """Not allowed; and when nobody's flag can be read, unknown, never compliant."""
    assert {"NOT_REGISTERED"} == set(statuses(files, tmp_path / "a").values())
    text = (files / "registrations.csv").read_text(encoding="utf-8").replace(",True,False,", ",,,")
    (files / "registrations.csv").write_text(text, encoding="utf-8")

    assert {"UNKNOWN"} == set(statuses(files, tmp_path / "b").values())


def test_a_list_that_contradicts_microsofts_word_is_unknown(files, tmp_path):
    """No capable column, registered no, and a factor on the list."""
    text = "userPrincipalName,isAdmin,isMfaRegistered,methodsRegistered,lastUpdatedDateTime\n" + "".join(
        f"u{n}@x.example,False,False,mobilePhone,2026-03-02T02:11:09Z\n" for n in (1, 2))
    (files / "registrations.csv").write_text(text, encoding="utf-8")

    assert {"UNKNOWN"} == set(statuses(files, tmp_path / "a").values())


@pytest.mark.parametrize("date", ["2024-03-02T02:11:09Z", "2026-03-03T00:11:09Z", "2024-04-30T09:00:00Z"])
def test_a_registration_of_another_time_is_unknown(files, tmp_path, date):
    """Left behind by the report, of the day after the one judged, or of before the account was made."""
    text = (files / "registrations.csv").read_text(encoding="utf-8").replace("True,False,mobile", "True,True,mobile")
    head, first, second = text.splitlines()
    (files / "registrations.csv").write_text(
        "\n".join((head, first, second.replace("2026-03-02T02:11:09Z", date))) + "\n", encoding="utf-8")

    assert {"u1@x.example": "COMPLIANT_WEAK", "u2@x.example": "UNKNOWN"} == statuses(files, tmp_path / "a")


@pytest.mark.parametrize("word", ["N/A", "-", "01/01/0001 00:00:00", "0001-01-01T00:00:00Z"])
def test_only_a_date_deletes_an_account(files, tmp_path, word):
    """Any other text in deletedDateTime leaves the account in the census."""
    (files / "users.csv").write_text(
        USERS.format(more=",deletedDateTime") + ROW.format(n=1, more=f",{word}") + ROW.format(n=2, more=","),
        encoding="utf-8")

    assert 2 == len(statuses(files, tmp_path / "a"))


def test_a_bare_list_of_accounts_is_no_evidence_of_certificates(files, tmp_path):
    """Only its name makes it the register of certificate users."""
    (files / "leavers.csv").write_text("account_id\nu1@x.example\n", encoding="utf-8")

    with pytest.raises(InputRejected, match="certificate_users"):
        statuses(files, tmp_path / "a")


@pytest.mark.parametrize("heading", ["Name,User principal name,Organisation code,MFA Status"])
def test_a_list_of_people_is_not_a_register_of_organisations(files, tmp_path, heading):
    """What a portal says of MFA is not lost to a register."""
    text = heading + "\n" + "".join(f"User {n},u{n}@x.example,ZX1,User Disabled\n" for n in (1, 2))
    (files / "status.csv").write_text(text, encoding="utf-8")
    registered = (files / "registrations.csv").read_text(encoding="utf-8").replace(",True,False,", ",True,True,")
    (files / "registrations.csv").write_text(registered, encoding="utf-8")

    assert {"NOT_ENFORCED"} == set(statuses(files, tmp_path / "a").values())


def test_registrations_of_many_unlisted_accounts_make_the_night_incomplete(files, tmp_path):
    """A list of accounts that misses half of the registered ones is not whole."""
    text = (files / "users.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:2]
    (files / "users.csv").write_text("".join(text), encoding="utf-8")

    told = run([files], GOLDEN / "policy.toml", tmp_path / "home")

    assert ["accounts"] == [gap.table for gap in told.gaps]


def organisation(folder, *entries):
    """An organisation document beside the files."""
    (folder / "organization.json").write_text(json.dumps({"value": entries}), encoding="utf-8")


@pytest.mark.parametrize("entries", [
    [{"id": "0f000000-0000-4000-8000-000000000001", "verifiedDomains": [{"name": "y.example"}]}],
    [{"id": "0f000000-0000-4000-8000-000000000001", "verifiedDomains": [{"name": "x.example"}]},
     {"id": "0f000000-0000-4000-8000-000000000002", "verifiedDomains": [{"name": "y.example"}]}],
])
def test_files_of_another_tenant_are_refused(files, tmp_path, entries):
    """Accounts of a domain the tenant has not verified, or two tenants at once: nothing is published."""
    organisation(files, *entries)

    with pytest.raises(IncompleteData, match="tenant"):
        run([files], GOLDEN / "policy.toml", tmp_path / "home")


def test_a_kept_snapshot_of_another_tenant_is_not_reported_again(files, tmp_path):
    """The settings name another one by now: nothing is published."""
    organisation(files, {"id": "0f000000-0000-4000-8000-000000000001", "verifiedDomains": [{"name": "x.example"}]})
    home, work = tmp_path / "home", tmp_path / "work"
    work.mkdir()
    kept = nightly.collect(job([files], GOLDEN / "policy.toml", home), work)
    other = job([], GOLDEN / "policy.toml", home, settings={"tenant": "0f000000-0000-4000-8000-000000000002"})

    with pytest.raises(IncompleteData, match="settings name"):
        nightly.report_again(other, kept.folder, lambda _: None)
    assert not list((home / "reports").glob("2*"))


def test_files_of_this_tenant_are_not(files, tmp_path):
    """The domain is verified, in any case."""
    organisation(files, {"id": "0f000000-0000-4000-8000-000000000001", "displayName": "X",
                         "verifiedDomains": [{"name": "X.Example"}]})

    assert () == run([files], GOLDEN / "policy.toml", tmp_path / "home").gaps


@pytest.mark.parametrize("word", ["no mobilePhone", "mobilePhone disabled", "not mobilePhone", "mobilePhone（無効）"])
def test_words_beside_a_method_do_not_vanish(files, tmp_path, word):
    """A denial is no factor."""
    text = (files / "registrations.csv").read_text(encoding="utf-8")
    text = text.replace(",True,False,mobilePhone", f",True,True,{word}")
    (files / "registrations.csv").write_text(text, encoding="utf-8")

    assert {"UNKNOWN"} == set(statuses(files, tmp_path / "a").values())


@pytest.mark.parametrize("damage", ["pointer", "manifest", "away"])
def test_a_damaged_last_run_stops_no_later_night(files, tmp_path, damage):
    """It is compared with nothing, and the new run becomes the last good one."""
    home = tmp_path / "home"
    first = run([files], GOLDEN / "policy.toml", home)
    if damage == "pointer":
        (home / "reports" / "latest.json").write_text('{"run": ".."}', encoding="utf-8")
    elif damage == "manifest":
        (first.folder / "manifest.json").write_text("{}", encoding="utf-8")
    else:
        first.folder.rename(home / "elsewhere")

    second = run([files], GOLDEN / "policy.toml", home, started=STARTED.replace(hour=2))

    assert () == second.gaps
    assert second.folder.name == json.loads((home / "reports" / "latest.json").read_text(encoding="utf-8"))["run"]


def test_after_another_tenants_run_somebody_has_to_say_that_it_is_right(files, tmp_path):
    """One output folder, two tenants: the night is incomplete, and the pointer stays."""
    home = tmp_path / "home"
    organisation(files, {"id": "0f000000-0000-4000-8000-000000000001", "verifiedDomains": [{"name": "x.example"}]})
    first = run([files], GOLDEN / "policy.toml", home)
    organisation(files, {"id": "0f000000-0000-4000-8000-000000000002", "verifiedDomains": [{"name": "x.example"}]})

    second = run([files], GOLDEN / "policy.toml", home, started=STARTED.replace(hour=2))
    third = run([files], GOLDEN / "policy.toml", home, started=STARTED.replace(hour=3), accept_drop=True)

    assert () == first.gaps == third.gaps
    assert ["organization"] == [gap.table for gap in second.gaps]


def test_counts_that_do_not_agree_are_published_by_nobody(files, tmp_path):
    """A sum that differs is a bug, and stops the run before anything is written."""
    snapshot_of = job([files], GOLDEN / "policy.toml", tmp_path / "home")
    work = tmp_path / "work"
    work.mkdir()
    verdicts = judging.judge_snapshot(nightly.collect(snapshot_of, work), snapshot_of.policy, snapshot_of.as_of,
                                      work / "people.parquet")

    judging.refuse_sums_that_differ(verdicts.reconciliation)
    with pytest.raises(MfaAuditError, match="census"):
        judging.refuse_sums_that_differ(verdicts.reconciliation.assign(holds=False))


def test_registrations_beside_the_wrong_names_are_nobodys(tmp_path):
    """One column of a table sorted alone gives everybody a neighbour's methods: none of them is believed."""
    files = shutil.copytree(GOLDEN, tmp_path / "golden")
    path = files / "userRegistrationDetails.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    names = [row["userPrincipalName"] for row in document["value"]]
    for row, name in zip(document["value"], names[1:] + names[:1], strict=True):
        row["userPrincipalName"] = name
    path.write_text(json.dumps(document), encoding="utf-8")

    people = judged([files], GOLDEN / "policy.toml", tmp_path / "home")

    assert not people["status"].isin(["COMPLIANT", "COMPLIANT_WEAK"]).any()


@pytest.mark.parametrize("lost", ["principalId", "roleDefinitionId"])
def test_a_role_that_names_nobody_leaves_the_roles_in_part(tmp_path, lost):
    """Whoever holds it may be anybody who has no other sign of being an administrator."""
    files = shutil.copytree(GOLDEN, tmp_path / "golden")
    path = files / "roleAssignments.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    holder = json.loads((files / "users.json").read_text(encoding="utf-8"))["value"][0]["id"]
    role = {"principalId": holder, "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "directoryScopeId": "/"}
    document["value"] = [role, {**role, lost: None}]
    path.write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "work").mkdir()

    snapshot = nightly.collect(job([files], GOLDEN / "policy.toml", tmp_path / "home"), tmp_path / "work")

    assert "partial" == snapshot.manifest.tables["role_assignments"].state


def test_kinds_that_contradict_each_other_say_nothing(files, tmp_path):
    """A guest in one list and a member in another is neither; where one list is silent the other is believed."""
    (files / "registrations.csv").write_text(
        REGISTERED.replace("isAdmin", "userType,isAdmin")
        + "".join(f"u{n}@x.example,member,False,True,True,mobilePhone,2026-03-02T02:11:09Z\n" for n in (1, 2)),
        encoding="utf-8")
    users = (files / "users.csv").read_text(encoding="utf-8")
    (files / "users.csv").write_text(users.replace("User 1,True,Member", "User 1,True,Guest")
                                     .replace("User 2,True,Member", "User 2,True,"), encoding="utf-8")

    assert {"u1@x.example": "UNKNOWN", "u2@x.example": "COMPLIANT_WEAK"} == statuses(files, tmp_path / "a")


@pytest.mark.parametrize(("lost", "status"), [(None, "COMPLIANT_WEAK"), ("Sms", "COMPLIANT_WEAK"),
                                              ("Sms Voice", "UNKNOWN"), ("Fido2", "COMPLIANT_WEAK")])
def test_an_entry_that_is_missing_in_the_methods_policy_allows_nothing(files, tmp_path, lost, status):
    """Graph lists them all; a method none of whose entries is there and on is in doubt, whatever the flag says."""
    text = (files / "registrations.csv").read_text(encoding="utf-8").replace(",True,False,", ",True,True,")
    (files / "registrations.csv").write_text(text, encoding="utf-8")
    entries = [{"id": name, "state": "enabled"} for name in
               ("Fido2", "MicrosoftAuthenticator", "SoftwareOath", "Sms", "Voice", "X509Certificate")
               if name not in (lost or "").split()]
    (files / "authenticationMethodsPolicy.json").write_text(json.dumps({
        "id": "authenticationMethodsPolicy", "policyMigrationState": "migrationComplete",
        "authenticationMethodConfigurations": entries}), encoding="utf-8")

    assert {status} == set(statuses(files, tmp_path / "a").values())


@pytest.mark.parametrize(("members", "status"), [([], "COMPLIANT_WEAK"), (None, "UNKNOWN")])
def test_a_group_that_may_activate_a_role_is_read_or_it_is_in_doubt_who_is_in_it(files, tmp_path, members, status):
    """The flag tells of active roles alone, so it does not settle who is eligible."""
    group = "cc000000-0000-4000-8000-000000000001"
    text = (files / "registrations.csv").read_text(encoding="utf-8").replace(",True,False,", ",True,True,")
    (files / "registrations.csv").write_text(text, encoding="utf-8")
    (files / "roleEligibilityScheduleInstances.json").write_text(json.dumps({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/"
                          "roleEligibilityScheduleInstances",
        "value": [{"id": "e1", "principalId": group, "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10",
                   "directoryScopeId": "/", "memberType": "Direct", "startDateTime": "2026-01-01T00:00:00Z",
                   "endDateTime": None, "principal": {"@odata.type": "#microsoft.graph.group", "id": group}}]}),
        encoding="utf-8")
    if members is not None:
        (files / "groups.json").write_text(json.dumps({
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups(id,displayName,members())",
            "value": [{"id": group, "displayName": "administrators", "members": members}]}), encoding="utf-8")

    assert {status} == set(statuses(files, tmp_path / "a").values())
