"""Judges one call: told waits, the limit, the script of faults, then the true answer, bent where the script says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answers import Answer, expired_token, throttled
from .bending import bend, failed, mutate, wait_told
from .limits import FAMILIES, Limits
from .paging import Place

if TYPE_CHECKING:
    from mfa_audit.clock import Clock

    from .endpoints import Call, Endpoints
    from .faults import FaultScript


@dataclass(frozen=True)
class Judge:
    """Everything a call passes through. ``foreign`` gives the root each kind of foreign link leads to."""

    endpoints: Endpoints
    limits: Limits
    faults: FaultScript
    clock: Clock
    foreign: dict[str, str]

    def answer(self, call: Call, permissions: tuple[str, ...], *, part: bool = False) -> Answer:
        """The answer to one call, or to one part of a batch: a part's told wait holds for its own address alone."""
        place = Place.read(call.query.get("$skiptoken"))
        page = place.page if place else 1
        url = f"{call.path}?{sorted(call.query.items())}"
        scope = f"part {url}" if part else call.family
        refused = self._limited(call, scope, url)
        if refused is not None:
            return refused
        path = f"/{call.version}{call.path}"
        fault = self.faults.draw(f"$batch:{path}" if part else path, page)
        if fault is not None:
            bad = failed(fault, self.clock)
            if bad is not None:
                wait = wait_told(fault)
                if wait > 0:
                    self.limits.tell(scope, wait, url)
                return bad
            if fault.kind == "expired_token" and page > 1:
                return expired_token()
            if fault.kind == "mutate":
                mutate(self.endpoints.tenant, fault)
        answer = self.endpoints.answer(call, permissions, self.clock.monotonic())
        answer.headers["x-ms-resource-unit"] = str(call.cost)
        if fault is None:
            return answer
        if part:
            answer.delivery = fault.kind
            return answer
        return bend(answer, fault, f"{self.endpoints.root}{path}", call.query, self.foreign)

    def _limited(self, call: Call, scope: str, url: str) -> Answer | None:
        early = self.limits.too_early(scope, url)
        if early is not None:
            return throttled(str(math.ceil(early)))
        wait = self.limits.refuse(call.family, call.cost)
        if wait is None:
            return None
        if not FAMILIES[call.family][2]:
            return throttled(None)
        self.limits.tell(scope, math.ceil(wait), url)
        return throttled(str(math.ceil(wait)))
