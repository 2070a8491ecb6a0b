"""In which line of a TOML file a key stands, for error messages: ``tomllib`` keeps no positions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?")
_PAIR = re.compile(rf"\s*({_DOTTED})\s*=\s*(.*)")
_EACH_PART = re.compile(_PART)


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The 1-based line of the key at ``path`` (nested keys and 0-based positions in arrays of tables) in ``text``.

    When the key has no line of its own (it stands in an inline table, or is missing) the line of the nearest table
    or key around it; 0 when nothing of it is there.
    """
    best, best_length = 0, 0
    table: tuple[str | int, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, found in _keys(text):
        kind, parts = found
        if kind == "[[":
            counts[parts] = counts.get(parts, -1) + 1
        if kind in ("[", "[["):
            table = _with_positions(parts, counts)
            here = table
        else:
            here = (*table, *parts)
        length = len(here) if tuple(path[: len(here)]) == here else 0
        if length > best_length:
            best, best_length = number, length
    return best


def _keys(text: str) -> list[tuple[int, tuple[str, tuple[str, ...]]]]:
    found: list[tuple[int, tuple[str, tuple[str, ...]]]] = []
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if header := _HEADER.match(line):
            found.append((number, (header[1], _parts(header[2]))))
        elif pair := _PAIR.match(line):
            found.append((number, ("=", _parts(pair[1]))))
            for quotes in ('"""', "'''"):
                if pair[2].startswith(quotes) and quotes not in pair[2][3:]:
                    closing = quotes
    return found


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _EACH_PART.findall(dotted))


def _with_positions(parts: tuple[str, ...], counts: dict[tuple[str, ...], int]) -> tuple[str | int, ...]:
    path: list[str | int] = []
    for end in range(1, len(parts) + 1):
        path.append(parts[end - 1])
        if parts[:end] in counts:
            path.append(counts[parts[:end]])
    return tuple(path)
