"""What waits for somebody to send it: lists, ready messages, and folders that lie where the ledger says."""

from __future__ import annotations

import csv
from dataclasses import replace
from email import message_from_bytes
from email import policy as email_policy

import pytest
from posted import DAY, NOON, mailed, sending
from reminded import people, person, planned
from test_plan_file import ORIGIN

from mfa_audit.reminders import outbox
from mfa_audit.reminders.compose import MOST_LISTED
from mfa_audit.reminders.ledger import Ledger, keys_of, open_ledger
from mfa_audit.reminders.lists import GROUP_HEADER
from mfa_audit.reminders.plan_file import plan_text

FILES = sending(delivery="files", batch_size=2)


def put(home, ledger, *rows, using=FILES):
    """A plan of these people in the outbox; its folder."""
    made, composer = mailed(*rows, using=using)
    found = planned(people(*rows), DAY.isoformat(), using=using)
    return outbox.put(home, "2026-10-05-abcdef01", plan_text(ORIGIN, found, made)[0], composer, ledger, NOON)


@pytest.fixture(name="ledger")
def _ledger(tmp_path):
    with open_ledger(tmp_path / "l.sqlite", "t", "UTC", NOON) as opened:
        yield opened


def test_a_stage_has_all_that_sending_it_by_hand_needs(tmp_path, ledger) -> None:
    """A list for mail merge that a spreadsheet does not run, batches, a group's file, ready messages."""
    folder = put(tmp_path, ledger, person(1), person(2, display_name="=cmd|x"), person(3, organisation="ZX2"),
                 person(4, account_id="upn:p4@contoso.example"), person(5), person(6, mail=None))
    stage = folder / "S1"
    with (stage / "S1.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    members = (stage / "group_import.csv").read_text(encoding="utf-8").splitlines()

    assert [f"p{number}@contoso.example" for number in range(1, 6)] == sorted(row["send_to"] for row in rows)
    assert "'=cmd|x" in [row["name"] for row in rows]
    assert {"2026-11-02"} == {row["due"] for row in rows}
    assert all(row["subject"].startswith("[MFA] ") for row in rows)
    assert GROUP_HEADER == members[0]
    assert {"id-000001", "p4@contoso.example"} < set(members)
    assert [2, 2, 1] == sorted((len(file.read_text(encoding="utf-8").splitlines())
                                for file in (stage / "batches").iterdir()), reverse=True)
    mails = [message_from_bytes(file.read_bytes(), policy=email_policy.default) for file in (stage / "mail").iterdir()]
    assert all(len(mail["To"].addresses) == 1 and mail["X-Unsent"] == "1" for mail in mails)
    with (folder / "service_desk.csv").open(encoding="utf-8-sig", newline="") as lines:
        assert ["p6@contoso.example"] == [row["account"] for row in csv.DictReader(lines)]


def test_confirmed_stages_move_and_come_back(tmp_path, ledger) -> None:
    """Where a folder lies says whether it is still to be sent."""
    put(tmp_path, ledger, person(1))
    ledger.confirm("mandatory-mfa", "S1", DAY, NOON)
    outbox.tidy(tmp_path, ledger)
    name = "2026-10-05-abcdef01"
    assert (tmp_path / "done" / name / "confirmed" / "S1" / "S1.csv").is_file()
    assert not (tmp_path / "outbox" / name).exists()

    ledger.undo("mandatory-mfa", "S1", NOON)
    outbox.tidy(tmp_path, ledger)
    assert (tmp_path / "outbox" / name / "S1" / "S1.csv").is_file()


def test_who_is_wanted_no_longer_is_named(tmp_path, ledger) -> None:
    """In the folder that waits."""
    folder = put(tmp_path, ledger, person(1), person(2))
    ledger.withdraw(keys_of(ledger.history("id-000001", "id-000001")), NOON)
    outbox.tidy(tmp_path, ledger)

    assert "p1@contoso.example" in (folder / "S1" / "no_longer.csv").read_text(encoding="utf-8-sig")


def test_a_kill_between_outbox_and_ledger_is_made_good(tmp_path, ledger, monkeypatch) -> None:
    """The folder is there and the ledger does not know it: it does when it is next opened, and nobody is listed
    twice."""
    class Killed(Exception):
        pass

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "list_planned", die)
        with pytest.raises(Killed):
            put(tmp_path, ledger, person(1), person(2))
    assert ledger.history().empty
    outbox.catch_up(tmp_path, ledger, NOON)
    outbox.catch_up(tmp_path, ledger, NOON)

    assert ["planned", "planned"] == ledger.history().loc[lambda rows: rows["recipient"] == "person", "state"].tolist()


def test_a_list_letter_names_so_many_and_says_how_many_more(tmp_path) -> None:
    """A list nobody can read is no list; the count is of all."""
    many = [person(number, status="UNKNOWN") for number in range(1, MOST_LISTED + 41)]
    _, composer = mailed(*many)
    [mail] = [mail for mail in composer.mails if mail.recipient == "operator"]
    letter = composer.letter(mail)

    assert f"({MOST_LISTED + 40})" in letter.subject
    assert "(+40)" in letter.body
    assert 1 == len(replace(composer, rows=composer.rows).mails)
