"""The fields of a text filled in, and what comes of it as plain text."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mfa_audit.reminders.fields import FIELDS, Fields
from mfa_audit.reminders.names import NOBODY
from mfa_audit.reminders.templates import Line, Part, is_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mfa_audit.reminders.texts import Texts

_WIDTH = 72
_FIELD_AND_STOP = re.compile(r"\{([a-z_]+)\}(\.?)")


@dataclass(frozen=True)
class Said:
    """A part of a text with its fields filled in; a run of steps or points is one part with ``items``."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()


def plain_text(said: Sequence[Said]) -> str:
    """The parts as plain text, at most 72 characters a line where words allow; ends with one LF."""
    blocks: list[str] = []
    for part in said:
        if part.kind in ("section", "question"):
            text = part.text.upper() if part.kind == "section" else part.text
            blocks.append(f"{text}\n{'=' if part.kind == 'section' else '-'}".replace("\n=", "\n" + "=" * len(text))
                          .replace("\n-", "\n" + "-" * len(text)))
        elif part.items:
            marks = [f"{number}. " if part.kind == "steps" else "- " for number in range(1, len(part.items) + 1)]
            blocks.append("\n".join(_wrapped(item, mark) for mark, item in zip(marks, part.items, strict=True)))
        else:
            blocks.append(_wrapped(part.text))
    return "\n\n".join(blocks) + "\n"


def _wrapped(text: str, mark: str = "") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark),
                         break_long_words=False, break_on_hyphens=False)


class Filler:
    """Fills the fields of one text, once: what a value holds is never read as a field.

    Raises ``ValueError`` for a field that is not known, or is needed and has no value.
    """

    def __init__(self, texts: Texts, fields: Fields, template: str) -> None:
        unknown = [name for name in fields if name not in FIELDS]
        if unknown:
            raise ValueError(f"{template}: there is no field {unknown[0]}")
        language = texts.language
        phrases = {name: "phrase" for name, field in FIELDS.items() if field.kind == "phrase"}
        claim = {} if fields.get("claim") else {"claim": language.word("words", "claim")}
        self._texts, self._template = texts, template
        people = fields.get("people")
        count = {"count": len(people)} if isinstance(people, tuple | list) else {}
        self._fields: Fields = {**count, **fields, **phrases, **claim}

    def parts(self, parts: Iterable[Part]) -> list[Said]:
        """The parts that have something to say; neighbouring steps or points are one."""
        said: list[Said] = []
        for part in parts:
            if part.kind == "block":
                said.extend(self.parts(self._block(part.lines[0].text)))
                continue
            if part.kind in ("step", "point"):
                items = self._items(part)
                if said and said[-1].kind == f"{part.kind}s":
                    said[-1] = Said(said[-1].kind, items=(*said[-1].items, *items))
                elif items:
                    said.append(Said(f"{part.kind}s", items=items))
                continue
            text = self._text(part.lines)
            if text:
                said.append(Said(part.kind, text))
        return said

    def line(self, line: Line) -> str | None:
        """The line filled in; ``None`` when a field it waits for or names has no value."""
        if line.waits_for is not None and not self._fields.get(line.waits_for):
            if not FIELDS[line.waits_for].optional and line.waits_for not in self._fields:
                raise ValueError(f"{self._template} needs the field {line.waits_for}")
            return None
        written = {name: self._write(name) for name in line.names}
        if any(value is None for value in written.values()):
            return None
        return _FIELD_AND_STOP.sub(
            lambda found: cast("str", written[found[1]]).removesuffix(found[2]) + found[2], line.text)

    def _write(self, name: str) -> str | None:
        value = self._fields.get(name)
        empty = value is None or (not isinstance(value, int) and not value)
        text = "" if empty else self._texts.language.write(name, value)
        if text or FIELDS[name].optional:
            return text or None
        if FIELDS[name].kind == "name" and value is not None:
            return NOBODY
        raise ValueError(f"{self._template} needs the field {name}")

    def _text(self, lines: Sequence[Line]) -> str:
        said: list[str] = []
        left_out = False
        for line in lines:
            if line.stands_in and not left_out:
                continue
            text = self.line(line)
            left_out = text is None
            if text is not None:
                said.append(text)
        return " ".join(said)

    def _items(self, part: Part) -> tuple[str, ...]:
        name = is_list(part.lines[0]) if len(part.lines) == 1 else None
        if name is None:
            text = self._text(part.lines)
            return (text,) if text else ()
        if self.line(part.lines[0]) is None:
            return ()
        return tuple(self._texts.language.items(FIELDS[name], self._fields[name]))

    def _block(self, name: str) -> tuple[Part, ...]:
        if name == "STEPS":
            if self._fields.get("passkeys") is None:
                raise ValueError(f"{self._template} needs the field passkeys")
            name = "PASSKEY" if self._fields["passkeys"] else "HOW"
        if name == "HOW":
            family = self._fields.get("recommended")
            if not family:
                raise ValueError(f"{self._template} needs the field recommended")
            name = f"HOW.{family}"
        return self._texts.blocks[name]
