"""The tenant's own policy of authentication methods."""

from __future__ import annotations

import pandas as pd
import people as p
import pytest

from mfa_audit.methods import BIT
from mfa_audit.verdicts.judge import judge
from mfa_audit.verdicts.methods_policy import certificate_targets, in_doubt, switched_off


def policy(state="migrationComplete", **states):
    """A methods policy with these configurations; the older settings are in force unless the migration is complete."""
    return {"policyMigrationState": state, "authenticationMethodConfigurations": [
        {"id": name, "state": word} for name, word in states.items()]}


@pytest.mark.parametrize(("document", "expected"), [
    (None, ()),
    (policy(Sms="disabled"), ()),
    (policy(Sms="disabled", Voice="disabled"), ("mobile_phone", "alternate_phone", "office_phone")),
    (policy(sms="Disabled", VOICE="disabled"), ("mobile_phone", "alternate_phone", "office_phone")),
    (policy("preMigration", Sms="disabled", Voice="disabled"), ()),
    (policy("", Sms="disabled", Voice="disabled"), ()),
    (policy(SoftwareOath="disabled"), ()),
    ({"value": [policy(HardwareOath="disabled")]}, ("hardware_code",)),
    ("nonsense", ()),
])
def test_what_is_switched_off(document, expected):
    """Only what every configuration that governs a method denies to everybody."""
    assert sum(BIT[name] for name in expected) == switched_off(document)


@pytest.mark.parametrize(("document", "expected"), [
    (None, None),
    (policy(X509Certificate="disabled"), frozenset()),
    (policy(Sms="enabled"), frozenset()),
    (policy(X509Certificate="enabled"), frozenset({"all_users"})),
])
def test_whom_certificates_are_for(document, expected):
    """Enabled without a target is everybody; not listed is nobody; not supplied is not known."""
    assert expected == certificate_targets(document)


def test_certificates_for_a_pilot_group_are_for_nobody_else():
    """A member may have one that no report shows; the others are judged by what is on record."""
    document = policy(X509Certificate="enabled")
    document["authenticationMethodConfigurations"][0]["includeTargets"] = [{"targetType": "group", "id": "PILOT"}]
    targets = certificate_targets(document)
    read = p.basis(evidence={"certificate_targets": targets}, groups={"pilot": pd.Index(["id-ann"])})
    unread = p.basis(evidence={"certificate_targets": targets})

    people = p.frame(p.account("ann"), p.account("bob"))
    assert frozenset({"pilot"}) == targets
    assert ["UNKNOWN", "NOT_REGISTERED"] == list(judge(people, read).people["status"])
    assert ["UNKNOWN", "UNKNOWN"] == list(judge(people, unread).people["status"])


@pytest.mark.parametrize(("capable", "expected"), [
    ("no", ("NOT_REGISTERED", "method_not_allowed")), ("yes", ("UNKNOWN", "conflicting_record")),
])
def test_a_method_that_is_switched_off_does_not_count(capable, expected):
    """Where Microsoft still calls the account capable, the two contradict each other and nobody is accused."""
    basis = p.basis(evidence={"methods_switched_off": p.bits("mobile_phone")})
    row = judge(p.frame(p.account("ann", "mobile_phone", is_mfa_capable=capable)), basis).people.iloc[0]

    assert expected == (row["status"], row["reason"])


def test_the_rest_of_the_methods_still_count():
    """A better method stands by itself."""
    basis = p.basis(evidence={"methods_switched_off": p.bits("mobile_phone")})
    row = judge(p.frame(p.account("ann", "mobile_phone", "authenticator_push")), basis).people.iloc[0]

    assert ("COMPLIANT", "push") == (row["status"], row["best_level"])


@pytest.mark.parametrize(("state", "expected"), [
    ("enabled", ("COMPLIANT_WEAK", "phone_only")), ("disabled", ("UNKNOWN", "conflicting_record")),
    ("", ("UNKNOWN", "unreadable")),
])
def test_a_state_that_cannot_be_read_allows_nothing(state, expected):
    """Blanking the state of a method that was switched off makes nobody compliant."""
    document = policy(Sms=state, Voice=state)
    basis = p.basis(evidence={"methods_switched_off": switched_off(document), "methods_in_doubt": in_doubt(document)})
    row = judge(p.frame(p.account("ann", "mobile_phone")), basis).people.iloc[0]

    assert expected == (row["status"], row["reason"])
