"""What a directory holds cannot harm a letter, its subject or its reader."""

from __future__ import annotations

import random
import re
from email import message_from_bytes
from email import policy as mail
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from said import everything

from mfa_audit.policy import load_policy
from mfa_audit.reminders.fields import Person
from mfa_audit.reminders.names import clean, clean_name, given_name
from mfa_audit.reminders.words import Words

POLICY = load_policy(None, "general")
WORDS = Words.of(POLICY)
NAMES = 20_000
_PIECES = (
    *"abcXYZ éßØł李م אב", *(chr(code) for code in (*range(32), *range(0x7F, 0xA1))), "\r\n", "\u2028", "\u2029",
    "\u202e", "\u2066", "\u061c", "\u200b", "\ufeff", "\U000e0041", "\ud800", "\ufffe", "{due}", "{{7*7}}",
    "{% for %}", "${given_name}", "%s", "[[REAL]]", "\n\nBcc: all@evil.example", "\r\nSubject: x",
    "https://evil.example", "www.evil.example", "<script>", "=HYPERLINK(", "@evil.example", "a@b.example, c@d.example",
    "_x000D_", "=?utf-8?q?=0d=0a?=",
)


def _can_be_seen(text):
    """Whether every character draws something or is a space; two that join letters of some scripts aside."""
    return text.replace("\u200c", "").replace("\u200d", "").isprintable()


def _names(count):
    draw = random.Random(20260302)
    return ["".join(draw.choices(_PIECES, k=draw.randint(0, 12))) for _ in range(count)]


def test_generated_names_leave_no_control_character_in_any_letter():
    """20,000 names, each the reader's or of somebody on a list; and nothing to click."""
    templates = ("how_to", "exemption_ending", "manager_digest", "service_desk")
    fields = everything(POLICY)
    for number, name in enumerate(_names(NAMES)):
        person = Person(name, account=name, organisation=name, department=name, manager=name)
        made = WORDS.letter(templates[number % len(templates)], {
            **fields, "given_name": name, "holder": name, "exemption_id": name, "mailbox": name, "people": (person,)})

        assert _can_be_seen(made.subject + made.body.replace("\n", ""))
        assert "://" not in made.body
        assert "evil.example" not in re.sub(r"\([^\s@]+@[\w.-]+\)", "", made.body)


def test_a_letter_survives_a_mail_program():
    """Subject and body come back as they were written, with no header but those that were set."""
    fields = everything(POLICY)
    for name in _names(500):
        made = WORDS.letter("manager_digest", {**fields, "given_name": name, "people": (Person(name),)})
        message = EmailMessage(policy=mail.SMTP)
        message["Subject"] = made.subject
        message.set_content(made.body)
        back = message_from_bytes(message.as_bytes(), policy=mail.SMTP)

        assert made.subject == back["Subject"]
        assert made.body == back.get_content().replace("\r\n", "\n")
        assert {"Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"} == set(back.keys())


@settings(max_examples=300)
@given(st.text(max_size=400), st.integers(min_value=1, max_value=200))
def test_any_text_becomes_one_short_line(text, limit):
    """No unseen character, no line end, no more than the limit, and cleaning twice changes nothing."""
    for way in (clean, clean_name):
        line = way(text, limit)

        assert _can_be_seen(line)
        assert len(line) <= limit
        assert line == " ".join(line.split())
    assert clean(clean(text, limit), limit) == clean(text, limit)


@pytest.mark.parametrize("name", ["{due}", "{{ due }}", "[[REAL]]", "{service_desk.__class__}", "${route}", "\\1",
                                  "\\g<1>", "?due: x", "| x", "# x", "= x", "- x", "1. x"])
def test_a_name_is_never_read_as_a_template(name):
    """It stands in the letter as it is."""
    made = WORDS.letter("exemption_ending", everything(POLICY, holder=name, given_name=name))

    assert f"You own the exception EX007 for {name}." in " ".join(made.body.split())
    assert made.body.startswith(f"Hello {name},\n")


@pytest.mark.parametrize(("name", "shown"), [
    ("https://evil.example/mfa", "https evil. example/mfa"),
    ("Reset at www.evil.example now", "Reset at www. evil. example now"),
    ("security@evil.example", "security at evil. example"),
    ("J.Smith", "J. Smith"), ("J. R. O'Neill", "J. R. O'Neill"), ("Ada\r\nBcc: x", "Ada Bcc: x"),
    ("\u202eecilA", "ecilA"), ("Zoe\u0308", "Zoë"), ("  Ann \u00a0 Lee\u200b ", "Ann Lee"),
    ("می\u200cخواهم", "می\u200cخواهم"), ("x" * 200, "x" * 119 + "…"),
])
def test_a_name_cannot_become_a_link(name, shown):
    """Mail programs make links of addresses and hosts; a name is neither."""
    assert shown == clean_name(name, 120)


@pytest.mark.parametrize(("display", "greeted"), [
    ("Ada Okafor", "Ada"), ("OKAFOR, Ada (Pharmacy)", "Ada"), ("Okafor, Ada", "Ada"), ("Dr Ada Okafor", "Ada"),
    ("OKAFOR, Dr ADA", "Ada"), ("Mary-Jane van der Berg", "Mary-Jane"), ("D'Arcy Cole", "D'Arcy"),
    ("Siân Ó Súilleabháin", "Siân"), ("Łukasz Müller", "Łukasz"), ("True Null", "True"), ("Ann Lee - ZX1", "Ann"),
    ("Елена Петрова", "Елена"),
    ("Reception", None), ("Ward 7 Reception", None), ("", None), (None, None), ("李 明", None), ("J Smith", None),
    ("=HYPERLINK(\"x\")", None), ("@Finance team", None), ("{due} Smith", None), ("Smith, J, Dr", None), ("(x)", None),
    ("it support", None), (", Ada", None),
])
def test_whom_to_greet(display, greeted):
    """By the given name where it can be told, and not by name at all where it cannot."""
    assert greeted == given_name(display)


def test_a_list_of_two_addresses_stays_text():
    """Two addresses in one field are no account's name, and no addresses either."""
    person = Person("A B", account="a@x.example, evil@y.example")
    made = WORDS.letter("service_desk", everything(POLICY, people=(person,)))

    assert "(a at x. example, evil at y. example)" in made.body
    assert "@" not in made.subject + made.body
