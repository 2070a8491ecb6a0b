"""``mfa-audit doctor``: whether a night would work; ``doctor PATH…``: what these files are and what they answer."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

import click

from mfa_audit.cli.options import PATH, online, policy_of, settings_of, shared
from mfa_audit.errors import AccessRefused, InputRejected
from mfa_audit.files import scratch_folder

if TYPE_CHECKING:
    from mfa_audit.reports.answers import FileLine
    from mfa_audit.sources.exports.source import FileReport


@click.command("doctor")
@click.argument("paths", nargs=-1, type=PATH, metavar="[PATH…]")
@shared("policy", "preset", "settings", "output", "data", "tenant", "json")
def command(paths: tuple[Path, ...], *, as_json: bool, **options: Any) -> int:
    """Without PATH: whether a night of Microsoft Graph would work, line by line; leaves with 5 when it would not.

    With PATH: what each file is, and each register of the policy; which questions they answer, and how to get what is
    missing; leaves with 7 when a run would stop at one of them.
    """
    if not paths:
        return _set_up(options, as_json=as_json)
    registers = policy_of(settings_of(options)).register_paths().values()
    return _files(paths, tuple(registers), as_json=as_json)


def _set_up(options: dict[str, Any], *, as_json: bool) -> int:
    from mfa_audit.checks import State  # noqa: PLC0415
    from mfa_audit.cli.screen import results  # noqa: PLC0415 - rich is heavy
    from mfa_audit.diagnosis import examine  # noqa: PLC0415 - the whole house
    from mfa_audit.reports.terminal import checks  # noqa: PLC0415

    settings = settings_of(options)
    found = list(examine(settings, policy_of(settings), online(), getproxies(), proxy_bypass))
    if as_json:
        click.echo(json.dumps({"checks": [asdict(check) for check in found]}, indent=1, ensure_ascii=False))
    else:
        checks(found, results())
    return AccessRefused.exit_code if any(check.state is State.PROBLEM for check in found) else 0


def _files(paths: tuple[Path, ...], registers: tuple[Path, ...], *, as_json: bool) -> int:
    from mfa_audit.cli.screen import results  # noqa: PLC0415 - rich is heavy
    from mfa_audit.reports import terminal  # noqa: PLC0415
    from mfa_audit.reports.answers import MissingLine, QuestionLine  # noqa: PLC0415
    from mfa_audit.sources.exports.questions import RECIPES, answer, missing_of, request_text  # noqa: PLC0415
    from mfa_audit.sources.exports.source import inspect  # noqa: PLC0415

    with scratch_folder() as work:
        reports = inspect((*paths, *registers), work)
    shared = os.path.commonpath([(path if path.is_dir() else path.parent).resolve() for path in paths])
    answers = answer(reports)
    wanted = missing_of(answers)
    if as_json:
        document = {
            "files": [asdict(report) for report in reports],
            "questions": [
                {"question": each.question.text, "can": each.can, "because": each.because, "missing": each.missing}
                for each in answers
            ],
            "missing": [asdict(RECIPES[name]) for name in wanted],
            "request": request_text(wanted),
        }
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        terminal.doctor(
            [_line(report, shared) for report in reports],
            [QuestionLine(each.question.text, each.can, each.because) for each in answers],
            [MissingLine(RECIPES[name].file, RECIPES[name].clicks, RECIPES[name].powershell) for name in wanted],
            request_text(wanted),
            results(),
        )
    return InputRejected.exit_code if any(report.refused for report in reports) else 0


def _line(report: FileReport, shared: str) -> FileLine:
    from mfa_audit.reports.answers import FileLine  # noqa: PLC0415

    rows = sum(count for _, count in report.rows) if report.rows else None
    problem = f"{report.problem} {report.next_step}".strip()
    suspicion = problem or ("may be the first page only" if report.first_page else "")
    organisations = "" if report.organisations is None else str(report.organisations)
    place = Path(report.name).resolve()
    name = str(place.relative_to(shared)) if place.is_relative_to(shared) else place.name
    return FileLine(name, report.recognised_as, rows, report.newest_fact[:10], report.encoding, organisations,
                    suspicion)
