"""Signing in to Microsoft Entra as an application, or as a person trying the tool out: the only door to msal.

Nothing is kept on disk. A token is asked for before every request; msal answers from memory until it is about to
expire, so that a run longer than a token's life renews it by itself. Source: Microsoft Learn, "Client credentials flow
in MSAL Python"; the error codes: "Microsoft Entra authentication and authorization error codes".
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

import msal
from msal.exceptions import MsalServiceError

from mfa_audit.errors import AccessRefused
from mfa_audit.sources.graph.address import on_this_machine, same_host, shown_of
from mfa_audit.sources.graph.certificate import credential_of, text_of
from mfa_audit.sources.graph.client import NETWORK_ERRORS, new_session, said_of
from mfa_audit.sources.graph.granted import OPAQUE, Granted, granted_by
from mfa_audit.sources.graph.pacing import Stopped
from mfa_audit.sources.graph.patience import SignInUnwell
from mfa_audit.sources.graph.refusals import plain, retry_after
from mfa_audit.sources.graph.skew import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.address import Cloud
    from mfa_audit.sources.graph.client import Request, Response

# msal logs an answer of the sign-in service that it cannot read, token and all, and Python prints what nobody handles.
logging.getLogger("msal").addHandler(logging.NullHandler())
logging.getLogger("msal").propagate = False

_TIMEOUTS = (10.0, 30.0)
_ODD = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What reading an answer of another shape than the protocol's may raise, in msal and here."""
_TOKEN = re.compile(r"[!-~]+")
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_CODE = re.compile(r"AADSTS(\d+)")
_TRANSIENT = frozenset({90033, 90024, 90006, 50033, 50087})

ADVICE: Mapping[int, str] = {
    7000215: "the client secret is wrong: paste the secret's value, not its id",
    7000222: "the client secret has expired: make a new one, or better, use a certificate",
    700016: "the application is not known in this tenant: check tenant, client id and cloud",
    700011: "the application is not known in this tenant: check tenant, client id and cloud",
    90002: "there is no such tenant: check the tenant id and the cloud",
    90038: "the tenant lives in another national cloud: set 'cloud'",
    700027: "the certificate is not the one uploaded to the application, or its chain is in the wrong order",
    700024: "the signed assertion is outside its time: correct this machine's clock",
    70021: "no federated credential of the application matches issuer, subject and audience",
    700213: "no federated credential of the application matches the subject",
    7000218: "no secret or certificate was sent: set one",
    700025: "the application is a public client, which takes no secret",
    7000112: "the application is disabled in the tenant",
    65001: "nobody has consented to the permissions: an administrator must grant them",
    500011: "Graph is not known under this root: check 'cloud'",
    50196: "Entra saw the same request in a loop: wait a few minutes",
    50194: "the application belongs to one tenant: name that tenant's id",
    53003: "Conditional Access blocks this sign-in",
    50076: "Conditional Access asks for MFA at this sign-in",
    50079: "the person has to register a second factor first",
    50158: "Conditional Access asks for more at this sign-in",
    70019: "the code was not used in time: begin again",
    70018: "the code was wrong: begin again",
}
"""AADSTS code -> what it means for whoever runs the job. For people only; nothing branches on it but the transient."""


@dataclass(frozen=True)
class Credential:
    """How the application proves itself: exactly one of ``secret``, ``certificate`` (PEM or PFX file, ``passphrase`` if
    it has one), ``assertion`` (a file with a federated token, read afresh every time), ``managed_identity`` (its client
    id, or ``system``), or none of them: a person signs in by device code, told by ``show``, and consents to
    ``permissions``."""

    client_id: str = ""
    secret: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    passphrase: str | None = field(default=None, repr=False)
    assertion: Path | None = None
    managed_identity: str | None = None
    show: Callable[[str], None] | None = field(default=None, repr=False)
    permissions: tuple[str, ...] = ("User.Read.All",)


class EntraTokens:
    """Tokens for Graph from Entra. ``tenant`` is its id; ``clock`` ends answers that only drip in; ``ca_bundle`` as for
    Graph; within about a second of ``over`` nobody is waited for, neither the service nor a person.

    Nothing is sent to another host than the cloud's for signing in, whatever that names. Raises :class:`AccessRefused`
    when Entra refuses (with what to do), :class:`SignInUnwell` when it cannot be reached or is not well,
    :class:`SettingsError` for a certificate that cannot be read.
    """

    def __init__(self, cloud: Cloud, tenant: str, credential: Credential, clock: Clock, *,
                 ca_bundle: Path | None = None, over: Callable[[], bool] = lambda: False) -> None:
        self._lock = Lock()
        self._clock, self._over = clock, over
        self._graph = cloud.graph
        self._tenant = tenant
        self._login = cloud.login
        self._session = new_session(ca_bundle, clock, timeout=_TIMEOUTS, watch=self._refuse_elsewhere,
                                    judge=self._judge, over=over)
        self._credential = credential
        self._authority = f"{cloud.login}/{tenant}"
        self._app: Any = None
        self._stale = False

    def token(self) -> str:
        """A valid token; msal's memory answers until shortly before it expires."""
        with self._lock:
            self._go_on()
            try:
                self._app = self._app or self._made()
                answer = self._asked()
                self._stale = False
            except NETWORK_ERRORS as error:
                self._go_on()
                raise self._unwell(said_of(error)) from error
            except MsalServiceError as error:
                raise self._unwell("its answer is an error") from error
            except _ODD as error:
                raise AccessRefused("the sign-in service does not answer for this tenant", where=self._authority,
                                    next_step="check 'tenant' and 'cloud'.") from error
            if not isinstance(answer, dict):
                raise AccessRefused("the sign-in service answers with something that is no token",
                                    where=self._authority, next_step="look at the proxy on the way; run again.")
            try:
                return self._checked(answer)
            except SignInUnwell:
                self._forget()  # msal would repeat the answer from memory for a minute.
                raise

    def renew(self) -> None:
        """See to it that the next token is a new one. What a person has signed in for is renewed without them."""
        with self._lock:
            self._stale = True
            self._forget()

    def _forget(self) -> None:
        if not isinstance(self._app, msal.PublicClientApplication):
            self._app = None

    def granted(self) -> Granted:
        """What the present token allows, as it says itself."""
        return granted_by(self.token(), self._graph)

    def _refuse_elsewhere(self, request: Request) -> None:
        url = request.url or ""
        # A machine's own identity is asked for at the machine.
        own = self._credential.managed_identity is not None
        if not (on_this_machine(url) if own else same_host(url, self._login)):
            raise AccessRefused("the sign-in service names an address on another host, which was not asked",
                                where=shown_of(url), next_step="look at the proxy between this machine and Entra.")

    def _judge(self, response: Response) -> None:
        """Faults of a moment, before msal reads and remembers them."""
        if response.status_code == 429 or response.status_code >= 500:
            there = moment(response.headers.get("Date"))
            asked = response.headers.get("Retry-After")
            # Without the time there, a date to come back at asks for no wait; a number does.
            raise self._unwell(f"HTTP {response.status_code}", retry_after(asked, there or _END_OF_TIME))

    def _unwell(self, problem: str, wait: float | None = None) -> SignInUnwell:
        return SignInUnwell(f"the sign-in service cannot be reached or is not well: {problem}", where=self._authority,
                            next_step="check the network, proxy and 'ca_bundle'; run again in a few minutes.",
                            wait=wait or 0.0)

    def _made(self) -> Any:
        credential = self._credential
        if credential.managed_identity is not None:
            identity = (msal.SystemAssignedManagedIdentity() if credential.managed_identity == "system"
                        else msal.UserAssignedManagedIdentity(client_id=credential.managed_identity))
            return msal.ManagedIdentityClient(identity, http_client=self._session)
        # The authority is one of a closed list or a loopback address (address.py): asking Microsoft about it first
        # would be a call to a host nobody configured.
        common = {"authority": self._authority, "http_client": self._session, "instance_discovery": False}
        if credential.secret is not None:
            return msal.ConfidentialClientApplication(credential.client_id, client_credential=credential.secret,
                                                      **common)
        if credential.certificate is not None:
            return msal.ConfidentialClientApplication(
                credential.client_id, client_credential=credential_of(credential.certificate, credential.passphrase),
                **common)
        if credential.assertion is not None:
            file = credential.assertion
            return msal.ConfidentialClientApplication(
                credential.client_id, client_credential={"client_assertion": lambda: text_of(file)}, **common)
        return msal.PublicClientApplication(credential.client_id, **common)

    def _asked(self) -> Mapping[str, Any]:
        credential, app = self._credential, self._app
        if credential.managed_identity is not None:
            answer: Mapping[str, Any] = app.acquire_token_for_client(resource=self._graph)
        elif isinstance(app, msal.ConfidentialClientApplication):
            answer = app.acquire_token_for_client(scopes=[f"{self._graph}/.default"])
        else:
            answer = self._by_device_code()
        return answer

    def _by_device_code(self) -> Mapping[str, Any]:
        scopes = [f"{self._graph}/{permission}" for permission in self._credential.permissions]
        for account in self._app.get_accounts():
            silent: Mapping[str, Any] | None = self._app.acquire_token_silent(
                scopes, account=account, force_refresh=self._stale)
            if silent:
                return silent
        flow = self._app.initiate_device_flow(scopes=scopes)
        if "user_code" in flow and self._credential.show is not None:
            self._credential.show(flow["message"])
            answer: Mapping[str, Any] = self._app.acquire_token_by_device_flow(flow, exit_condition=self._is_late)
            self._go_on()
            return answer
        refused: Mapping[str, Any] = flow
        return refused

    def _is_late(self, flow: Mapping[str, Any]) -> bool:
        return self._over() or flow.get("expires_at", 0) < self._clock.now().timestamp()

    def _go_on(self) -> None:
        if self._over():
            raise Stopped("the sign-in was given up", where=self._authority, next_step="run again.")

    def _checked(self, answer: Mapping[str, Any]) -> str:
        token = answer.get("access_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise _refused(answer, self._authority)
        told = granted_by(token, self._graph)
        if told is not OPAQUE and _is_id(self._tenant) and told.tenant.casefold() != self._tenant.casefold():
            raise AccessRefused(f"the token is for tenant {told.tenant or 'unknown'}, the settings name {self._tenant}",
                                where=self._authority, next_step="correct 'tenant' or the credential.")
        return token


def _refused(answer: Mapping[str, Any], where: str) -> AccessRefused | SignInUnwell:
    error = answer.get("error")
    description = str(answer.get("error_description") or error or "")
    told = answer.get("error_codes")
    listed = [code for code in told if isinstance(code, int)] if isinstance(told, list) else []
    codes = listed or [int(code[:9]) for code in _CODE.findall(description)]
    code: int = next((code for code in codes if code in ADVICE or code in _TRANSIENT), codes[0] if codes else 0)
    if code in _TRANSIENT:
        return SignInUnwell(f"the sign-in service is not well at the moment (AADSTS{code})", where=where,
                            next_step="run again in a few minutes.")
    if code in ADVICE:
        return AccessRefused(f"sign-in was refused (AADSTS{code})", where=where, next_step=f"{ADVICE[code]}.")
    named = f" (AADSTS{code})" if code else f" ({plain(error)})" if plain(error) else ": no token was given"
    return AccessRefused(f"sign-in was refused{named}", where=where,
                         next_step="look the code up in Microsoft's list of Entra error codes.")


def _is_id(tenant: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F-]{36}", tenant) is not None
