"""The sheets that name accounts: Action list, Privileged, Special accounts. All for the operator's workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit import methods
from mfa_audit.reports import words
from mfa_audit.reports.excel import style
from mfa_audit.reports.excel.summary import WORKFORCE
from mfa_audit.reports.excel.table import Column, table_sheet
from mfa_audit.tables import Kind, Reason, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night
    from mfa_audit.snapshot.columnar import TableFile

LISTED = 100_000
"""Rows a list of accounts shows."""
CHUNK_ROWS = 20_000
_ORDER = ("priority", "organisation", "display_name", "account_id")

TO_DO: tuple[Status, ...] = (
    Status.NOT_REGISTERED, Status.BELOW_STRENGTH, Status.NOT_ENFORCED, Status.EXEMPT_EXPIRED, Status.GRACE,
    Status.UNKNOWN, Status.COMPLIANT_WEAK,
)
"""Statuses that ask something of somebody."""

HIDDEN = "(withheld)"
"""What stands where an emergency account's name would be: its name is known to those who need it."""

_TONES: Mapping[str, str] = {words.STATUS[status].label: tone for status, tone in style.STATUS_TONE.items()}
_LABEL = {str(status): text.label for status, text in words.STATUS.items()}
_ACTION = {str(status): text.what_to_do for status, text in words.STATUS.items()}
_WHO = {str(status): text.who_acts.capitalize() for status, text in words.STATUS.items()}
_REASON = {str(reason): text for reason, text in words.REASON.items()}
_KIND = {str(kind): text for kind, text in words.KIND.items()}
_REQUIRED = {str(answer): text for answer, text in words.REQUIRED.items()}
_METHOD = {method.name: method.label for method in methods.CATALOGUE}


def action_sheet(book: Book, night: Night, *, listed: int = LISTED) -> Sheet | None:
    """Who has to do something, most urgent first, at most ``listed`` rows; what is not shown is counted on the page."""
    own_telephony = bool(night.policy.methods.own_telephony_groups)
    asked = [str(status) for status in TO_DO if not (own_telephony and status is Status.COMPLIANT_WEAK)]
    where: Mapping[str, Sequence[object]] = {"population": [WORKFORCE], "status": asked}
    total = _count(night.people, where)
    columns = [
        Column("Priority", "place", "count"),
        Column("Name", "display_name", widest=30, bold=True),
        Column("Account", "user_principal_name", widest=34),
        Column(night.policy.reports.organisation_word, "organisation", widest=14),
        Column("Department", "department", widest=22),
        Column("Job title", "job_title", widest=20),
        Column("Manager", "manager", widest=20),
        Column("Status", "label", widest=26, tones=_TONES),
        Column("What to do", "action", widest=38, lines=4),
        Column("Due", "by", "date"),
        Column("Days overdue", "overdue_days", "count"),
        Column("Who acts next", "who", widest=18),
    ]
    notes = ["Most urgent first: privileged accounts, then how open the account is, then days overdue."]
    if own_telephony:
        notes.append("People with a phone number only are not listed: some groups keep theirs when others end.")
    if total > listed:
        notes.insert(0, f"{words.count(listed)} of {words.count(total)} are shown, the most urgent: "
                        f"{words.count(total - listed)} more in organisations/.")
    return table_sheet(book, "Action list", f"Action list: {words.of(total, 'person', 'people')}", columns,
                       _actions(night, where, listed), notes=notes)


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
        Column("Status", "label", widest=22, tones=_TONES),
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
        Column("Status", "label", widest=22, tones=_TONES),
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
    total = _count(night.people, where)
    notes = [note]
    if total > LISTED:
        notes.append(f"{words.count(total - LISTED)} more are in accounts.parquet.")
    frames = night.people.rows(fields, where, order_by=_ORDER, limit=LISTED, chunk_rows=CHUNK_ROWS)
    ready = (_worded(frame, night) for frame in frames)
    if total == 0:
        return None
    first = next(ready)
    kept = [column for column in columns if column.field != "portal_role" or first["portal_role"].notna().any()]
    return table_sheet(book, name, f"{name}: {words.count(total)}", kept, _again(first, ready), notes=notes)


def _again(first: pd.DataFrame, rest: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    yield first
    yield from rest


def _actions(night: Night, where: Mapping[str, Sequence[object]], listed: int) -> Iterator[pd.DataFrame]:
    fields = ("display_name", "user_principal_name", "organisation", "department", "job_title", "manager_key",
              "kind", "status", "reason", "due", "overdue_days")
    ends = pd.Timestamp(night.policy.methods.weak_ends_on)
    place = 0
    for frame in night.people.rows(fields, where, order_by=_ORDER, limit=listed, chunk_rows=CHUNK_ROWS):
        ready = _worded(frame, night)
        due = pd.to_datetime(ready["due"])
        weak = ready["status"] == Status.COMPLIANT_WEAK
        unknown = ready["status"] == Status.UNKNOWN
        yield ready.assign(
            place=range(place + 1, place + 1 + len(ready)),
            manager=_names(night.people, "account_key", ready["manager_key"]).fillna(words.NOBODY["manager"]),
            # Phones count until they end, so that day is when there is something to do.
            by=due.mask(weak, due.where(due > ends, ends)),
            action=ready["action"].mask(unknown, ready["why"]),
        )
        place += len(ready)


def _worded(frame: pd.DataFrame, night: Night) -> pd.DataFrame:
    """The frame with words for its codes, and emergency accounts without their names."""
    status = frame["status"].astype("str")
    added: dict[str, pd.Series] = {
        "label": status.map(_LABEL), "action": status.map(_ACTION), "who": status.map(_WHO),
        "kind_label": frame["kind"].astype("str").map(_KIND),
    }
    if "reason" in frame:
        added["why"] = frame["reason"].astype("str").map(_REASON)
        stopped = frame["reason"] == Reason.METHOD_NOT_ALLOWED
        added["action"] = added["action"].mask(stopped, words.REASON[Reason.METHOD_NOT_ALLOWED])
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
        added["responsible"] = _names(night.people, "account_id", frame["responsible_id"]).fillna("(nobody)")
    emergency = frame["kind"] == Kind.BREAK_GLASS
    if "display_name" in frame:
        added["display_name"] = frame["display_name"].fillna(words.NOBODY["name"]).mask(emergency, HIDDEN)
        added["user_principal_name"] = frame["user_principal_name"].mask(emergency, HIDDEN)
    return frame.assign(**added)


def _method_labels(joined: str) -> str:
    return ", ".join(_METHOD.get(name, name) for name in joined.split(";") if name)


def _names(people: TableFile, column: str, keys: pd.Series) -> pd.Series:
    """The display names of the accounts that ``keys`` point to, by ``column``; missing where there is none."""
    wanted = keys.dropna().unique().tolist()
    if not wanted:
        return pd.Series(None, index=keys.index, dtype="str")
    found = people.frame((column, "display_name", "kind"), {column: wanted})
    names = found["display_name"].mask(found["kind"] == Kind.BREAK_GLASS, HIDDEN)
    return keys.map(pd.Series(names.to_numpy(), index=found[column].to_numpy()).to_dict()).astype("str")


def _count(people: TableFile, where: Mapping[str, Sequence[object]]) -> int:
    return int(people.count([], where)["count"].sum())
