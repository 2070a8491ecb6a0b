"""Which requirement applies to an account, and which others may, for want of evidence (``docs/policy.md``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.tables import Kind, Stated
from mfa_audit.verdicts.columns import Mask, true
from mfa_audit.verdicts.population import matches_any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.policy.schema_accounts import AppliesTo
    from mfa_audit.verdicts.basis import Basis
    from mfa_audit.verdicts.registers import References


@dataclass(frozen=True)
class Tiers:
    """``tier`` of each account as far as the evidence goes; ``possible``: tier -> the accounts that may belong to it
    instead, because what would show it is missing. ``privileged`` leaves emergency accounts out."""

    tier: pd.Series
    privileged: Mask
    possible: Mapping[str, Mask]

    @property
    def known(self) -> Mask:
        """Accounts whose tier is not in doubt."""
        doubtful = np.zeros(len(self.tier), dtype=bool)
        for mask in self.possible.values():
            doubtful |= mask
        return ~doubtful


def tiers(accounts: pd.DataFrame, kind: pd.Series, references: References, basis: Basis) -> Tiers:
    """The first tier that fits: break_glass, privileged, the policy's own in file order, generic, staff."""
    policy = basis.policy
    emergency = true(kind == Kind.BREAK_GLASS)
    privileged = _privileged(accounts, references, basis)
    taken = emergency | privileged
    choices: list[tuple[Mask, str]] = [(emergency, "break_glass"), (privileged, "privileged")]
    possible = {"privileged": ~taken & _may_be_privileged(accounts, basis)}
    for name in policy.tier_names():
        applies = policy.requirements[name].applies_to
        if applies is None:
            continue
        fits = _fits(accounts, references, applies, basis)
        choices.append((fits, name))
        taken = taken | fits
        doubt = true(_may_fit(accounts, applies)) | (not basis.groups_read(applies.groups))
        possible[name] = ~taken & doubt
    choices.append((true(kind == Kind.GENERIC), "generic"))
    chosen = np.select([mask for mask, _ in choices], [name for _, name in choices], default="staff")
    return Tiers(
        pd.Series(chosen, index=accounts.index, dtype="str"),
        privileged & ~emergency,
        {name: mask for name, mask in possible.items() if mask.any()},
    )


def _privileged(accounts: pd.DataFrame, references: References, basis: Basis) -> Mask:
    """Any of the ways: the admin flag, a directory role, a group, the list, or what a portal says of the role."""
    rules = basis.policy.privileged
    found = basis.registers.privileged.has(references) | privileged_by_portal(accounts["mfa_status"])
    found = found | true(basis.in_groups(references.ids, rules.groups))
    if rules.is_admin_flag:
        found = found | true(accounts["is_admin"] == Stated.YES)
    if rules.directory_roles:
        found = found | true(references.ids.isin(basis.role_holders))
    return found


def _may_be_privileged(accounts: pd.DataFrame, basis: Basis) -> Mask:
    """Where what would show it is missing: the flag and the role data both, the flag alone where its source left it
    blank, who is in a group that may activate a role (the flag tells of active roles alone), a group that was not
    read, or roles or a register that the last good run had. Role data names object ids, so it says nothing of an
    account without one."""
    rules = basis.policy.privileged
    flag = accounts["is_admin"].fillna(Stated.ABSENT)
    by_roles = true(~accounts["account_id"].str.startswith("upn:")) & basis.evidence.roles_read
    missing = np.zeros(len(accounts), dtype=bool)
    if rules.is_admin_flag:
        missing = true(flag == Stated.BLANK) | true(flag == Stated.ABSENT) & ~(by_roles & bool(rules.directory_roles))
    elif rules.directory_roles:
        missing = ~by_roles
    eligible_unknown = basis.evidence.eligible_unknown and bool(rules.directory_roles)
    return missing | eligible_unknown | basis.evidence.privileged_lost | (not basis.groups_read(rules.groups))


def _fits(accounts: pd.DataFrame, references: References, applies: AppliesTo, basis: Basis) -> Mask:
    fits = true(basis.in_groups(references.ids, applies.groups))
    for column, patterns in (
        ("department", applies.departments), ("organisation", applies.organisations),
        ("employee_type", applies.employee_types),
    ):
        fits = fits | matches_any(accounts[column], patterns) & true(accounts[column].notna())
    return fits


def _may_fit(accounts: pd.DataFrame, applies: AppliesTo) -> Mask:
    """Accounts of which nothing says what the tier goes by."""
    doubt = np.zeros(len(accounts), dtype=bool)
    for column, patterns in (("department", applies.departments), ("organisation", applies.organisations),
                             ("employee_type", applies.employee_types)):
        if patterns:
            doubt = doubt | true(accounts[column].isna())
    return doubt


def privileged_by_portal(mfa_status: pd.Series) -> Mask:
    """Whether a portal's MFA Status says that an administrator's role enforces MFA."""
    return true(mfa_status.str.casefold().str.fullmatch(r"mfa enforced (?:admin role|atp group)"))
