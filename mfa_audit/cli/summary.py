"""``mfa-audit summary``: the figures and the unenrolled staff of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mfa_audit.cli.options import PATH, settings_of, shared
from mfa_audit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mfa_audit.nightly import Outcome
    from mfa_audit.runs import Run
    from mfa_audit.settings import Settings


@click.command("summary")
@click.option("--run", "run_folder", type=PATH, metavar="DIR", help="A run folder; default: the last good run.")
@click.option("--organisation", metavar="CODE", help="Only this organisation, by code or name.")
@click.option("--department", metavar="NAME", help="Only this department.")
@click.option("--manager", metavar="WHO", help="Only who reports to this person: id, UPN or a part of the name.")
@click.option("--status", "statuses", multiple=True, metavar="STATUS", help="Only this status; may be repeated.")
@click.option("--limit", type=click.IntRange(0, 10_000_000), default=20, show_default=True,
              help="How many people; 0 for all.")
@shared("settings", "output", "data", "json", "verbose")
def command(run_folder: Path | None, limit: int, **options: Any) -> int:
    """Show the figures and the staff who are not set up, from the last good run."""
    from mfa_audit.cli.screen import results  # noqa: PLC0415 - rich is heavy
    from mfa_audit.nightly import look_again  # noqa: PLC0415 - the whole house
    from mfa_audit.reports import terminal  # noqa: PLC0415
    from mfa_audit.reports.data import summary_text  # noqa: PLC0415
    from mfa_audit.reports.selection import Selection  # noqa: PLC0415

    settings = settings_of(options)
    run = run_to_read(run_folder, settings)
    if options.get("as_json"):
        click.echo(summary_text(run.summary), nl=False)
        return 0
    asked = Selection(options["organisation"], options["department"], options["manager"], options["statuses"])

    def tell(outcome: Outcome) -> None:
        terminal.summary(outcome.night, results(), filters=asked, limit=limit or None, place=str(run.folder))

    look_again(run, tell)
    return 0


def run_to_read(folder: Path | None, settings: Settings) -> Run:
    """The named run, else the last good one. Raises :class:`UsageError` when there is none."""
    from mfa_audit.runs import last_good, open_run  # noqa: PLC0415

    run = open_run(folder) if folder is not None else last_good(settings.output)
    if run is None:
        raise UsageError("there is no good run yet", where=str(settings.output),
                         next_step="make one with 'mfa-audit run', or name a --run folder.")
    return run
