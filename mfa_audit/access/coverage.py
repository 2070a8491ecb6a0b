"""Who is asked for MFA over several situations: never, somewhere, everywhere, or nobody can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access.grants import SHUT, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mfa_audit.access.sign_in import Decision

NEVER, SOMEWHERE, EVERYWHERE, CANNOT_TELL, NO_ACCESS = (
    "never", "somewhere", "everywhere", "cannot_tell", "no_access")
"""Where an account is asked for MFA, over all scenarios."""


def asked(decisions: Mapping[str, Sequence[Decision]]) -> dict[str, list[str]]:
    """Four lists of the keys of ``decisions``, under their public names.

    *Asked somewhere*: MFA is sure in one situation. *Never asked*: MFA is possible in none, and one lets them in with
    one factor. *Cannot tell*: not sure anywhere, and possible. *Everywhere unless blocked*: sure in each that is not
    shut, and there is one.
    """
    somewhere, everywhere, never, cannot_tell = [], [], [], []
    for who, told in decisions.items():
        sure = [decision for decision in told if decision.possible == {Outcome.MFA}]
        if sure:
            somewhere.append(who)
            if len(sure) == sum(not decision.possible <= SHUT for decision in told):
                everywhere.append(who)
        elif any(Outcome.MFA in decision.possible for decision in told):
            cannot_tell.append(who)
        elif any(decision.single_factor_possible for decision in told):
            never.append(who)
    return {"neverAskedForMfa": never, "askedSomewhere": somewhere, "askedEverywhereUnlessBlocked": everywhere,
            "cannotTell": cannot_tell}
