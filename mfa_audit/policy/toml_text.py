"""A mapping as canonical TOML text: the same mapping gives the same bytes, and ``tomllib`` reads them back to it."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_MUST_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f]')


def to_toml(content: Mapping[str, Any]) -> str:
    """``content`` as TOML: plain keys first, then tables, then arrays of tables, each in the mapping's own order.

    Values are what ``tomllib`` makes: text, integers, floats, booleans, dates, times, lists (or tuples) and mappings.
    Raises ``TypeError`` for anything else.
    """
    lines = list(_table(content, ()))
    return "\n".join(lines).strip("\n") + "\n" if lines else ""


def inline(value: Any) -> str:
    """One value as it stands behind an equals sign."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(name)} = {inline(item)}" for name, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    for kind, write in _SCALARS:
        if isinstance(value, kind):
            return write(value)
    raise TypeError(f"TOML has no value for {type(value).__name__}")


def _table(content: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    tables = {name: value for name, value in content.items() if isinstance(value, Mapping)}
    arrays = {name: value for name, value in content.items() if _is_array_of_tables(value)}
    for name, value in content.items():
        if name not in tables and name not in arrays:
            yield f"{_key(name)} = {inline(value)}"
    for name, value in tables.items():
        inside = (*path, name)
        if not value or any(not isinstance(item, Mapping) and not _is_array_of_tables(item) for item in value.values()):
            yield from ("", f"[{'.'.join(map(_key, inside))}]")
        yield from _table(value, inside)
    for name, items in arrays.items():
        inside = (*path, name)
        for item in items:
            yield from ("", f"[[{'.'.join(map(_key, inside))}]]")
            yield from _table(item, inside)


def _is_array_of_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    return '"' + _MUST_ESCAPE.sub(lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0]):04X}"), value) + '"'


def _number(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(float(value))


_SCALARS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (int, lambda value: str(int(value))),
    (float, _number),
    (str, _text),
    (dt.date, lambda value: value.isoformat()),
    (dt.time, lambda value: value.isoformat()),
)
"""The first that fits writes the value: a boolean is an integer too, a moment a date."""
