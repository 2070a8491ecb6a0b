"""The action list: who has to do something, what, by when; all of it in ``organisations/`` when it is long."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.files import private_folder
from mfa_audit.reports import words
from mfa_audit.reports.excel.accounts import CHUNK_ROWS, LISTED, ORDER, TONES, count_of, names_of, worded
from mfa_audit.reports.excel.blank import new_book
from mfa_audit.reports.excel.summary import WORKFORCE
from mfa_audit.reports.excel.table import Column, table_sheet
from mfa_audit.tables import Status
from mfa_audit.text_safety import slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night

TO_DO: tuple[Status, ...] = (
    Status.NOT_REGISTERED, Status.BELOW_STRENGTH, Status.NOT_ENFORCED, Status.EXEMPT_EXPIRED, Status.GRACE,
    Status.UNKNOWN, Status.COMPLIANT_WEAK,
)
"""Statuses that ask something of somebody."""

ACTION_FIELDS = ("display_name", "user_principal_name", "organisation", "department", "job_title", "manager_key",
                 "kind", "status", "reason", "ready", "due", "overdue_days")
"""What an action list reads of the people."""


def action_sheet(book: Book, night: Night, *, listed: int = LISTED) -> Sheet | None:
    """Who has to do something, most urgent first, at most ``listed`` rows; what is not shown is counted on the page."""
    where = to_do(night)
    total = count_of(night.people, where)
    notes = []
    if total > listed:
        notes.append(f"{words.count(listed)} of {words.count(total)} are shown, the most urgent: "
                     f"{words.count(total - listed)} more in organisations/.")
    frames = night.people.rows(ACTION_FIELDS, where, order_by=ORDER, limit=listed, chunk_rows=CHUNK_ROWS)
    return actions_of(book, night, frames, total, notes)


def write_organisation_lists(night: Night, folder: Path, *, listed: int = LISTED) -> int:
    """Where the action list of ``audit.xlsx`` ends before everybody is on it, a workbook an organisation in ``folder``
    that lists all who have something to do there; how many were written. ``folder`` is made when it is needed.
    """
    where = to_do(night)
    totals = night.people.count(["organisation"], where)
    if totals["count"].sum() <= listed:
        return 0
    of = {_code(code): int(count) for code, count in zip(totals["organisation"], totals["count"], strict=True)}
    rows = night.people.rows(ACTION_FIELDS, where, order_by=("organisation", *ORDER), chunk_rows=CHUNK_ROWS)
    pieces = (piece for frame in rows for piece in frame.groupby("organisation", sort=False, dropna=False))
    written = 0
    for code, parts in groupby(pieces, key=lambda piece: _code(piece[0])):
        book = new_book(night, title=f"MFA actions: {code or words.NOBODY['organisation']}")
        sheet = actions_of(book, night, (part for _, part in parts), of[code], [])
        if sheet is not None:
            book.add(sheet)
            target = private_folder(folder) / f"mfa_actions_{slug(code)}.xlsx"
            target.write_bytes(book.to_bytes())
            written += 1
    return written


def to_do(night: Night) -> Mapping[str, Sequence[object]]:
    """Which rows of the people have something to do, for ``TableFile``."""
    own_telephony = bool(night.policy.methods.own_telephony_groups)
    asked = [str(status) for status in TO_DO if not (own_telephony and status is Status.COMPLIANT_WEAK)]
    return {"population": [WORKFORCE], "status": asked}


def actions_of(book: Book, night: Night, frames: Iterable[pd.DataFrame], total: int, notes: Sequence[str]
               ) -> Sheet | None:
    """The sheet that lists ``frames`` (columns :data:`ACTION_FIELDS`, in order) of ``total`` people."""
    columns = [
        Column("Priority", "place", "count"),
        Column("Name", "display_name", widest=30, bold=True),
        Column("Account", "user_principal_name", widest=34),
        Column(night.policy.reports.organisation_word, "organisation", widest=14),
        Column("Department", "department", widest=22),
        Column("Job title", "job_title", widest=20),
        Column("Manager", "manager", widest=20),
        Column("Status", "label", widest=26, tones=TONES),
        Column("What to do", "action", widest=38, lines=4),
        Column("Due", "by", "date"),
        Column("Days overdue", "overdue_days", "count"),
        Column("Who acts next", "who", widest=18),
    ]
    notes = [*notes, "Most urgent first: privileged accounts, then how open the account is, then days overdue."]
    if night.policy.methods.own_telephony_groups:
        notes.append("People with a phone number only are not listed: some groups keep theirs when others end.")
    return table_sheet(book, "Action list", f"Action list: {words.of(total, 'person', 'people')}", columns,
                       _actions(night, frames), notes=notes)


def _code(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _actions(night: Night, frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    ends = pd.Timestamp(night.policy.methods.weak_ends_on)
    place = 0
    for frame in frames:
        ready = worded(frame, night)
        due = pd.to_datetime(ready["due"])
        weak = ready["status"] == Status.COMPLIANT_WEAK
        unknown = ready["status"] == Status.UNKNOWN
        yield ready.assign(
            place=range(place + 1, place + 1 + len(ready)),
            manager=names_of(night.people, "account_key", ready["manager_key"]).fillna(words.NOBODY["manager"]),
            # Phones count until they end, so that day is when there is something to do.
            by=due.mask(weak, due.where(due > ends, ends)),
            action=ready["action"].mask(unknown, ready["why"]),
        )
        place += len(ready)
