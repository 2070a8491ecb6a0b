"""Mail by Microsoft Graph: from one mailbox, one message a request, handed over as MIME so that every header is kept.

Source: Microsoft Learn, "user: sendMail": 202 says that the message was taken; a copy lies in the sender's Sent Items.
"""

from __future__ import annotations

import base64
from email import policy as email_policy
from typing import TYPE_CHECKING
from urllib.parse import quote

from mfa_audit.errors import AccessRefused, GraphUnreachable, SettingsError
from mfa_audit.mail import Fate, Told
from mfa_audit.sources.graph.client import Client, NotKnown, NotSent
from mfa_audit.sources.graph.pacing import Family, Pace

if TYPE_CHECKING:
    from email.message import EmailMessage

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.client import Tokens, Wire

PERMISSION = "Mail.Send"
_FORBIDDEN = (401, 403)
_PERHAPS = frozenset({408, 500, 502, 503, 504})
"""Answers after which the message may have been taken."""


class GraphMail:
    """Delivers from the mailbox ``sender`` (:class:`mfa_audit.mail.Deliver`).

    Raises :class:`AccessRefused` where the permission or the mailbox is refused, :class:`GraphUnreachable` where Graph
    cannot be reached or does not take mail in time.
    """

    def __init__(self, wire: Wire, tokens: Tokens, clock: Clock, sender: str, *, deadline_seconds: float) -> None:
        self._client = Client(wire, tokens, Pace(clock, clock.monotonic() + deadline_seconds), clock)
        self._path = f"/v1.0/users/{quote(sender, safe='@')}/sendMail"

    def send(self, message: EmailMessage) -> Told:
        """Hand over one message."""
        body = base64.b64encode(message.as_bytes(policy=email_policy.SMTP))
        try:
            told = self._client.hand_over(self._path, Family.MAIL, body, {"Content-Type": "text/plain"})
        except NotSent as error:
            raise GraphUnreachable(f"Graph cannot be reached: {error}", where=self._path,
                                   next_step="check the network, proxy and 'ca_bundle'; nothing was sent.") from error
        except NotKnown as error:
            return Told(Fate.UNKNOWN, str(error))
        if told is None:
            return Told(Fate.LEFT)
        if told.status in _FORBIDDEN:
            raise AccessRefused(f"Graph refuses to send: {told}", where=self._path,
                                next_step=f"grant {PERMISSION}, limited to the sender's mailbox (docs/permissions.md).")
        if told.status == 404:
            raise SettingsError(f"Graph knows no mailbox of the sender: {told}", where=self._path,
                                next_step="correct reminders.sender in the policy; nothing was sent.")
        return Told(Fate.UNKNOWN if told.status in _PERHAPS else Fate.REFUSED, str(told))

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
