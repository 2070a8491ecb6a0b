"""``mfa-audit whatif``: whether MFA is demanded of a sign-in."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mfa_audit.cli.options import PATH, online, settings_of, shared
from mfa_audit.cli.summary import run_to_read
from mfa_audit.errors import InputRejected, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mfa_audit.access.one import Answered
    from mfa_audit.runs import Run


@click.command("whatif")
@click.argument("cases", nargs=-1, type=PATH, metavar="[CASE.json…]")
@click.option("--account", metavar="WHO", help="An account of the last run: id, UPN or a part of the name.")
@click.option("--scenario", metavar="NAME", help="Only this scenario of the policy, every sign-in of it.")
@click.option("--matrix", is_flag=True, help="Every scenario in a line each.")
@click.option("--compare-live", is_flag=True, help="Ask Microsoft's What If the same, and say where it differs.")
@click.option("--run", "run_folder", type=PATH, metavar="DIR", help="A run folder; default: the last good run.")
@shared("settings", "output", "data", "json", "verbose")
def command(cases: tuple[Path, ...], account: str | None, scenario: str | None, matrix: bool,
            compare_live: bool, run_folder: Path | None, **options: Any) -> int:
    """Decide sign-ins described in JSON files, offline, a line of JSON for each; or those of one account."""
    if bool(cases) == bool(account):
        raise UsageError("case files and --account are two things" if cases else
                         "name case files, or an account with --account",
                         next_step="docs/conditional-access.md shows a case.")
    if compare_live and not account:
        raise UsageError("--compare-live is for an account", next_step="name one with --account.")
    if scenario and matrix:
        raise UsageError("--scenario and --matrix are two things", next_step="choose one.")
    if cases:
        for line in _answers(cases):
            click.echo(line)
        return 0
    run = run_to_read(run_folder, settings_of(options))
    who, answered = _of_account(run, str(account), scenario)
    if compare_live:
        return _compare(who, answered, options)
    if options.get("as_json"):
        for each in answered:
            click.echo(json.dumps(each.record(), ensure_ascii=False))
        return 0
    from mfa_audit.cli.screen import results  # noqa: PLC0415 - rich is heavy
    from mfa_audit.reports import terminal  # noqa: PLC0415

    told = [each.words() for each in answered]
    terminal.sign_ins(who, told, results(), in_lines=matrix or scenario is None)
    return 0


def _compare(who: str, answered: list[Answered], options: dict[str, Any]) -> int:
    from mfa_audit.collection import ask_live  # noqa: PLC0415 - the whole house

    asked = [(each, question) for each in answered if (question := each.live_question()) is not None]
    if not asked:
        raise UsageError("none of these sign-ins can be asked about",
                         next_step="name an account with an object id, and a scenario that states every signal.")
    answers = ask_live(settings_of(options), online(), (question for _, question in asked))
    told = [each.compared(answer) for (each, _), answer in zip(asked, answers, strict=True)]
    if options.get("as_json"):
        for each in told:
            click.echo(json.dumps(each, ensure_ascii=False))
        return 0
    from mfa_audit.cli.screen import results  # noqa: PLC0415 - rich is heavy
    from mfa_audit.reports import terminal  # noqa: PLC0415

    terminal.compared(who, told, len(answered) - len(asked), results())
    return 0


def _of_account(run: Run, account: str, scenario: str | None) -> tuple[str, list[Answered]]:
    from mfa_audit.access.one import answered  # noqa: PLC0415 - pandas is heavy
    from mfa_audit.nightly import policy_of_run  # noqa: PLC0415
    from mfa_audit.snapshot.store import open_snapshot  # noqa: PLC0415
    from mfa_audit.verdicts.required import per_user_state  # noqa: PLC0415

    policy, snapshot = policy_of_run(run), open_snapshot(Path(run.manifest["snapshot"]))
    return answered(snapshot, policy, date.fromisoformat(run.summary["as_of"]), account, scenario, per_user_state)


def _answers(cases: tuple[Path, ...]) -> Iterator[str]:
    from mfa_audit.access.cases import UnreadableCase, answer, read  # noqa: PLC0415 - only this command needs it

    for path in cases:
        try:
            told = answer(read(path.read_text(encoding="utf-8-sig")))
        except (OSError, ValueError, RecursionError) as error:
            reason = (str(error) if isinstance(error, UnreadableCase) else f"it cannot be opened ({error.strerror})"
                      if isinstance(error, OSError) else "it cannot be read as JSON")
            raise InputRejected(f"this is no case: {reason}", file=str(path),
                                next_step="docs/conditional-access.md shows one.") from error
        yield json.dumps(told, ensure_ascii=False)
