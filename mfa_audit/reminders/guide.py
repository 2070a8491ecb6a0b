"""The questions-and-answers page for staff, written from the policy: one HTML file, and plain text.

The page stands alone: no script, no link elsewhere, nothing fetched. Steps and sentences are those of the letters.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import resources
from itertools import count
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from mfa_audit.reminders.fields import policy_fields
from mfa_audit.reminders.filling import plain_text
from mfa_audit.reminders.words import DEFAULT_LANGUAGE, Words

if TYPE_CHECKING:
    from pathlib import Path

    from mfa_audit.policy import Policy
    from mfa_audit.reminders.filling import Said


@dataclass(frozen=True)
class Guide:
    """The page as ``html`` and as ``text``, in ``language``; the same policy and texts give the same bytes."""

    html: str
    text: str
    language: str


@dataclass(frozen=True)
class _Question:
    anchor: str
    title: str
    answer: tuple[Said, ...]


@dataclass(frozen=True)
class _Chapter:
    anchor: str
    title: str
    questions: tuple[_Question, ...]


def guide(policy: Policy, language: str | None = None, folder: Path | None = None,
          default_language: str = DEFAULT_LANGUAGE) -> Guide:
    """The guide for staff under ``policy``, with the texts :meth:`Words.of` finds.

    Raises what :meth:`Words.of` raises.
    """
    words = Words.of(policy, folder, default_language)
    fields = policy_fields(policy)
    spoken, said = words.guide(fields, language or default_language)
    title = spoken.word("guide", "title")
    footer = spoken.word("guide", "footer").replace("{policy}", spoken.write("policy_mark", fields["policy_mark"]))
    style = _file("guide.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                       keep_trailing_newline=True).from_string(_file("guide.html"))
    html = page.render(lang=spoken.tag, title=title, subtitle=spoken.write("policy_title", fields["policy_title"]),
                       contents=spoken.word("guide", "contents"), skip=spoken.word("guide", "skip"), footer=footer,
                       chapters=_chapters(said), style=style, style_hash=digest)
    return Guide(html, f"{title}\n\n{plain_text(said)}\n{footer}\n", spoken.tag)


def _chapters(said: list[Said]) -> tuple[_Chapter, ...]:
    chapters: list[tuple[str, list[tuple[str, list[Said]]]]] = []
    for part in said:
        if part.kind == "section":
            chapters.append((part.text, []))
        elif part.kind == "question":
            chapters[-1][1].append((part.text, []))
        else:
            chapters[-1][1][-1][1].append(part)
    numbers = count(1)
    return tuple(
        _Chapter(f"part-{place}", title, tuple(_Question(f"question-{next(numbers)}", question, tuple(answer))
                                               for question, answer in questions))
        for place, (title, questions) in enumerate(chapters, 1)
    )


def _file(name: str) -> str:
    return (resources.files("mfa_audit.reminders") / "page" / name).read_text(encoding="utf-8")
