"""The sheets for an auditor: Exemptions, Methods, Rules, Data quality, Evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.reports import words
from mfa_audit.reports.excel import style
from mfa_audit.reports.excel.accounts import HIDDEN, LISTED
from mfa_audit.reports.excel.page import Page
from mfa_audit.reports.excel.style import Look
from mfa_audit.reports.excel.table import Column, table_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mfa_audit.reports.excel.book import Book, Sheet
    from mfa_audit.reports.view import Night

SENSITIVE = "approved exception"
"""What stands for a category that only the auditor may see."""

_STATES: Mapping[str, tuple[str, str]] = {
    "active": ("Active", "good"),
    "due_soon": ("Ends soon", "caution"),
    "expired": ("Ended", "bad"),
    "incomplete": ("Incomplete", "bad"),
    "not_yet": ("Not yet running", "info"),
    "redundant": ("No longer needed", "info"),
    "unknown_account": ("No such account", "caution"),
}
_OUTCOMES = (("excepted", "Holds"), ("passed", "Holds"), ("not_assessed", "Not assessed"), ("failed", "Fails"))
_OUTCOME_TONE = {"Fails": "bad", "Holds": "good", "Not assessed": "caution", "Does not apply": "neutral"}


def exemptions_sheet(book: Book, night: Night) -> Sheet | None:
    """The register as it stands, what needs somebody first; nothing that says why of a sensitive exception."""
    frame = night.exemptions
    hidden = frame["category"].isin(night.policy.exemptions.sensitive_categories)
    emergency = frame["account_id"].astype("str").str.lower().isin(night.policy.population.break_glass)
    order = {state: place for place, state in enumerate(("expired", "incomplete", "due_soon", "unknown_account"))}
    state = frame["state"].astype("str")
    frame = frame.assign(
        holder_name=frame["holder_name"].fillna(frame["account_id"]).mask(emergency, HIDDEN),
        category=frame["category"].astype("str").str.replace("_", " ", regex=False).mask(hidden, SENSITIVE),
        ticket=frame["ticket"].mask(hidden, HIDDEN),
        compensating_control=frame["compensating_control"].mask(hidden, HIDDEN),
        approved=pd.to_datetime(frame["approved_on"], errors="coerce", format="%Y-%m-%d"),
        expires=pd.to_datetime(frame["expires_on"], errors="coerce", format="%Y-%m-%d"),
        state_label=state.map({key: label for key, (label, _) in _STATES.items()}),
        failed=frame["findings"].astype("str").str.replace(";", "\n", regex=False),
        place=state.map(order).fillna(len(order)),
    ).sort_values(["place", "days_left"], kind="stable")
    columns = [
        Column("Exemption", "exemption_id", widest=16, bold=True),
        Column("Holder", "holder_name", widest=26),
        Column(night.policy.reports.organisation_word, "organisation", widest=14),
        Column("State", "state_label", widest=18, tones=dict(_STATES.values())),
        Column("Days left", "days_left", "count"),
        Column("Category", "category", widest=20),
        Column("Owner", "owner", widest=22),
        Column("Approver", "approver", widest=22),
        Column("Approver's role", "approver_role", widest=16),
        Column("Approved", "approved", "date"),
        Column("Ends", "expires", "date"),
        Column("Ticket", "ticket", widest=14),
        Column("Control instead", "compensating_control", widest=28),
        Column("Findings", "failed", widest=18, lines=6),
    ]
    return _framed(book, "Exemptions", columns, frame,
                   f"The register of approved exceptions; the reason of a sensitive one reads “{SENSITIVE}”.")


def methods_sheet(book: Book, night: Night) -> Sheet | None:
    """What people have registered, strongest first."""
    frame = night.methods[night.methods["with_it"] > 0]
    registered = night.summary["key_figures"]["coverage"][0]
    strength = list(words.LEVEL)
    frame = frame.assign(
        place=frame["level"].map(strength.index),
        level_label=frame["level"].map(dict(words.LEVEL)),
        counts=frame["accepted"].map({True: "Yes", False: "No"}),
        registered=registered,
        shown=frame["with_it"].clip(upper=registered),
    ).sort_values(["place", "with_it"], ascending=False, kind="stable")
    columns = [
        Column("Method", "label", widest=42, bold=True),
        Column("Strength", "level_label", widest=38),
        Column("People with it", "with_it", "count"),
        Column("Of those registered", "shown", "share", of="registered"),
        Column("Strongest they have", "best", "count"),
        Column("The only one they have", "sole", "count"),
        Column("Counts", "counts", widest=10),
        Column("Ends", "ends_on", "date"),
    ]
    return _framed(book, "Methods", columns, frame,
                   f"Of {words.count(registered)} people with a second method that counts; one may have several.")


def rules_sheet(book: Book, night: Night) -> Sheet | None:
    """Every control with its outcomes; one without its data is not assessed, never passed."""
    frame = night.controls
    outcome = pd.Series("Does not apply", index=frame.index, dtype="str")
    # The gravest last: one failure outweighs what holds, and what nobody looked at is not held.
    for field, word in _OUTCOMES:
        outcome = outcome.mask(frame[field] > 0, word)
    frame = frame.assign(grade=frame["severity"].map(dict(words.SEVERITY)), outcome=outcome)
    columns = [
        Column("Control", "control_id", widest=14, bold=True),
        Column("What must hold", "title", widest=44),
        Column("Severity", "grade", widest=12),
        Column("Outcome", "outcome", widest=16, tones=_OUTCOME_TONE),
        Column("Failed", "failed", "count"),
        Column("Passed", "passed", "count"),
        Column("Excepted", "excepted", "count"),
        Column("Not assessed", "not_assessed", "count"),
        Column("Does not apply", "not_applicable", "count"),
        Column("Commonest reason", "worst_reason", widest=30),
        Column("What to do", "remediation", widest=44, lines=4),
        Column("Who", "owner", widest=18),
        Column("Rests on", "rests_on", widest=24),
    ]
    reasons = {str(reason): text for reason, text in words.REASON.items()}
    worst = frame["worst_reason"]
    frame = frame.assign(worst_reason=worst.map(reasons).fillna(worst))
    return _framed(book, "Rules", columns, frame,
                   "A control whose data was not supplied says “not assessed”; it is never counted as passed.")


def quality_sheet(book: Book, night: Night) -> Sheet | None:
    """What was wrong with the sources and what it does to the figures."""
    frame = pd.DataFrame(
        {
            "check": [complaint.check for complaint in night.quality],
            "count": [complaint.count for complaint in night.quality],
            "examples": ["\n".join(map(words.short_place, complaint.examples)) for complaint in night.quality],
            "effect": [complaint.effect for complaint in night.quality],
            "fix": [complaint.fix for complaint in night.quality],
        }
    )
    columns = [
        Column("Check", "check", widest=34, bold=True),
        Column("Count", "count", "count"),
        Column("Where, at most five", "examples", widest=38, lines=5),
        Column("What it does to the figures", "effect", widest=44, lines=5),
        Column("What to do", "fix", widest=44, lines=5),
    ]
    return _framed(book, "Data quality", columns, frame,
                   "Blemishes that did not stop the run. What could not be trusted at all was refused.")


def evidence_sheet(book: Book, night: Night) -> Sheet:
    """What was read, the sums that must agree, and the policy the night was judged by."""
    page = Page(book, (46.0, 32.0, 16.0, 11.0, 68.0, 14.0))
    page.title("Evidence")
    page.paragraph("What was read, the sums that must agree, and the whole policy. "
                   "manifest.json beside this workbook holds the same for machines, with the hash of every output.")
    page.space()
    text, count = Look(), Look(number=style.COUNT, align="right", wrap=False)
    day = Look(number=style.DATE, align="right", wrap=False)
    fields = ("file", "recognised_as", "table", "rows", "sha256", "newest_fact")
    page.table(
        ("File", "Recognised as", "Table", "Rows", "SHA-256", "Newest fact"),
        [
            ((words.short_place(values[0]), *map(_blank, values[1:])), (text, text, text, count, text, day))
            for values in night.sources[list(fields)].itertuples(index=False)
        ],
        right=(3, 5),
    )
    page.heading("Sums that must agree")
    page.headings(("Line", "Left", "Right", "Holds"), right=(1, 2))
    for line in night.reconciliation.itertuples(index=False):
        holds = bool(line.holds)
        verdict = Look(tone="good" if holds else "bad", bold=True)
        page.cells((line.line, _blank(line.left), _blank(line.right), "Yes" if holds else "No"),
                   (text, Look(align="right"), Look(align="right"), verdict))
    page.heading(f"Policy {night.summary['policy']['id']}, version {night.summary['policy']['version']}")
    page.paragraph(f"SHA-256 {night.summary['policy']['sha256']}. Ids of emergency accounts are masked here.")
    for text_line in masked(night.policy.text, night.policy.population.break_glass).splitlines():
        page.cells((text_line,), (Look(ruled=False, wrap=False),))
    return page.sheet("Evidence")


def masked(text: str, ids: Sequence[str]) -> str:
    """``text`` with every one of ``ids`` replaced, whatever its case."""
    for one in ids:
        text = re.sub(re.escape(one), HIDDEN, text, flags=re.IGNORECASE)
    return text


def _blank(value: Any) -> Any:
    return None if pd.isna(value) else value


def _framed(book: Book, name: str, columns: Sequence[Column], frame: pd.DataFrame, note: str) -> Sheet | None:
    if frame.empty:
        return None
    notes = [note]
    if len(frame) > LISTED:
        notes.append(f"{words.count(len(frame) - LISTED)} more are not shown here.")
    return table_sheet(book, name, f"{name}: {words.count(len(frame))}", columns, [frame.head(LISTED)], notes=notes)
