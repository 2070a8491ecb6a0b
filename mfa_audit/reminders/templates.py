"""The small language the texts are written in, read and checked before anything is said with it.

A text is paragraphs, numbered steps (``1. ``), points (``- ``), headings (``= ``, ``== ``; guide only) and blocks
(``[[NAME]]`` on a line of its own). ``{field}`` stands for a value. A line naming an optional field without a value
is left out, as is one that begins with ``?field: ``; one that begins with ``| `` stands in for the line left out
above it. There is nothing else: no expression, no loop, no file, so a text can only say what its fields hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mfa_audit.errors import InputRejected
from mfa_audit.reminders.fields import FIELDS
from mfa_audit.reminders.language import LISTS
from mfa_audit.reminders.names import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BLOCKS = ("HOW", "STEPS", "PASSKEY", "WHEN_ASKED", "APP", "NO_PHONE", "LOST", "WRONG", "REAL", "KEEP", "RISK")
"""What may stand in double brackets. HOW is the one for the recommended family, STEPS is PASSKEY or HOW."""

OBLIGATORY: Mapping[str, tuple[str, ...]] = {"staff": ("REAL", "NO_PHONE", "LOST")}
"""Audience -> the blocks a letter to it must have; every letter must have REAL."""

LONGEST = 20_000
_FIELD = re.compile(r"\{([a-z_]+)\}")
_BLOCK = re.compile(r"\[\[([A-Z_]+(?:\.[a-z_]+)?)\]\]")
_CONDITION = re.compile(r"\?([a-z_]+): +")
_ITEM = re.compile(r"(\d{1,2}\.|-) +(?=\S)")
_HEADING = re.compile(r"(={1,2}) +(?=\S)")
_LINK = re.compile(r"://|\bmailto:|\bwww\.|<\s*/?\s*[a-z!]", re.IGNORECASE)
PREFIX = "[MFA] "


@dataclass(frozen=True)
class Line:
    """One line: its text, the field it waits for besides those it names, and whether it only stands in."""

    text: str
    number: int
    waits_for: str | None = None
    stands_in: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The fields the text names."""
        return tuple(_FIELD.findall(self.text))


@dataclass(frozen=True)
class Part:
    """A run of lines of one ``kind``: paragraph, step, point, section, question or block (its name the text)."""

    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Text:
    """A whole file: where it is, what its head says (``For``, ``Subject``) and its parts, named by block if any."""

    place: str
    audiences: tuple[str, ...] = ()
    subjects: tuple[Line, ...] = ()
    parts: tuple[Part, ...] = ()
    blocks: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)


def links_in(text: str) -> bool:
    """Whether a mail program would make something of ``text`` that can be clicked, or it holds markup."""
    return bool(_LINK.search(text))


def read_letter(place: str, text: str, audiences: Sequence[str]) -> Text:
    """The text of one letter, checked; ``audiences`` are those there are.

    Raises :class:`InputRejected` with file, line and what to do.
    """
    lines = _lines(place, text)
    head, body = _head(place, lines, audiences)
    parts = tuple(_parts(place, body))
    letter = Text(place, tuple(head["For"][0].text.replace(" ", "").split(",")), tuple(head["Subject"]), parts)
    _check_subjects(letter)
    _check_blocks(letter)
    return letter


def read_blocks(place: str, text: str) -> Text:
    """A file of blocks, each under its ``[[NAME]]``; raises as :func:`read_letter`."""
    blocks: dict[str, tuple[Part, ...]] = {}
    name, held = "", list[Line]()
    for line in [*_lines(place, text), Line("[[REAL]]", 0)]:
        found = _BLOCK.fullmatch(line.text)
        if found is None:
            if line.text and not name:
                raise _wrong(place, line, "text before the first block", "begin with the name of a block, [[REAL]].")
            held.append(line)
            continue
        if name:
            blocks[name] = tuple(_parts(place, held))
            if not blocks[name]:
                raise _wrong(place, line, f"the block {name} above this line says nothing",
                             "write its text, or leave it out and the shipped one is used.")
        if line.number:
            _known_block(place, line, found[1].partition(".")[0])
            if found[1] in blocks:
                raise _wrong(place, line, f"the block {found[1]} stands there twice", "keep one of them.")
        name, held = found[1], []
    return Text(place, blocks=blocks)


def read_guide(place: str, text: str) -> Text:
    """The text of the guide; raises as :func:`read_letter`."""
    parts = tuple(_parts(place, _lines(place, text), headings=True))
    for part in parts:
        for line in part.lines:
            for name in line.names:
                if FIELDS[name].kind in ("name", "people") or name in _OF_ONE_PERSON:
                    raise _wrong(place, line, f"{{{name}}} is about one person", "the guide is for everybody.")
    if not parts or parts[0].kind != "section":
        raise InputRejected("must begin with a section", file=place, line=1, next_step="begin with: = Section.")
    return Text(place, parts=parts)


_OF_ONE_PERSON = ("due", "still_due", "as_of", "ends_on", "test_due", "count", "passkeys")


def _lines(place: str, text: str) -> list[Line]:
    if len(text) > LONGEST:
        raise InputRejected(f"is longer than {LONGEST} characters", file=place, next_step="say it shorter.")
    return [_line(place, number, raw.rstrip()) for number, raw in enumerate(text.splitlines(), 1)
            if not raw.startswith("#")]


def _line(place: str, number: int, raw: str) -> Line:
    indent = raw[:len(raw) - len(raw.lstrip(" "))]
    text = raw.strip(" ")
    plain = Line(text, number)
    if clean(text, LONGEST) != " ".join(text.split()) or "\t" in raw:
        raise _wrong(place, plain, "holds a character that cannot be seen", "type the line again.")
    if links_in(text):
        raise _wrong(place, plain, "holds a link or markup", "write a web address as words to type: office.com.")
    stands_in = text.startswith("| ")
    text = text[2:] if stands_in else text
    condition = _CONDITION.match(text)
    line = Line(indent + text[condition.end() if condition else 0:], number, condition[1] if condition else None,
                stands_in)
    for name in (*line.names, *([line.waits_for] if line.waits_for else [])):
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1, cutoff=0)[0]
            raise _wrong(place, line, f"there is no field {{{name}}}",
                         f"the nearest is {{{near}}}; docs/reminders.md lists them all.")
    for name in line.names:
        if FIELDS[name].kind == "flag":
            raise _wrong(place, line, f"{{{name}}} is yes or no and writes nothing", f"begin the line with ?{name}:")
    if re.search(r"[{}]", _FIELD.sub("", line.text)):
        raise _wrong(place, line, "has a brace that is no field", "write {field}, or no brace.")
    return line


def _head(place: str, lines: Sequence[Line], audiences: Sequence[str]) -> tuple[dict[str, list[Line]], list[Line]]:
    head: dict[str, list[Line]] = {"For": [], "Subject": []}
    rest = list(lines)
    while rest and not rest[0].text:
        rest.pop(0)
    while rest and rest[0].text:
        line = rest.pop(0)
        key, colon, value = line.text.partition(":")
        if not colon or key not in head:
            raise _wrong(place, line, "is neither For: nor Subject:",
                         "a letter begins with both, and an empty line before its text.")
        head[key].append(Line(value.strip(), line.number))
    for key, found in head.items():
        if not found or (key == "For" and len(found) > 1):
            raise InputRejected(f"needs {'one line' if key == 'For' else 'a line'} {key}:", file=place, line=1,
                                next_step=f"audiences: {', '.join(audiences)}. Subjects begin with {PREFIX.strip()}.")
    for name in head["For"][0].text.replace(" ", "").split(","):
        if name not in audiences:
            raise _wrong(place, head["For"][0], f"there is no audience {name}", f"known: {', '.join(audiences)}.")
    return head, rest


def _parts(place: str, lines: Sequence[Line], *, headings: bool = False) -> Iterator[Part]:
    kind, held = "", list[Line]()
    for line in [*lines, Line("", 0)]:
        text, indented = line.text.strip(" "), line.text.startswith("  ")
        item, heading, block = _ITEM.match(text), _HEADING.match(text), _BLOCK.fullmatch(text)
        starts = block or item or (headings and heading)
        if held and (not text or starts or (kind in ("step", "point") and not indented)):
            yield Part(kind, tuple(held))
            held = []
        if not text:
            continue
        if block:
            _known_block(place, line, block[1])
            yield Part("block", (Line(block[1], line.number),))
            continue
        if headings and heading:
            kind = "section" if heading[1] == "=" else "question"
            yield Part(kind, (Line(text[heading.end():], line.number, line.waits_for),))
            continue
        if item:
            kind, text = "point" if item[1] == "-" else "step", text[item.end():]
        elif not held:
            kind = "paragraph"
        if "[[" in text or "]]" in text:
            raise _wrong(place, line, "has a block in the middle of a line", "put [[NAME]] on a line of its own.")
        held.append(Line(text, line.number, line.waits_for, line.stands_in))


def _known_block(place: str, line: Line, name: str) -> None:
    if name not in BLOCKS:
        near = get_close_matches(name, BLOCKS, n=1, cutoff=0)[0]
        raise _wrong(place, line, f"there is no block {name}", f"the nearest is {near}; known: {', '.join(BLOCKS)}.")


def _check_subjects(letter: Text) -> None:
    for line in letter.subjects:
        if not line.text.startswith(PREFIX):
            raise _wrong(letter.place, line, f"the subject does not begin with {PREFIX.strip()}",
                         "staff know our messages by it.")
        for name in line.names:
            if not FIELDS[name].in_subject:
                raise _wrong(letter.place, line, f"{{{name}}} may not stand in a subject",
                             "name people in the text only.")
    last = letter.subjects[-1]
    if any(FIELDS[name].optional for name in last.names):
        raise _wrong(letter.place, last, "the last subject names a field that may be missing",
                     "add a subject below it that needs none.")


def _check_blocks(letter: Text) -> None:
    held = {part.lines[0].text for part in letter.parts if part.kind == "block"}
    named = {name: line for part in letter.parts if part.kind != "block" for line in part.lines for name in line.names}
    asked = (block for audience in letter.audiences for block in OBLIGATORY.get(audience, ()))
    needed = dict.fromkeys(("REAL", *asked))
    if "as_of" in named and "staff" in letter.audiences:
        needed["WRONG"] = None
    for block in needed:
        if block not in held:
            why = " because it names {as_of}" if block == "WRONG" else ""
            raise InputRejected(f"the block {block} is missing", file=letter.place, line=letter.subjects[0].number,
                                next_step=f"add a line [[{block}]]: a letter to {', '.join(letter.audiences)} "
                                          f"must have it{why}.")
    for name, line in named.items():
        if FIELDS[name].lists and "staff" in letter.audiences:
            raise _wrong(letter.place, line, f"{{{name}}} lists people and may not go to staff",
                         "take it out, or address the letter to somebody else.")


def _wrong(place: str, line: Line, message: str, next_step: str) -> InputRejected:
    return InputRejected(message, file=place, line=line.number, next_step=next_step)


def is_list(line: Line) -> str | None:
    """The field that a point consists of alone, if it holds a list: it becomes a point an item."""
    found = _FIELD.fullmatch(line.text)
    return found[1] if found and FIELDS[found[1]].kind in LISTS else None
