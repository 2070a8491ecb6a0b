"""The group of commands: a command's module is loaded when it is called; errors become words and exit codes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mfa_audit import __version__
from mfa_audit.errors import MfaAuditError

if TYPE_CHECKING:
    from types import FrameType

COMMANDS = {
    "demo": "The whole job on a shipped sample, in a new folder.",
    "run": "The nightly job: read, judge, report.",
    "collect": "Take a snapshot, from Microsoft Graph or files, and stop.",
    "summary": "Figures and unenrolled staff of the last run.",
    "report": "Write the reports again from a snapshot.",
    "explain": "Why an account has its status, or what a control means.",
    "whatif": "Is MFA demanded of a sign-in described in JSON?",
    "remind": "Who hears what: plan, preview, send, confirm, report.",
    "guide": "The questions-and-answers page for staff, from the policy.",
    "doctor": "What these files are, and which questions they can answer.",
    "init": "Write a commented policy, settings and empty registers.",
}
"""Command -> its line in ``--help``; its module is ``mfa_audit.cli.<command>`` with a function ``command``."""

INTERRUPTED, TERMINATED, BUG = 130, 143, 1


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"mfa_audit.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="mfa-audit")
def app() -> None:
    """Who on Microsoft 365 cannot yet prove who they are, who is never asked to, and who must be reminded today.

    Start with 'mfa-audit demo', then 'mfa-audit init' and 'mfa-audit doctor FOLDER' with your own files.
    """


def main() -> NoReturn:
    """Run the command line and leave with its exit code (design: 0 done … 9 locked, 130 and 143 when stopped)."""
    os.umask(0o077)
    _open_what_the_caller_closed()
    signal.signal(signal.SIGTERM, _terminate)
    verbose = any(argument in ("-v", "--verbose") for argument in sys.argv[1:])
    try:
        # Not app.main: it would turn a closed pipe into an error of its own.
        with app.make_context("mfa-audit", sys.argv[1:]) as context:
            code: Any = app.invoke(context)
        sys.stdout.flush()
    except MfaAuditError as error:
        _say(str(error))
        if verbose:
            traceback.print_exc()
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        _say("interrupted")
        sys.exit(INTERRUPTED)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(INTERRUPTED)
    except click.exceptions.Exit as finished:
        sys.exit(finished.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has gone: what it did not want is not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last door: a bug is said in one line and leaves with its own code
        _say(f"unexpected error: {type(error).__name__}: {error}\nNext: run again with -v and report what it prints.")
        if verbose:
            traceback.print_exc()
        sys.exit(BUG)
    sys.exit(code if isinstance(code, int) else 0)


def _open_what_the_caller_closed() -> None:
    """Let what is said go nowhere where the caller closed stdout or stderr."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open until the end


def _say(text: str) -> None:
    from mfa_audit.text_safety import for_terminal  # noqa: PLC0415 - pandas is heavy, and only needed to report

    for line in f"mfa-audit: {text}".splitlines():
        click.echo(for_terminal(line), err=True)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)
