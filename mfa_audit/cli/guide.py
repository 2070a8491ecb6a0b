"""``mfa-audit guide``: the questions-and-answers page for staff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mfa_audit.cli.options import PATH, policy_of, settings_of, shared
from mfa_audit.errors import UsageError

_NAME = "mfa-guide.html"


@click.command("guide")
@shared("policy", "preset", "settings")
@click.option("--output", "target", type=PATH, metavar="FILE|DIR",
              help=f"Where the page goes, a .html file or a folder; default: {_NAME} here.")
@click.option("--language", metavar="TAG", help="Language of the page, such as en-GB.")
@click.option("--letters", type=PATH, metavar="DIR",
              help="Texts of your own; default: the folder letters beside the policy file, where there is one.")
def command(target: Path | None, language: str | None, letters: Path | None, **options: Any) -> int:
    """Write the questions and answers for staff, as one HTML page and as plain text beside it.

    Hours, methods, dates and ways to get help are those of the policy.
    """
    from mfa_audit.files import private_folder, write_text  # noqa: PLC0415
    from mfa_audit.reminders.guide import guide  # noqa: PLC0415 - jinja2

    page = _page(target)
    made = guide(policy_of(settings_of(options)), language, letters)
    if language is not None and not _speaks(made.language, language):
        raise UsageError(f"there is no text in {language}",
                         next_step="docs/reminders.md says how to add a language; nothing was written.")
    private_folder(page.parent)
    write_text(page, made.html)
    write_text(page.with_suffix(".txt"), made.text)
    click.echo(f"The guide for staff is in {page}, as plain text in {page.with_suffix('.txt')}.")
    return 0


def _page(target: Path | None) -> Path:
    if target is None:
        return Path(_NAME)
    if target.suffix.casefold() in (".html", ".htm") and not target.is_dir():
        return target
    if target.suffix and not target.is_dir():
        raise UsageError("is neither a folder nor a .html file", where=str(target),
                         next_step="name a folder, or a file that ends in .html.")
    return target / _NAME


def _speaks(found: str, wanted: str) -> bool:
    return found.casefold().partition("-")[0] == wanted.replace("_", "-").casefold().partition("-")[0]
