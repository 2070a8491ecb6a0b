"""What a policy that applies demands: block, MFA, a device, a further step (``docs/conditional-access.md``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mfa_audit.access import devices
from mfa_audit.access.kleene import NO, NO_FACTS, YES, Answer, Fact, all_of, facts_of, known, negate
from mfa_audit.access.question import EXTERNAL, LEGACY
from mfa_audit.access.strengths import BUILT_IN, MFA_STRENGTH, Strength
from mfa_audit.access.users import guest_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mfa_audit.access.policies import Grants, Policy
    from mfa_audit.access.question import Question


class Outcome(StrEnum):
    """How a sign-in ends; the first five in order of strength."""

    ALLOW = "allow"
    CONTROL = "control"
    MFA = "mfa"
    DENIED = "denied"
    BLOCK = "block"
    MFA_OR_DEVICE = "mfa_or_device"
    INDETERMINATE = "indeterminate"


RANK = {outcome: rank for rank, outcome in enumerate(tuple(Outcome)[:5])}
"""What several demands come to is the one of the highest rank."""

IN = frozenset({Outcome.ALLOW, Outcome.CONTROL})
"""Outcomes that let somebody in with one factor."""

SHUT = frozenset({Outcome.BLOCK, Outcome.DENIED})
"""Outcomes that let nobody in."""

DEVICE_CONTROLS = frozenset({"compliantdevice", "domainjoineddevice"})
COUNTS_AS_MFA = frozenset({"mfa", "passwordchange", "riskremediation"})
"""Controls that are MFA or hold it."""

_MOBILE = frozenset({"ios", "android"})
APP_CONTROLS = {"approvedapplication": _MOBILE, "compliantapplication": _MOBILE | {"windows"}}
"""Control -> platforms on which it can be met at all."""


@dataclass(frozen=True)
class Demand:
    """What one source makes of a sign-in: the ``outcomes`` there may be, the ``strengths`` that must be met where it is
    MFA, the facts it hangs on."""

    outcomes: frozenset[Outcome]
    strengths: tuple[Strength, ...] = ()
    lacks: frozenset[Fact] = NO_FACTS


NOTHING = Demand(frozenset({Outcome.ALLOW}))


def demand(policy: Policy, question: Question) -> Demand:
    """What the grant controls of a policy that applies come to."""
    grants = policy.grants
    if grants is None or not grants.demands:
        return NOTHING
    if "block" in grants.controls:
        return Demand(frozenset({Outcome.BLOCK}))
    client = question.signal("client")
    if client in LEGACY and grants.understood:
        return _of_old_client(grants, policy, question)
    proofs, met = _parts(grants, policy, question)
    unknown = [answer for answer in met if answer.holds is None]
    outcomes = {
        _combined(grants, proofs, [answer.holds for answer in met if answer.holds is not None] + list(settled))
        for settled in ((True,) * len(unknown), (False,) * len(unknown))
    }
    lacks = facts_of(unknown)
    if client is None:
        outcomes.add(Outcome.DENIED)
        lacks |= question.lacking("signal", "client").lacks
    strengths = tuple(proofs) if grants.every or len(proofs) == 1 else (BUILT_IN[MFA_STRENGTH],) if proofs else ()
    return Demand(frozenset(outcomes), strengths, lacks)


def _of_old_client(grants: Grants, policy: Policy, question: Question) -> Demand:
    """An old protocol can meet no control; whether ActiveSync passes on that a device is compliant is not certain."""
    compliant = devices.is_compliant(question)
    enough = "compliantdevice" in grants.controls and (not grants.every or (
        len(grants.controls) == 1 and grants.strength is None and not grants.interactive))
    if not enough or compliant.holds is False or question.signal("client") != "exchangeactivesync":
        return Demand(frozenset({Outcome.DENIED}))
    met = all_of((question.lacking("control", f"{policy.id} compliantdevice over ActiveSync"), compliant))
    if met.holds is None:
        return Demand(frozenset({Outcome.ALLOW, Outcome.DENIED}), (), met.lacks)
    return Demand(frozenset({Outcome.ALLOW if met.holds else Outcome.DENIED}))


def _parts(grants: Grants, policy: Policy, question: Question) -> tuple[list[Strength], list[Answer]]:
    """The proofs of MFA that are demanded, and whether each of the other controls is met; a further step is neither."""
    proofs: list[Strength] = []
    met: list[Answer] = []
    for control in sorted(grants.controls):
        if control == "passwordchange" and _is_external(question).holds is not False:
            met.append(negate(_is_external(question)))
        elif control in COUNTS_AS_MFA:
            proofs.append(BUILT_IN[MFA_STRENGTH])
        elif control in DEVICE_CONTROLS:
            met.append(_device_control(control, question))
        elif control in APP_CONTROLS:
            met.append(_app_control(control, question))
        else:
            met.append(question.lacking("control", f"{policy.id} {control}"))
    strength = grants.strength
    if strength is not None:
        is_mfa = question.lacking("strength", strength.id) if strength.is_mfa is None else known(strength.is_mfa)
        if is_mfa.holds:
            proofs.append(strength)
        else:
            # A strength that a password meets is met by everybody who gets this far.
            met.append(YES if is_mfa.holds is False else is_mfa)
    if grants.strange:
        met.append(question.lacking("control", policy.id))
    return proofs, met


def _combined(grants: Grants, proofs: Iterable[Strength], met: Iterable[bool]) -> Outcome:
    states = list(met)
    if grants.every:
        if not all(states):
            return Outcome.DENIED
    elif any(states):
        return Outcome.ALLOW
    if any(True for _ in proofs):
        return Outcome.MFA
    if grants.interactive:
        return Outcome.CONTROL
    return Outcome.ALLOW if grants.every else Outcome.DENIED


def _device_control(control: str, question: Question) -> Answer:
    if question.signal("flow") == "devicecodeflow":
        return NO
    if control == "compliantdevice":
        met = devices.is_compliant(question)
    else:
        met = all_of((devices.is_hybrid(question), _on(frozenset({"windows"}), question)))
    flow = YES if question.signal("flow") is not None else question.lacking("signal", "flow")
    external = _is_external(question)
    trusted = YES if external.holds is False else question.lacking("inbound trust", question.person.home_tenant or "")
    return all_of((met, flow, trusted))


def _app_control(control: str, question: Question) -> Answer:
    protected = question.sign_in.app_protected
    told = question.lacking("application protection") if protected is None else known(protected)
    return all_of((_on(APP_CONTROLS[control], question), told, negate(_is_external(question))))


def _on(platforms: frozenset[str], question: Question) -> Answer:
    platform = question.signal("platform")
    return question.lacking("signal", "platform") if platform is None else known(platform in platforms)


def _is_external(question: Question) -> Answer:
    """Whether the person's home is another tenant."""
    return guest_type(EXTERNAL, question)
