"""Accounts made by hand, as ``Snapshot.accounts()`` hands them over."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from mfa_audit.methods import BIT
from mfa_audit.policy import load_policy
from mfa_audit.policy.exemptions import best_entry
from mfa_audit.snapshot.frames import typed_frame
from mfa_audit.tables import ACCOUNTS, REGISTERS, REGISTRATIONS
from mfa_audit.verdicts.basis import Basis, Evidence
from mfa_audit.verdicts.exemption_register import entry_states
from mfa_audit.verdicts.registers import Lookup, Registers

AS_OF = dt.date(2026, 3, 2)
CAPTURED = dt.datetime(2026, 3, 2, 2, 11)

DEFAULTS: dict[str, Any] = {
    "account_enabled": "yes", "user_type": "member", "user_type_stated": "yes",
    "created_at": dt.datetime(2024, 5, 1, 9), "leaver": "absent", "sign_in": "seen",
    "last_sign_in": dt.datetime(2026, 2, 28, 8), "synced": "no", "per_user_mfa_stated": "absent",
    "mfa_status_stated": "absent", "methods": 0, "methods_read": True, "is_admin": "no", "is_mfa_capable": "no",
    "is_mfa_registered": "no", "is_sspr_registered": "no", "system_preferred": "yes", "conflict": False,
    "has_registration": True, "organisation": "ZX1",
}


def bits(*names: str) -> int:
    """A set of methods."""
    return sum(BIT[name] for name in names)


def account(name: str, *methods: str, **facts: Any) -> dict[str, Any]:
    """One account called ``name`` with these methods; Microsoft calls it capable when it has any."""
    capable = {"is_mfa_capable": "yes", "is_mfa_registered": "yes"} if methods else {}
    return {
        **DEFAULTS, **capable, "account_id": f"id-{name}", "user_principal_name": f"{name}@a.example",
        "display_name": name.title(), "methods": bits(*methods), **facts,
    }


def unregistered(name: str, **facts: Any) -> dict[str, Any]:
    """One account without a row in the registration table."""
    blank = {column.name: None for column in REGISTRATIONS.columns if column.name != "account_key"}
    return {**account(name), **blank, "has_registration": False, **facts}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """The rows as a chunk of accounts, typed as the snapshot types them."""
    types = {column.name: column.type for column in (*ACCOUNTS.columns, *REGISTRATIONS.columns)}
    types["has_registration"] = "BOOLEAN"
    data = pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in types}
    )
    data["account_key"] = range(len(rows))
    return typed_frame(data, types)


def register(name: str, *rows: dict[str, str]) -> pd.DataFrame:
    """Rows of a register, blank where a row says nothing."""
    columns = REGISTERS[name].names
    return pd.DataFrame({c: pd.Series([row.get(c) for row in rows], dtype="str") for c in columns})


def basis(policy_changes: dict[str, Any] | None = None, *, as_of: dt.date = AS_OF,
          exemptions: pd.DataFrame | None = None, evidence: dict[str, Any] | None = None,
          registers: dict[str, pd.DataFrame] | None = None,
          **more: Any) -> Basis:
    """A basis on the general policy with one phase for ZX1 due 13 February and one for ZX2 due 31 March."""
    policy = changed(load_policy(), policy_changes or {})
    names = {"service_accounts": "services", "generic_accounts": "generics", "privileged_accounts": "privileged",
             "pauses": "pauses", "certificate_users": "certificates"}
    given = registers or {}
    lookups: dict[str, Any] = {names[name]: Lookup(rows) for name, rows in given.items() if name in names}
    if exemptions is not None:
        holders = [frame(account(name)) for name in ("ann", "bob")]
        states = entry_states(exemptions, holders, policy, as_of)
        lookups["exemptions"] = Lookup(best_entry(states, by="holder_id"), key="holder_id")
    if "organisations" in given:
        lookups["organisations"] = given["organisations"]
    facts = {"registered_as_of": CAPTURED, "roles_read": True, **(evidence or {})}
    named = frozenset(given) | ({"exemptions"} if exemptions is not None else set())
    return Basis(policy, as_of, Registers(**lookups, given=named), Evidence(**facts), **more)


def changed(policy: Any, changes: dict[str, Any]) -> Any:
    """The policy with dotted keys replaced."""
    for dotted, value in changes.items():
        policy = _replace(policy, dotted.split("."), value)
    return policy


def _replace(section: Any, keys: list[str], value: Any) -> Any:
    if isinstance(section, dict) or not hasattr(section, "model_copy"):
        return {**section, keys[0]: value if len(keys) == 1 else _replace(section[keys[0]], keys[1:], value)}
    new = value if len(keys) == 1 else _replace(getattr(section, keys[0]), keys[1:], value)
    return section.model_copy(update={keys[0]: new})
