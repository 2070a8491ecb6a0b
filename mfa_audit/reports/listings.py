"""The lists of the terminal summary: groups by how many are not set up, the privileged gap, and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mfa_audit.reports import words
from mfa_audit.reports.blocks import Bar, Block, Cell, Column, Grid, Heading, Sentence, Tone
from mfa_audit.reports.values import day_of, is_true, name_of, text_of
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.reports.selection import Found
    from mfa_audit.reports.view import Night

_TOP = 10
_ORDER = ("priority", "organisation", "display_name", "account_id")
_SETTLED = (Status.COMPLIANT, Status.OUT_OF_SCOPE)


def groups(night: Night) -> Iterator[Block]:
    """Yield the groups that hold most of those not set up, ranked only where a group is big enough to be ranked."""
    column = "organisation" if night.by_organisation["organisation"].nunique() > 1 else "department"
    table = night.by_organisation if column == "organisation" else night.by_department
    least = night.policy.privacy.small_group
    ranked = table[(table["in_scope"] >= least) & (table["not_registered"] > 0)]
    ranked = ranked.sort_values(["not_registered", "overdue", column], ascending=[False, False, True]).head(_TOP)
    if ranked.empty:
        return
    everybody = int(table["not_registered"].sum())
    held = int(ranked["not_registered"].sum())
    share = f"{words.percent(held, everybody)} of all {words.count(everybody)}"
    yield Heading(f"Most not set up, by {column}", f"{share} are here")
    columns = (Column(column.capitalize(), least=16), Column("Not set up", right=True), Column("In scope", right=True),
               Column("Share", right=True), Column("Overdue", right=True), Column("", least=8, rank=1, most=20))
    yield Grid(columns, [_group_row(night, column, row) for row in ranked.to_dict("records")])
    yield Sentence(f"Groups of fewer than {least} are not ranked.", Tone.QUIET)


def _group_row(night: Night, column: str, row: Mapping[Any, Any]) -> Sequence[Cell | Bar]:
    code = text_of(row[column])
    name = night.organisation_names.get(code, "") if column == "organisation" else ""
    missing, in_scope = int(row["not_registered"]), int(row["in_scope"])
    return (Cell(f"{code} {name}".strip() or words.NOBODY[column]), Cell(words.count(missing)),
            Cell(words.count(in_scope)), Cell(words.percent(missing, in_scope)), Cell(words.count(int(row["overdue"]))),
            Bar(missing, in_scope, Tone.BAD))


def privileged(night: Night, found: Found) -> Iterator[Block]:
    """Yield every privileged account that is not fully set up, and whether the emergency accounts are."""
    where = {**found.where, "privileged": [True], "population": ["workforce"],
             "status": [status.value for status in words.STATUS if status not in _SETTLED]}
    rows = night.people.frame(where=where, order_by=_ORDER)
    gap, all_ = night.summary["key_figures"]["privileged_gap"]
    aside = f"{words.count(len(rows))} here" if found.title else f"{words.count(gap)} of {words.count(all_)}"
    yield Heading("Privileged accounts not fully set up", aside)
    if len(rows):
        columns = (Column("Name", least=18, most=34), Column("Organisation", least=12, most=24, rank=2),
                   Column("Status"), Column("Due", rank=1), Column("Overdue", right=True),
                   Column("Account", least=20, most=40, rank=3))
        yield Grid(columns, [
            (Cell(name_of(row)), Cell(text_of(row["organisation"])), Cell(words.STATUS[Status(row["status"])].label),
             Cell(_date(row["due"])), Cell(_over(row)), Cell(text_of(row["user_principal_name"])))
            for row in rows.to_dict("records")
        ])
    elif not found.title:
        yield Sentence("None." if all_ else "No account in scope is known to be privileged.")
    emergency = night.summary["populations"].get("break_glass")
    if emergency and emergency["in_scope"] and not found.title:
        ready = emergency["statuses"].get(Status.COMPLIANT, 0)
        yield Sentence(f"Emergency accounts that are set up: {ready} of {emergency['in_scope']}.",
                       Tone.PLAIN if ready == emergency["in_scope"] else Tone.BAD)


def people(night: Night, found: Found, limit: int | None) -> Iterator[Block]:
    """Yield the staff of the statuses asked for (by default those not set up), most pressing first."""
    statuses = found.statuses or (Status.NOT_REGISTERED,)
    where = {**found.where, "population": ["workforce"], "status": [status.value for status in statuses]}
    total = int(night.people.count(["population"], where=where)["count"].sum())
    title = "Staff not set up" if statuses == (Status.NOT_REGISTERED,) else "Staff: " + ", ".join(
        words.STATUS[status].label for status in statuses)
    yield Heading(title, words.count(total))
    if not total:
        yield Sentence("Nobody.")
        return
    rows = night.people.frame(where=where, order_by=_ORDER, limit=limit)
    several = len(statuses) > 1
    columns = (Column("Name", least=18, most=34), Column("Organisation", least=12, most=24),
               Column("Department", least=12, most=28), Column("Due"), Column("Overdue", right=True), Column("Note"),
               Column("Status", rank=1), Column("Account", least=24, most=50, rank=2))
    yield Grid(columns, [
        (Cell(name_of(row)), Cell(text_of(row["organisation"])), Cell(text_of(row["department"])),
         Cell(_date(row["due"])), Cell(_over(row)), Cell(_note(row)),
         Cell(words.STATUS[Status(row["status"])].label if several else ""),
         Cell(text_of(row["user_principal_name"])))
        for row in rows.to_dict("records")
    ])
    if total > len(rows):
        yield Sentence(f"{words.count(total - len(rows))} more are not shown: raise --limit, or narrow with "
                       "--organisation, --department, --manager or --status.", Tone.QUIET)


def _date(value: object) -> str:
    day = day_of(value)
    return words.short_date(day) if day else ""


def _over(row: Mapping[Any, Any]) -> str:
    """Days overdue; nothing for whoever is away, who is not told off."""
    days = int(row["overdue_days"])
    return words.of(days, "day") if days and not is_true(row["away"]) else ""


def _note(row: Mapping[Any, Any]) -> str:
    for column, word in (("away", "away"), ("leaver", "leaving"), ("dormant", "unused")):
        if is_true(row[column]):
            return word
    return ""
