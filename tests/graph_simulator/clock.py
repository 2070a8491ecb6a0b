"""A time that a wait moves on at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


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
