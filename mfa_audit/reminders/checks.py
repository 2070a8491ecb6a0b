"""Whether reminders could leave as the policy says: the ledger's place, the way they leave, an address for each
audience. Nothing is sent and nobody is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.checks import Check, State
from mfa_audit.errors import MfaAuditError
from mfa_audit.reminders.ladder import ladders_of
from mfa_audit.reminders.mounts import Mounts, refuse_network, system_mounts
from mfa_audit.reminders.sending import refuse_to_send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mfa_audit.policy import Policy
    from mfa_audit.settings import Settings

_NOTICED = frozenset({"operator", "service_desk", "local_admin"})
"""Who hears of accounts whatever the stages say: unknown, without a mailbox, dormant."""
_ADDRESSED = ("operator", "service_desk", "security_lead", "ciso")


def check_reminders(policy: Policy, settings: Settings, stop: Path,
                    mounts: Mounts = system_mounts) -> Iterator[Check]:
    """A line each for the ledger, the delivery and the audiences; ``stop`` is the file that stops all sending.

    An audience without an address is a note: the others still hear. Nothing at all where the policy has no stage.
    """
    if not any(policy.reminders.ladders.values()):
        return
    yield _ledger(settings.data, mounts)
    yield _delivery(policy, settings, stop)
    yield _audiences(policy)


def _ledger(data: Path, mounts: Mounts) -> Check:
    name = "ledger of reminders"
    try:
        refuse_network(data, mounts)
    except MfaAuditError as error:
        return Check(name, State.PROBLEM, f"{data}: {error.message}", error.next_step)
    return Check(name, State.OK, f"{data} is on a disk of this machine")


def _delivery(policy: Policy, settings: Settings, stop: Path) -> Check:
    name, way = "delivery of reminders", policy.reminders.delivery
    if way == "files":
        return Check(name, State.OK, "by hand, from the outbox")
    try:
        refuse_to_send(policy)
    except MfaAuditError as error:
        return Check(name, State.PROBLEM, error.message, "set it in [reminders] of the policy.")
    if way == "smtp" and settings.smtp_host is None:
        return Check(name, State.PROBLEM, "the policy sends by SMTP, and no mail server is named",
                     "set MFA_AUDIT_SMTP_HOST, or 'smtp_host' in the settings file.")
    if way == "smtp" and (settings.smtp_user is None) != (settings.smtp_password is None):
        return Check(name, State.PROBLEM, "of the mail server's user and password only one is set",
                     "set smtp_user and MFA_AUDIT_SMTP_PASSWORD, or neither.")
    if stop.exists():
        return Check(name, State.NOTE, f"stopped: {stop} is there, and nothing leaves",
                     "remove it when reminders may leave again.")
    where = f"{settings.smtp_host}:{settings.smtp_port}, {settings.smtp_security}" if way == "smtp" else "Graph"
    return Check(name, State.OK, f"from {policy.reminders.sender} by {where}")


def _audiences(policy: Policy) -> Check:
    name = "audiences of reminders"
    try:
        ladders, registers = ladders_of(policy), policy.register_paths()
    except MfaAuditError as error:
        return Check(name, State.PROBLEM, error.message, error.next_step)
    wanted = _NOTICED | {each for ladder in ladders.values() for rung in ladder.rungs for each in rung.audience}
    addresses = policy.reminders.addresses
    lacking = [f"reminders.addresses.{each}" for each in _ADDRESSED
               if each in wanted and not getattr(addresses, each)]
    if "organisations" not in registers:
        lacking.append("local_admin_email in the register of organisations")
    if lacking:
        return Check(name, State.NOTE, f"no address: {', '.join(lacking)}; what is for them goes nowhere and is said",
                     "set these, or take the audiences out of the stages.")
    return Check(name, State.OK, "everyone a stage is for has an address")
