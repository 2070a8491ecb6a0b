"""The exceptions this package raises on purpose, each with what happened, what to do next and its exit code.

::

    MfaAuditError            1   unexpected (a bug)
    ├── UsageError           2   bad arguments
    │   ├── SettingsError    2   bad settings
    │   └── PolicyError      2   bad policy or register rule
    ├── IncompleteData       4   the figure must not be relied on
    ├── AccessRefused        5   sign-in or permission refused
    ├── GraphUnreachable     6   Graph unreachable, or throttled past the deadline
    ├── InputRejected        7   an input file cannot be trusted
    ├── OutputFailed         8   an output could not be written
    └── LockHeld             9   another run holds the lock
"""

from __future__ import annotations

from pathlib import Path


class MfaAuditError(Exception):
    """Something a person can act on.

    ``message`` says what happened, ``where`` the file and line or the permission,
    ``next_step`` what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        step = f"\nNext: {self.next_step}" if self.next_step else ""
        return f"{place}{self.message}{step}"


class UsageError(MfaAuditError):
    """The command was called with arguments that make no sense."""

    exit_code = 2


class SettingsError(UsageError):
    """A settings file or environment variable is wrong."""


class PolicyError(UsageError):
    """The policy file is wrong."""


class IncompleteData(MfaAuditError):
    """The data does not show everybody, so no figure may be published as good."""

    exit_code = 4


class AccessRefused(MfaAuditError):
    """Sign-in or a permission was refused."""

    exit_code = 5


class GraphUnreachable(MfaAuditError):
    """Microsoft Graph could not be reached, or throttled the run past its deadline."""

    exit_code = 6


class InputRejected(MfaAuditError):
    """An input file cannot be trusted; ``line`` is its 1-based line, 0 where none applies."""

    exit_code = 7

    def __init__(self, message: str, *, file: Path | str, line: int = 0, next_step: str = "") -> None:
        super().__init__(message, where=f"{file}:{line}" if line else str(file), next_step=next_step)
        self.file = Path(file)
        self.line = line


class OutputFailed(MfaAuditError):
    """A report or the state could not be written; what was there before still stands."""

    exit_code = 8


class LockHeld(MfaAuditError):
    """Another run is working on the same tenant."""

    exit_code = 9
