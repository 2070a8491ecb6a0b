"""Kills a command at a chosen system call, with strace: the product has no hook for it and needs none.

Only the main thread is looked at and killed: the others read Parquet and change nothing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from small_tenant import Ended, ended

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STRACE = shutil.which("strace")
CALLS = (
    "openat", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate", "mkdir", "rmdir", "rename", "link",
    "unlink", "unlinkat", "chmod", "fchmod", "flock", "connect", "sendto", "shutdown", "close",
)
"""The calls by which a program changes what others can see: files, locks, what a server has heard. Between two of them
nothing outside the process changes, so that a kill at any other call is a kill at the next of these. A name that the
machine does not know is passed over."""
_CHANGES_NOTHING = re.compile(r"openat (?!.*O_CREAT)|close (?!.*(TCP|\.lock))")
_LINE = re.compile(r"(?P<name>\w+)\((?P<rest>.*)")


@dataclass(frozen=True)
class Point:
    """The ``number``-th time (from 1) that the main thread makes this call."""

    name: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.name} {self.number}: {self.text[:110]}"


def why_not() -> str | None:
    """Why nothing can be killed here; null where it can."""
    if STRACE is None:
        return "strace is not installed"
    tried = subprocess.run([STRACE, "-o", "/dev/null", "true"], capture_output=True, encoding="utf-8", check=False)
    return None if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()}"


def points_of(home: Path, log: Path, words: Sequence[str], about: re.Pattern[str],
              **environment: str) -> tuple[Ended, list[Point]]:
    """Run a command line to its end; how it ended, and every call of :data:`CALLS` that is ``about`` what matters."""
    told = ended(home, [*_traced(log), f"--trace={_wanted(CALLS)}", *words], **environment)
    found = [point for point in _calls(log) if about.search(point.text)]
    return told, [point for point in found if not _CHANGES_NOTHING.match(f"{point.name} {point.text}")]


def killed_at(point: Point, home: Path, log: Path, words: Sequence[str], **environment: str) -> tuple[Ended, Point]:
    """Run a command line, killed as it enters the call of ``point``; how it ended, and the call it ended at."""
    inject = f"--inject={point.name}:signal=KILL:when={point.number}"
    told = ended(home, [*_traced(log), f"--trace={point.name}", inject, *words], **environment)
    return told, _calls(log)[-1]


def spread(points: Sequence[Point], kills: int | None) -> Sequence[Point]:
    """``kills`` of the points, evenly from the first to the last; all of them without it."""
    if kills is None or kills >= len(points):
        return points
    return [points[round(place * (len(points) - 1) / max(1, kills - 1))] for place in range(kills)]


def _traced(log: Path) -> list[str]:
    assert STRACE is not None
    # Addresses are shown, so that a line about a socket is told from one about a file.
    return [STRACE, "-qq", "-yy", "-s", "40", "-o", str(log)]


def _wanted(names: Sequence[str]) -> str:
    return ",".join(f"?{name}" for name in names)


def _calls(log: Path) -> list[Point]:
    seen: Counter[str] = Counter()
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if call := _LINE.match(line):
            seen[call["name"]] += 1
            found.append(Point(call["name"], seen[call["name"]], call["rest"]))
    return found
