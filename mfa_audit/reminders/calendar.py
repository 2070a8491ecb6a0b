"""Which days messages leave on, and which day a moment belongs to. Pure: dates in, dates out.

Public holidays are those of the library ``holidays``; this module is its only door.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import numpy.typing as npt

from mfa_audit.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mfa_audit.policy.schema_reminders import Reminders

Days = npt.NDArray[np.datetime64]
"""Whole days, ``datetime64[D]``; NaT where there is none."""

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEY = "reminders.public_holidays"


def day_of(moment: datetime, zone: str) -> date:
    """The day an aware moment belongs to in ``zone`` (an IANA name), summer time included."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone belongs to no day")
    return moment.astimezone(ZoneInfo(zone)).date()


def days(values: object) -> Days:
    """Dates or timestamps as whole days."""
    return np.asarray(values).astype("datetime64[D]")


@dataclass(frozen=True)
class SendDays:
    """The days on which messages leave: ``weekdays`` (``mon`` to ``sun``) that are no public holiday of ``place``, a
    country or a country and subdivision such as ``GB-ENG``; empty: no holidays.

    Raises :class:`PolicyError` for a place the library does not know.
    """

    weekdays: tuple[str, ...]
    place: str = ""
    _holidays: Callable[[Iterable[int]], Iterable[date]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_holidays", _holidays_of(self.place))

    @classmethod
    def of(cls, reminders: Reminders) -> SendDays:
        """The send days of a policy."""
        return cls(reminders.send_days, reminders.public_holidays)

    def __contains__(self, day: date) -> bool:
        return self.on_or_after(day) == day

    def on_or_after(self, day: date) -> date:
        """The first send day that is not before ``day``."""
        return _date(self.forward(days([day])))

    def on_or_before(self, day: date) -> date:
        """The last send day that is not after ``day``."""
        return _date(self.back(days([day])))

    def forward(self, wanted: Days) -> Days:
        """Each day, moved to the first send day that is not before it; NaT stays NaT."""
        return self._moved(wanted, "forward")

    def back(self, wanted: Days) -> Days:
        """Each day, moved to the last send day that is not after it; NaT stays NaT."""
        return self._moved(wanted, "backward")

    def _moved(self, wanted: Days, towards: Literal["forward", "backward"]) -> Days:
        distinct, place = np.unique(wanted[~np.isnat(wanted)], return_inverse=True)
        moved = wanted.copy()
        if len(distinct):
            years = distinct.astype("datetime64[Y]").astype(int) + 1970
            around = sorted({int(year) + step for year in np.unique(years) for step in (-1, 0, 1)})
            closed = days(sorted(self._holidays(around)) or np.array([], dtype="datetime64[D]"))
            mask = [day in self.weekdays for day in WEEK]
            rolled = np.busday_offset(distinct, 0, roll=towards, weekmask=mask, holidays=closed)
            moved[~np.isnat(wanted)] = rolled[place]
        return moved


def _date(one: Days) -> date:
    day = one[0].item()
    assert isinstance(day, date)  # noqa: S101 - what an element of datetime64[D] is
    return day


def _holidays_of(place: str) -> Callable[[Iterable[int]], Iterable[date]]:
    if not place:
        return lambda _years: ()
    country, _, subdivision = place.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        raise PolicyError(
            f"the public holidays of {country} are not known", where=_KEY,
            next_step="give the two letters of a country (ISO 3166), such as GB or GB-ENG; or leave it empty, and no "
                      "day is skipped for a holiday.",
        )
    if subdivision and subdivision not in known[country]:
        listed = ", ".join(f"{country}-{name}" for name in known[country]) or "none"
        raise PolicyError(
            f"the public holidays of {country} are known, those of {place} are not", where=_KEY,
            next_step=f"give {country} alone or one of its parts: {listed}.",
        )
    return lambda years: holidays.country_holidays(country, subdiv=subdivision or None, years=years, expand=False)
