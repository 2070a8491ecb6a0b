"""Three answers: yes, no, and not known, with the facts that are lacking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, order=True)
class Fact:
    """Something that may be so or not, and that nobody told: ``kind`` (group, role, location, device, signal …) and
    which one."""

    kind: str
    key: str = ""


@dataclass(frozen=True)
class Answer:
    """``holds`` is true, false, or null when it hangs on ``lacks``."""

    holds: bool | None
    lacks: frozenset[Fact] = frozenset()


YES = Answer(holds=True)
NO = Answer(holds=False)
NO_FACTS: frozenset[Fact] = frozenset()


def facts_of(answers: Iterable[Answer]) -> frozenset[Fact]:
    """The facts that some answers hang on."""
    return NO_FACTS.union(*(answer.lacks for answer in answers))


OF_THE_TENANT = frozenset({
    "group", "role", "user", "location", "trusted location", "trusted locations", "trust of location", "policy",
    "control", "strength", "device filter", "application filter", "security defaults",
})
"""Kinds of facts that the tenant's policies hang on and its directory holds: lacking, they were not read, or not
understood."""


def known(holds: bool) -> Answer:  # noqa: FBT001 - the answer is the argument
    """The answer that is known."""
    return YES if holds else NO


def all_of(answers: Iterable[Answer]) -> Answer:
    """Yes when all are; one no settles it."""
    return _settled(answers, NO, YES)


def any_of(answers: Iterable[Answer]) -> Answer:
    """No when none is; one yes settles it."""
    return _settled(answers, YES, NO)


def _settled(answers: Iterable[Answer], settles: Answer, otherwise: Answer) -> Answer:
    open_ = []
    for answer in answers:
        if answer.holds is settles.holds:
            return settles
        if answer.holds is None:
            open_.append(answer)
    return Answer(None, facts_of(open_)) if open_ else otherwise


def negate(answer: Answer) -> Answer:
    """The opposite; not known stays not known."""
    if answer.holds is None:
        return answer
    return NO if answer.holds else YES
