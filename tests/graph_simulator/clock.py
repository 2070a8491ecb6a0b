"""The time, injected: the machine's own, or one that a wait moves on at once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What client and simulator ask for the time and wait by."""

    def now(self) -> datetime:
        """The UTC time of day."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, never going back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds; none if negative."""
        ...


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The UTC time of day."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait in truth."""
        time.sleep(max(0.0, seconds))


class VirtualClock:
    """A clock that stands still until somebody waits, and then has already waited. Safe across threads.

    ``slept`` is the sum of all waits in seconds.
    """

    def __init__(self, start: datetime = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._seconds = 0.0
        self._lock = threading.Lock()
        self.slept = 0.0

    def now(self) -> datetime:
        """The UTC time of day the clock has come to."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        with self._lock:
            return self._seconds

    def sleep(self, seconds: float) -> None:
        """Move the clock on by so many seconds and return at once."""
        with self._lock:
            self._seconds += max(0.0, seconds)
            self.slept += max(0.0, seconds)
