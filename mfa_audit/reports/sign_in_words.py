"""What an account's sign-ins come to, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.reports.blocks import Block, Cell, Column, Grid, Heading, Pairs, Sentence, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_SHUT = ("block", "denied")
_OUTCOME = {
    "allow": ("One factor is enough", Tone.BAD), "control": ("One factor and a step that is no MFA", Tone.BAD),
    "mfa": ("MFA is demanded", Tone.GOOD), "block": ("Blocked", Tone.PLAIN),
    "denied": ("Denied: something demanded cannot be met", Tone.PLAIN),
    "mfa_or_device": ("MFA, or a managed device", Tone.WEAK), "indeterminate": ("Not known", Tone.WEAK),
}


def lines(who: str, told: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """A line for each situation; where its sign-ins come to different things, one for each."""
    yield Heading(who)
    rows, seen = [], set()
    for each in told:
        word, tone = _OUTCOME[each["outcome"]]
        again = "" if each["outcome"] in _SHUT else _again(each["hours"])
        key = (each["label"], word, again)
        if key not in seen:
            seen.add(key)
            rows.append((Cell(each["label"]), Cell(word, tone), Cell(again)))
    yield Grid((Column("Situation", least=24), Column("Comes to", least=20), Column("Asked again", least=10)), rows)
    if any(each["lacks"] for each in told):
        lacking = sorted({fact for each in told for fact in each["lacks"]})
        yield Sentence("Not known: " + "; ".join(lacking))
    for note in dict.fromkeys(note for each in told for note in each["notes"]):
        yield Sentence(f"Note: {note}.")


def each(who: str, told: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """Every sign-in with the policies that apply, and for each other policy the condition that does not hold."""
    yield Heading(who)
    for one in told:
        word, _ = _OUTCOME[one["outcome"]]
        yield Heading(one["label"], one["situation"])
        rows = [
            ("Comes to", word), ("Asked again", _again(one["hours"])), ("Strength", ", ".join(one["strength"] or ())),
            ("Because of", ", ".join(one["sources"])), ("Applies", "; ".join(one["applied"])),
            ("May apply", "; ".join(one["maybe"])), ("Only reports", "; ".join(one["report_only"])),
            ("Not known", "; ".join(one["lacks"])), ("Note", "; ".join(one["notes"])),
        ]
        yield Pairs([(name, value) for name, value in rows if value])
        yield Pairs([(f"  {name}", why) for name, why in one["others"]])


def compared(who: str, told: Sequence[Mapping[str, Any]], unasked: int) -> Iterator[Block]:
    """Yield each policy that applies here and not at Microsoft's, or the reverse."""
    rows = [(Cell(one["label"]), Cell(one["signIn"]), Cell(each["name"]),
             Cell("applies" if each["here"] else "does not apply"),
             Cell(each["reasons"] if each["here"] else "applies", Tone.WEAK))
            for one in told for each in one["differences"]]
    yield Heading(who)
    if rows:
        yield Grid((Column("Situation", least=16), Column("Sign-in", least=16), Column("Policy", least=14),
                    Column("Here", least=8), Column("Microsoft's What If", least=10)), rows)
    both = sum(one["compared"] for one in told)
    yield Sentence(f"{len(told)} sign-ins were asked about, {both} policies compared, {len(rows)} differ.")
    if unasked:
        yield Sentence(f"{unasked} sign-ins were not: What If has no word for an unrecognised platform, or a signal "
                       "is not stated.")


def _again(hours: float | None) -> str:
    if hours is None:
        return ""
    return "every time" if hours == 0 else "after 1 hour" if hours == 1 else f"after {hours:g} hours"
