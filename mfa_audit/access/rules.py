"""The rule language of device filters and application filters: read once, answered in three values.

Grammar and behaviour: Microsoft Learn, "Conditional Access: Filter for devices". A rule that cannot be read is null,
which is *not known* for both modes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.access.kleene import Answer, all_of, any_of, negate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST = 3072
"""Characters of a rule that Microsoft accepts."""

NEGATIVE = {
    "ne": "eq", "notstartswith": "startswith", "notendswith": "endswith", "notcontains": "contains", "notin": "in",
}
"""A negative operator is the opposite of the positive one beside it."""

_POSITIVE = frozenset(NEGATIVE.values())
_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<left>\[)|(?P<right>\])|(?P<comma>,)
    |(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'
    |(?P<property>(?:device|customsecurityattribute)\.\w+)
    |(?P<word>[-\u2013]?[a-z0-9_.]+))(?=[\s()\[\],]|$))""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE = re.compile(r"true|false|null|[0-9.]+")
_BINDING = {"or": 1, "and": 2, "not": 3}


@dataclass(frozen=True)
class Comparison:
    """``name`` (a property in lower case, without its prefix), a positive ``operator``, whether it is ``negated``,
    and the ``values`` in lower case; ``bare`` when one stood without quotation marks."""

    name: str
    operator: str
    negated: bool
    values: tuple[str, ...]
    bare: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it compares with the word null."""
        return self.bare and "null" in self.values


Rule = tuple["Comparison | str", ...]
"""A rule in postfix order: comparisons and ``and``, ``or``, ``not``."""


class _Unreadable(ValueError):
    """The text is no rule."""


def parse(text: str, prefix: str) -> Rule | None:
    """The rule written in ``text``, whose properties begin with ``prefix``; null when it is none, or too long."""
    if len(text) > LONGEST:
        return None
    try:
        return _Parser(_tokens(text), prefix).rule()
    except _Unreadable:
        return None


def answer(rule: Rule, compare: Callable[[Comparison], Answer]) -> Answer:
    """What the rule says, when ``compare`` answers for each comparison in its positive form."""
    stack: list[Answer] = []
    for step in rule:
        if isinstance(step, Comparison):
            found = compare(step)
            stack.append(negate(found) if step.negated else found)
        elif step == "not":
            stack.append(negate(stack.pop()))
        else:
            last = stack.pop()
            stack.append((all_of if step == "and" else any_of)((stack.pop(), last)))
    return stack[0]


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _Unreadable
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _operator(word: str) -> str:
    """An operator without its hyphen, which may be lacking or an en dash."""
    return word[1:].casefold() if word[0] in "-\u2013" else word.casefold()


class _Parser:
    """Operators wait on a stack until what binds less tightly comes: no recursion, however deep the parentheses."""

    def __init__(self, tokens: Sequence[tuple[str, str]], prefix: str) -> None:
        self._tokens = list(tokens)
        self._prefix = f"{prefix.casefold()}."
        self._at = 0
        self._out: list[Comparison | str] = []
        self._waiting: list[str] = []

    def rule(self) -> Rule:
        operand_next = True
        while self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            word = _operator(text) if kind == "word" else ""
            if operand_next and kind == "property":
                self._out.append(self._comparison())
                operand_next = False
                continue
            self._at += 1
            if operand_next and (kind == "open" or word == "not"):
                self._waiting.append("(" if kind == "open" else "not")
            elif not operand_next and kind == "close":
                self._close()
            elif not operand_next and word in ("and", "or"):
                self._release(_BINDING[word])
                self._waiting.append(word)
                operand_next = True
            else:
                raise _Unreadable
        self._release(0)
        if operand_next or self._waiting:
            raise _Unreadable
        return tuple(self._out)

    def _close(self) -> None:
        self._release(0)
        if not self._waiting:
            raise _Unreadable
        self._waiting.pop()

    def _release(self, binding: int) -> None:
        while self._waiting and self._waiting[-1] != "(" and _BINDING[self._waiting[-1]] >= binding:
            self._out.append(self._waiting.pop())

    def _next(self, *kinds: str) -> tuple[str, str]:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] not in kinds:
            raise _Unreadable
        self._at += 1
        return self._tokens[self._at - 1]

    def _comparison(self) -> Comparison:
        name = self._next("property")[1].casefold()
        if not name.startswith(self._prefix):
            raise _Unreadable
        operator = _operator(self._next("word")[1])
        positive = NEGATIVE.get(operator, operator)
        if positive not in _POSITIVE:
            raise _Unreadable
        first = self._at
        values = self._list() if positive == "in" else (self._value(),)
        bare = any(kind == "word" for kind, _ in self._tokens[first:self._at])
        return Comparison(name.removeprefix(self._prefix), positive, positive != operator, values, bare)

    def _list(self) -> tuple[str, ...]:
        self._next("left")
        values = [self._value()]
        while self._next("comma", "right")[0] == "comma":
            values.append(self._value())
        return tuple(values)

    def _value(self) -> str:
        kind, text = self._next("double", "single", "word")
        if kind == "word" and not _BARE.fullmatch(text.casefold()):
            raise _Unreadable
        return text.casefold()
