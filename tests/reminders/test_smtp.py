"""Mail handed to a real server over TLS: what left, what surely did not, and what nobody can know."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from graph_simulator.certificates import make_certificates
from posted import NOON, SENDER

from mfa_audit.errors import AccessRefused, OutputFailed
from mfa_audit.mail import Fate
from mfa_audit.reminders.message import message_of
from mfa_audit.reminders.smtp import Server, SmtpDeliver
from mfa_audit.reminders.words import Letter

if TYPE_CHECKING:
    from pathlib import Path

LETTER = Letter("[MFA] Bitte – please", "Hello Zoë,\n\n.a line that begins with a dot\n\nYours\n", "announce", "en-GB")


def free_port():
    """One on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Inbox:
    """Answers as the local part of the recipient says: ``r450`` at RCPT, ``d550`` after the message."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.signed_in: list[bool] = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address[0] == "r" and address[1:4].isdigit():
            return f"{address[1:4]} not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802
        to = envelope.rcpt_tos[0]
        if to[0] == "d" and to[1:4].isdigit():
            return f"{to[1:4]} no"
        self.taken.append(envelope.content)
        self.signed_in.append(session.authenticated)
        return "250 taken"


def _check(server, session, envelope, mechanism, data):
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"mfa", b"right"), handled=False)


@pytest.fixture(scope="module", name="certificates")
def _certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("smtp"))


@pytest.fixture(name="served")
def _served(certificates):
    """A server that wants STARTTLS and a sign-in, and who delivers to it."""
    bundle, pem = certificates
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
                            authenticator=_check, auth_required=True)
    controller.start()
    port = controller.server.sockets[0].getsockname()[1]
    deliver = SmtpDeliver(Server("127.0.0.1", port, "starttls", "mfa", "right", bundle, 10))
    yield inbox, deliver, port, bundle
    deliver.close()
    controller.stop()


def message(to: str = "ada@contoso.example"):
    return message_of(LETTER, to, [("id-1", "c", "S1", 0, "person")], NOON, sender=SENDER, sender_name="IT")


def test_a_message_arrives_as_it_was_written(served) -> None:
    """Encrypted, signed in, one recipient, its lines whole also where one begins with a dot."""
    inbox, deliver, *_ = served

    assert [Fate.LEFT, Fate.LEFT] == [deliver.send(message()).fate for _ in range(2)]
    [first, _] = inbox.taken
    assert [True, True] == inbox.signed_in
    assert b"To: ada@contoso.example\r\n" in first
    assert b"\r\n.a line that begins with a dot\r\n" in first
    assert b"Auto-Submitted: auto-generated" in first


@pytest.mark.parametrize("to", ["r450@contoso.example", "r550@contoso.example", "d451@contoso.example",
                                "d554@contoso.example"])
def test_what_the_server_refuses_has_surely_not_left(served, to) -> None:
    """Before the message or after it; the next one goes its way."""
    inbox, deliver, *_ = served
    told = deliver.send(message(to))

    assert (Fate.REFUSED, to[1:4]) == (told.fate, told.detail[:3])
    assert Fate.LEFT is deliver.send(message()).fate
    assert 1 == len(inbox.taken)


def test_a_refused_sign_in_is_said(served) -> None:
    """Nothing has left, and no password is in what is said."""
    _, _, port, bundle = served

    with pytest.raises(AccessRefused) as refused:
        SmtpDeliver(Server("127.0.0.1", port, "starttls", "mfa", "wr0ng", bundle, 10)).send(message())
    assert "wr0ng" not in str(refused.value) + repr(Server("h", 1, "tls", "u", "wr0ng"))


def test_a_certificate_nobody_vouches_for_is_refused(served) -> None:
    """Not sent past it."""
    _, _, port, _ = served

    with pytest.raises(OutputFailed, match="not trusted"):
        SmtpDeliver(Server("127.0.0.1", port, "starttls", "mfa", "right", None, 10)).send(message())


def test_a_server_without_encryption_is_not_used() -> None:
    """Neither message nor password goes over a plain line."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        port = controller.server.sockets[0].getsockname()[1]
        with pytest.raises(OutputFailed, match="STARTTLS"):
            SmtpDeliver(Server("127.0.0.1", port, timeout=10)).send(message())
    finally:
        controller.stop()
    assert [] == inbox.taken


def test_nobody_there_is_said() -> None:
    """A port on which nobody listens."""
    with pytest.raises(OutputFailed, match="cannot be reached"):
        SmtpDeliver(Server("127.0.0.1", free_port(), timeout=5)).send(message())


class Falling:
    """A server over TLS from the first byte that closes the connection at a chosen point, every time or once."""

    def __init__(self, pem: Path, point: str, times: int) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._point, self._times, self.whole = point, times, 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._socket.accept()
            except OSError:
                return
            with self._context.wrap_socket(raw, server_side=True) as line:
                self._talk(line)

    def _talk(self, line: ssl.SSLSocket) -> None:
        line.sendall(b"220 here\r\n")
        reader = line.makefile("rb")
        while words := reader.readline():
            verb = words[:4].strip().upper().decode()
            if verb == self._point and self._times:
                self._times -= 1
                return
            if verb == "DATA":
                line.sendall(b"354 go on\r\n")
                if self._point == "middle":
                    reader.readline()
                    return
                while reader.readline() != b".\r\n":
                    pass
                self.whole += 1
                if self._point == "end":
                    return
            line.sendall(b"250 fine\r\n")


@pytest.mark.parametrize(("point", "times", "expected"), [
    ("MAIL", 1, Fate.LEFT), ("DATA", 1, Fate.LEFT), ("MAIL", 9, Fate.REFUSED), ("DATA", 9, Fate.REFUSED),
    ("middle", 9, Fate.UNKNOWN), ("end", 9, Fate.UNKNOWN),
])
def test_a_connection_that_breaks(certificates, point, times, expected) -> None:
    """Before the message it is called again, once; in the midst of it or behind it nobody can know."""
    bundle, pem = certificates
    server = Falling(pem, point, times)
    deliver = SmtpDeliver(Server("127.0.0.1", server.port, "tls", ca_bundle=bundle, timeout=10))
    try:
        assert expected is deliver.send(message()).fate
    finally:
        deliver.close()
        server.close()
    assert (1 if expected is Fate.LEFT or point == "end" else 0) == server.whole
