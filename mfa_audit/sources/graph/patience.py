"""How long one request is asked again, and how long it waits before it is."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from mfa_audit.errors import AccessRefused, GraphUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from mfa_audit.sources.graph.pacing import Family, Pace
    from mfa_audit.sources.graph.refusals import Refusal

TRIES = 8
"""How often a request may break or fail before it is given up; being told to wait does not count."""

_LICENCE_TRIES = _FOREIGN_TRIES = 3
_LONGEST_PAUSE = 60.0
_FAULTS = frozenset({500, 502, 503, 504})


class Overloaded(GraphUnreachable):
    """Graph failed on every try; a smaller page may be answered."""


class SignInUnwell(GraphUnreachable):
    """The sign-in service could not give a token at the moment; ``wait`` is what it asks for in seconds."""

    def __init__(self, message: str, *, where: str, next_step: str, wait: float = 0.0) -> None:
        super().__init__(message, where=where, next_step=next_step)
        self.wait = wait


class Patience:
    """One request's history. ``renew`` asks for a new token; ``path`` is shown in errors."""

    def __init__(self, pace: Pace, family: Family, path: str, renew: Callable[[], None]) -> None:
        self._pace = pace
        self._family = family
        self._path = path
        self._renew = renew
        self._broken = self._failed = self._throttled = self._unlicensed = self._foreign = self._tokenless = 0
        self._renewed = False

    def broke(self, problem: str) -> None:
        """The answer did not arrive, or not whole. Returns when it is time to ask again, else raises
        :class:`GraphUnreachable`."""
        self._broken += 1
        self._again(problem)

    def signed_in_not(self, unwell: SignInUnwell) -> None:
        """No token could be had. Returns when it is time to ask again, else raises ``unwell``, or
        :class:`GraphUnreachable` at the deadline."""
        self._tokenless += 1
        if self._tokenless >= TRIES:
            raise unwell
        self._pace.rest(max(unwell.wait, _jitter(self._tokenless)))

    def refused(self, told: Refusal, wait: float | None) -> None:
        """Graph answered with something other than 200; ``wait`` is what it asks for in seconds. Returns when it is
        time to ask again, else raises :class:`Refusal`, :class:`AccessRefused`, :class:`Overloaded` or
        :class:`GraphUnreachable`."""
        if told.status == 401:
            self._unauthorised(told)
        elif told.throttled or (told.status == 503 and wait is not None):
            self._throttled += 1
            self._pace.hold(self._family, max(wait or 0.0, _jitter(self._throttled)))
        elif told.unlicensed and self._unlicensed < _LICENCE_TRIES:
            self._unlicensed += 1
            self._pace.rest(_jitter(self._unlicensed))
        elif told.status == 404 and not told.code and self._foreign < _FOREIGN_TRIES:
            self._foreign += 1  # Graph gives a reason; this is something on the way.
            self._pace.rest(_jitter(self._foreign))
        elif told.status in _FAULTS:
            self._failed += 1
            self._again(str(told), wait or 0.0)
        else:
            raise told

    def _unauthorised(self, told: Refusal) -> None:
        if self._renewed:
            raise AccessRefused(f"Graph does not accept the token: {told}", where=self._path,
                                next_step="check tenant, client id and credential with 'mfa-audit doctor'.")
        self._renewed = True
        self._renew()

    def _again(self, problem: str, wait: float = 0.0) -> None:
        tries = self._broken + self._failed
        if self._failed >= TRIES:
            raise Overloaded(f"Graph failed {tries} times: {problem}", where=self._path, next_step="run again later.")
        if tries >= TRIES:
            raise GraphUnreachable(f"Graph did not answer in {tries} tries: {problem}", where=self._path,
                                   next_step="check the network, proxy and 'ca_bundle'; run again later.")
        self._pace.rest(max(wait, _jitter(tries)))


def _jitter(attempt: int) -> float:
    """Full jitter, so that many that were told to wait do not come back together."""
    return random.uniform(0.0, min(_LONGEST_PAUSE, 2.0**attempt))  # noqa: S311 - spreads load, keeps no secret
