"""The simulator itself: an HTTPS server on loopback for Graph and sign-in, and a second one playing another host."""

from __future__ import annotations

import base64
import json
import math
import socket
import ssl
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from mfa_audit.cli.clock import SystemClock

from .answers import Answer, denied, error, throttled
from .batch import answer_batch
from .bending import BAIT, bend, failed, wait_told
from .certificates import make_certificates
from .endpoints import Call, Endpoints
from .faults import TOKENS, FaultScript
from .judge import Judge
from .limits import CONDITIONAL_ACCESS, Limits
from .login import ALL_PERMISSIONS, Issuer, unauthorised
from .tenant import Oracle, Tenant
from .wire import send

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from mfa_audit.clock import Clock


TLS_HANDSHAKE = 0x16


@dataclass(frozen=True)
class Logged:
    """One request as it came: method, path with query, headers in lower case. Never the body."""

    method: str
    path: str
    headers: dict[str, str]


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, context: ssl.SSLContext, owner: Simulator, *, foreign: bool = False) -> None:
        self.context, self.owner, self.foreign, self.open = context, owner, foreign, set[socket.socket]()
        super().__init__(("127.0.0.1", 0), _Handler)

    def verify_request(self, *_: object) -> bool:
        """Let every connection in; one to the other host is already a finding."""
        if self.foreign:
            self.owner.foreign.append("connection")
        return True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up or fails the handshake is no business of the console's."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        self.server.open.add(self.request)
        first = self.request.recv(1, socket.MSG_PEEK)
        self.server.open.discard(self.request)
        if first and first[0] != TLS_HANDSHAKE:
            self.server.owner.foreign.append("plain text")
            raise ConnectionAbortedError
        context = self.server.context
        self.request = context.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
        self.server.open.add(self.request)
        try:
            self.request.do_handshake()
        except OSError:
            self._close()
            raise
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self._close()

    def _close(self) -> None:
        self.server.open.discard(self.request)
        self.request.close()

    def log_message(self, *_: object) -> None:
        """Nothing: the log of requests is ``Simulator.requests``."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _serve(self, body: bytes) -> None:
        owner = self.server.owner
        logged = Logged(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        if self.server.foreign or BAIT in self.path or logged.headers.get("host") != owner.host:
            owner.foreign.append(self.path)
        owner.requests.append(logged)
        answer = owner.answer(logged, body)
        send(self, answer, owner.clock, gzipped="gzip" in logged.headers.get("accept-encoding", ""))


class Simulator:
    """A context manager that serves ``tenant`` on a port of its own.

    ``root`` and ``login_root`` are what a client is pointed at, ``ca_bundle`` what it must trust. ``requests`` is the
    log; ``foreign`` lists everything that went, or tried to go, to another host: it must stay empty. ``what_if`` gives
    Microsoft's entries, a policy each, for the body of a question; ``mail`` is what was sent, from whom and as MIME.
    """

    def __init__(
        self,
        tenant: Tenant,
        *,
        clock: Clock | None = None,
        limits: bool = False,
        faults: FaultScript | None = None,
        permissions: tuple[str, ...] = ALL_PERMISSIONS,
        token_life: int = 3600,
        page_token_life: float | None = None,
    ) -> None:
        self.tenant, self.clock, self.oracle = tenant, clock or SystemClock(), Oracle(tenant)
        self.faults, self.limits = faults or FaultScript(), Limits(self.clock, real=limits)
        self.issuer = Issuer(self.clock, tenant.tenant_id, roles=permissions, life=token_life)
        self.requests: list[Logged] = []
        self.foreign: list[str] = []
        self.mail: list[tuple[str, bytes]] = []
        self._page_token_life = page_token_life
        self.what_if: Callable[[dict[str, object]], list[dict[str, object]]] = lambda _: []

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="graph-simulator-")
        self.ca_bundle, certificate = make_certificates(Path(self._folder.name))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._servers = (_Server(context, self), _Server(context, self, foreign=True))
        port, other = (server.server_address[1] for server in self._servers)
        self.host = f"127.0.0.1:{port}"
        self.root = self.login_root = f"https://{self.host}"
        self.foreign_roots = {
            "host": f"https://localhost:{other}",
            "port": f"https://127.0.0.1:{other}",
            "look_alike": f"https://127.0.0.1.evil.example:{port}",
            "http": f"http://{self.host}",
            "userinfo": f"https://someone@{self.host}",
        }
        endpoints = Endpoints(self.tenant, self.root, self._page_token_life)
        self._judge = Judge(endpoints, self.limits, self.faults, self.clock, self.foreign_roots)
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            for connection in tuple(server.open):
                _end(connection)
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._folder.cleanup()

    @property
    def early_calls(self) -> Counter[str]:
        """Calls made before a told wait was over, by family."""
        return self.limits.early

    def answer(self, logged: Logged, body: bytes) -> Answer:  # noqa: PLR0911 - a table read from the top
        """The answer to one request, of Graph or of the sign-in service."""
        address = urlsplit(logged.path)
        first, _, rest = address.path.lstrip("/").partition("/")
        if first not in {"v1.0", "beta"}:
            return self._sign_in(address.path, first, rest, body)
        permissions = self.issuer.permissions(logged.headers.get("authorization"))
        if permissions is None:
            return unauthorised()
        if rest == "$batch" and logged.method == "POST":
            return self._batch(address.path, first, body, permissions)
        if rest == "identity/conditionalAccess/evaluate" and logged.method == "POST":
            return self._what_if(body, permissions)
        if rest.endswith("/sendMail") and logged.method == "POST":
            return self._send_mail(address.path, logged, body, permissions)
        if logged.method != "GET":
            return error(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        advanced = logged.headers.get("consistencylevel", "").lower() == "eventual"
        call = Call(first, f"/{unquote(rest)}".rstrip("/"), dict(parse_qsl(address.query)), advanced)
        return self._judge.answer(call, permissions)

    def _batch(self, path: str, version: str, body: bytes, permissions: tuple[str, ...]) -> Answer:
        early = self.limits.too_early("batch", path)
        if early is not None:
            return throttled(str(math.ceil(early)))
        fault = self.faults.draw(path)
        bad = None if fault is None else failed(fault, self.clock)
        if fault is not None and bad is not None:
            if wait_told(fault) > 0:
                self.limits.tell("batch", wait_told(fault), path)
            return bad
        answer = answer_batch(self._judge, version, body, permissions)
        return answer if fault is None else bend(answer, fault, self.root + path, {}, self.foreign_roots)

    def _what_if(self, body: bytes, permissions: tuple[str, ...]) -> Answer:
        if not {"Policy.Read.ConditionalAccess", "Policy.Read.All"} & set(permissions):
            return denied()
        if self.limits.refuse(CONDITIONAL_ACCESS, 1) is not None:
            return throttled(None)
        return Answer(200, {"value": self.what_if(json.loads(body))})

    def _send_mail(self, path: str, logged: Logged, body: bytes, permissions: tuple[str, ...]) -> Answer:
        """Take a message as MIME in base64; whatever happens to the answer on the wire, it has been taken."""
        if "Mail.Send" not in permissions:
            return denied()
        fault = self.faults.draw(path)
        bad = None if fault is None else failed(fault, self.clock)
        if bad is not None:
            return bad
        if logged.headers.get("content-type") != "text/plain":
            return error(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
        self.mail.append((path.split("/")[-2], base64.b64decode(body, validate=True)))
        answer = Answer(202, b"", {"Content-Type": "text/plain"})
        return answer if fault is None else bend(answer, fault, self.root + path, {}, self.foreign_roots)

    def _sign_in(self, path: str, tenant: str, rest: str, body: bytes) -> Answer:
        fault = self.faults.draw(path)
        bad = None if fault is None else failed(fault, self.clock)
        if bad is not None:
            return bad
        if rest.endswith(".well-known/openid-configuration"):
            answer = self.issuer.metadata(self.login_root, tenant)
        elif rest == "oauth2/v2.0/token":
            kind = fault.kind if fault is not None and fault.kind in TOKENS else None
            given = fault.parameters if fault is not None and kind else {}
            answer = self.issuer.token(tenant, dict(parse_qsl(body.decode())), kind, **given)
        elif rest == "oauth2/v2.0/devicecode":
            answer = self.issuer.device_code(self.login_root, dict(parse_qsl(body.decode())))
        else:
            answer = Answer(404, "", {"Content-Type": "text/plain"})
        return answer if fault is None else bend(answer, fault, self.root + path, {}, self.foreign_roots)


def _end(connection: socket.socket) -> None:
    # It may have been closed, or detached by a reset, a moment ago.
    if connection.fileno() >= 0:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
