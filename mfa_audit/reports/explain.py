"""What ``explain`` shows: the account or control that was meant, and every stored fact about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.methods import names
from mfa_audit.reports.answers import Facts
from mfa_audit.reports.gap_lists import gaps_of
from mfa_audit.reports.values import text_of
from mfa_audit.snapshot.columnar import TableFile
from mfa_audit.tables import ACCOUNTS, PEOPLE, REGISTRATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.reports.view import Night
    from mfa_audit.snapshot.store import Snapshot

_NAMED = ["account_id", "user_principal_name", "display_name"]
_INTERNAL = ("account_key", "manager_key")


def control_row(night: Night, what: str) -> Mapping[str, Any] | None:
    """The control ``what`` names, a row of ``Night.controls``; ``None`` when it names none."""
    found = night.controls[night.controls["control_id"] == what.strip().upper()]
    return None if found.empty else {str(key): value for key, value in found.iloc[0].items()}


def gap_rows(night: Night, what: str) -> list[Mapping[str, Any]]:
    """The entries of ``access.json`` about the kind of gap that ``what`` names; none when it names none."""
    return [gap for gap in (night.access or {}).get("gaps", ()) if gap["id"] == what.strip().lower()]


def accounts_like(night: Night, what: str, *, most: int) -> pd.DataFrame:
    """The accounts ``what`` names, rows of ``tables.PEOPLE``: by id or UPN exactly, else by a part of name or UPN.

    At most ``most`` rows and one, so that the caller sees when there are more.
    """
    wanted = what.strip().casefold()
    exact: list[str] = []
    partly: list[str] = []
    for chunk in night.people.rows(_NAMED):
        ids, upn, name = (chunk[column].str.casefold() for column in _NAMED)
        exact += chunk.loc[(ids == wanted) | (upn == wanted), "account_id"].tolist()
        fits = upn.str.contains(wanted, regex=False, na=False) | name.str.contains(wanted, regex=False, na=False)
        partly += chunk.loc[fits, "account_id"].tolist()
    chosen = exact or partly[: most + 1]
    return night.people.frame(PEOPLE.names, where={"account_id": chosen}, order_by=["display_name", "account_id"])


def account_facts(night: Night, row: Mapping[str, Any], snapshot: Snapshot) -> Facts:
    """Every fact the snapshot stores about an account, in words (what a subject access request is answered with)."""
    stored = _stored(snapshot, int(row["account_key"]))
    known = [
        (column.name.replace("_", " "), _shown(column.name, stored[column.name]))
        for column in (*ACCOUNTS.columns, *REGISTRATIONS.columns)
        if column.name in stored and column.name not in _INTERNAL
    ]
    manager = night.people.frame(["display_name"], where={"account_id": [text_of(row["manager_id"])]})
    titles = dict(zip(night.controls["control_id"], night.controls["title"], strict=True))
    return Facts(
        known=known,
        titles=titles,
        manager=text_of(manager["display_name"].iloc[0]) if len(manager) else text_of(row["manager_id"]),
        organisation_name=night.organisation_names.get(text_of(row["organisation"]), ""),
        gaps=[(text_of(gap["policy"]) or "All policies together", text_of(gap["found"]))
              for gap in gaps_of(night, row)],
    )


def _stored(snapshot: Snapshot, account_key: int) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for table in (ACCOUNTS.name, REGISTRATIONS.name):
        file = snapshot.manifest.tables[table].file
        if file is not None:
            rows = TableFile(snapshot.folder / file).frame(where={"account_key": [account_key]})
            facts |= {str(name): values.iloc[0] for name, values in rows.items() if len(values)}
    return facts


def _shown(name: str, value: Any) -> str:
    if pd.isna(value):
        return ""
    if name == "methods":
        return ", ".join(names(int(value))) or "none"
    return text_of(value)
