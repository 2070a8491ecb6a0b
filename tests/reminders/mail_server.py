"""Real mail servers on loopback, over TLS: what they take, and when nobody speaks with them any more."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email import policy as email_policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from graph_simulator.certificates import make_certificates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "mfa", "right"
LONGEST_WAIT = 60.0
"""Seconds until a test gives up on a connection that nobody closes."""


def free_port() -> int:
    """One on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def signs_in(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, data: Any) -> AuthResult:
    """Whether user and password are right."""
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)


@dataclass
class Mailbox:
    """Takes every message. ``ids`` are the message ids by recipient, in the order in which they were taken."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    talking: set[int] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """What the server does with a whole message."""
        message = message_from_bytes(envelope.content, policy=email_policy.SMTP)
        [recipient] = envelope.rcpt_tos
        with self.changed:
            self.ids.setdefault(recipient, []).append(str(message["Message-ID"]))
        return "250 taken"

    def taken(self) -> dict[str, list[str]]:
        """``ids``, once whoever was speaking is gone: nothing more comes of a process that was killed."""
        with self.changed:
            assert self.changed.wait_for(lambda: not self.talking, LONGEST_WAIT), "a connection was left open"
            return {to: list(ids) for to, ids in self.ids.items()}


class _Server(SMTP):
    def connection_made(self, transport: Any) -> None:
        with self.event_handler.changed:
            self.event_handler.talking.add(id(self))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        with self.event_handler.changed:
            self.event_handler.talking.discard(id(self))
            self.event_handler.changed.notify_all()


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[dict[str, str], Mailbox]]:
    """A server that wants STARTTLS and a sign-in: the environment that leads ``mfa-audit`` to it, and what it takes.

    ``folder`` is for its certificates.
    """
    bundle, pem = make_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    mailbox = Mailbox()
    controller = _Controller(mailbox, hostname="127.0.0.1", port=free_port(), tls_context=context,
                             require_starttls=True, authenticator=signs_in, auth_required=True)
    controller.start()
    try:
        yield {
            "MFA_AUDIT_SMTP_HOST": "127.0.0.1", "MFA_AUDIT_SMTP_PORT": str(controller.port),
            "MFA_AUDIT_SMTP_USER": USER, "MFA_AUDIT_SMTP_PASSWORD": PASSWORD, "MFA_AUDIT_CA_BUNDLE": str(bundle),
            "MFA_AUDIT_MAIL_PER_MINUTE": "1000000",
        }, mailbox
    finally:
        controller.stop()
