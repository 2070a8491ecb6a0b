"""The options commands share, and what becomes of them: settings, policy, job."""

from __future__ import annotations

import functools
import math
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from mfa_audit.cli.clock import SystemClock
from mfa_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mfa_audit.collection import Online
    from mfa_audit.nightly import Job
    from mfa_audit.policy import Policy
    from mfa_audit.settings import Settings

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


class _Path(click.Path):
    """A path; an empty word is a variable that was not set, and never the folder one stands in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("is empty: was a variable not set?", param, ctx)
        return super().convert(value, param, ctx)


def _a_number(_context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is no percentage.", param=parameter)
    return value


PATH = _Path(path_type=Path)


def shared(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the named shared options to a command, in the order of :data:`OPTIONS`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        chosen = [option for name, option in OPTIONS.items() if name in names]
        return functools.reduce(lambda inner, option: option(inner), reversed(chosen), function)

    return decorate


OPTIONS: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "source": click.option("--source", "sources", multiple=True, type=PATH, metavar="graph|PATH",
                           help="'graph', or an exported file or folder; may be given more than once."),
    "policy": click.option("--policy", type=PATH, metavar="FILE", help="Policy file; default: the preset alone."),
    "preset": click.option("--preset", metavar="NAME", help="Shipped policy to start from."),
    "settings": click.option("--settings", "settings_file", type=PATH, metavar="FILE",
                             help="Settings file; default: mfa-audit.toml, where there is one."),
    "as_of": click.option("--as-of", metavar="DATE", help="Judge this day (2026-03-02) or moment (…T22:30Z)."),
    "captured_at": click.option("--captured-at", metavar="TIME", help="When undated files were made (…T01:30:00Z)."),
    "output": click.option("--output", type=PATH, metavar="DIR", help="Where reports go; default: reports."),
    "data": click.option("--data", type=PATH, metavar="DIR", help="Where snapshots are kept; default: data."),
    "tenant": click.option("--tenant", metavar="NAME", help="The tenant's id or name, where no file says it."),
    "json": click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    "fail_under": click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PCT",
                               callback=_a_number, help="Leave with exit code 3 when the headline is below this."),
    "allow_stale": click.option("--allow-stale", is_flag=True, help="Judge data older than the policy allows."),
    "accept_drop": click.option("--accept-drop", is_flag=True, help="Fewer accounts or sources than last are right."),
    "accept_loss": click.option("--accept-loss", is_flag=True, help="People lost their factors; it is right."),
    "quiet": click.option("-q", "--quiet", is_flag=True, help="Nothing on stdout but what was asked for."),
    "verbose": click.option("-v", "--verbose", is_flag=True, help="Say more when something goes wrong."),
}


def settings_of(options: dict[str, Any]) -> Settings:
    """The settings of this call: flag, environment, file, default."""
    from mfa_audit.settings import load_settings  # noqa: PLC0415 - pydantic is heavy

    flags = {name: options.get(name) or None for name in
             ("sources", "policy", "preset", "captured_at", "output", "data", "tenant")}
    return load_settings(options.get("settings_file"), os.environ, flags)


def policy_of(settings: Settings) -> Policy:
    """The policy the settings name."""
    from mfa_audit.policy import load_policy  # noqa: PLC0415 - pydantic is heavy

    return load_policy(settings.policy, settings.preset)


def job_of(options: dict[str, Any]) -> Job:
    """The night's work these options describe; the clock is read here and nowhere below.

    Raises :class:`UsageError` when no source is named.
    """
    from mfa_audit.nightly import Job  # noqa: PLC0415 - the whole house

    settings = settings_of(options)
    policy = policy_of(settings)
    started = datetime.now(UTC)
    as_of = day_of(options.get("as_of"), started, policy)
    if settings.captured_at is not None and settings.captured_at > started:
        raise UsageError("--captured-at lies in the future", next_step="say when the files were exported.")
    return Job(settings, policy, started, as_of, dated_by_clock=not options.get("as_of"),
               allow_stale=bool(options.get("allow_stale")), accept_drop=bool(options.get("accept_drop")),
               accept_loss=bool(options.get("accept_loss")), online=online())


def online() -> Online:
    """What talking to a service needs: the machine's clock, and stderr for who has to sign in."""
    from mfa_audit.collection import Online  # noqa: PLC0415 - the whole house

    return Online(SystemClock(), functools.partial(click.echo, err=True))


def day_of(text: str | None, now: datetime, policy: Policy) -> date:
    """The day to judge, in the policy's zone: a date as it is, a moment as the day it falls on there, else today."""
    zone = ZoneInfo(policy.about.timezone)
    if text is None:
        return now.astimezone(zone).date()
    try:
        if len(text) == len("2026-03-02"):
            return _sensible(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of: {text!r} is no date", next_step="write 2026-03-02 or 2026-03-02T22:30Z.") from None
    _sensible(moment.date())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(zone).date()


def _sensible(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise UsageError(f"--as-of: {day} is not a day to audit",
                         next_step=f"name a day between {_FIRST_YEAR} and {_LAST_YEAR}.")
    return day


def need_sources(sources: Sequence[Path]) -> None:
    """Raise :class:`UsageError` when there is nothing to read."""
    if not sources:
        step = "give --source graph, or --source FOLDER of files, or 'sources' in the settings; or try 'demo'."
        raise UsageError("nothing to read", next_step=step)
