"""Time as something that is handed in: nothing below the command line reads a clock of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """What can be asked of time. Safe to use from several threads."""

    def now(self) -> datetime:
        """The moment, in UTC and aware."""

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Return no earlier than ``seconds`` from now."""
