"""Mail by SMTP: encrypted from the first word that matters, one recipient a message. The only door to smtplib.

What the server did not answer after the message was handed over is told as unknown: it may have taken it.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email import policy as email_policy
from typing import TYPE_CHECKING, Literal

from mfa_audit.errors import AccessRefused, OutputFailed, SettingsError
from mfa_audit.mail import Fate, Told
from mfa_audit.text_safety import for_terminal

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

_BROKEN = (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, OSError)
_OK, _GO_ON, _GOODBYE = (250, 251), 354, 421
_LONGEST = 200


@dataclass(frozen=True)
class Server:
    """Where mail is handed over. ``security``: ``starttls`` or ``tls``, there is no third; ``ca_bundle``: the
    certificates to trust in place of the usual ones; ``timeout`` in seconds for every answer."""

    host: str
    port: int
    security: Literal["starttls", "tls"] = "starttls"
    user: str | None = None
    password: str | None = None
    ca_bundle: Path | None = None
    timeout: float = 60.0

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port}, {self.security})"


class SmtpDeliver:
    """Delivers over one connection, made when it is first needed and again when the server has closed it
    (:class:`mfa_audit.mail.Deliver`).

    Raises :class:`AccessRefused` when the sign-in is refused, :class:`OutputFailed` when the server cannot be reached
    or does not encrypt, :class:`SettingsError` for a file of certificates that is none.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> Told:
        """Hand over one message to its one recipient."""
        sender, to = (message[name].addresses[0].addr_spec for name in ("From", "To"))
        text = smtplib.quotedata(message.as_bytes(policy=email_policy.SMTP).decode("ascii")).encode("ascii")
        if not text.endswith(b"\r\n"):
            text += b"\r\n"
        told = self._begin(sender, to)
        return told or self._hand_over(text)

    def close(self) -> None:
        """Say goodbye."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except _BROKEN:
                connection.close()

    def _begin(self, sender: str, to: str) -> Told | None:
        """Everything before the message itself; what was refused. A server that has gone away meanwhile is called
        again, once: nothing has left."""
        for last in (False, True):
            try:
                connection = self._connected()
                for words, wanted in ((f"MAIL FROM:<{sender}>", _OK), (f"RCPT TO:<{to}>", _OK), ("DATA", (_GO_ON,))):
                    code, answer = connection.docmd(words)
                    if code == _GOODBYE and not last:
                        raise smtplib.SMTPServerDisconnected
                    if code not in wanted:
                        self._start_again()
                        return Told(Fate.REFUSED, _said(code, answer))
            except _BROKEN as error:
                self._drop()
                if last:
                    return Told(Fate.REFUSED, f"the connection broke before the message: {type(error).__name__}")
            else:
                return None
        raise AssertionError("unreachable")

    def _hand_over(self, text: bytes) -> Told:
        connection = self._connection
        assert connection is not None  # noqa: S101 - _begin has just spoken with it
        try:
            connection.send(text + b".\r\n")
            code, answer = connection.getreply()
        except _BROKEN as error:
            self._drop()
            return Told(Fate.UNKNOWN, f"the connection broke while the message was handed over: {type(error).__name__}")
        if 200 <= code < 300:
            return Told(Fate.LEFT, _said(code, answer))
        if 400 <= code < 600:
            if code == _GOODBYE:
                self._drop()
            return Told(Fate.REFUSED, _said(code, answer))
        self._drop()
        return Told(Fate.UNKNOWN, f"the server answered what no server answers: {_said(code, answer)}")

    def _start_again(self) -> None:
        connection = self._connection
        try:
            if connection is not None:
                connection.rset()
        except _BROKEN:
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server, place = self._server, f"{self._server.host}:{self._server.port}"
        context = _context(server.ca_bundle)
        try:
            if server.security == "tls":
                made: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, "localhost", timeout=server.timeout,
                                                      context=context)
            else:
                made = smtplib.SMTP(server.host, server.port, "localhost", timeout=server.timeout)
        except (OSError, smtplib.SMTPException) as error:
            raise OutputFailed(f"the mail server cannot be reached: {_why(error)}", where=place,
                               next_step=_STEP) from error
        try:
            if server.security == "starttls":
                made.starttls(context=context)
            made.ehlo_or_helo_if_needed()
            if server.user is not None:
                made.login(server.user, server.password or "")
        except smtplib.SMTPAuthenticationError as error:
            made.close()
            raise AccessRefused(f"the mail server refuses the sign-in: {_said(error.smtp_code, error.smtp_error)}",
                                where=place, next_step="correct MFA_AUDIT_SMTP_USER and MFA_AUDIT_SMTP_PASSWORD; "
                                                       "nothing was sent.") from error
        except smtplib.SMTPNotSupportedError as error:
            made.close()
            raise OutputFailed(f"the mail server does not offer what is needed: {error}", where=place,
                               next_step="mail is never sent unencrypted: correct smtp_port and smtp_security."
                               ) from error
        except (OSError, smtplib.SMTPException) as error:
            made.close()
            raise OutputFailed(f"the mail server broke off: {_why(error)}", where=place, next_step=_STEP) from error
        return made

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


_STEP = "check smtp_host, smtp_port, smtp_security and 'ca_bundle'; nothing was sent."


def _context(ca_bundle: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_bundle is None else str(ca_bundle))
    except OSError as error:
        raise SettingsError("the certificate authority's file holds no certificate in PEM", where=str(ca_bundle),
                            next_step="correct 'ca_bundle'.") from error


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return for_terminal(f"{code} {' '.join(text.split())}")[:_LONGEST]


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted here ({error.verify_message})"
    return for_terminal(str(error) or type(error).__name__)[:_LONGEST]
