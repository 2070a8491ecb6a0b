"""When the next request may leave: Graph's published limits, kept beforehand, and its requests to wait, kept exactly.

Source: Microsoft Learn, "Microsoft Graph service-specific throttling limits": 5 requests in 10 seconds for reports and
sign-in logs by app and tenant; 1 a second for Conditional Access. A listing of users with ``signInActivity`` counts as
a report.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING

from mfa_audit.errors import GraphUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.clock import Clock


class Family(StrEnum):
    """Requests that share one limit."""

    DIRECTORY = "directory"
    REPORTS = "reports"
    CONDITIONAL_ACCESS = "conditional_access"
    MAIL = "mail"


@dataclass(frozen=True)
class Limit:
    """So many ``calls`` in any stretch of ``seconds``."""

    calls: int
    seconds: float


LIMITS: Mapping[Family, Limit] = {
    Family.REPORTS: Limit(5, 10.0),
    Family.CONDITIONAL_ACCESS: Limit(1, 1.0),
}
"""The families with a limit of their own; the directory's resource units are far beyond what paging can use."""

_MARGIN = 1.01
"""Two requests may be nearer to one another on arrival than they were when they left."""

_GLANCE = 1.0
"""Seconds of a wait between two looks whether it still has a purpose."""


class Stopped(GraphUnreachable):
    """Another worker could not go on, so nobody does."""


class Pace:
    """One gate a family, shared by every worker. ``deadline`` is in the clock's monotonic seconds."""

    def __init__(self, clock: Clock, deadline: float) -> None:
        self._clock = clock
        self._deadline = deadline
        self._lock = Lock()
        self._left: dict[Family, deque[float]] = {family: deque(maxlen=limit.calls) for family, limit in LIMITS.items()}
        self._shut_until: dict[Family, float] = {}
        self._stopped = False

    def wait(self, family: Family) -> None:
        """Return when a request of ``family`` may leave, which is then counted as having left.

        Raises :class:`GraphUnreachable` when that would be after the deadline.
        """
        while True:
            with self._lock:
                self._go_on()
                now = self._clock.monotonic()
                at = self._earliest(family, now)
                if at <= now:
                    if family in self._left:
                        self._left[family].append(now)
                    return
            self.rest(at - now)

    def stop(self) -> None:
        """Let no request leave any more, and nobody wait."""
        self._stopped = True

    @property
    def over(self) -> bool:
        """Whether nobody waits for an answer any more: the reading was given up, or its time has passed."""
        return self._stopped or self._clock.monotonic() > self._deadline

    def rest(self, seconds: float) -> None:
        """Wait. Raises :class:`GraphUnreachable` when the wait would outlast the deadline, :class:`Stopped` soon after
        the reading was given up."""
        until = self._clock.monotonic() + seconds
        if until > self._deadline:
            raise GraphUnreachable(
                f"Graph asks to wait {seconds:.0f} seconds, which is beyond the deadline of this run",
                next_step="run again later, or give the run more time with MFA_AUDIT_DEADLINE_SECONDS.",
            )
        self._go_on()
        while (left := until - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _GLANCE))
            self._go_on()

    def _go_on(self) -> None:
        if self._stopped:
            raise Stopped("the reading was given up")

    def hold(self, family: Family, seconds: float) -> None:
        """Let no request of ``family`` leave for ``seconds``: Graph said so to one of the workers."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            self._shut_until[family] = max(until, self._shut_until.get(family, until))

    def _earliest(self, family: Family, now: float) -> float:
        at = max(now, self._shut_until.get(family, now))
        left = self._left.get(family)
        if left is not None and len(left) == left.maxlen:
            at = max(at, left[0] + LIMITS[family].seconds * _MARGIN)
        return at
