"""One request, asked until it is answered or refused for good."""

from __future__ import annotations

import gzip
import io
import json

import pytest
import requests
import responses
from doubles import ROOT, TOKEN, Endless
from graph_simulator import Simulator, VirtualTenant

from mfa_audit.errors import AccessRefused, GraphUnreachable, IncompleteData, SettingsError
from mfa_audit.sources.graph import client as module
from mfa_audit.sources.graph.client import LARGEST_BODY
from mfa_audit.sources.graph.pacing import Family
from mfa_audit.sources.graph.patience import Overloaded
from mfa_audit.sources.graph.refusals import Refusal

URL = f"{ROOT}/v1.0/things"


def ask(client, url=URL):
    return client.ask(url, Family.DIRECTORY, json.loads)


def answers(graph, *told):
    """Let Graph give these answers in turn: a status with headers, an exception, or a body."""
    for each in told:
        if isinstance(each, Exception):
            graph.get(URL, body=each)
        elif isinstance(each, tuple):
            status, headers = each
            graph.get(URL, status=status, headers=headers, json={"error": {"code": "x", "message": "y"}})
        else:
            graph.get(URL, json=each)


def test_the_token_goes_with_the_request_and_a_netrc_cannot_replace_it(client, graph, tmp_path, monkeypatch):
    """The Authorization header is the bearer even where a ``.netrc`` knows the host."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine graph.microsoft.com login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    answers(graph, {"ok": 1})

    assert {"ok": 1} == ask(client)
    assert f"Bearer {TOKEN}-0" == graph.calls[0].request.headers["Authorization"]


def test_a_date_nobody_can_read_says_nothing(client, graph):
    """Nor does one whose zone is beyond the world's."""
    answers(graph, (429, {"Date": "Mon, 02 Mar 2026 01:30:00 +99999999999999999999", "Retry-After": "1"}), {"ok": 1})

    assert {"ok": 1} == ask(client)
    assert client.skew is None


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_fault_that_asks_for_a_wait_gets_it(client, clock, graph, status):
    """Whatever its number."""
    answers(graph, (status, {"Retry-After": "200"}), {"ok": 1})

    assert {"ok": 1} == ask(client)
    assert clock.monotonic() >= 200.0


@pytest.mark.parametrize(("headers", "least"), [
    ({"Retry-After": "17"}, 17.0), ({"Retry-After": "0.249"}, 0.249),
    ({"Retry-After": "Mon, 02 Mar 2026 01:31:00 GMT"}, 60.0), ({}, 0.0),
    ({"Retry-After": "Mon, 02 Mar 2026 01:31:00 GMT", "Date": "Mon, 02 Mar 2026 01:29:00 GMT"}, 120.0),
])
def test_a_throttled_request_waits_as_long_as_it_is_told(client, clock, graph, headers, least):
    """429 is followed by the wait it asks for, never a shorter one."""
    answers(graph, (429, headers), {"ok": 1})

    assert {"ok": 1} == ask(client)
    assert clock.monotonic() >= least


def test_a_wait_beyond_the_deadline_ends_the_run(client, graph):
    """Nobody waits for what comes too late."""
    answers(graph, (429, {"Retry-After": "999999"}))

    with pytest.raises(GraphUnreachable, match="deadline"):
        ask(client)


@pytest.mark.parametrize("fault", [
    (500, {}), (502, {}), (503, {}), (503, {"Retry-After": "3"}), (504, {}), requests.ConnectionError(),
    requests.ReadTimeout(), requests.exceptions.ChunkedEncodingError(), requests.exceptions.ContentDecodingError(),
])
def test_what_passes_is_asked_again(client, graph, fault):
    """Faults of a moment cost a wait and nothing else."""
    answers(graph, fault, fault, {"ok": 1})

    assert {"ok": 1} == ask(client)


@pytest.mark.parametrize("body", [b'{"ok": ', b"", b"<html>sign in</html>", b'{"ok": NaN'])
def test_a_cut_or_foreign_body_is_asked_for_again(client, graph, body):
    """A body that is no JSON is the network's, not Graph's."""
    graph.get(URL, body=body, content_type="application/json")
    answers(graph, {"ok": 1})

    assert {"ok": 1} == ask(client)


def test_a_page_of_a_captive_portal_is_not_an_answer(client, graph):
    """HTML with status 200 is asked again and then given up, saying so."""
    graph.get(URL, body="{}", content_type="text/html")

    with pytest.raises(GraphUnreachable, match="not what Graph writes"):
        ask(client)


def test_failing_for_ever_says_so(client, graph):
    """Eight failures are enough; a smaller page may help."""
    answers(graph, (500, {}))

    with pytest.raises(Overloaded):
        ask(client)
    assert len(graph.calls) == 8


def test_an_expired_token_is_renewed_once(client, graph, tokens):
    """One 401 costs a new token."""
    answers(graph, (401, {}), {"ok": 1})

    assert {"ok": 1} == ask(client)
    assert f"Bearer {TOKEN}-1" == graph.calls[1].request.headers["Authorization"]


def test_a_token_that_is_never_accepted_ends_the_run(client, graph):
    """A second 401 is a refusal."""
    answers(graph, (401, {}))

    with pytest.raises(AccessRefused):
        ask(client)
    assert len(graph.calls) == 2


@pytest.mark.parametrize("status", [400, 403, 405, 410, 501])
def test_a_refusal_is_not_asked_again(client, graph, status):
    """What asking again will not change is handed on."""
    answers(graph, (status, {}))

    with pytest.raises(Refusal) as caught:
        ask(client)
    assert (status, 1) == (caught.value.status, len(graph.calls))


def test_a_404_that_graph_gives_no_reason_for_is_asked_again(client, graph):
    """It is somebody's on the way, for a moment or for good; one with Graph's reason is an answer."""
    graph.get(URL, status=404, body="<html>blocked</html>", content_type="text/html")
    answers(graph, {"ok": 1})
    assert {"ok": 1} == ask(client)

    graph.replace("GET", URL, status=404, json={"error": {"code": "Request_ResourceNotFound", "message": ""}})
    before = len(graph.calls)
    with pytest.raises(Refusal):
        ask(client)
    assert before + 1 == len(graph.calls)


def test_a_licence_error_is_asked_again_before_it_is_believed(client, graph):
    """Graph has been seen to say so of tenants that have the licence."""
    body = {"error": {"code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "message": ""}}
    graph.get(URL, status=403, json=body)
    graph.get(URL, status=403, json=body)
    answers(graph, {"ok": 1})

    assert {"ok": 1} == ask(client)


def test_a_redirect_is_not_followed(client, graph):
    """Nobody is sent anywhere."""
    graph.get(URL, status=302, headers={"Location": "https://elsewhere.example/v1.0/things"})

    with pytest.raises(Refusal):
        ask(client)
    assert len(graph.calls) == 1


def test_a_foreign_address_gets_no_request(client):
    """The host is checked before anything is sent."""
    with responses.RequestsMock() as graph, pytest.raises(IncompleteData):
        ask(client, "https://graph.microsoft.com.elsewhere.example/v1.0/users")
    assert len(graph.calls) == 0


def test_a_compressed_bomb_is_cut_off(client, graph, monkeypatch):
    """No answer is read beyond the cap, however small it was on the wire."""
    monkeypatch.setattr(module, "LARGEST_BODY", 2**20)
    bomb = gzip.compress(b" " * 2**24)
    graph.get(URL, body=bomb, headers={"Content-Encoding": "gzip"}, content_type="application/json")

    with pytest.raises(GraphUnreachable):
        ask(client)


def test_no_error_shows_token_or_page_token(client, graph):
    """What is said of a failure names the path alone."""
    url = f"{URL}?$skiptoken=secret-page"
    graph.get(url, body=requests.ConnectionError(f"HTTPSConnectionPool: {url}"))

    with pytest.raises(GraphUnreachable) as caught:
        ask(client, url)
    assert "secret-page" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(("told", "skew"), [
    (["01:30:00"], 0), (["01:29:59"], 0), (["01:40:00"], 600), (["01:20:00"], -599),
    (["01:40:00", "01:30:00"], 600), (["01:20:00", "01:40:00", "01:30:00"], 600), (["01:30:00", "01:10:00"], -1199),
])
def test_clocks_are_judged_by_the_answer_at_which_they_were_furthest_apart(client, graph, told, skew):
    """One that is right again at the last answer was wrong at the others."""
    for time in told:
        graph.get(URL, json={"ok": 1}, headers={"Date": f"Mon, 02 Mar 2026 {time} GMT"})
    for _ in told:
        ask(client)

    assert skew == client.skew


@pytest.mark.parametrize("proxy", ["http://user:canary-word@127.0.0.1:notaport", "user:canary-word@", "gopher://proxy"])
def test_a_proxy_that_is_none_is_named_as_what_is_wrong(client, monkeypatch, proxy):
    """At once, and without its password."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    with pytest.raises(SettingsError, match="proxy") as told:
        ask(client)

    assert "canary-word" not in str(told.value)


def test_this_machine_is_reached_without_a_proxy(clock, tokens, pace, monkeypatch):
    """A simulator that stands in answers itself, whatever the environment names."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with Simulator(VirtualTenant(3), clock=clock) as simulator:
        near = module.Client(module.Wire(simulator.root, simulator.ca_bundle), tokens, pace, clock)
        with pytest.raises(AccessRefused):
            ask(near, "/v1.0/users")
        near.close()
        assert simulator.requests


@pytest.mark.parametrize("status", [200, 302, 400])
def test_an_answer_of_any_kind_is_read_no_further_than_a_page_is_large(client, graph, status):
    """The library would read a redirect's whole, to find out where it leads."""
    bodies = []

    def told(_):
        bodies.append(Endless(3 * LARGEST_BODY))
        return status, {"Location": "/v1.0/elsewhere"}, io.BufferedReader(bodies[-1])

    graph.add_callback("GET", URL, told)
    with pytest.raises((GraphUnreachable, Refusal)):
        ask(client)

    assert all(LARGEST_BODY < body.given < 2 * LARGEST_BODY for body in bodies)
