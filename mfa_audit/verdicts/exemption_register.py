"""The register of exemptions: whose each entry is, whether it counts today, and how its holder stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.policy.exemptions import state_of
from mfa_audit.tables import COMPLIANT, REGISTERS
from mfa_audit.verdicts.registers import Lookup, References, present, reference

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from mfa_audit.policy import Policy

HOLDER = ["account_id", "user_principal_name", "display_name", "mail", "created_at"]
"""What is read of the accounts to find the holders."""
_SOON_DAYS = 30


def entry_states(register: pd.DataFrame, accounts: Iterable[pd.DataFrame], policy: Policy, as_of: date,
                 former: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every entry with its holder and :func:`mfa_audit.policy.exemptions.state_of`.

    ``accounts``: chunks of every account, columns :data:`HOLDER`; ``former``: the table ``former_names``.
    Added before: ``holder_id`` (null when the entry
    names nobody listed), ``holder_upn``, ``holder_name``, ``holder_mail``, ``holder_former`` (names it no longer has),
    ``holder_since`` (the day it was made, in the policy's zone, where the entry does not name its object id); an id and
    a UPN of one account meet in ``holder_id``, and whoever approved their own entry is seen.
    """
    now = register if former is None else present(register, former)
    written = reference(now["account_id"])
    named = set(written.dropna())
    found = [
        chunk[reference(chunk["account_id"]).isin(named) | reference(chunk["user_principal_name"]).isin(named)]
        for chunk in accounts
    ]
    holders = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=HOLDER, dtype="str")
    by_id, by_name = Lookup(holders), Lookup(holders, key="user_principal_name")
    references = References(written, written)
    holder = {
        column: by_id.column(column, references).fillna(by_name.column(column, references)) for column in HOLDER
    }
    known = register.assign(holder_id=holder["account_id"], holder_upn=holder["user_principal_name"],
                            holder_name=holder["display_name"], holder_mail=holder["mail"],
                            holder_former=_former_names(holder["account_id"], former),
                            holder_since=_days(holder["created_at"], policy).where(written != holder["account_id"]))
    return state_of(known, policy, as_of)


def _former_names(holders: pd.Series, former: pd.DataFrame | None) -> pd.Series:
    """The names each holder used to have, in one text; null where none is known."""
    if former is None or former.empty:
        return pd.Series(None, index=holders.index, dtype="str")
    names = former.groupby("account_id")["user_principal_name"].agg(" ".join)
    return holders.map(names).astype("str")


def _days(moments: pd.Series, policy: Policy) -> pd.Series:
    """The day each UTC moment falls on in the policy's zone, as midnight."""
    local = pd.to_datetime(moments).dt.tz_localize("UTC").dt.tz_convert(policy.about.timezone)
    return local.dt.tz_localize(None).dt.normalize()


def exemption_table(states: pd.DataFrame, people: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Every entry of the register, its holder and its state today.

    ``states``: :func:`entry_states`. ``people``: the holders' verdicts, columns account_id, organisation, status.
    Columns: the register's, then holder_name, organisation, state (active, due_soon, expired, incomplete, not_yet,
    redundant, unknown_account), days_left, findings.
    """
    verdicts = people.set_index("account_id")
    status = states["holder_id"].map(verdicts["status"])
    days_left = (pd.to_datetime(states["expires"]) - pd.Timestamp(as_of).as_unit("s")).dt.days
    active = (states["state"] == "active").to_numpy(dtype=bool)
    state = np.select(
        [
            states["holder_id"].isna().to_numpy(),
            active & status.isin(COMPLIANT).to_numpy(),
            active & (days_left <= _SOON_DAYS).to_numpy(),
        ],
        ["unknown_account", "redundant", "due_soon"],
        default=states["state"].astype(object),
    )
    findings = states["findings"].fillna("")
    findings = findings.where(state != "redundant", (findings + ";MFA-EXM-04").str.strip(";"))
    return states[list(REGISTERS["exemptions"].names)].assign(
        holder_name=states["holder_name"],
        organisation=states["holder_id"].map(verdicts["organisation"]),
        state=pd.Series(state, index=states.index, dtype="str"),
        days_left=days_left.astype("Int64"),
        findings=findings.where(findings != ""),
    )
