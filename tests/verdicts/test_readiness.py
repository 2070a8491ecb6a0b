"""Who can register what they are told to: by Conditional Access, by the methods policy, by both."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mfa_audit.methods import BIT
from mfa_audit.policy import load_policy
from mfa_audit.verdicts.basis import Basis, Evidence
from mfa_audit.verdicts.methods_policy import registrable
from mfa_audit.verdicts.readiness import readiness
from tests.verdicts.people import AS_OF

PHONE, PASS = BIT["mobile_phone"], BIT["temporary_access_pass"]


def policy(authenticator, fido2, state="migrationComplete"):
    """A methods policy; each is null (not listed), a state, or include and exclude targets of one that is on."""
    def entry(name, told):
        state, include, exclude = told if isinstance(told, tuple) else (told, ["all_users"], [])
        return {"id": name, "state": state, "includeTargets": [{"id": each} for each in include],
                "excludeTargets": [{"id": each} for each in exclude]}

    return {"policyMigrationState": state, "authenticationMethodConfigurations": [
        entry(name, told) for name, told in (("MicrosoftAuthenticator", authenticator), ("Fido2", fido2)) if told]}


def ready(place, methods=0, allowed=None, groups=None):
    """The answer for one account, ``id-x``."""
    accounts = pd.DataFrame({"account_id": ["id-x"]} | ({} if place is None else {"registering": [place]}))
    basis = Basis(load_policy(), AS_OF, groups=groups or {},
                  evidence=Evidence(registrable=None if allowed is None else registrable(allowed)))
    usable = np.array([bool(methods & PHONE)])
    answer = readiness(accounts, accounts["account_id"], usable, pd.Series([methods]), basis).iloc[0]
    return None if pd.isna(answer) else answer


EVERYBODY, NOBODY = policy("enabled", "enabled"), policy("disabled", "disabled")
GROUP = policy(("enabled", ["g"], []), "disabled")
LEFT_OUT = policy(("enabled", ["all_users"], ["g"]), "disabled")
INSIDE, OUTSIDE = {"g": pd.Index(["id-x"])}, {"g": pd.Index(["id-y"])}


@pytest.mark.parametrize(("place", "methods", "allowed", "groups", "expected"), [
    ("open", 0, EVERYBODY, None, "yes"), ("shut", 0, EVERYBODY, None, "no"), ("unknown", 0, EVERYBODY, None, "unknown"),
    # after MFA: who can do it, or has a pass
    ("asked", 0, EVERYBODY, None, "no"), ("asked", PHONE, EVERYBODY, None, "yes"),
    ("asked", PASS, EVERYBODY, None, "yes"),
    # the methods policy
    ("open", 0, NOBODY, None, "no"), ("open", 0, policy("disabled", "enabled"), None, "yes"),
    ("open", 0, GROUP, INSIDE, "yes"), ("open", 0, GROUP, OUTSIDE, "no"), ("open", 0, GROUP, None, "unknown"),
    ("open", 0, LEFT_OUT, INSIDE, "no"), ("open", 0, LEFT_OUT, OUTSIDE, "yes"), ("open", 0, LEFT_OUT, None, "unknown"),
    ("open", 0, policy("enabled", "enabled", "preMigration"), None, "unknown"),
    ("open", 0, policy("enabled", None), None, "unknown"), ("open", 0, None, None, "unknown"),
    # one of the two alone
    ("shut", 0, None, None, "no"), (None, 0, NOBODY, None, "no"), (None, 0, EVERYBODY, None, "unknown"),
    (None, 0, None, None, None),
])
def test_ready(place, methods, allowed, groups, expected):
    """No where either stops them, yes where both let them, null where neither says anything."""
    assert expected == ready(place, methods, allowed, groups)
