"""The Summary sheet: the figures with what they are counted from, statuses with a chart, the retirement of phones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint

from mfa_audit.methods import Level
from mfa_audit.reports import words
from mfa_audit.reports.excel import style
from mfa_audit.reports.excel.page import Page
from mfa_audit.reports.excel.style import Look
from mfa_audit.tables import Exposure, Kind, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night

NAME = "Summary"
WORKFORCE = "workforce"
_TEXT, _NAME, _QUIET = Look(), Look(bold=True), Look(tone="quiet")
_COUNT = Look(number=style.COUNT, align="right", wrap=False)
_RIGHT = Look(align="right")


@dataclass(frozen=True)
class Measure:
    """One figure: ``numerator`` of ``denominator``, or a plain count when there is no denominator."""

    name: str
    numerator: int
    denominator: int | None = None
    target: str = ""
    state: str = ""
    note: str = ""


def summary_sheet(book: Book, night: Night) -> Sheet:
    """The Summary sheet of ``audit.xlsx``; every figure is the workforce's unless it says otherwise."""
    page = Page(book, (43.0, 13.0, 13.5, 15.0, 13.0, 11.0, 58.0))
    page.title("Summary" + (f": {night.tenant_name}" if night.tenant_name else ""))
    page.paragraph(_opening(night))
    page.space()
    heads = ("Measure", "Value", "Numerator", "Denominator", "Target", "State", "What it says")
    page.table(heads, [_measure_row(measure) for measure in measures(night)], right=(1, 2, 3, 4))
    chart = _statuses(page, night.summary)
    _retirement(page, night.summary["retirement"])
    _populations(page, night)
    _exposures(page, night)
    _levels(page, night)
    return page.sheet(NAME, [chart] if chart else [])


def measures(night: Night) -> Iterator[Measure]:
    """The figures in the order a board asks for them."""
    figures, reports = night.summary["key_figures"], night.policy.reports
    scope, known = figures["workforce_in_scope"], figures["required"][1]
    name, target = words.headline_short(night.summary), f"{reports.target_percent:g}%"
    done, total = figures["compliance"]
    yield Measure(name, done, total, target, rag(done, total, reports.green, reports.amber),
                  _sentence(words.headline_note(night.summary)) or "Whether MFA is demanded was assessed for all.")
    yield Measure("The same without approved exceptions", *_pair(figures["compliance_of_obligated"]),
                  note="Approved exceptions left out of the denominator.")
    unsaid = "For the others no source says whether a sign-in asks for the second method."
    yield Measure("MFA demanded or not: assessed", known, scope, note=unsaid if known < scope else "")
    if known:
        yield Measure("MFA demanded at sign-in", figures["required"][0], known, note="Of those assessed.")
    retirement = night.summary["retirement"]
    yield Measure("If nobody acts", *_pair(retirement["if_nobody_acts"]),
                  note=f"What the first figure becomes on {_day(retirement['ends_on'])}, "
                       "when text messages and calls stop.")
    yield Measure("Has a second method that counts", *_pair(figures["coverage"]), note="Whatever the status.")
    yield Measure("Has a passkey, security key or certificate", *_pair(figures["phishing_resistant"]),
                  note="Not fooled by a fake sign-in page.")
    yield Measure("Second method is a phone number only", *_pair(figures["phone_only"]),
                  note="Of those who have a second method.")
    gap, privileged = figures["privileged_gap"]
    yield Measure("Privileged accounts that fall short", gap, privileged, "0", "Red" if gap else "Green",
                  "See the sheet Privileged.")
    yield Measure("A password alone opens the account", figures["password_only"],
                  note="Nothing asks for a second method.")
    yield Measure("Open to whoever signs in first", figures["first_registration_open"],
                  note="Whoever has the password can register the second method.")
    late = int(figures["overdue_median_days"] or 0)
    unset = words.no_deadline(night.policy.deadlines, figures["overdue"])
    half = f"Half of them by {words.of(late, 'day')} or more." if late else ""
    yield Measure("Overdue", figures["overdue"], 0 if unset else scope, note=_sentence(unset) or half)
    tolerance = night.policy.exemptions.tolerance_percent
    exempt = figures["exempt"]
    yield Measure("Approved exceptions", exempt, scope, f"at most {tolerance:g}%",
                  "Green" if 100 * exempt <= tolerance * scope else "Red",
                  f"Exceptions that ended: {words.count(figures['exempt_expired'])}.")
    unknown = figures["unknown"]
    best = words.percent(min(done + unknown, total), total)
    yield Measure("Not known", unknown, scope,
                  note=f"So the first figure lies between {words.percent(done, total)} and {best}.")


def rag(part: int, whole: int, green: float, amber: float) -> str:
    """Green, Amber or Red for a share, by the policy's thresholds in percent; empty when there is nothing to share."""
    if not whole:
        return ""
    if 100 * part >= green * whole:
        return "Green"
    return "Amber" if 100 * part >= amber * whole else "Red"


def _opening(night: Night) -> str:
    figures = night.summary["key_figures"]
    done, total = figures["compliance"]
    return (
        f"{words.headline_name(night.summary)}: {words.count(done)} of {words.count(total)} people, "
        f"{words.percent(done, total)}, on {words.long_date(night.as_of)}."
    )


def _measure_row(measure: Measure) -> tuple[Sequence[object], Sequence[Look]]:
    value: float | str | None = measure.numerator
    look = Look(number=style.COUNT, align="right", bold=True, wrap=False)
    if measure.denominator is not None:
        number = style.share_format(measure.numerator, measure.denominator)
        value = measure.numerator / measure.denominator if measure.denominator else "n/a"
        look = Look(number=number, align="right", bold=True, wrap=False)
    state = Look(tone=style.RAG_TONE.get(measure.state, "plain"), bold=True)
    return (
        (measure.name, value, measure.numerator if measure.denominator is not None else None, measure.denominator,
         measure.target or None, measure.state or None, measure.note or None),
        (_NAME, look, _COUNT, _COUNT, _RIGHT, state, _QUIET),
    )


def _statuses(page: Page, summary: Mapping[str, Any]) -> tuple[BarChart, str] | None:
    counts = summary["populations"].get(WORKFORCE, {}).get("statuses", {})
    scope = sum(count for status, count in counts.items() if status != Status.OUT_OF_SCOPE)
    page.turn()
    page.heading("People by status")
    header = page.headings(("Status", "People", "Of in scope"), right=(1, 2))
    shown = [status for status in words.STATUS if status != Status.OUT_OF_SCOPE]
    for status in shown:
        count = int(counts.get(status, 0))
        page.cells((words.STATUS[status].label, count, count / scope if scope else None),
                   (Look(tone=style.STATUS_TONE[status], bold=True), _COUNT, _share(count, scope)))
    page.cells(("In scope", scope, 1 if scope else None), (_total(), _total(style.COUNT), _total(style.SHARE)))
    page.cells((words.STATUS[Status.OUT_OF_SCOPE].label, counts.get(Status.OUT_OF_SCOPE, 0), None),
               (_QUIET, _COUNT, _TEXT))
    return _chart(header, shown), f"D{header}"


def _chart(header: int, shown: Sequence[Status]) -> BarChart:
    chart = BarChart()
    chart.type, chart.style, chart.legend, chart.gapWidth = "bar", 10, None, 35
    chart.title = None
    chart.width, chart.height = 18, 8
    first, last = header + 1, header + len(shown)
    chart.add_data(Reference(range_string=f"'{NAME}'!$B${first}:$B${last}"), titles_from_data=False)
    chart.set_categories(Reference(range_string=f"'{NAME}'!$A${first}:$A${last}"))
    series = chart.series[0]
    for position, status in enumerate(shown):
        point = DataPoint(idx=position)
        point.graphicalProperties.solidFill = style.STATUS_BAR[status]
        point.graphicalProperties.line.solidFill = style.STATUS_BAR[status]
        series.dPt.append(point)
    series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False,
                                 showPercent=False, numFmt="#,##0")
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete = False
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    return chart


def _retirement(page: Page, retirement: Mapping[str, Any]) -> None:
    left = int(retirement["days_left"])
    when = _day(retirement["ends_on"])
    page.heading(
        f"Text messages and calls stop on {when}: {words.of(left, 'day')} left"
        if left > 0
        else f"Text messages and calls stopped on {when}"
    )
    page.headings(("If nobody acts", "Accounts"), right=(1,))
    for cohort, label in words.COHORT.items():
        if cohort in retirement["cohorts"]:
            page.cells((label, retirement["cohorts"][cohort]), (_NAME, _COUNT))


def _populations(page: Page, night: Night) -> None:
    page.turn()
    page.heading("Populations, counted apart")
    page.headings(("Population", "Accounts", "In scope", "Set up", "All others"), right=(1, 2, 3, 4))
    for name, population in sorted(night.summary["populations"].items(), key=lambda item: -item[1]["census"]):
        statuses = population["statuses"]
        done = statuses.get(Status.COMPLIANT, 0) + statuses.get(Status.COMPLIANT_WEAK, 0)
        page.cells((_population(name), population["census"], population["in_scope"], done,
                    population["in_scope"] - done), (_NAME, _COUNT, _COUNT, _COUNT, _COUNT))


def _population(name: str) -> str:
    return words.KIND[Kind(name)] if name in set(Kind) else name.replace("_", " ").capitalize()


def _exposures(page: Page, night: Night) -> None:
    table = night.people.count(["exposure"], {"population": [WORKFORCE], "in_scope": [True]})
    counts = dict(zip(table["exposure"], table["count"], strict=True))
    _counted(page, "How open the accounts are", "Exposure",
             [(words.EXPOSURE[exposure], int(counts.get(exposure, 0))) for exposure in Exposure])


def _levels(page: Page, night: Night) -> None:
    where: Mapping[str, Sequence[object]] = {"population": [WORKFORCE], "in_scope": [True], "usable": [True]}
    table = night.people.count(["best_level"], where)
    counts = dict(zip(table["best_level"], table["count"], strict=True))
    levels = [level.label for level in sorted(Level, reverse=True) if level is not Level.NONE]
    _counted(page, "Strongest method of those who have one that counts", "Method",
             [(words.LEVEL[level], int(counts.get(level, 0))) for level in levels])


def _counted(page: Page, heading: str, what: str, lines: Sequence[tuple[str, int]]) -> None:
    total = sum(count for _, count in lines)
    page.heading(heading)
    page.headings((what, "People", "Share"), right=(1, 2))
    for label, count in lines:
        page.cells((label, count, count / total if total else None), (_NAME, _COUNT, _share(count, total)))


def _share(part: int, whole: int) -> Look:
    return Look(number=style.share_format(part, whole), align="right", wrap=False)


def _total(number: str = "General") -> Look:
    return Look(tone="total", bold=True, number=number, align="left" if number == "General" else "right", wrap=False)


def _pair(figure: Sequence[int]) -> tuple[int, int]:
    numerator, denominator = figure
    return numerator, denominator


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _day(iso: str) -> str:
    return words.long_date(date.fromisoformat(iso))
