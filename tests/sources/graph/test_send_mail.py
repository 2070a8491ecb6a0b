"""Mail by Graph against the simulator: taken once, and what nobody can know is told as that."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from email import message_from_bytes
from email import policy as email_policy
from email.message import EmailMessage

import pytest
from graph_simulator import Fault, FaultScript, Simulator, VirtualClock, VirtualTenant
from nights import STARTED

from mfa_audit.collection import Online
from mfa_audit.delivery import deliverer
from mfa_audit.errors import AccessRefused, GraphUnreachable, MfaAuditError, SettingsError
from mfa_audit.mail import Fate
from mfa_audit.policy import load_policy
from mfa_audit.settings import Settings

SENDER = "it-security@contoso.example"
PATH = "sendMail"


def policy(delivery="graph"):
    made = load_policy()
    return made.model_copy(update={"reminders": made.reminders.model_copy(
        update={"delivery": delivery, "sender": SENDER})})


@contextmanager
def graph(*faults: Fault, permissions=("Mail.Send",), keep=None):
    """A simulator and who delivers to it; ``keep``: where its certificate outlasts it."""
    with Simulator(VirtualTenant(3, seed=1), clock=VirtualClock(STARTED), faults=FaultScript(list(faults)),
                   permissions=permissions) as simulator:
        given = {"tenant": simulator.tenant.tenant_id, "client_id": simulator.issuer.client_id,
                 "client_secret": simulator.issuer.secret, "graph_root": simulator.root,
                 "login_root": simulator.login_root, "ca_bundle": simulator.ca_bundle}
        if keep is not None:
            given["ca_bundle"] = shutil.copyfile(simulator.ca_bundle, keep)
        deliver = deliverer(Settings(**given), policy(), Online(simulator.clock, print))
        try:
            yield simulator, deliver
        finally:
            deliver.close()


def message() -> EmailMessage:
    made = EmailMessage(policy=email_policy.SMTP)
    made["From"], made["To"], made["Subject"] = SENDER, "ada@contoso.example", "[MFA] Zo\u00eb, please"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("Hello,\n\nplease.\n", cte="quoted-printable")
    return made


def test_a_message_is_taken_with_all_its_headers() -> None:
    """From the sender's mailbox, as MIME; nothing goes elsewhere."""
    with graph() as (simulator, deliver):
        assert Fate.LEFT is deliver.send(message()).fate
        [(sender, content)] = simulator.mail
        assert [] == simulator.foreign
    read = message_from_bytes(content, policy=email_policy.default)
    assert (SENDER, "auto-generated", "[MFA] Zo\u00eb, please") == (sender, read["Auto-Submitted"], read["Subject"])


@pytest.mark.parametrize("fault", [
    Fault("reset_before", PATH), Fault("status", PATH, parameters={"status": 500}),
    Fault("status", PATH, parameters={"status": 502}), Fault("status", PATH, parameters={"status": 504}),
])
def test_what_may_have_been_taken_is_not_sent_again(fault) -> None:
    """The answer did not arrive, or says nothing of it: one request, and a person decides."""
    with graph(fault) as (simulator, deliver):
        told = deliver.send(message())
        asked = [each for each in simulator.requests if each.path.endswith(PATH)]

    assert (Fate.UNKNOWN, 1) == (told.fate, len(asked))


def test_being_told_to_wait_is_no_failure() -> None:
    """Graph has done nothing then: the message leaves once, later."""
    with graph(Fault("throttle", PATH, times=2, parameters={"retry_after": "30"})) as (simulator, deliver):
        assert Fate.LEFT is deliver.send(message()).fate
        assert 1 == len(simulator.mail)


def test_a_message_graph_does_not_like_has_not_left() -> None:
    """400: refused, and may be tried again."""
    with graph(Fault("status", PATH, parameters={"status": 400})) as (_, deliver):
        assert Fate.REFUSED is deliver.send(message()).fate


def test_without_the_permission_it_is_named() -> None:
    """And nothing leaves."""
    with graph(permissions=("User.Read.All",)) as (simulator, deliver):
        with pytest.raises(AccessRefused) as refused:
            deliver.send(message())
        assert "Mail.Send" in str(refused.value)
        assert [] == simulator.mail


def test_nobody_there_is_said_as_surely_not_sent(tmp_path) -> None:
    """A connection that was never made."""
    with graph(keep=tmp_path / "ca.pem") as (simulator, deliver):
        assert Fate.LEFT is deliver.send(message()).fate
    with pytest.raises(GraphUnreachable, match="cannot be reached"):
        deliver.send(message())
    assert 1 == len(simulator.mail)


@pytest.mark.parametrize(("delivery", "settings", "name"), [
    ("files", {}, "by hand"), ("smtp", {}, "smtp_host|SMTP_HOST"), ("graph", {}, "tenant"),
    ("smtp", {"smtp_host": "mail.contoso.example", "smtp_user": "u"}, "together"),
])
def test_what_is_missing_is_said_before_anything_is_connected(delivery, settings, name) -> None:
    """By its name."""
    with pytest.raises(SettingsError) as refused:
        deliverer(Settings(**settings), policy(delivery), Online(VirtualClock(STARTED), print))
    assert isinstance(refused.value, MfaAuditError)
    assert any(word in str(refused.value) for word in name.split("|"))
