"""The ledger: every message that was listed or sent, written down before anything leaves.

A message is its key (:data:`mfa_audit.reminders.columns.KEY`). Whoever wants to send one claims it first: the claim is
committed before anything leaves, and two processes never get the same. What was claimed and never reported becomes
``unknown``, for a person to decide. Nothing here reads a clock: moments come in, aware, and are kept in UTC.
"""
# ruff: noqa: S608  (what is put into the SQL is this package's own names and question marks; every value is bound)

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.errors import MfaAuditError, UsageError
from mfa_audit.reminders.calendar import day_of
from mfa_audit.reminders.columns import COUNTED, DELIVERED, HISTORY, KEY, WAITING, Recipient, State, frame
from mfa_audit.reminders.mounts import Mounts, system_mounts
from mfa_audit.reminders.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

Key = tuple[str, str, str, int, str]
"""account_id, campaign, stage, occurrence, recipient."""

_COLUMNS = (
    "account_id", "campaign", "ladder", "stage", "occurrence", "recipient", "recipient_id", "template", "anchor",
)
_FITS = " AND ".join(f"{name} = ?" for name in KEY)
EFFECT_DAYS = 7
"""Within so many days somebody who was told should be set up."""

_OPEN_TO_LISTS = (State.FAILED, State.WITHDRAWN)
_OPEN_TO_CLAIMS = (*_OPEN_TO_LISTS, *WAITING)


def keys_of(rows: pd.DataFrame) -> list[Key]:
    """The keys of messages, in the order of the rows."""
    return list(rows[list(KEY)].itertuples(index=False, name=None))


class Ledger:
    """An open ledger; see :func:`open_ledger`. Every method is one transaction: done or not done at all.

    ``moment`` is always the moment of the call, aware; the days that count are those of the policy's zone.
    """

    def __init__(self, store: Store, zone: str) -> None:
        self._store = store
        self._zone = zone

    def list_planned(self, rows: pd.DataFrame, as_of: date, moment: datetime) -> pd.DataFrame:
        """Write down that ``rows`` of a plan of ``as_of`` are listed for somebody to send; the rows that were not
        listed before, in their order."""
        return self._enter(rows, State.PLANNED, as_of, as_of, moment)

    def claim(self, rows: pd.DataFrame, as_of: date, moment: datetime) -> pd.DataFrame:
        """Write down that ``rows`` of a plan of ``as_of`` are about to leave; the rows that may be sent by the caller
        and nobody else, in their order.

        Not those that were sent or claimed before, and none to a recipient who has heard another message about the
        account since the plan was made.
        """
        return self._enter(rows, State.INTENT, as_of, day_of(moment, self._zone), moment)

    def left(self, keys: Iterable[Key], moment: datetime) -> None:
        """The claimed messages have left."""
        self._report(keys, State.SENT, moment, "")

    def did_not_leave(self, keys: Iterable[Key], moment: datetime, detail: str) -> None:
        """The claimed messages have surely not left, and may be tried again; ``detail`` is what the server said."""
        self._report(keys, State.FAILED, moment, detail)

    def settle(self, moment: datetime) -> pd.DataFrame:
        """Whatever was claimed and never reported becomes ``unknown``; all that are, as ``HISTORY``.

        Call it while holding the lock of whoever sends: the claims of a process that is alive would go too.
        """
        with self._store.writing() as cursor:
            cursor.execute("UPDATE messages SET state = ?, moment = ? WHERE state = ?",
                           (State.UNKNOWN, _utc(moment), State.INTENT))
        return self.undecided()

    def decide(self, keys: Iterable[Key], moment: datetime, *, left: bool) -> None:
        """A person says of unknown messages whether they left."""
        self._change(keys, State.SENT if left else State.FAILED, (State.UNKNOWN,), moment, "decided by a person")

    def confirm(self, campaign: str, stage: str, on: date, moment: datetime) -> int:
        """Somebody sent what was listed for ``stage`` up to ``on``, on that day; how many messages that were.

        Raises :class:`UsageError` when nothing of it waits, or ``on`` has not come.
        """
        if on > day_of(moment, self._zone):
            raise UsageError(f"{on.isoformat()} has not come yet", where=stage,
                             next_step="give the day on which the messages were sent.")
        with self._store.writing() as cursor:
            cursor.execute(
                "UPDATE messages SET state = ?, day = ?, moment = ? WHERE campaign = ? AND stage = ? "
                "AND planned_on <= ? AND state IN (?, ?)",
                (State.CONFIRMED, on.isoformat(), _utc(moment), campaign, stage, on.isoformat(), *WAITING))
            if cursor.rowcount:
                return cursor.rowcount
        waiting = ", ".join(f"{name} ({number})" for name, number in self.waiting(campaign).items())
        raise UsageError(f"nothing that was listed by {on.isoformat()} waits to be confirmed", where=stage,
                         next_step=f"waiting: {waiting or 'nothing'}.")

    def undo(self, campaign: str, stage: str, moment: datetime) -> int:
        """Take back the last confirmation of ``stage``; how many messages wait again.

        Raises :class:`UsageError` when there is none.
        """
        with self._store.writing() as cursor:
            cursor.execute(
                "UPDATE messages SET state = ?, day = planned_on, moment = ? WHERE campaign = ? AND stage = ? "
                "AND state = ? AND moment = "
                "(SELECT max(moment) FROM messages WHERE campaign = ? AND stage = ? AND state = ?)",
                (State.UNDONE, _utc(moment), campaign, stage, State.CONFIRMED, campaign, stage, State.CONFIRMED))
            if cursor.rowcount:
                return cursor.rowcount
        raise UsageError("no confirmation can be taken back", where=stage,
                         next_step="look at what was confirmed with: mfa-audit remind report")

    def withdraw(self, keys: Iterable[Key], moment: datetime) -> None:
        """Listed messages are no longer wanted; those confirmed or claimed meanwhile stay as they are."""
        with self._store.writing() as cursor:
            cursor.executemany(
                f"UPDATE messages SET state = ?, moment = ? WHERE {_FITS} AND state IN (?, ?)",
                ((State.WITHDRAWN, _utc(moment), *key, *WAITING) for key in keys))

    def history(self, first: str | None = None, last: str | None = None) -> pd.DataFrame:
        """What there is of the accounts from id ``first`` to ``last``, both included; of all without them."""
        return self._rows("account_id >= coalesce(?, '') AND (? IS NULL OR account_id <= ?)", (first, last, last))

    def undecided(self) -> pd.DataFrame:
        """Messages of which nobody knows whether they left, as ``HISTORY``."""
        return self._rows("state = ?", (State.UNKNOWN,))

    def waiting(self, campaign: str) -> dict[str, int]:
        """Stage -> how many listed messages wait to be confirmed."""
        return dict(self._store.read("SELECT stage, count(*) FROM messages WHERE campaign = ? AND state IN (?, ?) "
                               "GROUP BY stage ORDER BY stage", (campaign, *WAITING)))

    def digests(self) -> pd.Series:
        """When each manager last had a digest, as :func:`mfa_audit.reminders.past.last_digests`."""
        found = self._store.read(
            "SELECT recipient_id, max(day) FROM messages WHERE recipient = ? AND recipient_id IS NOT NULL "
            f"AND state IN ({_marks(COUNTED)}) GROUP BY recipient_id", (Recipient.MANAGER, *COUNTED))
        index = pd.Index([name for name, _ in found], dtype="str", name="recipient_id")
        return pd.Series(pd.to_datetime([day for _, day in found]), index=index, name="day", dtype="datetime64[us]")

    def templates_used(self, before: date | None = None) -> frozenset[str]:
        """Templates of which something has left or may have; with ``before`` on a day before that."""
        return frozenset(name for (name,) in self._store.read(
            f"SELECT DISTINCT template FROM messages WHERE state IN ({_marks(COUNTED)}) AND (? IS NULL OR day < ?)",
            (*COUNTED, *(2 * [None if before is None else before.isoformat()]))))

    def readers_since(self, day: date) -> dict[str, frozenset[tuple[str, str]]]:
        """Template -> who has read, or may have, a message of it that left on ``day`` or later: ``recipient`` and
        ``recipient_id``, empty where there is none."""
        found: dict[str, set[tuple[str, str]]] = {}
        for template, recipient, who in self._store.read(
                "SELECT DISTINCT template, recipient, coalesce(recipient_id, '') FROM messages "
                f"WHERE state IN ({_marks(COUNTED)}) AND day >= ?", (*COUNTED, day.isoformat())):
            found.setdefault(template, set()).add((recipient, who))
        return {template: frozenset(readers) for template, readers in found.items()}

    def not_done(self) -> pd.DataFrame:
        """Accounts told of a stage and not yet seen set up since: ``account_id`` and ``ladder``."""
        found = self._store.read(f"SELECT DISTINCT account_id, ladder FROM messages WHERE done_on IS NULL "
                                 f"AND state IN ({_marks(DELIVERED)})", DELIVERED)
        return pd.DataFrame(found, columns=["account_id", "ladder"], dtype="str")

    def note_done(self, done: pd.DataFrame, as_of: date) -> None:
        """The accounts ``done`` (as :meth:`not_done`) are set up by the records of ``as_of``."""
        day = as_of.isoformat()
        with self._store.writing() as cursor:
            cursor.executemany(
                f"UPDATE messages SET done_on = ? WHERE account_id = ? AND ladder = ? AND done_on IS NULL AND day <= ? "
                f"AND state IN ({_marks(DELIVERED)})",
                ((day, account, ladder, day, *DELIVERED) for account, ladder in
                 done[["account_id", "ladder"]].itertuples(index=False, name=None)))

    def effect(self, campaign: str, as_of: date) -> pd.DataFrame:
        """What came of each stage by the records up to ``as_of``, in accounts, counted from the day their person first
        heard it; the stages in the order in which they began.

        ``stage``; ``told``; ``recent``: told no more than :data:`EFFECT_DAYS` before ``as_of``, so that nobody can tell
        yet; ``soon``: of the others, seen set up within so many days; ``later``: seen set up after that. Whoever no run
        has seen set up is in neither, also when their status is not known.
        """
        day = as_of.isoformat()
        found = self._store.read(
            "WITH heard AS (SELECT stage, account_id, min(day) AS first, "
            "julianday(?) - julianday(min(day)) <= ? AS recent, "
            "julianday(min(CASE WHEN done_on <= ? THEN done_on END)) - julianday(min(day)) <= ? AS fast "
            f"FROM messages WHERE campaign = ? AND day <= ? AND recipient IN (?, ?) AND state IN ({_marks(DELIVERED)}) "
            "GROUP BY stage, account_id) "
            "SELECT stage, count(*), sum(recent), coalesce(sum(NOT recent AND fast), 0), "
            "coalesce(sum(NOT recent AND NOT fast), 0) FROM heard GROUP BY stage ORDER BY min(first), stage",
            (day, EFFECT_DAYS, day, EFFECT_DAYS, campaign, day, Recipient.PERSON, Recipient.RESPONSIBLE, *DELIVERED))
        return pd.DataFrame(found, columns=["stage", "told", "recent", "soon", "later"])

    def states(self, campaign: str) -> pd.DataFrame:
        """``stage``, ``state`` and ``messages``: how many messages of each stage are how far."""
        found = self._store.read("SELECT stage, state, count(*) FROM messages WHERE campaign = ? GROUP BY stage, state "
                                 "ORDER BY min(planned_on), stage, state", (campaign,))
        return pd.DataFrame(found, columns=["stage", "state", "messages"])

    def remember_plan(self, day: date, people: int) -> None:
        """How many people the plan of ``day``, a send day, has; of several of one day the largest is remembered."""
        with self._store.writing() as cursor:
            cursor.execute("INSERT INTO plans VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET people = "
                           "max(people, excluded.people)", (day.isoformat(), people))

    def plan_sizes(self, before: date, last: int = 14) -> tuple[int, ...]:
        """How many people the ``last`` plans before that day had that had any, newest first; one of nobody where all
        were empty, nothing where there was none."""
        day = before.isoformat()
        sizes = self._store.read("SELECT people FROM plans WHERE day < ? AND people > 0 ORDER BY day DESC LIMIT ?",
                                 (day, last))
        return tuple(people for (people,) in sizes or self._store.read(
            "SELECT people FROM plans WHERE day < ? LIMIT 1", (day,)))

    def _enter(self, rows: pd.DataFrame, state: State, as_of: date, day: date, moment: datetime) -> pd.DataFrame:
        """Enter ``rows`` where nothing stands in the way; those entered."""
        open_ = _OPEN_TO_CLAIMS if state is State.INTENT else _OPEN_TO_LISTS
        with self._store.writing() as cursor:
            cursor.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (account_id, campaign, ladder, stage, "
                           "occurrence, recipient, recipient_id, template, anchor)")
            cursor.execute("DELETE FROM wanted")
            cursor.executemany(f"INSERT INTO wanted VALUES ({_marks(_COLUMNS)})",
                               _values(rows))
            cursor.execute(
                "DELETE FROM wanted WHERE EXISTS (SELECT 1 FROM messages m WHERE m.account_id = wanted.account_id "
                "AND m.recipient = wanted.recipient AND m.day >= ? AND (m.campaign, m.stage, m.occurrence) <> "
                f"(wanted.campaign, wanted.stage, wanted.occurrence) AND m.state IN ({_marks(COUNTED)}))",
                (as_of.isoformat(), *COUNTED))
            cursor.execute(
                f"INSERT INTO messages ({', '.join(_COLUMNS)}, state, day, planned_on, moment, detail) "
                f"SELECT {', '.join(_COLUMNS)}, ?, ?, ?, ?, '' FROM wanted WHERE true "
                f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET state = excluded.state, day = excluded.day, "
                "planned_on = excluded.planned_on, moment = excluded.moment, detail = '', anchor = excluded.anchor, "
                "recipient_id = excluded.recipient_id, ladder = excluded.ladder, template = excluded.template "
                f"WHERE state IN ({_marks(open_)}) RETURNING {', '.join(KEY)}",
                (state, day.isoformat(), as_of.isoformat(), _utc(moment), *open_))
            entered = set(cursor.fetchall())
        return rows[[key in entered for key in keys_of(rows)]]

    def _report(self, keys: Iterable[Key], state: State, moment: datetime, detail: str) -> None:
        self._change(keys, state, (State.INTENT, State.UNKNOWN), moment, detail)

    def _change(self, keys: Iterable[Key], state: State, of: Sequence[State], moment: datetime, detail: str) -> None:
        day = day_of(moment, self._zone).isoformat()
        # With a plus SQLite finds the row by its key, not by the index of stages, a hundred times as wide.
        keep_day = of == (State.UNKNOWN,)
        with self._store.writing() as cursor:
            for key in keys:
                cursor.execute(
                    f"UPDATE messages SET state = ?, day = CASE WHEN ? THEN day ELSE ? END, moment = ?, "
                    f"detail = ? WHERE {_FITS} AND +state IN ({_marks(of)})",
                    (state, keep_day, day, _utc(moment), detail, *key, *of))
                if cursor.rowcount != 1:
                    raise MfaAuditError(f"{key[2]} for {key[0]} does not wait for an outcome",
                                        where=str(self._store.path), next_step="see: mfa-audit remind report")

    def _rows(self, condition: str, values: Sequence[Any]) -> pd.DataFrame:
        names = ", ".join(HISTORY.names)
        found = self._store.read(
            f"SELECT {names} FROM messages WHERE {condition} ORDER BY {', '.join(KEY)}", values)
        made = pd.DataFrame(found, columns=list(HISTORY.names))
        for name in ("anchor", "day"):
            made[name] = pd.to_datetime(made[name], format="%Y-%m-%d")
        return frame(HISTORY, made)


@contextmanager
def open_ledger(path: Path, tenant: str, zone: str, moment: datetime, *, busy_seconds: float = 30.0,
                rebuild: bool = False, mounts: Mounts = system_mounts) -> Iterator[Ledger]:
    """The ledger of ``tenant`` at ``path``, days counted in ``zone`` of the policy; the rest, and what is raised, as
    :func:`mfa_audit.reminders.store.open_store`."""
    with open_store(path, tenant, moment, busy_seconds=busy_seconds, rebuild=rebuild, mounts=mounts) as store:
        yield Ledger(store, zone)


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be kept")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _values(rows: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """The rows of a plan as SQLite takes them: no numpy types, null for what is missing."""
    told = rows[list(_COLUMNS)].astype(object).assign(anchor=rows["anchor"].dt.strftime("%Y-%m-%d"))
    return told.where(told.notna(), None).itertuples(index=False, name=None)
