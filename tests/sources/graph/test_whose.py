"""Whose data it is, by whose key: another tenant's is not kept, and a key that others can read is not used."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from graph_simulator import Fault, FaultScript, Simulator, VirtualClock, VirtualTenant
from graph_simulator.tenant import Listing
from graph_simulator.tenant_documents import TENANT_ID
from simulated import collected, night

from mfa_audit.checks import State
from mfa_audit.completeness import refuse_other_organisation
from mfa_audit.errors import GraphUnreachable, IncompleteData, SettingsError
from mfa_audit.sources.graph.address import Cloud
from mfa_audit.sources.graph.auth import Credential, EntraTokens
from mfa_audit.sources.graph.checks import check_graph
from mfa_audit.sources.graph.client import Wire

MAIN = ("accounts", "registrations")
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
OTHER = "11111111-0000-4000-8000-00000000f00d"


class Named(VirtualTenant):
    """A tenant whose organisation document is another."""

    def __init__(self, *organisations):
        super().__init__(40, seed=1)
        self._organisations = organisations

    def base(self, name):
        rows = self._organisations
        return Listing(len(rows), rows.__getitem__) if name == "organization" else super().base(name)


@pytest.mark.parametrize(("organisations", "says"), [
    ((), "names no organisation"),
    (({"id": OTHER, "displayName": "Other"},), f"of tenant {OTHER}"),
    (({"id": TENANT_ID, "displayName": "A"}, {"id": OTHER, "displayName": "B"}), "2 tenants"),
    (({"id": TENANT_ID, "verifiedDomains": [{"name": "elsewhere.example"}]},), "not this tenant's"),
])
@pytest.mark.parametrize("take", [collected, night])
def test_data_of_another_tenant_is_not_kept(organisations, says, take, tmp_path):
    """Neither by ``collect`` nor by ``run``: no snapshot lies under anybody's name."""
    with (Simulator(Named(*organisations), clock=VirtualClock()) as simulator,
          pytest.raises(IncompleteData, match=says)):
        take(simulator, tmp_path, MAIN)

    assert [] == list((tmp_path / "data").glob("*/snapshots/*"))
    assert [] == list((tmp_path / "data").glob(f"{OTHER}*"))
    assert [] == list((tmp_path / "data").rglob("*.ndjson"))


def test_a_tenant_named_by_its_domain_is_compared_as_well():
    """With the domains that the organisation has verified, in whatever case."""
    organisation = {"id": TENANT_ID, "verifiedDomains": [{"name": "riverside.example"}]}
    refuse_other_organisation("Riverside.example", [organisation])
    with pytest.raises(IncompleteData, match=r"has no domain elsewhere\.example"):
        refuse_other_organisation("elsewhere.example", [organisation])


@pytest.mark.parametrize(("tenant", "state"), [("elsewhere.example", State.PROBLEM), ("Riverside.example", State.OK)])
def test_doctor_compares_a_tenant_named_by_its_domain(tenant, state):
    """A machine's own identity signs in to its own tenant, whatever the settings name."""
    organisation = {"id": TENANT_ID, "displayName": "A", "verifiedDomains": [{"name": "riverside.example"}]}
    with Simulator(Named(organisation), clock=VirtualClock()) as simulator:
        credential = Credential(client_id=simulator.issuer.client_id, secret=simulator.issuer.secret)
        tokens = EntraTokens(Cloud(simulator.login_root, simulator.root), TENANT_ID, credential, simulator.clock,
                             ca_bundle=simulator.ca_bundle)
        found = check_graph(Wire(simulator.root, simulator.ca_bundle), tokens, simulator.clock, tenant, ("accounts",),
                            "company_name")
        states = [check.state for check in found if check.name == "tenant"]

    assert [state] == states


def test_what_one_graph_answered_is_not_taken_for_anothers(tmp_path):
    """A run against a simulator that was killed leaves nothing to a run against a tenant of the same id."""
    failing = FaultScript([Fault("status", "userRegistrationDetails", times=None)])
    with (Simulator(VirtualTenant(40, seed=1), clock=VirtualClock(), faults=failing) as first,
          pytest.raises(GraphUnreachable)):
        collected(first, tmp_path, MAIN)
    assert [*tmp_path.rglob("accounts.json")]
    with Simulator(VirtualTenant(40, seed=2), clock=VirtualClock()) as second:
        collected(second, tmp_path, MAIN)
        asked = [call.path for call in second.requests if call.path.startswith("/v1.0/users?")]

    assert asked


def certificate(path, days, mode):
    """A key and a certificate that ends so many days from now."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mfa-audit")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(NOW - timedelta(days=400)).not_valid_after(NOW + timedelta(days=days))
            .sign(key, hashes.SHA256()))
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    path.chmod(mode)
    return path


def of_certificate(home, days, mode=0o600):
    """The notes of a night that signs in by a certificate."""
    file = certificate(home / "c.pem", days, mode)
    with Simulator(VirtualTenant(40, seed=1), clock=VirtualClock(NOW)) as simulator:
        told = night(simulator, home, MAIN, client_secret=None, certificate_file=file)
    return [note for note in told.notes if "certificate" in note]


@pytest.mark.parametrize(("days", "notes"), [(29, 1), (3, 1), (31, 0)])
def test_a_certificate_that_ends_soon_is_said_at_the_end_of_a_run(days, notes, tmp_path):
    """Whoever only ever sees the nightly job must hear of it."""
    found = of_certificate(tmp_path, days)

    assert notes == len(found)
    assert all(f"in {days} days" in note for note in found)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps other books of who may read a file")
def test_a_private_key_that_others_can_read_is_not_used(tmp_path):
    """As a secret's file is not; the message says how to mend it."""
    with pytest.raises(SettingsError, match="others can read the private key's file") as told:
        of_certificate(tmp_path, 90, 0o640)

    assert "chmod 600" in told.value.next_step
