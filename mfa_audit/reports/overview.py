"""What the terminal summary says, block by block.

Figures are read from the summary and the roll-ups, never counted anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.reports import listings, words
from mfa_audit.reports.blocks import Banner, Bar, Block, Cell, Column, Grid, Heading, Sentence, Tone
from mfa_audit.reports.selection import Found, Selection, find
from mfa_audit.reports.values import day_of
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.reports.view import Night

STATUS_TONE: Mapping[Status, Tone] = {
    Status.COMPLIANT: Tone.GOOD, Status.COMPLIANT_WEAK: Tone.WEAK, Status.NOT_REGISTERED: Tone.BAD,
    Status.BELOW_STRENGTH: Tone.BAD, Status.NOT_ENFORCED: Tone.BAD, Status.EXEMPT_EXPIRED: Tone.BAD,
    Status.GRACE: Tone.PLAIN, Status.EXEMPT: Tone.PLAIN, Status.UNKNOWN: Tone.WEAK, Status.OUT_OF_SCOPE: Tone.QUIET,
}
"""How a status is meant, for its bar; the word beside it carries the meaning."""

_ROLL_UP = {
    Status.COMPLIANT: "compliant", Status.COMPLIANT_WEAK: "weak", Status.NOT_REGISTERED: "not_registered",
    Status.BELOW_STRENGTH: "below_strength", Status.NOT_ENFORCED: "not_enforced", Status.GRACE: "grace",
    Status.EXEMPT: "exempt", Status.EXEMPT_EXPIRED: "exempt_expired", Status.UNKNOWN: "unknown",
}
_FIGURE_COLUMNS = (Column("", least=20), Column("", right=True), Column("", right=True))


def summary(night: Night, asked: Selection, limit: int | None, place: str) -> Iterator[Block]:
    """Yield the whole summary for whoever may see people; see ``terminal.summary``."""
    found = find(night, asked)
    yield from _header(night)
    yield Sentence(night.marking, Tone.QUIET)
    if found.title:
        yield from _group(night, found)
    else:
        yield from _whole(night)
        yield from listings.groups(night)
    yield from listings.privileged(night, found)
    yield from listings.people(night, found, limit)
    yield from _closing(night, place)


def figures(night: Night, place: str) -> Iterator[Block]:
    """Yield what may stand where nobody's name belongs; see ``terminal.figures``."""
    yield from _header(night)
    yield from _whole(night)
    yield from _closing(night, place)


def _header(night: Night) -> Iterator[Block]:
    policy = night.summary["policy"]
    yield Sentence(f"MFA audit of {night.tenant_name or 'a tenant without a name'}", Tone.STRONG)
    yield Sentence(f"{words.long_date(night.as_of)} | policy {policy['id']}, version {policy['version']} | "
                   f"{words.demand_assessed(night.summary)}")
    if not night.summary["complete"]:
        gaps = [f"{gap['table']}: {gap['reason']}" for gap in night.summary["gaps"]]
        yield Banner("INCOMPLETE: some of the data is missing. Do not rely on these figures.",
                     gaps or ["no source says what is missing"])


def _whole(night: Night) -> Iterator[Block]:
    yield Heading("Key figures", f"{words.count(night.summary['key_figures']['workforce_in_scope'])} in scope")
    yield Grid(_FIGURE_COLUMNS, [*_headline(night), *_figures(night)])
    yield from _exposure(night)
    yield from _asked(night)
    yield from _retirement(night)
    yield from _statuses(night.summary["populations"].get("workforce", {}).get("statuses", {}))
    yield from _others(night)


def _row(label: str, rate: Sequence[int], tone: Tone = Tone.PLAIN) -> tuple[Cell, Cell, Cell]:
    numerator, denominator = rate
    share = Cell(words.percent(numerator, denominator), tone)
    return Cell(label, tone), share, Cell(f"{words.count(numerator)} of {words.count(denominator)}", tone)


def _range(met: int, unknown: int, in_scope: int) -> list[tuple[Cell, Cell, Cell]]:
    if not unknown:
        return []
    low, high = words.percent(met, in_scope), words.percent(met + unknown, in_scope)
    text = f"  between {low} and {high}, as {words.count(unknown)} {'is' if unknown == 1 else 'are'} not known"
    return [(Cell(text), Cell(""), Cell(""))]


def _reservation(note: str) -> list[tuple[Cell, Cell, Cell]]:
    return [(Cell(f"  ({note})"), Cell(""), Cell(""))] if note else []


def _headline(night: Night) -> list[tuple[Cell, Cell, Cell]]:
    """The headline, always with its reservation, its interval and the rate of the obligated beside it."""
    figures_ = night.summary["key_figures"]
    rows = [_row(words.headline_short(night.summary), figures_["compliance"], Tone.STRONG)]
    rows += _reservation(words.headline_note(night.summary))
    rows += _range(figures_["compliance"][0], figures_["unknown"], figures_["compliance"][1])
    return [*rows, _row("  of those without an exception", figures_["compliance_of_obligated"])]


def _figures(night: Night) -> list[tuple[Cell, Cell, Cell]]:
    values = night.summary["key_figures"]
    rows = [_row("Have a second sign-in method", values["coverage"])]
    if values["required"][1]:
        rows.append(_row("Are made to use it, where assessed", values["required"]))
    else:
        rows.append((Cell("Are made to use it"), Cell("n/a"), Cell("not assessed")))
    rows.append(_row("Privileged, not fully set up", values["privileged_gap"]))
    if unset := words.no_deadline(night.policy.deadlines, values["overdue"]):
        return [*rows, (Cell("Overdue"), Cell("n/a"), Cell(unset))]
    overdue = "Overdue"
    if values["overdue"] and values.get("overdue_median_days") is not None:
        overdue = f"Overdue, half of them by {_days(values['overdue_median_days'])} or more"
    return [*rows, _row(overdue, (values["overdue"], values["workforce_in_scope"]))]


def _days(number: float) -> str:
    return words.of(int(number), "day") if number == int(number) else f"{number:.1f} days"


def _exposure(night: Night) -> Iterator[Block]:
    values = night.summary["key_figures"]
    alone = f"A password alone opens {words.of(values['password_only'], 'account')}." if values["required"][1] else ""
    first = (f"In {words.of(values['first_registration_open'], 'account')} whoever signs in first "
             "can set up the second method.")
    share = words.percent(*values["phishing_resistant"])
    resistant = f"{words.count(values['phishing_resistant'][0])} ({share}) are safe from a fake sign-in page."
    yield Sentence(" ".join(text for text in (alone, first, resistant) if text))


def _asked(night: Night) -> Iterator[Block]:
    """One line on who is asked at all."""
    if night.access is None:
        return
    lists, gaps = night.access["lists"], night.access["gaps"]
    grave = sum(gap["severity"] == "high" for gap in gaps)
    unknown = f", of {words.count(lists['cannot_tell'])} nobody can tell" if lists["cannot_tell"] else ""
    yield Sentence(f"Never asked for MFA: {words.of(lists['never'], 'account')} in scope{unknown}. "
                   f"Gaps in the policies: {words.count(len(gaps))}, of them grave: {words.count(grave)}.")


def _retirement(night: Night) -> Iterator[Block]:
    plan = night.summary.get("retirement")
    if not plan or not plan.get("ends_on"):
        return
    ends_on, left = day_of(plan["ends_on"]), plan["days_left"]
    aside = f"{words.of(left, 'day')} left" if left > 0 else "that day has come"
    yield Heading(f"Text messages and calls end on {words.long_date(ends_on)}" if ends_on else "Phone methods end",
                  aside)
    now, then = night.summary["key_figures"]["compliance"], plan["if_nobody_acts"]
    rows = []
    if left > 0:
        rows += [_row(words.headline_short(night.summary) + " today", now),
                 _row("  on that day, if nobody acts", then, Tone.STRONG)]
    for name, number in plan["cohorts"].items():
        shown = "not assessed" if number is None else words.count(number)
        rows.append((Cell(words.COHORT.get(name, name)), Cell(""), Cell(shown)))
    yield Grid(_FIGURE_COLUMNS, rows)


def _statuses(counts: Mapping[str, int]) -> Iterator[Block]:
    """A bar a status; those nobody has are left out, but ``UNKNOWN`` always has its line."""
    in_scope = sum(number for status, number in counts.items() if status != Status.OUT_OF_SCOPE)
    columns = (Column("Status"), Column("Accounts", right=True), Column("Share", right=True),
               Column("", least=8, rank=1))
    rows = []
    for status, word in words.STATUS.items():
        number = counts.get(status, 0)
        if status is Status.OUT_OF_SCOPE or not (number or status is Status.UNKNOWN):
            continue
        rows.append((Cell(word.label), Cell(words.count(number)), Cell(words.percent(number, in_scope)),
                     Bar(number, in_scope, STATUS_TONE[status])))
    yield Heading("Status of the staff")
    yield Grid(columns, rows)
    if outside := counts.get(Status.OUT_OF_SCOPE, 0):
        yield Sentence(f"Not counted: {words.of(outside, 'account')}.", Tone.QUIET)


def _others(night: Night) -> Iterator[Block]:
    columns = (Column("Other accounts"), Column("In scope", right=True), Column("Set up", right=True),
               Column("Not known", right=True), Column("Not counted", right=True))
    rows = []
    for name, population in night.summary["populations"].items():
        if name == "workforce" or not population["census"]:
            continue
        of = population["statuses"]
        met = of.get(Status.COMPLIANT, 0) + of.get(Status.COMPLIANT_WEAK, 0)
        numbers = (population["in_scope"], met, of.get(Status.UNKNOWN, 0), of.get(Status.OUT_OF_SCOPE, 0))
        rows.append((Cell(words.population(name)), *(Cell(words.count(number)) for number in numbers)))
    if rows:
        yield Sentence("")
        yield Grid(columns, rows)


def _group(night: Night, found: Found) -> Iterator[Block]:
    """The figures of one group; several filters at once have none of their own, so only the list follows."""
    yield Heading(f"Only {found.title}")
    whole = night.summary["key_figures"]["compliance"]
    rows = [_row(f"{words.headline_short(night.summary)}, the whole tenant", whole)]
    row = _roll_up(night, found)
    if row is None:
        yield Grid(_FIGURE_COLUMNS, rows)
        return
    met, in_scope = row["compliant"] + row["weak"], row["in_scope"]
    unset = words.no_deadline(night.policy.deadlines, row["overdue"])
    yield Grid(_FIGURE_COLUMNS, [
        _row(words.headline_short(night.summary), (met, in_scope), Tone.STRONG),
        *_reservation(words.group_note(night.summary, in_scope)),
        *_range(met, row["unknown"], in_scope),
        _row("  of those without an exception", (met, in_scope - row["exempt"])),
        _row("Have a second sign-in method", (row["usable"], in_scope)),
        (Cell("Overdue"), Cell("n/a"), Cell(unset)) if unset else _row("Overdue", (row["overdue"], in_scope)),
        *rows,
    ])
    yield from _statuses({status: row[name] for status, name in _ROLL_UP.items()})


def _roll_up(night: Night, found: Found) -> dict[str, int] | None:
    if found.key is None:
        return None
    column, value = found.key
    tables = {"organisation": night.by_organisation, "department": night.by_department, "manager_id": night.by_manager}
    rows = tables[column].loc[tables[column][column] == value]
    if rows.empty:
        return None
    names = ("in_scope", "usable", "overdue", *_ROLL_UP.values())
    return {name: int(rows.iloc[0][name]) for name in names}


def _closing(night: Night, place: str) -> Iterator[Block]:
    met, in_scope = night.summary["key_figures"]["compliance"]
    where = f" Reports: {place}" if place else ""
    if night.summary["complete"]:
        text = (f"{words.percent(met, in_scope)} ({words.count(met)} of {words.count(in_scope)}) "
                f"{words.headline_name(night.summary)[0].lower()}{words.headline_name(night.summary)[1:]} "
                f"on {words.long_date(night.as_of)}.")
    else:
        text = f"Incomplete data on {words.long_date(night.as_of)}: no figure above may be relied on."
    yield Sentence("")
    yield Sentence(text + where, Tone.STRONG)
