"""``remind send`` killed at every system call that changes anything: nobody hears twice, nobody is lost."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from killing import killed_at, points_of, spread, why_not
from mail_server import serving
from small_tenant import DAY, OPERATOR, STAFF, TENANT, account_id, command, ended, planned

if TYPE_CHECKING:
    from pathlib import Path

    from killing import Point
    from mail_server import Mailbox

CANNOT = why_not()
pytestmark = pytest.mark.skipif(CANNOT is not None and "MFA_TESTS_NEED_STRACE" not in os.environ, reason=str(CANNOT))

ABOUT = re.compile(rf"{TENANT}(?!/snapshots)|reports/reminders|TCP:|sin_port")
"""The ledger and its lock, what lies where a person finds it, and the mail server."""
OPERATORS_COPY = "letter:announce"
ADDRESSES = {**{account_id(number): to for number, to in enumerate(STAFF, 1)}, OPERATORS_COPY: OPERATOR}
FORCED, INCOMPLETE = -9, 4
TRIES = 5
"""Calls are known by their number, and what DuckDB writes aside is now one more and now one less: a kill that hits
that is checked like any other, and tried again."""


@pytest.fixture(name="prepared", scope="module")
def _prepared(tmp_path_factory):
    """A folder in which everything is planned and nothing sent, without a ledger; and the command that sends."""
    assert CANNOT is None
    home = tmp_path_factory.mktemp("prepared")
    plan = planned(home)
    # Sending then makes the ledger too, so that this is cut in every place as well.
    (home / "data" / TENANT / "reminders.sqlite").unlink()
    return home, command("remind", "send", plan, "--as-of", DAY)


@pytest.fixture(name="points", scope="module")
def _points(prepared, tmp_path_factory):
    """The system calls of one undisturbed sending that matter here."""
    home, send = prepared
    whole = shutil.copytree(home, tmp_path_factory.mktemp("whole") / "home")
    with serving(tmp_path_factory.mktemp("authority")) as (environment, mailbox):
        told, found = points_of(whole, whole / "calls.txt", send, ABOUT, **environment)
        assert (0, {OPERATOR, *STAFF}) == (told.code, set(mailbox.taken())), told.err
    # A message, its claim and its outcome are some ten calls each: fewer would be a filter that sees nothing.
    assert len(found) > 40
    return found


def test_killed_at_any_system_call_nobody_hears_twice_and_nobody_is_lost(prepared, points, kills, share, tmp_path):
    """After the kill each message was taken once or not at all. Sent again, with what a person answers who looks into
    the mail server, everybody has it once; whatever cannot be known is listed until then."""
    home, send = prepared
    number, shares = share
    wrong: list[str] = []
    missed = []
    for at, point in list(enumerate(spread(points, kills)))[number::shares]:
        tries = [_killed_and_sent_again(tmp_path / f"{at}-0", home, send, point)]
        while not tries[-1][0] and len(tries) < TRIES:
            tries.append(_killed_and_sent_again(tmp_path / f"{at}-{len(tries)}", home, send, point))
        wrong += [f"{point}: {each}" for _, found in tries for each in found]
        missed += [str(point)] * (not tries[-1][0])

    assert [] == wrong
    assert [] == missed


def _killed_and_sent_again(place: Path, home: Path, send: list[str], point: Point) -> tuple[bool, list[str]]:
    """Whether the kill hit a call that matters, and what was not as it must be."""
    shutil.copytree(home, place / "home")
    with serving(place) as (environment, mailbox):
        told, call = killed_at(point, place / "home", place / "calls.txt", send, **environment)
        hit = told.code == FORCED and ABOUT.search(call.text) is not None
        return hit, _sent_again(place / "home", send, mailbox, environment)


def _sent_again(home: Path, send: list[str], mailbox: Mailbox, environment: dict[str, str]) -> list[str]:
    """Send again until all is done, a person deciding what nobody knows; what was not as it must be."""
    wrong = []
    before = mailbox.taken()
    again = ended(home, send, **environment)
    undecided = _undecided(home)
    taken = mailbox.taken()
    if again.code != (INCOMPLETE if OPERATORS_COPY in undecided else 0):
        wrong.append(f"sent again it ends with {again.code}: {again.err}")
    if OPERATORS_COPY not in undecided:
        wrong += [f"{to} is lost: not taken and not listed" for account, to in ADDRESSES.items()
                  if to not in taken and account not in undecided]
    wrong += [f"{to} was taken before the kill and sent again" for to in before if len(taken[to]) > len(before[to])]
    for account in undecided:
        answer = "--left" if ADDRESSES[account] in taken else "--not-left"
        decided = ended(home, command("remind", "decide", answer, account))
        if decided.code:
            wrong.append(f"decide {answer} {account}: {decided.err}")
    if undecided:
        last = ended(home, send, **environment)
        if last.code:
            wrong.append(f"sent after deciding it ends with {last.code}: {last.err}")
    everything = mailbox.taken()
    wrong += [f"{to} got {len(everything.get(to, []))} messages" for to in (OPERATOR, *STAFF)
              if len(everything.get(to, [])) != 1]
    wrong += [f"left behind: {path}" for path in (home / "data" / TENANT).glob(".mfa-audit-*")]
    if undecided and (still := _undecided(home)):
        wrong.append(f"still undecided: {still}")
    return wrong


def _undecided(home: Path) -> list[str]:
    """The accounts of which nobody knows."""
    told = ended(home, command("remind", "undecided"))
    assert 0 == told.code, told.err
    return [line.split("  ")[0] for line in told.out.splitlines() if "  " in line]
