"""Registrations of a small tenant without the licence for the report: each account's methods, one by one.

Telephone numbers, device names and every other detail are dropped as the answer is read: only the kind of a method is
kept. Source: Microsoft Learn, "List methods" (authentication methods API).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.sources.graph.batch import ask_each
from mfa_audit.sources.graph.pacing import Family
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.client import Client
    from mfa_audit.sources.graph.pacing import Pace

PERMISSION = "UserAuthenticationMethod.Read.All"

_PREFIX, _SUFFIX = "#microsoft.graph.", "AuthenticationMethod"
_PHONES = {"mobile": "mobilePhone", "alternatemobile": "alternateMobilePhone", "office": "officePhone"}
_KINDS: Mapping[str, str | None] = {
    "password": None,
    "microsoftauthenticator": "microsoftAuthenticatorPush",
    "passwordlessmicrosoftauthenticator": "microsoftAuthenticatorPasswordless",
    "softwareoath": "softwareOneTimePasscode",
    "hardwareoath": "hardwareOneTimePasscode",
    "windowshelloforbusiness": "windowsHelloForBusiness",
    "platformcredential": "macOsSecureEnclaveKey",
    "temporaryaccesspass": "temporaryAccessPass",
    "email": "email",
    "external": "externalAuthMethod",
    "qrcodepin": "qrCodePin",
}
"""Kind of an object of the methods API -> its name in the registration report; null for what is no second factor and
is in everybody's list. A kind that is not here keeps its own name, and so counts as unmapped."""


def registrations(client: Client, pace: Pace, clock: Clock, accounts: Sequence[str]) -> Iterator[bytes]:
    """Rows of the registration report's shape, one JSON object a line, for the account ids given. An account that is
    gone has none.

    Raises :class:`Refusal` when the methods of an account are refused.
    """
    paths = {f"/users/{account}/authentication/methods": account for account in accounts}
    for path, answer in ask_each(client, pace, clock, Family.DIRECTORY, list(paths)):
        if isinstance(answer, Refusal):
            if answer.status == 404:
                continue
            raise answer
        yield msgspec.json.encode({
            "id": paths[path], "methodsRegistered": method_names(answer),
            "lastUpdatedDateTime": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        }) + b"\n"


def method_names(answer: Mapping[str, Any]) -> list[str] | None:
    """The report's names of the methods in an answer; null, which is *unreadable*, for one that has no list or that
    goes on on another page."""
    listed = answer.get("value")
    if not isinstance(listed, list) or "@odata.nextLink" in answer:
        return None
    return sorted({name for method in listed if (name := _name(method)) is not None})


def _name(method: Any) -> str | None:
    told = method.get("@odata.type") if isinstance(method, dict) else None
    if not isinstance(told, str):
        return "unreadable"
    kind = told.removeprefix(_PREFIX).removesuffix(_SUFFIX).casefold()
    if kind == "phone":
        return _PHONES.get(str(method.get("phoneType")).casefold(), "unreadable")
    if kind == "fido2":
        return "passKeySynced" if str(method.get("passkeyType")).casefold() == "synced" else "passKeyDeviceBound"
    return _KINDS.get(kind, kind)
