"""Every way to sign in, against the simulator's sign-in service or a loopback service of the machine's own."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from graph_simulator import CANARY, Fault, FaultScript, Simulator, VirtualClock, VirtualTenant
from simulated import collected

from mfa_audit.cli.clock import SystemClock
from mfa_audit.errors import AccessRefused, GraphUnreachable, SettingsError
from mfa_audit.sources.graph.address import Cloud
from mfa_audit.sources.graph.auth import Credential, EntraTokens
from mfa_audit.sources.graph.granted import Granted
from mfa_audit.sources.graph.pacing import Stopped

PHRASE = "a phrase of the tests"
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mfa-audit")])


@pytest.fixture
def simulator():
    with Simulator(VirtualTenant(20, seed=6), clock=SystemClock()) as serving:
        yield serving


def made(key):
    """A certificate of ``key``, good for a day."""
    now = datetime.now(UTC)
    return (x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
            .serial_number(7).not_valid_before(now).not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256()))


def protected(phrase):
    """How a key is written."""
    return serialization.BestAvailableEncryption(phrase.encode()) if phrase else serialization.NoEncryption()


def pfx(path, key, phrase=PHRASE):
    """A PFX file of a key and its certificate."""
    certificate = made(key)
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"mfa-audit", key, certificate, None, protected(phrase)))
    return certificate


def pem(path, key, phrase):
    """The same in PEM, the certificate first."""
    certificate = made(key)
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protected(phrase)))
    return certificate


def tokens(simulator, **credential):
    """Sign-in of the simulator's application in one of the ways."""
    given = Credential(client_id=simulator.issuer.client_id, **credential)
    return EntraTokens(Cloud(simulator.login_root, simulator.root), simulator.tenant.tenant_id, given,
                       simulator.clock, ca_bundle=simulator.ca_bundle)


def parts_of(assertion):
    """Header, claims, what is signed, and the signature of a signed assertion."""
    head, body, signature = assertion.split(".")
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, body))
    return header, claims, f"{head}.{body}".encode(), base64.urlsafe_b64decode(signature + "==")


@pytest.mark.parametrize(("name", "write", "phrase"), [
    ("c.pfx", pfx, PHRASE), ("c.p12", pfx, ""), ("c.pem", pem, PHRASE), ("c.pem", pem, ""),
])
def test_a_certificate_signs_what_is_sent(name, write, phrase, simulator, tmp_path):
    """The assertion names the certificate, is meant for the token address alone, and its signature is the key's."""
    key = rsa.generate_private_key(65537, 2048)
    certificate = write(tmp_path / name, key, phrase)
    token = tokens(simulator, certificate=tmp_path / name, passphrase=phrase or None).token()
    (assertion,) = simulator.issuer.assertions
    header, claims, signed, signature = parts_of(assertion)

    assert CANARY in token
    assert certificate.fingerprint(hashes.SHA256()) == base64.urlsafe_b64decode(header["x5t#S256"])
    assert claims["aud"].startswith(simulator.login_root)
    assert simulator.issuer.client_id == claims["iss"] == claims["sub"]
    key.public_key().verify(signature, signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda path: pfx(path, rsa.generate_private_key(65537, 2048), "another phrase"), "passphrase is wrong"),
    (lambda path: path.write_bytes(b"no certificate at all"), "passphrase is wrong"),
    (lambda path: pfx(path, ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
    (lambda path: path.write_bytes(pkcs12.serialize_key_and_certificates(
        None, None, made(rsa.generate_private_key(65537, 2048)), None, protected(PHRASE))), "must hold the private"),
    (lambda path: path.mkdir(), "cannot be read"),
])
def test_a_certificate_that_is_none_is_named(spoil, says, simulator, tmp_path):
    """The file is, not the tenant, and the passphrase is not repeated."""
    path = tmp_path / "c.pfx"
    spoil(path)
    with pytest.raises(SettingsError) as told:
        tokens(simulator, certificate=path, passphrase=PHRASE).token()

    assert says in told.value.message
    assert str(path) == told.value.where
    assert PHRASE not in str(told.value)


def test_a_federated_token_is_read_afresh_at_every_renewal(simulator, tmp_path):
    """The file is replaced beneath the running job, as Kubernetes does; a token still good is not asked for again."""
    path = tmp_path / "assertion"
    path.write_text("first\n", encoding="utf-8")
    signing_in = tokens(simulator, assertion=path)
    first = signing_in.token()
    assert first == signing_in.token()

    path.write_text("second\n", encoding="utf-8")
    signing_in.renew()
    assert first != signing_in.token()
    simulator.issuer.life = 200  # less than what msal thinks worth keeping
    signing_in.renew()
    signing_in.token()
    path.write_text("third\n", encoding="utf-8")
    signing_in.token()

    assert ["first", "second", "second", "third"] == simulator.issuer.assertions
    path.unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        signing_in.token()


class MachineService(HTTPServer):
    """The service that gives a machine's own identity its tokens; ``asked`` are path, query and headers."""

    def __init__(self, simulator):
        self.simulator, self.asked, self.refuses = simulator, [], False
        super().__init__(("127.0.0.1", 0), _Machine)


class _Machine(BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Nothing is written."""

    def do_GET(self):
        address, server = urlsplit(self.path), self.server
        server.asked.append((address.path, parse_qs(address.query),
                             {name.lower(): value for name, value in self.headers.items()}))
        issuer = server.simulator.issuer
        form = {"grant_type": "client_credentials", "client_id": issuer.client_id, "client_secret": issuer.secret}
        told = issuer.token(issuer.tenant_id, form).body
        body = {"access_token": told["access_token"], "resource": "x", "token_type": "Bearer",
                "expires_in": str(told["expires_in"]), "expires_on": str(int(datetime.now(UTC).timestamp()) + 3600)}
        refused = {"error": "invalid_request", "error_description": "Identity not found",
                   "statusCode": 400, "message": "Identity not found"}
        data = json.dumps(refused if server.refuses else body).encode()
        self.send_response(400 if server.refuses else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def machine_of(simulator):
    """The service, on a port of its own."""
    with MachineService(simulator) as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield service, f"http://127.0.0.1:{service.server_address[1]}"
        finally:
            service.shutdown()
            thread.join()


@pytest.mark.parametrize(("identity", "query"), [("system", {}), ("my-identity", {"client_id": ["my-identity"]})])
def test_a_managed_identity_asks_the_machine(identity, query, simulator, monkeypatch):
    """By App Service's variables and on a virtual machine; once until renewed."""
    with machine_of(simulator) as (service, root):
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", root)
        on_machine = tokens(simulator, managed_identity=identity).token()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{root}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-of-the-tests")
        signing_in = tokens(simulator, managed_identity=identity)
        first = signing_in.token()
        assert first == signing_in.token()
        signing_in.renew()
        third = signing_in.token()

    assert 3 == len({on_machine, first, third})
    paths = [path for path, _, _ in service.asked]
    assert ["/metadata/identity/oauth2/token", "/msi/token", "/msi/token"] == paths
    for _, asked, _ in service.asked:
        assert [simulator.root] == asked["resource"]
        assert query == {key: asked[key] for key in ("client_id",) if key in asked}
    assert "true" == service.asked[0][2]["metadata"].lower()
    assert "header-of-the-tests" == service.asked[1][2]["x-identity-header"]


def test_a_managed_identity_that_is_not_there_is_said(simulator, monkeypatch):
    """The machine refuses it, or there is no such service."""
    with machine_of(simulator) as (service, root):
        service.refuses = True
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{root}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-of-the-tests")
        with pytest.raises(AccessRefused):
            tokens(simulator, managed_identity="system").token()
    with pytest.raises(GraphUnreachable):
        tokens(simulator, managed_identity="system").token()


def test_a_machines_own_token_passes_no_proxy(simulator, monkeypatch):
    """Its service speaks plain http, so whoever stands between would have the token."""
    with machine_of(simulator) as (service, root), machine_of(simulator) as (between, proxy):
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{root}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-of-the-tests")
        assert tokens(simulator, managed_identity="system").token()

        assert (1, 0) == (len(service.asked), len(between.asked))


def test_a_machines_own_token_is_asked_of_no_other_machine(simulator, monkeypatch):
    """Whatever the environment calls the service."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://elsewhere.example/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header-of-the-tests")
    with pytest.raises(AccessRefused, match="another host"):
        tokens(simulator, managed_identity="system").token()


def test_nobody_waits_for_a_person_when_the_run_is_over(simulator):
    """The code was shown and never used; the next one who needs a token is told at once, and sees no second code."""
    simulator.issuer.pending = 10**6
    shown = []
    given = Credential(client_id=simulator.issuer.client_id, show=shown.append)
    signing_in = EntraTokens(Cloud(simulator.login_root, simulator.root), simulator.tenant.tenant_id, given,
                             simulator.clock, ca_bundle=simulator.ca_bundle, over=lambda: bool(shown))
    for _ in range(2):
        with pytest.raises(Stopped):
            signing_in.token()

    assert 1 == len(shown) == simulator.issuer.codes


def test_what_a_person_signed_in_for_is_renewed_without_them(simulator):
    """One device code; a token that Graph no longer accepts is replaced by the refresh token, again and again."""
    simulator.issuer.pending = 0
    shown = []
    signing_in = tokens(simulator, show=shown.append)
    had = [signing_in.token(), signing_in.token()]
    for _ in range(2):
        signing_in.renew()
        had.append(signing_in.token())

    assert had[0] == had[1]
    assert 3 == len(set(had))
    assert (1, 1, 2) == (len(shown), simulator.issuer.codes, simulator.issuer.refreshed)
    assert "SIM-CODE" in shown[0]


def test_a_person_whose_session_was_revoked_signs_in_again(simulator):
    """When nothing else is left."""
    simulator.issuer.pending = 0
    shown = []
    signing_in = tokens(simulator, show=shown.append)
    first = signing_in.token()
    simulator.issuer.revoke()
    signing_in.renew()

    assert first != signing_in.token()
    assert 2 == len(shown)


def test_a_long_reading_by_device_code_outlives_its_token(tmp_path):
    """Graph makes the job wait until its token has ended: the person has signed in once, and everybody is there."""
    wait = Fault("throttle", "/users$", page=2, parameters={"retry_after": "700"})
    with Simulator(VirtualTenant(4_000, seed=6), clock=VirtualClock(), limits=True, token_life=600,
                   faults=FaultScript([wait])) as simulator:
        simulator.issuer.pending = 0
        snapshot = collected(simulator, tmp_path, ("accounts", "registrations"), client_secret=None)

    assert 4_000 == snapshot.manifest.tables["accounts"].rows
    assert () == snapshot.manifest.missing
    assert 1 == simulator.issuer.codes
    assert simulator.issuer.refreshed >= 1
    assert {f"{simulator.root}/{name}" for name in ("AuditLog.Read.All", "User.Read.All")} == {
        name for name in simulator.issuer.scope.split() if name.startswith(simulator.root)}


@pytest.mark.parametrize(("name", "changes"), [
    ("User.Read.All", False), ("User.ReadBasic.All", False), ("RoleManagement.Read.Directory", False),
    ("Member.Read.Hidden", False), ("UserAuthMethod-Phone.Read.All", False), ("openid", False),
    ("Mail.Send", True), ("User.Invite.All", True), ("User.EnableDisableAccount.All", True),
    ("User.DeleteRestore.All", True), ("User.ReadWrite.All", True), ("Application.ReadWrite.OwnedBy", True),
    ("Directory.AccessAsUser.All", True), ("User.ManageIdentities.All", True), ("ReadAndMore.All", True),
])
def test_a_permission_that_does_more_than_read_is_known_by_its_name(name, changes):
    """Whatever is not called reading may change something."""
    assert changes is bool(Granted("", "", frozenset({name})).changing)


def test_permissions_beyond_those_needed_are_named():
    """Reading mail is not what this tool is for."""
    granted = Granted("", "", frozenset({"User.Read.All", "Mail.Read", "Mail.Send", "openid"}))

    assert {"Mail.Read"} == granted.beyond(frozenset({"User.Read.All"}))
