"""Pages for a terminal: the summary, explanations and what ``doctor`` found.

The command line makes the console and hands it in. On a terminal there are colours and drawn bars; elsewhere (a pipe, a
file, a console that is not UTF-8) the structure is ASCII alone. Every line fits ``console.width``, measured as the
terminal shows it (only text to be copied keeps its own lines), and directory text is cleaned and never read as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mfa_audit.reports import answers, overview, sign_in_words
from mfa_audit.reports.blocks import Banner, Bar, Block, Cell, Column, Grid, Heading, Pairs, Sentence, Tone, Verbatim
from mfa_audit.reports.selection import EVERYBODY, Selection
from mfa_audit.reports.terminal_text import cut, shown, size, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    import pandas as pd
    from rich.console import Console

    from mfa_audit.checks import Check
    from mfa_audit.reports.view import Night

_STYLES = {
    Tone.PLAIN: "", Tone.STRONG: "bold", Tone.QUIET: "dim", Tone.GOOD: "green", Tone.WEAK: "magenta", Tone.BAD: "red",
}
_GAP = 2
_BAR = 30


def summary(night: Night, console: Console, *, filters: Selection = EVERYBODY, limit: int | None = 20,
            place: str = "") -> None:
    """Draw the whole summary: figures, groups, the privileged gap, then the people asked for.

    ``limit`` ends the list of people (None: no end), ``place`` is where the reports lie, for the closing line.
    Raises ``UsageError`` when ``filters`` name nobody.
    """
    _draw(overview.summary(night, filters, limit, place), console)


def figures(night: Night, console: Console, *, place: str = "") -> None:
    """Draw figures only, without a single person: what may stand in a journal or a cron mail."""
    _draw(overview.figures(night, place), console)


def account(row: Mapping[str, Any], facts: answers.Facts, console: Console) -> None:
    """Draw why one account has its status; ``row`` is a row of ``tables.PEOPLE``."""
    _draw(answers.account(row, facts), console)


def control(row: Mapping[str, Any], console: Console) -> None:
    """Draw what a control means and how it stands; ``row`` is a row of ``Night.controls``."""
    _draw(answers.control(row), console)


def gaps(found: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Draw the gaps of one kind; ``found`` are entries of ``access.json``."""
    _draw(answers.gaps(found), console)


def sign_ins(who: str, told: Sequence[Mapping[str, Any]], console: Console, *, in_lines: bool) -> None:
    """Draw what an account's sign-ins come to: a line a situation, or each with its policies (``in_lines`` false);
    ``told`` as :meth:`mfa_audit.access.one.Answered.words` gives them."""
    _draw(sign_in_words.lines(who, told) if in_lines else sign_in_words.each(who, told), console)


def compared(who: str, told: Sequence[Mapping[str, Any]], unasked: int, console: Console) -> None:
    """Draw where Microsoft's live What If differs; ``told`` as :meth:`mfa_audit.access.one.Answered.compared` gives
    it, ``unasked`` sign-ins were not asked about."""
    _draw(sign_in_words.compared(who, told, unasked), console)


def matches(rows: pd.DataFrame, console: Console) -> None:
    """Draw the accounts a fragment fits; ``rows`` are rows of ``tables.PEOPLE``."""
    _draw(answers.matches(rows), console)


def doctor(
    files: Sequence[answers.FileLine], questions: Sequence[answers.QuestionLine],
    missing: Sequence[answers.MissingLine], request: str, console: Console,
) -> None:
    """Draw what files are, which questions they answer, how to get the rest and whom to ask for it."""
    _draw(answers.doctor(files, questions, missing, request), console)


def checks(found: Sequence[Check], console: Console) -> None:
    """Draw what was looked at before a night, and what to do."""
    _draw(answers.checks(found), console)


def _draw(blocks: Iterable[Block], console: Console) -> None:
    page = _Page(console)
    for block in blocks:
        match block:
            case Heading():
                page.heading(block)
            case Sentence():
                page.paragraph(block.text, _STYLES[block.tone], indent=block.indent)
            case Banner():
                page.banner(block)
            case Pairs():
                page.pairs(block)
            case Verbatim():
                page.verbatim(block)
            case Grid():
                page.grid(block)


class _Page:
    """Draws blocks on a console, a line at a time, none wider than the console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._ascii = not console.is_terminal or console.options.ascii_only
        self._width = max(console.width, 20)
        self._full, self._rest, self._rule, self._cut = "#.-~" if self._ascii else "█░─…"

    def heading(self, block: Heading) -> None:
        self._line(Text())
        aside = f": {block.aside}" if block.aside else ""
        for line in self._wrap(block.text + aside, self._width):
            self._line(Text(line, "bold"))

    def paragraph(self, text: str, style: str, *, indent: int = 0) -> None:
        for line in self._wrap(text, self._width - indent):
            self._line(Text(" " * indent + line, style))

    def banner(self, block: Banner) -> None:
        rule = ("*" if self._ascii else "━") * self._width
        self._line(Text(rule, "bold red"))
        self.paragraph(block.title, "bold red")
        for text in block.lines:
            self.paragraph(f"- {text}", "")
        self._line(Text(rule, "bold red"))

    def pairs(self, block: Pairs) -> None:
        side = min(max((size(self._clean(label)) for label, _ in block.rows), default=0), self._width // 3)
        for label, value in block.rows:
            lines = self._wrap(value, self._width - side - _GAP)
            for position, line in enumerate(lines):
                left = self._fit(self._clean(label) if position == 0 else "", side)
                self._line(Text.assemble((left + " " * _GAP if line else left.rstrip(), "dim"), line))

    def verbatim(self, block: Verbatim) -> None:
        for line in block.text.splitlines():
            self._line(Text(self._clean(line)))

    def grid(self, block: Grid) -> None:
        natural = [self._natural(block, position) for position in range(len(block.columns))]
        widths = _widths(block.columns, natural, self._width - block.indent)
        indent = " " * block.indent
        if any(column.title for column in block.columns):
            titles = [Cell(column.title, Tone.QUIET) for column in block.columns]
            self._row(indent, block.columns, titles, widths)
            rules = [Cell(self._rule * width if title.text else "", Tone.QUIET)
                     for title, width in zip(titles, widths, strict=True)]
            self._row(indent, block.columns, rules, widths)
        for row in block.rows:
            self._row(indent, block.columns, row, widths)

    def _natural(self, block: Grid, position: int) -> int:
        column = block.columns[position]
        cells = (row[position] for row in block.rows)
        widest = max((_BAR if isinstance(cell, Bar) else size(self._clean(cell.text)) for cell in cells), default=0)
        return min(max(widest, size(column.title)), column.most) if widest else 0

    def _row(self, indent: str, columns: Sequence[Column], row: Sequence[Cell | Bar], widths: Sequence[int]) -> None:
        line = Text(indent)
        for column, cell, width in zip(columns, row, widths, strict=True):
            if not width:
                continue
            if len(line.plain) > len(indent):
                line.append(" " * _GAP)
            if isinstance(cell, Bar):
                full = _filled(cell, width)
                line.append(self._full * full, _STYLES[cell.tone])
                line.append(self._rest * (width - full), "dim")
            else:
                line.append(self._fit(self._clean(cell.text), width, right=column.right), _STYLES[cell.tone])
        line.rstrip()
        self._line(line)

    def _fit(self, text: str, width: int, *, right: bool = False) -> str:
        text = cut(text, width, self._cut)
        padding = " " * (width - size(text))
        return padding + text if right else text + padding

    def _wrap(self, text: str, width: int) -> list[str]:
        return wrap(self._clean(text), max(width, 10))

    def _clean(self, text: str) -> str:
        return shown(text, self._console.encoding)

    def _line(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


def _widths(columns: Sequence[Column], natural: Sequence[int], room: int) -> list[int]:
    """Find each column's width: drop by rank what has no room even when squeezed, then squeeze the widest first."""
    least = [min(column.least, width) for column, width in zip(columns, natural, strict=True)]
    kept = [position for position, width in enumerate(natural) if width]

    def total(widths: Sequence[int]) -> int:
        return sum(widths[position] for position in kept) + _GAP * (len(kept) - 1)

    while total(least) > room and any(columns[position].rank for position in kept):
        kept.remove(max(kept, key=lambda position: columns[position].rank))
    widths = list(natural)
    while total(widths) > room:
        soft = [position for position in kept if widths[position] > least[position]] or kept
        widest = max(soft, key=lambda position: widths[position])
        if widths[widest] <= 1:
            break
        widths[widest] -= 1
    return [width if position in kept else 0 for position, width in enumerate(widths)]


def _filled(bar: Bar, width: int) -> int:
    """Say how much of a bar is full: something shows for every part, and only the whole fills it."""
    if not bar.part or not bar.whole:
        return 0
    if bar.part >= bar.whole:
        return width
    return min(max((2 * width * bar.part + bar.whole) // (2 * bar.whole), 1), width - 1)
