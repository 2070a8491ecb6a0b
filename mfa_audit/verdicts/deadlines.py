"""When an account is due, and until when a starter may take it easy; the keys are in ``docs/policy.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.verdicts.columns import not_before
from mfa_audit.verdicts.population import local_days, matches_any

if TYPE_CHECKING:
    from mfa_audit.verdicts.basis import Basis


def starts(accounts: pd.DataFrame, basis: Basis) -> pd.Series:
    """The day each account began: the first of ``grace.starter_from`` that is there, as midnight; null when none is.

    A hire date is the date as written; a creation time is the date it was in the policy's zone.
    """
    sources = {"employee_hire_date": accounts["hire_date"], "created": local_days(accounts["created_at"], basis)}
    start = pd.Series(pd.NaT, index=accounts.index, dtype="datetime64[us]")
    for name in basis.policy.grace.starter_from:
        start = start.fillna(sources[name].astype("datetime64[us]"))
    return start


def grace_ends(start: pd.Series, tier: pd.Series, basis: Basis) -> pd.Series:
    """The last day of grace, null for a tier without grace or an unknown start."""
    policy = basis.policy
    end = start + pd.Timedelta(days=policy.grace.starter_days)
    if policy.grace.never_beyond is not None:
        last = pd.Timestamp(policy.grace.never_beyond)
        end = end.mask(end > last, last)
    has_grace = tier.map({name: policy.requirements[name].grace for name in policy.tier_names()})
    return end.where(has_grace.to_numpy(dtype=bool))


def due_dates(accounts: pd.DataFrame, tier: pd.Series, start: pd.Series, basis: Basis) -> pd.Series:
    """The day each account is due, as midnight; null when it never is.

    Privileged and break-glass accounts: the day the policy took effect or they began, whichever is later. Everybody
    else: the deadline of the first phase that fits the organisation, else the default, or the end of the account's
    grace, whichever is later. A policy that names no day at all has nobody due.
    """
    deadlines = basis.policy.deadlines
    day = pd.Series(pd.NaT, index=accounts.index, dtype="datetime64[us]")
    for phase in reversed(deadlines.phases):
        fits = matches_any(accounts["organisation"], phase.organisations)
        day[fits] = pd.Timestamp(phase.deadline)
        # A phase only applies to the codes it names: the default, filled in below, covers the rest.
    if deadlines.default is not None:
        day = day.fillna(pd.Timestamp(deadlines.default))
    end = grace_ends(start, tier, basis)
    day = day.where(day.isna() | end.isna() | (end <= day), end)

    strict = tier.isin(["privileged", "break_glass"])
    effective = basis.policy.about.effective_from
    at_once = start if effective is None else not_before(start.fillna(pd.Timestamp(effective)), effective)
    if effective is None and deadlines.default is None and not deadlines.phases:
        # A policy without a single day in it makes nobody late for the years before it.
        return day.mask(strict)
    due: pd.Series = day.where(~strict, at_once)
    return due


def overdue(due: pd.Series, basis: Basis) -> pd.Series:
    """Whole days after the due day, 0 when not due or not past it."""
    days: pd.Series = (pd.Timestamp(basis.as_of) - due).dt.days.fillna(0).astype(np.int64)
    return days.where(days > 0, 0)
