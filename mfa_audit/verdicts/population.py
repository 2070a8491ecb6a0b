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
    from datetime import date

    from mfa_audit.verdicts.basis import Basis
    from mfa_audit.verdicts.registers import References

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
    """Whether each text fits one of the patterns, without regard to case; null fits only ``*``."""
    patterns = [pattern.casefold() for pattern in globs]
    fits = by_distinct(values, lambda value: any(fnmatchcase(value.casefold(), pattern) for pattern in patterns))
    return fits.astype(object).where(values.notna(), "*" in patterns).to_numpy(dtype=bool)


def kinds(accounts: pd.DataFrame, references: References, basis: Basis) -> pd.Series:
    """The :class:`Kind` of each account; the first that fits."""
    population = basis.policy.population
    recipient = accounts["recipient_type"].str.casefold()

    def recipient_is(types: Sequence[str]) -> Mask:
        return recipient.isin([name.casefold() for name in types]).to_numpy()

    found = np.select(
        [
            references.ids.isin([account.casefold() for account in population.break_glass]).to_numpy(),
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


def idle_days(accounts: pd.DataFrame, as_of: date) -> pd.Series:
    """Days since the last sign-in; null when the account never signed in or nobody knows."""
    days: pd.Series = (pd.Timestamp(as_of) - accounts["last_sign_in"].dt.normalize()).dt.days
    return days


def dormant(accounts: pd.DataFrame, basis: Basis) -> Mask:
    """Known unused for the policy's ``dormant_days``: last sign-in longer ago, or never and older than that."""
    limit = basis.policy.population.dormant_days
    age = (pd.Timestamp(basis.as_of) - accounts["created_at"].dt.normalize()).dt.days
    unused = (accounts["sign_in"] == "seen") & (idle_days(accounts, basis.as_of) > limit)
    unused |= (accounts["sign_in"] == "never") & (age > limit)
    return true(unused) & true(accounts["account_enabled"] != Stated.NO)


def out_of_scope(accounts: pd.DataFrame, kind: pd.Series, basis: Basis) -> pd.Series:
    """Why an account is out of scope, as a :class:`Reason`; null when it is in.

    An account whose use is not known stays in: only what is known to be unused is left out.
    """
    population = basis.policy.population
    idle = idle_days(accounts, basis.as_of)
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
            left_out &= (accounts["sign_in"] == "never") | (seen & (idle > treatment.used_within_days))
        if treatment.scope != "in":
            reasons[left_out] = _LEFT_OUT[name]
    reasons[accounts["account_enabled"] == Stated.NO] = Reason.DISABLED
    return reasons


def populations(kind: pd.Series, basis: Basis) -> pd.Series:
    """The population the policy gives each kind."""
    treatment = basis.policy.population.treatment
    return kind.map({name: treatment[name].population for name in Kind})


def tier_facts(accounts: pd.DataFrame, kind: pd.Series, references: References, basis: Basis) -> pd.DataFrame:
    """Which requirement applies: columns ``privileged``, ``tier`` and ``known``.

    ``known`` is false when the account is not seen to be privileged and what would show it is missing: the admin flag
    and the role data both, the flag alone where its source left it blank, or a group that was not read.
    ``tier`` is then the one that applies if it is not privileged.
    """
    policy = basis.policy
    flag = accounts["is_admin"].fillna(Stated.ABSENT)
    use_flag, use_roles = policy.privileged.is_admin_flag, bool(policy.privileged.directory_roles)
    privileged = basis.registers.privileged.has(references)
    if use_flag:
        privileged |= (flag == Stated.YES).to_numpy(dtype=bool)
    if use_roles:
        privileged |= references.ids.isin(basis.role_holders).to_numpy()
    privileged |= basis.in_groups(references.ids, policy.privileged.groups).to_numpy()
    privileged |= privileged_by_portal(accounts["mfa_status"])

    blank = (flag == Stated.BLANK).to_numpy(dtype=bool)
    absent = (flag == Stated.ABSENT).to_numpy(dtype=bool)
    missing = blank | absent & (not basis.evidence.roles_read) if use_flag else np.full(len(flag), fill_value=False)
    if not use_flag and use_roles and not basis.evidence.roles_read:
        missing[:] = True
    if not basis.groups_read(policy.privileged.groups):
        missing[:] = True
    is_break_glass = (kind == Kind.BREAK_GLASS).to_numpy()

    choices: list[tuple[Mask, str]] = [(is_break_glass, "break_glass"), (privileged, "privileged")]
    for tier in policy.tier_names():
        applies = policy.requirements[tier].applies_to
        if applies is not None:
            fits = basis.in_groups(references.ids, applies.groups).to_numpy(copy=True)
            for column, globs in (
                ("department", applies.departments),
                ("organisation", applies.organisations),
                ("employee_type", applies.employee_types),
            ):
                fits |= matches_any(accounts[column], globs) & accounts[column].notna().to_numpy()
            choices.append((fits, tier))
    choices.append(((kind == Kind.GENERIC).to_numpy(), "generic"))
    chosen = np.select([mask for mask, _ in choices], [name for _, name in choices], default="staff")
    return pd.DataFrame(
        {
            "privileged": privileged & ~is_break_glass,
            "tier": pd.Series(chosen, index=accounts.index, dtype="str"),
            "known": privileged | is_break_glass | ~missing,
        },
        index=accounts.index,
    )


def privileged_by_portal(mfa_status: pd.Series) -> Mask:
    """Whether a portal's MFA Status says that an administrator's role enforces MFA."""
    enforced = mfa_status.str.casefold().str.contains(r"enforced.*(?:admin role|atp group)", regex=True, na=False)
    return enforced.to_numpy(dtype=bool)
