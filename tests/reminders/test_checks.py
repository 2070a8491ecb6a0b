"""What ``doctor`` says of reminders: where they could not leave, and who would not hear."""

from __future__ import annotations

import pytest
from posted import sending
from pydantic import SecretStr

from mfa_audit.checks import State
from mfa_audit.reminders.checks import check_reminders
from mfa_audit.settings import Settings

LEDGER, DELIVERY, AUDIENCES = "ledger of reminders", "delivery of reminders", "audiences of reminders"


def found(folder, policy, mounts="", **settings):
    """Name -> check."""
    made = Settings(data=folder, **{"smtp_host": "mail.contoso.example", **settings})
    return {check.name: check for check in check_reminders(policy, made, folder / "STOP", lambda: mounts)}


def test_nothing_is_wrong_where_mail_can_leave(tmp_path):
    """Each line says what it saw; only local administrators have no register here."""
    checks = found(tmp_path, sending())

    assert State.OK is checks[LEDGER].state
    assert "from it-security@contoso.example by mail.contoso.example:587, starttls" == checks[DELIVERY].found
    assert "by hand, from the outbox" == found(tmp_path, sending(delivery="files"))[DELIVERY].found


@pytest.mark.parametrize(("policy", "settings", "says"), [
    ({}, {"smtp_host": None}, "MFA_AUDIT_SMTP_HOST"),
    ({}, {"smtp_user": "mfa"}, "MFA_AUDIT_SMTP_PASSWORD"),
    ({}, {"smtp_password": SecretStr("x")}, "smtp_user"),
    ({"sender": None}, {}, "reminders.sender"),
    ({"delivery": "graph", "allowed_domains": ()}, {}, "reminders.allowed_domains"),
])
def test_a_delivery_that_cannot_work_is_a_problem(tmp_path, policy, settings, says):
    """And what is to be set."""
    check = found(tmp_path, sending(**policy), **settings)[DELIVERY]

    assert State.PROBLEM is check.state
    assert says in f"{check.found} {check.next_step}"


def test_the_file_that_stops_everything_is_said(tmp_path):
    """It is there on purpose: a note, not a problem."""
    (tmp_path / "STOP").touch()
    check = found(tmp_path, sending())[DELIVERY]

    assert (State.NOTE, True) == (check.state, str(tmp_path / "STOP") in check.found)


def test_a_ledger_on_a_network_file_system_is_a_problem(tmp_path):
    """Before the first night refuses it."""
    check = found(tmp_path, sending(), f"server:/x {tmp_path} nfs4 rw 0 0\n")[LEDGER]

    assert State.PROBLEM is check.state
    assert "nfs4" in check.found
    assert "'data'" in check.next_step


def test_an_audience_without_an_address_is_named(tmp_path):
    """Only those a stage or a notice is for: the chief of security hears of privileged accounts."""
    addresses = sending().reminders.addresses
    without = sending(addresses=addresses.model_copy(update={"ciso": None, "service_desk": None}))
    check = found(tmp_path, without)[AUDIENCES]
    quiet = found(tmp_path, sending(addresses=addresses.model_copy(update={"ciso": None}), privileged_stages=()))

    assert State.NOTE is check.state
    assert "reminders.addresses.service_desk, reminders.addresses.ciso" in check.found
    assert "local_admin_email" in check.found
    assert "operator" not in check.found
    assert "ciso" not in quiet[AUDIENCES].found


def test_without_stages_there_is_nothing_to_say(tmp_path):
    """A policy may remind nobody."""
    none = sending(stages=(), weak_stages=(), privileged_stages=(), exemption_stages=())

    assert {} == found(tmp_path, none)
