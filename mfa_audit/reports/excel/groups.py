"""The sheets By organisation, By department and By manager."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.reports import words
from mfa_audit.reports.excel import style
from mfa_audit.reports.excel.accounts import HIDDEN
from mfa_audit.reports.excel.summary import rag
from mfa_audit.reports.excel.table import Column, table_sheet
from mfa_audit.reports.view import COUNTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night

SHEET_ROWS = 100_000
"""Groups a sheet shows, the ones with most left to do first."""

_COHORTS = (
    Column("Sign-in stops when phones end", "blocked", "count"),
    Column("Lose their spare", "lose_spare", "count"),
    Column("Lose password reset", "lose_password_reset", "count"),
    Column("Asked by phone first", "default_is_phone", "count"),
)
_STATUSES = (
    Column("Set up", "compliant", "count"),
    Column("By phone only", "weak", "count"),
    Column("Not set up", "not_registered", "count"),
    Column("Needs stronger", "below_strength", "count"),
    Column("Never asked", "not_enforced", "count"),
    Column("New starter", "grace", "count"),
    Column("Approved exception", "exempt", "count"),
    Column("Exception ended", "exempt_expired", "count"),
    Column("Not known", "unknown", "count"),
)


def organisation_sheet(book: Book, night: Night) -> Sheet | None:
    """One row an organisation; None with fewer than two, where it would repeat the Summary."""
    if len(night.by_organisation) < 2:
        return None
    word = night.policy.reports.organisation_word
    frame = _prepared(night.by_organisation, night)
    names = frame["organisation"].map(dict(night.organisation_names))
    frame = frame.assign(organisation=frame["organisation"].fillna(words.NOBODY["organisation"]), name=names)
    key = [Column(word, "organisation", widest=18, bold=True)]
    if names.notna().any():
        key.append(Column("Name", "name", widest=38))
    return _sheet(book, night, "By organisation", key, frame)


def department_sheet(book: Book, night: Night) -> Sheet | None:
    """One row a department, over all organisations."""
    frame = _prepared(night.by_department, night)
    frame = frame.assign(department=frame["department"].fillna(words.NOBODY["department"]))
    return _sheet(book, night, "By department",
                  [Column("Department", "department", widest=36, bold=True)], frame,
                  without=tuple(column.field for column in _COHORTS))


def manager_sheet(book: Book, night: Night) -> Sheet | None:
    """One row a manager: direct reports status by status, then direct and indirect ones together."""
    frame = _prepared(night.by_manager, night)
    nobody = frame["manager_id"].isna()
    emergency = frame["manager_id"].astype("str").str.lower().isin(night.policy.population.break_glass)
    name = frame["manager_name"].where(~nobody, words.NOBODY["manager"]).fillna(words.NOBODY["name"])
    frame = frame.assign(
        manager_name=name.mask(emergency, HIDDEN),
        all_done=frame["all_compliant"] + frame["all_weak"],
        all_shared=frame["all_in_scope"].where(frame["all_in_scope"] >= night.policy.privacy.small_group),
    )
    extra = (
        Column("All below: people", "all_in_scope", "count"),
        Column("All below: not set up", "all_not_registered", "count"),
        Column("All below: overdue", "all_overdue", "count"),
        Column("All below: sign-in stops", "all_blocked", "count"),
        Column("All below: share", "all_done", "share", of="all_shared"),
    )
    note = (
        "Counts are of people who report directly; the columns “All below” add everybody further down. "
        "Where managers report to one another in a circle, it is opened at the smallest account id."
    )
    key = [Column("Manager", "manager_name", widest=30, bold=True)]
    return _sheet(book, night, "By manager", key, frame, extra=extra, notes=(note,),
                  without=("usable", "daily"))


def _prepared(frame: pd.DataFrame, night: Night) -> pd.DataFrame:
    """A roll-up with what is derived from its counts, those with most left to do first."""
    reports, small = night.policy.reports, night.policy.privacy.small_group
    done = frame["compliant"] + frame["weak"]
    scope = frame["in_scope"]
    days = (pd.to_datetime(frame["deadline"]) - pd.Timestamp(night.as_of)).dt.days
    goal = (scope * reports.target_percent / 100).map(math.ceil)
    missing = (goal - frame["usable"]).clip(lower=0)
    states = [
        rag(part, whole, reports.green, reports.amber) if whole >= small else None
        for part, whole in zip(done.tolist(), scope.tolist(), strict=True)
    ]
    return (
        frame.assign(
            done=done,
            shared=scope.where(scope >= small),
            left=scope - done - frame["exempt"],
            daily=np.ceil((missing / days).where(days > 0) * 10) / 10,
            state=pd.Series(states, index=frame.index, dtype="str"),
        )
        .sort_values("left", ascending=False, kind="stable")
        .reset_index(drop=True)
    )


def _sheet(
    book: Book, night: Night, name: str, key: Sequence[Column], frame: pd.DataFrame,
    *, extra: Sequence[Column] = (), notes: Sequence[str] = (), without: Sequence[str] = (),
) -> Sheet | None:
    if frame.empty:
        return None
    headline = words.headline_short(night.summary)
    columns = [
        *key,
        Column("In scope", "in_scope", "count"),
        *_STATUSES,
        Column(headline, "done", "share", of="shared"),
        Column("State", "state", tones=style.RAG_TONE, widest=9),
        Column("Has a method", "usable", "share", of="shared"),
        Column("Overdue", "overdue", "count"),
        Column("Longest overdue, days", "oldest_overdue_days", "count"),
        Column("Deadline", "deadline", "date"),
        Column("Needed a day", "daily", "decimal"),
        *_COHORTS,
        *extra,
    ]
    optional = ("deadline", "daily", "not_enforced", "below_strength", "grace", "exempt", "exempt_expired", "unknown",
                *(column.field for column in _COHORTS), "all_blocked")
    columns = [
        column for column in columns
        if column.field not in without and (column.field not in optional or _says_something(frame, column.field))
    ]
    small = night.policy.privacy.small_group
    opening = (f"{words.headline_name(night.summary)}. In-scope people only; most left to do first. "
               f"Groups of fewer than {small} show counts and no share.")
    lines = [opening, *notes]
    if len(frame) > SHEET_ROWS:
        lines.append(f"{words.count(len(frame) - SHEET_ROWS)} more groups are not shown here; "
                     "all accounts are in accounts.parquet.")
    return table_sheet(book, name, f"{name}: {words.of(len(frame), 'group')}", columns, [frame.head(SHEET_ROWS)],
                       notes=lines, totals=_totals(frame, key[0].field))


def _says_something(frame: pd.DataFrame, field: str) -> bool:
    values = frame[field]
    return bool(values.notna().any() and (values.dropna() != 0).any())


def _totals(frame: pd.DataFrame, key: str) -> Mapping[str, object]:
    """Sums over people, each of whom stands in one group only; columns that overlap have none."""
    totals: dict[str, object] = {name: int(frame[name].sum()) for name in COUNTS if name != "oldest_overdue_days"}
    totals |= {key: "All", "done": int(frame["done"].sum()), "shared": totals["in_scope"]}
    totals["oldest_overdue_days"] = int(frame["oldest_overdue_days"].fillna(0).max())
    deadline = pd.to_datetime(frame["deadline"]).min()
    totals["deadline"] = None if pd.isna(deadline) else date(deadline.year, deadline.month, deadline.day)
    return totals
