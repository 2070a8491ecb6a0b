"""A letter as mail: plain text, one recipient, marked as written by a program, known by the ledger's key."""

from __future__ import annotations

import hashlib
import json
from email import policy as email_policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING

from mfa_audit.errors import UsageError
from mfa_audit.reminders.names import clean
from mfa_audit.text_safety import has_hidden_characters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mfa_audit.policy import Policy
    from mfa_audit.reminders.ledger import Key
    from mfa_audit.reminders.words import Letter

_POLICY = email_policy.SMTP.clone(raise_on_defect=False)


def sender_name(policy: Policy) -> str:
    """Who the letters come from, in words staff know."""
    return policy.about.owner or policy.service_desk.name


def message_id(keys: Sequence[Key], domain: str) -> str:
    """The same for the same messages, whenever it is made: a mail server and a person can tell a copy."""
    digest = hashlib.sha256(json.dumps(sorted(map(list, keys))).encode()).hexdigest()
    return f"<{digest[:40]}@{domain}>"


def message_of(letter: Letter, to: str, keys: Sequence[Key], moment: datetime, *, sender: str | None,
               sender_name: str = "", draft: bool = False) -> EmailMessage:
    """``letter`` to the one address ``to``, dated ``moment`` (aware). ``draft``: to be opened and sent by a person.

    Raises :class:`UsageError` for a header that holds what no header may.
    """
    made = EmailMessage(policy=_POLICY)
    try:
        if sender is not None:
            made["From"] = Address(display_name=clean(sender_name, 80), addr_spec=sender)
        made["To"] = Address(addr_spec=to)
        made["Subject"] = letter.subject
        made["Date"] = moment
        made["Message-ID"] = message_id(keys, "mfa-audit.invalid" if sender is None else sender.rpartition("@")[2])
        made["Content-Language"] = letter.language
        made["Auto-Submitted"] = "auto-generated"
        # Exchange answers no out-of-office and no receipt to it.
        made["X-Auto-Response-Suppress"] = "All"
        if draft:
            made["X-Unsent"] = "1"
    except (ValueError, IndexError) as error:
        raise UsageError(f"a header of the letter {letter.template} cannot be written: {error}",
                         next_step="look at the policy's sender and the letter's subject.") from error
    for name, value in made.items():
        if has_hidden_characters(str(value)):
            raise UsageError(f"the header {name} of the letter {letter.template} holds a character that cannot be seen",
                             next_step="look at the policy's sender and the letter's subject.")
    # Quoted-printable passes every server, also one that takes seven bits only.
    made.set_content(letter.body, charset="utf-8", cte="quoted-printable")
    return made
