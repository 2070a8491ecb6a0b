"""What needs the whole tenant: duplicates, tolerance, break-glass count, series of exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.tables import Status
from mfa_audit.verdicts.controls import Outcome
from mfa_audit.verdicts.figures import WORKFORCE, Tally, populations
from mfa_audit.verdicts.registers import reference

if TYPE_CHECKING:
    from datetime import date

    from mfa_audit.policy import Policy

_SERIES, _WINDOW_DAYS, _SHORT_DAYS = 3, 30, 7


@dataclass(frozen=True)
class SourceFacts:
    """What is known of the sources: whether every wanted table is whole, fresh and of one tenant (null when nobody
    asked), how many records were merged into another, and which registers were given."""

    whole: bool | None
    merged_records: int
    registers: frozenset[str]


def assess_tenant(whole: Tally, exemptions: pd.DataFrame, sources: SourceFacts, policy: Policy,
                  as_of: date) -> dict[str, Outcome]:
    """Control id -> outcome, for the controls no single account decides.

    ``exemptions``: every row of the register with ``approved`` and ``expires`` dates
    (:func:`mfa_audit.verdicts.exemption_register.entry_states`).
    """
    parts = populations(whole)

    def verdict(*, passed: bool) -> Outcome:
        return Outcome.PASSED if passed else Outcome.FAILED

    workforce = parts.get(WORKFORCE, {"in_scope": 0, "statuses": {Status.EXEMPT: 0}})
    exempt, total = workforce["statuses"][Status.EXEMPT], workforce["in_scope"]
    found = {
        "MFA-BGA-01": verdict(passed=whole.emergency >= policy.break_glass.minimum_accounts),
        "MFA-DAT-04": verdict(passed=sources.merged_records == 0),
    }
    if sources.whole is not None:
        found["MFA-DAT-02"] = verdict(passed=sources.whole)
    if "exemptions" in sources.registers:
        found["MFA-EXM-07"] = verdict(passed=not series_of_exceptions(exemptions, as_of))
        if total:
            found["MFA-EXM-06"] = verdict(passed=exempt * 100 <= policy.exemptions.tolerance_percent * total)
    return found


def series_of_exceptions(exemptions: pd.DataFrame, as_of: date) -> list[str]:
    """Accounts with three or more exceptions of at most a week, all approved within the last 30 days."""
    if exemptions.empty:
        return []
    length = (pd.to_datetime(exemptions["expires"]) - pd.to_datetime(exemptions["approved"])).dt.days
    age = (pd.Timestamp(as_of).as_unit("s") - pd.to_datetime(exemptions["approved"])).dt.days
    short = exemptions[(length <= _SHORT_DAYS) & (age >= 0) & (age <= _WINDOW_DAYS)]
    counts = short.groupby(short["holder_id"].fillna(reference(short["account_id"]))).size()
    return sorted(counts[counts >= _SERIES].index)
