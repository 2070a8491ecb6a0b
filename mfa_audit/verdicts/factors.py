"""What an account can prove itself with: known, usable, how strong (``docs/statuses.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from mfa_audit.methods import BIT, CATALOGUE, FACTOR_BITS, Level
from mfa_audit.tables import Reason, Stated
from mfa_audit.verdicts.columns import Mask, true
from mfa_audit.verdicts.methods_policy import EVERYBODY
from mfa_audit.verdicts.registers import reference

if TYPE_CHECKING:
    from mfa_audit.policy import Policy
    from mfa_audit.verdicts.basis import Basis
    from mfa_audit.verdicts.registers import References

Bits = npt.NDArray[np.int64]
_REPORT_DELAY = pd.Timedelta(hours=48)


def level_bits(policy: Policy) -> dict[Level, int]:
    """The methods of each level as a set, with the policy's own levels where it overrides the catalogue."""
    sets = dict.fromkeys(Level, 0)
    for method in CATALOGUE:
        sets[policy.methods.level_of(method.name)] |= BIT[method.name]
    return sets


def best_level(bits: Bits, policy: Policy) -> npt.NDArray[np.int64]:
    """The strongest :class:`Level` in each set of methods, as a number."""
    best = np.zeros(len(bits), dtype=np.int64)
    for level, members in sorted(level_bits(policy).items()):
        best[(bits & members) != 0] = level
    return best


def count_methods(bits: Bits) -> npt.NDArray[np.int64]:
    """How many methods each set holds."""
    ones = ((bits >> position) & 1 for position in range(len(CATALOGUE)))
    return sum(ones, start=np.zeros(len(bits), dtype=np.int64))


def factor_facts(accounts: pd.DataFrame, references: References, basis: Basis) -> pd.DataFrame:
    """What each account has, a row each.

    Columns: ``why_unknown`` (:class:`Reason`, null when known), ``registered`` (every mapped method, as bits),
    ``factors`` (those the catalogue calls factors at all), ``usable`` (those that count: allowed, not barred),
    ``best`` (level of the strongest usable one, as a number).
    """
    policy, evidence = basis.policy, basis.evidence
    row = accounts["has_registration"].to_numpy(dtype=bool)
    registered = accounts["methods"].fillna(0).to_numpy(dtype=np.int64)
    certified = basis.registers.certificates.has(references)
    registered = np.where(certified, registered | BIT["certificate"], registered)
    unmapped = accounts["unmapped"].notna().to_numpy()
    capable = accounts["is_mfa_capable"].fillna(Stated.ABSENT)

    factors = registered & FACTOR_BITS
    barred = sum(BIT[name] for name in policy.methods.barred)
    not_allowed = (capable == Stated.NO).to_numpy(dtype=bool)
    allowed = factors & ~evidence.methods_switched_off
    sure = allowed & ~evidence.methods_in_doubt
    worthless = level_bits(policy)[Level.NONE]
    despite = np.where(certified, allowed & BIT["certificate"], 0)
    usable = np.where(not_allowed, despite, sure) & ~barred & ~worthless

    no_factor = factors == 0
    says_capable = (capable == Stated.YES).to_numpy(dtype=bool)
    may_be_capable = (capable != Stated.NO).to_numpy(dtype=bool)
    says_not_registered = true(accounts["is_mfa_registered"] == Stated.NO)
    blank_capable = (capable == Stated.BLANK).to_numpy(dtype=bool)
    blank_registered = true(accounts["is_mfa_registered"] == Stated.BLANK)
    read = accounts["methods_read"].fillna(value=False).to_numpy(dtype=bool)
    conflict = accounts["conflict"].fillna(value=False).to_numpy(dtype=bool)
    scope_blank = (accounts["account_enabled"] == Stated.BLANK) | (accounts["user_type_stated"] == Stated.BLANK)
    why = np.select(
        [
            ~row & evidence.registrations_refused,
            ~row & ~certified & ~_too_young_to_show(accounts, basis),
            scope_blank.to_numpy(dtype=bool) | (row & ~read & ~certified),
            row & conflict,
            row & ~no_factor & ~not_allowed & says_not_registered,
            row & no_factor & unmapped & may_be_capable,
            row & (allowed == 0) & ~unmapped & says_capable,
            row & ~no_factor & (blank_capable | blank_registered & ~not_allowed),
            row & (sure == 0) & (allowed != 0) & ~not_allowed,
            no_factor & _invisible_factor_possible(accounts, basis),
        ],
        [
            Reason.FORBIDDEN,
            Reason.NO_RECORD,
            Reason.UNREADABLE,
            Reason.CONFLICTING_RECORD,
            Reason.CONFLICTING_RECORD,
            Reason.UNMAPPED_METHOD,
            Reason.CONFLICTING_RECORD,
            Reason.UNREADABLE,
            Reason.UNREADABLE,
            Reason.INVISIBLE_METHOD_POSSIBLE,
        ],
        default="",
    )
    known = why == ""
    usable = np.where(known, usable, 0)
    return pd.DataFrame(
        {
            "why_unknown": pd.Series(why, index=accounts.index, dtype="str").where(~known),
            "registered": registered,
            "factors": factors,
            "usable": usable,
            "best": best_level(usable, policy),
        },
        index=accounts.index,
    )


def _too_young_to_show(accounts: pd.DataFrame, basis: Basis) -> Mask:
    """Accounts made less than 48 hours before a whole registration table was captured: no row means no method."""
    captured = basis.evidence.registered_as_of
    if captured is None or not basis.evidence.registrations_complete:
        return np.zeros(len(accounts), dtype=bool)
    young = accounts["created_at"] > pd.Timestamp(captured) - _REPORT_DELAY
    return young.to_numpy(dtype=bool, na_value=False)


def _invisible_factor_possible(accounts: pd.DataFrame, basis: Basis) -> Mask:
    """Accounts that may have a factor the registration report cannot show: a federated domain, or a certificate."""
    evidence = basis.evidence
    possible = np.zeros(len(accounts), dtype=bool)
    if evidence.federated_domains:
        domain = accounts["user_principal_name"].str.casefold().str.rpartition("@")[2]
        possible |= domain.isin(evidence.federated_domains).to_numpy()
    if evidence.certificate_targets is not None and "certificate_users" not in basis.registers.given:
        groups = tuple(evidence.certificate_targets)
        if EVERYBODY in groups or not basis.groups_read(groups):
            possible[:] = True
        else:
            possible |= basis.in_groups(reference(accounts["account_id"]), groups).to_numpy()
    return possible


def reaches(best: npt.NDArray[np.int64], minimum: Level | npt.NDArray[np.int64], basis: Basis,
            own_telephony: Mask) -> Mask:
    """Whether a best level satisfies ``minimum`` today: weak methods satisfy nobody from ``weak_ends_on``, unless the
    account is in a group with its own telephony provider."""
    enough = (best > Level.NONE) & (best >= minimum)
    if weak_has_ended(basis):
        enough &= (best > basis.policy.methods.weak_level) | own_telephony
    return enough


def weak_has_ended(basis: Basis) -> bool:
    """Whether the day on which weak methods stop has come."""
    return basis.as_of >= basis.policy.methods.weak_ends_on
