"""Consoles and the progress bar: results on stdout, talk on stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mfa_audit.progress import SILENT

if TYPE_CHECKING:
    from mfa_audit.progress import Progress as Observer

_PATIENCE_SECONDS = 1.0


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # The command decides what a reader who has gone means; rich would leave with 1.


def results() -> Console:
    """Where results are drawn."""
    return _Console(highlight=False, soft_wrap=False)


def observer(*, quiet: bool) -> Observer:
    """A progress bar on stderr where a person is watching, else nobody."""
    return SILENT if quiet or not sys.stderr.isatty() else _Bar()


class _Bar:
    """Shows itself only when the work has lasted longer than a second."""

    def __init__(self) -> None:
        self._label, self._total, self._done, self._since = "", 0, 0, 0.0
        self._shown: Progress | None = None

    def start(self, label: str, total: int | None = None) -> None:
        self._label, self._total, self._done, self._since = label, total or 0, 0, time.monotonic()

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        if self._shown is None and time.monotonic() - self._since > _PATIENCE_SECONDS:
            self._shown = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                                   TimeRemainingColumn(), console=Console(stderr=True), transient=True)
            self._shown.start()
            self._shown.add_task(self._label, total=self._total or None)
        if self._shown is not None:
            self._shown.update(self._shown.task_ids[0], completed=self._done)

    def finish(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None
