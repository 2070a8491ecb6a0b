"""The sheets that name accounts, Privileged and Special accounts, and the words such sheets share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit import methods
from mfa_audit.reports import words
from mfa_audit.reports.excel import style
from mfa_audit.reports.excel.table import Column, table_sheet
from mfa_audit.tables import Kind, Reason, Required

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night
    from mfa_audit.snapshot.columnar import TableFile

LISTED = 100_000
"""Rows a list of accounts shows."""
CHUNK_ROWS = 20_000
ORDER = ("priority", "organisation", "display_name", "account_id")


HIDDEN = "(withheld)"
"""What stands where an emergency account's name would be: its name is known to those who need it."""

TONES: Mapping[str, str] = {words.STATUS[status].label: tone for status, tone in style.STATUS_TONE.items()}
_LABEL = {str(status): text.label for status, text in words.STATUS.items()}
_ACTION = {str(status): text.what_to_do for status, text in words.STATUS.items()}
_WHO = {str(status): text.who_acts.capitalize() for status, text in words.STATUS.items()}
_REASON = {str(reason): text for reason, text in words.REASON.items()}
_KIND = {str(kind): text for kind, text in words.KIND.items()}
_REQUIRED = {str(answer): text for answer, text in words.REQUIRED.items()}
_METHOD = {method.name: method.label for method in methods.CATALOGUE}


def privileged_sheet(book: Book, night: Night) -> Sheet | None:
    """Every privileged account in scope, those that fall short first."""
    where: Mapping[str, Sequence[object]] = {"privileged": [True], "in_scope": [True]}
    fields = ("display_name", "user_principal_name", "organisation", "portal_role", "kind", "best_level", "methods",
              "required", "status", "due", "overdue_days", "last_sign_in", "findings")
    columns = [
        Column("Name", "display_name", widest=28, bold=True),
        Column("Account", "user_principal_name", widest=36),
        Column(night.policy.reports.organisation_word, "organisation", widest=14),
        Column("Portal role", "portal_role", widest=22),
        Column("Status", "label", widest=22, tones=TONES),
        Column("Strongest method", "level", widest=22),
        Column("Methods", "method_names", widest=30),
        Column("MFA demanded", "demanded", widest=12),
        Column("Due", "due", "date"),
        Column("Days overdue", "overdue_days", "count"),
        Column("Last sign-in", "last_sign_in", "date"),
        Column("Findings", "failed", widest=18, lines=6),
    ]
    return _listing(book, night, "Privileged", where, fields, columns,
                    "Accounts with an administrator's rights; no exception and no starter's grace applies to them.")


def special_sheet(book: Book, night: Night) -> Sheet | None:
    """Accounts in scope that are no person's: emergency, service, shared, room, generic, guests."""
    kinds = [str(kind) for kind in Kind if kind is not Kind.PERSON]
    where: Mapping[str, Sequence[object]] = {"kind": kinds, "in_scope": [True]}
    fields = ("kind", "display_name", "user_principal_name", "organisation", "responsible_id", "account_enabled",
              "dormant", "best_level", "status", "reason", "findings")
    columns = [
        Column("Kind", "kind_label", widest=18, bold=True),
        Column("Name", "display_name", widest=28),
        Column("Account", "user_principal_name", widest=36),
        Column(night.policy.reports.organisation_word, "organisation", widest=14),
        Column("Responsible", "responsible", widest=26),
        Column("Enabled", "enabled", widest=10),
        Column("Used lately", "used", widest=10),
        Column("Strongest method", "level", widest=22),
        Column("Status", "label", widest=22, tones=TONES),
        Column("Why", "why", widest=36),
        Column("Findings", "failed", widest=18, lines=6),
    ]
    return _listing(book, night, "Special accounts", where, fields, columns,
                    "Accounts that are no person's, each in a population of its own. "
                    "Emergency accounts are not named here.")


def _listing(
    book: Book, night: Night, name: str, where: Mapping[str, Sequence[object]], fields: Sequence[str],
    columns: Sequence[Column], note: str,
) -> Sheet | None:
    total = count_of(night.people, where)
    notes = [note]
    if total > LISTED:
        notes.append(f"{words.count(total - LISTED)} more are in accounts.parquet.")
    frames = night.people.rows(fields, where, order_by=ORDER, limit=LISTED, chunk_rows=CHUNK_ROWS)
    ready = (worded(frame, night) for frame in frames)
    if total == 0:
        return None
    first = next(ready)
    kept = [column for column in columns if column.field != "portal_role" or first["portal_role"].notna().any()]
    return table_sheet(book, name, f"{name}: {words.count(total)}", kept, _again(first, ready), notes=notes)


def _again(first: pd.DataFrame, rest: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    yield first
    yield from rest


def _other_actions(frame: pd.DataFrame, added: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """``action`` and ``who`` where the status alone would say something else."""
    action, who = added["action"], added["who"]
    if "reason" in frame:
        action = action.mask(frame["reason"] == Reason.METHOD_NOT_ALLOWED, words.REASON[Reason.METHOD_NOT_ALLOWED])
    if "ready" in frame:
        not_let = (frame["ready"] == Required.NO) & (who == "The person")
        action = action.mask(not_let, words.CANNOT_REGISTER_TO_DO)
        who = who.mask(not_let, words.CANNOT_REGISTER_WHO.capitalize())
    return {"action": action, "who": who}


def worded(frame: pd.DataFrame, night: Night) -> pd.DataFrame:
    """The frame with words for its codes, and emergency accounts without their names."""
    status = frame["status"].astype("str")
    added: dict[str, pd.Series] = {
        "label": status.map(_LABEL), "action": status.map(_ACTION), "who": status.map(_WHO),
        "kind_label": frame["kind"].astype("str").map(_KIND),
    }
    if "reason" in frame:
        added["why"] = frame["reason"].astype("str").map(_REASON)
    added |= _other_actions(frame, added)
    if "best_level" in frame:
        added["level"] = frame["best_level"].astype("str").map(dict(words.LEVEL)).fillna("Not known")
    if "methods" in frame:
        added["method_names"] = frame["methods"].map(_method_labels, na_action="ignore")
    if "findings" in frame:
        added["failed"] = frame["findings"].str.replace(";", "\n", regex=False)
    if "required" in frame:
        added["demanded"] = frame["required"].astype("str").map(_REQUIRED)
    if "account_enabled" in frame:
        added["enabled"] = frame["account_enabled"].map({"yes": "Yes", "no": "No"}).fillna("Not known")
    if "dormant" in frame:
        added["used"] = frame["dormant"].map({True: "No", False: "Yes"})
    if "responsible_id" in frame:
        added["responsible"] = names_of(night.people, "account_id", frame["responsible_id"]).fillna("(nobody)")
    emergency = frame["kind"] == Kind.BREAK_GLASS
    if "display_name" in frame:
        added["display_name"] = frame["display_name"].fillna(words.NOBODY["name"]).mask(emergency, HIDDEN)
        added["user_principal_name"] = frame["user_principal_name"].mask(emergency, HIDDEN)
    return frame.assign(**added)


def _method_labels(joined: str) -> str:
    return ", ".join(_METHOD.get(name, name) for name in joined.split(";") if name)


def names_of(people: TableFile, column: str, keys: pd.Series) -> pd.Series:
    """The display names of the accounts that ``keys`` point to, by ``column``; missing where there is none."""
    wanted = keys.dropna().unique().tolist()
    if not wanted:
        return pd.Series(None, index=keys.index, dtype="str")
    found = people.frame((column, "display_name", "kind"), {column: wanted})
    names = found["display_name"].mask(found["kind"] == Kind.BREAK_GLASS, HIDDEN)
    return keys.map(pd.Series(names.to_numpy(), index=found[column].to_numpy()).to_dict()).astype("str")


def count_of(people: TableFile, where: Mapping[str, Sequence[object]]) -> int:
    """How many rows fit."""
    return int(people.count([], where)["count"].sum())
