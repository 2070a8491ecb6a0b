"""How far this machine's clock may be from Graph's: what is dated by one is judged by the other."""

from __future__ import annotations

import email.utils
from typing import TYPE_CHECKING

from mfa_audit.errors import IncompleteData
from mfa_audit.snapshot.raw import Complaint

if TYPE_CHECKING:
    from datetime import datetime

WARNED = 300.0
"""Seconds beyond which it is said."""

_REFUSED = 900.0
_FIX = "correct this machine's clock."


def apart(there: datetime, sent: datetime, came: datetime) -> float:
    """By how many seconds the clock that says ``there`` is ahead, when it was asked and answered between two moments;
    0 where it may be right. It tells whole seconds, begun ones as well."""
    if there > came:
        return (there - came).total_seconds()
    return min(0.0, (there - sent).total_seconds() + 1.0)


def moment(date: str | None) -> datetime | None:
    """What a ``Date`` header says; null when it says nothing, or not in which zone."""
    try:
        told = email.utils.parsedate_to_datetime(date or "")
    except (ValueError, OverflowError):
        return None
    return None if told.tzinfo is None else told


def refuse_skew(skew: float | None) -> None:
    """Raise :class:`IncompleteData` for clocks so far apart that nothing can be dated."""
    if skew is not None and abs(skew) > _REFUSED:
        raise IncompleteData(
            f"this machine's clock and Graph's differ by {abs(skew) / 60:.0f} minutes, so nothing can be dated",
            next_step=_FIX,
        )


def skew_note(skew: float | None) -> Complaint | None:
    """What the data quality says of clocks that are apart, and not so far that it is refused."""
    if skew is None or abs(skew) <= WARNED:
        return None
    way = "behind" if skew > 0 else "ahead of"
    return Complaint(
        "this machine's clock is wrong", 1, (),
        f"it is {abs(skew) / 60:.0f} minutes {way} Graph's: the time of the run and ages counted from it are as wrong",
        _FIX, grave=True,
    )
