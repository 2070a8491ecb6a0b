"""How far this machine's clock may be from Graph's: what is dated by one is judged by the other."""

from __future__ import annotations

from mfa_audit.errors import IncompleteData
from mfa_audit.snapshot.raw import Complaint

WARNED = 300.0
"""Seconds beyond which it is said."""

_REFUSED = 900.0
_FIX = "correct this machine's clock."


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
