"""``audit.xlsx``: the operator's workbook, one night in up to seventeen sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.files import write_bytes
from mfa_audit.reports.excel.access import asked_sheet, gaps_sheet, never_sheet
from mfa_audit.reports.excel.accounts import privileged_sheet, special_sheet
from mfa_audit.reports.excel.actions import action_sheet
from mfa_audit.reports.excel.blank import new_book
from mfa_audit.reports.excel.groups import department_sheet, manager_sheet, organisation_sheet
from mfa_audit.reports.excel.readme import readme_sheet
from mfa_audit.reports.excel.registers import (
    evidence_sheet,
    exemptions_sheet,
    methods_sheet,
    quality_sheet,
    rules_sheet,
)
from mfa_audit.reports.excel.reminded import reminders_sheet
from mfa_audit.reports.excel.summary import summary_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night

SHEETS: Mapping[str, tuple[Callable[[Book, Night], Sheet | None], str]] = {
    "Summary": (summary_sheet, "The figures, what they are counted from, and a chart of the statuses."),
    "By organisation": (organisation_sheet, "One row an organisation."),
    "By department": (department_sheet, "One row a department."),
    "By manager": (manager_sheet, "One row a manager, direct and indirect reports apart."),
    "Action list": (action_sheet, "Who has to do something, what, and by when; most urgent first."),
    "Privileged": (privileged_sheet, "Every account with an administrator's rights."),
    "Who is asked": (asked_sheet, "In which situation whom MFA is demanded of."),
    "Never asked": (never_sheet, "Accounts that one factor opens wherever they sign in from."),
    "Policy gaps": (gaps_sheet, "What in the policies leaves people unasked, and what would close it."),
    "Reminders": (reminders_sheet, "What came of the reminders that were sent."),
    "Exemptions": (exemptions_sheet, "The register of approved exceptions and its state."),
    "Methods": (methods_sheet, "Which second methods people have."),
    "Special accounts": (special_sheet, "Emergency, service, shared, room and generic accounts, and guests."),
    "Rules": (rules_sheet, "Every control and how many accounts pass and fail it."),
    "Data quality": (quality_sheet, "What was wrong with the sources."),
    "Evidence": (evidence_sheet, "What was read, sums that must agree, the policy."),
}
"""The sheets after Read me, in order: the builder, which says None when there is nothing to show, and its purpose."""


def write_audit(night: Night, path: Path) -> tuple[str, ...]:
    """Write ``audit.xlsx`` whole or not at all, readable by its owner only; the names of its sheets.

    The same night gives the same bytes. Raises :class:`mfa_audit.errors.OutputFailed`.
    """
    book = new_book(night, title="MFA audit")
    made: dict[str, bool] = {}
    for name, (build, _) in SHEETS.items():
        sheet = build(book, night)
        made[name] = sheet is not None
        if sheet is not None:
            book.add(sheet)
    book.add(readme_sheet(book, night, {name: (purpose, made[name]) for name, (_, purpose) in SHEETS.items()}),
             first=True)
    write_bytes(path, book.to_bytes())
    return ("Read me", *(name for name, there in made.items() if there))
