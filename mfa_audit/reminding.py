"""Reminders of one tenant, from the records of a run to what waits or leaves: the join between runs and letters.

A night plans and lists. Every other step is a person's: ``mfa-audit remind``.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mfa_audit import files
from mfa_audit.errors import UsageError
from mfa_audit.reminders import outbox
from mfa_audit.reminders.brakes import people_in, refuse_size
from mfa_audit.reminders.calendar import SendDays
from mfa_audit.reminders.columns import KEY, Recipient
from mfa_audit.reminders.compose import Composer
from mfa_audit.reminders.directory import COLUMNS, Directory
from mfa_audit.reminders.ladder import WEAK
from mfa_audit.reminders.ledger import keys_of, open_ledger
from mfa_audit.reminders.lists import StageLists, call_list
from mfa_audit.reminders.mailing import Mailing, mailing
from mfa_audit.reminders.plan import READ, Plan, joined, plan
from mfa_audit.reminders.plan_file import Origin, PlanFile, name_of, plan_text, write_plan
from mfa_audit.reminders.sending import Rules, Sent, check_letters, first_wave, refuse_to_send, send
from mfa_audit.reminders.words import Words
from mfa_audit.runs import MANIFEST, Run
from mfa_audit.snapshot.columnar import CHUNK_ROWS
from mfa_audit.snapshot.documents import entries
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path

    import pandas as pd

    from mfa_audit.clock import Clock
    from mfa_audit.mail import Deliver
    from mfa_audit.policy import Policy
    from mfa_audit.reminders.ledger import Ledger
    from mfa_audit.settings import Settings
    from mfa_audit.snapshot.columnar import TableFile
    from mfa_audit.snapshot.store import Snapshot

LEDGER, LOCK, STOP = "reminders.sqlite", ".reminders.lock", "STOP-REMINDERS"
"""Below ``data``: the ledger and the lock of a tenant; a file that stops everything that sends, whatever it holds."""
_DONE = (Status.COMPLIANT, Status.NOT_ENFORCED)
_FACETS = {"methods": "method", "organisation": "organisation"}


@dataclass(frozen=True)
class Place:
    """Where a tenant's reminders lie. ``home`` is ``<output>/reminders``."""

    data: Path
    home: Path
    tenant: str

    @classmethod
    def of(cls, settings: Settings, tenant: str) -> Place:
        """Where the settings put them."""
        return cls(settings.data, settings.output / "reminders", tenant)

    @property
    def ledger(self) -> Path:
        """The file of the ledger."""
        return self.data / self.tenant / LEDGER

    def stopped(self) -> bool:
        """Whether somebody has said that nothing may leave."""
        return (self.data / STOP).exists()

    @contextmanager
    def opened(self, policy: Policy, moment: datetime, *, rebuild: bool = False) -> Iterator[Ledger]:
        """The ledger, nobody else listing or sending meanwhile; what a kill left behind is put right or removed first.

        Raises :class:`mfa_audit.errors.LockHeld`, and what opening the ledger raises.
        """
        files.private_folder(self.ledger.parent)
        with files.lock(self.ledger.parent / LOCK, "mfa-audit remind", started=moment):
            # Whoever writes beside the ledger holds this lock.
            files.sweep(self.ledger.parent)
            with open_ledger(self.ledger, self.tenant, policy.about.timezone, moment, rebuild=rebuild) as ledger:
                ledger.settle(moment)
                outbox.catch_up(self.home, ledger, moment)
                yield ledger


@dataclass(frozen=True)
class Records:
    """What a plan is made from: the people of a run as it judged them, and the day of the records."""

    people: TableFile
    snapshot: Snapshot
    policy: Policy
    as_of: date
    letters: Path | None = None


@dataclass(frozen=True)
class Prepared:
    """A plan of ``day`` with its addresses and letters."""

    plan: Plan
    mailing: Mailing
    composer: Composer
    day: date

    @property
    def people(self) -> int:
        """How many people hear something, themselves or through whoever answers for them."""
        return people_in(self.plan.rows)

    def origin(self, run: Run) -> Origin:
        """Where the plan comes from."""
        policy = self.composer.policy
        return Origin(str(run.manifest["tenant"]), self.day, run.folder.name, files.sha256_of(run.folder / MANIFEST),
                      policy.sha256, policy.reminders.campaign, policy.reminders.delivery)

    def refusals(self) -> list[tuple[str, int]]:
        """Why messages can go nowhere, and how many."""
        found = Counter(zip(self.mailing.refused["recipient"], self.mailing.refused["objection"], strict=True))
        return [(f"{recipient}: {why}", number) for (recipient, why), number in sorted(found.items())]

    def counts(self) -> list[tuple[tuple[str, str], int]]:
        """How many messages each stage has for each kind of recipient."""
        rows = self.mailing.rows
        return sorted(Counter(zip(rows["stage"], rows["recipient"], strict=True)).items())


def prepare(records: Records, ledger: Ledger, day: date, *, accept_loss: bool = False) -> Prepared:
    """The plan of ``day``. Raises :class:`mfa_audit.errors.IncompleteData` when it is out of proportion, unless
    ``accept_loss``, and what the words of the policy raise."""
    policy = records.policy
    words = Words.of(policy, records.letters)
    mail_read = "mail" not in records.snapshot.manifest.tables["accounts"].columns_absent
    exemptions, digests = records.snapshot.frame("exemptions"), ledger.digests()
    parts = []
    for people in records.people.rows(READ, order_by=("account_id",), chunk_rows=CHUNK_ROWS):
        first, last = people["account_id"].min(), people["account_id"].max()
        parts.append(plan(people, ledger.history(first, last), policy, day, exemptions=exemptions, digests=digests,
                          mail_read=mail_read))
    found = joined(parts)
    if not accept_loss:
        affected = records.people.frame(["account_id", *_FACETS], {"account_id": _affected(found)})
        refuse_size(affected, ledger.plan_sizes(day), _FACETS)
    directory = _directory(records, found.rows, mail_read=mail_read)
    addressed = mailing(found.rows, directory, policy, words)
    return Prepared(found, addressed, Composer(addressed.rows, directory, policy, words, records.as_of), day)


def write_lists(prepared: Prepared, folder: Path) -> None:
    """Write ``<stage>.csv``, ``<stage>-<recipient>.csv`` and ``service_desk.csv`` of a plan into ``folder``."""
    for stage in StageLists.of(prepared.composer):
        stage.lists(folder)
    call_list(prepared.composer, folder)


def take_in(prepared: Prepared, people: TableFile, ledger: Ledger, moment: datetime) -> None:
    """Tell the ledger what a night found: who is set up since they were told, what is wanted no longer, and how large
    the plan of a send day is."""
    open_ = ledger.not_done()
    if len(open_):
        status = people.frame(["account_id", "status"], {"status": [*_DONE, Status.COMPLIANT_WEAK]})
        seen = open_.merge(status, on="account_id")
        ledger.note_done(seen[(seen["status"] != Status.COMPLIANT_WEAK) | (seen["ladder"] != WEAK)], prepared.day)
    ledger.withdraw(keys_of(prepared.plan.withdrawn), moment)
    if prepared.day in SendDays.of(prepared.composer.policy.reminders):
        ledger.remember_plan(prepared.day, prepared.people)


def hand_over(prepared: Prepared, run: Run, place: Place, ledger: Ledger, moment: datetime) -> Path | None:
    """Put the plan where a person finds it: into the outbox where a person sends, else as a plan file. Where it lies;
    null when nobody hears anything."""
    if prepared.composer.rows.empty:
        outbox.tidy(place.home, ledger)
        return None
    origin = prepared.origin(run)
    text, digest = plan_text(origin, prepared.plan, prepared.mailing)
    name = name_of(origin.as_of, digest)
    if origin.delivery != "files":
        return write_plan(place.home / "plans", text, name)
    folder = outbox.put(place.home, name, text, prepared.composer, ledger, moment)
    outbox.tidy(place.home, ledger)
    return folder


@dataclass(frozen=True)
class Reduced:
    """A plan as it still holds: ``prepared`` with what is left of it, and how many messages fell away."""

    prepared: Prepared
    fallen: int


def still_wanted(given: PlanFile, fresh: Prepared) -> Reduced:
    """The messages of a plan file that today's plan has as well, to the same address by the same letter: whoever has
    registered since, was told since, or has another stage by now falls away. Nothing is added."""
    columns = [*KEY, "to", "letter"]
    kept = given.messages[columns].drop_duplicates()
    rows = fresh.mailing.rows.merge(kept, on=columns, how="inner")
    composer = replace(fresh.composer, rows=rows)
    return Reduced(replace(fresh, mailing=replace(fresh.mailing, rows=rows), composer=composer),
                   len(given.messages) - len(rows))


def refuse_other(given: PlanFile, tenant: str, policy: Policy) -> None:
    """Raise :class:`UsageError` when a plan is of another tenant, or was made by another policy."""
    origin = given.origin
    if origin.tenant != tenant:
        raise UsageError(f"the plan is of tenant {origin.tenant}, the last run of {tenant}",
                         next_step="name the plan of this tenant.")
    if origin.policy_sha256 != policy.sha256:
        raise UsageError("the policy has changed since the plan was made",
                         next_step="make a new one with: mfa-audit remind plan")


def send_plan(reduced: Reduced, place: Place, ledger: Ledger, deliver: Deliver, clock: Clock, rules: Rules,
              planned_for: date) -> Sent:
    """Send what is left of a plan. Whatever nobody knows to have left is marked for a person to decide, also when it
    ends with an error; raises as :func:`mfa_audit.reminders.sending.send`."""
    composer = reduced.prepared.composer
    refuse_to_send(composer.policy)
    if place.stopped():
        raise UsageError("reminders are stopped", where=str(place.data / STOP),
                         next_step="remove the file when they may leave again; nothing was sent.")
    try:
        return send(composer, ledger, deliver, planned_for, reduced.prepared.day, clock, rules)
    finally:
        ledger.settle(clock.now())
        deliver.close()


def rehearse(reduced: Reduced, ledger: Ledger) -> tuple[int, int, int]:
    """As :func:`send_plan` without sending: how many letters would leave, be put off, and go to the operator first."""
    composer = reduced.prepared.composer
    refuse_to_send(composer.policy)
    check_letters(composer)
    now, later, new = first_wave(composer, ledger, reduced.prepared.day)
    return len(now), len(later), len(new)


def _affected(found: Plan) -> list[str]:
    heard = found.rows["recipient"].isin((Recipient.PERSON, Recipient.RESPONSIBLE))
    return sorted(found.rows.loc[heard, "account_id"].unique())


def _directory(records: Records, rows: pd.DataFrame, *, mail_read: bool) -> Directory:
    """Everybody the plan names: first whom it is about, then those and their managers."""
    about = set(rows["account_id"])
    managers: set[str] = set()
    for people in records.people.rows(["account_id", "manager_id"]):
        managers |= set(people.loc[people["account_id"].isin(about), "manager_id"].dropna())
    wanted = {*about, *managers, *rows["recipient_id"].dropna()}
    languages = {}
    for accounts in records.snapshot.accounts(["account_id", "preferred_language"]):
        known = accounts.dropna(subset="preferred_language")
        languages.update(dict(zip(known["account_id"], known["preferred_language"], strict=True)))
    register = records.snapshot.frame("organisations").dropna(subset=["organisation_code", "local_admin_email"])
    # Two rows of one organisation that differ name nobody.
    single = register[["organisation_code", "local_admin_email"]].drop_duplicates().drop_duplicates(
        "organisation_code", keep=False)
    return Directory.of(
        records.people.rows(COLUMNS), wanted, languages=languages, mail_read=mail_read,
        local_admins=dict(single.itertuples(index=False, name=None)),
        passkeys=may_register_passkeys(records.snapshot.documents.get("authentication_methods_policy")),
    )


def may_register_passkeys(methods_policy: Any) -> bool:
    """Whether the tenant lets everybody register a passkey; not known is no, and the other steps are shown."""
    for document in entries(methods_policy):
        for each in entries(document.get("authenticationMethodConfigurations", [])):
            if str(each.get("id")).casefold() == "fido2":
                targets = {str(target.get("id")) for target in entries(each.get("includeTargets") or [])}
                return (str(each.get("state")).casefold() == "enabled" and "all_users" in targets
                        and not entries(each.get("excludeTargets") or []))
    return False
