"""Text measured, cut and wrapped by the columns a terminal gives it.

Terminals disagree on sequences that join several characters into one picture: the older ones, and those inside another
program, add the characters up. So emoji are shown without their joiners and modifiers, and everything is measured a
character at a time: what is drawn may come out narrower than planned, never wider.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

from mfa_audit.text_safety import for_terminal

_PICTURE = "\u2190-\u2bff\U0001f000-\U0001faff"
_JOINS = re.compile(rf"[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]+|(?<=[{_PICTURE}])\u200d")


def shown(text: str, encoding: str) -> str:
    """Return ``text`` as a terminal of this encoding may get it: one line, harmless, no sequence of ambiguous width.

    A character the encoding does not have becomes a question mark.
    """
    if text.isascii() and text.isprintable():
        return text
    plain = _JOINS.sub("", _JOINS.sub("", for_terminal(text)))
    return plain.encode(encoding, errors="replace").decode(encoding)


def size(text: str) -> int:
    """Return how many columns ``text`` takes at most."""
    return len(text) if text.isascii() else sum(map(cell_len, text))


def cut(text: str, width: int, mark: str) -> str:
    """Return ``text``, or as much of it as leaves room for ``mark``, in at most ``width`` columns."""
    if size(text) <= width:
        return text
    return _start(text, width - size(mark)).rstrip() + mark if width > size(mark) else mark[:width]


def wrap(text: str, width: int) -> list[str]:
    """Return ``text`` as lines of at most ``width`` columns (two at least), broken at spaces, within a word only where
    it must."""
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if size(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while size(word) > width:
            head = _start(word, width)
            lines.append(head)
            word = word[len(head):]  # noqa: PLW2901  (what is left of a word longer than a line)
        line = word
    return [*lines, line]


def _start(text: str, width: int) -> str:
    """Return the longest beginning that fits, with the marks that combine with its last character."""
    used = 0
    for position, character in enumerate(text):
        used += size(character)
        if used > width:
            return text[:position]
    return text
