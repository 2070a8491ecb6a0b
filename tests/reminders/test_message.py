"""What is in a message, and what can never be."""

from __future__ import annotations

import random
import unicodedata
from email import message_from_bytes
from email import policy as email_policy
from typing import TYPE_CHECKING

import pytest
from posted import NOON, SENDER, mailed, sending
from reminded import person

from mfa_audit.errors import UsageError
from mfa_audit.reminders.message import message_id, message_of
from mfa_audit.reminders.words import Letter

if TYPE_CHECKING:
    from mfa_audit.reminders.compose import Composer

KEY = ("id-1", "mandatory-mfa", "S1", 0, "person")
LETTER = Letter("[MFA] Please set it up", "Hello,\n\nplease.\n", "announce", "en-GB")


def test_a_message_has_one_recipient_and_says_what_it_is() -> None:
    """Sent by a program, in plain text, without an attachment; read back by a parser it says the same."""
    made = message_of(LETTER, "ada@contoso.example", [KEY], NOON, sender=SENDER,
                      sender_name="IT, \"Security\"\r\nBcc: x")
    read = message_from_bytes(made.as_bytes(), policy=email_policy.default)

    assert ["ada@contoso.example"] == [one.addr_spec for one in read["To"].addresses]
    assert [SENDER] == [one.addr_spec for one in read["From"].addresses]
    assert None is read["Bcc"] is read["Cc"]
    assert "auto-generated" == read["Auto-Submitted"]
    assert "text/plain" == read.get_content_type()
    assert LETTER.body == read.get_content().replace("\r\n", "\n")


def test_the_same_messages_have_the_same_id() -> None:
    """Whatever their order, and other messages another one."""
    other = ("id-2", *KEY[1:])

    assert message_id([KEY, other], "x.example") == message_id([other, KEY], "x.example")
    assert message_id([KEY], "x.example") != message_id([other], "x.example")


@pytest.mark.parametrize("subject", ["[MFA] a\r\nBcc: evil@x.example", "[MFA] a\nb", "[MFA] \u202egnp", "[MFA] a\x00b"])
def test_a_subject_that_holds_a_header_is_refused(subject: str) -> None:
    """Nothing is made of it."""
    with pytest.raises(UsageError, match="header"):
        message_of(Letter(subject, "x\n", "announce", "en-GB"), "ada@contoso.example", [KEY], NOON, sender=SENDER)


def test_two_addresses_never_become_two_recipients() -> None:
    """Even if a check before were missing."""
    with pytest.raises(UsageError, match="header"):
        message_of(LETTER, "a@contoso.example, b@evil.example", [KEY], NOON, sender=SENDER)


def test_hostile_names_leave_no_control_character_in_any_header() -> None:
    """Twenty thousand names of people and managers, with line breaks, directions, encoded words and formulas."""
    dice = random.Random(7)
    pieces = ["\r\nBcc: x@evil.example\r\n", "\u202e", "\u2028", "=?utf-8?q?x=0d=0a?=", "{given_name}", "{{7*7}}",
              "Ada", " ", "\x00", "\x85", "O'Neill", ",", "<script>", "https://evil.example", "\ud800", "\u0441",
              "[[REAL]]"]
    names = ["".join(dice.choices(pieces, k=4)) for _ in range(20_000)]
    _, greeted = mailed(person())
    _, listed = mailed(*(person(number, status="UNKNOWN") for number in range(1, 501)))
    assert 1 == len(greeted.mails) == len(listed.mails)
    for start in range(0, len(names), 500):
        batch = names[start:start + 500]
        listed._facts["display_name"].update({f"id-{number:06}": name for number, name in enumerate(batch, 1)})
        _look(listed)
    for name in names[:500]:
        greeted._facts["display_name"]["id-000001"] = name
        _look(greeted)


def _look(composer: Composer) -> None:
    [mail] = composer.mails
    letter = composer.letter(mail)
    head = message_of(letter, mail.to, composer.keys(mail), NOON, sender=SENDER, sender_name="IT").as_bytes()
    shown = head.partition(b"\r\n\r\n")[0].decode("ascii")
    assert not [char for char in shown.replace("\r\n", "") if unicodedata.category(char) == "Cc"]
    assert "evil" not in shown
    assert "evil.example" not in letter.body


def test_a_mailing_refuses_what_it_cannot_send_and_keeps_the_rest() -> None:
    """A look-alike, another domain, two addresses: each with its own line, and nobody else is held up."""
    made, _ = mailed(person(1), person(2, mail="a@contos\u043e.example"), person(3, mail="b@evil.example"),
                     using=sending())

    assert ["p1@contoso.example"] == made.rows.loc[made.rows["recipient"] == "person", "to"].tolist()
    assert ["manager", "service_desk"] == made.rows.loc[made.rows["account_id"] == "id-000002", "recipient"].tolist()
    assert {"id-000003": "the domain evil.example is not in reminders.allowed_domains"} == {
        row.account_id: row.objection for row in made.refused.itertuples() if row.recipient == "person"}
