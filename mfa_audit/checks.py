"""One thing that was looked at before the night: how it stands, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing stands; ``NOTE`` is worth knowing and stops nothing."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Check:
    """``name`` is what was looked at, ``found`` what was seen, ``next_step`` what to do (empty when nothing)."""

    name: str
    state: State
    found: str
    next_step: str = ""
