"""A script of faults: which call goes wrong, how, and how often. The same seed draws the same schedule.

Kinds, with their parameters:
- answers: ``throttle`` (retry_after: text, None for absent, or ``date:SECONDS``), ``status`` (status, code),
  ``forbidden``, ``licence``, ``page_too_big`` (most);
- the wire: ``reset_before``, ``reset_after_headers``, ``slow_drip``, ``hang`` (seconds), ``cut_with_length``,
  ``cut_without_length``, ``wrong_gzip``, ``gzip_bomb`` (megabytes), ``captive_portal``, ``invalid_json``, ``nan``,
  ``long_line`` (megabytes), ``redirect``, ``clock_skew`` (seconds);
- pages: ``expired_token``, ``same_link``, ``loop``, ``never_ending``, ``foreign_link`` (to: ``host``, ``look_alike``,
  ``http``, ``userinfo``, ``port``), ``lost_link``, ``repeat_rows``, ``repeat_rows_changed``, ``empty_page``,
  ``wrong_count`` (add);
- the directory: ``mutate`` (act: ``create``, ``delete``, ``change``; account_id, fields);
- tokens (path ``/token``): ``token_error`` (code), ``token_empty_object``, ``token_empty_string``, ``token_short``
  (seconds), ``token_wrong_tenant``, ``token_no_roles``, ``token_surplus``;
- parts of a batch (path of the part): ``part_missing``, ``part_base64`` and all answers above.
"""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass, field
from typing import Any

ANSWERS = frozenset({"throttle", "status", "forbidden", "licence", "page_too_big"})
WIRE = frozenset({
    "reset_before", "reset_after_headers", "slow_drip", "hang", "cut_with_length", "cut_without_length", "wrong_gzip",
    "gzip_bomb", "captive_portal", "invalid_json", "nan", "long_line", "redirect", "clock_skew",
})  # fmt: skip
PAGES = frozenset({
    "same_link", "loop", "never_ending", "foreign_link", "lost_link", "repeat_rows", "repeat_rows_changed",
    "empty_page", "wrong_count",
})  # fmt: skip
TOKENS = frozenset({
    "token_error", "token_empty_object", "token_empty_string", "token_short", "token_wrong_tenant", "token_no_roles",
    "token_surplus",
})  # fmt: skip
PARTS = frozenset({"part_missing", "part_base64"})
KINDS = ANSWERS | WIRE | PAGES | TOKENS | PARTS | {"expired_token", "mutate"}
LINKS = ("host", "look_alike", "http", "userinfo", "port")


@dataclass
class Fault:
    """One fault: it strikes the calls whose path matches ``path``, from the ``call``-th such call on, ``times`` times.

    ``page`` limits it to that page of a listing, from 1; ``times=None`` is for ever. ``struck`` counts its strikes.
    A path begins with the version (``/v1.0/users``), that of a part with ``$batch:``, a token's with the tenant's id.
    """

    kind: str
    path: str = ""
    call: int = 1
    page: int | None = None
    times: int | None = 1
    parameters: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind}")

    def due(self, path: str, page: int) -> bool:
        """Whether the fault would strike this call; counts it as seen."""
        if re.search(self.path, path) is None or self.page not in {None, page}:
            return False
        self.seen += 1
        return self.seen >= self.call and (self.times is None or self.struck < self.times)


@dataclass
class FaultScript:
    """The faults of one run, asked for in order; the first that strikes is the one. Safe across threads.

    ``recoverable``: True where a client that keeps trying must end with the truth, None where that cannot be known.
    """

    faults: list[Fault] = field(default_factory=list)
    recoverable: bool | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self, path: str, page: int = 1) -> Fault | None:
        """The fault that strikes a call of this path and page, or None."""
        with self._lock:
            due = [fault for fault in self.faults if fault.due(path, page)]
            if not due:
                return None
            due[0].struck += 1
            return due[0]


PASSING = (
    "throttle", "status", "reset_before", "reset_after_headers", "cut_with_length", "cut_without_length", "wrong_gzip",
    "invalid_json",
)  # fmt: skip
LASTING = (
    *sorted(PAGES), "forbidden", "licence", "captive_portal", "expired_token", "status", "token_short", "gzip_bomb",
    "nan", "hang",
)  # fmt: skip


def _transient(draw: random.Random, path: str) -> Fault:
    kind = draw.choice(PASSING)
    fault = Fault(kind, path, call=draw.randint(1, 4))
    if kind == "throttle":
        fault.parameters["retry_after"] = draw.choice(("1", "7", "0.249", "date:20", None))
        fault.times = draw.randint(1, 2)
    elif kind == "status":
        fault.parameters["status"] = draw.choice((500, 502, 503, 504))
        fault.times = draw.randint(1, 2)
    return fault


def _other(draw: random.Random, path: str) -> Fault:
    kind = draw.choice(LASTING)
    if kind.startswith("token"):
        return Fault(kind, "/token", parameters={"seconds": draw.choice((30, 400))})
    fault = Fault(kind, path, call=draw.randint(1, 4), times=draw.choice((1, 1, 3, None)))
    if kind == "foreign_link":
        fault.parameters["to"] = draw.choice(LINKS)
    elif kind == "status":
        fault.parameters["status"] = draw.choice((401, 403, 404, 410, 500, 503))
    return fault


def random_schedule(seed: int) -> FaultScript:
    """One to four faults drawn from the seed. ``recoverable`` is True only when each is a passing one."""
    draw = random.Random(seed)
    paths = ("/users", "userRegistrationDetails", "roleAssignments", "conditionalAccess", "")
    passing = draw.random() < 0.5
    faults = [
        (_transient if passing or draw.random() < 0.5 else _other)(draw, draw.choice(paths))
        for _ in range(draw.randint(1, 4))
    ]
    # A struck token endpoint may be believed at once, so those schedules promise nothing.
    return FaultScript(faults, True if passing and all(fault.path for fault in faults) else None)
