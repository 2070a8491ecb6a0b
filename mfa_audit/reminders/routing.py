"""Who hears about an account, by what it is and how it stands: the person, somebody for them, or never them.

The table :data:`_TABLE` is read from the top, the first row that fits decides. Nobody is told off who may have a factor
that no source shows, who is stopped from registering, or who is away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from mfa_audit.reminders.calendar import days
from mfa_audit.reminders.columns import Held, Recipient
from mfa_audit.reminders.ladder import DUE, PRIVILEGED, STARTER, WEAK
from mfa_audit.tables import COMPLIANT, Kind, Required, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from mfa_audit.policy import Policy

Mask = npt.NDArray[np.bool_]


class Route(StrEnum):
    """Why an account's messages go where they go."""

    PERSON = "person"
    GENERIC = "generic"
    NO_MAILBOX = "no_mailbox"
    """No address that mail could reach: the manager and the service desk instead."""
    LOCKED_OUT = "locked_out"
    """The sign-in policies let it in nowhere: as without a mailbox."""

    NOT_ENFORCED = "not_enforced"
    UNKNOWN = "unknown"
    LEAVER = "leaver"
    DORMANT = "dormant"
    CANNOT_REGISTER = "cannot_register"
    NOBODY_ANSWERS = "nobody_answers"
    NEVER_TESTED = "never_tested"
    """An emergency account whose test nobody has noted."""

    OUT_OF_SCOPE = "out_of_scope"
    COMPLIANT = "compliant"
    EXEMPT = "exempt"
    AWAY = "away"
    OWN_TELEPHONY = "own_telephony"
    OTHER_POPULATION = "other_population"


REMINDED = (Route.PERSON, Route.GENERIC, Route.NO_MAILBOX, Route.LOCKED_OUT)
"""Those that climb a ladder."""


@dataclass(frozen=True)
class Notice:
    """What is told instead of a reminder: ``stage`` and ``template`` of the message, and who gets it."""

    stage: str
    recipient: Recipient
    template: str


NOTICES: Mapping[Route, Notice] = {
    Route.NOT_ENFORCED: Notice("notice-not-enforced", Recipient.ADMINISTRATOR, "not_enforced"),
    Route.CANNOT_REGISTER: Notice("notice-cannot-register", Recipient.ADMINISTRATOR, "cannot_register"),
    Route.UNKNOWN: Notice("notice-unknown", Recipient.OPERATOR, "operator"),
    Route.LEAVER: Notice("notice-leaver", Recipient.LOCAL_ADMIN, "dormant"),
    Route.DORMANT: Notice("notice-dormant", Recipient.LOCAL_ADMIN, "dormant"),
    Route.NOBODY_ANSWERS: Notice("notice-nobody-answers", Recipient.LOCAL_ADMIN, "local_admin"),
    Route.NEVER_TESTED: Notice("notice-never-tested", Recipient.OPERATOR, "break_glass_test"),
}
HELD: Mapping[Route, Held] = {
    Route.EXEMPT: Held.EXEMPT, Route.AWAY: Held.AWAY, Route.OWN_TELEPHONY: Held.OWN_TELEPHONY,
    Route.OTHER_POPULATION: Held.OTHER_POPULATION,
}
"""Routes of which nobody hears, though the account is not fully set up; the others need no word."""

STANDS_IN: Mapping[Route, tuple[Recipient, ...]] = {
    Route.PERSON: (Recipient.PERSON,),
    Route.GENERIC: (Recipient.RESPONSIBLE,),
    Route.NO_MAILBOX: (Recipient.MANAGER, Recipient.SERVICE_DESK),
    Route.LOCKED_OUT: (Recipient.MANAGER, Recipient.SERVICE_DESK),
}
"""Who gets what a stage has for ``staff``."""

_POPULATIONS = ("workforce", "generic")
_ADDRESS = r"[^\s@,;:<>()\[\]\"\\]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+"


def routes(people: pd.DataFrame, policy: Policy, as_of: date, *, mail_read: bool = True) -> pd.Series:
    """The :class:`Route` of each account; ``people`` has the columns of :data:`mfa_audit.tables.PEOPLE`.

    ``mail_read``: a source has mail addresses, so that an account without one has no mailbox; without such a source the
    user principal name is taken for the address.
    """
    table = _table(people, policy, as_of, mail_read=mail_read)
    chosen = np.select([mask for _, mask in table], [route.value for route, _ in table], default=Route.PERSON.value)
    return pd.Series(chosen, index=people.index, dtype="str")


def _table(people: pd.DataFrame, policy: Policy, as_of: date, *, mail_read: bool) -> tuple[tuple[Route, Mask], ...]:
    status = people["status"]
    generic = _is(people["kind"], Kind.GENERIC) | _is(people["population"], "generic")
    break_glass = _is(people["kind"], Kind.BREAK_GLASS)
    never_tested = break_glass & np.isnat(tested_on(people, policy))
    elsewhere = break_glass | ~people["population"].isin(_POPULATIONS).to_numpy(dtype=bool)
    weak = _is(status, Status.COMPLIANT_WEAK)
    own_telephony = bool(policy.methods.own_telephony_groups) or as_of > policy.methods.weak_ends_on
    address = people["mail"] if mail_read else people["mail"].fillna(people["user_principal_name"])
    reachable = _true(address.str.fullmatch(_ADDRESS, flags=re.ASCII))
    return (
        (Route.OUT_OF_SCOPE, _is(status, Status.OUT_OF_SCOPE)),
        (Route.NEVER_TESTED, never_tested),
        (Route.OTHER_POPULATION, elsewhere),
        (Route.COMPLIANT, status.isin([each for each in COMPLIANT if each != Status.COMPLIANT_WEAK]).to_numpy()),
        (Route.NOT_ENFORCED, _is(status, Status.NOT_ENFORCED)),
        (Route.UNKNOWN, _is(status, Status.UNKNOWN)),
        (Route.EXEMPT, _is(status, Status.EXEMPT)),
        (Route.LEAVER, _true(people["leaver"])),
        (Route.DORMANT, _true(people["dormant"])),
        (Route.AWAY, _true(people["away"])),
        (Route.CANNOT_REGISTER, _is(people["ready"], Required.NO)),
        (Route.OWN_TELEPHONY, weak & own_telephony),
        (Route.NOBODY_ANSWERS, generic & people["responsible_id"].isna().to_numpy(dtype=bool)),
        (Route.GENERIC, generic),
        (Route.LOCKED_OUT, _is(people["asked"], "no_access")),
        (Route.NO_MAILBOX, ~reachable),
    )


def ladder_names(people: pd.DataFrame, route: pd.Series, policy: Policy, as_of: date, *, weak_open: bool,
                 begun: Mask) -> pd.Series:
    """The ladder of each account that is reminded, one each; null for the others.

    Only failing by a phone number goes by the day phones end while ``weak_open``, that ladder's time; a starter whose
    own grace decides goes by it while it lasts, and after it if their ladder has ``begun``; everybody else goes by
    the due date.
    """
    status = people["status"]
    today = np.datetime64(as_of, "D")
    grace = days(people["starter_until"])
    own_grace = (grace == days(people["due"])) & ((today <= grace) | begun)
    phone = _is(status, Status.BELOW_STRENGTH) & _true(people["phone_only"])
    weak = weak_open and not policy.methods.own_telephony_groups
    choices = (
        (WEAK, _is(status, Status.COMPLIANT_WEAK)),
        (PRIVILEGED, _true(people["privileged"])),
        (WEAK, phone & weak),
        (STARTER, own_grace & ~_is(status, Status.BELOW_STRENGTH)),
    )
    chosen = np.select([mask for _, mask in choices], [name for name, _ in choices], default=DUE)
    return pd.Series(chosen, index=people.index, dtype="str").where(route.isin(REMINDED))


def tested_on(people: pd.DataFrame, policy: Policy) -> npt.NDArray[np.datetime64]:
    """The day the policy says each emergency account was last tested; NaT for none, and for all others."""
    noted = {name.casefold(): day for name, day in policy.break_glass.last_tested.items()}
    by_id = people["account_id"].str.casefold().map(noted)
    by_name = people["user_principal_name"].str.casefold().map(noted)
    found = pd.to_datetime(by_id.astype(object).where(by_id.notna(), by_name.astype(object)))
    return days(found.where(_is(people["kind"], Kind.BREAK_GLASS)))


def _is(values: pd.Series, wanted: str) -> Mask:
    return (values == wanted).fillna(value=False).to_numpy(dtype=bool)


def _true(values: pd.Series) -> Mask:
    return values.astype("boolean").fillna(value=False).to_numpy(dtype=bool)
