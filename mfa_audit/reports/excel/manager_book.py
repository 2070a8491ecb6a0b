"""How a manager's workbook looks: the sheet *My team*, a sheet of help, and the frame all managers share."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.reports import words
from mfa_audit.reports.excel import manager_words
from mfa_audit.reports.excel.blank import new_book
from mfa_audit.reports.excel.book import Book, Frame, Sheet
from mfa_audit.reports.excel.page import Page
from mfa_audit.reports.excel.style import Look
from mfa_audit.reports.excel.table import Column, TableRows, header_row, lead_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from mfa_audit.reports.view import Night

SHEET = "My team"
PERCENT_FROM = 10
"""Direct reports from which on a share is written beside the counts."""

_COLUMNS: tuple[tuple[Column, float], ...] = (
    (Column("Name", "display_name", bold=True), 27.0),
    (Column("To do", "asks"), 9.0),
    (Column("Status", "label", tones=manager_words.TONES), 22.0),
    (Column("What to do", "what", lines=3), 42.0),
    (Column("By", "by", "date"), 15.0),
    (Column("Days overdue", "late", "count"), 11.0),
    (Column("Reports", "reports"), 26.0),
    (Column("Job title", "job_title"), 26.0),
    (Column("Account", "user_principal_name"), 40.0),
)


@dataclass(frozen=True)
class Pack:
    """One manager's workbook before it is written: its rows, and what is counted over them.

    ``direct`` people report to the manager, ``asked`` of them need help, ``further`` are below those, ``late`` are
    overdue, ``more`` did not fit; ``blocked`` of the whole team are stopped when phones end.
    """

    manager_id: str
    manager_name: str
    rows: Sequence[str]
    direct: int
    asked: int
    further: int
    late: int
    more: int
    blocked: int = 0


class Template:
    """The frame all managers' workbooks share, and how one is filled."""

    def __init__(self, night: Night) -> None:
        self._night = night
        named = night.by_manager[night.by_manager["manager_id"].notna()]
        self.blocked: dict[str, int] = dict(zip(named["manager_id"], named["all_blocked"].astype(int), strict=True))
        self._ends = words.short_date(night.policy.methods.weak_ends_on)
        self._book = book = new_book(night, title="MFA: my team")
        columns = tuple(column for column, _ in _COLUMNS)
        self._widths = tuple(width for _, width in _COLUMNS)
        self._rows = TableRows(book, columns, self._widths)
        lead = list(lead_rows(book, "", self._notes(None), self._widths))
        self._header = header_row(book, columns, self._widths, len(lead) + 1)
        self._first = len(lead) + 2
        book.add(Sheet(SHEET, self._widths, (), tuple(column.header for column in columns), len(lead) + 1))
        book.add(_help_sheet(book, night))
        self._frame: Frame = book.frame()

    def rows(self, people: pd.DataFrame, places: npt.NDArray[np.int64]) -> list[str]:
        """Rows for many workbooks at once; ``places`` are counted from 0 in each."""
        return self._rows.render(people, (places + self._first).tolist())

    def fill(self, pack: Pack) -> bytes:
        """The bytes of one manager's workbook."""
        title = f"My team: {pack.manager_name[:80]}"
        lead = lead_rows(self._book, title, self._notes(pack), self._widths)
        buffer = io.BytesIO()
        self._frame.write(buffer, {SHEET: (*lead, self._header, *pack.rows)})
        return buffer.getvalue()

    def _notes(self, pack: Pack | None) -> list[str]:
        """The lines above the table, always as many: the frame fixes where the table begins."""
        desk = self._night.policy.service_desk
        counts = _counts(pack, self._ends) if pack else ""
        return [
            f"As of {words.long_date(self._night.as_of)}. {counts}"[: int(sum(self._widths))],
            f"What to say: {manager_words.SAY.format(desk=desk.name)}",
            f"Whom to call: {desk.name}, {desk.route}{f', {desk.hours}' if desk.hours else ''}.",
            manager_words.CARE,
        ]


def _counts(pack: Pack, ends: str) -> str:
    if pack.direct and not pack.asked:
        text = f"Nobody of your {words.of(pack.direct, 'direct report')} needs your help."
    elif pack.direct:
        share = f" ({words.percent(pack.asked, pack.direct)})" if pack.direct >= PERCENT_FROM else ""
        need = "needs" if pack.asked == 1 else "need"
        text = f"{pack.asked} of {words.of(pack.direct, 'direct report')}{share} {need} your help."
    else:
        text = "Nobody in scope reports to you directly."
    if pack.further:
        text += f" Further down: {words.of(pack.further, 'person', 'people')}."
    if pack.late:
        text += f" Overdue: {words.count(pack.late)}."
    if pack.blocked:
        text += f" Sign-in stops on {ends} unless they update: {words.count(pack.blocked)}."
    if pack.more:
        text += f" {words.count(pack.more)} more are in the workbooks of the managers between."
    return text


def _help_sheet(book: Book, night: Night) -> Sheet:
    page = Page(book, (26.0, 84.0))
    page.title("Help")
    page.paragraph("The second sign-in check (multi-factor authentication, MFA) is a mandatory security policy.")
    page.heading("What a status means for you")
    page.table(
        ("Status", "What to do"),
        [((view.label, view.what), (Look(tone=view.tone, bold=True), Look())) for view in manager_words.VIEWS],
    )
    desk = night.policy.service_desk
    page.heading("What to say, and whom to call")
    text = Look(ruled=False)
    for name, sentence in (
        ("Say", manager_words.SAY.format(desk=desk.name)),
        ("Call", f"{desk.name}, {desk.route}{f', {desk.hours}' if desk.hours else ''}."),
        ("A record is wrong", f"Tell the {desk.name}; nobody is reminded while they look."),
        ("Take care", manager_words.CARE),
    ):
        page.cells((name, sentence), (Look(bold=True, ruled=False), text))
    return page.sheet("Help")
