"""``mfa-audit run``: read, judge, report."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from mfa_audit.cli.options import job_of, need_sources, shared
from mfa_audit.errors import IncompleteData, OutputFailed

if TYPE_CHECKING:
    from mfa_audit.nightly import Job, Outcome

BELOW, INCOMPLETE = 3, IncompleteData.exit_code


@click.command("run")
@shared("source", "policy", "preset", "settings", "as_of", "captured_at", "output", "data", "tenant", "json",
        "fail_under", "allow_stale", "accept_drop", "accept_loss", "quiet", "verbose")
def command(**options: Any) -> int:
    """Read exported files, judge every account, write the reports.

    Leaves with 4 when the data does not show everybody; the reports then carry a banner, and 'latest' still names the
    last good run.
    """
    job = job_of(options)
    need_sources(job.settings.sources)
    return carry_out(job, options)


def carry_out(job: Job, options: dict[str, Any]) -> int:
    """Run a job and show what it came to; the exit code."""
    from mfa_audit.cli.screen import observer  # noqa: PLC0415 - rich is heavy
    from mfa_audit.nightly import run  # noqa: PLC0415 - the whole house

    heard: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        heard.append(outcome)
        tell_whoever_listens(outcome, as_json=bool(options.get("as_json")), quiet=bool(options.get("quiet")))

    run(job, tell, observer(quiet=bool(options.get("quiet"))))
    return exit_code(heard[0], options.get("fail_under"))


def tell_whoever_listens(outcome: Outcome, *, as_json: bool, quiet: bool) -> None:
    """As :func:`show`; a reader who has gone changes nothing of what the run came to, a full disk is said.

    Raises :class:`OutputFailed` when stdout cannot be written for another reason.
    """
    try:
        show(outcome, as_json=as_json, quiet=quiet)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputFailed(f"the result cannot be printed: {error.strerror}", where="stdout",
                           next_step=f"the reports are whole, in {outcome.folder}.") from error


def show(outcome: Outcome, *, as_json: bool, quiet: bool) -> None:
    """Print a run: the document, or the screen; names only where a person is looking."""
    from mfa_audit.cli.screen import results  # noqa: PLC0415 - rich is heavy
    from mfa_audit.reports import terminal  # noqa: PLC0415 - pandas is heavy
    from mfa_audit.reports.data import summary_text  # noqa: PLC0415 - pandas is heavy
    from mfa_audit.text_safety import for_terminal  # noqa: PLC0415

    if as_json:
        click.echo(summary_text(outcome.night.summary), nl=False)
    elif not quiet:
        draw = terminal.summary if sys.stdout.isatty() else terminal.figures
        draw(outcome.night, results(), place=str(outcome.folder))
    for note in outcome.notes:
        click.echo(for_terminal(f"mfa-audit: {note}"), err=True)
    for gap in outcome.gaps:
        click.echo(for_terminal(f"mfa-audit: incomplete: {gap.table}: {gap.reason}. Next: {gap.next_step}"), err=True)
    stopped = outcome.reminders_stopped
    if stopped is not None:
        said = f"mfa-audit: the reports are whole, but nobody is reminded: {stopped}"
        click.echo(for_terminal(" ".join(said.split())), err=True)


def exit_code(outcome: Outcome, fail_under: float | None) -> int:
    """0, or 3 below the mark (nobody is never all), or 4 when incomplete, which outranks it; where the reports are
    whole and reminders went wrong, the code of that."""
    if outcome.gaps:
        return INCOMPLETE
    if outcome.reminders_stopped is not None:
        return outcome.reminders_stopped.exit_code
    good, everybody = outcome.night.summary["key_figures"]["compliance"]
    if fail_under is not None and (not everybody or good * 100 < fail_under * everybody):
        return BELOW
    return 0
