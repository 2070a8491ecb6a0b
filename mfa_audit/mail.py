"""What whoever delivers a message says of it: the one way in which rooms and the top speak of mail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from email.message import EmailMessage


class Fate(StrEnum):
    """What became of a message."""

    LEFT = "left"
    """Accepted by the other side."""
    REFUSED = "refused"
    """Surely not accepted; may be tried again."""
    UNKNOWN = "unknown"
    """The connection broke when it could have been accepted already: for a person to decide."""


@dataclass(frozen=True)
class Told:
    """The fate of one message; ``detail`` is what the other side said."""

    fate: Fate
    detail: str = ""


class Deliver(Protocol):
    """Delivers one message to its one recipient."""

    def send(self, message: EmailMessage) -> Told:
        """What became of it. Raises :class:`mfa_audit.errors.MfaAuditError` when nothing can be delivered at all (no
        connection, sign-in refused): then this one has surely not left either."""

    def close(self) -> None:
        """Give the connection back."""
