"""``mfa-audit report``: judge a kept snapshot again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mfa_audit.cli.options import PATH, job_of, shared
from mfa_audit.cli.run import exit_code, tell_whoever_listens
from mfa_audit.errors import UsageError

if TYPE_CHECKING:
    from mfa_audit.nightly import Outcome


@click.command("report")
@click.option("--snapshot", type=PATH, metavar="DIR", help="Snapshot folder; default: the last run's.")
@shared("policy", "preset", "settings", "as_of", "output", "data", "json", "fail_under", "allow_stale", "accept_drop",
        "accept_loss", "quiet", "verbose")
def command(snapshot: Path | None, **options: Any) -> int:
    """Write the reports again from a snapshot, as a run of their own.

    Without --as-of the day of the last run is judged again, without --policy and --preset by its policy, so that the
    figures are the same; registers are those of the snapshot.
    """
    from mfa_audit import runs  # noqa: PLC0415 - the whole house
    from mfa_audit.cli.screen import observer  # noqa: PLC0415
    from mfa_audit.nightly import policy_of_run, report_again  # noqa: PLC0415

    job = job_of(options)
    last = runs.last_good(job.settings.output)
    if snapshot is None and last is None:
        raise UsageError("there is no run yet to report again", where=str(job.settings.output),
                         next_step="make one with 'mfa-audit run', or name a --snapshot.")
    if last is not None and snapshot is None:
        if options.get("as_of") is None:
            job = replace(job, as_of=date.fromisoformat(last.summary["as_of"]), dated_by_clock=False)
        if job.settings.policy is None and job.settings.preset is None:
            job = replace(job, policy=policy_of_run(last))
    chosen = snapshot or Path(str((last or runs.open_run(job.settings.output)).manifest["snapshot"]))
    heard: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        heard.append(outcome)
        tell_whoever_listens(outcome, as_json=bool(options.get("as_json")), quiet=bool(options.get("quiet")))

    report_again(job, chosen, tell, observer(quiet=bool(options.get("quiet"))))
    return exit_code(heard[0], options.get("fail_under"))
