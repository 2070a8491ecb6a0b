"""Plans of the golden tenant, judged from its files as any night is."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from typing import TYPE_CHECKING

import nights
import pytest
from reminded import history, message

from mfa_audit.errors import IncompleteData
from mfa_audit.policy import load_policy
from mfa_audit.reminders.brakes import lost_people, refuse_losses
from mfa_audit.reminders.plan import READ, plan

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

MONDAY = nights.AS_OF
POLICY = nights.GOLDEN / "policy.toml"
FACETS = {"methods": "method", "organisation": "organisation"}


def golden(home: Path, as_of: dt.date = MONDAY, source: Path = nights.GOLDEN) -> pd.DataFrame:
    """The judged tenant."""
    return nights.judged([source], source / "policy.toml", home, as_of=as_of)


def number(account: str) -> str:
    """G03 for the third account."""
    return f"G{int(account[-2:]):02}"


def test_the_first_plan_of_the_golden_tenant(tmp_path: Path) -> None:
    """Who hears what on Monday 2 March 2026, the first night: introductions, and notices for what is not theirs."""
    people = golden(tmp_path)
    found = plan(people[list(READ)], history(), load_policy(POLICY), MONDAY)
    rows = found.rows
    told = {(number(row.account_id), row.stage, row.recipient) for row in rows.itertuples()}

    expected = {
        "S2": {("G03", "person"), ("G08", "person"), ("G10", "person"), ("G29", "person")},
        "P1": {("G14", "person"), ("G15", "person"), ("G28", "person")},
        "starter-1": {("G09", "person")},
        "notice-dormant": {("G24", "local_admin")},
        "notice-not-enforced": {("G06", "administrator"), ("G16", "administrator")},
        "notice-unknown": {("G17", "operator"), ("G30", "operator")},
        "notice-never-tested": {("G20", "operator"), ("G21", "operator")},
    }
    assert {(who, stage, to) for stage, hearing in expected.items() for who, to in hearing} == told
    assert {("G04", "S1", "not_due_yet"), ("G07", None, "exempt"), ("G23", "S1", "not_due_yet"),
            ("G26", None, "other_population"), ("G02", "W1", "not_due_yet"), ("G27", "W1", "not_due_yet")} == {
        (number(row.account_id), None if row.stage != row.stage else row.stage, row.why)
        for row in found.held.itertuples()}


@pytest.mark.parametrize("as_of", [dt.date(2026, 3, 2), dt.date(2026, 11, 24), dt.date(2027, 6, 1)])
def test_a_first_run_against_an_old_deadline_tells_nobody_off(tmp_path: Path, as_of: dt.date) -> None:
    """However long the deadline is past, the first night's messages to people are introductions."""
    people = golden(tmp_path, as_of).assign(dormant=False)
    rows = plan(people[list(READ)], history(), load_policy(POLICY), as_of).rows
    direct = rows[rows["recipient"].isin(["person", "responsible", "manager"])]

    assert len(direct)
    assert {"announce", "how_to", "starter", "stronger"} >= set(direct["template"])
    assert set() == {"overdue", "escalation", "access_change", "assisted_setup"} & set(rows["template"])


def test_a_methods_policy_that_takes_everybodys_factor_sends_nothing(tmp_path: Path) -> None:
    """The tenant's methods policy switches every method off overnight: the plan stops, and the message says where to
    look."""
    before = golden(tmp_path / "before")
    changed = tmp_path / "changed"
    shutil.copytree(nights.GOLDEN, changed)
    names = ("MicrosoftAuthenticator", "Sms", "Voice", "Fido2", "SoftwareOath", "HardwareOath", "X509Certificate")
    (changed / "authenticationMethodsPolicy.json").write_text(json.dumps({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#authenticationMethodsPolicy",
        "id": "authenticationMethodsPolicy", "policyMigrationState": "migrationComplete",
        "authenticationMethodConfigurations": [{"id": name, "state": "disabled"} for name in names],
    }), encoding="utf-8")
    report = changed / "userRegistrationDetails.json"
    details = json.loads(report.read_text(encoding="utf-8"))
    details["value"] = [{**row, "isMfaCapable": False} for row in details["value"]]
    report.write_text(json.dumps(details), encoding="utf-8")
    after = golden(tmp_path / "after", source=changed)
    lost, had = lost_people(before, after)

    assert had == len(lost) > 5
    with pytest.raises(IncompleteData, match="have the method") as refused:
        refuse_losses(lost, had, load_policy(POLICY), FACETS)
    assert f"{had} of {had} people" in refused.value.message
    # Were it let through all the same, nobody would be told off: they cannot register, and the administrators hear.
    rows = plan(after[list(READ)], history(), load_policy(POLICY), MONDAY).rows
    assert {"administrator", "operator", "local_admin"} >= set(rows["recipient"])


def test_a_week_later_the_overdue_hear_that_they_are(tmp_path: Path) -> None:
    """After the introduction on Monday 2 March, a week later those past their date hear so, with their managers."""
    later = dt.date(2026, 3, 9)
    people = golden(tmp_path, later)
    third = people.loc[people["account_id"].str.endswith("03"), "account_id"].iloc[0]
    past = history({**message("S2", "2026-03-02"), "account_id": third, "recipient_id": third})
    rows = plan(people[list(READ)], past, load_policy(POLICY), later).rows

    assert {("S5", "person")} <= set(zip(rows["stage"], rows["recipient"], strict=True))
    assert {third} == set(rows.loc[rows["stage"] == "S5", "account_id"])
