"""Several rows about one account become one."""

from __future__ import annotations

import pandas as pd
import pytest


def two_files(stage, an_id, older, newer, *, ages=("2026-01-01", "2026-02-01")):
    """Two lists of one account, of known ages (None: unknown)."""
    rows = [{**row, **({"last_sign_in": age} if age else {})} for row, age in zip((older, newer), ages, strict=True)]
    return [stage.csv("accounts", {"account_id": an_id(1), **row}, name=f"{n}.csv") for n, row in enumerate(rows)]


def test_the_newest_source_writes_the_text(stage, an_id):
    """A name changed by marriage: one account, the new name; what the newer file leaves blank stays known."""
    frame = stage.accounts(*two_files(
        stage, an_id, {"user_principal_name": "zoe.old@x.example", "display_name": "Zoe Old", "job_title": "Nurse"},
        {"user_principal_name": "zoe.new@x.example", "display_name": "Zoe New", "job_title": ""},
    ))

    assert [["zoe.new@x.example", "Zoe New", "Nurse"]] == frame[
        ["user_principal_name", "display_name", "job_title"]].to_numpy().tolist()


def test_text_of_equal_age_is_the_later_in_text_order(stage, an_id):
    """Some rule must choose, and it must not be the order of files."""
    files = two_files(stage, an_id, {"job_title": "A"}, {"job_title": "B"}, ages=("2026-01-01", "2026-01-01"))

    assert ["B"] == list(stage.accounts(*files)["job_title"])
    assert ["B"] == list(stage.accounts(*reversed(files))["job_title"])


@pytest.mark.parametrize(("older", "newer", "ages", "expected"), [
    ("yes", "no", ("2026-01-01", "2026-02-01"), "blank"),
    ("yes", "", ("2026-01-01", "2026-02-01"), "yes"),
    ("yes", "no", ("2026-01-01", "2026-01-01"), "blank"),
    ("yes", "no", (None, "2026-02-01"), "blank"),
    ("yes", "no", (None, None), "blank"),
    ("no", "no", (None, "2026-02-01"), "no"),
    ("", "", ("2026-01-01", "2026-02-01"), "blank"),
])
def test_deciding_facts_that_disagree_are_blank(stage, an_id, older, newer, ages, expected):
    """The facts in a list of accounts do not say how new it is, so a contradiction is missing evidence."""
    others = stage.csv("accounts", {"account_id": an_id(2), "account_enabled": "yes"}, name="z.csv")
    files = two_files(stage, an_id, {"account_enabled": older}, {"account_enabled": newer}, ages=ages)

    assert expected == stage.accounts(*files, others).loc[an_id(1), "account_enabled"]


def test_a_contradiction_is_complained_about_and_not_decided_by_another_table(stage, an_id, checks):
    """Registrations do not settle what lists of accounts dispute."""
    snapshot = stage.snapshot(
        *two_files(stage, an_id, {"user_type": "Member"}, {"user_type": "Guest"}, ages=(None, None)),
        stage.csv("registrations", {"account_id": an_id(1), "user_type": "guest"}),
    )
    frame = snapshot.frame("accounts")

    assert ["blank"] == list(frame["user_type_stated"])
    assert frame["user_type"].isna().all()
    assert 1 == checks(snapshot)["sources disagree: user_type"]


def test_a_disputed_mailbox_type_takes_nobody_out_of_scope(stage, an_id, checks):
    """Shared in one list, a person's in another: nobody's type."""
    snapshot = stage.snapshot(
        stage.csv("accounts", {"account_id": an_id(1)}),
        stage.csv("recipients", {"account_id": an_id(1), "recipient_type": "UserMailbox"}, name="a.csv"),
        stage.csv("recipients", {"account_id": an_id(1), "recipient_type": "SharedMailbox"}, name="b.csv"),
    )

    assert snapshot.frame("accounts")["recipient_type"].isna().all()
    assert 1 == checks(snapshot)["sources disagree: recipient_type"]


@pytest.mark.parametrize(("listed", "recipients", "expected", "disputed"), [
    (["UserMailbox"], ["SharedMailbox"], None, 1), (["SharedMailbox"], ["UserMailbox"], None, 1),
    (["SharedMailbox"], ["UserMailbox", "SharedMailbox"], None, 1),
    (["SharedMailbox", "UserMailbox"], ["SharedMailbox"], None, 1),
    (["SharedMailbox"], ["sharedmailbox"], "sharedmailbox", 0), (["SharedMailbox"], [""], "SharedMailbox", 0),
])
def test_a_mailbox_type_is_what_users_and_recipients_agree_on(stage, an_id, checks, listed, recipients, expected,
                                                              disputed):
    """A list of users may carry the type as well; neither list outvotes the other."""
    files = [stage.csv(table, {"account_id": an_id(1), "recipient_type": text}, name=f"{table}{n}.csv")
             for table, texts in (("accounts", listed), ("recipients", recipients)) for n, text in enumerate(texts)]
    snapshot = stage.snapshot(*files)
    [found] = snapshot.frame("accounts")["recipient_type"]

    assert expected == (None if pd.isna(found) else found)
    assert disputed == checks(snapshot).get("sources disagree: recipient_type", 0)


@pytest.mark.parametrize(("enabled", "status", "expected"), [
    ("False", "Active", "blank"), ("True", "Disabled", "blank"), ("False", "Disabled", "no"), ("True", "Active", "yes"),
    ("True", "", "yes"), ("", "Disabled", "blank"),
])
def test_a_directory_and_a_portal_that_disagree_on_signing_in_leave_it_blank(stage, an_id, checks, enabled, status,
                                                                             expected):
    """Disabled in one of them takes nobody out of scope."""
    snapshot = stage.snapshot(
        stage.csv("accounts", {"account_id": an_id(1), "account_enabled": enabled}),
        stage.csv("mfa_status", {"account_id": an_id(1), "mfa_status": "User Enabled", "account_status": status}),
    )

    assert [expected] == list(snapshot.frame("accounts")["account_enabled"])
    differ = {enabled, status} in ({"False", "Active"}, {"True", "Disabled"})
    assert differ == ("sources disagree: account_enabled and account status" in checks(snapshot))


def test_texts_that_may_decide_are_named_where_rows_differ(stage, an_id, checks):
    """They are shown as the newest file writes them, and known to be disputed."""
    snapshot = stage.snapshot(*two_files(
        stage, an_id, {"company_name": "ZX1", "department": "Finance", "employee_type": "Bank"},
        {"company_name": "ZX9", "department": "Kiosk", "employee_type": "bank"},
    ))
    [row] = snapshot.frame("accounts").to_dict("records")

    assert ("ZX9", "Kiosk", "organisation;department") == (row["organisation"], row["department"], row["differing"])
    assert {"sources disagree: organisation": 1, "sources disagree: department": 1}.items() <= checks(snapshot).items()


def test_dates_of_several_rows(stage, an_id):
    """The account is as old as its oldest row says; the list of people knows the start; the later leaving counts."""
    frame = stage.accounts(
        stage.csv("accounts", {"account_id": an_id(1), "created_at": "2024-05-01", "hire_date": "2020-01-01"},
                  {"account_id": an_id(1), "created_at": "2024-04-01", "hire_date": "2020-02-01"}),
        stage.csv("people", {"account_id": an_id(1), "hire_date": "2021-01-01", "leave_date": "2026-05-01"},
                  {"account_id": an_id(1), "hire_date": "2021-03-01", "leave_date": "2026-04-01"}),
    )

    assert [["2024-04-01", "2021-01-01", "2026-05-01"]] == [
        [str(day.date()) for day in row] for row in
        frame[["created_at", "hire_date", "leave_date"]].itertuples(index=False, name=None)]


REGISTERED = {"methods": "mobilePhone", "is_mfa_capable": "yes", "updated_at": "2026-03-01T00:00:00Z"}


def registered(stage, an_id, *rows):
    """One account whose registrations are ``rows``, each from a file of its own."""
    files = [
        stage.csv("registrations", {"account_id": an_id(1), **row}, name=f"r{n}.csv") for n, row in enumerate(rows)
    ]
    return stage.accounts(stage.csv("accounts", {"account_id": an_id(1)}), *files).iloc[0]


@pytest.mark.parametrize(("change", "methods", "read", "capable", "conflict"), [
    ({}, 4096, True, "yes", False),
    ({"updated_at": "2026-03-02T00:00:00Z", "methods": "[]", "is_mfa_capable": "no"}, 0, True, "no", False),
    ({"updated_at": "2026-02-01T00:00:00Z", "methods": "[]", "is_mfa_capable": "no"}, 4096, True, "yes", False),
    ({"methods": "mobilePhone;email"}, 4096, True, "yes", True),
    ({"is_mfa_capable": "no"}, 4096, True, "blank", True),
    ({"methods": ""}, 0, False, "yes", True),
    ({"updated_at": "", "methods": "email", "is_mfa_capable": "no"}, 0, True, "blank", True),
    ({"updated_at": "2026-03-02T00:00:00Z", "methods": "mobilePhone;somethingNew2027"}, 4096, True, "yes", False),
])
def test_the_newest_registration_speaks_and_equals_in_age_must_agree(
    stage, an_id, change, methods, read, capable, conflict,
):
    """Of rows that contradict one another only what all say is kept, and the row is marked."""
    row = registered(stage, an_id, REGISTERED, {**REGISTERED, **change})

    assert (methods, read, capable, conflict) == (
        row["methods"], row["methods_read"], row["is_mfa_capable"], row["conflict"])


def test_a_column_the_newest_source_does_not_have_comes_from_the_newest_that_has_it(stage, an_id):
    """Not having a column is no statement."""
    row = registered(stage, an_id, {**REGISTERED, "is_admin": "yes"},
                     {"updated_at": "2026-03-02T00:00:00Z", "is_mfa_capable": "no"})

    assert (4096, "yes", "no", pd.Timestamp("2026-03-02"), False) == (
        row["methods"], row["is_admin"], row["is_mfa_capable"], row["updated_at"], row["conflict"])


def test_unknown_names_are_kept(stage, an_id):
    """They are collected for the reports."""
    row = registered(stage, an_id, {**REGISTERED, "methods": "zNew;email;aNew"})

    assert "aNew;zNew" == row["unmapped"]


def test_a_upn_listed_twice_is_one_account_and_both_lines_are_named(stage):
    """Equal rows are one in silence; what differs is blank, and counted as merged as ids are."""
    snapshot = stage.snapshot(stage.csv(
        "accounts", {"user_principal_name": "a@x.example", "account_enabled": "True"},
        {"user_principal_name": "b@x.example", "account_enabled": "True"},
        {"user_principal_name": "A@x.example", "account_enabled": "False"},
        {"user_principal_name": "b@x.example", "account_enabled": "True"}, name="users.csv",
    ))
    complaint = next(each for each in snapshot.complaints if each.check.startswith("account listed twice"))

    assert ["blank", "yes"] == list(snapshot.frame("accounts")["account_enabled"])
    assert (2, ("users.csv:2", "users.csv:4")) == (complaint.count, complaint.examples)
    assert 2 == snapshot.manifest.counts["accounts_merged"]
