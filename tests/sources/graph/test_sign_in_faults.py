"""A sign-in service that is unwell, odd, or sends the secret elsewhere."""

from __future__ import annotations

import base64
import io
import json

import pytest
import requests
import responses
from doubles import ROOT, START, Endless
from graph_simulator import VirtualClock

from mfa_audit.errors import AccessRefused, GraphUnreachable
from mfa_audit.sources.graph.address import Cloud
from mfa_audit.sources.graph.auth import Credential, EntraTokens
from mfa_audit.sources.graph.client import LARGEST_OF_OTHERS, Client, Wire
from mfa_audit.sources.graph.pacing import Family
from mfa_audit.sources.graph.patience import SignInUnwell

LOGIN = "https://login.microsoftonline.com"
TENANT = "0f000000-0000-4000-8000-00000000f00d"
BASE = f"{LOGIN}/{TENANT}"
DISCOVERY = f"{BASE}/v2.0/.well-known/openid-configuration"
TOKEN = f"{BASE}/oauth2/v2.0/token"
SECRET = "canary-secret"  # noqa: S105 - opens nothing
NAMES = {"issuer": f"{BASE}/v2.0", "authorization_endpoint": f"{BASE}/a", "token_endpoint": TOKEN,
         "device_authorization_endpoint": f"{BASE}/d", "jwks_uri": f"{BASE}/k"}


def written(claims):
    """A token that says ``claims``."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims)]
    return ".".join([*parts, "signature"])


def given(**claims):
    """An answer with a token."""
    told = {"aud": ROOT, "tid": TENANT, "roles": ["User.Read.All"], **claims}
    return {"token_type": "Bearer", "expires_in": 3600,
            "access_token": written({name: value for name, value in told.items() if value is not None})}


def tokens():
    return EntraTokens(Cloud(LOGIN, ROOT), TENANT, Credential(client_id="c", secret=SECRET), VirtualClock(START))


@pytest.fixture
def login():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as answers:
        yield answers


@pytest.fixture
def service(login):
    """One that names its addresses as it should."""
    login.get(DISCOVERY, json=NAMES)
    return login


@pytest.mark.parametrize("name", ["token_endpoint"])
@pytest.mark.parametrize("there", ["https://elsewhere.example/token", "https://login.microsoftonline.com.example/t",
                                   "https://login.microsoftonline.com:444/t"])
def test_the_secret_goes_to_no_address_that_is_named_elsewhere(name, there, login):
    """Whatever the discovery document says."""
    login.get(DISCOVERY, json={**NAMES, name: there})
    login.post(there, json=given())

    with pytest.raises(AccessRefused, match="another host"):
        tokens().token()
    assert not [call for call in login.calls if SECRET in str(call.request.body)]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("there", ["https://elsewhere.example/token", f"{BASE}/other"])
def test_a_sign_in_follows_no_redirect(status, there, service):
    """Not even on the same host."""
    service.post(TOKEN, status=status, headers={"Location": there}, body="")
    service.post(there, json=given())

    with pytest.raises(AccessRefused):
        tokens().token()
    assert not [call for call in service.calls if call.request.url == there]


def test_a_netrc_adds_nothing_to_a_sign_in(service, tmp_path, monkeypatch):
    """The secret is in the body alone."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine login.microsoftonline.com login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    service.post(TOKEN, json=given())

    tokens().token()

    assert not [call for call in service.calls if "Authorization" in call.request.headers]


UNWELL = [
    {"status": 500, "body": "<html>"}, {"status": 503, "json": {"error": "x"}},
    {"status": 429, "headers": {"Retry-After": "40"}, "json": {}}, {"body": requests.ConnectionError()},
    {"status": 400, "json": {"error": "temporarily_unavailable", "error_codes": [90033], "error_description": ""}},
]


@pytest.mark.parametrize("fault", UNWELL)
def test_a_sign_in_that_is_unwell_is_asked_again(fault, service, clock, pace):
    """A request to Graph waits for its token, as long as it is told, on the clock it was given."""
    service.post(TOKEN, **fault)
    service.post(TOKEN, **fault)
    service.post(TOKEN, json=given())
    service.get(f"{ROOT}/v1.0/things", json={"ok": 1})
    client = Client(Wire(ROOT), tokens(), pace, clock)

    assert {"ok": 1} == client.ask("/v1.0/things", Family.DIRECTORY, json.loads)
    assert clock.monotonic() >= (80 if fault.get("status") == 429 else 0)
    client.close()


def test_a_sign_in_that_stays_unwell_is_unreachable(service, clock, pace):
    """After a bounded number of tries, without anything having been asked of Graph."""
    service.post(TOKEN, status=503, body="")
    client = Client(Wire(ROOT), tokens(), pace, clock)

    with pytest.raises(SignInUnwell) as told:
        client.ask("/v1.0/things", Family.DIRECTORY, json.loads)
    client.close()

    assert GraphUnreachable.exit_code == told.value.exit_code
    assert 8 == len([call for call in service.calls if call.request.url == TOKEN])


DEEP = "[" * 100_000
ODD = [{"json": None}, {"json": []}, {"json": "text"}, {"body": DEEP}, {"body": "<html>"}, {"body": ""},
       {"status": 400, "json": {"error": {"a": 1}, "error_description": ["d"], "error_codes": {"a": 1}}},
       {"status": 400, "json": {"error": "x", "error_description": "d", "error_codes": "700"}},
       {"status": 400, "json": {"error": "x", "error_codes": [None, {}]}}]


@pytest.mark.parametrize("answer", ODD)
@pytest.mark.parametrize("where", ["discovery", "token"])
def test_an_odd_answer_is_a_refusal_and_no_bug(where, answer, login):
    """Whatever shape it has."""
    if where == "discovery":
        login.get(DISCOVERY, **answer)
    else:
        login.get(DISCOVERY, json=NAMES)
        login.post(TOKEN, **answer)

    with pytest.raises(AccessRefused):
        tokens().token()


@pytest.mark.parametrize("token", [
    written([1]), written(None), written({}), written({"aud": "https://evilgraph.example", "tid": TENANT}),
    written({"aud": f"{ROOT}.example", "tid": TENANT}), written({"aud": ROOT}), written({"aud": ROOT, "tid": "other"}),
    "a\r\nX: y", "with space", "\u2028", 5, "",
])
def test_a_token_for_another_place_or_tenant_is_refused(token, service):
    """The audience is Graph's to the letter, and the tenant is said."""
    service.post(TOKEN, json={**given(), "access_token": token})

    with pytest.raises(AccessRefused):
        tokens().token()


@pytest.mark.parametrize("audience", [ROOT, f"{ROOT}/", "00000003-0000-0000-c000-000000000000"])
def test_a_token_for_graph_is_taken(audience, service):
    """Its audience has several names."""
    service.post(TOKEN, json=given(aud=audience))

    assert tokens().token() == given(aud=audience)["access_token"]


def test_nothing_of_a_refused_sign_in_is_repeated(service):
    """The secret was in the request, and may come back."""
    service.post(TOKEN, status=401, json={"error": f"no {SECRET}", "error_description": f"{SECRET} is wrong"})
    with pytest.raises(AccessRefused) as refused:
        tokens().token()

    assert SECRET not in str(refused.value)
    assert "sign-in was refused" in str(refused.value)


@pytest.mark.parametrize("status", [200, 302, 400])
def test_an_endless_answer_to_a_sign_in_is_not_read_to_its_end(service, status):
    """However well it is compressed."""
    body = Endless(64 * LARGEST_OF_OTHERS)
    service.post(TOKEN, status=status, headers={"Location": "/x"}, body=io.BufferedReader(body))
    with pytest.raises(SignInUnwell):
        tokens().token()

    assert LARGEST_OF_OTHERS < body.given < 2 * LARGEST_OF_OTHERS
