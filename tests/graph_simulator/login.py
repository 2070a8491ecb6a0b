"""The sign-in service: discovery, tokens for an application by secret or assertion, and the device code.

Tokens have the shape of a JWT and carry a canary that no output may ever hold.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .answers import Answer, error

if TYPE_CHECKING:
    from mfa_audit.clock import Clock

CANARY = "canary-c0ffee-do-not-write-me-down"
AUDIENCE = "https://graph.microsoft.com"
PERSON = "7c1e2f60-0000-4f55-9d1c-0000000000aa"
FAR_AWAY = 4_102_444_800
CLIENT_ID = "0a0b0c0d-0000-4000-8000-0000000000c1"
SECRET = "canary-secret-do-not-write-me-down"  # noqa: S105
ALL_PERMISSIONS = (
    "AuditLog.Read.All",
    "Device.Read.All",
    "Domain.Read.All",
    "GroupMember.Read.All",
    "LicenseAssignment.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "RoleManagement.Read.Directory",
    "User.Read.All",
    "UserAuthenticationMethod.Read.All",
)
MESSAGES = {
    7000215: ("invalid_client", "Invalid client secret provided."),
    7000222: ("invalid_client", "The provided client secret keys are expired."),
    700016: ("unauthorized_client", "Application was not found in the directory."),
    700027: ("invalid_client", "The certificate with identifier used to sign the client assertion is not registered."),
    90002: ("invalid_request", "Tenant not found."),
    700082: ("invalid_grant", "The refresh token has expired due to inactivity."),
    53003: ("access_denied", "Access has been blocked by Conditional Access policies."),
}


def encoded(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def refusal(code: int, *, status: int = 401) -> Answer:
    """A refusal of the token endpoint by AADSTS code."""
    name, message = MESSAGES.get(code, ("invalid_request", "The request was refused."))
    body = {"error": name, "error_description": f"AADSTS{code}: {message}", "error_codes": [code]}
    return Answer(status, body | {"correlation_id": "51111111-2222-4333-8444-555566667777"})


@dataclass
class Issuer:
    """Issues and checks tokens. ``life`` is in seconds; ``pending`` device-code polls come before one is let in.

    ``assertions`` are those that applications have signed in with, ``codes`` counts the device codes given, and
    ``refreshed`` the tokens had by a refresh token, of which only the last one issued is good; ``scope`` is what the
    last device code was asked for.
    """

    clock: Clock
    tenant_id: str
    roles: tuple[str, ...] = ALL_PERMISSIONS
    client_id: str = CLIENT_ID
    secret: str = SECRET
    life: int = 3600
    pending: int = 1
    issued: int = 0
    codes: int = 0
    refreshed: int = 0
    assertions: list[str] = field(default_factory=list)
    _refresh: str | None = None
    scope: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def metadata(self, root: str, tenant: str) -> Answer:
        """The OpenID configuration of the tenant."""
        base = f"{root}/{tenant}"
        return Answer(
            200,
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "tenant_region_scope": "EU",
            },
        )

    def device_code(self, root: str, form: dict[str, str]) -> Answer:
        """The start of a device-code sign-in; what it asks for is remembered."""
        self.codes += 1
        self.scope = form.get("scope", "")
        uri = f"{root}/device"
        message = f"To sign in, open {uri} and enter the code SIM-CODE."
        body = {"device_code": "simulated-device", "user_code": "SIM-CODE", "verification_uri": uri}
        return Answer(200, body | {"expires_in": 900, "interval": 1, "message": message})

    def token(self, tenant: str, form: dict[str, str], fault: str | None = None, **change: Any) -> Answer:
        """The answer of the token endpoint; ``fault`` bends it as ``faults`` describes."""
        kind = form.get("grant_type", "")
        refused = self._refused(tenant, form, kind)
        if refused is not None:
            return refused
        if fault == "token_error":
            return refusal(change.get("code", 7000215))
        if fault == "token_empty_object":
            return Answer(200, {})
        life = change.get("seconds", 30) if fault == "token_short" else self.life
        claims = self._claims(fault, life, delegated=kind != "client_credentials")
        token = "" if fault == "token_empty_string" else self.sign(claims)
        body = {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}
        return Answer(200, body if kind == "client_credentials" else body | self._of_person())

    def _of_person(self) -> dict[str, Any]:
        """What a person's sign-in brings besides: who they are, and a refresh token in place of the one before."""
        self._refresh = f"{CANARY}-refresh-{self.issued}"
        claims = {"aud": self.client_id, "iss": AUDIENCE, "sub": "somebody", "oid": PERSON, "tid": self.tenant_id,
                  "preferred_username": "somebody@riverside.example", "exp": FAR_AWAY}
        client_info = json.dumps({"uid": PERSON, "utid": self.tenant_id}).encode()
        return {"id_token": self.sign(claims), "client_info": encoded(client_info), "refresh_token": self._refresh,
                "scope": self.scope}

    def revoke(self) -> None:
        """Let no refresh token be good any more."""
        self._refresh = None

    def _refused(self, tenant: str, form: dict[str, str], kind: str) -> Answer | None:
        if tenant.lower() != self.tenant_id.lower():
            return refusal(90002, status=400)
        if form.get("client_id") != self.client_id:
            return refusal(700016, status=400)
        if kind == "client_credentials":
            assertion = form.get("client_assertion")
            if assertion:
                self.assertions.append(assertion)
            return None if assertion or form.get("client_secret") == self.secret else refusal(7000215)
        if kind == "refresh_token":
            good = self._refresh is not None and form.get("refresh_token") == self._refresh
            self.refreshed += good
            return None if good else refusal(700082, status=400)
        return self._not_yet(kind)

    def _not_yet(self, kind: str) -> Answer | None:
        if kind != "urn:ietf:params:oauth:grant-type:device_code":
            return refusal(70003, status=400)
        if self.pending <= 0:
            return None
        self.pending -= 1
        return Answer(400, {"error": "authorization_pending", "error_description": "AADSTS70016: pending"})

    def _claims(self, fault: str | None, life: int, *, delegated: bool) -> dict[str, Any]:
        with self._lock:
            self.issued += 1
            number = self.issued
        roles = {"token_no_roles": (), "token_surplus": (*self.roles, "User.ReadWrite.All")}.get(
            fault or "", self.roles
        )
        stranger = "0f000000-0000-4000-8000-00000000bad0"
        now = self.clock.now()
        claims: dict[str, Any] = {
            "aud": AUDIENCE,
            "tid": stranger if fault == "token_wrong_tenant" else self.tenant_id,
            "appid": self.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=life)).timestamp()),
            "uti": f"{CANARY}-{number}",
        }
        return claims | ({"scp": " ".join(roles)} if delegated else {"roles": list(roles)})

    def sign(self, claims: dict[str, Any]) -> str:
        """The claims as a token signed with the secret; the canary stands in its own, readable, third of it."""
        head = encoded(json.dumps({"typ": "JWT", "alg": "HS256", "kid": CANARY}).encode())
        body = encoded(json.dumps(claims).encode())
        return f"{head}.{body}.{CANARY}{encoded(self._mac(f'{head}.{body}'))}"

    def permissions(self, header: str | None) -> tuple[str, ...] | None:
        """What the bearer of an Authorization header may do, or None when it is missing, foreign or expired."""
        kind, _, token = (header or "").partition(" ")
        parts = token.split(".")
        if kind != "Bearer" or len(parts) != 3:
            return None
        mac = f"{CANARY}{encoded(self._mac(f'{parts[0]}.{parts[1]}'))}"
        if not hmac.compare_digest(parts[2], mac):
            return None
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        # A token for another tenant is let in: only the client's own check can notice it.
        if claims["exp"] <= self.clock.now().timestamp():
            return None
        return tuple(claims.get("roles") or claims.get("scp", "").split())

    def _mac(self, text: str) -> bytes:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).digest()


def unauthorised() -> Answer:
    """401 as Graph gives it."""
    challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    return error(401, "InvalidAuthenticationToken", "Lifetime validation failed.", WWW_Authenticate=challenge)
