"""Text becomes yes, no, times and words, or is complained about."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from mfa_audit.settings import PREFIX, Settings


def one(frame, column):
    """The column's values by account, nulls as None."""
    return [None if pd.isna(value) else value for value in frame[column]]


@pytest.mark.parametrize(("text", "expected"), [
    ("True", "yes"), ("TRUE", "yes"), (" yes ", "yes"), ("1", "yes"), ("Capable", "yes"), ("Registered", "yes"),
    ("enabled", "yes"), ("False", "no"), ("No", "no"), ("0", "no"), ("Not Capable", "no"), ("not registered", "no"),
    ("Disabled", "no"), ("Not enabled", "no"), ("Y", "yes"), ("n", "no"), ("T", "blank"), ("maybe", "blank"),
    ("Vrai", "blank"), ("", "blank"), ("2", "blank"),
])
def test_yes_and_no_come_from_a_closed_list(stage, an_id, text, expected):
    """Anything else is blank, which is missing evidence."""
    rows = stage.csv("accounts", {"account_id": an_id(1), "account_enabled": text},
                     {"account_id": an_id(2), "account_enabled": "true"})

    assert expected == stage.accounts(rows).loc[an_id(1), "account_enabled"]


def test_an_unreadable_yes_or_no_is_named_with_file_and_line(stage, an_id):
    """The place is the line in the file as it was given, though a record before it spans lines."""
    rows = replace(stage.csv(
        "accounts", {"account_id": an_id(1), "job_title": "two\nlines", "account_enabled": "true"},
        {"account_id": an_id(2), "job_title": "x", "account_enabled": "perhaps"}, name="users.csv",
    ), breaks=((2, 4),))

    complaint = next(each for each in stage.snapshot(rows).complaints if "account_enabled" in each.check)

    assert ("unreadable value: account_enabled", 1, ("users.csv:4",)) == (
        complaint.check, complaint.count, complaint.examples)


def test_blank_and_absent_are_told_apart(stage, an_id):
    """A source that has the column and leaves it empty is missing evidence; a source without it is scope."""
    having = stage.csv("accounts", {"account_id": an_id(1), "account_enabled": ""},
                       {"account_id": an_id(2), "account_enabled": "no"})
    lacking = stage.csv("accounts", {"account_id": an_id(3)}, name="other.csv")

    frame = stage.accounts(having, lacking)

    assert ["blank", "no", "absent"] == list(frame["account_enabled"])


def test_a_deciding_column_blank_in_every_row_is_blank(stage, an_id, checks):
    """Losing the last filled cell must help nobody: a blank cell is blank whatever other rows say."""
    rows = [{"account_id": an_id(n), "account_enabled": "", "user_type": ""} for n in (1, 2)]

    snapshot = stage.snapshot(stage.csv("accounts", *rows))
    frame = snapshot.frame("accounts")

    assert ["blank", "blank"] == list(frame["account_enabled"]) == list(frame["user_type_stated"])
    assert 2 == checks(snapshot)["blank column: account_enabled"]
    assert "account_enabled" not in snapshot.manifest.tables["accounts"].columns_absent


def test_a_blank_column_is_named_though_another_file_fills_it(stage, an_id):
    """The warning is about the one file, and says how to export it again."""
    blank = stage.csv("accounts", {"account_id": an_id(1), "account_enabled": ""}, name="blank.csv")
    filled = stage.csv("accounts", {"account_id": an_id(2), "account_enabled": "True"}, name="filled.csv")

    snapshot = stage.snapshot(blank, filled)
    complaint = next(each for each in snapshot.complaints if each.check == "blank column: account_enabled")

    assert ["blank", "yes"] == list(snapshot.frame("accounts")["account_enabled"])
    assert (1, ("blank.csv:2",)) == (complaint.count, complaint.examples)
    assert "Get-MgUser -All -Property Id,UserPrincipalName,AccountEnabled" in complaint.fix


@pytest.mark.parametrize("others", [[], ["True"]])
def test_evidence_that_is_blank_is_missing_whatever_other_rows_say(stage, an_id, others):
    """Losing the rows that were filled must not make the blank ones look as if nobody had asked."""
    rows = [{"account_id": an_id(n), "account_enabled": text} for n, text in enumerate(["", "", *others])]

    snapshot = stage.snapshot(stage.csv("accounts", *rows))

    assert ["blank", "blank"] == list(snapshot.frame("accounts")["account_enabled"])[:2]
    grave = [each for each in snapshot.complaints if each.grave]
    assert ["blank column: account_enabled"] * (not others) == [each.check for each in grave]


@pytest.mark.parametrize(("text", "quoted"), [
    ("WAHR", "(it says 'WAHR')"), ("T", "(it says 'T')"), ("Zoë Müller", ""), ("07700 900123", ""),
])
def test_a_yes_that_cannot_be_read_is_said_with_its_place(stage, an_id, text, quoted):
    """The word is quoted, so that its language is seen; what may be somebody's name or number is not."""
    snapshot = stage.snapshot(stage.csv("accounts", {"account_id": an_id(1), "account_enabled": text}))

    [grave] = [each for each in snapshot.complaints if each.grave]
    assert "Yes or No" in grave.fix
    assert f"taken as blank: missing evidence{' ' * bool(quoted)}{quoted}" == grave.effect
    assert 1 == len(grave.examples)


def test_null_synced_means_no_in_json_only(stage, an_id):
    """Graph writes null for accounts that never came from a directory on premises."""
    told = stage.json("accounts", {"account_id": an_id(1), "synced": None}, {"account_id": an_id(2), "synced": True})
    listed = stage.csv("accounts", {"account_id": an_id(3), "synced": ""}, {"account_id": an_id(4), "synced": "True"})

    assert ["no", "yes", "blank", "yes"] == list(stage.accounts(told, listed)["synced"])


@pytest.mark.parametrize(("text", "expected"), [
    ("2026-03-02T02:11:09Z", "2026-03-02 02:11:09"),
    ("2026-03-02T02:11:09.4417732Z", "2026-03-02 02:11:09.441773"),
    ("2026-03-02T02:11:09+01:00", "2026-03-02 01:11:09"),
    ("2026-03-02T02:11:09.5-05:30", "2026-03-02 07:41:09.5"),
    ("2026-03-02 02:11", "2026-03-02 02:11:00"),
    ("2026-03-02", "2026-03-02 00:00:00"),
    ("/Date(1764000000000)/", "2025-11-24 16:00:00"),
    ("/Date(1764000000000+0100)/", "2025-11-24 16:00:00"),
    ("8/19/2021 1:25:31 PM", "2021-08-19 13:25:31"),
    ("19/8/2021, 1:25:31\u202fAM", "2021-08-19 01:25:31"), ("8/9/2021 1:25:31 AM", None),
    ("2024-02-29T00:00:00Z", "2024-02-29 00:00:00"),
    ("2026-03-29T00:59:00Z", "2026-03-29 00:59:00"),
    ("46083", "2026-03-02 00:00:00"),
    ("46083.5", "2026-03-02 12:00:00"),
    ("0001-01-01T00:00:00Z", None),
    ("2026-02-30T00:00:00Z", None), ("1979-12-31T00:00:00Z", None), ("2101-01-01T00:00:00Z", None),
    ("soon", None), ("infinity", None), ("05/06/2021", None), ("5/6/21", None), ("99999", None),
])
def test_every_form_of_a_time(stage, an_id, text, expected):
    """UTC without a zone; what cannot be told is null."""
    frame = stage.accounts(stage.csv("accounts", {"account_id": an_id(1), "created_at": text}))

    assert [None if expected is None else pd.Timestamp(expected)] == one(frame, "created_at")


@pytest.mark.parametrize(("text", "check"), [
    ("2026-02-30", "unreadable date: created_at"), ("1979-12-31", "unreadable date: created_at"),
    ("05/06/2021", "ambiguous date: created_at"), ("46083", "spreadsheet day number: created_at"),
    ("0001-01-01T00:00:00Z", None), ("2026-03-02", None),
])
def test_times_that_are_doubtful_are_complained_about(stage, an_id, checks, text, check):
    """"None" as Microsoft writes it is no blemish."""
    snapshot = stage.snapshot(stage.csv("accounts", {"account_id": an_id(1), "created_at": text}))

    assert ({} if check is None else {check: 1}) == checks(snapshot)


@pytest.mark.parametrize(("texts", "declared", "expected"), [
    (["05/06/2021", "13/06/2021"], None, ["2021-06-05", "2021-06-13"]),
    (["05/06/2021", "06/13/2021"], None, ["2021-05-06", "2021-06-13"]),
    (["05/06/2021", "05/07/2021"], None, [None, None]),
    (["05/06/2021", "05/07/2021"], "dmy", ["2021-06-05", "2021-07-05"]),
    (["05/06/2021", "05.07.2021"], "mdy", ["2021-05-06", "2021-05-07"]),
    (["13/06/2021", "06/13/2021"], None, [None, None]),
    (["13/06/2021", "05/06/2021"], "mdy", [None, None]),
    (["5/6/2021 1:00:00 AM", "05/07/2021"], None, [None, None]),
    (["5/6/2021 1:00:00 AM", "2021-06-05"], "dmy", ["2021-06-05", "2021-06-05"]),
    (["5/6/2021 1:00:00 PM", "13/06/2021 1:00:00 AM"], "dmy", ["2021-06-05", "2021-06-13"]),
    (["5/6/2021 1:00:00 PM", "6/13/2021 1:00:00 AM"], "dmy", [None, None]),
    (["13/6/2021 1:00:00 AM", "5/6/2021 1:00:00 AM"], None, ["2021-06-13", "2021-06-05"]),
    (["24-11-2021 02:11:09", "05-11-2021 02:11:09"], None, ["2021-11-24", "2021-11-05"]),
    (["2021-06-05T23:30:00-05:00", "29/02/2024"], None, ["2021-06-05", "2024-02-29"]),
])
def test_day_and_month_are_never_swapped(stage, an_id, texts, declared, expected):
    """The order is declared or proved by its own column; a day is the day as written, whatever its zone."""
    rows = [{"account_id": an_id(n), "hire_date": text} for n, text in enumerate(texts)]

    frame = stage.accounts(stage.csv("accounts", *rows), date_order=declared)

    assert expected == [None if pd.isna(day) else str(day.date()) for day in frame["hire_date"]]


def test_an_ambiguous_date_names_the_setting_that_declares_the_order(stage, an_id):
    """The remedy is a setting that there is, by the name it has."""
    snapshot = stage.snapshot(stage.csv("people", {"account_id": an_id(1), "hire_date": "05/06/2021"}),
                              stage.csv("accounts", {"account_id": an_id(1)}))

    [complaint] = [each for each in snapshot.complaints if each.check == "ambiguous date: hire_date"]

    assert "date_order = " in complaint.fix
    assert f"{PREFIX}DATE_ORDER" in complaint.fix
    assert "date_order" in Settings.model_fields


def test_evidence_counts_for_its_own_file_only(stage, an_id):
    """Two exports may come from machines of different countries."""
    british = stage.csv("people", {"account_id": an_id(1), "hire_date": "13/06/2021"}, name="a.csv")
    unclear = stage.csv("people", {"account_id": an_id(2), "hire_date": "05/06/2021"}, name="b.csv")
    listed = stage.csv("accounts", {"account_id": an_id(1)}, {"account_id": an_id(2)})

    assert [pd.Timestamp("2021-06-13"), None] == one(stage.accounts(british, unclear, listed), "hire_date")


def test_organisation_and_department_are_tidied(stage, an_id):
    """Spaces and invisible characters are no part of a code; words for nothing are nothing; a name is a name."""
    rows = [
        {"company_name": "\u00a0ZX1\u200b ", "department": "Estates,\u00a0 Facilities\n& Portering",
         "display_name": "Null"},
        {"company_name": "N/A", "department": "unknown", "display_name": "None"},
        {"company_name": "-", "department": "NULL", "display_name": " True "},
    ]

    frame = stage.accounts(stage.csv("accounts", *({"account_id": an_id(n), **row} for n, row in enumerate(rows))))

    assert ["ZX1", None, None] == one(frame, "organisation")
    assert ["Estates, Facilities & Portering", None, None] == one(frame, "department")
    assert ["Null", "None", "True"] == one(frame, "display_name")


@pytest.mark.parametrize(("attribute", "row"), [
    ("officeLocation", {"office_location": "ZX1", "company_name": "other"}),
    ("extensionAttribute7", {"extension_attributes": {"extensionAttribute7": "ZX1", "extensionAttribute1": "other"}}),
    ("extensionAttribute7", {"extension_attributes": {"ExtensionAttribute7": "ZX1"}}),
    ("extensionAttribute7", {"extension_attribute_7": "ZX1", "extension_attribute_1": "other"}),
])
def test_the_organisation_is_the_attribute_the_caller_names(stage, an_id, attribute, row):
    """Flat or nested, as Graph writes it or as PowerShell does."""
    frame = stage.accounts(stage.json("accounts", {"account_id": an_id(1), **row}), organisation_attribute=attribute)

    assert ["ZX1"] == list(frame["organisation"])


@pytest.mark.parametrize("activity", [
    {"lastSuccessfulSignInDateTime": "2026-02-01T00:00:00Z", "lastSignInDateTime": "2026-03-01T00:00:00Z"},
    {"LastSuccessfulSignInDateTime": "/Date(1769904000000)/"},
    {"lastSignInDateTime": "2026-02-01T00:00:00Z", "lastNonInteractiveSignInDateTime": "2026-01-01T00:00:00Z"},
    {"lastSignInDateTime": "2026-01-01T00:00:00Z", "lastNonInteractiveSignInDateTime": "2026-02-01T00:00:00Z"},
])
def test_the_last_sign_in_is_the_last_success_else_the_newest_other(stage, an_id, activity):
    """A failed attempt later than the last success does not count."""
    frame = stage.accounts(stage.json("accounts", {"account_id": an_id(1), "sign_in_activity": activity}))

    assert [("seen", pd.Timestamp("2026-02-01"))] == list(zip(frame["sign_in"], frame["last_sign_in"], strict=True))


def test_never_signed_in_is_said_only_where_it_was_asked(stage, an_id):
    """Blank where somebody else has a stamp is never; a file in which nobody has one was not asked; unreadable is
    neither."""
    asked = stage.csv(
        "accounts", {"account_id": an_id(1), "last_sign_in": "2026-02-01"},
        {"account_id": an_id(2), "last_sign_in": ""},
        {"account_id": an_id(3), "last_sign_in": "last week"}, name="a.csv",
    )
    empty = stage.csv("accounts", {"account_id": an_id(4), "last_sign_in": ""}, name="b.csv")
    without = stage.csv("accounts", {"account_id": an_id(5)}, name="c.csv")

    frame = stage.accounts(asked, empty, without)

    assert ["seen", "never", "not_collected", "not_collected", "not_collected"] == list(frame["sign_in"])


def test_activity_that_is_no_object_is_never_read_as_never(stage, an_id, checks):
    """PowerShell writes the name of a type instead of the value."""
    snapshot = stage.snapshot(stage.csv(
        "accounts", {"account_id": an_id(1), "sign_in_activity": '{"lastSignInDateTime": "2026-02-01T00:00:00Z"}'},
        {"account_id": an_id(2), "sign_in_activity": "Microsoft.Graph.PowerShell.Models.MicrosoftGraphSignInActivity"},
    ))

    assert ["seen", "not_collected"] == list(snapshot.frame("accounts")["sign_in"])
    assert 1 == checks(snapshot)["unreadable date: last_sign_in"]


@pytest.mark.parametrize(("row", "read"), [
    ({"methods": "[]", "is_mfa_capable": "", "is_mfa_registered": ""}, True),
    ({"methods": "", "is_mfa_capable": "no", "is_mfa_registered": "no"}, True),
    ({"methods": "", "is_mfa_capable": "", "is_mfa_registered": "no"}, True),
    ({"methods": "", "is_mfa_capable": "no", "is_mfa_registered": "yes"}, False),
    ({"methods": "", "is_mfa_capable": "yes", "is_mfa_registered": ""}, False),
    ({"methods": "", "is_mfa_capable": "", "is_mfa_registered": ""}, False),
])
def test_an_empty_methods_cell_of_a_csv_needs_a_no_beside_it(stage, an_id, row, read):
    """An empty cell may be an empty list or a lost one."""
    other = {"account_id": an_id(2), "methods": "email", "is_mfa_capable": "no", "is_mfa_registered": "no"}
    frame = stage.accounts(
        stage.csv("accounts", {"account_id": an_id(1)}, {"account_id": an_id(2)}),
        stage.csv("registrations", {"account_id": an_id(1), **row}, other),
    )

    assert (0, read) == (frame.loc[an_id(1), "methods"], frame.loc[an_id(1), "methods_read"])


@pytest.mark.parametrize(("methods", "read"), [([], True), (None, False), (["email"], True), ("email", True)])
def test_null_and_an_empty_list_differ_in_json(stage, an_id, methods, read):
    """Null is not read, whatever Microsoft says beside it; an empty list is none."""
    frame = stage.accounts(
        stage.json("accounts", {"account_id": an_id(1)}),
        stage.json("registrations", {"account_id": an_id(1), "methods": methods, "is_mfa_registered": False}),
    )

    assert [read] == list(frame["methods_read"])


def test_user_types_are_members_and_guests(stage, an_id, checks):
    """One that is silent leaves the word to the other; two that differ, and any other word, are blank."""
    snapshot = stage.snapshot(
        stage.csv("accounts", *({"account_id": an_id(n), "user_type": text}
                                for n, text in enumerate(("GUEST", "Member", "Alien", "")))),
        stage.csv("registrations", {"account_id": an_id(1), "user_type": "guest"},
                  {"account_id": an_id(3), "user_type": "guest"}),
    )
    frame = snapshot.frame("accounts")

    assert ["guest", None, None, "guest"] == one(frame, "user_type")
    assert ["yes", "blank", "blank", "yes"] == list(frame["user_type_stated"])
    assert 1 == checks(snapshot)["unreadable value: user_type"]
    assert 1 == checks(snapshot)["sources disagree: user_type"]


def test_leavers(stage, an_id):
    """A list says so, or gives the day."""
    listed = stage.csv("accounts", *({"account_id": an_id(n)} for n in range(5)))
    people = stage.csv(
        "people", {"account_id": an_id(0), "leaver": "yes", "leave_date": ""},
        {"account_id": an_id(1), "leaver": "no", "leave_date": "2026-04-01"},
        {"account_id": an_id(2), "leaver": "no", "leave_date": ""},
        {"account_id": an_id(3), "leaver": "", "leave_date": ""},
    )

    frame = stage.accounts(listed, people)

    assert ["yes", "yes", "no", "blank", "absent"] == list(frame["leaver"])
    assert dt.date(2026, 4, 1) == frame["leave_date"].iloc[1].date()
