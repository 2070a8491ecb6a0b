"""What an account is, whether it is in scope, and whether it is in use; the keys are in ``docs/policy.md``."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.tables import Kind, Reason, Stated
from mfa_audit.verdicts.columns import Mask, by_distinct, true

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mfa_audit.verdicts.basis import Basis
    from mfa_audit.verdicts.registers import References

_FRESH = pd.Timedelta(days=1)
_LEFT_OUT = {
    Kind.BREAK_GLASS: Reason.BREAK_GLASS,
    Kind.SERVICE: Reason.SERVICE,
    Kind.SHARED_MAILBOX: Reason.SHARED_UNUSED,
    Kind.ROOM: Reason.ROOM_UNUSED,
    Kind.GENERIC: Reason.GENERIC,
    Kind.GUEST: Reason.GUEST,
    Kind.PERSON: Reason.PERSON,
}


def matches_any(values: pd.Series, globs: Sequence[str]) -> Mask:
    """Whether each text fits one of the patterns (``*`` and ``?``), without regard to case; null fits only ``*``."""
    patterns = [pattern.casefold().replace("[", "[[]") for pattern in globs]
    fits = by_distinct(values, lambda value: any(fnmatchcase(value.casefold(), pattern) for pattern in patterns))
    return fits.astype(object).where(values.notna(), "*" in patterns).to_numpy(dtype=bool)


def kinds(accounts: pd.DataFrame, references: References, basis: Basis) -> pd.Series:
    """The :class:`Kind` of each account; the first that fits."""
    population = basis.policy.population
    recipient = accounts["recipient_type"].str.casefold()
    emergency = [account.casefold() for account in population.break_glass]

    def recipient_is(types: Sequence[str]) -> Mask:
        return recipient.isin([name.casefold() for name in types]).to_numpy()

    found = np.select(
        [
            (references.ids.isin(emergency) | references.names.isin(emergency)).to_numpy(),
            basis.registers.services.has(references),
            recipient_is(population.shared_recipient_types),
            recipient_is(population.room_recipient_types),
            basis.registers.generics.has(references),
            true(accounts["user_type"] == "guest"),
        ],
        [Kind.BREAK_GLASS, Kind.SERVICE, Kind.SHARED_MAILBOX, Kind.ROOM, Kind.GENERIC, Kind.GUEST],
        default=Kind.PERSON,
    )
    return pd.Series(found, index=accounts.index, dtype="str")


def local_days(moments: pd.Series, basis: Basis) -> pd.Series:
    """The day each UTC moment falls on in the policy's zone, as midnight; null stays null."""
    local = moments.dt.tz_localize("UTC").dt.tz_convert(basis.policy.about.timezone)
    days: pd.Series = local.dt.tz_localize(None).dt.normalize()
    return days


def looked_at(accounts: pd.DataFrame, basis: Basis) -> pd.Series:
    """The day up to which an account's sign-ins are known: when they were asked for, else the newest day the sources
    speak of, and no later than the day judged."""
    today = pd.Timestamp(basis.as_of)
    newest = today if basis.evidence.seen_until is None else pd.Timestamp(basis.evidence.seen_until)
    days = local_days(accounts["sign_in_read_at"], basis).fillna(newest)
    return days.where(days < today, today)


def idle_days(accounts: pd.DataFrame, basis: Basis) -> pd.Series:
    """Days from the last sign-in to the day it was asked for; null when the account never signed in or nobody
    knows. What happened since that day is not known, so it adds nothing."""
    days: pd.Series = (looked_at(accounts, basis) - local_days(accounts["last_sign_in"], basis)).dt.days
    return days


def dormant(accounts: pd.DataFrame, basis: Basis) -> Mask:
    """Known unused for the policy's ``dormant_days``: last sign-in longer ago, or never and older than that."""
    limit = basis.policy.population.dormant_days
    age = (looked_at(accounts, basis) - local_days(accounts["created_at"], basis)).dt.days
    unused = (accounts["sign_in"] == "seen") & (idle_days(accounts, basis) > limit)
    unused |= (accounts["sign_in"] == "never") & (age > limit)
    return true(unused) & true(accounts["account_enabled"] != Stated.NO)


def out_of_scope(accounts: pd.DataFrame, kind: pd.Series, basis: Basis) -> pd.Series:
    """Why an account is out of scope, as a :class:`Reason`; null when it is in.

    An account whose use is not known stays in: only what is known to be unused is left out, and an answer of earlier
    days does not know it.
    """
    population = basis.policy.population
    idle = idle_days(accounts, basis)
    asked = local_days(accounts["sign_in_read_at"], basis)
    fresh = asked.isna() | (asked >= pd.Timestamp(basis.as_of) - _FRESH)
    reasons = pd.Series(None, index=accounts.index, dtype="str")
    excluded = ~matches_any(accounts["organisation"], population.include_organisations)
    excluded &= accounts["organisation"].notna().to_numpy()
    excluded |= matches_any(accounts["organisation"], population.exclude_organisations)
    reasons[excluded] = Reason.ORGANISATION_EXCLUDED
    for name in Kind:
        treatment = population.treatment[name]
        left_out = kind == name
        if treatment.scope == "in_if_used":
            seen = accounts["sign_in"] == "seen"
            unused = (accounts["sign_in"] == "never") | (seen & (idle > treatment.used_within_days))
            left_out &= true(unused & fresh)
        if treatment.scope != "in":
            reasons[left_out] = _LEFT_OUT[name]
    reasons[accounts["account_enabled"] == Stated.NO] = Reason.DISABLED
    return reasons


def populations(kind: pd.Series, basis: Basis) -> pd.Series:
    """The population the policy gives each kind."""
    treatment = basis.policy.population.treatment
    return kind.map({name: treatment[name].population for name in Kind})
