"""The machine's clock: the only place that reads it for those who wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Time as it passes (:class:`mfa_audit.clock.Clock`)."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since the machine started, or thereabouts."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))
