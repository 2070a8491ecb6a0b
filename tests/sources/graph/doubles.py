"""What stands in for time and sign-in: a clock that passes only when somebody sleeps, tokens that open nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock

ROOT = "https://graph.microsoft.com"
TOKEN = "canary-token"  # noqa: S105 - opens nothing
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


class VirtualClock:
    """Starts at :data:`START`; ``sleep`` moves it at once and is remembered in ``slept``."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._lock = Lock()
        self.slept: list[float] = []

    def now(self):
        return START + timedelta(seconds=self._passed)

    def monotonic(self):
        return self._passed

    def sleep(self, seconds):
        with self._lock:
            self.slept.append(seconds)
            self._passed += seconds


class FixedTokens:
    """The same token until told to renew it."""

    def __init__(self) -> None:
        self.renewed = 0

    def token(self):
        return f"{TOKEN}-{self.renewed}"

    def renew(self):
        self.renewed += 1
