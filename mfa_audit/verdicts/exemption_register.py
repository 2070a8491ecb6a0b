"""The register of exemptions beside what its holders' verdicts say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.tables import REGISTERS, Status
from mfa_audit.verdicts.registers import Lookup, References, reference

if TYPE_CHECKING:
    from datetime import date

_SOON_DAYS = 30


def exemption_table(states: pd.DataFrame, people: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Every entry of the register, its holder and its state today.

    ``states``: :func:`mfa_audit.policy.exemptions.state_of`. ``people``: at least the accounts the entries name, with
    account_id, user_principal_name, display_name, organisation, status. Columns: the register's, then holder_name,
    organisation, state (active, due_soon, expired, incomplete, not_yet, redundant, unknown_account), days_left,
    findings.
    """
    by_id = Lookup(people)
    by_name = Lookup(people, key="user_principal_name")
    written = reference(states["account_id"])
    named = References(written, written)

    def holder(column: str) -> pd.Series:
        return by_id.column(column, named).fillna(by_name.column(column, named))

    status = holder("status")
    days_left = (pd.to_datetime(states["expires"]) - pd.Timestamp(as_of)).dt.days
    active = (states["state"] == "active").to_numpy(dtype=bool)
    state = np.select(
        [
            status.isna().to_numpy(),
            active & status.isin([Status.COMPLIANT, Status.COMPLIANT_WEAK]).to_numpy(),
            active & (days_left <= _SOON_DAYS).to_numpy(),
        ],
        ["unknown_account", "redundant", "due_soon"],
        default=states["state"].astype(object),
    )
    findings = states["findings"].fillna("")
    findings = findings.where(state != "redundant", (findings + ";MFA-EXM-04").str.strip(";"))
    register = states[list(REGISTERS["exemptions"].names)]
    return register.assign(
        holder_name=holder("display_name"),
        organisation=holder("organisation"),
        state=pd.Series(state, index=states.index, dtype="str"),
        days_left=days_left.astype("Int64"),
        findings=findings.where(findings != ""),
    )


def references_of(states: pd.DataFrame) -> list[str]:
    """What the register names its holders by, as written; to look their verdicts up."""
    return sorted(states["account_id"].dropna().str.strip().unique())
