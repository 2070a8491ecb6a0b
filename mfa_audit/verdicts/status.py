"""The decision table: exactly one status for every account, the first row that fits (``docs/statuses.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.methods import BOOTSTRAP_BITS, Level
from mfa_audit.tables import Exposure, Reason, Required, Status

if TYPE_CHECKING:
    from mfa_audit.verdicts.basis import Basis
    from mfa_audit.verdicts.columns import Mask


def decide(facts: pd.DataFrame, basis: Basis) -> pd.DataFrame:
    """``status`` and ``reason`` of each account.

    ``facts`` has, a row an account: ``left_out`` (:class:`Reason` or null), ``why_unknown`` (same), ``registered``,
    ``factors``, ``usable`` (method bits), ``best``, ``minimum`` (levels as numbers), ``enough``, ``exempt``,
    ``expired``, ``in_grace`` (bool), ``required``, ``required_reason``, ``must_know``.
    """
    weak = basis.policy.methods.weak_level
    left_out = facts["left_out"].notna().to_numpy()
    unknown = facts["why_unknown"].notna().to_numpy()
    enough = facts["enough"].to_numpy(dtype=bool)
    usable = (facts["best"] > Level.NONE).to_numpy()
    must_know = facts["must_know"].to_numpy(dtype=bool)
    not_asked = (facts["required"] == Required.NO).to_numpy(dtype=bool)
    asked = (facts["required"] == Required.YES).to_numpy(dtype=bool)
    good = enough & ~not_asked & ~must_know
    only_weak = (facts["best"] <= weak).to_numpy()
    reaches_minimum = (facts["best"] >= facts["minimum"]).to_numpy()

    def constant(reason: Reason) -> pd.Series:
        return pd.Series(reason.value, index=facts.index, dtype="str")

    def choose(*choices: tuple[Mask, Reason], default: Reason) -> pd.Series:
        chosen = np.select([mask for mask, _ in choices], [reason for _, reason in choices], default=default)
        return pd.Series(chosen, index=facts.index, dtype="str")

    bits = {name: facts[name].to_numpy() for name in ("registered", "factors")}
    table: tuple[tuple[Status, Mask, pd.Series], ...] = (
        (Status.OUT_OF_SCOPE, left_out, facts["left_out"]),
        (Status.COMPLIANT, good & ~only_weak, choose((asked, Reason.OK), default=Reason.OK_ENFORCEMENT_NOT_ASSESSED)),
        (Status.COMPLIANT_WEAK, good, constant(Reason.PHONE_ONLY)),
        (Status.EXEMPT, facts["exempt"].to_numpy(dtype=bool), constant(Reason.EXEMPT)),
        (Status.UNKNOWN, unknown, facts["why_unknown"]),
        (Status.UNKNOWN, enough & must_know, constant(Reason.ENFORCEMENT_UNKNOWN)),
        (Status.EXEMPT_EXPIRED, facts["expired"].to_numpy(dtype=bool), constant(Reason.EXEMPTION_EXPIRED)),
        (Status.NOT_ENFORCED, enough & not_asked, facts["required_reason"]),
        (
            Status.BELOW_STRENGTH,
            usable,
            choose((reaches_minimum, Reason.WEAK_ENDED), default=Reason.BELOW_TIER_MINIMUM),
        ),
        (Status.GRACE, facts["in_grace"].to_numpy(dtype=bool), constant(Reason.STARTER)),
        (
            Status.NOT_REGISTERED,
            np.ones(len(facts), dtype=bool),
            choose(
                (bits["factors"] != 0, Reason.METHOD_NOT_ALLOWED),
                ((bits["registered"] & BOOTSTRAP_BITS) != 0, Reason.BOOTSTRAP_ONLY),
                (bits["registered"] != 0, Reason.NON_FACTORS_ONLY),
                default=Reason.NOTHING_REGISTERED,
            ),
        ),
    )
    row = np.argmax(np.stack([when for _, when, _ in table]), axis=0)
    statuses = np.array([status for status, _, _ in table], dtype=object)[row]
    reason = pd.Series(None, index=facts.index, dtype="str")
    for position, (_, _, why) in enumerate(table):
        here = row == position
        reason[here] = why[here]
    return pd.DataFrame({"status": pd.Series(statuses, index=facts.index, dtype="str"), "reason": reason})


def expose(facts: pd.DataFrame, status: pd.Series) -> pd.Series:
    """The :class:`Exposure` of each in-scope account; null for one out of scope."""
    best = facts["best"]
    exposure = np.select(
        [
            (facts["required"] == Required.NO).to_numpy(dtype=bool),
            (facts["why_unknown"].notna() | (status == Status.UNKNOWN)).to_numpy(dtype=bool),
            (best == Level.NONE).to_numpy(),
            (best < Level.PHISHING_RESISTANT).to_numpy(),
        ],
        [Exposure.PASSWORD_ONLY, Exposure.UNKNOWN, Exposure.FIRST_REGISTRATION_OPEN, Exposure.PHISHABLE],
        default=Exposure.RESISTANT,
    )
    return pd.Series(exposure, index=facts.index, dtype="str").where(status != Status.OUT_OF_SCOPE)
