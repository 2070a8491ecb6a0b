"""Which account a row is about."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot.staging import Believable

PUSH = '["microsoftAuthenticatorPush"]'
BITS = 256


def test_rows_without_id_join_by_upn_whatever_the_case(stage, an_id):
    """A registration report without ids judges the same people."""
    frame = stage.accounts(
        stage.csv("accounts", {"account_id": an_id(1).upper(), "user_principal_name": "Jo.ROE@x.example"}),
        stage.csv("registrations", {"user_principal_name": "jo.roe@X.EXAMPLE", "methods": PUSH}),
    )

    assert [(an_id(1), "Jo.ROE@x.example", BITS)] == list(
        zip(frame["account_id"], frame["user_principal_name"], frame["methods"], strict=True))


def test_upns_are_compared_folded_and_composed(stage):
    """STRASSE and Straße are one, as are é and e with an accent."""
    frame = stage.accounts(
        stage.csv("accounts", {"user_principal_name": "Straße.Zoe\u0301@x.example"}),
        stage.csv("registrations", {"user_principal_name": "STRASSE.ZOÉ@x.example", "methods": PUSH}),
    )

    assert [("upn:strasse.zoé@x.example", BITS)] == list(zip(frame["account_id"], frame["methods"], strict=True))


def test_an_id_in_any_file_names_the_account_of_that_upn(stage, an_id):
    """Accounts listed without ids take the id another file gives their UPN; braces and case are no part of it."""
    frame = stage.accounts(
        stage.csv("accounts", {"user_principal_name": "a@x.example"}, {"user_principal_name": "b@x.example"}),
        stage.csv("registrations", {"account_id": "{" + an_id(7).upper() + "}", "user_principal_name": "A@x.example",
                                    "methods": PUSH}),
    )

    assert [an_id(7), "upn:b@x.example"] == list(frame["account_id"])
    assert BITS == frame.loc[an_id(7), "methods"]


def test_a_upn_that_fits_two_ids_joins_neither(stage, an_id, checks, whole):
    """Somebody left and the name was given again: whose methods these are, nobody can tell."""
    snapshot = stage.snapshot(
        stage.csv("accounts", {"account_id": an_id(1), "user_principal_name": "a@x.example"},
                  {"account_id": an_id(2), "user_principal_name": "A@x.example"}),
        stage.csv("registrations", {"user_principal_name": "a@x.example", "methods": PUSH}),
    )

    assert [False, False] == list(whole(snapshot)["has_registration"])
    assert 1 == checks(snapshot)["user principal name fits two object ids"]


def test_nobody_vanishes_because_a_upn_fits_two_ids(stage, an_id):
    """When neither of the two is listed, the listed UPN is an account of its own, without anybody's methods."""
    frame = stage.accounts(
        stage.csv("accounts", {"user_principal_name": "a@x.example"}),
        stage.csv("registrations", {"account_id": an_id(1), "user_principal_name": "a@x.example", "methods": PUSH},
                  {"account_id": an_id(2), "user_principal_name": "a@x.example", "methods": PUSH}),
    )

    assert [("upn:a@x.example", False)] == list(zip(frame["account_id"], frame["has_registration"], strict=True))


def test_who_is_only_registered_is_set_aside(stage, an_id, checks):
    """An orphan is in no figure, and is spoken of."""
    snapshot = stage.snapshot(
        stage.csv("accounts", {"account_id": an_id(1)}),
        stage.csv("registrations", {"account_id": an_id(9), "methods": PUSH}),
    )

    assert [an_id(1)] == list(snapshot.frame("accounts")["account_id"])
    assert 0 == len(snapshot.frame("registrations"))
    assert 1 == checks(snapshot)["orphan registration"]


def test_registrations_alone_make_accounts_and_the_listing_is_partial(stage, an_id):
    """Whoever is disabled or has no row is missing from that report."""
    snapshot = stage.snapshot(stage.csv("registrations", {"account_id": an_id(9), "methods": PUSH}))

    assert [an_id(9)] == list(snapshot.frame("accounts")["account_id"])
    assert "partial" == snapshot.manifest.tables["accounts"].state


def test_status_reports_make_accounts_but_lists_do_not(stage, an_id):
    """Recipients and people describe accounts others list."""
    frame = stage.accounts(
        stage.csv("mfa_status", {"user_principal_name": "a@x.example", "mfa_status": "User Enabled",
                                 "account_status": "Enabled"}),
        stage.csv("people", {"user_principal_name": "b@x.example", "job_title": "Porter"}),
        stage.csv("recipients", {"account_id": an_id(3), "recipient_type": "RoomMailbox"}),
    )

    assert [("upn:a@x.example", "User Enabled", "yes")] == list(
        zip(frame["account_id"], frame["mfa_status"], frame["account_enabled"], strict=True))


def test_no_accounts_at_all_is_an_absent_table(stage, an_id):
    """A register alone says nothing about who there is."""
    snapshot = stage.snapshot(stage.csv("service_accounts", {"account_id": an_id(1), "owner": " Team "}))

    assert "absent" == snapshot.manifest.tables["accounts"].state
    assert ["Team"] == list(snapshot.frame("service_accounts")["owner"])
    assert 0 == sum(len(chunk) for chunk in snapshot.accounts())


def test_lists_without_id_and_upn_join_by_mail_or_number(stage, an_id, checks):
    """An address two accounts share joins neither; a UPN is an address; leading zeros count."""
    snapshot = stage.snapshot(
        stage.csv("accounts", *(
            {"account_id": an_id(n), "mail": mail, "employee_id": number, "user_principal_name": f"{n}@x.example"}
            for n, mail, number in (
                (1, "One@x.example", "007"), (2, "same@x.example", "7"), (3, "Same@x.example", ""))
        )),
        stage.csv("people", {"mail": "ONE@x.example", "employee_id": "", "job_title": "first"},
                  {"mail": "", "employee_id": "7", "job_title": "second"},
                  {"mail": "same@x.example", "employee_id": "", "job_title": "nobody"}),
        stage.csv("recipients", {"mail": "3@x.example", "recipient_type": "SharedMailbox"}),
    )
    frame = snapshot.frame("accounts")

    assert ["first", "second", None] == [None if pd.isna(title) else title for title in frame["job_title"]]
    assert [None, None, "SharedMailbox"] == [None if pd.isna(kind) else kind for kind in frame["recipient_type"]]
    assert 1 == checks(snapshot)["row without identity"]


def test_rows_that_name_nobody_make_the_listing_partial(stage, an_id):
    """Somebody is not counted, so the listing is not the whole."""
    snapshot = stage.snapshot(stage.csv("accounts", {"account_id": an_id(1), "display_name": "A"},
                                        {"account_id": "", "display_name": "B"}))

    state = snapshot.manifest.tables["accounts"]
    assert ("partial", 1) == (state.state, state.rows)
    assert "1 row(s) have neither" in state.reason


def two_of_one_id(stage, an_id, second, kind="csv"):
    first = {"account_id": an_id(1), "user_principal_name": "meera.old@x.example", "display_name": "Meera Old",
             "mail": "meera.old@x.example"}
    return getattr(stage, kind)("accounts", {**first, "account_id": an_id(2)}, first,
                                {"account_id": an_id(1), **second}, name="users.csv")


OTHER = {"user_principal_name": "zed.q@x.example", "display_name": "Zed Q", "mail": "zed@x.example"}


def test_an_id_filled_down_over_another_persons_is_refused(stage, an_id):
    """One of the two would be missing, and the other have both their registrations."""
    with pytest.raises(InputRejected, match="one object id for two people") as refused:
        stage.snapshot(two_of_one_id(stage, an_id, OTHER))

    assert ("users.csv", 4) == (str(refused.value.file), refused.value.line)


@pytest.mark.parametrize(("second", "kind"), [
    ({"user_principal_name": "meera.new@x.example", "display_name": "Meera New", "mail": "m.new@x.example"}, "csv"),
    ({**OTHER, "display_name": "meera old"}, "csv"), ({**OTHER, "mail": ""}, "csv"), (OTHER, "json"),
])
def test_an_account_renamed_between_two_rows_is_one(stage, an_id, second, kind):
    """Whoever marries keeps a name; what no spreadsheet touched is Graph's own."""
    assert 2 == len(stage.accounts(two_of_one_id(stage, an_id, second, kind)))


def test_a_deletion_to_come_deletes_nobody(stage, an_id, checks):
    """A day after the one judged is a mistake, and is said."""
    until = Believable(dt.datetime(2026, 3, 2, 23, 59, tzinfo=dt.UTC), dt.timedelta(days=8))
    snapshot = stage.snapshot(
        stage.csv("accounts", {"account_id": an_id(1), "deleted_at": "2027-05-01T00:00:00Z", "account_enabled": "yes"},
                  {"account_id": an_id(2), "deleted_at": "2026-03-02T08:00:00Z"}), believable=until)

    assert [an_id(1)] == list(snapshot.frame("accounts")["account_id"])
    assert ["yes"] == list(snapshot.frame("accounts")["account_enabled"])
    assert 1 == checks(snapshot)["deletion to come"]


def test_whom_a_portal_calls_active_is_not_deleted(stage, an_id, checks):
    """The two contradict each other: the account is counted, and whether it can sign in is not known."""
    upns = {n: f"u{n}@x.example" for n in (1, 2)}
    snapshot = stage.snapshot(
        stage.csv("accounts", *({"account_id": an_id(n), "user_principal_name": upns[n], "display_name": f"N{n}",
                                 "deleted_at": "2026-01-01T00:00:00Z", "account_enabled": "yes"} for n in (1, 2))),
        stage.csv("mfa_status", {"user_principal_name": upns[1], "mfa_status": "User Enabled",
                                 "account_status": "Active"},
                  {"user_principal_name": upns[2], "mfa_status": "User Enabled", "account_status": "Deleted"}))

    rows = snapshot.frame("accounts")
    assert [(an_id(1), "N1", "blank")] == list(
        zip(rows["account_id"], rows["display_name"], rows["account_enabled"], strict=True))
    assert 1 == checks(snapshot)["deleted, and active in the portal"]
    assert 1 == snapshot.manifest.counts["deleted"]


def test_the_deleted_are_dropped_and_counted(stage, an_id):
    """Only when no row says that the account is there again."""
    snapshot = stage.snapshot(
        stage.json("accounts", {"account_id": an_id(1), "deleted_at": "2026-01-01T00:00:00Z"},
                   {"account_id": an_id(2), "deleted_at": "2026-01-01T00:00:00Z"}, {"account_id": an_id(2)},
                   {"account_id": an_id(3), "deleted_at": None}),
        stage.csv("registrations", {"account_id": an_id(1), "methods": PUSH}),
    )

    assert [an_id(2), an_id(3)] == list(snapshot.frame("accounts")["account_id"])
    assert (1, 1, 0) == tuple(snapshot.manifest.counts[name] for name in (
        "deleted", "registrations_deleted", "registrations_set_aside"))


def test_a_upn_in_the_place_of_an_id_is_a_upn(stage, an_id):
    """Scripts put either into one column."""
    frame = stage.accounts(
        stage.csv("accounts", {"account_id": an_id(1), "user_principal_name": "a@x.example"}),
        stage.csv("registrations", {"account_id": "A@x.example", "methods": PUSH}),
    )

    assert [BITS] == list(frame["methods"])


def test_managers(stage, an_id, whole):
    """By object, id, UPN or address; who names nobody listed is kept as written; a list of people goes first."""
    snapshot = stage.snapshot(
        stage.json(
            "accounts",
            {"account_id": an_id(0), "user_principal_name": "boss@x.example", "mail": "the.boss@x.example",
             "employee_id": "0042", "manager": {"id": an_id(0)}},
            {"account_id": an_id(1), "manager": {"@odata.type": "#microsoft.graph.user", "id": an_id(0).upper()}},
            {"account_id": an_id(2), "manager": "BOSS@x.example"},
            {"account_id": an_id(3), "manager": "the.boss@x.example"},
            {"account_id": an_id(4), "manager": an_id(99)}, {"account_id": an_id(5), "manager": "N/A"},
            {"account_id": an_id(6), "manager": an_id(1)}, {"account_id": an_id(7), "manager": {"Id": an_id(0)}},
            {"account_id": an_id(8), "manager": an_id(1)},
        ),
        stage.csv("people", {"account_id": an_id(6), "manager_employee_id": "0042", "manager": ""},
                  {"account_id": an_id(8), "manager_employee_id": "", "manager": "-"}),
    )
    frame = whole(snapshot)

    boss = (an_id(0), 0)
    expected = [boss, boss, boss, boss, (an_id(99), None), (None, None), boss, boss, (an_id(1), 1)]
    assert expected == [
        (None if pd.isna(who) else who, None if pd.isna(key) else key)
        for who, key in zip(frame["manager_id"], frame["manager_key"], strict=True)
    ]


def test_a_number_under_the_heading_id_is_no_object_id(stage, an_id):
    """Staff numbers headed ID leave the UPN as the key, so that nobody is counted twice or loses their methods."""
    frame = stage.accounts(
        stage.csv("accounts", {"account_id": "004711", "user_principal_name": "a@x.example"}),
        stage.csv("registrations", {"account_id": an_id(1), "user_principal_name": "a@x.example", "methods": PUSH}),
    )

    assert [(an_id(1), BITS)] == list(zip(frame["account_id"], frame["methods"], strict=True))
