"""``mfa-audit remind``: who hears what, by hand or by mail; every step says in one sentence what it did."""

from __future__ import annotations

import importlib
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from mfa_audit.cli.options import PATH, day_of, online, policy_of, settings_of, shared
from mfa_audit.cli.summary import run_to_read
from mfa_audit.errors import IncompleteData, OutputFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mfa_audit.policy import Policy
    from mfa_audit.reminders.ledger import Ledger
    from mfa_audit.reminding import Place, Records
    from mfa_audit.runs import Run
    from mfa_audit.settings import Settings

_LATER = {
    "confirm": "You have sent what was listed for a stage.",
    "undo": "Take the last confirmation of a stage back.",
    "report": "How far every stage is, and what came of it.",
    "undecided": "Messages of which nobody knows whether they left.",
    "decide": "Say of those whether they left.",
}
_LETTERS = click.option("--letters", type=PATH, metavar="DIR", help="Texts of your own; default: as 'guide'.")
_RUN = click.option("--run", "run_folder", type=PATH, metavar="DIR", help="A run folder; default: the last good run.")
_REBUILD = click.option("--rebuild", is_flag=True, help="Begin a new ledger although a damaged one lies aside.")


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *_LATER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _LATER:
            command: click.Command = getattr(importlib.import_module("mfa_audit.cli.remind_ledger"), cmd_name)
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        own = {name: command.get_short_help_str(80) for name, command in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl([*own.items(), *_LATER.items()])


@click.group("remind", cls=_Group)
def command() -> None:
    """Plan reminders, send them, and keep the books.

    Nothing leaves until the policy says by which way and a person sends a plan.
    """


class Desk:
    """What every command of this group needs: the run to go by, its policy, the tenant's place, the moment."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.settings: Settings = settings_of(options)
        self.run: Run = run_to_read(options.get("run_folder"), self.settings)
        self.policy = self._policy()
        self.moment = datetime.now(UTC)
        self.day = day_of(options.get("as_of"), self.moment, self.policy)
        self.letters: Path | None = options.get("letters")
        self.rebuild = bool(options.get("rebuild"))
        self._named_day = options.get("as_of") is not None

    @property
    def place(self) -> Place:
        """Where the tenant's reminders lie."""
        from mfa_audit.reminding import Place  # noqa: PLC0415 - pandas is heavy

        return Place.of(self.settings, str(self.run.manifest["tenant"]))

    def ledger(self) -> Any:
        """The ledger, opened under its lock."""
        return self.place.opened(self.policy, self.moment, rebuild=self.rebuild)

    @contextmanager
    def records(self) -> Iterator[tuple[Records, Ledger]]:
        """The people of the run and the ledger; a run that is incomplete or too old is refused."""
        from mfa_audit.nightly import look_at  # noqa: PLC0415 - the whole house
        from mfa_audit.reminders.brakes import refuse_incomplete  # noqa: PLC0415
        from mfa_audit.reminding import Records  # noqa: PLC0415

        refuse_incomplete([f"{gap['table']}: {gap['reason']}" for gap in self.run.summary["gaps"]])
        as_of = date.fromisoformat(self.run.summary["as_of"])
        limit = self.policy.sources.maximum_age_hours.files // 24
        if not self._named_day and (self.day - as_of).days > limit:
            raise IncompleteData(f"the records are of {as_of.isoformat()}, {(self.day - as_of).days} days ago: many "
                                 "may have registered since", where=str(self.run.folder),
                                 next_step="make a new run first; or name the day with --as-of.")
        with ExitStack() as stack:
            outcome = stack.enter_context(look_at(self.run))
            ledger = stack.enter_context(self.ledger())
            yield Records(outcome.night.people, outcome.snapshot, self.policy, as_of, self.letters), ledger

    def _policy(self) -> Policy:
        """The policy that is named, which must be the one the run was judged by; else the run's own."""
        from mfa_audit.nightly import policy_of_run  # noqa: PLC0415 - the whole house

        if self.settings.policy is None and self.settings.preset is None:
            return policy_of_run(self.run)
        named = policy_of(self.settings)
        if named.sha256 != self.run.summary["policy"]["sha256"]:
            raise UsageError("the run was judged by another policy", where=str(self.run.folder),
                             next_step="run again with this policy first.")
        return named


def _common(function: Callable[..., Any]) -> Callable[..., Any]:
    return shared("policy", "preset", "settings", "as_of", "output", "data", "verbose")(function)


@command.command("plan")
@_RUN
@_LETTERS
@_REBUILD
@_common
@shared("accept_loss")
def plan(**options: Any) -> int:
    """Write a plan: who would hear what today, and why. Nothing leaves."""
    from mfa_audit.reminders.calendar import SendDays  # noqa: PLC0415
    from mfa_audit.reminders.plan_file import name_of, plan_text, write_plan  # noqa: PLC0415
    from mfa_audit.reminding import prepare  # noqa: PLC0415

    desk = Desk(options)
    with desk.records() as (records, ledger):
        prepared = prepare(records, ledger, desk.day, accept_loss=bool(options["accept_loss"]))
        origin = prepared.origin(desk.run)
        if desk.day in SendDays.of(desk.policy.reminders):
            ledger.remember_plan(desk.day, prepared.people)
    text, digest = plan_text(origin, prepared.plan, prepared.mailing)
    path = write_plan(desk.place.home / "plans", text, name_of(desk.day, digest))
    for why, number in prepared.refusals():
        say(f"{number} messages can go nowhere: {why}", err=True)
    for (stage, recipient), number in prepared.counts():
        say(f"{stage:<24} {recipient:<16} {number:>8}")
    say(f"{prepared.people} people would hear something on {desk.day.isoformat()}; the plan is {path}.")
    return 0


@command.command("preview")
@click.argument("account", metavar="ACCOUNT")
@_RUN
@_LETTERS
@_common
def preview(account: str, **options: Any) -> int:
    """Show what an account (id or UPN) would hear today, or why it hears nothing."""
    from mfa_audit.reminding import prepare  # noqa: PLC0415 - the whole house

    desk = Desk(options)
    with desk.records() as (records, ledger):
        found = records.people.frame(["account_id", "user_principal_name"])
        wanted = account.casefold()
        mine = found[(found["account_id"].str.casefold() == wanted)
                     | (found["user_principal_name"].str.casefold() == wanted)]["account_id"]
        if mine.empty:
            step = "give its object id or user principal name; 'mfa-audit explain' finds it by a part."
            raise UsageError(f"no account is called {account!r}", next_step=step)
        prepared = prepare(records, ledger, desk.day, accept_loss=True)
    rows = prepared.composer.rows
    for mail in prepared.composer.mails:
        if rows["account_id"].iloc[list(mail.rows)].isin(mine).any():
            row = rows.iloc[mail.rows[0]]
            letter = prepared.composer.letter(mail)
            say(f"{row['stage']} to {mail.recipient} at {mail.to} ({row['why']})\n\nSubject: {letter.subject}\n",
                lines=True)
            say(letter.body, lines=True)
    for lost in prepared.mailing.refused[prepared.mailing.refused["account_id"].isin(mine)].itertuples():
        say(f"{lost.stage} to {lost.recipient} can go nowhere: {lost.objection}")
    for held in prepared.plan.held[prepared.plan.held["account_id"].isin(mine)].itertuples():
        stage = held.stage if isinstance(held.stage, str) else "no stage"
        day = "" if str(held.due) == "NaT" else f", due on {held.due:%Y-%m-%d}"
        say(f"{stage}: nothing today: {held.why}{day}")
    return 0


@command.command("send")
@click.argument("plan_file", metavar="PLAN", type=PATH)
@click.option("--dry-run", is_flag=True, help="Check everything and say what would leave; nothing does.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many letters now.")
@_LETTERS
@_REBUILD
@_common
@shared("accept_loss")
def send(plan_file: Path, **options: Any) -> int:
    """Send exactly a plan, less whoever has registered since; where mail is sent by hand, put it into the outbox."""
    from mfa_audit.delivery import deliverer  # noqa: PLC0415 - the whole house
    from mfa_audit.reminders.calendar import SendDays  # noqa: PLC0415
    from mfa_audit.reminders.plan_file import read_plan  # noqa: PLC0415
    from mfa_audit.reminders.sending import Rules, said_of  # noqa: PLC0415
    from mfa_audit.reminding import (  # noqa: PLC0415
        hand_over,
        prepare,
        refuse_other,
        rehearse,
        send_plan,
        still_wanted,
        take_in,
    )

    desk, given = Desk(options), read_plan(plan_file)
    refuse_other(given, str(desk.run.manifest["tenant"]), desk.policy)
    if desk.day not in SendDays.of(desk.policy.reminders):
        raise UsageError(f"on {desk.day.isoformat()} nothing is sent: no send day, or a public holiday",
                         next_step="send it on the next send day; it then holds what is still wanted.")
    with desk.records() as (records, ledger):
        fresh = prepare(records, ledger, desk.day, accept_loss=bool(options["accept_loss"]))
        reduced = still_wanted(given, fresh)
        if reduced.fallen:
            say(f"{reduced.fallen} of {len(given.messages)} messages of the plan are not wanted any more.")
        if desk.policy.reminders.delivery == "files":
            if options["dry_run"]:
                say(f"{len(reduced.prepared.composer.rows)} messages would be put into the outbox.")
                return 0
            take_in(fresh, records.people, ledger, desk.moment)
            where = hand_over(reduced.prepared, desk.run, desk.place, ledger, desk.moment)
            say("Nothing of the plan is left to do." if where is None else
                f"{len(reduced.prepared.composer.rows)} messages wait in {where}; send them, then: mfa-audit remind "
                "confirm STAGE")
            return 0
        if options["dry_run"]:
            now, later, new = rehearse(reduced, ledger)
            say(f"{now} letters would leave, {later} would wait for the next send day, {new} would go to the operator "
                "first; nothing has left.")
            return 0
        reach = online()
        rules = Rules(desk.place.stopped, desk.settings.mail_per_minute, options["limit"])
        sent = send_plan(reduced, desk.place, ledger, deliverer(desk.settings, desk.policy, reach), reach.clock, rules,
                         given.origin.as_of)
    for line in (*sent.refused, *sent.unknown):
        say(line, err=True)
    say(said_of(sent)[:1].upper() + said_of(sent)[1:])
    if sent.unknown:
        return IncompleteData.exit_code
    return OutputFailed.exit_code if sent.refused or sent.stopped else 0


def say(text: str, *, err: bool = False, lines: bool = False) -> None:
    """Print a line, or several where it has them, harmless for a terminal."""
    from mfa_audit.text_safety import for_terminal  # noqa: PLC0415 - pandas is heavy

    for line in text.split("\n") if lines else [text]:
        click.echo(for_terminal(line), err=err)
