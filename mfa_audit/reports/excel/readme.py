"""The Read me sheet: what this is, how sure it is, how to read it, and which sheets there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.reports import words
from mfa_audit.reports.excel import style
from mfa_audit.reports.excel.page import Page
from mfa_audit.reports.excel.style import Look
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night

_NAME, _TEXT = Look(bold=True), Look()


def readme_sheet(book: Book, night: Night, sheets: Mapping[str, tuple[str, bool]]) -> Sheet:
    """The first sheet; ``sheets`` is name -> (purpose, whether it is in this workbook)."""
    page = Page(book, (28.0, 78.0, 56.0))
    page.title(f"MFA audit: {night.tenant_name}" if night.tenant_name else "MFA audit")
    page.paragraph(night.policy.about.title)
    page.space()
    for name, fact in _facts(night):
        page.cells((name, fact), (_NAME, _TEXT))
    page.heading("Sheets")
    there = Look(tone="good", bold=True)
    missing = Look(tone="neutral", bold=True)
    page.table(
        ("Sheet", "What it shows", "In this workbook"),
        [
            ((name, purpose, "Yes" if made else "No: nothing to show"), (_NAME, _TEXT, there if made else missing))
            for name, (purpose, made) in sheets.items()
        ],
    )
    page.turn()
    page.heading("How to read a status")
    page.headings(("Status", "What it means", "What to do"))
    for status, text in words.STATUS.items():
        tone = style.STATUS_TONE[status]
        action = text.what_to_do if status is Status.OUT_OF_SCOPE or text.who_acts == "nobody" else (
            f"{text.what_to_do} Who acts: {text.who_acts}."
        )
        page.cells((text.label, text.meaning, action), (Look(tone=tone, bold=True), _TEXT, _TEXT))
    page.heading("How it is counted")
    for line in _counting(night):
        page.paragraph(line)
    return page.sheet("Read me")


def _facts(night: Night) -> Iterator[tuple[str, str]]:
    summary, policy = night.summary, night.policy
    scope, known = summary["key_figures"]["workforce_in_scope"], summary["key_figures"]["required"][1]
    yield "Marking", night.marking
    yield "As of", f"{words.long_date(night.as_of)} ({policy.about.timezone})"
    yield "Complete", (
        "Yes: everything asked for was read."
        if summary["complete"]
        else "NO: " + "; ".join(f"{gap['table']}: {gap['reason']}" for gap in summary["gaps"])
    )
    if not known:
        assessed = f"Not assessed for any of {words.count(scope)} in scope: no source says."
    elif known < scope:
        assessed = f"Partly: assessed for {words.count(known)} of {words.count(scope)} in scope."
    else:
        assessed = f"Assessed for all {words.count(scope)} in scope."
    yield "Is MFA demanded?", assessed
    yield "First figure", words.headline_name(summary)
    yield "Policy", f"{summary['policy']['id']}, version {summary['policy']['version']}"
    yield "Policy SHA-256", summary["policy"]["sha256"]
    if policy.about.owner:
        yield "Policy owner", policy.about.owner
    yield "Sources", _sources(night)
    yield "Help", f"{policy.service_desk.name}: {policy.service_desk.route}"
    if night.delete_by:
        yield "Delete by", words.long_date(night.delete_by)
    yield "Take care", (
        "This workbook lists accounts that are open to a stolen password. Keep it where only those who need it can "
        "read it, and do not mail it."
    )


def _sources(night: Night) -> str:
    if night.sources.empty:
        return "None listed."
    files = words.of(night.sources["file"].nunique(), "source")
    # A list of accounts is as old as the day it was made, which it does not say; its newest account says nothing.
    registered = night.sources["table"] == "registrations"
    newest = pd.to_datetime(night.sources.loc[registered, "newest_fact"], errors="coerce")
    if newest.empty or newest.isna().any():
        return f"{files}; the age of the registrations is not known. See Evidence."
    oldest = newest.min().date()
    age = max((night.as_of - oldest).days, 0)
    return f"{files}; the registrations are of {words.long_date(oldest)}, {words.of(age, 'day')} before."


def _counting(night: Night) -> Iterator[str]:
    small = night.policy.privacy.small_group
    yield ("Shares are of people in scope: enabled accounts of the workforce, approved exceptions and those not known "
           "included. Who is not known counts against the figure, never for it.")
    yield ("Emergency, service, shared, generic and guest accounts are counted in populations of their own, so that "
           "nobody is counted twice.")
    yield "A share reads 100.0% only when it is all of them, and 0.0% only when it is none."
    yield f"Groups of fewer than {small} show counts and no share."
    yield "Colour only repeats what the word beside it says."
