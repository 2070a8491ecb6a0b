"""Graph's published limits, by family of endpoint, and the count of calls made before a told wait was over.

Figures: graph.md 4.2. A call made too early is counted and the wait starts again, as Dev Proxy does.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mfa_audit.clock import Clock

REPORTS, CONDITIONAL_ACCESS, DIRECTORY = "reports", "conditional_access", "directory"
# family: units, in how many seconds, whether a refusal says how long to wait
FAMILIES = {REPORTS: (5, 10.0, True), CONDITIONAL_ACCESS: (1, 1.0, False), DIRECTORY: (8000, 10.0, True)}
# Another worker's call may have left before the refusal arrived: so many real seconds are not held against it, nor is
# the first call that comes over its connection, however late a busy machine brings it.
IN_FLIGHT = 0.05


@dataclass
class Told:
    """A wait that was told: until when, how long, for which URL, when in real time, and who (a thread serves a
    connection) has called since, how often."""

    until: float
    seconds: float
    url: str
    at: float
    since: Counter[int] = field(default_factory=Counter)


@dataclass
class Limits:
    """Counts units in a sliding window. ``real=False`` refuses nothing by itself but still counts early calls."""

    clock: Clock
    real: bool = True
    early: Counter[str] = field(default_factory=Counter)
    _spent: dict[str, deque[tuple[float, int]]] = field(default_factory=dict)
    _told: dict[str, Told] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, scope: str, seconds: float, url: str) -> None:
        """Remember that a caller was told to leave ``scope`` alone for so many seconds."""
        with self._lock:
            self._told[scope] = Told(self.clock.monotonic() + seconds, seconds, url, time.monotonic())

    def too_early(self, scope: str, url: str) -> float | None:
        """Seconds still to wait if a told wait is not over; a call that must have known of it is counted as early."""
        with self._lock:
            told = self._told.get(scope)
            now = self.clock.monotonic()
            if told is None or now >= told.until - 1e-6:
                return None
            told.since[threading.get_ident()] += 1
            again = told.since[threading.get_ident()] > 1
            if url == told.url or (again and time.monotonic() - told.at > IN_FLIGHT):
                self.early[scope] += 1
                told.until = now + told.seconds
                told.at = time.monotonic()
            return told.until - now

    def refuse(self, family: str, cost: int) -> float | None:
        """Seconds until the window has room again, or None when the call is within the limit (and is then counted)."""
        if not self.real:
            return None
        units, seconds, _ = FAMILIES[family]
        with self._lock:
            now = self.clock.monotonic()
            spent = self._spent.setdefault(family, deque())
            while spent and spent[0][0] <= now - seconds + 1e-6:
                spent.popleft()
            if sum(units for _, units in spent) + cost <= units:
                spent.append((now, cost))
                return None
            return max(spent[0][0] + seconds - now, 0.001)
