"""Whom the end of phone methods touches, in the whole tenant, by organisation and by manager."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import people as p
import pytest

from mfa_audit.methods import Level
from mfa_audit.verdicts.figures import add, key_figures, retirement, tally
from mfa_audit.verdicts.judge import judge


def counted(*rows, basis=None):
    """The tally of these accounts."""
    basis = basis or p.basis()
    accounts = p.frame(*rows)
    return add([tally(judge(accounts, basis), basis.policy)])


def cohorts(*rows, basis=None):
    """The cohorts of these accounts."""
    basis = basis or p.basis()
    return retirement(counted(*rows, basis=basis), basis.policy, basis.as_of)["cohorts"]


def test_cohorts_by_organisation_sum_to_those_of_the_tenant():
    """Every organisation has its own cohorts, and together they are the tenant's."""
    whole = counted(
        p.account("ann", "mobile_phone", organisation="ZX1"), p.account("bob", "office_phone", organisation="ZX2"),
        p.account("cas", "mobile_phone", "software_code", organisation="ZX2"),
    )
    groups = whole.groups["organisation"].set_index("organisation")
    assert [1, 1] == groups["blocked"].tolist()
    assert [0, 1] == groups["lose_spare"].tolist()


@pytest.mark.parametrize(("level", "row", "blocked", "phone_only"), [
    ({"mobile_phone": Level.CODE}, ("mobile_phone",), 1, 0),
    ({"external_method": Level.PHONE}, ("external_method",), 0, 1),
])
def test_blocked_is_what_microsoft_ends_and_phone_only_is_the_policys_level(level, row, blocked, phone_only):
    """A policy's level changes what a method is worth, never what Microsoft ends."""
    basis = p.basis({"methods.level": level})
    whole = counted(p.account("ann", *row), basis=basis)
    assert blocked == retirement(whole, basis.policy, basis.as_of)["cohorts"]["blocked"]
    assert [phone_only, 1] == key_figures(whole)["phone_only"]


def test_a_group_with_its_own_telephony_is_in_no_cohort():
    """Whose phone goes on working is not stopped, and loses nothing."""
    row = p.account("ann", "mobile_phone", default_method="sms", is_sspr_registered="yes")
    basis = p.basis({"methods.own_telephony_groups": ("g",)}, groups={"g": pd.Index(["id-ann"])})
    assert 1 == cohorts(row)["blocked"]
    assert not any(cohorts(row, basis=basis).values())


def test_a_disabled_guest_is_not_counted():
    """A guest who cannot sign in has nothing to lose."""
    guest = {"user_type": "guest", "user_type_stated": "yes"}
    on, off = p.account("ann", "mobile_phone", **guest), p.account("bob", "mobile_phone", account_enabled="no", **guest)
    assert 1 == cohorts(on, off)["guests"]


def test_being_asked_by_phone_first_counts_whoever_has_nothing_else_too():
    """The default is a phone for somebody with only that as well."""
    only = p.account("ann", "mobile_phone", default_method="sms")
    better = p.account("bob", "mobile_phone", "authenticator_push", default_method="sms")
    assert 2 == cohorts(only, better)["default_is_phone"]


def test_an_ended_exception_is_not_due_before_the_phone_ended():
    """Whose only fault is that phones ended is overdue from that day, whatever the exception's paper says."""
    entry = {
        "exemption_id": "EX1", "account_id": "id-ann", "category": "other", "owner": "o", "approver": "A. Director",
        "approver_role": "CISO", "approved_on": "2026-01-12", "expires_on": "2026-06-30", "ticket": "C",
        "compensating_control": "c",
    }
    due = {"deadlines.default": dt.date(2026, 3, 31)}
    after = p.basis(due, as_of=dt.date(2027, 2, 3), exemptions=p.register("exemptions", entry))
    row = judge(p.frame(p.account("ann", "mobile_phone")), after).people.iloc[0]
    assert ("EXEMPT_EXPIRED", 2) == (row["status"], row["overdue_days"])
    assert "2027-02-01" == row["due"].date().isoformat()
