"""Who counts as unused, and what an older answer about sign-ins may decide."""

from __future__ import annotations

import datetime as dt

import people as p
import pytest

from mfa_audit.tables import Kind
from mfa_audit.verdicts.population import dormant, kinds, out_of_scope
from mfa_audit.verdicts.registers import References

READ = dt.datetime(2026, 2, 20, 2)
LONG_AGO = dt.datetime(2026, 1, 1, 8)


@pytest.mark.parametrize(("facts", "unused"), [
    ({"last_sign_in": LONG_AGO}, True),
    ({"last_sign_in": LONG_AGO, "sign_in_read_at": READ}, True),
    ({"last_sign_in": dt.datetime(2026, 1, 29, 8)}, True),
    ({"last_sign_in": dt.datetime(2026, 1, 29, 8), "sign_in_read_at": READ}, False),
    ({"sign_in": "never", "last_sign_in": None, "created_at": dt.datetime(2026, 1, 29)}, True),
    ({"sign_in": "never", "last_sign_in": None, "created_at": dt.datetime(2026, 1, 29), "sign_in_read_at": READ},
     False),
    ({"sign_in": "not_collected", "last_sign_in": None}, False),
])
def test_days_after_an_answer_do_not_make_an_account_unused(facts, unused):
    """Thirty days without a sign-in count up to the day it was asked for; the days since are not known."""
    assert [unused] == list(dormant(p.frame(p.account("ann", **facts)), p.basis()))


@pytest.mark.parametrize(("read_at", "left_out"), [
    (None, True), (dt.datetime(2026, 3, 2, 1), True), (dt.datetime(2026, 3, 1, 1), True), (READ, False),
])
@pytest.mark.parametrize("activity", [{"last_sign_in": LONG_AGO}, {"sign_in": "never", "last_sign_in": None}])
def test_an_older_answer_leaves_no_mailbox_out_of_scope(read_at, left_out, activity):
    """Whoever has not been asked about lately may be in use by now."""
    basis = p.basis()
    accounts = p.frame(p.account("box", recipient_type="SharedMailbox", sign_in_read_at=read_at, **activity))
    kind = kinds(accounts, References.of(accounts), basis)

    assert [Kind.SHARED_MAILBOX] == list(kind)
    assert [left_out] == list(out_of_scope(accounts, kind, basis).notna())
