"""The thirty accounts, from staged files to typed tables."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pandas as pd
import pytest

from mfa_audit.methods import BY_SPELLING, spelling

GOLDEN = Path(__file__).parents[1] / "golden"
USERS = {
    "id": "account_id", "userPrincipalName": "user_principal_name", "displayName": "display_name", "mail": "mail",
    "accountEnabled": "account_enabled", "userType": "user_type", "department": "department",
    "companyName": "company_name", "jobTitle": "job_title", "createdDateTime": "created_at",
    "employeeHireDate": "hire_date", "onPremisesSyncEnabled": "synced", "signInActivity": "sign_in_activity",
    "perUserMfaState": "per_user_mfa", "manager": "manager",
}
DETAILS = {
    "id": "account_id", "userPrincipalName": "user_principal_name", "userType": "user_type", "isAdmin": "is_admin",
    "isMfaRegistered": "is_mfa_registered", "isMfaCapable": "is_mfa_capable", "isSsprRegistered": "is_sspr_registered",
    "methodsRegistered": "methods", "isSystemPreferredAuthenticationMethodEnabled": "system_preferred",
    "userPreferredMethodForSecondaryAuthentication": "default_method", "lastUpdatedDateTime": "updated_at",
}


def told(name, fields):
    """The rows of a golden file, keyed by field."""
    rows = json.loads((GOLDEN / name).read_text(encoding="utf-8"))["value"]
    return [{fields[key]: value for key, value in row.items() if key in fields} for row in rows]


@pytest.fixture(name="golden")
def _golden(stage):
    return (
        stage.json("accounts", *told("users.json", USERS)),
        stage.json("registrations", *told("userRegistrationDetails.json", DETAILS)),
    )


def test_the_tables_say_what_the_files_say(stage, golden):
    """Every account and every registration, read again here without the engine."""
    frame = stage.accounts(*golden)
    users = {row["account_id"]: row for row in told("users.json", USERS)}
    details = {row["account_id"]: row for row in told("userRegistrationDetails.json", DETAILS)}

    assert sorted(users) == list(frame["account_id"])
    for account, row in frame.iterrows():
        user, registered = users[account], details.get(account)
        assert ("yes" if user["account_enabled"] else "no") == row["account_enabled"]
        assert (user["user_type"].lower(), user["company_name"]) == (row["user_type"], row["organisation"])
        assert pd.Timestamp(user["created_at"]).tz_localize(None) == row["created_at"]
        assert user.get("manager", {}).get("id") == (None if pd.isna(row["manager_id"]) else row["manager_id"])
        assert ("sign_in_activity" in user) == (row["sign_in"] == "seen")
        assert (registered is not None) == row["has_registration"]
        if registered is None:
            continue
        names = registered["methods"]
        assert (names is not None) == row["methods_read"]
        known = {BY_SPELLING[spelling(each)] for each in names or () if spelling(each) in BY_SPELLING}
        assert sum(known) == row["methods"]
        assert {True: "yes", False: "no", None: "blank"}[registered["is_mfa_capable"]] == row["is_mfa_capable"]


def test_a_registration_csv_without_ids_in_other_case_gives_the_same_bytes(stage, golden):
    """The portal's report names people by UPN alone."""
    rows = [
        {**row, "account_id": None, "user_principal_name": row["user_principal_name"].upper(),
         "methods": None if row["methods"] is None else "; ".join(row["methods"]) or "[]"}
        for row in told("userRegistrationDetails.json", DETAILS)
    ]
    fields = [field for field in DETAILS.values() if field != "account_id"]
    listed = stage.csv("registrations", *rows, fields=fields, name="details.csv")
    expected = stage.snapshot(*golden).manifest.tables

    for order in itertools.permutations((golden[0], listed)):
        found = stage.snapshot(*order).manifest.tables
        assert expected["accounts"].sha256 == found["accounts"].sha256
        assert expected["registrations"].sha256 == found["registrations"].sha256
