"""Whether what people have registered meets the strength that is demanded of them, and whether they may register.

Which method counts as which mode of a strength: Microsoft Learn, "Conditional Access authentication strength".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mfa_audit.access.matrix import Asked
from mfa_audit.access.scenarios import Situation, addresses_of
from mfa_audit.access.strengths import FIRST
from mfa_audit.methods import BIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mfa_audit.access.matrix import Cell
    from mfa_audit.access.strengths import Strength
    from mfa_audit.access.tenant import Tenant
    from mfa_audit.policy import Policy

_MODES: Mapping[str, tuple[str, ...]] = {
    "fido2": ("security_key", "passkey_authenticator", "passkey_windows", "passkey_synced"),
    "windowshelloforbusiness": ("windows_hello", "platform_credential"),
    "x509certificatemultifactor": ("certificate",),
    "x509certificatesinglefactor": ("certificate_single",),
    "devicebasedpush": ("authenticator_passwordless",),
    "microsoftauthenticatorpush": ("authenticator_push", "authenticator_passwordless"),
    "softwareoath": ("software_code",),
    "hardwareoath": ("hardware_code",),
    "sms": ("mobile_phone",),
    "voice": ("mobile_phone", "alternate_phone", "office_phone"),
    "temporaryaccesspassonetime": ("temporary_access_pass",),
    "temporaryaccesspassmultiuse": ("temporary_access_pass",),
}
OPEN, ASKED, SHUT, UNKNOWN = "open", "asked", "shut", "unknown"
"""Whether somebody may register a method: with one factor somewhere, only after MFA, nowhere, or not known."""


def meeting(strength: Strength) -> int | None:
    """The methods that meet a strength, as bits; null when something no list shows may meet it as well."""
    bits = 0
    for combination in strength.combinations or ({"?"},):
        needed = combination - FIRST
        if len(needed) != 1 or not needed <= _MODES.keys():
            return None
        bits |= sum(BIT[name] for name in _MODES[next(iter(needed))])
    return bits


def registering(policy: Policy, tenant: Tenant, situations: Iterable[Situation]) -> list[Situation]:
    """The scenarios of registering a method, from where the policy says and from inside the network."""
    inside = addresses_of(policy, tenant)["inside"]
    return [
        replace(situation, name=f"{situation.name} {place}", sign_ins=sign_ins)
        for situation in situations if situation.is_action
        for place, sign_ins in (
            ("outside", situation.sign_ins),
            ("inside", tuple(dict.fromkeys(replace(sign_in, address=address) for sign_in in situation.sign_ins
                                           for address in inside))),
        ) if sign_ins
    ]


def may_register(cells: Mapping[str, Cell]) -> str:
    """The best of what the situations of :func:`registering` come to."""
    told = {cell.asked for cell in cells.values()}
    for asked, word in ((Asked.NOT_ASKED, OPEN), (Asked.UNKNOWN, UNKNOWN), (Asked.ASKED, ASKED)):
        if asked in told:
            return word
    return SHUT if told else UNKNOWN
