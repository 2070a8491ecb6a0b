"""What a manager reads: who needs help, with what, and what to say. No method, no strength, no exposure, no reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.tables import Required, Status

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class View:
    """How a person appears to their manager; ``to_do`` when the manager is asked to speak to them."""

    label: str
    what: str
    tone: str
    to_do: bool = False


_NOT_SET_UP = View(
    "Not set up", "Ask them to set up the second sign-in check by the date shown.", "bad", to_do=True
)
_UPDATE = View(
    "Needs updating", "Ask them to bring their second sign-in check up to date by the date shown.", "caution",
    to_do=True,
)
_ENDED = View(
    "Exception ended", "Talk it over: they set up the second sign-in check, or ask for a new exception.", "bad",
    to_do=True,
)
_STARTER = View("New starter", "Help them to set up the second sign-in check by the date shown.", "info", to_do=True)
_SET_UP = View("Set up", "Nothing.", "good")
_EXCEPTION = View("Approved exception", "Nothing.", "neutral")
_UNKNOWN = View("Not known", "Nothing: the IT team is checking the records.", "neutral")
_AWAY = View("Away", "Nothing while they are away.", "neutral")
_NOT_LET = View("Waiting", "Nothing yet: the administrators must first let them set it up.", "neutral")
_LEAVING = View("Leaving", "Nothing: the administrators look after the account.", "neutral")
_UNUSED = View("Not used lately", "Nothing: the administrators look after the account.", "neutral")

BY_STATUS: Mapping[str, View] = {
    Status.COMPLIANT: _SET_UP,
    Status.COMPLIANT_WEAK: _UPDATE,
    Status.NOT_REGISTERED: _NOT_SET_UP,
    Status.BELOW_STRENGTH: _UPDATE,
    Status.NOT_ENFORCED: _SET_UP,
    Status.GRACE: _STARTER,
    Status.EXEMPT: _EXCEPTION,
    Status.EXEMPT_EXPIRED: _ENDED,
    Status.UNKNOWN: _UNKNOWN,
}
"""A person's view by status. That nothing asks them is the administrators' work, so they read as set up."""

VIEWS: tuple[View, ...] = (
    _NOT_SET_UP, _ENDED, _UPDATE, _STARTER, _UNKNOWN, _EXCEPTION, _NOT_LET, _AWAY, _LEAVING, _UNUSED, _SET_UP,
)
"""Every view, those that ask for something first."""

TONES: Mapping[str, str] = {view.label: view.tone for view in VIEWS}

SAY = (
    "“Please set up your second sign-in check by the date shown. It takes about ten minutes. If you cannot use a "
    "mobile, or need an adjustment, tell me or the {desk}: there are other ways.”"
)
CARE = "Never ask for anybody's password or codes, and do not set it up for them. Please do not pass this list on."

_PLACE = {view.label: place for place, view in enumerate(VIEWS)}


def views(status: pd.Series, people: pd.DataFrame) -> pd.DataFrame:
    """``label, what, to_do, place`` of every person (no label when out of scope); ``place`` orders the views.
    ``people``: their ``away``, ``leaver``, ``dormant`` and ``ready``, as ``tables.PEOPLE`` has them.

    Whoever cannot register, is away, leaving or not using the account is nobody's to remind, so that replaces anything
    that would ask for something.
    """
    keys = status.astype("str")
    label = keys.map({str(key): view.label for key, view in BY_STATUS.items()})
    asked = label.isin([view.label for view in VIEWS if view.to_do])
    flags = (people["ready"] == Required.NO, people["dormant"], people["leaver"], people["away"])
    for flag, view in zip(flags, (_NOT_LET, _UNUSED, _LEAVING, _AWAY), strict=True):
        label = label.mask(asked & flag.fillna(value=False).astype("bool"), view.label)
    return pd.DataFrame(
        {
            "label": label,
            "what": label.map({view.label: view.what for view in VIEWS}),
            "to_do": label.isin([view.label for view in VIEWS if view.to_do]),
            "place": label.map(_PLACE).fillna(len(VIEWS)).astype("int64"),
        }
    )
