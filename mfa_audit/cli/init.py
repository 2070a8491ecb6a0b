"""``mfa-audit init``: a policy, settings and empty registers to start from."""

from __future__ import annotations

from pathlib import Path

import click

from mfa_audit.cli.options import PATH
from mfa_audit.errors import UsageError


@click.command("init")
@click.argument("folder", type=PATH, default=Path())
@click.option("--preset", metavar="NAME", default="general", show_default=True, help="Shipped policy to start from.")
def command(folder: Path, preset: str) -> int:
    """Write a short commented policy, settings and empty registers into FOLDER (default: here)."""
    from mfa_audit.files import private_folder, write_text  # noqa: PLC0415
    from mfa_audit.policy import preset_names  # noqa: PLC0415 - pydantic is heavy
    from mfa_audit.policy.starter import starter_files  # noqa: PLC0415

    if preset not in preset_names():
        raise UsageError(f"there is no preset {preset!r}", next_step=f"one of: {', '.join(preset_names())}.")
    files = starter_files(preset)
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise UsageError(f"{', '.join(there)}: there already", where=str(folder),
                         next_step="choose another folder; nothing was written.")
    private_folder(folder)
    for name, text in files.items():
        private_folder((folder / name).parent)
        write_text(folder / name, text)
        click.echo(str(folder / name))
    click.echo("\nNext: put exported files into a folder and look at them: mfa-audit doctor FOLDER")
    return 0
