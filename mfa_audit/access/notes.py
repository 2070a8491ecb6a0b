"""What goes without saying in no decision: the notes beside one (``docs/conditional-access.md``, "Case files")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access.grants import Outcome
from mfa_audit.access.locations import mfa_trusted
from mfa_audit.access.question import LEGACY
from mfa_audit.access.targets import APPLICATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.access.question import Question
    from mfa_audit.access.sign_in import Decision

NOTES: Mapping[str, str] = {
    "appPassword": "an app password gets in here: one secret that never changes",
    "dataConflict": "security defaults and Conditional Access are both on, which Microsoft does not allow: the "
                    "files are not of one moment",
    "mayBeAskedSooner": "a policy that may apply asks again sooner",
    "mfaTrustedIpMayBypass": "the address is one of the MFA trusted IPs, which may skip MFA though no policy says so",
    "microsoftAsks": "Microsoft itself asks for MFA here, whatever the tenant says",
    "perUserMfaNotRead": "the per-user setting of MFA was not read",
}
"""Note -> what it says, for people."""

_WHERE_MICROSOFT_ASKS = frozenset({APPLICATIONS["azure_management"], APPLICATIONS["azure_portal"]})


def notes(question: Question, decision: Decision) -> tuple[str, ...]:
    """The notes of :data:`NOTES` that a decision needs, in their order."""
    person, tenant, sign_in = question.person, question.tenant, question.sign_in
    states = ("enforced", "enabled") if person.registered else ("enforced",)
    sooner = [policy.hours for policy in tenant.policies if policy.id in decision.maybe and policy.hours is not None]
    holds = {
        "appPassword": person.per_user in states and sign_in.client in LEGACY and Outcome.ALLOW in decision.possible,
        "dataConflict": tenant.security_defaults is True and tenant.enforces,
        "mayBeAskedSooner": bool(sooner) and (decision.hours is None or min(sooner) < decision.hours),
        "mfaTrustedIpMayBypass": Outcome.MFA in decision.possible and bool(tenant.trusted_networks)
        and mfa_trusted(question).holds is True,
        "microsoftAsks": sign_in.app in _WHERE_MICROSOFT_ASKS,
        "perUserMfaNotRead": person.per_user is None,
    }
    return tuple(note for note in NOTES if holds[note])
