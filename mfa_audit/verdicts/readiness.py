"""Whether somebody who is told to register a method can: by Conditional Access, and by the methods policy.

Source: Microsoft Learn, "Manage authentication methods", targets of Microsoft Authenticator and passkeys; registering
is the user action ``register security information``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.methods import BOOTSTRAP_BITS
from mfa_audit.tables import Required
from mfa_audit.verdicts.columns import Mask, true
from mfa_audit.verdicts.methods_policy import EVERYBODY

if TYPE_CHECKING:
    from mfa_audit.verdicts.basis import Basis


def readiness(accounts: pd.DataFrame, ids: pd.Series, usable: Mask, registered: pd.Series, basis: Basis) -> pd.Series:
    """Whether each account can register Microsoft Authenticator or a passkey, as :class:`Required` (yes, no, unknown);
    null where neither policy says anything.

    ``usable``: it has a factor that counts; ``registered``: its methods as bits. Registering after MFA is for those who
    can do MFA, or have a Temporary Access Pass.
    """
    can_prove = usable | ((registered.to_numpy() & BOOTSTRAP_BITS) != 0)
    place = accounts.get("registering", pd.Series(None, index=accounts.index, dtype="str"))
    open_, asked, shut = (true(place == word) for word in ("open", "asked", "shut"))
    allowed, forbidden = _by_methods(ids, basis)
    no = shut | (asked & ~can_prove) | forbidden
    yes = (open_ | (asked & can_prove)) & allowed
    answers = pd.Series(np.select([no, yes], [Required.NO, Required.YES], default=Required.UNKNOWN),
                        index=accounts.index, dtype="str")
    silent = true(place.isna()) & (basis.evidence.registrable is None)
    return answers.where(~silent)


def _by_methods(ids: pd.Series, basis: Basis) -> tuple[Mask, Mask]:
    """Who surely may use one of the two methods, and who surely neither."""
    everybody, nobody = np.ones(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    if basis.evidence.registrable is None:
        return nobody, nobody
    allowed, open_ = nobody, nobody
    for targets in basis.evidence.registrable:
        inside = everybody if EVERYBODY in targets.include else true(basis.in_groups(ids, _groups(targets.include)))
        outside = true(basis.in_groups(ids, _groups(targets.exclude)))
        may_be_in = inside | (not basis.groups_read(_groups(targets.include)))
        may_be_out = not basis.groups_read(_groups(targets.exclude))
        allowed = allowed | (inside & ~outside & (not may_be_out))
        open_ = open_ | (may_be_in & ~outside)
    return allowed, ~open_


def _groups(ids: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(ids - {EVERYBODY}))
