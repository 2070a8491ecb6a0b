"""An empty workbook of a night: marked, dated, and with its banner when the night is incomplete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mfa_audit.reports import words
from mfa_audit.reports.excel.book import Book

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.reports.view import Night


def new_book(night: Night, *, title: str) -> Book:
    """An empty workbook with the night's marking, date and, when the night is incomplete, its banner."""
    subject = f"{night.tenant_name or night.policy.about.title}, as of {words.long_date(night.as_of)}"
    return Book(title=title, subject=subject, marking=night.marking, as_of=night.as_of, banner=banner(night.summary))


def banner(summary: Mapping[str, Any]) -> str:
    """The line an incomplete night carries everywhere; empty when the night is complete."""
    if summary["complete"]:
        return ""
    gaps = "; ".join(f"{gap['table']}: {gap['reason']}" for gap in summary["gaps"])
    return f"INCOMPLETE. Not everybody was seen, so no figure here may be relied on. {gaps}".rstrip()
