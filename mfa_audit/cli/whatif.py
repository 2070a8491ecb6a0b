"""``mfa-audit whatif``: whether MFA is demanded of a sign-in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from mfa_audit.cli.options import PATH, shared
from mfa_audit.errors import InputRejected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@click.command("whatif")
@click.argument("cases", nargs=-1, required=True, type=PATH, metavar="CASE.json…")
@shared("json", "verbose")
def command(cases: tuple[Path, ...], **_options: Any) -> int:
    """Decide sign-ins described in JSON files, offline: one line of JSON for each, in order."""
    for line in _answers(cases):
        click.echo(line)
    return 0


def _answers(cases: tuple[Path, ...]) -> Iterator[str]:
    from mfa_audit.access.cases import UnreadableCase, answer  # noqa: PLC0415 - only this command needs it

    for path in cases:
        try:
            told = answer(json.loads(path.read_text(encoding="utf-8-sig")))
        except (OSError, ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, UnreadableCase) else "it cannot be read as JSON"
            raise InputRejected(f"this is no case: {reason}", file=str(path),
                                next_step="docs/conditional-access.md shows one.") from error
        yield json.dumps(told, ensure_ascii=False)
