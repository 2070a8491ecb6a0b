"""The reminders of one night: planned from whole data, listed with the reports, and put where a person finds them.

Nothing here stops a night: what goes wrong with reminders is said, and the reports stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mfa_audit.delivery import deliverer
from mfa_audit.errors import MfaAuditError
from mfa_audit.files import private_folder
from mfa_audit.reminders.plan_file import read_plan
from mfa_audit.reminders.sending import Rules, Sent
from mfa_audit.reminding import (
    Place,
    Prepared,
    Records,
    Reduced,
    hand_over,
    prepare,
    send_plan,
    take_in,
    write_lists,
)
from mfa_audit.runs import open_run

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.collection import Online
    from mfa_audit.settings import Settings


@dataclass
class NightReminders:
    """The reminders of one night. ``acts``: it lists and sends; otherwise it only shows, as when somebody named the
    day. ``stopped`` is what went wrong, ``notes`` what the operator is told."""

    records: Records
    place: Place
    settings: Settings
    moment: datetime
    online: Online | None
    acts: bool
    prepared: Prepared | None = None
    stopped: MfaAuditError | None = None
    notes: list[str] = field(default_factory=list)

    def plan(self, run_folder: Path, *, accept_loss: bool) -> None:
        """Plan, and write the lists into the folder of the run, which is not published yet."""
        try:
            with self.place.opened(self.records.policy, self.moment) as ledger:
                self.prepared = prepare(self.records, ledger, self.records.as_of, accept_loss=accept_loss)
            write_lists(self.prepared, private_folder(run_folder / "reminders"))
        except MfaAuditError as error:
            self.prepared, self.stopped = None, error
            return
        self.notes += [f"reminders: {number} messages can go nowhere: {why}"
                       for why, number in self.prepared.refusals()]

    def hand_over(self, run_folder: Path) -> None:
        """Once the run is published: into the outbox, or sent where the policy says so."""
        if self.prepared is None or not self.acts:
            return
        try:
            with self.place.opened(self.records.policy, self.moment) as ledger:
                take_in(self.prepared, self.records.people, ledger, self.moment)
                where = hand_over(self.prepared, open_run(run_folder), self.place, ledger, self.moment)
                if where is None:
                    return
                self.notes.append(f"reminders for {self.prepared.people} people wait in {where}")
                reminders = self.records.policy.reminders
                if reminders.delivery == "files" or not reminders.unattended or self.online is None:
                    return
                rules = Rules(self.place.stopped, self.settings.mail_per_minute)
                deliver = deliverer(self.settings, self.records.policy, self.online)
                sent = send_plan(Reduced(self.prepared, 0), self.place, ledger, deliver, self.online.clock, rules,
                                 read_plan(where).origin.as_of)
                self.notes.append(f"reminders: {said_of(sent)}")
        except MfaAuditError as error:
            self.stopped = error


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
