"""What a person needs to send a stage by hand: lists for mail merge, for portals, for a group, for the service desk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit import files
from mfa_audit.reminders.columns import Recipient
from mfa_audit.reminders.compose import samples
from mfa_audit.reminders.mailing import IN_PERSON
from mfa_audit.reminders.message import message_of, sender_name
from mfa_audit.reminders.names import clean_name, given_name
from mfa_audit.text_safety import clean_series, slug

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.reminders.compose import Composer

GROUP_HEADER = "Member object ID or user principal name [memberObjectIdOrUpn] Required"
"""First line of the file by which the Entra portal adds members to a group. Source: Microsoft Learn, "Bulk add group
members in Microsoft Entra ID": other templates begin with a version row, those of group members with this line."""

MOST_MESSAGES = 1000
"""Up to so many ready messages are written for a stage; beyond, a mail merge is the way."""

COLUMNS = (
    "send_to", "given_name", "name", "account", "organisation", "department", "due", "why", "manager", "language",
    "subject",
)
"""Columns of a stage's list, a row a message. ``send_to`` is who hears it; the others are about the account."""

_TAKEN = ("due", "overdue", "readme")


@dataclass(frozen=True)
class StageLists:
    """The files of one stage; ``composer`` has the messages of that stage alone, as :meth:`of` makes it."""

    stage: str
    composer: Composer

    @classmethod
    def of(cls, composer: Composer) -> tuple[StageLists, ...]:
        """A mailing stage by stage, in their order."""
        return tuple(
            cls(str(stage), replace(composer, rows=rows.reset_index(drop=True)))
            for stage, rows in composer.rows.groupby("stage", sort=True)
        )

    def lists(self, folder: Path) -> None:
        """``<stage>.csv`` for the people themselves and ``<stage>-<recipient>.csv`` for everybody else who hears."""
        rows = self.composer.rows
        table = self._table()
        for recipient, part in table.groupby(rows["recipient"].where(~rows["recipient"].isin(IN_PERSON), "")):
            name = f"{file_name(self.stage)}-{recipient}.csv" if recipient else f"{file_name(self.stage)}.csv"
            write_csv(folder / name, part)

    def ready(self, folder: Path, moment: datetime) -> None:
        """Everything else for somebody who sends the stage: ``texts/``, ``mail/``, ``batches/``,
        ``group_import.csv``."""
        people = self.composer.rows[self.composer.rows["recipient"].isin(IN_PERSON)]
        if len(people):
            self._group_import(people, folder / "group_import.csv")
            self._batches(people, files.private_folder(folder / "batches"))
        texts = files.private_folder(folder / "texts")
        for mail, letter in samples(self.composer):
            files.write_text(texts / f"{mail.letter}.txt", f"Subject: {letter.subject}\n\n{letter.body}")
        if len(self.composer.mails) <= MOST_MESSAGES:
            self._messages(files.private_folder(folder / "mail"), moment)

    def _table(self) -> pd.DataFrame:
        rows, directory = self.composer.rows, self.composer.directory
        about = rows["account_id"]
        greeted = directory.column(rows["recipient_account"], "display_name")
        names = {name: given_name(name) for name in greeted.dropna().unique()}
        managers = directory.ids_of(directory.column(about, "manager_id"))
        return pd.DataFrame({
            "send_to": rows["to"],
            "given_name": greeted.map(names).astype("str"),
            "name": directory.name_of(about).map(lambda name: clean_name(name, 120), na_action="ignore").astype("str"),
            "account": directory.column(about, "user_principal_name"),
            "organisation": directory.column(about, "organisation"),
            "department": directory.column(about, "department"),
            "due": rows["anchor"],
            "why": rows["why"],
            "manager": directory.name_of(managers),
            "language": directory.column(rows["recipient_account"], "language"),
            "subject": self._subjects(),
        }, columns=list(COLUMNS))

    def _subjects(self) -> pd.Series:
        """The subject of each message; letters to one person share it with those of the same day and language."""
        composer, rows = self.composer, self.composer.rows
        languages = composer.directory.column(rows["recipient_account"], "language").fillna("")
        states = composer.directory.column(rows["account_id"], "status")
        kinds = list(zip(rows["letter"], rows["anchor"], languages, states, strict=True))
        said: dict[tuple[object, ...], str] = {}
        subjects: dict[int, str] = {}
        for mail in composer.mails:
            kind = (*kinds[mail.rows[0]], *(() if len(mail.rows) == 1 else mail.rows[:1]))
            if composer.words.names_people(mail.letter) or kind not in said:
                said[kind] = composer.letter(mail).subject
            subjects.update(dict.fromkeys(mail.rows, said[kind]))
        return pd.Series(subjects, dtype="str").reindex(rows.index)

    def _group_import(self, people: pd.DataFrame, path: Path) -> None:
        """Object ids where they are known, else user principal names."""
        accounts = people["account_id"].drop_duplicates()
        names = self.composer.directory.column(accounts, "user_principal_name")
        members = accounts.where(~accounts.str.startswith("upn:"), names).dropna()
        files.write_text(path, "\r\n".join((GROUP_HEADER, *clean_series(members, "csv"))) + "\r\n")

    def _batches(self, people: pd.DataFrame, folder: Path) -> None:
        """``<organisation>-001.txt``: an address a line, ``batch_size`` of them at most."""
        directory, size = self.composer.directory, self.composer.policy.reminders.batch_size
        names = clean_series(directory.column(people["account_id"], "user_principal_name"), "terminal")
        places = directory.column(people["account_id"], "organisation").fillna("none")
        for place, mine in names.groupby(places, sort=True):
            for number, batch in enumerate(_split(sorted(mine.dropna().unique()), size), 1):
                text = "".join(f"{address}\n" for address in batch)
                files.write_text(folder / f"{slug(str(place))}-{number:03}.txt", text)

    def _messages(self, folder: Path, moment: datetime) -> None:
        composer, policy = self.composer, self.composer.policy
        for number, mail in enumerate(composer.mails, 1):
            made = message_of(composer.letter(mail), mail.to, composer.keys(mail), moment, draft=True,
                              sender=policy.reminders.sender, sender_name=sender_name(policy))
            files.write_bytes(folder / f"{number:04}-{slug(mail.to)}.eml", made.as_bytes())


def call_list(composer: Composer, folder: Path) -> None:
    """``service_desk.csv``: whom the service desk helps, of all stages together, where there is anybody."""
    desk = composer.rows[composer.rows["recipient"] == Recipient.SERVICE_DESK].reset_index(drop=True)
    if desk.empty:
        return
    table = StageLists("", replace(composer, rows=desk))._table()
    late = (pd.Timestamp(composer.as_of) - desk["anchor"]).dt.days.clip(lower=0)
    called = table[["name", "account", "organisation", "department", "manager", "due"]].assign(
        days_overdue=late.astype("Int64"), stage=desk["stage"])
    write_csv(folder / "service_desk.csv", called)


def file_name(stage: str) -> str:
    """A stage as the name of a file, apart from the files that are there anyway."""
    return f"stage-{stage}" if stage.casefold() in _TAKEN else stage


def _split(items: list[str], size: int) -> Iterator[list[str]]:
    step = size or max(1, len(items))
    for start in range(0, len(items), step):
        yield items[start:start + step]


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """A list for people: UTF-8 with a mark, CRLF, every field quoted, dates ISO, null empty; nothing a spreadsheet
    would run."""
    safe = table.copy()
    for name in safe.columns:
        if pd.api.types.is_datetime64_any_dtype(safe[name]):
            safe[name] = safe[name].dt.strftime("%Y-%m-%d")
        elif not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = clean_series(safe[name].astype("str"), "csv")
    text = safe.to_csv(index=False, quoting=1, lineterminator="\r\n")
    files.write_bytes(path, b"\xef\xbb\xbf" + text.encode("utf-8"))
