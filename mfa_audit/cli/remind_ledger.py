"""The part of ``mfa-audit remind`` that keeps the books: what was sent by hand, what nobody knows, what came of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from mfa_audit.cli.options import shared
from mfa_audit.cli.remind import Desk, say
from mfa_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


def _common(function: Callable[..., Any]) -> Callable[..., Any]:
    return shared("policy", "preset", "settings", "output", "data", "verbose")(function)


@click.command("confirm")
@click.argument("stage", metavar="STAGE")
@click.option("--on", "on", metavar="DATE", help="The day on which you sent it; default: today.")
@_common
def confirm(stage: str, on: str | None, **options: Any) -> int:
    """Say that you have sent what was listed for STAGE; only then the ladder goes on and the cool-down begins."""
    from mfa_audit.reminders import outbox  # noqa: PLC0415 - pandas is heavy

    desk = Desk(options)
    day = desk.day if on is None else _date(on)
    with desk.ledger() as ledger:
        number = ledger.confirm(desk.policy.reminders.campaign, stage, day, desk.moment)
        outbox.tidy(desk.place.home, ledger)
    say(f"{number} messages of {stage} were sent on {day.isoformat()}; if not: mfa-audit remind undo {stage}")
    return 0


@click.command("undo")
@click.argument("stage", metavar="STAGE")
@_common
def undo(stage: str, **options: Any) -> int:
    """Take the last confirmation of STAGE back; its messages wait again."""
    from mfa_audit.reminders import outbox  # noqa: PLC0415 - pandas is heavy

    desk = Desk(options)
    with desk.ledger() as ledger:
        number = ledger.undo(desk.policy.reminders.campaign, stage, desk.moment)
        outbox.tidy(desk.place.home, ledger)
    say(f"{number} messages of {stage} wait again.")
    return 0


@click.command("report")
@_common
def report(**options: Any) -> int:
    """Show how far every stage is, and how many registered within seven days of hearing it."""
    from mfa_audit.reminders.ledger import EFFECT_DAYS  # noqa: PLC0415 - pandas is heavy

    desk = Desk(options)
    campaign = desk.policy.reminders.campaign
    as_of = date.fromisoformat(desk.run.summary["as_of"])
    with desk.ledger() as ledger:
        states, effect = ledger.states(campaign), ledger.effect(campaign, as_of)
    if states.empty:
        say(f"Nothing was listed or sent yet in the campaign {campaign}.")
        return 0
    for row in states.itertuples():
        say(f"{row.stage:<24} {row.state:<12} {row.messages:>8}")
    for row in effect.itertuples():
        told = row.told - row.recent
        came = f"{row.soon} of {told} were set up within {EFFECT_DAYS} days" if told else "nobody can tell yet"
        later = f", {row.later} later" if row.later else ""
        recent = f"; {row.recent} heard it too lately to tell" if row.recent else ""
        say(f"{row.stage}: {came}{later}{recent}.")
    say(f"By the records of {as_of.isoformat()}: whoever they do not show set up is not counted as set up.")
    return 0


@click.command("undecided")
@_common
def undecided(**options: Any) -> int:
    """List messages of which nobody knows whether they left; look for them where mail is kept."""
    desk = Desk(options)
    with desk.ledger() as ledger:
        found = ledger.undecided()
    for row in found.itertuples():
        say(f"{row.account_id}  {row.stage}  {row.recipient}  {row.day:%Y-%m-%d}")
    say(f"{len(found)} messages: look whether they left, then: mfa-audit remind decide --left (or --not-left) ACCOUNT…"
        if len(found) else "Nothing is undecided.")
    return 0


@click.command("decide")
@click.argument("accounts", nargs=-1, metavar="ACCOUNT…")
@click.option("--left/--not-left", "left", default=None, help="Whether they left.")
@click.option("--stage", metavar="STAGE", help="Only of this stage.")
@click.option("--all", "everybody", is_flag=True, help="All of them.")
@_common
def decide(accounts: tuple[str, ...], **options: Any) -> int:
    """Say of undecided messages whether they left; those that did not are planned again."""
    from mfa_audit.reminders.ledger import keys_of  # noqa: PLC0415 - pandas is heavy

    left = options["left"]
    if left is None:
        raise UsageError("say --left or --not-left", next_step="look where mail is kept whether they left.")
    if bool(accounts) == options["everybody"]:
        raise UsageError("name accounts, or say --all", next_step="see: mfa-audit remind undecided")
    desk = Desk(options)
    with desk.ledger() as ledger:
        found = ledger.undecided()
        if options["stage"]:
            found = found[found["stage"] == options["stage"]]
        if accounts:
            found = found[found["account_id"].isin(accounts)]
            unknown = sorted(set(accounts) - set(found["account_id"]))
            if unknown:
                raise UsageError(f"nothing of {unknown[0]} is undecided", next_step="see: mfa-audit remind undecided")
        ledger.decide(keys_of(found), desk.moment, left=left)
    say(f"{len(found)} messages " + ("have left." if left else "have not left and are planned again."))
    return 0


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--on: {text!r} is no date", next_step="write 2026-03-02.") from None
