"""The tenant's own policy of authentication methods."""

from __future__ import annotations

import people as p
import pytest

from mfa_audit.methods import BIT
from mfa_audit.verdicts.judge import judge
from mfa_audit.verdicts.methods_policy import certificates_possible, switched_off


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


def test_whether_certificates_are_possible():
    """Enabled, disabled, not listed, not supplied."""
    assert certificates_possible(None) is None
    assert certificates_possible(policy(X509Certificate="enabled"))
    assert not certificates_possible(policy(X509Certificate="disabled"))
    assert not certificates_possible(policy(Sms="enabled"))


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
