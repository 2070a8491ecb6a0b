"""The sheets about what asks for MFA: Who is asked, Policy gaps, Never asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.reports import words
from mfa_audit.reports.excel.accounts import HIDDEN, LISTED
from mfa_audit.reports.excel.table import Column, table_sheet
from mfa_audit.tables import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night

_SEVERITY: Mapping[str, tuple[str, str]] = {
    "high": ("High", "bad"), "medium": ("Medium", "caution"), "low": ("Low", "info"),
    "info": ("For information", "neutral"),
}
_ASKED_WIDTHS = (52.0, 20.0, 14.0, 14.0, 14.0, 14.0, 14.0)
_PEOPLE = ["kind", "display_name", "user_principal_name", "organisation", "department", "tier", "status"]


def asked_sheet(book: Book, night: Night) -> Sheet | None:
    """Scenario by tier: how many are asked, are not, cannot get in, or nobody knows."""
    if night.access is None:
        return None
    frame = pd.DataFrame([
        {"scenario": told["label"], "tier": words.tier(tier), **counts, "all": sum(counts.values())}
        for told in night.access["scenarios"].values() for tier, counts in told["tiers"].items()
    ])
    columns = [
        Column("Situation", "scenario", widest=44, bold=True),
        Column("Who", "tier", widest=20),
        Column("Asked for MFA", "asked", "count"),
        Column("Asked, share", "asked", "share", of="all"),
        Column("Not asked", "not_asked", "count"),
        Column("Cannot get in", "blocked", "count"),
        Column("Not known", "unknown", "count"),
    ]
    lists = night.access["lists"]
    notes = [
        "Accounts in scope, by what Conditional Access, security defaults and per-user MFA come to in each situation.",
        ". ".join(f"{label}: {words.count(number)}" for label, number in (
            ("Never asked", lists["never"]), ("Asked somewhere", lists["somewhere"] + lists["everywhere"]),
            ("Of them everywhere", lists["everywhere"]), ("Cannot tell", lists["cannot_tell"]))) + ".",
    ]
    return table_sheet(book, "Who is asked", "Who is asked for MFA", columns, [frame], notes=notes,
                       widths=_ASKED_WIDTHS)


def gaps_sheet(book: Book, night: Night) -> Sheet | None:
    """What in the policies leaves people unasked, gravest first."""
    if night.access is None or not night.access["gaps"]:
        return None
    frame = pd.DataFrame(night.access["gaps"])
    frame = frame.assign(
        number=range(1, len(frame) + 1),
        grade=frame["severity"].map({key: label for key, (label, _) in _SEVERITY.items()}),
        policy=frame["policy"].replace("", "All policies together"),
        **{name: frame[name].str[:1].str.upper() + frame[name].str[1:] for name in ("found", "would_close")},
    )
    columns = [
        Column("Gap", "number", "count"),
        Column("Severity", "grade", widest=16, tones=dict(_SEVERITY.values())),
        Column("Policy", "policy", widest=34, bold=True),
        Column("What is seen", "found", widest=52, lines=4),
        Column("Accounts in scope", "accounts", "count"),
        Column("What would close it", "would_close", widest=48, lines=4),
    ]
    notes = ["An emergency account that is left out on purpose is a gap here as well: label it, and test it.",
             "policy_gaps.csv lists the accounts of each gap by its number."]
    if (frame["listed"] < frame["accounts"]).any():
        notes.append("Of the largest it lists the first alone; access.json says how many.")
    return table_sheet(book, "Policy gaps", f"Policy gaps: {words.count(len(frame))}", columns, [frame], notes=notes)


def never_sheet(book: Book, night: Night) -> Sheet | None:
    """The accounts in scope that nothing asks for MFA anywhere."""
    frame = night.people.frame(_PEOPLE, where={"asked": ["never"], "in_scope": [True]},
                               order_by=["organisation", "display_name"], limit=LISTED)
    if frame.empty:
        return None
    emergency = frame["kind"] == Kind.BREAK_GLASS
    frame = frame.assign(display_name=frame["display_name"].mask(emergency, HIDDEN),
                         user_principal_name=frame["user_principal_name"].mask(emergency, HIDDEN),
                         tier=frame["tier"].map(words.tier),
                         status=frame["status"].map({key.value: text.label for key, text in words.STATUS.items()}))
    total = 0 if night.access is None else night.access["lists"]["never"]
    columns = [
        Column("Name", "display_name", widest=30, bold=True),
        Column("Account", "user_principal_name", widest=50),
        Column(night.policy.reports.organisation_word, "organisation", widest=16),
        Column("Department", "department", widest=28),
        Column("Who", "tier", widest=18),
        Column("Status", "status", widest=22),
    ]
    notes = ["One factor is enough for them, wherever they sign in from."]
    if total > len(frame):
        notes.append(f"{words.count(total - len(frame))} more are not shown here; accounts.parquet has them all.")
    return table_sheet(book, "Never asked", f"Never asked for MFA: {words.count(total)}", columns, [frame], notes=notes)
