"""``mfa-audit demo``: the whole job on a shipped sample."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from mfa_audit.cli.options import PATH
from mfa_audit.cli.run import carry_out
from mfa_audit.errors import UsageError
from mfa_audit.files import new_folder
from mfa_audit.samples import samples


@click.command("demo")
@click.option("--preset", metavar="NAME", help="The sample that shows this preset; default: the first there is.")
@click.option("--output", type=PATH, metavar="DIR", help="A folder that does not exist yet; default: a new one here.")
def command(preset: str | None, output: Path | None) -> int:
    """Judge a fictional tenant and say which three files to open."""
    from mfa_audit.nightly import Job  # noqa: PLC0415 - the whole house
    from mfa_audit.policy import load_policy  # noqa: PLC0415
    from mfa_audit.runs import last_good  # noqa: PLC0415
    from mfa_audit.settings import Settings  # noqa: PLC0415

    shown = samples()
    sample = next((one for one in shown if preset in (None, one.preset)), None)
    if sample is None:
        raise UsageError(f"no sample shows the preset {preset!r}",
                         next_step=f"one of: {', '.join(one.preset for one in shown)}.")
    folder = output or new_folder(Path.cwd(), "mfa-audit-demo-")
    if output is not None and output.exists():
        raise UsageError("the folder exists already", where=str(output), next_step="name a new one.")
    settings = Settings(sources=(sample.folder / "exports",), policy=sample.folder / "policy.toml",
                        output=folder / "reports", data=folder / "data")
    policy = load_policy(settings.policy)
    job = Job(settings, policy, datetime.now(UTC), sample.as_of, dated_by_clock=False)
    code = carry_out(job, {})
    run = last_good(settings.output)
    if run is not None:
        click.echo("\nOpen these three:")
        for file in three_files(run.folder):
            click.echo(f"  {file}")
    return code



def three_files(folder: Path) -> list[Path]:
    """The workbook of the whole tenant, one manager's, and the list of who is overdue."""
    largest = max((folder / "managers").glob("*.xlsx"), key=lambda file: (file.stat().st_size, file.name), default=None)
    chosen = [folder / "audit.xlsx", largest, folder / "reminders" / "overdue.csv"]
    return [file for file in chosen if file is not None]
