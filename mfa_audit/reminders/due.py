"""On which day each stage of a ladder may leave, for every account at once; and which stage it is today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from datetime import date

    from mfa_audit.reminders.calendar import Days, SendDays
    from mfa_audit.reminders.ladder import Ladder
    from mfa_audit.reminders.routing import Mask

NEVER = np.datetime64("NaT", "D")


def rung_days(ladder: Ladder, anchor: Days, calendar: SendDays) -> Days:
    """The send day of every rung, a row an account: before the anchor the last on or before, after it the first on or
    after; NaT without an anchor."""
    found = np.full((len(anchor), len(ladder.rungs)), NEVER)
    for position, rung in enumerate(ladder.rungs):
        wanted = anchor + np.timedelta64(rung.day, "D")
        found[:, position] = calendar.forward(wanted) if rung.forward else calendar.back(wanted)
    return found


def open_days(ladder: Ladder, planned: Days, anchor: Days, as_of: date) -> Days:
    """``planned`` (:func:`rung_days`) without the stages whose time is over: one before an anchor that has passed."""
    found = planned.copy()
    passed = np.datetime64(as_of, "D") > anchor
    for position, rung in enumerate(ladder.rungs):
        if rung.day < 0:
            found[passed, position] = NEVER
    return found


def gated_days(ladder: Ladder, planned: Days, opened: Days, calendar: SendDays, *, first_told: Days, overdue_told: Days,
               lost: Mask) -> Days:
    """``opened`` under the rules about first messages and accusations.

    Whoever was told nothing in this campaign gets an introduction, whatever the date. The first stage after the anchor
    leaves ``notice_days`` after the first message at the earliest, and the later ones keep the ladder's distance from
    the day on which that stage really left (``overdue_told``): a backlog never escalates at once. ``lost``: who was
    compliant and is no more begins after the anchor, unless told nothing yet.
    """
    found, never = opened.copy(), np.isnat(first_told)
    position = ladder.overdue
    if position is not None:
        earliest = first_told + np.timedelta64(ladder.notice_days, "D")
        found[:, position] = calendar.forward(np.maximum(found[:, position], earliest))
        for later in range(position + 1, len(ladder.rungs)):
            apart = np.timedelta64(ladder.rungs[later].day - ladder.rungs[position].day, "D")
            found[:, later] = calendar.forward(np.maximum(found[:, later], overdue_told + apart))
        found[lost, :position] = NEVER
    found[never] = NEVER
    for introduction in ladder.introductions:
        found[never, introduction] = planned[never, introduction]
    return found


def newest(opened: Days, as_of: date, reached: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The position of the newest stage whose day has come; -1 where there is none, or a later one was ``reached``."""
    come = opened <= np.datetime64(as_of, "D")
    places = np.where(come, np.arange(come.shape[1]), -1)
    found: npt.NDArray[np.intp] = places.max(axis=1, initial=-1)
    return np.where(found < reached, -1, found)
