"""The reminders of one night: planned from whole data, listed with the reports, and put where a person finds them.

Nothing here stops a night: what goes wrong with reminders is said, and the reports stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mfa_audit.errors import MfaAuditError
from mfa_audit.files import private_folder
from mfa_audit.reminding import Place, Prepared, Records, hand_over, prepare, take_in, write_lists
from mfa_audit.runs import open_run

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.reports.view import Night


@dataclass
class NightReminders:
    """The reminders of one night. ``acts``: what it lists counts; otherwise it only shows, as when somebody named the
    day. ``stopped`` is what went wrong, ``notes`` what the operator is told."""

    records: Records
    place: Place
    moment: datetime
    acts: bool
    prepared: Prepared | None = None
    stopped: MfaAuditError | None = None
    notes: list[str] = field(default_factory=list)

    def seen_by(self, night: Night) -> Night:
        """The night with what came of earlier reminders by the runs before its day; without it where there is no
        ledger, or it cannot be read, which is said."""
        if not self.place.ledger.is_file():
            return night
        campaign, before = self.records.policy.reminders.campaign, night.as_of - timedelta(days=1)
        try:
            with self.place.opened(self.records.policy, self.moment) as ledger:
                return replace(night, reminded=ledger.effect(campaign, before))
        except MfaAuditError as error:
            self.notes.append(f"what came of reminders is not shown: {error.message}")
            return night

    def plan(self, run_folder: Path, *, accept_loss: bool) -> None:
        """Plan, and write the lists into the folder of the run, which is not published yet."""
        try:
            with self.place.opened(self.records.policy, self.moment) as ledger:
                self.prepared = prepare(self.records, ledger, self.records.as_of, accept_loss=accept_loss)
            write_lists(self.prepared, private_folder(run_folder / "reminders"))
        except MfaAuditError as error:
            self.prepared, self.stopped = None, error

    def hand_over(self, run_folder: Path) -> None:
        """Once the run is published: its plan, and where mail is sent by hand the outbox. Nothing is sent."""
        if self.prepared is None or not self.acts:
            return
        try:
            with self.place.opened(self.records.policy, self.moment) as ledger:
                take_in(self.prepared, self.records.people, ledger, self.moment)
                where = hand_over(self.prepared, open_run(run_folder), self.place, ledger, self.moment)
                if where is not None:
                    self.notes.append(f"reminders for {self.prepared.people} people wait in {where}")
        except MfaAuditError as error:
            self.stopped = error
