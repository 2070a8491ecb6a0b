"""What the tests of reminders fill letters with, and how they take a text apart."""

from __future__ import annotations

import datetime as dt
import re

from mfa_audit.reminders.fields import Person, policy_fields

DUE, AS_OF, ENDS, TEST = (dt.date(2026, month, day) for month, day in
                                   ((2, 13), (2, 2), (3, 31), (4, 1)))


def everything(policy, **others):
    """Every field there is, filled: a letter takes what it names."""
    return {
        **policy_fields(policy), "given_name": "Ada", "due": DUE, "still_due": DUE, "as_of": AS_OF,
        "ends_on": ENDS, "test_due": TEST,
        "holder": "Zoë Ørsted", "exemption_id": "EX007", "passkeys": True,
        "mailbox": "Ward 7 Reception", "consequence": "You are asked for a code at each sign-in.",
        "drop_in": "Tuesdays at noon in the library",
        "people": (Person("Ann O'Neill", due=DUE), Person("Łukasz Müller", account="lukasz@northmoor.example",
                                                        department="Theatres", manager="Mo Khan")),
        **others,
    }


def statements(text):
    """Paragraphs and items of a plain text, a line each, ended like sentences."""
    found = []
    for block in text.split("\n\n"):
        parts = re.split(r"\n(?=\d+\. |- )", block)
        found += [re.sub(r"^(\d+\.|-) ", "", " ".join(part.split())) for part in parts if part.strip()]
    return [line if line.endswith((".", "?", ":", "!", '"')) else f"{line}." for line in found]


def answers(text):
    """Question -> answer, of the guide as plain text."""
    pieces = re.split(r"^(.+)\n-+\n", re.sub(r"^.+\n=+\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], (piece.strip() for piece in pieces[2::2]), strict=True))
