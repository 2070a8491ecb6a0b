"""Nights played through against a real ledger: whatever is run, rerun or killed, nobody hears a thing twice."""

from __future__ import annotations

import datetime as dt
import tempfile
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from reminded import DUE, people, person, policy

from mfa_audit.reminders.calendar import SendDays
from mfa_audit.reminders.ladder import ladders_of
from mfa_audit.reminders.ledger import keys_of, open_ledger
from mfa_audit.reminders.plan import plan
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from mfa_audit.policy import Policy

_SMTP = policy(delivery="smtp", sender="mfa@contoso.example", maximum_messages=6)
_FILES = policy(maximum_messages=6)
_PEOPLE = (
    person(1), person(2, mail=None), person(3, privileged=True), person(4, due=DUE + dt.timedelta(9)),
    person(5, status=Status.GRACE.value, due=DUE + dt.timedelta(14), starter_until=DUE + dt.timedelta(14)),
    person(6, status=Status.BELOW_STRENGTH.value, phone_only=True),
    person(7, kind="generic", population="generic", responsible_id="r1"),
    person(8, due=dt.date(2025, 3, 3)),
)
_ENDS = Status.COMPLIANT.value, Status.UNKNOWN.value, Status.NOT_REGISTERED.value

Left = tuple[str, str, int, str, str | None, dt.date]
"""account, stage, occurrence, recipient, who that is, day."""


class Killed(Exception):
    """The process is gone."""


class World:
    """A ledger, and what really left, which no program knows."""

    def __init__(self, folder: Path, using: Policy) -> None:
        self.folder, self.using, self.left = folder, using, []
        self.status: dict[str, str] = {}

    def people(self, day: dt.date) -> Any:
        rows = [{**row, "status": self.status.get(row["account_id"], row["status"])} for row in _PEOPLE]
        for row in rows:
            if row["status"] == Status.GRACE.value and day > row["starter_until"]:
                row["status"] = Status.NOT_REGISTERED.value
        return people(*rows)

    def night(self, day: dt.date, outcomes: list[str], *, stale: bool) -> None:
        """One run: settle, a person decides, plan, claim a few at a time, send; ``outcomes`` is what server and fate
        do. ``stale``: between plan and claims another process does the whole night."""
        moment = dt.datetime.combine(day, dt.time(2), dt.UTC)
        fate = iter(outcomes)
        with open_ledger(self.folder / "ledger.sqlite", "t", "Europe/London", moment) as ledger:
            self._decide(ledger, ledger.settle(moment), moment)
            made = plan(self.people(day), ledger.history(), self.using, day)
            if self.using.reminders.delivery == "files":
                self._by_hand(ledger, made, day, moment, outcomes)
                return
            if stale:
                with suppress(Killed):
                    self.night(day, outcomes[::-1], stale=False)
            for start in range(0, len(made.rows), 3):
                claimed = ledger.claim(made.rows[start:start + 3], day, moment)
                for key, who in zip(keys_of(claimed), claimed["recipient_id"], strict=True):
                    self._send(ledger, key, who, day, moment, next(fate, "sent"))

    def _decide(self, ledger: Any, doubtful: Any, moment: dt.datetime) -> None:
        """Every second night a person looks where mail is kept, and says what left."""
        if moment.day % 2:
            return
        gone = {each[:4] for each in self.left}
        for key in keys_of(doubtful):
            ledger.decide([key], moment, left=(key[0], key[2], key[3], key[4]) in gone)

    def _send(self, ledger: Any, key: Any, who: Any, day: dt.date, moment: dt.datetime, fate: str) -> None:
        if fate == "kill before":
            raise Killed
        if fate == "refused":
            ledger.did_not_leave([key], moment, "450 later")
            return
        self.left.append((key[0], key[2], key[3], key[4], who, day))
        if fate == "kill after":
            raise Killed
        ledger.left([key], moment)

    def _by_hand(self, ledger: Any, made: Any, day: dt.date, moment: dt.datetime, outcomes: list[str]) -> None:
        ledger.withdraw(keys_of(made.withdrawn), moment)
        ledger.list_planned(made.rows, day, moment)
        if "kill before" in outcomes:
            raise Killed
        if "sent" in outcomes:
            for stage in ledger.waiting("mandatory-mfa"):
                before = dict(_waiting(ledger))
                ledger.confirm("mandatory-mfa", stage, day, moment)
                self.left += [(*key, row, day) for key, row in before.items() if key[1] == stage]


def _waiting(ledger: Any) -> list[tuple[tuple[str, str, int, str], Any]]:
    rows = ledger.history()
    rows = rows[rows["state"].isin(["planned", "undone"])]
    return [((row.account_id, row.stage, row.occurrence, row.recipient), row.recipient_id) for row in rows.itertuples()]


_NIGHT = st.tuples(
    st.integers(0, 9),
    st.lists(st.sampled_from(["sent", "sent", "sent", "refused", "kill before", "kill after"]), max_size=8),
    st.booleans(),
    st.none() | st.tuples(st.integers(1, 8), st.sampled_from(_ENDS)),
)


_WITHOUT_MAILBOX = "id-000002"


def _told(left: list[Left], account: str) -> list[Left]:
    """What told the person, or whoever is told instead."""
    kinds = ("manager", "service_desk") if account == _WITHOUT_MAILBOX else ("person", "responsible")
    return [each for each in left if each[0] == account and each[3] in kinds]


@settings(max_examples=30, deadline=None)
@given(nights=st.lists(_NIGHT, min_size=4, max_size=22), by_mail=st.booleans(), first=st.integers(0, 60))
def test_any_sequence_of_nights_reruns_and_kills(nights: list[Any], *, by_mail: bool, first: int) -> None:
    """At most one message a stage, never sooner than the cool-down allows, an introduction first, overdue a week after
    it, nothing on a day that is no send day, one digest a week, and no more messages than the policy allows."""
    using = _SMTP if by_mail else _FILES
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), using)
        day = DUE - dt.timedelta(35) + dt.timedelta(first)
        for step, outcomes, stale, change in nights:
            day += dt.timedelta(step)
            if change:
                world.status[f"id-{change[0]:06}"] = change[1]
            try:
                world.night(day, outcomes, stale=stale)
            except Killed:
                continue
        _check(world.left, using)


def _check(left: list[Left], using: Policy) -> None:
    calendar, ladders = SendDays.of(using.reminders), ladders_of(using)
    rungs = {rung.stage: (ladder, position, rung) for ladder in ladders.values()
             for position, rung in enumerate(ladder.rungs)}
    rungs |= {rung.stage: (ladders["due"], position, rung) for position, rung in enumerate(ladders["due"].rungs)}
    repeated = {stage for stage, (_, _, rung) in rungs.items() if rung.repeat_every_days}
    # Somebody who sends a list by hand may do so on any day.
    assert using is _FILES or all(day in calendar for *_, day in left)
    once = [each[:4] for each in left]
    assert len(once) == len(set(once))
    assert all(number == 0 for _, stage, number, *_ in left if stage not in repeated and not stage.startswith("notice"))
    for account in {each[0] for each in left}:
        told = _told(left, account)
        _check_accusations(told, rungs)
        if account == _WITHOUT_MAILBOX:
            continue
        assert len(told) <= using.reminders.maximum_messages
        for before, after in pairwise(told):
            days = (after[5] - before[5]).days
            assert days >= using.reminders.cooldown_days or not rungs[after[1]][2].paced
            assert days >= 1
    digests: dict[str, set[dt.date]] = {}
    for *_, recipient, who, day in left:
        if recipient == "manager":
            digests.setdefault(str(who), set()).add(day)
    for days in digests.values():
        assert all((b - a).days >= using.reminders.manager_digest_days for a, b in pairwise(sorted(days)))


def _check_accusations(told: list[Left], rungs: dict[str, Any]) -> None:
    late = [each for each in told if rungs[each[1]][0].overdue is not None
            and rungs[each[1]][1] >= rungs[each[1]][0].overdue]
    if told:
        ladder, position, _ = rungs[told[0][1]]
        assert position in ladder.introductions
    if late:
        assert (late[0][5] - told[0][5]).days >= rungs[late[0][1]][0].notice_days
        ladder, position, _ = rungs[late[0][1]]
        assert position == ladder.overdue


def test_a_night_run_twice_lists_nobody_twice(tmp_path: Path) -> None:
    """The same night again, and again on the night the clocks go back: nobody is claimed a second time."""
    world = World(tmp_path, _SMTP)
    for day in (dt.date(2026, 10, 5), dt.date(2026, 10, 26), dt.date(2026, 10, 25)):
        for _ in range(3):
            world.night(day, [], stale=False)

    assert len(world.left) == len(set(world.left))
    assert world.left
