"""The controls that one account's facts decide; the words are in ``controls.toml``.

Each line reads: control, whom it is about, what passes, what cannot be told, what an exemption excuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.methods import BIT, BOOTSTRAP_BITS, BY_SPELLING, DEVICE_BOUND_BITS, Level, family_bits, spelling
from mfa_audit.tables import COMPLIANT, Kind, Reason, Required, Stated, Status
from mfa_audit.verdicts.columns import Mask, by_distinct, true
from mfa_audit.verdicts.controls import Outcomes, outcome
from mfa_audit.verdicts.factors import best_level, count_methods

if TYPE_CHECKING:
    from mfa_audit.verdicts.basis import Basis
    from mfa_audit.verdicts.registers import References

_PREFERRED = {"push": "authenticator_push", "oath": "software_code", "voicemobile": "mobile_phone",
              "voicealternatemobile": "alternate_phone", "voiceoffice": "office_phone"}
_NON_FACTORS = sum(BIT[name] for name in ("email", "security_questions", "app_password", "qr_code"))
_LEAVER_DAYS = 30
_REGISTER_OF = {
    **dict.fromkeys(("MFA-EXM-01", "MFA-EXM-02", "MFA-EXM-03", "MFA-EXM-04", "MFA-EXM-05"), "exemptions"),
    "MFA-DAT-05": "organisations", "MFA-SVC-01": "service_accounts", "MFA-SHR-02": "generic_accounts",
}
"""The register a control is about."""


def account_controls(accounts: pd.DataFrame, facts: pd.DataFrame, references: References,
                     basis: Basis) -> dict[str, Outcomes]:
    """Control id -> the outcome of every account of a chunk.

    ``facts`` is what :func:`mfa_audit.verdicts.judge.judge` derived: see there for its columns.
    """
    policy, registers = basis.policy, basis.registers
    today = pd.Timestamp(basis.as_of)

    status, kind = facts["status"], facts["kind"]
    everybody = np.ones(len(facts), dtype=bool)
    in_scope = true(status != Status.OUT_OF_SCOPE)
    known = true(facts["why_unknown"].isna())
    usable = true(facts["usable"] != 0)
    compliant = true(status.isin(COMPLIANT))
    undecided = true(status == Status.UNKNOWN)
    exempt = true(status == Status.EXEMPT)
    privileged = facts["privileged"].to_numpy(dtype=bool) & in_scope
    # A guest or a service account out of scope opens the portals all the same.
    administers = facts["privileged"].to_numpy(dtype=bool) & true(accounts["account_enabled"] != Stated.NO)
    break_glass = true(kind == Kind.BREAK_GLASS)
    enabled_unknown = true(accounts["account_enabled"].isin([Stated.BLANK, Stated.ABSENT]))
    enabled = true(accounts["account_enabled"] == Stated.YES)
    bits, registered = facts["usable"].to_numpy(), facts["registered"].to_numpy()
    best = facts["best"].to_numpy()
    target = facts["tier"].map({name: int(rule.target or rule.minimum)
                                for name, rule in policy.requirements.items()}).to_numpy()
    with_factor = in_scope & known & usable

    start, grace_end = facts["start"], facts["starter_until"]
    recent = true(start > today - pd.Timedelta(days=policy.grace.starter_days + 30))
    starter = in_scope & recent & true(grace_end.notna()) & (true(grace_end < today) | usable)

    default = by_distinct(accounts["default_method"], _preferred_bit).fillna(0).to_numpy(dtype=np.int64)
    picks_itself = with_factor & true(accounts["system_preferred"] == Stated.NO) & (default != 0)

    entry = registers.exemptions.has(references)
    complaints = registers.exemptions.column("findings", references).fillna("") if entry.any() else None
    entry_state = facts["entry_state"]

    def entry_passes(control_id: str) -> Mask:
        return everybody if complaints is None else ~true(complaints.str.contains(control_id, regex=False))

    def decided(fact: str) -> Mask:
        return true(facts[fact].isin([Required.YES, Required.NO]))

    service = true(kind == Kind.SERVICE)
    mailbox = true(kind.isin([Kind.SHARED_MAILBOX, Kind.ROOM]))
    dormant = in_scope & facts["dormant"].to_numpy()
    uncollected = true(accounts["sign_in"] == "not_collected")
    leaver = facts["leaver"].to_numpy()
    left = leaver & (true(accounts["leave_date"] + pd.Timedelta(days=_LEAVER_DAYS) < today)
                     | true(accounts["leave_date"].isna()))
    workforce = in_scope & true(facts["population"] == "workforce")
    closed, listed = _organisation_state(accounts["organisation"], registers.organisations)
    organised = in_scope & true(accounts["organisation"].notna()) & ("organisations" in registers.given)
    tested = facts["last_tested"]

    may_be_privileged = in_scope & facts["may_be_privileged"].to_numpy(dtype=bool)
    capable_absent = true(accounts["is_mfa_capable"].fillna(Stated.ABSENT) == Stated.ABSENT)
    tested_days = (today - tested).dt.days

    outcomes = {
        "MFA-REG-01": outcome(in_scope, usable, unassessed=~known, excepted=exempt),
        "MFA-REG-02": outcome(in_scope & known & (facts["factors"] != 0).to_numpy(), usable,
                              unassessed=capable_absent & usable),
        "MFA-REG-03": outcome(starter, usable, unassessed=~known),
        "MFA-REG-04": outcome(with_factor, count_methods(bits) > 1),
        "MFA-REG-08": outcome(with_factor, (bits & ~DEVICE_BOUND_BITS) != 0),
        "MFA-REG-09": outcome(in_scope & known & (best <= policy.methods.weak_level),
                              true(facts["ready"] == Required.YES), unassessed=~decided("ready")),
        "MFA-STR-01": outcome(with_factor, facts["enough"].to_numpy(dtype=bool),
                              unassessed=true(facts["reason"] == Reason.TIER_UNKNOWN)),
        "MFA-STR-02": outcome(with_factor, best > Level.PHONE),
        "MFA-STR-03": outcome(with_factor, (bits & family_bits(policy.methods.recommended)) != 0),
        "MFA-STR-04": outcome(picks_itself, best_level(default, policy) >= best),
        "MFA-STR-05": outcome(in_scope & known & ((registered & _NON_FACTORS) != 0), usable),
        "MFA-STR-06": outcome(in_scope & known & ((registered & BOOTSTRAP_BITS) != 0), usable),
        "MFA-ENF-01": outcome(in_scope & ~break_glass, true(facts["required"] == Required.YES),
                              unassessed=true(facts["required"] == Required.UNKNOWN), excepted=exempt),
        "MFA-ENF-02": outcome(privileged & ~break_glass, true(facts["required"] == Required.YES),
                              unassessed=true(facts["required"] == Required.UNKNOWN)),
        "MFA-ENF-03": outcome(in_scope & ~break_glass, true(facts["enforced"] == Required.YES),
                              unassessed=~decided("enforced")),
        "MFA-ENF-04": outcome(in_scope & ~break_glass,
                              true(facts["kept_in"] == Required.YES) | true(entry_state == "active"),
                              unassessed=~decided("kept_in")),
        "MFA-ENF-05": outcome(in_scope, true(facts["legacy_shut"] == Required.YES),
                              unassessed=~decided("legacy_shut")),
        "MFA-ENF-06": outcome(in_scope & true(facts["required"] == Required.YES), true(facts["again"] == Required.YES),
                              unassessed=~decided("again")),
        "MFA-ADM-01": outcome(privileged | may_be_privileged, true(status == Status.COMPLIANT),
                              unassessed=undecided | may_be_privileged),
        "MFA-ADM-02": outcome(privileged | may_be_privileged, best >= target,
                              unassessed=~known | may_be_privileged),
        "MFA-ADM-03": outcome(administers | may_be_privileged, usable,
                              unassessed=~known | may_be_privileged),
        "MFA-ADM-04": outcome(privileged | may_be_privileged, true(entry_state != "active") & ~exempt,
                              unassessed=may_be_privileged),
        "MFA-EXM-01": outcome(entry, entry_passes("MFA-EXM-01")),
        "MFA-EXM-02": outcome(entry, entry_passes("MFA-EXM-02")),
        "MFA-EXM-03": outcome(entry, entry_passes("MFA-EXM-03")),
        "MFA-EXM-04": outcome(entry & true(entry_state == "active"), ~compliant),
        "MFA-EXM-05": outcome(entry, entry_passes("MFA-EXM-05")),
        "MFA-EXM-08": outcome(exempt, true(facts["factors"] != 0), unassessed=~known),
        "MFA-BGA-02": outcome(break_glass, best >= Level.PHISHING_RESISTANT, unassessed=~known),
        "MFA-BGA-03": outcome(break_glass, true(accounts["synced"] == Stated.NO),
                              unassessed=true(accounts["synced"].isin([Stated.BLANK, Stated.ABSENT]))),
        "MFA-BGA-04": outcome(break_glass, true(tested_days.between(0, policy.break_glass.test_every_days))),
        "MFA-SVC-01": outcome(service, _service_entry_complete(references, basis)),
        "MFA-SHR-01": outcome(mailbox, ~enabled, unassessed=enabled_unknown),
        "MFA-SHR-02": outcome(true(kind == Kind.GENERIC), true(facts["responsible_id"].notna())),
        "MFA-DOR-01": outcome(in_scope & (dormant | uncollected), usable, unassessed=uncollected | ~known),
        "MFA-LVR-01": outcome(~true(accounts["leaver"] == Stated.NO), ~(left & enabled),
                              unassessed=~leaver | (left & enabled_unknown)),
        "MFA-DAT-01": outcome(workforce, true(accounts[["organisation", "department"]].notna().all(axis=1))
                              & true(accounts["manager_key"].notna())),
        "MFA-DAT-05": outcome(organised, listed & ~closed),
        "MFA-DAT-06": outcome(accounts["has_registration"].to_numpy(dtype=bool), true(accounts["unmapped"].isna())),
    }
    # Without its register a control has nothing to look at, which is not the same as nobody to look at.
    return {control_id: values for control_id, values in outcomes.items()
            if _REGISTER_OF.get(control_id) in (None, *registers.given)}


def _preferred_bit(name: str) -> int:
    spelled = spelling(name)
    return BIT[_PREFERRED[spelled]] if spelled in _PREFERRED else BY_SPELLING.get(spelled, 0)


def _organisation_state(codes: pd.Series, organisations: pd.DataFrame) -> tuple[Mask, Mask]:
    state = dict(zip(organisations["organisation_code"], organisations["status"].str.casefold(), strict=True))
    return true(codes.map(state) == "closed"), true(codes.isin(list(state)))


def _service_entry_complete(references: References, basis: Basis) -> Mask:
    services = basis.registers.services
    complete = np.ones(len(references.ids), dtype=bool)
    for column in ("owner", "purpose", "compensating_control"):
        complete &= services.column(column, references).notna().to_numpy()
    review = pd.to_datetime(services.column("review_by", references), format="%Y-%m-%d", errors="coerce")
    return complete & (review >= pd.Timestamp(basis.as_of)).to_numpy(dtype=bool)
