"""Which entries of the exemption register count."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from mfa_audit.policy import load_policy
from mfa_audit.policy.exemptions import NEEDED, best_entry, state_of
from mfa_audit.tables import REGISTERS

TODAY = dt.date(2026, 3, 2)
POLICY = load_policy(Path(__file__).parent / "files" / "golden.toml")
SOUND = {
    "exemption_id": "EX1", "account_id": "6a000000-0000-4000-8000-000000000007", "category": "no_suitable_device",
    "owner": "Ward manager", "approver": "A. Director", "approver_role": "SIRO", "approved_on": "2026-01-12",
    "expires_on": "2026-06-30", "ticket": "CHG1", "compensating_control": "On the ward only",
    "risk_ref": None, "exit_plan": None,
}


def register(*changes):
    rows = [{**SOUND, **change} for change in changes]
    return pd.DataFrame(rows, columns=[*REGISTERS["exemptions"].names], dtype="str")


def verdict(policy=POLICY, as_of=TODAY, **change):
    row = state_of(register(change), policy, as_of).iloc[0]
    return row["state"], row["findings"]


def test_sound_entry():
    """A complete, approved, unexpired entry is active without findings."""
    assert ("active", "") == verdict()


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", [None, "", "  ", "-", "n/a", "TBC", "None", "?", "--", "Unknown", "To be confirmed"])
def test_every_needed_field(name, value):
    """An entry without one of the ten fields counts for nothing."""
    assert ("incomplete", "MFA-EXM-01") == verdict(**{name: value})


@pytest.mark.parametrize("change", [
    {"approved_on": "12/01/2026"}, {"expires_on": "2026-02-30"}, {"expires_on": "2026-6-3"}, {"expires_on": "soon"},
    {"expires_on": "2026-01-11"}, {"category": "whim"}, {"expires_on": "9999-99-99"},
])
def test_what_cannot_be_true(change):
    """A date that is none, an end before the approval, a category nobody defined: incomplete, never active."""
    assert ("incomplete", "MFA-EXM-01") == verdict(**change)


@pytest.mark.parametrize(("as_of", "state"), [
    ("2026-01-11", "not_yet"), ("2026-01-12", "active"), ("2026-06-30", "active"), ("2026-07-01", "expired"),
])
def test_dates_count_to_the_day(as_of, state):
    """The day of approval and the day of expiry are both inside."""
    assert state == verdict(as_of=dt.date.fromisoformat(as_of))[0]


def test_expired_is_a_finding():
    """An entry that was valid and is past."""
    assert ("expired", "MFA-EXM-02") == verdict(expires_on="2026-01-31")


def test_incomplete_is_never_expired():
    """What never counted cannot have ended."""
    assert ("incomplete", "MFA-EXM-01") == verdict(expires_on="2026-01-31", owner="")


@pytest.mark.parametrize(("expires", "findings"), [("2026-07-11", ""), ("2026-07-12", "MFA-EXM-03")])
def test_longer_than_the_policy_allows(expires, findings):
    """180 days are allowed; 181 count all the same, with a finding."""
    assert ("active", findings) == verdict(expires_on=expires)


def test_wrong_role_counts_with_a_finding():
    """An approver in another role is a finding; case and spaces do not make another role."""
    assert ("active", "MFA-EXM-05") == verdict(approver_role="Ward manager")
    assert ("active", "") == verdict(approver_role=" board  DELEGATE ")
    assert ("active", "") == verdict(policy=load_policy(), approver_role="Anybody")


@pytest.mark.parametrize("approver", ["pending", "tbc.", "(none)", "N/A", "nobody"])
def test_a_word_for_nobody_is_no_approver(approver):
    """A cell that is filled in later is a blank one until then."""
    assert ("incomplete", "MFA-EXM-01") == verdict(approver=approver)


@pytest.mark.parametrize("approver", [
    "Bloggs, Jo", "Jo BLOGGS", "Dr Jo Bloggs", "Jo-Bloggs", "J\u00f3 Bloggs", "Jo Bloggs (self)", "myself", "jo.bloggs",
    "CONTOSO\\jo.bloggs", "jo.bloggs@contoso.onmicrosoft.com", "Jo Bloggs <j@b.example>", "boss (self)",
    "{6A000000-0000-4000-8000-000000000007}", "6a000000000040008000000000000007",
    "jo.maiden", "SMTP:jo.maiden@b.net.example",
])
def test_whoever_may_be_the_holder_approves_nothing(approver):
    """Written by id, by name in any order or by an address in any domain, the holder is still the holder."""
    rows = register({"approver": approver}).assign(
        holder_id=SOUND["account_id"], holder_upn="jo.bloggs@contoso.example", holder_name="Jo Bloggs",
        holder_mail=None, holder_former="jo.maiden@contoso.example j.m@contoso.example")

    assert "MFA-EXM-05" in state_of(rows, POLICY, TODAY)["findings"][0]
    assert ["incomplete"] == list(state_of(rows, POLICY, TODAY)["state"])


@pytest.mark.parametrize("approver", ["A. Director", "Jo Smith", "Sam Bloggs", "SIRO", "jo@contoso.example"])
def test_somebody_else_approves(approver):
    """One name of two in common makes nobody the holder."""
    rows = register({"approver": approver}).assign(holder_upn="jo.bloggs@contoso.example", holder_name="Jo Bloggs")

    assert ["active"] == list(state_of(rows, POLICY, TODAY)["state"])


@pytest.mark.parametrize(("since", "state"), [
    ("2026-01-13", "incomplete"), ("2026-01-12", "active"), (None, "active"),
])
def test_an_approval_older_than_the_account_was_somebody_elses(since, state):
    """A name that was given again exempts nobody; an entry by object id has no such day."""
    rows = register({}).assign(holder_since=pd.to_datetime([since]))

    assert [state] == list(state_of(rows, POLICY, TODAY)["state"])


def test_own_approver():
    """Whoever approves their own exemption has none."""
    assert ("incomplete", "MFA-EXM-05") == verdict(account_id="sam@contoso.example", approver="Sam@contoso.example")


@pytest.mark.parametrize("approver", [
    "SMTP:Sam@contoso.example", "Sam Holder <sam@contoso.example>", "s\u200bam@contoso.example",
    "ｓａｍ@contoso.example", " sam@contoso.example ",
])
def test_own_approver_however_the_address_is_written(approver):
    """A mail program's way of writing an address makes nobody another person."""
    assert ("incomplete", "MFA-EXM-05") == verdict(account_id="sam@contoso.example", approver=approver)


@pytest.mark.parametrize("column", ["holder_id", "holder_former"])
def test_own_approver_by_id_and_by_a_former_name(column):
    """Whatever the caller knows the holder as, the approver is compared with it."""
    rows = register({"approver": "Old@contoso.example"}, {}).assign(**{column: ["old@contoso.example", None]})

    assert ["incomplete", "active"] == list(state_of(rows, POLICY, TODAY)["state"])


def test_an_entry_that_ends_in_another_age_is_too_long():
    """Registers hold 9999-12-31; it is a date like any other."""
    assert ("active", "MFA-EXM-03") == verdict(expires_on="9999-12-31")


def test_own_approver_by_name():
    """When the caller knows the holder's name, the approver is compared with it too."""
    rows = register({}, {}).assign(holder_name=["a.  DIRECTOR", None])

    assert ["incomplete", "active"] == list(state_of(rows, POLICY, TODAY)["state"])


def test_several_findings():
    """All that is wrong is said."""
    assert ("expired", "MFA-EXM-02;MFA-EXM-03;MFA-EXM-05") == verdict(
        approved_on="2025-01-01", expires_on="2026-01-31", approver_role="x"
    )


def test_columns_and_rows_stay():
    """The register is as before, with five columns more; an absent column is a blank one."""
    rows = register({}, {"exemption_id": "EX2"}).drop(columns=["risk_ref", "ticket"])
    before = rows.copy()
    states = state_of(rows, POLICY, TODAY)

    pd.testing.assert_frame_equal(before, rows)
    assert [*rows.columns, "approved", "expires", "complete", "state", "findings"] == [*states.columns]
    assert ["incomplete", "incomplete"] == list(states["state"])
    assert bool == states["complete"].dtype


def test_empty_register():
    """No entries is a register too."""
    states = state_of(register(), POLICY, TODAY)

    assert 0 == len(states) == len(best_entry(states))
    assert "state" in best_entry(states)


class TestBestEntry:
    ENTRIES = (
        {"exemption_id": "A", "expires_on": "2026-01-31"},
        {"exemption_id": "B", "expires_on": "2026-05-01"},
        {"exemption_id": "D", "expires_on": "2026-06-30"},
        {"exemption_id": "C", "expires_on": "2026-06-30", "account_id": SOUND["account_id"].upper()},
        {"exemption_id": "E", "owner": ""},
        {"exemption_id": "F", "approved_on": "2026-03-03", "expires_on": "2026-07-30"},
        {"exemption_id": "G", "account_id": "other@contoso.example", "owner": ""},
        {"exemption_id": "H", "account_id": None},
    )

    @pytest.mark.parametrize("turn", range(8))
    def test_one_each(self, turn):
        """Active first, then the later expiry, then the id; one row a reference, whatever its case or order."""
        entries = [*self.ENTRIES[turn:], *self.ENTRIES[:turn]]

        assert ["C", "G"] == list(best_entry(state_of(register(*entries), POLICY, TODAY))["exemption_id"])

    @pytest.mark.parametrize(("first", "second"), [
        ({"expires_on": "2026-01-31"}, {"approved_on": "2026-03-03"}), ({"approved_on": "2026-03-03"}, {"owner": ""}),
    ])
    def test_precedence(self, first, second):
        """Expired beats not yet approved beats incomplete."""
        rows = register({"exemption_id": "Z", **first}, {"exemption_id": "A", **second})

        assert ["Z"] == list(best_entry(state_of(rows, POLICY, TODAY))["exemption_id"])

    def test_by_resolved_reference(self):
        """A caller who knows that an id and a UPN are one account gets one row for it."""
        rows = register({}, {"exemption_id": "EX2", "account_id": "sam@contoso.example"}).assign(holder="1")

        assert 1 == len(best_entry(state_of(rows, POLICY, TODAY), by="holder"))
