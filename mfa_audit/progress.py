"""How long work says how far it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """An observer of one piece of work at a time."""

    def start(self, label: str, total: int | None = None) -> None:
        """Work called ``label`` begins; ``total`` is how many steps it has, ``None`` when nobody knows."""

    def advance(self, steps: int = 1) -> None:
        """``steps`` more are done."""

    def finish(self) -> None:
        """The work is over, whether or not all of it was done."""


class _Silent:
    """The observer nobody is behind."""

    def start(self, label: str, total: int | None = None) -> None:
        """Take no notice."""

    def advance(self, steps: int = 1) -> None:
        """Take no notice."""

    def finish(self) -> None:
        """Take no notice."""


SILENT: Progress = _Silent()
"""The default: nobody watches."""
