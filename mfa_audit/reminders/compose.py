"""From the messages of a plan to the letters that leave: one for each person, one list for whoever hears of several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from mfa_audit.reminders.columns import KEY, Recipient
from mfa_audit.reminders.fields import Person, policy_fields
from mfa_audit.reminders.ladder import BREAK_GLASS
from mfa_audit.reminders.names import given_name
from mfa_audit.reminders.routing import Route
from mfa_audit.tables import Status

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from mfa_audit.policy import Policy
    from mfa_audit.reminders.directory import Directory
    from mfa_audit.reminders.fields import Value
    from mfa_audit.reminders.ledger import Key
    from mfa_audit.reminders.words import Letter, Words

MOST_LISTED = 500
"""People a letter lists by name; how many more there are is said, and the files of the run name them."""


@dataclass(frozen=True)
class Mail:
    """One letter that will leave: to one address, for the messages in these ``rows`` of the mailing."""

    to: str
    letter: str
    recipient: str
    template: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Composer:
    """Writes the letters of a mailing; ``rows`` as in :class:`mfa_audit.reminders.mailing.Mailing`, ``as_of`` the day
    of the records."""

    rows: pd.DataFrame
    directory: Directory
    policy: Policy
    words: Words
    as_of: dt.date

    @cached_property
    def mails(self) -> list[Mail]:
        """The letters, in the order of the first message of each."""
        lists = {name: self.words.names_people(name) for name in self.rows["letter"].unique()}
        templates = self._columns["template"]
        grouped: dict[tuple[object, ...], list[int]] = {}
        columns = ("to", "letter", "recipient", "recipient_id", "template")
        for position, row in enumerate(self.rows[list(columns)].itertuples(index=False, name=None)):
            to, letter, recipient, whose, template = row
            whole = (to, letter, recipient, None if pd.isna(whose) else whose)
            grouped.setdefault(whole if lists[letter] else (*whole, template, position), []).append(position)
        return [Mail(str(name[0]), str(name[1]), str(name[2]), str(templates[at[0]]), tuple(at))
                for name, at in grouped.items()]

    def keys(self, mail: Mail) -> list[Key]:
        """The keys of the messages a letter is for."""
        return [cast("Key", tuple(self._columns[name][position] for name in KEY)) for position in mail.rows]

    def letter(self, mail: Mail) -> Letter:
        """The text of a letter. Raises ``ValueError`` naming a field that has no value."""
        first = self._row(mail.rows[0])
        language = self._fact(first["recipient_account"], "language")
        fields = self._of_people(mail) if self.words.names_people(mail.letter) else self._of_one(first)
        tier = str(self._fact(first["account_id"], "tier") or "staff")
        said = {**self._said(tier), "as_of": self.as_of, "passkeys": self.directory.passkeys, "has_weaker": False,
                "given_name": given_name(self._fact(first["recipient_account"], "display_name")), **fields}
        return self.words.letter(mail.letter, said, language)

    def _of_one(self, row: Mapping[str, object]) -> dict[str, Value]:
        account = str(row["account_id"])
        due = _day(row["anchor"]) or _day(self._fact(account, "due", str_=False))
        name = self._fact(account, "display_name") or self._fact(account, "user_principal_name") or account
        return {
            "due": due, "still_due": due if due is not None and due >= self.as_of else None,
            "has_weaker": self._fact(account, "status") == Status.BELOW_STRENGTH,
            "mailbox": name if row["route"] == Route.GENERIC else None,
            "holder": name, "ends_on": due, "exemption_id": self._fact(account, "exemption_id"),
            "test_due": due if row["ladder"] == BREAK_GLASS else self.as_of,
        }

    def _of_people(self, mail: Mail) -> dict[str, Value]:
        listed: dict[str, Person] = {}
        for row in (self._row(position) for position in mail.rows):
            account = str(row["account_id"])
            if len(listed) <= MOST_LISTED or account in listed:
                listed.setdefault(account, self._person(account, mail.recipient, _day(row["anchor"])))
        people = {str(self._columns["account_id"][position]) for position in mail.rows}
        names = list(listed.values())[:MOST_LISTED]
        more = len(people) - len(names)
        return {"people": (*names, Person(f"… (+{more})")) if more else tuple(names), "count": len(people)}

    def _person(self, account: str, recipient: str, due: dt.date | None) -> Person:
        """As much of somebody as the reader of the list may see, and needs."""
        name = self._fact(account, "display_name") or self._fact(account, "user_principal_name") or account
        upn, organisation = self._fact(account, "user_principal_name"), self._fact(account, "organisation")
        department = self._fact(account, "department")
        if recipient == Recipient.MANAGER:
            return Person(name, due=due)
        if recipient == Recipient.SERVICE_DESK:
            return Person(name, upn, organisation, department, self._manager(account), due)
        return Person(name, upn, organisation, department, due=due)

    def _manager(self, account: str) -> str | None:
        manager = self._fact(account, "manager_id")
        return self._fact(self.directory.spelled.get(str(manager).casefold()), "display_name")

    def _said(self, tier: str) -> dict[str, Value]:
        return self._by_tier.setdefault(tier, policy_fields(
            self.policy, tier if tier in self.policy.requirements else "staff"))

    @cached_property
    def _by_tier(self) -> dict[str, dict[str, Value]]:
        return {}

    @cached_property
    def _facts(self) -> Mapping[str, Mapping[Any, Any]]:
        columns = self.directory.accounts
        return {name: columns[name].to_dict() for name in columns.columns}

    def _fact(self, account: object, name: str, *, str_: bool = True) -> str | None:
        found = self._facts[name].get(account) if isinstance(account, str) else None
        if found is None or pd.isna(found):
            return None
        return str(found) if str_ else cast("str", found)

    def _row(self, position: int) -> Mapping[str, object]:
        return {name: values[position] for name, values in self._columns.items()}

    @cached_property
    def _columns(self) -> Mapping[str, list[object]]:
        return {str(name): self.rows[name].tolist() for name in self.rows.columns}


def samples(composer: Composer) -> Iterator[tuple[Mail, Letter]]:
    """One letter of every kind in the mailing, as the first that gets it will read it."""
    seen: set[str] = set()
    for mail in composer.mails:
        if mail.letter not in seen:
            seen.add(mail.letter)
            yield mail, composer.letter(mail)


def _day(value: Any) -> dt.date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()
