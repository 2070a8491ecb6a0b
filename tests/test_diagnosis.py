"""What ``doctor`` finds before a night: every planted fault by its name, and nothing on a clean set-up."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from graph_simulator import ALL_PERMISSIONS, Fault, FaultScript, Simulator, VirtualClock, VirtualTenant
from graph_simulator.answers import Answer

from mfa_audit.checks import State
from mfa_audit.collection import Online
from mfa_audit.diagnosis import examine
from mfa_audit.files import lock
from mfa_audit.policy import load_policy
from mfa_audit.settings import Settings

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def certificate(path, days, mode=0o600):
    """A key and a certificate that ends so many days from now."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mfa-audit")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(NOW - timedelta(days=400)).not_valid_after(NOW + timedelta(days=days))
            .sign(key, hashes.SHA256()))
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption())
                     + made.public_bytes(serialization.Encoding.PEM))
    path.chmod(mode)
    return path


class Answering(Simulator):
    """A simulator that gives ``answers`` of its own: a pattern of the address -> the answer."""

    def __init__(self, tenant, answers, **more):
        super().__init__(tenant, **more)
        self.answers = dict(answers)

    def answer(self, logged, body):
        told = super().answer(logged, body)
        return next((other for pattern, other in self.answers.items() if re.search(pattern, logged.path)), told)


def problems(home, **changed):
    """The names of the checks that found a problem, with what they found; each has a next step."""
    bad = [check for check in found(home, **changed) if check.state is State.PROBLEM]
    assert all(check.next_step for check in bad)
    return {check.name: check.found + " " + check.next_step for check in bad}


def found(home, *, faults=(), answers=(), permissions=ALL_PERMISSIONS, licensed=True, proxies=(), spared=(),
          **changed):
    """Everything that is found."""
    tenant = VirtualTenant(30, seed=2)
    tenant.licensed = licensed
    with Answering(tenant, answers, clock=VirtualClock(NOW), faults=FaultScript(list(faults)),
                   permissions=permissions) as simulator:
        settings = {
            "tenant": tenant.tenant_id, "client_id": simulator.issuer.client_id,
            "client_secret": simulator.issuer.secret, "graph_root": simulator.root,
            "login_root": simulator.login_root, "ca_bundle": simulator.ca_bundle, "data": home / "data",
            "output": home / "reports",
            "collect": ("accounts", "registrations", "tenant_policies", "group_members", "per_user_mfa",
                        "privileged_methods", "devices"),
            **changed,
        }
        return list(examine(Settings(**{name: value for name, value in settings.items() if value is not None}),
                            load_policy(), Online(simulator.clock, print), dict(proxies), lambda host: host in spared))


def without(name):
    return tuple(each for each in ALL_PERMISSIONS if each != name)


def token(kind, **parameters):
    return [Fault(kind, "/token", times=None, parameters=parameters)]


def test_nothing_is_found_on_a_clean_set_up(tmp_path):
    """No false alarm, with a secret and with a certificate that is good for a year."""
    assert {} == problems(tmp_path)
    assert {} == problems(tmp_path, client_secret=None, certificate_file=certificate(tmp_path / "c.pem", 365))


def test_reminders_are_looked_at(tmp_path):
    """A line each for the ledger, the delivery, and whoever a stage is for and no address is set for."""
    told = {check.name: check for check in found(tmp_path)}

    assert State.OK is told["ledger of reminders"].state
    assert State.OK is told["delivery of reminders"].state
    assert "reminders.addresses.operator" in told["audiences of reminders"].found


@pytest.mark.parametrize(("changed", "name", "says"), [
    ({"tenant": None}, "settings", "MFA_AUDIT_TENANT_ID"),
    ({"client_id": None}, "settings", "MFA_AUDIT_CLIENT_ID"),
    ({"managed_identity": "system"}, "settings", "client_secret, managed_identity"),
    ({"permissions": without("UserAuthenticationMethod.Read.All")}, "privileged_methods",
     "grant UserAuthenticationMethod.Read.All"),
    ({"permissions": without("Policy.Read.All")}, "per_user_mfa", "grant Policy.Read.All"),
    ({"permissions": without("Device.Read.All")}, "devices", "grant Device.Read.All"),
    ({"faults": token("token_error", code=7000215)}, "sign-in", "not its id"),
    ({"faults": token("token_error", code=7000222)}, "sign-in", "expired"),
    ({"faults": token("token_error", code=700016)}, "sign-in", "not known in this tenant"),
    ({"faults": token("token_error", code=90002)}, "sign-in", "no such tenant"),
    ({"faults": token("token_error", code=700027)}, "sign-in", "not the one uploaded"),
    ({"faults": token("token_empty_object")}, "sign-in", "no token was given"),
    ({"faults": token("token_wrong_tenant")}, "sign-in", "the settings name"),
    ({"faults": token("token_surplus")}, "surplus permissions", "take them away"),
    ({"faults": token("token_no_roles")}, "registrations", "AuditLog.Read.All"),
    ({"permissions": without("AuditLog.Read.All")}, "registrations", "grant AuditLog.Read.All"),
    ({"permissions": without("User.Read.All")}, "accounts", "grant User.Read.All"),
    ({"permissions": without("Policy.Read.All")}, "conditional_access_policies", "grant Policy.Read.All"),
    ({"permissions": without("Domain.Read.All")}, "domains", "grant Domain.Read.All"),
    ({"permissions": without("GroupMember.Read.All")}, "group_members", "grant GroupMember.Read.All"),
    ({"licensed": False}, "registrations", "not licensed"),
    ({"faults": [Fault("licence", "roleEligibility", times=None)], "collect": ("accounts", "role_assignments"),
      "permissions": tuple({*ALL_PERMISSIONS} - {"LicenseAssignment.Read.All", "Organization.Read.All"})},
     "role_eligibility", "grant LicenseAssignment.Read.All"),
    ({"faults": [Fault("clock_skew", "", times=None, parameters={"seconds": 600})]}, "clock", "correct"),
    ({"login_root": "https://127.0.0.1:9"}, "sign-in", "cannot be reached"),
    ({"graph_root": "https://127.0.0.1:9"}, "Microsoft Graph", "check the network"),
    ({"graph_root": "https://graph.elsewhere.example"}, "settings", "loopback"),
])
def test_a_planted_fault_is_named(tmp_path, changed, name, says):
    """The check that fails says what is wrong and what to do."""
    assert says in problems(tmp_path, **changed)[name]


REFUSED = Answer(403, {"error": {"code": "Authorization_RequestDenied", "message": ""}})
ERROR = Answer(200, {"error": {"code": "x", "message": ""}})
NOBODY, TWO = ([{"id": f"0f000000-0000-4000-8000-0000000000{n}"} for n in range(10, last)] for last in (10, 12))


@pytest.mark.parametrize(("address", "answer", "name", "says"), [
    (r"/users/\$count", REFUSED, "accounts", "a part would look whole"),
    (r"/devices/\$count", REFUSED, "devices", "a part would look whole"),
    (r"v1\.0/\$batch", REFUSED, "privileged_methods", "grant UserAuthenticationMethod.Read.All"),
    (r"beta/\$batch", Answer(200, {"responses": []}), "per_user_mfa", "whether the per-user setting"),
    (r"transitiveMembers\?", REFUSED, "group_members", "grant GroupMember.Read.All"),
    (r"transitiveMembers/\$count", REFUSED, "group_members", "a part would look whole"),
    (r"/users\?", ERROR, "accounts", "not what Graph writes"),
    ("userRegistrationDetails", ERROR, "registrations", "not what Graph writes"),
    ("userRegistrationDetails", Answer(200, [1]), "registrations", "not what Graph writes"),
    ("SecurityDefaults", Answer(200, {}), "security_defaults", "not what Graph writes"),
    ("/organization", Answer(200, {"value": NOBODY}), "tenant", "answers for nobody"),
    ("/organization", Answer(200, {"value": TWO}), "tenant", "00000010, 0f"),
    ("/organization", ERROR, "tenant", "not what Graph writes"),
])
def test_everything_a_night_asks_is_asked(tmp_path, address, answer, name, says):
    """Counts, batches and members too, and an answer that is none is a problem at once."""
    assert says in problems(tmp_path, answers={address: answer})[name]


def test_a_clock_that_is_right_at_the_first_answer_alone_is_said(tmp_path):
    """Every answer is looked at."""
    wrong = Fault("clock_skew", "userRegistrationDetails", parameters={"seconds": 86_400})

    assert "86400 seconds apart" in problems(tmp_path, faults=[wrong])["clock"]


@pytest.mark.parametrize(("more", "name", "state", "says"), [
    ((), "permissions", State.OK, "granted: AuditLog.Read.All"),
    (("Mail.Send", "User.Invite.All"), "surplus permissions", State.PROBLEM, "Mail.Send, User.Invite.All: nothing"),
    (("User.EnableDisableAccount.All",), "surplus permissions", State.PROBLEM, "User.EnableDisableAccount.All"),
    (("Mail.Read", "Directory.Read.All"), "surplus permissions to read", State.NOTE, "Directory.Read.All, "),
    (("Mail.Read", "Files.Read.All"), "surplus permissions to read", State.NOTE, "Files.Read.All, "),
])
def test_permissions_are_named(tmp_path, more, name, state, says):
    """Those that can change something are a problem; those to read what nobody asks for are said."""
    (check,) = [each for each in found(tmp_path, permissions=(*ALL_PERMISSIONS, *more)) if each.name == name]

    assert (state, True) == (check.state, says in check.found)


@pytest.mark.parametrize(("proxies", "spared", "state", "says"), [
    ({}, (), State.OK, "none"), ({"no": "localhost"}, (), State.OK, "none"),
    ({"http": "http://p"}, (), State.OK, "none"),
    ({"https": "http://me:canary-word@p:8080"}, (), State.NOTE, "graph.microsoft.com through the proxy"),
    ({"https": "http://p"}, ("graph.microsoft.com", "login.microsoftonline.com"), State.OK, "not used"),
    ({"https": "http://me:canary-word@p:notaport"}, (), State.PROBLEM, "cannot be read"),
])
def test_a_proxy_is_said_where_it_is_used(tmp_path, proxies, spared, state, says):
    """Never with the password in its address; a sign-in that cannot be had ends what else would be asked."""
    (check,) = [each for each in found(tmp_path, proxies=proxies, spared=spared, graph_root=None, login_root=None,
                                       tenant=None) if each.name == "proxy"]

    assert (state, True, False) == (check.state, says in check.found, "canary-word" in check.found)


@pytest.mark.parametrize(("days", "says"), [(-1, "it ended on"), (6, "6 days left")])
def test_a_certificate_that_ends_is_said(tmp_path, days, says):
    """Before it stops the job, and after."""
    told = problems(tmp_path, client_secret=None, certificate_file=certificate(tmp_path / "c.pem", days))

    assert says in told["certificate"]


def test_a_certificate_others_can_read_or_nobody_is_said(tmp_path):
    """A key is its owner's alone."""
    open_to_all = problems(tmp_path, client_secret=None, certificate_file=certificate(tmp_path / "c.pem", 90, 0o644))
    gone = problems(tmp_path, client_secret=None, certificate_file=tmp_path / "none.pem")

    assert "chmod 600" in open_to_all["certificate file"]
    assert "cannot be read" in gone["certificate file"]


def test_a_certificate_authority_that_is_none_is_said(tmp_path):
    """A path that leads nowhere, and a file without a certificate."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")

    assert "cannot be read" in problems(tmp_path, ca_bundle=tmp_path / "none.pem")["certificate authority"]
    assert "no certificate" in problems(tmp_path, ca_bundle=empty)["certificate authority"]


def test_a_folder_that_cannot_be_written_and_a_lock_are_said(tmp_path):
    """What would stop a night after an hour stops doctor at once."""
    (tmp_path / "file").write_text("")
    assert "data folder" in problems(tmp_path, data=tmp_path / "file" / "data")
    (tmp_path / "data").mkdir()
    with lock(tmp_path / "data" / ".mfa-audit.lock", "another"):
        assert "another" in problems(tmp_path)["lock"]


def test_the_command_leaves_with_five_when_a_night_would_not_work(tmp_path):
    """And says each line in words."""
    done = subprocess.run([sys.executable, "-m", "mfa_audit", "doctor"], cwd=tmp_path, capture_output=True, text=True,
                          check=False)

    assert 5 == done.returncode
    assert "MFA_AUDIT_TENANT_ID" in done.stdout
