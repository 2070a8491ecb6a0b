"""Authentication strengths: which combinations of methods a policy accepts, and whether that is MFA at all.

Source: Microsoft Learn, "Conditional Access authentication strength"; the three built-in ids and what they accept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfa_audit.access.reading import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Combination = frozenset[str]

MFA_STRENGTH = "00000000-0000-0000-0000-000000000002"
"""Built-in "Multifactor authentication": the same as the control ``mfa``."""

_PASSWORDLESS = "00000000-0000-0000-0000-000000000003"
_PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"
_STRONG = ("windowshelloforbusiness", "fido2", "x509certificatemultifactor")
_ALONE = (*_STRONG, "devicebasedpush", "temporaryaccesspassonetime", "temporaryaccesspassmultiuse",
          "federatedmultifactor")
_SECOND = ("microsoftauthenticatorpush", "softwareoath", "hardwareoath", "sms", "voice")
_WITH_PASSWORD = (*_SECOND, "x509certificatesinglefactor", "x509certificatemultifactor")
FIRST = frozenset({"password", "federatedsinglefactor"})
"""What stands for the first factor in a combination."""


def _combinations(*texts: str) -> frozenset[Combination]:
    return frozenset(frozenset(part.strip() for part in text.split(",")) for text in texts)


MULTI_FACTOR: frozenset[Combination] = _combinations(
    *_ALONE, *(f"password,{method}" for method in _WITH_PASSWORD), *(f"{method},federatedsinglefactor"
                                                                     for method in _WITH_PASSWORD))
"""Every combination that is more than one factor."""

SINGLE = _combinations(*FIRST, *_SECOND, "x509certificatesinglefactor", "qrcodepin")
"""Combinations that are one factor."""


@dataclass(frozen=True)
class Strength:
    """A strength: ``id`` in lower case, the ``combinations`` it accepts (null: not known), and whether it is MFA (null:
    nobody knows). ``narrowed``: it accepts only some keys or issuers."""

    id: str
    combinations: frozenset[Combination] | None
    is_mfa: bool | None
    name: str = ""
    narrowed: bool = False


BUILT_IN: Mapping[str, Strength] = {
    strength.id: strength for strength in (
        Strength(MFA_STRENGTH, MULTI_FACTOR, is_mfa=True, name="Multifactor authentication"),
        Strength(_PASSWORDLESS, _combinations(*_STRONG, "devicebasedpush"), is_mfa=True, name="Passwordless MFA"),
        Strength(_PHISHING_RESISTANT, _combinations(*_STRONG), is_mfa=True, name="Phishing-resistant MFA"),
    )
}


def strength_of(value: Any, known: Mapping[str, Strength]) -> Strength:
    """A strength from its JSON; where only its id is given, the one of the tenant or Microsoft with that id."""
    strange: list[str] = []
    node = Node(value, "authenticationStrength", strange)
    identity = node.word("id") or ""
    satisfied, listed = node.words("requirementsSatisfied"), node.take("allowedCombinations")
    name, narrowed = node.take("displayName"), bool(node.take("combinationConfigurations"))
    for known_key in ("description", "policyType", "createdDateTime", "modifiedDateTime"):
        node.take(known_key)
    node.close()
    if satisfied is None and listed is None and (identity in known or identity in BUILT_IN):
        return known.get(identity) or BUILT_IN[identity]
    combinations = None
    if isinstance(listed, list) and listed and all(isinstance(each, str) for each in listed):
        combinations = _combinations(*(each.casefold() for each in listed))
    elif identity in BUILT_IN:
        combinations = BUILT_IN[identity].combinations
    is_mfa: bool | None
    if satisfied:
        is_mfa = True if satisfied == {"mfa"} else False if satisfied <= {"none"} else None
    else:
        is_mfa = _derived(combinations)
    if strange:
        is_mfa = None
    return Strength(identity, combinations, is_mfa, name if isinstance(name, str) else "", narrowed)


def _derived(combinations: frozenset[Combination] | None) -> bool | None:
    """One single factor spoils it; a combination nobody knows leaves it open."""
    if combinations is None:
        return None
    if combinations & SINGLE:
        return False
    return True if combinations <= MULTI_FACTOR else None


def implies(demanded: Strength, other: Strength) -> bool:
    """Whether whoever meets ``demanded`` meets ``other`` as well."""
    if demanded.id == other.id:
        return True
    if demanded.combinations is None or other.combinations is None or other.narrowed:
        return False
    return demanded.combinations <= other.combinations


def least(strengths: Iterable[Strength]) -> tuple[str, ...]:
    """The ids that must be met, those left out that another one implies; sorted."""
    distinct = {strength.id: strength for strength in sorted(strengths, key=lambda each: each.id)}
    return tuple(
        identity for identity, strength in distinct.items()
        if not any(implies(other, strength) and not (implies(strength, other) and identity < other.id)
                   for other in distinct.values() if other.id != identity)
    )
