"""Mailings made of people made by hand, a clock that only moves when somebody sleeps, and who delivers in tests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reminded import people, person, planned, policy

from mfa_audit.mail import Fate, Told
from mfa_audit.reminders.compose import Composer
from mfa_audit.reminders.directory import COLUMNS, Directory
from mfa_audit.reminders.mailing import Mailing, mailing
from mfa_audit.reminders.words import Words

if TYPE_CHECKING:
    from email.message import EmailMessage

    import pandas as pd

    from mfa_audit.policy import Policy

DAY = dt.date(2026, 10, 5)
"""A Monday, four weeks before everybody is due: announcements leave."""
NOON = dt.datetime(2026, 10, 5, 11, 0, tzinfo=dt.UTC)
SENDER, OPERATOR = "it-security@contoso.example", "operator@contoso.example"


def sending(**more: Any) -> Policy:
    """A policy that lets mail leave inside ``contoso.example``."""
    base = policy()
    addresses = base.reminders.addresses.model_copy(update={
        "operator": OPERATOR, "service_desk": "desk@contoso.example", "security_lead": "lead@contoso.example"})
    given = {"delivery": "smtp", "sender": SENDER, "allowed_domains": ("contoso.example",), "addresses": addresses}
    return policy(**{**given, **more})


def everybody(*rows: dict[str, Any]) -> pd.DataFrame:
    """People and a manager for them, with what a directory knows of each."""
    facts = {"display_name": None, "department": "Pharmacy", "tier": "staff"}
    boss = person(999_999, display_name="Mo Boss", status="COMPLIANT")
    return people(*({**facts, "display_name": f"Ada Person{row['account_id'][-3:]}", **row} for row in (*rows, boss)))


def mailed(*rows: dict[str, Any], using: Policy | None = None, day: dt.date = DAY, past: tuple[Any, ...] = (),
           **directory: Any) -> tuple[Mailing, Composer]:
    """The mailing of a day and who writes its letters."""
    using = using or sending()
    table = everybody(*rows)
    found = planned(table, day.isoformat(), *past, using=using)
    book = Directory.of([table[list(COLUMNS)]], [*table["account_id"], *table["user_principal_name"]], **directory)
    words = Words.of(using)
    made = mailing(found.rows, book, using, words)
    return made, Composer(made.rows, book, using, words, day)


@dataclass
class StillClock:
    """A clock at :data:`NOON` that moves when somebody sleeps."""

    at: dt.datetime = NOON
    passed: float = 0.0

    def now(self) -> dt.datetime:
        return self.at + dt.timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@dataclass
class Pigeon:
    """Delivers into ``arrived``, or tells what ``fates`` says of an address."""

    fates: dict[str, Told | Exception] = field(default_factory=dict)
    arrived: list[EmailMessage] = field(default_factory=list)

    def send(self, message: EmailMessage) -> Told:
        told = self.fates.get(str(message["To"]), Told(Fate.LEFT, "250 ok"))
        if isinstance(told, Exception):
            raise told
        if told.fate is not Fate.REFUSED:
            self.arrived.append(message)
        return told

    def close(self) -> None:
        """Nothing to give back."""

    @property
    def to(self) -> list[str]:
        """Where the messages went."""
        return [str(message["To"]) for message in self.arrived]


def without(composer: Composer, numbers: set[int]) -> Composer:
    """The mailing without the rows at these places."""
    rows = composer.rows.drop(index=list(numbers)).reset_index(drop=True)
    return replace(composer, rows=rows)
