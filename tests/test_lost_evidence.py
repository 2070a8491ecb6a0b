"""Ways in which a file once could make somebody look better than the data allows."""

from __future__ import annotations

import pytest
from nights import GOLDEN, judged, run

from mfa_audit.errors import InputRejected

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
