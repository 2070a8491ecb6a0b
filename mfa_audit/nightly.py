"""The whole job on one page: read, keep, judge, report, publish.

The rooms do not know one another; their tables are handed on here.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfa_audit import runs
from mfa_audit.collection import refuse_foreign, take_snapshot
from mfa_audit.completeness import (
    Before,
    Gap,
    gaps,
    lost_factors,
    lost_sources,
    nobody_in_scope,
    parts,
    refuse_nobody,
    supplied,
)
from mfa_audit.errors import MfaAuditError, UsageError
from mfa_audit.files import lock, new_folder_aside, private_folder, scratch_folder, sweep, write_text
from mfa_audit.judging import judge_snapshot, refuse_sums_that_differ
from mfa_audit.methods import Level
from mfa_audit.nightly_reminders import NightReminders
from mfa_audit.policy import load_policy
from mfa_audit.progress import SILENT, Progress
from mfa_audit.reminding import Place, Records
from mfa_audit.reports.run_folder import write_outputs
from mfa_audit.reports.view import Night
from mfa_audit.snapshot.columnar import TableFile, moved
from mfa_audit.snapshot.store import Snapshot, open_snapshot
from mfa_audit.verdicts.register_complaints import entries_known, register_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mfa_audit.collection import Online
    from mfa_audit.policy import Policy
    from mfa_audit.settings import Settings
    from mfa_audit.snapshot.raw import Complaint
    from mfa_audit.verdicts.results import Verdicts

_HANDED_ON = (
    "people", "by_organisation", "by_department", "by_manager", "controls", "methods", "exemptions", "quality",
    "sources", "reconciliation", "organisation_names", "tenant_name", "access", "touched",
)
"""What reports take from the verdicts as it is."""


@dataclass(frozen=True)
class Job:
    """One night's work. ``started`` is UTC; ``as_of`` the day judged, in the policy's zone; ``dated_by_clock`` is false
    when a person named the day, so that old data is shown and not refused. ``online`` is needed to read Graph."""

    settings: Settings
    policy: Policy
    started: datetime
    as_of: date
    dated_by_clock: bool = True
    allow_stale: bool = False
    accept_drop: bool = False
    accept_loss: bool = False
    online: Online | None = None


@dataclass(frozen=True)
class Outcome:
    """What a night came to: its folder, what it says, what is missing, what it was judged from. ``notes`` are for the
    operator; ``reminders_stopped`` is why nobody is reminded, though the reports are whole.
    """

    folder: Path
    night: Night
    gaps: tuple[Gap, ...]
    snapshot: Snapshot
    notes: tuple[str, ...] = ()
    reminders_stopped: MfaAuditError | None = None


def run(job: Job, tell: Callable[[Outcome], None], progress: Progress = SILENT) -> None:
    """The nightly job; ``tell`` hears what it came to while its tables are still there.

    Raises what :mod:`mfa_audit.errors` names; an incomplete night is published and told.
    """
    with _alone(job) as work:
        tell(report(job, collect(job, work, progress), work, progress, remind=True))


def collect_alone(job: Job, progress: Progress = SILENT) -> Snapshot:
    """Take a snapshot and stop."""
    with _alone(job) as work:
        return collect(job, work, progress)


def report_again(job: Job, snapshot: Path, tell: Callable[[Outcome], None], progress: Progress = SILENT) -> None:
    """Judge a kept snapshot once more and publish the reports as a run of their own."""
    with _alone(job) as work:
        kept = open_snapshot(snapshot)
        refuse_foreign(job.settings, job.policy, kept)
        attribute = job.policy.population.organisation_attribute
        if kept.manifest.organisation_attribute != attribute:
            kept_as = kept.manifest.organisation_attribute
            raise UsageError(f"the snapshot has {kept_as} as the organisation, the policy asks for {attribute}",
                             where=str(snapshot), next_step="run again, to take a new snapshot.")
        tell(report(job, kept, work, progress))


def look_again(run: runs.Run, tell: Callable[[Outcome], None]) -> None:
    """Judge the snapshot of a published run as it was judged then; nothing is written."""
    with look_at(run) as outcome:
        tell(outcome)


@contextmanager
def look_at(run: runs.Run) -> Iterator[Outcome]:
    """As :func:`look_again`, for as long as the block lasts."""
    with scratch_folder() as work:
        snapshot = replace(open_snapshot(Path(run.manifest["snapshot"])), lost=frozenset(run.manifest.get("lost", ())))
        policy, as_of = policy_of_run(run), date.fromisoformat(run.summary["as_of"])
        verdicts = judge_snapshot(snapshot, policy, as_of, work / "people.parquet",
                                  whole_sources=lambda: bool(run.summary["complete"]))
        yield Outcome(run.folder, night_of(policy, as_of, run.summary, verdicts), (), snapshot)


def policy_of_run(run: runs.Run) -> Policy:
    """The policy a run was judged by, from its manifest."""
    with scratch_folder() as folder:
        text = folder / "policy.toml"
        write_text(text, run.manifest["policy"])
        return load_policy(text)


def collect(job: Job, work: Path, progress: Progress = SILENT) -> Snapshot:
    """Take a snapshot of the tenant (:func:`mfa_audit.collection.take_snapshot`)."""
    return take_snapshot(job.settings, job.policy, job.started, job.as_of, work, progress, job.online)


def report(job: Job, snapshot: Snapshot, work: Path, progress: Progress = SILENT, *, remind: bool = False) -> Outcome:
    """Judge every account of a snapshot, write what people read, and publish it; with ``remind``, where everything is
    whole, plan the reminders too."""
    output, manifest = job.settings.output, snapshot.manifest
    refuse_nobody(manifest)
    previous, notes = _previous(output)
    before = None if previous is None else Before(
        previous.manifest["tenant"], previous.manifest["rows"], frozenset(previous.manifest.get("supplied", ())),
        previous.manifest.get("parts", {}))
    now = parts(snapshot, job.policy, entries_known(snapshot, "privileged_accounts"))
    found = gaps(
        snapshot, job.settings.collect, job.policy, dated_by_clock=job.started if job.dated_by_clock else None,
        before=before, now=now, allow_stale=job.allow_stale, accept_drop=job.accept_drop,
    )
    if not job.accept_drop:
        snapshot = replace(snapshot, lost=lost_sources(snapshot, before, now, job.policy))
    people = work / "people.parquet"

    def whole_sources() -> bool:
        nonlocal found
        found += nobody_in_scope(int(TableFile(people).count([], {"in_scope": [True]})["count"].sum()))
        if previous is not None and not job.accept_loss:
            found += lost_factors(*_lost(previous, people, job.policy), job.policy)
        return not found

    verdicts = judge_snapshot(snapshot, job.policy, job.as_of, people, progress, whole_sources=whole_sources)
    refuse_sums_that_differ(verdicts.reconciliation)
    reminders = reminders_of(job, snapshot, TableFile(people))
    night = reminders.seen_by(night_of(job.policy, job.as_of, summary_of(job, verdicts, found), verdicts))

    staging = new_folder_aside(private_folder(output), "run")
    try:
        write_outputs(night, staging, progress)
        if remind and not found:
            reminders.plan(staging, accept_loss=job.accept_loss)
        name = runs.free_name(output, job.started)
        text = runs.manifest_text(staging, name, previous, _manifest_facts(job, snapshot, night, now))
        folder = runs.publish(staging, output, name, text, complete=not found)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    reminders.hand_over(folder)
    grave = tuple(_said(each) for each in snapshot.complaints if each.grave)
    unknown = tuple(filter(None, map(register_note, verdicts.quality)))
    return Outcome(folder, night, found, snapshot, (*notes, *grave, *unknown, *reminders.notes), reminders.stopped)


def reminders_of(job: Job, snapshot: Snapshot, people: TableFile) -> NightReminders:
    """The reminders of this night; they only show when a person named the day, or lets old data pass."""
    return NightReminders(Records(people, snapshot, job.policy, job.as_of),
                          Place.of(job.settings, snapshot.manifest.tenant), job.started,
                          acts=job.dated_by_clock and not job.allow_stale)


def summary_of(job: Job, verdicts: Verdicts, found: tuple[Gap, ...]) -> dict[str, Any]:
    """``summary.json`` of a night: nothing in it depends on when or where it ran."""
    policy = job.policy
    return {
        "schema": "mfa-audit/summary/1",
        "as_of": job.as_of.isoformat(),
        "complete": not found,
        "gaps": [{"table": gap.table, "reason": gap.reason} for gap in found],
        "policy": {"id": policy.about.id, "version": policy.about.version, "sha256": policy.sha256},
        "populations": verdicts.populations,
        "key_figures": verdicts.key_figures,
        "headline_kind": verdicts.headline_kind,
        "retirement": verdicts.retirement,
        "scenarios": None if verdicts.access is None else verdicts.access["scenarios"],
    }


def night_of(policy: Policy, as_of: date, summary: dict[str, Any], verdicts: Verdicts) -> Night:
    """What reports may show of a judged tenant."""
    tables = {name: getattr(verdicts, name) for name in _HANDED_ON}
    return Night(
        summary=summary, policy=policy, as_of=as_of, marking=policy.reports.marking,
        delete_by=as_of + timedelta(days=policy.privacy.retention_days.people), **tables,
    )


@contextmanager
def _alone(job: Job) -> Iterator[Path]:
    """Nobody else works with this data and output; a folder to work in, gone afterwards."""
    data, output = private_folder(job.settings.data), private_folder(job.settings.output)
    with ExitStack() as stack:
        for folder in dict.fromkeys((data.resolve(), output.resolve())):
            stack.enter_context(lock(folder / ".mfa-audit.lock", "mfa-audit", started=job.started))
            sweep(folder)
        for snapshots in data.glob("*/snapshots"):
            sweep(snapshots)
        work = new_folder_aside(data, "work")
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        yield work


def _previous(output: Path) -> tuple[runs.Run | None, tuple[str, ...]]:
    """The last good run; one that is damaged does not stop the nights after it, and is said."""
    try:
        previous = runs.last_good(output)
    except UsageError as error:
        return None, (f"this run was compared with nothing: {error.where}: {error.message}",)
    return previous, ()


def _said(complaint: Complaint) -> str:
    at = f" at {complaint.examples[0]}" if complaint.examples else ""
    return f"{complaint.check}, {complaint.count} times{at}: {complaint.effect}. Next: {complaint.fix}"


def _lost(previous: runs.Run, people: Path, policy: Policy) -> tuple[int, int]:
    """How many had a usable second factor at the previous run and are known to have none now; of how many.

    What another policy took away nobody has lost, and a run whose accounts were deleted cannot be compared with.
    """
    before = previous.folder / "accounts.parquet"
    if previous.summary["policy"]["sha256"] != policy.sha256 or not before.is_file():
        return 0, 0
    usable = [level.label for level in Level if level > Level.NONE]
    return moved(before, people, key="account_id", column="best_level", out_of=usable, into=(Level.NONE.label,))


def _manifest_facts(job: Job, snapshot: Snapshot, night: Night, now: dict[str, int]) -> dict[str, Any]:
    given = {name: table for name, table in snapshot.manifest.tables.items() if table.state != "absent"}
    return {
        "complete": night.summary["complete"],
        "tenant": snapshot.manifest.tenant,
        "snapshot": str(snapshot.folder.resolve()),
        "captured_at": {
            name: None if table.captured_at is None else table.captured_at.isoformat() for name, table in given.items()
        },
        "rows": {name: table.rows for name, table in given.items()},
        "supplied": sorted(supplied(snapshot)),
        "parts": now,
        "lost": sorted(snapshot.lost),
        "inputs": night.sources.to_dict("records"),
        "reconciliation": night.reconciliation.to_dict("records"),
        "policy": job.policy.text,
    }
