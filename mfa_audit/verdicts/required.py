"""Whether anything makes an account use a second factor (``docs/statuses.md``).

Where the scenarios were evaluated, an account's class says what each comes to for it; without them the per-user setting
and a portal's MFA Status are all there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.tables import Reason, Required
from mfa_audit.verdicts.columns import true

if TYPE_CHECKING:
    from mfa_audit.policy import Policy
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


def per_user_state(accounts: pd.DataFrame) -> pd.Series:
    """What per-user MFA is known to be (disabled, enabled, enforced, null), from ``per_user_mfa`` and a portal's
    ``mfa_status``; two sources that contradict each other say nothing."""
    portal, state = portal_says(accounts["mfa_status"]), accounts["per_user_mfa"].astype("str")
    asked = state.isin(["enabled", "enforced"]) | (portal == Required.YES)
    spared = (state == "disabled").fillna(value=False) | (portal == Required.NO)
    from_portal = portal.map({Required.YES: "enabled", Required.NO: "disabled"})
    return state.where(state.notna(), from_portal).where(~(asked & spared))


def required_facts(accounts: pd.DataFrame, tier: pd.Series, basis: Basis) -> pd.DataFrame:
    """Columns ``required`` (:class:`Required`), ``reason`` (:class:`Reason` when no, else null) and ``must_know``:
    unknown although a source that should tell was supplied, so that nobody may be called compliant."""
    policy = basis.policy
    asks = tier.map({name: bool(policy.requirements[name].ask_in) for name in policy.tier_names()})
    if policy.enforcement.evidence == "ignore":
        required = pd.Series(Required.UNKNOWN.value, index=accounts.index, dtype="str")
        reason = pd.Series(None, index=accounts.index, dtype="str")
        partial = pd.Series(data=False, index=accounts.index)
    elif basis.demanded is not None:
        required, reason = _from_classes(accounts["access_class"], tier, basis.demanded)
        partial = pd.Series(data=basis.evidence.policies_partial, index=accounts.index)
    else:
        required, reason, partial = _from_account_settings(accounts, basis)
    asked = asks.to_numpy(dtype=bool)
    required = required.where(asked, Required.UNKNOWN.value)
    unknown = required == Required.UNKNOWN
    demanded = (tier != "break_glass") & (policy.enforcement.evidence == "required")
    must_know = unknown & (partial & asked | demanded)
    return pd.DataFrame({"required": required, "reason": reason.where(required == Required.NO), "must_know": must_know})


def demanded(cells: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Whether MFA is demanded of a class of accounts in every tier: a row a class, columns ``<tier>``
    (:class:`Required`) and ``<tier> why`` (:class:`Reason` of the first scenario that does not ask, else null).

    ``cells``: ``class``, ``scenario``, ``asked`` (asked, not_asked, blocked, unknown), ``why``. Yes when every scenario
    of the tier's ``ask_in`` asks or is shut, no when one surely does not ask, else unknown.
    """
    asked = cells.pivot_table(index="class", columns="scenario", values="asked", aggfunc="first")
    whys = cells.pivot_table(index="class", columns="scenario", values="why", aggfunc="first")
    found = {}
    for tier in policy.tier_names():
        scenarios = list(policy.requirements[tier].ask_in)
        here, why = asked[scenarios], whys[scenarios]
        open_ = (here == "not_asked").to_numpy(dtype=bool)
        closed = here.isin(["asked", "blocked"]).to_numpy(dtype=bool)
        answers = np.select([open_.any(axis=1), closed.all(axis=1) & bool(scenarios)], [Required.NO, Required.YES],
                            default=Required.UNKNOWN)
        found[tier] = pd.Series(answers, index=asked.index, dtype="str")
        found[f"{tier} why"] = why.where(open_).bfill(axis=1).iloc[:, 0] if scenarios else pd.Series(
            None, index=asked.index, dtype="str")
    return pd.DataFrame(found)


def _from_classes(access_class: pd.Series, tier: pd.Series, table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    required = pd.Series(Required.UNKNOWN.value, index=tier.index, dtype="str")
    reason = pd.Series(None, index=tier.index, dtype="str")
    for name in tier.unique():
        here = tier == name
        required[here] = access_class[here].map(table[name])
        reason[here] = access_class[here].map(table[f"{name} why"])
    return required, reason


def _from_account_settings(accounts: pd.DataFrame, basis: Basis) -> tuple[pd.Series, pd.Series, pd.Series]:
    portal = portal_says(accounts["mfa_status"])
    per_user = accounts["per_user_mfa"]
    yes = per_user.isin(["enabled", "enforced"]) | (portal == Required.YES)
    no = (per_user == "disabled").fillna(value=False) | (portal == Required.NO)
    # Two sources that contradict each other say nothing.
    yes, no = yes & ~no, no & ~yes
    partial = pd.Series(data=basis.evidence.settings_read or basis.evidence.policies_partial, index=accounts.index)
    if basis.evidence.policies_read:
        no, partial = no & False, partial & basis.evidence.policies_partial
    required = pd.Series(
        np.select([yes, no], [Required.YES, Required.NO], default=Required.UNKNOWN), index=accounts.index, dtype="str"
    )
    reason = pd.Series(Reason.NO_POLICY.value, index=accounts.index, dtype="str")
    return required, reason, partial
