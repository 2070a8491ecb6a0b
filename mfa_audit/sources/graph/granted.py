"""What a token says of itself: whose it is, and which permissions it carries."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from mfa_audit.errors import AccessRefused
from mfa_audit.sources.graph.address import CLOUDS

_GRAPH_AUDIENCES = frozenset({"00000003-0000-0000-c000-000000000000", *(cloud.graph for cloud in CLOUDS.values())})
_PARTS_OF_TOKEN = 3
_OF_SIGN_IN = frozenset({"openid", "profile", "email", "offline_access"})
"""What a person's sign-in carries besides; none of it opens anything in Graph."""


@dataclass(frozen=True)
class Granted:
    """What a token says of itself: tenant, application, permissions."""

    tenant: str
    application: str
    permissions: frozenset[str]

    @property
    def changing(self) -> frozenset[str]:
        """Permissions that do more than read, by their names: ``Mail.Send`` as well as whatever has ``ReadWrite`` in
        it. To read, none is needed."""
        return frozenset(name for name in self.permissions - _OF_SIGN_IN if not _only_reads(name))

    def beyond(self, needed: frozenset[str]) -> frozenset[str]:
        """Permissions to read what nobody ``needed``."""
        return self.permissions - needed - _OF_SIGN_IN - self.changing


def _only_reads(name: str) -> bool:
    """Whether a permission's name has *Read* for what it allows: ``User.Read.All``, ``User.ReadBasic.All``."""
    return any(part in ("read", "readbasic") for part in name.casefold().split(".")[1:])


OPAQUE = Granted("", "", frozenset())
"""What a token says that nobody but Graph can read."""


def granted_by(token: str, graph: str = "") -> Granted:
    """Read a token's claims; nothing is verified, because Graph does that. One that is not three parts is opaque.

    Raises :class:`AccessRefused` for one that cannot be read, or is meant for something other than Graph: the clouds'
    own, or the root ``graph``.
    """
    parts = token.split(".")
    if len(parts) != _PARTS_OF_TOKEN:
        return OPAQUE
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return OPAQUE
    if not isinstance(claims, dict):
        raise AccessRefused("the token says nothing of itself", next_step="check 'cloud' and the credential.")
    audience = str(claims.get("aud", "")).rstrip("/")
    if audience not in _GRAPH_AUDIENCES and audience != graph:
        raise AccessRefused("the token is not meant for Microsoft Graph", next_step="check 'cloud' and the credential.")
    roles = claims.get("roles")
    names = roles if isinstance(roles, list) else str(claims.get("scp", "")).split()
    return Granted(str(claims.get("tid") or ""), str(claims.get("appid") or ""), frozenset(map(str, names)))
