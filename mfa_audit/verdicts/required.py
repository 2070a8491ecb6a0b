"""Whether anything makes an account use a second factor (``docs/statuses.md``).

A caller that has evaluated the scenarios hands ``required`` and ``required_reason`` in with the accounts; without them
the per-user setting and a portal's MFA Status are all there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.tables import Reason, Required
from mfa_audit.verdicts.columns import true

if TYPE_CHECKING:
    from mfa_audit.verdicts.basis import Basis


_ENABLED = r"(?:user |admin |mfa )?(?:enabled|enforced)|mfa enforced (?:admin role|atp group)"
_DISABLED = r"(?:user |admin |mfa )?(?:disabled|not enabled)(?: .*)?"


def portal_says(mfa_status: pd.Series) -> pd.Series:
    """A portal's MFA Status as :class:`Required`, by a closed list of values; anything else is unknown."""
    words = mfa_status.str.casefold()
    enabled = true(words.str.fullmatch(_ENABLED))
    disabled = true(words.str.fullmatch(_DISABLED))
    return pd.Series(
        np.select([enabled, disabled], [Required.YES, Required.NO], default=Required.UNKNOWN),
        index=mfa_status.index,
        dtype="str",
    )


def required_facts(accounts: pd.DataFrame, tier: pd.Series, basis: Basis) -> pd.DataFrame:
    """Columns ``required`` (:class:`Required`), ``reason`` (:class:`Reason` when no, else null) and ``must_know``:
    unknown although a source that should tell was supplied, so that nobody may be called compliant."""
    policy = basis.policy
    asks = tier.map({name: bool(policy.requirements[name].ask_in) for name in policy.tier_names()})
    supplied = "required" in accounts
    if policy.enforcement.evidence == "ignore":
        required = pd.Series(Required.UNKNOWN.value, index=accounts.index, dtype="str")
        reason = pd.Series(None, index=accounts.index, dtype="str")
        partial = pd.Series(data=False, index=accounts.index)
    elif supplied:
        required, reason = accounts["required"], accounts["required_reason"]
        partial = accounts["required_partial"]
    else:
        required, reason, partial = _from_account_settings(accounts, basis)
    asked = asks.to_numpy(dtype=bool)
    required = required.where(asked, Required.UNKNOWN.value)
    unknown = required == Required.UNKNOWN
    demanded = (tier != "break_glass") & (policy.enforcement.evidence == "required")
    must_know = unknown & (partial & asked | demanded)
    return pd.DataFrame({"required": required, "reason": reason.where(required == Required.NO), "must_know": must_know})


def _from_account_settings(accounts: pd.DataFrame, basis: Basis) -> tuple[pd.Series, pd.Series, pd.Series]:
    portal = portal_says(accounts["mfa_status"])
    per_user = accounts["per_user_mfa"]
    yes = per_user.isin(["enabled", "enforced"]) | (portal == Required.YES)
    no = (per_user == "disabled").fillna(value=False) | (portal == Required.NO)
    # Two sources that contradict each other say nothing.
    yes, no = yes & ~no, no & ~yes
    partial = pd.Series(data=basis.evidence.settings_read, index=accounts.index)
    if basis.evidence.policies_read:
        no, partial = no & False, partial & False
    required = pd.Series(
        np.select([yes, no], [Required.YES, Required.NO], default=Required.UNKNOWN), index=accounts.index, dtype="str"
    )
    reason = pd.Series(Reason.NO_POLICY.value, index=accounts.index, dtype="str")
    return required, reason, partial
