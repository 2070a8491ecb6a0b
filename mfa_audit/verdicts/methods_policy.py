"""What a tenant's authentication methods policy switches off for everybody.

Source: Microsoft Learn, "Manage authentication methods for Microsoft Entra ID". A policy that is still migrating leaves
the older settings in force, so it switches nothing off here; one that names groups is left to ``isMfaCapable``, which
Microsoft works out from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfa_audit.methods import BIT
from mfa_audit.snapshot.documents import entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYBODY = "all_users"
"""The group id by which Graph means everybody."""

_GOVERNED: Mapping[str, tuple[str, ...]] = {
    "security_key": ("fido2",),
    "passkey_authenticator": ("fido2",),
    "passkey_windows": ("fido2",),
    "passkey_synced": ("fido2",),
    "certificate": ("x509certificate",),
    "authenticator_passwordless": ("microsoftauthenticator",),
    "authenticator_push": ("microsoftauthenticator",),
    "software_code": ("softwareoath", "microsoftauthenticator"),
    "hardware_code": ("hardwareoath",),
    "mobile_phone": ("sms", "voice"),
    "alternate_phone": ("voice",),
    "office_phone": ("voice",),
}
"""Catalogue name -> the configurations of which one must be on; other methods are not governed by the policy."""


_ALWAYS_LISTED = frozenset({"fido2", "microsoftauthenticator", "softwareoath", "sms", "voice", "x509certificate"})
"""The configurations Graph lists in every answer, so that one that is not there was lost. Version 1.0 leaves the code
generators out that are hardware."""


def switched_off(methods_policy: Any) -> int:
    """The methods nobody in the tenant may use, as bits; 0 when the policy was not supplied or is still migrating."""
    policies = entries(methods_policy)
    if not policies or any(_word(policy.get("policyMigrationState")) != "migrationcomplete" for policy in policies):
        return 0
    state = {_word(each.get("id")): _word(each.get("state")) for each in _configurations(policies)}
    return sum(
        BIT[method] for method, governors in _GOVERNED.items()
        if all(state.get(governor) == "disabled" for governor in governors)
    )


def in_doubt(methods_policy: Any) -> int:
    """The methods of which a supplied policy does not say whether anybody may use them, as bits: nothing that governs
    one is switched on, and the state of something that does is missing or cannot be read."""
    policies = entries(methods_policy)
    if not policies or any(_word(policy.get("policyMigrationState")) != "migrationcomplete" for policy in policies):
        return 0
    state = {_word(each.get("id")): _word(each.get("state")) for each in _configurations(policies)}
    found = 0
    for method, governors in _GOVERNED.items():
        states = {state.get(governor, "") for governor in governors if governor in state or governor in _ALWAYS_LISTED}
        if "enabled" not in states and states - {"disabled"}:
            found |= BIT[method]
    return found


@dataclass(frozen=True)
class Targets:
    """Whom a method is switched on for: group ids in lower case, :data:`EVERYBODY` among them for all."""

    include: frozenset[str]
    exclude: frozenset[str]


def registrable(methods_policy: Any) -> tuple[Targets, ...] | None:
    """Whom the policy lets register what is recommended, Microsoft Authenticator or a passkey; null when it was not
    supplied, is still migrating, or leaves the state of one out."""
    policies = entries(methods_policy)
    if not policies or any(_word(policy.get("policyMigrationState")) != "migrationcomplete" for policy in policies):
        return None
    found = {_word(each.get("id")): each for each in _configurations(policies)}
    wanted = [found.get(name) for name in ("microsoftauthenticator", "fido2")]
    if any(each is None or _word(each.get("state")) not in ("enabled", "disabled") for each in wanted):
        return None
    return tuple(
        Targets(*(frozenset(_word(target.get("id")) for target in entries(each.get(side) or []))
                  for side in ("includeTargets", "excludeTargets")))
        for each in wanted if each is not None and _word(each.get("state")) == "enabled"
    )


def certificate_targets(methods_policy: Any) -> frozenset[str] | None:
    """Whom the policy lets sign in with a certificate: group ids in lower case, :data:`EVERYBODY` among them when it
    is everybody or the policy does not say; empty when nobody; null when the policy was not supplied."""
    if methods_policy is None:
        return None
    targets: set[str] = set()
    for each in _configurations(entries(methods_policy)):
        if _word(each.get("id")) == "x509certificate" and _word(each.get("state")) != "disabled":
            included = [_word(target.get("id")) for target in entries(each.get("includeTargets"))]
            targets |= set(included) - {""} or {EVERYBODY}
    return frozenset(targets)


def _configurations(policies: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [each for policy in policies for each in entries(policy.get("authenticationMethodConfigurations", []))]


def _word(value: Any) -> str:
    return str(value or "").casefold()
