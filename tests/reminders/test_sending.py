"""Sending: claimed before it leaves, told apart by what came of it, and never twice."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from posted import DAY, NOON, OPERATOR, Pigeon, StillClock, mailed, sending
from reminded import person

from mfa_audit.errors import AccessRefused, IncompleteData, OutputFailed, SettingsError, UsageError
from mfa_audit.mail import Fate, Told
from mfa_audit.reminders.ledger import keys_of, open_ledger
from mfa_audit.reminders.sending import TOO_MANY_REFUSALS, Rules, first_wave, refuse_to_send, send

FREE = Rules(lambda: False, 6000)


def play(path: Path, pigeon: Pigeon, count: int = 5, *, rules: Rules = FREE, day: dt.date = DAY, **more):
    """Plan from the ledger's history for ``count`` people, send, settle; what it came to."""
    clock = StillClock(NOON + (day - DAY))
    with open_ledger(path, "t", "UTC", clock.now()) as ledger:
        ledger.settle(clock.now())
        history = [row._asdict() for row in ledger.history().itertuples(index=False)]
        _, composer = mailed(*(person(number + 1) for number in range(count)), day=day, past=tuple(history), **more)
        try:
            return send(composer, ledger, pigeon, day, day, clock, rules)
        finally:
            ledger.settle(clock.now())


def people(pigeon: Pigeon) -> list[str]:
    """Who got something, the operator's copies apart."""
    return [to for to in pigeon.to if to != OPERATOR]


def test_everybody_once_and_the_operator_first(tmp_path) -> None:
    """The operator sees a new letter before anybody; sent again nothing leaves."""
    pigeon = Pigeon()
    first, second = play(tmp_path / "l.sqlite", pigeon), play(tmp_path / "l.sqlite", pigeon)

    assert (5, 1, 0, 0) == (first.left, first.copies, second.left, second.copies)
    assert [OPERATOR, *(f"p{number}@contoso.example" for number in range(1, 6))] == pigeon.to
    assert len({message["Message-ID"] for message in pigeon.arrived}) == 6


def test_a_new_letter_goes_to_a_first_wave(tmp_path) -> None:
    """The rest on the next send day, not on the same."""
    pigeon, using = Pigeon(), sending(first_wave=2)
    first = play(tmp_path / "l.sqlite", pigeon, using=using)
    again = play(tmp_path / "l.sqlite", pigeon, using=using)
    assert (2, 3, 0, 3) == (first.left, first.put_off, again.left, again.put_off)

    assert 3 == play(tmp_path / "l.sqlite", pigeon, using=using, day=DAY + dt.timedelta(days=1)).left
    assert sorted(f"p{number}@contoso.example" for number in range(1, 6)) == sorted(people(pigeon))


def test_a_first_wave_is_of_those_who_read_a_letter(tmp_path) -> None:
    """One desk's list of three people fills one place, and so does each manager's: as many may still hear that day."""
    alone = {"mail": None, "manager_id": None, "manager_key": None}
    using = sending(first_wave=2)
    _, composer = mailed(*(person(number, **alone) for number in (1, 2, 3)),
                         *(person(number, mail=None) for number in (4, 5)), using=using)
    path = tmp_path / "l.sqlite"
    with open_ledger(path, "t", "UTC", NOON) as ledger:
        now, later, _ = first_wave(composer, ledger, DAY)
        assert 2 < sum(len(mail.rows) for mail in now)
        assert len({(mail.recipient, mail.to) for mail in now}) <= 2

        ledger.left(keys_of(ledger.claim(composer.rows.iloc[list(now[0].rows)], DAY, NOON)), NOON)
        again, waiting, _ = first_wave(composer, ledger, DAY)

    assert (now, later) == (again, waiting)


def test_what_is_refused_is_tried_again_and_what_is_unknown_is_not(tmp_path) -> None:
    """A certain failure is planned again; a doubt is for a person."""
    fates = {"p1@contoso.example": Told(Fate.REFUSED, "450 later"), "p2@contoso.example": Told(Fate.UNKNOWN, "broke")}
    first = play(tmp_path / "l.sqlite", Pigeon(dict(fates)), count=3)
    later = Pigeon()
    play(tmp_path / "l.sqlite", later, count=3)

    assert (1, 1, 1) == (first.left, len(first.refused), len(first.unknown))
    assert ["p1@contoso.example"] == later.to
    with open_ledger(tmp_path / "l.sqlite", "t", "UTC", NOON) as ledger:
        assert ["id-000002"] == ledger.undecided()["account_id"].tolist()


def test_when_nothing_can_leave_nothing_is_claimed(tmp_path) -> None:
    """A sign-in that is refused ends it; all are planned again."""
    with pytest.raises(AccessRefused):
        play(tmp_path / "l.sqlite", Pigeon({OPERATOR: AccessRefused("no")}))
    pigeon = Pigeon()

    assert 5 == play(tmp_path / "l.sqlite", pigeon).left


def test_a_doubt_about_the_operators_copy_stops_the_letter(tmp_path) -> None:
    """Until a person has looked."""
    with pytest.raises(OutputFailed, match="operator"):
        play(tmp_path / "l.sqlite", Pigeon({OPERATOR: Told(Fate.UNKNOWN)}))
    pigeon = Pigeon()
    with pytest.raises(IncompleteData, match="decide"):
        play(tmp_path / "l.sqlite", pigeon)

    assert [] == pigeon.arrived


def test_ten_refusals_in_a_row_end_it(tmp_path) -> None:
    """It is not the recipients then."""
    refused = Told(Fate.REFUSED, "550 no")
    pigeon = Pigeon({f"p{number}@contoso.example": refused for number in range(1, 30)})

    with pytest.raises(OutputFailed, match="550 no"):
        play(tmp_path / "l.sqlite", pigeon, count=29)
    with open_ledger(tmp_path / "l.sqlite", "t", "UTC", NOON) as ledger:
        failed = ledger.history()
    assert TOO_MANY_REFUSALS == (failed["state"] == "failed").sum()


def test_limit_stop_and_pace(tmp_path) -> None:
    """No more than the limit; nothing once somebody has said stop; not faster than allowed."""
    limited = play(tmp_path / "l.sqlite", Pigeon(), rules=Rules(lambda: False, 6000, limit=2))
    pigeon, asked = Pigeon(), iter([False, False, True])
    stopped = play(tmp_path / "l.sqlite", pigeon, rules=Rules(lambda: next(asked), 6000))
    clock = StillClock()
    with open_ledger(tmp_path / "paced.sqlite", "t", "UTC", NOON) as ledger:
        send(mailed(*(person(number) for number in range(1, 4)))[1], ledger, Pigeon(), DAY, DAY, clock,
             Rules(lambda: False, 30))

    assert (2, 3) == (limited.left, limited.left_over)
    assert (True, 2, 1) == (stopped.stopped, stopped.left, stopped.left_over)
    assert 3 * 2.0 == clock.passed


def test_a_letter_that_cannot_be_written_stops_all_before_the_first(tmp_path) -> None:
    """A field without a value is no reason for half a mailing."""
    _, composer = mailed(person(1), person(2))
    composer.rows.loc[composer.rows.index[-1], "anchor"] = None
    composer.directory.accounts["due"] = None
    pigeon = Pigeon()
    with open_ledger(tmp_path / "l.sqlite", "t", "UTC", NOON) as ledger, pytest.raises(UsageError, match="due"):
        send(composer, ledger, pigeon, DAY, DAY, StillClock(), FREE)

    assert [] == pigeon.arrived


@pytest.mark.parametrize(("lacks", "name"), [
    ({"sender": None}, "reminders.sender"), ({"allowed_domains": ()}, "allowed_domains"),
    ({"addresses": sending().reminders.addresses.model_copy(update={"operator": None})}, "operator"),
    ({"addresses": sending().reminders.addresses.model_copy(update={"operator": "o@evil.example"})}, "evil.example"),
])
def test_sending_needs_to_be_switched_on(lacks, name) -> None:
    """A sender, the domains, an operator who sees new letters."""
    with pytest.raises(SettingsError, match=name):
        refuse_to_send(sending(**lacks))


CHILD = """
import os, sqlite3, sys
sys.path[:0] = [{tests!r}, {folder!r}]
import test_sending
from posted import Pigeon
from mfa_audit.mail import Fate, Told
from mfa_audit.reminders import ledger as ledger_module, store

steps = 0
def step():
    global steps
    steps += 1
    if steps == int(sys.argv[2]):
        os._exit(7)

class Falling(Pigeon):
    def send(self, message):
        step()
        with open(sys.argv[3], "a", encoding="utf-8") as log:
            log.write(str(message["To"]) + "\\n")
        step()
        return Told(Fate.LEFT)

writing = store.Store.writing
from contextlib import contextmanager
@contextmanager
def watched(self):
    with writing(self) as cursor:
        yield cursor
        step()
    step()
store.Store.writing = watched
test_sending.play(test_sending.Path(sys.argv[1]), Falling(), count=3)
"""


def test_killed_anywhere_nobody_hears_twice_and_nobody_is_lost(tmp_path) -> None:
    """The process dies before and after every commit and every delivery; the next ones finish what is certain, and
    whoever may have heard is listed for a person."""
    folder = Path(__file__).parent
    child = CHILD.format(tests=str(folder.parent), folder=str(folder))
    finished = False
    for number in range(1, 200):
        home = tmp_path / str(number)
        home.mkdir()
        log = home / "log"
        log.touch()
        words = [sys.executable, "-c", child, str(home / "l.sqlite"), str(number), str(log)]
        code = subprocess.run(words, check=False, env=dict(os.environ), capture_output=True).returncode
        assert code in (0, 7)
        try:
            pigeon = Pigeon()
            play(home / "l.sqlite", pigeon, count=3)
        except IncompleteData:
            # Nobody knows whether the operator has the letter: a person looks, and says so.
            with open_ledger(home / "l.sqlite", "t", "UTC", NOON) as ledger:
                ledger.decide([("letter:announce", "mandatory-mfa", "first-use", 0, "operator")], NOON, left=True)
            play(home / "l.sqlite", pigeon, count=3)
        heard = [to for to in (*log.read_text(encoding="utf-8").split(), *pigeon.to) if to != OPERATOR]
        with open_ledger(home / "l.sqlite", "t", "UTC", NOON) as ledger:
            doubtful = {f"p{int(account[-3:])}@contoso.example" for account in ledger.undecided()["account_id"]}
        assert len(heard) == len(set(heard)), f"twice at step {number}: {heard}"
        assert {f"p{each}@contoso.example" for each in (1, 2, 3)} == set(heard) | doubtful, f"lost at step {number}"
        finished = code == 0
        if finished:
            break
    assert finished
