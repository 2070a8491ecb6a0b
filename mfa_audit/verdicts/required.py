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


_OF_CLASSES = ("required_reason", "kept_in", "enforced", "again", "legacy_shut")
_LEGACY_CLIENTS = frozenset({"exchangeActiveSync", "other"})
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
    """Columns ``required`` (:class:`Required`), ``required_reason`` (:class:`Reason` when no, else null);
    ``must_know``: unknown although a source that should tell was supplied, so that nobody may be called compliant; and
    those of :func:`demanded` that controls are about: ``kept_in``, ``enforced``, ``again``, ``legacy_shut``, null where
    scenarios were not evaluated."""
    policy = basis.policy
    asks = tier.map({name: bool(policy.requirements[name].ask_in) for name in policy.tier_names()})
    found = pd.DataFrame({name: pd.Series(None, index=accounts.index, dtype="str") for name in _OF_CLASSES})
    if policy.enforcement.evidence == "ignore":
        required = pd.Series(Required.UNKNOWN.value, index=accounts.index, dtype="str")
        partial = pd.Series(data=False, index=accounts.index)
    elif basis.demanded is not None:
        key = pd.MultiIndex.from_arrays([accounts["access_class"], tier])
        found = basis.demanded.reindex(key).set_axis(accounts.index)
        required = found["required"]
        partial = (found["unread"] == Required.YES) | basis.evidence.policies_partial
    else:
        required, found["required_reason"], partial = _from_account_settings(accounts, basis)
    asked = asks.to_numpy(dtype=bool)
    required = required.where(asked, Required.UNKNOWN.value)
    unknown = required == Required.UNKNOWN
    must = (tier != "break_glass") & (policy.enforcement.evidence == "required")
    return found.assign(required=required, required_reason=found["required_reason"].where(required == Required.NO),
                        must_know=unknown & (partial & asked | must))


def demanded(cells: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """What the scenarios come to for a class of accounts in a tier, by ``class`` and ``tier``; every column yes, no or
    unknown but for ``required_reason``.

    ``cells``: ``class``, ``scenario``, ``asked`` (asked, not_asked, blocked, unknown), ``why``, ``hours``, ``unread``.
    ``required``: yes when every scenario of the tier's ``ask_in`` asks or is shut, no when one surely does not ask.
    ``required_reason``: the :class:`Reason` of the first that does not. ``kept_in``: they are left out of no policy
    that would ask; ``enforced``: none that would only reports. ``again``: every scenario that asks does so within the
    tier's ``again_within_hours``. ``legacy_shut``: old clients are shut out. ``unread``: what is not known hangs on
    something the tenant has and nobody read.
    """
    asked, whys, hours, unread = (
        cells.pivot(index="class", columns="scenario", values=name)  # noqa: PD010 - a pivot table drops empty columns
        for name in ("asked", "why", "hours", "unread"))
    legacy = [name for name in policy.scenario_names() if set(policy.scenario(name).client or ("",)) <= _LEGACY_CLIENTS]
    shut = _answer(~asked[legacy].isin(["blocked", "asked", "unknown"]), asked[legacy] == "unknown")
    parts = []
    for tier in policy.tier_names():
        rule = policy.requirements[tier]
        scenarios = list(rule.ask_in)
        here, why = asked[scenarios], whys[scenarios]
        open_ = here == "not_asked"
        late = (here == "asked") & ~(hours[scenarios] <= (rule.again_within_hours or float("inf")))
        parts.append(pd.DataFrame({
            "tier": tier,
            "required": _answer(open_, here == "unknown"),
            "required_reason": why.where(open_).bfill(axis=1).iloc[:, 0] if scenarios else None,
            "kept_in": _answer(why == Reason.EXCLUDED_UNREGISTERED, here == "unknown"),
            "enforced": _answer(why == Reason.REPORT_ONLY, here == "unknown"),
            "again": _answer(late, here == "unknown"),
            "legacy_shut": shut,
            "unread": np.where((unread[scenarios].astype(bool) & (here == "unknown")).any(axis=1), Required.YES,
                               Required.NO),
        }, index=asked.index))
    return pd.concat(parts).set_index("tier", append=True)


def _answer(fails: pd.DataFrame, unknown: pd.DataFrame) -> pd.Series:
    """No where one fails, else unknown where one is not known, else yes; unknown when there is nothing to ask."""
    answers = np.select(
        [fails.any(axis=1), unknown.any(axis=1) | (fails.shape[1] == 0)], [Required.NO, Required.UNKNOWN],
        default=Required.YES,
    )
    return pd.Series(answers, index=fails.index, dtype="str")


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
