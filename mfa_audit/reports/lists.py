"""Who has to set something up, by when: ``reminders/due.csv`` and ``reminders/overdue.csv``.

Lists for people, opened in a spreadsheet or a mail merge: as ``accounts.csv``, but with a byte-order mark so that a
spreadsheet sees UTF-8. Nobody is listed who has nothing to do, or is not to be told: accounts that nothing forces,
unknown ones, exceptions, leavers, unused accounts, those away.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit import files
from mfa_audit.reports import words
from mfa_audit.reports.data import csv_header, csv_rows
from mfa_audit.tables import Required, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mfa_audit.reports.view import Night
    from mfa_audit.snapshot.columnar import TableFile

LEFT_OUT: Mapping[str, str] = {
    "nothing_forces": "have a second method and are never asked for it: the administrators act",
    "unknown": "are not known: the operator acts",
    "exempt": "have an approved exception",
    "leaver": "are leaving or have left: to be confirmed or switched off",
    "dormant": "have not been used for a long time: to be confirmed or switched off",
    "away": "are away",
    "cannot_register": "cannot register a method, because a policy stops them: the administrators act",
    "nobody_answers": "are generic accounts that nobody is recorded to answer for",
    "own_telephony": "use a phone number, and some groups keep theirs: not told apart here",
    "no_date": "have no date by which it is due",
}
"""Why somebody who is not fully set up is on neither list; one reason each, the first that fits, in this order."""

COLUMNS = ("name", "account", "send_to", "organisation", "department", "status", "due", "days", "manager",
           "manager_address")
"""Columns of both files; ``days`` is days left in ``due.csv`` and days overdue in ``overdue.csv``. ``send_to`` is the
account's mail address, else its UPN; for a generic account that of whoever answers for it."""

_BY_STATUS = {Status.NOT_ENFORCED: "nothing_forces", Status.UNKNOWN: "unknown", Status.EXEMPT: "exempt"}
_THEIRS = (Status.NOT_REGISTERED, Status.BELOW_STRENGTH, Status.EXEMPT_EXPIRED, Status.GRACE)
_ORDER = ("organisation", "display_name", "account_id")
_READ = ("account_id", "user_principal_name", "display_name", "mail", "organisation", "department", "population",
         "status", "due", "overdue_days", "manager_key", "responsible_id", "dormant", "leaver", "away", "ready")
_POPULATIONS = ("workforce", "generic")


@dataclass(frozen=True)
class Planned:
    """What was listed. ``left_out`` counts people by :data:`LEFT_OUT`; ``written`` is False on an incomplete night."""

    due: int
    overdue: int
    left_out: Mapping[str, int]
    written: bool


def write_lists(night: Night, folder: Path) -> Planned:
    """Write the two lists and a note beside them into ``folder``, which exists; nothing on an incomplete night.

    ``due.csv``: due today or later, soonest first, then those whose phone methods end; ``overdue.csv``: the longest
    overdue first. Raises ``OutputFailed`` when the system refuses.
    """
    if not night.summary["complete"]:
        return Planned(0, 0, {}, written=False)
    left_out: Counter[str] = Counter()
    counts = {"due": 0, "overdue": 0}
    people = _Addresses.of(night.people)
    with (
        files.replacing(folder / "due.csv") as due_path, files.replacing(folder / "overdue.csv") as overdue_path,
        due_path.open("w", encoding="utf-8-sig", newline="") as due_text,
        overdue_path.open("w", encoding="utf-8-sig", newline="") as overdue_text,
    ):
        texts = {"due": due_text, "overdue": overdue_text}
        for text in texts.values():
            text.write(csv_header(COLUMNS))
        for chunk in _candidates(night):
            listed = _classified(chunk, night, people)
            left_out.update({str(place): number for place, number in listed["place"].value_counts().items()})
            for name, text in texts.items():
                rows = listed[listed["place"] == name]
                counts[name] += len(rows)
                text.write(csv_rows(_columns(rows, people)))
    planned = Planned(counts["due"], counts["overdue"],
                      {reason: left_out[reason] for reason in LEFT_OUT if left_out[reason]}, written=True)
    files.write_text(folder / "README.txt", _note(planned, night))
    return planned


def _candidates(night: Night) -> Iterator[pd.DataFrame]:
    """Everybody not fully set up, by due date, then those whose phone methods end (their due date is that day)."""
    others = [status.value for status in (*_THEIRS, *_BY_STATUS)]
    yield from night.people.rows(_READ, where={"population": _POPULATIONS, "status": others},
                                 order_by=("due", *_ORDER))
    ends_on = pd.Timestamp(night.policy.methods.weak_ends_on)
    weak = {"population": _POPULATIONS, "status": [Status.COMPLIANT_WEAK.value]}
    for chunk in night.people.rows(_READ, where=weak, order_by=_ORDER):
        yield chunk.assign(due=ends_on.as_unit("us"))


def _classified(chunk: pd.DataFrame, night: Night, people: _Addresses) -> pd.DataFrame:
    """``chunk`` with ``place`` (``due``, ``overdue`` or why neither), ``days`` and ``send_to``."""
    today = pd.Timestamp(night.as_of)
    status, due, late = chunk["status"], chunk["due"], chunk["overdue_days"].fillna(0).astype("int64")
    generic = chunk["population"] == "generic"
    own = chunk["mail"].fillna(chunk["user_principal_name"])
    send_to = own.where(~generic, people.of_responsible(chunk["responsible_id"]))
    weak = status == Status.COMPLIANT_WEAK
    telephony = bool(night.policy.methods.own_telephony_groups)
    conditions = {
        **{reason: status == value for value, reason in _BY_STATUS.items()},
        **{mark: chunk[mark].fillna(value=False).astype(bool) for mark in ("leaver", "dormant", "away")},
        "cannot_register": chunk["ready"] == Required.NO,
        "nobody_answers": generic & send_to.isna(),
        "own_telephony": weak & (telephony or today > pd.Timestamp(night.policy.methods.weak_ends_on)),
        "overdue": late > 0,
        "due": due >= today,
    }
    place = np.select([mask.to_numpy(dtype=bool) for mask in conditions.values()], list(conditions), default="no_date")
    days = late.where(late > 0, (due - today).dt.days.fillna(0).astype("int64"))
    return chunk.assign(place=place, days=days, send_to=send_to)


def _columns(rows: pd.DataFrame, people: _Addresses) -> pd.DataFrame:
    label = {status.value: word.label for status, word in words.STATUS.items()}
    return pd.DataFrame(
        {
            "name": rows["display_name"],
            "account": rows["user_principal_name"],
            "send_to": rows["send_to"],
            "organisation": rows["organisation"],
            "department": rows["department"],
            "status": rows["status"].map(label).astype("str"),
            "due": rows["due"],
            "days": rows["days"],
            "manager": rows["manager_key"].map(people.name_of).astype("str"),
            "manager_address": rows["manager_key"].map(people.address_of).astype("str"),
        },
        columns=list(COLUMNS),
    )


@dataclass(frozen=True)
class _Addresses:
    """Names and addresses of those who are named by other accounts: managers, and who answers for a mailbox."""

    name_of: Mapping[int, str]
    address_of: Mapping[int, str]
    responsible: Mapping[str, str]

    @classmethod
    def of(cls, people: TableFile) -> _Addresses:
        where = {"population": _POPULATIONS, "status": [status.value for status in Status
                                                        if status not in (Status.COMPLIANT, Status.OUT_OF_SCOPE)]}
        managers = set(people.count(["manager_key"], where=where)["manager_key"].dropna())
        written = people.count(["responsible_id"], where=where)["responsible_id"].dropna()
        answering = set(written.str.casefold())
        name_of: dict[int, str] = {}
        address_of: dict[int, str] = {}
        responsible = {text.casefold(): text for text in written if "@" in text}
        for chunk in people.rows(("account_key", "account_id", "user_principal_name", "display_name", "mail")):
            address = chunk["mail"].fillna(chunk["user_principal_name"])
            name = chunk["display_name"].fillna(chunk["user_principal_name"])
            known = chunk["account_key"].isin(managers)
            keys = chunk.loc[known, "account_key"]
            name_of |= dict(zip(keys, name[known], strict=True))
            address_of |= dict(zip(keys, address[known], strict=True))
            for column in ("user_principal_name", "account_id"):
                spelled = chunk[column].str.casefold()
                wanted = spelled.isin(answering) & address.notna()
                responsible |= dict(zip(spelled[wanted], address[wanted], strict=True))
        return cls(name_of, address_of, responsible)

    def of_responsible(self, written: pd.Series) -> pd.Series:
        return written.str.casefold().map(self.responsible).astype("str")


def _note(planned: Planned, night: Night) -> str:
    lines = [
        night.marking,
        "",
        f"Who has to set up a second sign-in method, as of {words.long_date(night.as_of)}.",
        "Nobody has been written to: these are lists.",
        "",
        f"due.csv      {words.of(planned.due, 'account')} due on that day or later; days = days left",
        f"overdue.csv  {words.of(planned.overdue, 'account')} past the date; days = days overdue",
        "",
        "An apostrophe before = + - or @ keeps a spreadsheet from running a name as a formula.",
    ]
    if planned.left_out:
        lines += ["", "Not fully set up, and on neither list:"]
        lines += [f"{words.count(number):>9} {LEFT_OUT[reason]}" for reason, number in planned.left_out.items()]
    return "\n".join(lines) + "\n"
