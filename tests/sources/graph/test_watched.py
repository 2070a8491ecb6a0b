"""Answers that come a byte at a time over a real connection."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading

import pytest
from graph_simulator.certificates import make_certificates

from mfa_audit.errors import GraphUnreachable
from mfa_audit.sources.graph.address import Cloud
from mfa_audit.sources.graph.auth import Credential, EntraTokens
from mfa_audit.sources.graph.client import Client, Wire
from mfa_audit.sources.graph.pacing import Family, Pace, Stopped
from mfa_audit.sources.graph.patience import SignInUnwell

HEAD = b"HTTP/1.1 200 OK\r\n"
STARTS = {"headers": HEAD + b"X: ", "body": HEAD + b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"}


@pytest.fixture
def dripping(clock, tmp_path):
    """A server whose answers never end: half a minute passes with every byte. Its root, its authority, its bytes."""
    authority, certificate = make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = socket.create_server(("127.0.0.1", 0))
    sent = []

    def serve(start):
        while True:
            try:
                plain, _ = server.accept()
                with context.wrap_socket(plain, server_side=True) as there:
                    there.recv(65536)
                    there.sendall(start)
                    while True:
                        there.sendall(b"1")
                        sent.append(1)
                        clock.sleep(30)
            except ssl.SSLError:
                continue
            except OSError:
                if server.fileno() < 0:
                    return

    def begin(start):
        thread.append(threading.Thread(target=serve, args=(start,), daemon=True))
        thread[0].start()
        return f"https://127.0.0.1:{server.getsockname()[1]}", authority

    thread = []
    yield begin, sent
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread[0].join(10)


@pytest.mark.parametrize("part", ["headers", "body"])
def test_an_answer_that_drips_is_given_up(part, dripping, clock, tokens):
    """Neither its headers nor its body outlast the run, however often a byte comes."""
    begin, sent = dripping
    root, authority = begin(STARTS[part])
    client = Client(Wire(root, authority), tokens, Pace(clock, deadline=900.0), clock)

    with pytest.raises(GraphUnreachable):
        client.ask("/v1.0/things", Family.DIRECTORY, json.loads)
    client.close()

    assert len(sent) < 50_000  # of 100 000, or of a header's 65 536


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_sign_in_that_drips_is_given_up(part, dripping, clock):
    """The sign-in service is waited for no longer than Graph."""
    begin, sent = dripping
    root, authority = begin(STARTS[part])
    tokens = EntraTokens(Cloud(root, root), "tenant", Credential(client_id="c", secret="s"), clock,  # noqa: S106
                         ca_bundle=authority)

    with pytest.raises(SignInUnwell):
        tokens.token()

    assert len(sent) < 50_000


@pytest.fixture
def silent():
    """A service that lets everybody in and never says a word, not even in the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def full():
    """A service whose queue is full, so that connecting to it does not come to an end."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = []
        for _ in range(8):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(server.getsockname())
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        for each in waiting:
            each.close()


@pytest.mark.parametrize("kind", ["silent", "full"])
def test_a_sign_in_that_does_not_begin_is_given_up_with_the_run(kind, request, clock):
    """Neither connecting nor shaking hands outlasts whoever waits for it."""
    if kind == "full" and sys.platform != "linux":
        pytest.skip("a full queue is Linux's")
    root = request.getfixturevalue(kind)
    looks = []

    def over():
        looks.append(1)
        return len(looks) > 3

    tokens = EntraTokens(Cloud(root, root), "tenant", Credential(client_id="c", secret="s"), clock,  # noqa: S106
                         over=over)
    with pytest.raises(Stopped):
        tokens.token()

    assert 5 == len(looks)
