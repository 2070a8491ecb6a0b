"""Sends the letters of a plan: claimed before they leave, one at a time, and never a second time by guess.

Call it while holding the lock of whoever sends.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.errors import IncompleteData, MfaAuditError, OutputFailed, SettingsError, UsageError
from mfa_audit.mail import Fate, Told
from mfa_audit.reminders.addresses import objection
from mfa_audit.reminders.columns import PLAN, Recipient, State, frame
from mfa_audit.reminders.compose import samples
from mfa_audit.reminders.ledger import keys_of
from mfa_audit.reminders.message import message_of, sender_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from mfa_audit.clock import Clock
    from mfa_audit.mail import Deliver
    from mfa_audit.policy import Policy
    from mfa_audit.reminders.compose import Composer, Mail
    from mfa_audit.reminders.ledger import Ledger
    from mfa_audit.reminders.words import Letter

FIRST_USE = "first-use"
"""Stage of the copies that the operator gets before a letter is first used."""
TOO_MANY_REFUSALS = 10
"""After so many refusals in a row nothing more is tried: it is not the recipients."""


@dataclass(frozen=True)
class Rules:
    """``stopped`` is asked before every letter; at most ``limit`` letters, at most ``per_minute`` in a minute."""

    stopped: Callable[[], bool]
    per_minute: int
    limit: int | None = None


@dataclass
class Sent:
    """What came of it, in letters: ``put_off`` wait for the next send day (a template's first use), ``left_over`` are
    beyond the limit or behind the stop, ``skipped`` somebody else had claimed or sent."""

    left: int = 0
    refused: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    copies: int = 0
    put_off: int = 0
    left_over: int = 0
    skipped: int = 0
    stopped: bool = False


def refuse_to_send(policy: Policy) -> None:
    """Raise :class:`SettingsError` unless the policy has all that sending needs."""
    reminders = policy.reminders
    needs = {
        "reminders.sender": reminders.sender, "reminders.allowed_domains": reminders.allowed_domains,
        "reminders.addresses.operator": reminders.addresses.operator,
    }
    missing = [name for name, value in needs.items() if not value]
    if missing:
        raise SettingsError(f"nothing is sent without {', '.join(missing)}", where="the policy",
                            next_step="docs/reminders.md says what each is for.")
    allowed = frozenset(domain.lower() for domain in reminders.allowed_domains)
    for name, address, among in (("reminders.sender", reminders.sender, frozenset[str]()),
                                 ("reminders.addresses.operator", reminders.addresses.operator, allowed)):
        if wrong := objection(address, among):
            raise SettingsError(f"{name}: {wrong}", where="the policy", next_step="correct it; nothing was sent.")


def check_letters(composer: Composer) -> None:
    """Write every letter once without sending it, so that what cannot be written stops all of it before the first.

    Raises :class:`UsageError` naming letter and field.
    """
    for mail in composer.mails:
        _written(composer, mail)


def first_wave(composer: Composer, ledger: Ledger, day: dt.date) -> tuple[list[Mail], list[Mail], frozenset[str]]:
    """The letters that may leave on ``day``, those put off, and the letters of which the operator gets a copy first.

    A template that nobody had before ``day`` goes to no more than ``first_wave`` people on that day: those who read it,
    however many it is about. A list that is put off waits whole.
    """
    limit, used = composer.policy.reminders.first_wave, ledger.templates_used(day)
    new = set(composer.rows["template"].unique()) - used
    readers = {template: set(ledger.readers_since(day).get(template, ())) for template in new}
    templates = composer.rows["template"].tolist()
    whom = composer.rows["recipient_id"].fillna("").tolist()
    now: list[Mail] = []
    later: list[Mail] = []
    for mail in composer.mails:
        reader = (mail.recipient, whom[mail.rows[0]])
        waves = [readers[name] for name in {templates[row] for row in mail.rows} & new]
        if any(reader not in wave and len(wave) >= limit for wave in waves):
            later.append(mail)
            continue
        for wave in waves:
            wave.add(reader)
        now.append(mail)
    return now, later, frozenset(mail.letter for mail in now if mail.template in new)


def send(composer: Composer, ledger: Ledger, deliver: Deliver, planned_for: dt.date, day: dt.date, clock: Clock,
         rules: Rules) -> Sent:
    """Send the letters of ``composer``, whose plan is of ``planned_for``, on ``day``.

    Whatever is claimed and not known to have left or not stays claimed, for :meth:`Ledger.settle`. Raises what
    ``deliver`` raises when nothing can leave, :class:`OutputFailed` when every letter is refused, and
    :class:`IncompleteData` when nobody knows whether the operator got a copy.
    """
    check_letters(composer)
    now, later, new = first_wave(composer, ledger, day)
    sent = Sent(put_off=len(later))
    post = _Post(composer, ledger, deliver, clock, rules)
    if new and not _copies(post, new, planned_for, sent):
        sent.left_over = len(now)
        return sent
    in_a_row = 0
    for number, mail in enumerate(now):
        sent.stopped = rules.stopped()
        if sent.stopped or (rules.limit is not None and sent.left >= rules.limit):
            sent.left_over = len(now) - number
            break
        claimed = ledger.claim(composer.rows.iloc[list(mail.rows)], planned_for, clock.now())
        if claimed.empty:
            sent.skipped += 1
            continue
        told = post.leave(replace(mail, rows=tuple(claimed.index)))
        sent.left += told.fate is Fate.LEFT
        if told.fate is Fate.UNKNOWN:
            sent.unknown.append(f"{mail.to}: {told.detail}")
        in_a_row = in_a_row + 1 if told.fate is Fate.REFUSED else 0
        if told.fate is Fate.REFUSED:
            sent.refused.append(f"{mail.to}: {told.detail}")
        if in_a_row >= TOO_MANY_REFUSALS:
            raise OutputFailed(f"{in_a_row} messages in a row were refused, the last with: {told.detail}",
                               where=mail.to, next_step="they have not left and are planned again; look at the mail "
                                                        "server's log and at reminders.sender.")
    return sent


@dataclass
class _Post:
    composer: Composer
    ledger: Ledger
    deliver: Deliver
    clock: Clock
    rules: Rules
    next_at: float = float("-inf")

    def leave(self, mail: Mail) -> Told:
        """Deliver a letter whose messages are claimed, and write down what became of it."""
        return self.deliver_letter(_written(self.composer, mail), mail.to, self.composer.rows.iloc[list(mail.rows)])

    def deliver_letter(self, letter: Letter, to: str, rows: pd.DataFrame) -> Told:
        keys = keys_of(rows)
        policy = self.composer.policy
        message = message_of(letter, to, keys, self.clock.now(), sender=policy.reminders.sender,
                             sender_name=sender_name(policy))
        self.clock.sleep(max(0.0, self.next_at - self.clock.monotonic()))
        self.next_at = self.clock.monotonic() + 60 / self.rules.per_minute
        try:
            told = self.deliver.send(message)
        except MfaAuditError as error:
            self.ledger.did_not_leave(keys, self.clock.now(), error.message)
            raise
        if told.fate is Fate.LEFT:
            self.ledger.left(keys, self.clock.now())
        elif told.fate is Fate.REFUSED:
            self.ledger.did_not_leave(keys, self.clock.now(), told.detail)
        return told


def _copies(post: _Post, new: frozenset[str], planned_for: dt.date, sent: Sent) -> bool:
    """Send the operator each letter that is new; whether they have all of them."""
    composer, ledger = post.composer, post.ledger
    operator = composer.policy.reminders.addresses.operator
    assert operator is not None  # noqa: S101 - refuse_to_send was asked first
    for mail, letter in samples(composer):
        if mail.letter not in new:
            continue
        row = _copy_row(mail.letter, composer.policy.reminders.campaign, planned_for)
        known = ledger.history(f"letter:{mail.letter}", f"letter:{mail.letter}")
        state = known.loc[known["campaign"] == composer.policy.reminders.campaign, "state"].tolist()
        if state == [State.SENT]:
            continue
        if post.rules.stopped():
            sent.stopped = True
            return False
        if ledger.claim(row, planned_for, post.clock.now()).empty:
            raise IncompleteData(f"nobody knows whether the operator got the letter {mail.letter}", where=operator,
                                 next_step="look, and say it with: mfa-audit remind decide")
        told = post.deliver_letter(letter, operator, row)
        if told.fate is not Fate.LEFT:
            raise OutputFailed(f"the operator could not be shown the letter {mail.letter}: {told.detail}",
                               where=operator, next_step="nobody else was written to; see: mfa-audit remind undecided")
        sent.copies += 1
    return True


def _copy_row(letter: str, campaign: str, day: dt.date) -> pd.DataFrame:
    values: Mapping[str, object] = {
        "account_id": f"letter:{letter}", "campaign": campaign, "ladder": FIRST_USE, "stage": FIRST_USE,
        "occurrence": 0, "recipient": Recipient.OPERATOR.value, "recipient_id": None, "audience": "operator",
        "template": f"{FIRST_USE}:{letter}", "anchor": pd.NaT, "due": pd.Timestamp(day), "why": "notice",
        "route": "notice",
    }
    return frame(PLAN, pd.DataFrame([values]))


def _written(composer: Composer, mail: Mail) -> Letter:
    try:
        return composer.letter(mail)
    except ValueError as error:
        raise UsageError(f"the letter {mail.letter} cannot be written: {error}",
                         next_step="correct the letter or the policy; nothing was sent.") from error


def said_of(sent: Sent) -> str:
    """What sending came to, in one sentence."""
    parts = [f"{sent.left} messages have left"]
    parts += [f"{number} {words}" for number, words in (
        (sent.copies, "letters went to the operator first"),
        (len(sent.refused), "were refused and are planned again"),
        (len(sent.unknown), "nobody knows of, see: mfa-audit remind undecided"),
        (sent.put_off, "wait for the next send day, because their letter is new"),
        (sent.left_over, "were not tried"), (sent.skipped, "had been sent or claimed before"),
    ) if number]
    return "; ".join(parts) + ("; stopped by the file that says so." if sent.stopped else ".")
