"""``mfa-audit explain``: why an account has its status, or what a control means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mfa_audit.cli.options import PATH, settings_of, shared
from mfa_audit.cli.summary import run_to_read
from mfa_audit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mfa_audit.nightly import Outcome

_MOST = 30


@click.command("explain")
@click.argument("what", metavar="ACCOUNT|FRAGMENT|CONTROL|GAP")
@click.option("--run", "run_folder", type=PATH, metavar="DIR", help="A run folder; default: the last good run.")
@shared("settings", "output", "data", "verbose")
def command(what: str, run_folder: Path | None, **options: Any) -> int:
    """Explain an account (id, UPN or a part of the name), a control (MFA-REG-01) or a policy gap (report_only)."""
    from mfa_audit.cli.screen import results  # noqa: PLC0415 - rich is heavy
    from mfa_audit.nightly import look_again  # noqa: PLC0415 - the whole house
    from mfa_audit.reports import terminal  # noqa: PLC0415
    from mfa_audit.reports.explain import account_facts, accounts_like, control_row, gap_rows  # noqa: PLC0415

    run = run_to_read(run_folder, settings_of(options))

    def tell(outcome: Outcome) -> None:
        night, console = outcome.night, results()
        control = control_row(night, what)
        if control is not None:
            terminal.control(control, console)
            return
        gaps = gap_rows(night, what)
        if gaps:
            terminal.gaps(gaps, console)
            return
        if not what.strip():
            raise UsageError("nothing was asked for", next_step="give an object id, a UPN, or a part of the name.")
        rows = accounts_like(night, what, most=_MOST)
        if rows.empty:
            raise UsageError(f"no account, control or policy gap fits {what!r}",
                             next_step="give an object id, a UPN, a part of the name, a control such as MFA-REG-01, or "
                                       "a policy gap such as report_only.")
        if len(rows) > 1:
            terminal.matches(rows, console)
            return
        row = {str(name): value for name, value in rows.iloc[0].items()}
        terminal.account(row, account_facts(night, row, outcome.snapshot), console)

    look_again(run, tell)
    return 0
