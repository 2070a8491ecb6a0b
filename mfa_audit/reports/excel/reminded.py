"""The Reminders sheet: what came of the stages that were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.reports import words
from mfa_audit.reports.excel.table import Column, table_sheet

if TYPE_CHECKING:
    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night

_NOTE = ("Accounts, each once a stage, by what the runs before this day saw. Whoever no run has seen set up, also "
         "because their status is not known, is not counted as set up.")


def reminders_sheet(book: Book, night: Night) -> Sheet | None:
    """A row a stage: how many heard it, and of those who heard it long enough ago how many set up a method in time."""
    frame = night.reminded
    if frame.empty:
        return None
    frame = frame.assign(counted=frame["told"] - frame["recent"])
    columns = [
        Column("Stage", "stage", widest=14, bold=True),
        Column("Told", "told", "count"),
        Column("Too lately to tell", "recent", "count"),
        Column("Told over 7 days ago", "counted", "count"),
        Column("Set up within 7 days", "soon", "count"),
        Column("Of those told over 7 days ago", "soon", "share", of="counted"),
        Column("Set up later", "later", "count"),
    ]
    return table_sheet(book, "Reminders", f"Reminders: {words.count(len(frame))} stages", columns, [frame],
                       notes=[_NOTE])
