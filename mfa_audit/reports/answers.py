"""What ``explain`` and ``doctor`` say, block by block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from mfa_audit.checks import State
from mfa_audit.methods import CATALOGUE
from mfa_audit.reports import words
from mfa_audit.reports.blocks import Block, Cell, Column, Grid, Heading, Pairs, Sentence, Tone, Verbatim
from mfa_audit.reports.values import day_of, is_true, name_of, text_of
from mfa_audit.tables import Exposure, Kind, Reason, Required, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.checks import Check

_METHOD = {method.name: method.label for method in CATALOGUE}
_ASK_FIRST = 30
_CHECKED = {State.OK: Tone.PLAIN, State.NOTE: Tone.WEAK, State.PROBLEM: Tone.BAD}


@dataclass(frozen=True)
class Facts:
    """What an explanation needs beside the account's own row.

    ``known``: label and value of every stored fact, in the order shown; ``titles``: control id -> title; ``gaps``:
    policy and what is seen of it, for the gaps that touch the account.
    """

    known: Sequence[tuple[str, str]] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    manager: str = ""
    organisation_name: str = ""
    gaps: Sequence[tuple[str, str]] = ()


class FileLine(NamedTuple):
    """One file as ``doctor`` sees it; ``rows`` None when it could not be read, the rest text, empty when unknown."""

    name: str
    recognised_as: str
    rows: int | None
    age: str
    encoding: str
    organisations: str
    suspicion: str


class QuestionLine(NamedTuple):
    """A question and whether the files answer it: ``yes``, ``in part`` or ``no``, and why not."""

    question: str
    answer: str
    because: str


class MissingLine(NamedTuple):
    """A file that would help, how to get it (text) and the command that does, when there is one."""

    file: str
    how: str
    command: str = ""


def account(row: Mapping[str, Any], facts: Facts) -> Iterator[Block]:
    """Yield why one account has its status; ``row`` is a row of ``tables.PEOPLE``."""
    status = Status(row["status"])
    word = words.STATUS[status]
    what_to_do, who_acts = word.what_to_do, word.who_acts
    if row["kind"] in (Kind.SHARED_MAILBOX, Kind.ROOM) and who_acts == "the person":
        what_to_do, who_acts = words.MAILBOX_TO_DO, words.MAILBOX_WHO
    elif row["ready"] == Required.NO and who_acts == "the person":
        what_to_do, who_acts = words.CANNOT_REGISTER_TO_DO, words.CANNOT_REGISTER_WHO
    yield Heading(name_of(row))
    yield Pairs(_filled(_who(row, facts)))
    yield Heading("Status", word.label)
    yield Sentence(word.meaning)
    yield Sentence(words.REASON[Reason(row["reason"])])
    yield Pairs(_filled([
        ("Due", _due(row)),
        ("How open it is", words.EXPOSURE[Exposure(row["exposure"])] if text_of(row["exposure"]) else ""),
        ("MFA demanded", words.REQUIRED[Required(row["required"])] if is_true(row["in_scope"]) else ""),
        ("Asked over all situations", words.ASKED.get(text_of(row["asked"]), "")),
        ("Strongest method", _level(row)),
        ("Methods on record", _methods(row)),
        ("Exception", text_of(row["exemption_id"])),
        ("Also", ", ".join(_also(row))),
        ("What to do", what_to_do),
        ("Who acts", who_acts),
    ]))
    findings = [text for text in text_of(row["findings"]).split(";") if text]
    if findings:
        yield Heading("Checks it does not pass")
        yield Pairs([(control_id, facts.titles.get(control_id, "")) for control_id in findings])
    if facts.gaps:
        yield Heading("Gaps in the policies that touch this account")
        yield Pairs(facts.gaps)
    if facts.known:
        yield Heading("What is known")
        yield Pairs([(label, value or "(blank)") for label, value in facts.known])


def control(row: Mapping[str, Any]) -> Iterator[Block]:
    """Yield what a control means and how it stands; ``row`` is a row of ``Night.controls``."""
    yield Heading(f"{text_of(row['control_id'])}: {text_of(row['title'])}")
    worst = text_of(row["worst_reason"])
    yield Pairs(_filled([
        ("Severity", words.SEVERITY.get(text_of(row["severity"]), text_of(row["severity"]))),
        ("Why", text_of(row.get("rationale"))),
        ("Rests on", text_of(row["rests_on"])),
        ("What to do", text_of(row["remediation"])),
        ("Who acts", text_of(row["owner"])),
        ("Worst case", words.REASON[Reason(worst)] if worst in list(Reason) else worst),
    ]))
    yield Heading("How it stands")
    columns = (Column(""), Column("", right=True))
    outcomes = (("Pass", "passed", Tone.PLAIN), ("Fail", "failed", Tone.BAD),
                ("Approved exception", "excepted", Tone.PLAIN), ("Not assessed", "not_assessed", Tone.PLAIN),
                ("Does not apply", "not_applicable", Tone.PLAIN))
    yield Grid(columns, [
        (Cell(label), Cell(words.count(int(row[name])), tone if int(row[name]) else Tone.PLAIN))
        for label, name, tone in outcomes
    ])


def gaps(found: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """Yield what is seen of one kind of gap, policy by policy; ``found`` are entries of ``access.json``."""
    for gap in found:
        yield Heading(text_of(gap["policy"]) or "All policies together", text_of(gap["severity"]))
        yield Pairs([("What is seen", text_of(gap["found"])), ("Accounts in scope", words.count(int(gap["accounts"]))),
                     ("What would close it", text_of(gap["would_close"])),
                     ("Who", f"{words.count(int(gap['listed']))} of them are in policy_gaps.csv")])


def matches(rows: pd.DataFrame) -> Iterator[Block]:
    """Yield the accounts a fragment fits, to choose from; ``rows`` are rows of ``tables.PEOPLE``."""
    shown = rows.head(_ASK_FIRST)
    fit = "fits" if len(rows) == 1 else "fit"
    counted = words.of(len(rows), "account") if len(rows) <= _ASK_FIRST else f"More than {_ASK_FIRST} accounts"
    yield Heading(f"{counted} {fit}: give the sign-in name of one")
    columns = (Column("Name", least=18, most=34), Column("Account", least=24, most=50),
               Column("Organisation", least=12, most=24, rank=1), Column("Department", least=10, most=28, rank=2),
               Column("Status", least=10, rank=3))
    yield Grid(columns, [
        (Cell(name_of(row)), Cell(text_of(row["user_principal_name"])), Cell(text_of(row["organisation"])),
         Cell(text_of(row["department"])), Cell(words.STATUS[Status(row["status"])].label))
        for row in shown.to_dict("records")
    ])
    if len(rows) > len(shown):
        yield Sentence("The others are not shown: give a longer fragment.", Tone.QUIET)


def doctor(files: Sequence[FileLine], questions: Sequence[QuestionLine], missing: Sequence[MissingLine],
           request: str) -> Iterator[Block]:
    """Yield a line a file, what the files answer, how to get the rest, and a request to send on."""
    yield Heading("Files")
    columns = (Column("File", least=20, most=48), Column("What it is", least=30, most=48), Column("Rows", right=True),
               Column("Newest", least=10, rank=1), Column("Encoding", least=6, rank=3),
               Column("Organisations", least=13, most=30, rank=2))
    yield Grid(columns, [
        (Cell(file.name), Cell(file.recognised_as), Cell("" if file.rows is None else words.count(file.rows)),
         Cell(file.age), Cell(file.encoding), Cell(file.organisations))
        for file in (FileLine(*line) for line in files)
    ])
    for line in files:
        file = FileLine(*line)
        if file.suspicion:
            yield Sentence(f"{file.name}: {file.suspicion}", Tone.BAD)
    yield Heading("What they answer")
    yield Pairs([(line.answer, f"{line.question} - {line.because}" if line.because else line.question)
                 for line in (QuestionLine(*line) for line in questions)])
    if missing:
        yield Heading("What is missing, and how to get it")
    for item in (MissingLine(*line) for line in missing):
        yield Sentence(item.file, Tone.STRONG)
        if item.how:
            yield Sentence(item.how, indent=2)
        if item.command:
            yield Verbatim(item.command)
    if request:
        yield Heading("A request to send to whoever has the rights")
        yield Verbatim(request)


def checks(found: Sequence[Check]) -> Iterator[Block]:
    """Yield a line for each thing looked at, with its state as a word, and what to do below it."""
    yield Heading("Would a night work?")
    for check in found:
        yield Sentence(f"{check.state.value:8}{check.name}: {check.found}", _CHECKED[check.state])
        if check.next_step:
            yield Sentence(f"Next: {check.next_step}", indent=8)
    problems = sum(check.state is State.PROBLEM for check in found)
    yield Sentence("")
    yield Sentence(f"{words.count(problems)} of {words.count(len(found))} checks found a problem."
                   if problems else f"All {words.count(len(found))} checks are well.", Tone.STRONG)


def _filled(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(label, value) for label, value in rows if value]


def _who(row: Mapping[str, Any], facts: Facts) -> list[tuple[str, str]]:
    kind = words.KIND[Kind(row["kind"])]
    tier = text_of(row["tier"])
    return [
        ("Account", text_of(row["user_principal_name"])),
        ("Id", text_of(row["account_id"])),
        ("Job title", text_of(row["job_title"])),
        ("Organisation", f"{text_of(row['organisation'])} {facts.organisation_name}".strip()
         or words.NOBODY["organisation"]),
        ("Department", text_of(row["department"]) or words.NOBODY["department"]),
        ("Manager", facts.manager or text_of(row["manager_id"]) or words.NOBODY["manager"]),
        ("Kind", f"{kind}, judged by the rules for {tier.replace('_', ' ')}" if tier != "unknown" else kind),
        ("Portal role", text_of(row["portal_role"])),
    ]


def _due(row: Mapping[str, Any]) -> str:
    due, late = day_of(row["due"]), int(row["overdue_days"])
    if due is None:
        return "no date set" if is_true(row["in_scope"]) else ""
    return words.long_date(due) + (f", {words.of(late, 'day')} ago" if late else "")


def _level(row: Mapping[str, Any]) -> str:
    level = text_of(row["best_level"])
    return words.LEVEL.get(level, level) or "not known"


def _methods(row: Mapping[str, Any]) -> str:
    if pd.isna(row["methods"]):
        return "not known"
    names = [name for name in str(row["methods"]).split(";") if name]
    return ", ".join(_METHOD.get(name, name) for name in names) or "none"


def _also(row: Mapping[str, Any]) -> list[str]:
    until = day_of(row["starter_until"])
    marks = [text for column, text in (("away", "away at present"), ("leaver", "is leaving or has left"),
                                       ("dormant", "not used for a long time")) if is_true(row[column])]
    if until and Status(row["status"]) is Status.GRACE:
        marks.append(f"a new starter's time ends on {words.long_date(until)}")
    return marks
