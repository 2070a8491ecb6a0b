"""From facts to verdict. Pure and partition-safe: any split of the accounts gives the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.methods import Level, names
from mfa_audit.tables import COMPLIANT, PEOPLE, Exposure, Reason, Stated, Status
from mfa_audit.verdicts.account_controls import account_controls
from mfa_audit.verdicts.columns import not_before, true
from mfa_audit.verdicts.controls import count, findings
from mfa_audit.verdicts.deadlines import due_dates, grace_ends, overdue, starts
from mfa_audit.verdicts.factors import factor_facts, reaches
from mfa_audit.verdicts.population import dormant, kinds, out_of_scope, populations
from mfa_audit.verdicts.readiness import readiness
from mfa_audit.verdicts.registers import References, organisation_spelling
from mfa_audit.verdicts.required import required_facts
from mfa_audit.verdicts.retirement import cohorts
from mfa_audit.verdicts.status import decide, expose
from mfa_audit.verdicts.tiers import tiers

if TYPE_CHECKING:
    from mfa_audit.verdicts.basis import Basis
    from mfa_audit.verdicts.columns import Mask

_OVERDUE = (Status.NOT_REGISTERED, Status.BELOW_STRENGTH, Status.EXEMPT_EXPIRED)
_EXPOSURE_ORDER = {
    Exposure.PASSWORD_ONLY: 0, Exposure.FIRST_REGISTRATION_OPEN: 1, Exposure.UNKNOWN: 2, Exposure.PHISHABLE: 3,
    Exposure.RESISTANT: 4,
}
_LONGEST = 99_999


@dataclass(frozen=True)
class Judgement:
    """The verdicts on a chunk: ``people`` (:data:`mfa_audit.tables.PEOPLE`) and ``controls``, how many accounts have
    each outcome (:func:`mfa_audit.verdicts.controls.count`); counts of chunks add up. ``cohorts``: whom the end of
    phone methods touches (:func:`mfa_audit.verdicts.retirement.cohorts`), a row a person."""

    people: pd.DataFrame
    controls: pd.DataFrame
    cohorts: pd.DataFrame


def judge(accounts: pd.DataFrame, basis: Basis) -> Judgement:
    """Judge a chunk of accounts (``Snapshot.accounts()``: accounts, their registration, ``has_registration``).

    The row order is kept. ``priority`` orders action lists: privileged first, then by exposure (``password_only``,
    ``first_registration_open``, ``unknown``, ``phishable``), then the longest overdue.
    """
    accounts = accounts.reset_index(drop=True)
    accounts["organisation"] = organisation_spelling(accounts["organisation"], basis.registers.organisations)
    references = References.of(accounts)
    facts = _facts(accounts, references, basis)
    outcomes = account_controls(accounts, facts, references, basis)
    facts["findings"] = findings(outcomes, accounts.index)
    return Judgement(_people(accounts, facts), count(outcomes), cohorts(accounts, facts))


def _facts(accounts: pd.DataFrame, references: References, basis: Basis) -> pd.DataFrame:
    kind = kinds(accounts, references, basis)
    agreed = _without_what_differs(accounts)
    tier = tiers(agreed, kind, references, basis)
    start = starts(accounts, basis)
    facts = pd.concat([factor_facts(accounts, references, basis), _entry_facts(references, basis)], axis=1)
    facts["kind"], facts["population"] = kind, populations(kind, basis)
    facts["left_out"] = out_of_scope(agreed, kind, basis)
    facts["start"] = start
    facts["own_telephony"] = basis.in_groups(references.ids, basis.policy.methods.own_telephony_groups)

    base = _with_tier(accounts, facts, tier.tier, basis)
    base = base.join(decide(base, basis))
    for other, may_be in tier.possible.items():
        base = _unless_the_tier_matters(accounts, base, facts, other, may_be, basis)
    if not basis.groups_read(basis.policy.methods.own_telephony_groups):
        # Whether their phone number goes on working is not known.
        base.loc[base["reason"] == Reason.WEAK_ENDED, ["status", "reason"]] = (Status.UNKNOWN, Reason.UNREADABLE)
    base["ready"] = readiness(accounts, references.ids, true(base["usable"] != 0), base["registered"], basis)
    base["tier_known"] = tier.known
    base["may_be_privileged"] = tier.possible.get("privileged", False)
    base["tier"], base["privileged"] = tier.tier, tier.privileged
    base["exposure"] = expose(base, base["status"])

    due = due_dates(accounts, base["tier"], start, basis)
    reaches_minimum = (base["best"] > Level.NONE) & (base["best"] >= base["minimum"])
    ended = reaches_minimum & ~base["enough"] & due.notna()
    due = due.where(~ended, not_before(due, basis.policy.methods.weak_ends_on))
    base["due"] = due.where(base["status"] != Status.OUT_OF_SCOPE)
    base["overdue_days"] = overdue(base["due"], basis).where(base["status"].isin(_OVERDUE), 0)
    base["dormant"] = dormant(accounts, basis)
    base["leaver"] = (accounts["leaver"] == Stated.YES).to_numpy(dtype=bool, na_value=False)
    base["away"] = basis.registers.pauses.has(references)
    base["responsible_id"] = basis.registers.generics.column("responsible_person_id", references).fillna(
        basis.registers.services.column("owner", references)
    )
    base["portal_role"] = basis.registers.privileged.column("portal_role", references)
    tested = {key.casefold(): pd.Timestamp(day) for key, day in basis.policy.break_glass.last_tested.items()}
    base["last_tested"] = pd.to_datetime(references.ids.map(tested).fillna(references.names.map(tested)))
    return base


def _without_what_differs(accounts: pd.DataFrame) -> pd.DataFrame:
    """The accounts, texts blank on which their sources disagree: what is disputed decides neither scope nor tier."""
    told = accounts["differing"].fillna("")
    if not told.any():
        return accounts
    return accounts.assign(**{name: accounts[name].mask(told.str.contains(name, regex=False))
                              for name in ("organisation", "department", "employee_type")})


def _entry_facts(references: References, basis: Basis) -> pd.DataFrame:
    """The exemption entry of each account that is looked at, and its state; null where it has none."""
    register = basis.registers.exemptions
    nothing = pd.Series(None, index=references.ids.index, dtype="str")
    return pd.DataFrame(
        {
            "exemption_id": register.column("exemption_id", references),
            "entry_state": register.column("state", references) if len(register) else nothing,
        }
    )


def _with_tier(accounts: pd.DataFrame, facts: pd.DataFrame, tier: pd.Series, basis: Basis) -> pd.DataFrame:
    """``facts`` and what follows from a tier: minimum, enough, exemption, grace, whether MFA is required."""
    rules = basis.policy.requirements
    found = facts.assign(tier=tier)
    minimum = tier.map({name: int(rule.minimum) for name, rule in rules.items()})
    exemptible = tier.map({name: rule.exemptible for name, rule in rules.items()}).to_numpy(dtype=bool)
    best = facts["best"].to_numpy()
    found["minimum"] = minimum
    own_telephony = facts["own_telephony"].to_numpy(dtype=bool)
    found["enough"] = reaches(best, np.asarray(minimum, dtype=np.int64), basis, own_telephony)
    found["exempt"] = exemptible & (facts["entry_state"] == "active").to_numpy(dtype=bool, na_value=False)
    found["expired"] = exemptible & (facts["entry_state"] == "expired").to_numpy(dtype=bool, na_value=False)
    found["starter_until"] = grace_ends(facts["start"], tier, basis)
    found["in_grace"] = found["starter_until"] >= pd.Timestamp(basis.as_of)
    return found.join(required_facts(accounts, tier, basis))


def _unless_the_tier_matters(accounts: pd.DataFrame, base: pd.DataFrame, facts: pd.DataFrame, other: str, may_be: Mask,
                             basis: Basis) -> pd.DataFrame:
    """Accounts that may belong to the tier ``other`` are judged both ways; where the two differ nobody knows."""
    rows = base.index[may_be]
    there = _with_tier(accounts.loc[rows], facts.loc[rows], pd.Series(other, index=rows, dtype="str"), basis)
    in_other = decide(there, basis)["status"]
    plain = base.loc[rows, "status"]
    differs = (plain != in_other) & ~(plain.isin(COMPLIANT) & in_other.isin(COMPLIANT))
    changed = rows[differs]
    base.loc[changed, "status"] = Status.UNKNOWN.value
    base.loc[changed, "reason"] = Reason.TIER_UNKNOWN.value
    return base


def _people(accounts: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The columns of :data:`mfa_audit.tables.PEOPLE`."""
    known = facts["why_unknown"].isna()
    level = {member.value: member.label for member in Level}
    distinct = {bits: ";".join(names(int(bits))) for bits in facts["registered"].unique()}
    listed = facts["registered"].map(distinct).astype("str")
    status = facts["status"]
    rank = facts["exposure"].map(_EXPOSURE_ORDER).fillna(len(_EXPOSURE_ORDER)).astype(np.int64)
    late = facts["overdue_days"].clip(upper=_LONGEST)
    nobody_asked = pd.Series(None, index=facts.index, dtype="str")
    derived = {
        "access_class": accounts.get("access_class", nobody_asked.astype("Int32")),
        "asked": accounts.get("asked", nobody_asked),
        "ready": facts["ready"],
        "kind": facts["kind"],
        "population": facts["population"],
        "tier": facts["tier"].where(facts["tier_known"], "unknown"),
        "status": status,
        "reason": facts["reason"],
        "exposure": facts["exposure"],
        "best_level": facts["best"].map(level).astype("str").where(known),
        "methods": listed.where(known),
        "phone_only": facts["best"] == Level.PHONE,
        "required": facts["required"].astype("str"),
        "proven": pd.Series(None, index=facts.index, dtype="str"),
        "due": facts["due"],
        "overdue_days": facts["overdue_days"],
        "exemption_id": facts["exemption_id"],
        "findings": facts["findings"],
        "in_scope": status != Status.OUT_OF_SCOPE,
        "usable": facts["usable"] != 0,
        "privileged": facts["tier"] == "privileged",
        "portal_role": facts["portal_role"],
        "method_bits": facts["usable"],
        "registered_bits": facts["registered"],
        "dormant": facts["dormant"],
        "leaver": facts["leaver"],
        "away": facts["away"],
        "last_sign_in": accounts["last_sign_in"].dt.normalize(),
        "starter_until": facts["starter_until"],
        "responsible_id": facts["responsible_id"],
        "priority": (~facts["privileged"]) * 1_000_000 + rank * 100_000 + (_LONGEST - late),
    }
    return pd.DataFrame({name: derived.get(name, accounts.get(name)) for name in PEOPLE.names})
