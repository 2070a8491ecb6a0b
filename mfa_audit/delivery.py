"""Who delivers reminders: the mail server or Microsoft Graph, as policy and settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.errors import SettingsError

if TYPE_CHECKING:
    from mfa_audit.collection import Online
    from mfa_audit.mail import Deliver
    from mfa_audit.policy import Policy
    from mfa_audit.settings import Settings


def deliverer(settings: Settings, policy: Policy, online: Online) -> Deliver:
    """Who delivers. Nothing is connected before the first message.

    Raises :class:`SettingsError` for what is missing, and where the policy has reminders sent by hand.
    """
    if policy.reminders.delivery == "graph":
        return _by_graph(settings, policy, online)
    if policy.reminders.delivery == "smtp":
        return _by_smtp(settings)
    raise SettingsError('the policy has reminders sent by hand: reminders.delivery = "files"', where="the policy",
                        next_step="send what is in the outbox, then: mfa-audit remind confirm STAGE")


def _by_smtp(settings: Settings) -> Deliver:
    from mfa_audit.reminders.smtp import Server, SmtpDeliver  # noqa: PLC0415 - smtplib, only to send

    if settings.smtp_host is None:
        raise SettingsError("sending by SMTP needs a mail server", where="settings",
                            next_step="set MFA_AUDIT_SMTP_HOST, or 'smtp_host' in the settings file.")
    password = settings.smtp_password
    if (settings.smtp_user is None) != (password is None):
        raise SettingsError("a mail server's user and password go together", where="settings",
                            next_step="set smtp_user and MFA_AUDIT_SMTP_PASSWORD, or neither.")
    return SmtpDeliver(Server(
        settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user,
        None if password is None else password.get_secret_value(), settings.ca_bundle,
    ))


def _by_graph(settings: Settings, policy: Policy, online: Online) -> Deliver:
    from mfa_audit.collection import entra_tokens  # noqa: PLC0415 - msal and requests are heavy
    from mfa_audit.sources.graph.address import cloud_of  # noqa: PLC0415
    from mfa_audit.sources.graph.client import Wire  # noqa: PLC0415
    from mfa_audit.sources.graph.send_mail import GraphMail  # noqa: PLC0415

    cloud = cloud_of(settings.cloud, settings.graph_root, settings.login_root)
    tokens = entra_tokens(settings, online)
    return GraphMail(Wire(cloud.graph, settings.ca_bundle), tokens, online.clock, str(policy.reminders.sender),
                     deadline_seconds=settings.deadline_seconds)
