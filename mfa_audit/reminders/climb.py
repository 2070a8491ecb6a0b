"""Accounts on one ladder: which stage is theirs today, who would hear it, and what holds it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from mfa_audit.reminders.columns import COUNTED, DELIVERED, STANDING, WAITING, Held, Recipient, State, Why
from mfa_audit.reminders.due import NEVER, gated_days, newest, open_days, rung_days
from mfa_audit.reminders.routing import STANDS_IN, Route

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from mfa_audit.policy.schema_reminders import Reminders
    from mfa_audit.reminders.calendar import Days, SendDays
    from mfa_audit.reminders.ladder import Ladder, Rung
    from mfa_audit.reminders.past import Past
    from mfa_audit.reminders.routing import Mask

Positions = npt.NDArray[np.intp]

_INSTEAD = (Route.NO_MAILBOX, Route.LOCKED_OUT)


@dataclass(frozen=True)
class Chunk:
    """What is known of a chunk of accounts, an entry an account: ``route``, and for each kind of recipient who that is
    (``address_of``). ``digest_on``: the day the account's manager last had a digest; ``last_told`` and ``messages``:
    when the person was last told anything, and how often in this campaign."""

    accounts: pd.Series
    route: pd.Series
    address_of: dict[Recipient, pd.Series]
    digest_on: Days
    last_told: Days
    messages: npt.NDArray[np.int64]
    reminders: Reminders
    calendar: SendDays
    as_of: date

    @property
    def by_hand(self) -> bool:
        """Whether somebody sends the messages and confirms it."""
        return self.reminders.delivery == "files"

    @property
    def standing(self) -> tuple[State, ...]:
        """The states of messages that are not planned again; where they leave by themselves a list stands in no way."""
        return STANDING if self.by_hand else COUNTED

    @property
    def today(self) -> np.datetime64:
        """``as_of`` as the days of columns are."""
        return np.datetime64(self.as_of, "D")


@dataclass
class Listing:
    """What has been found so far: pieces of the plan and of what is held, and which messages of the past are still the
    stage of today (``current``)."""

    current: Mask
    planned: list[pd.DataFrame] = field(default_factory=list)
    held: list[pd.DataFrame] = field(default_factory=list)

    def hold(self, chunk: Chunk, at: Positions, why: Held | npt.NDArray[np.str_], **columns: object) -> None:
        """Note why the accounts ``at`` are not in the plan."""
        told = why.value if isinstance(why, Held) else why
        self.held.append(_piece(chunk, at, {"recipient": None, "anchor": NEVER, "due": NEVER, **columns, "why": told}))


@dataclass(frozen=True)
class Step:
    """One rung, for the accounts ``who``: due on ``due``, hung on ``anchor``; ``why`` for whoever hears it."""

    ladder: str
    rung: Rung
    who: Positions
    anchor: Days
    due: Days
    why: npt.NDArray[np.object_]


def climb(chunk: Chunk, ladder: Ladder, at: Positions, anchor: Days, past: Past, listing: Listing, *,
          lost: Mask | None = None) -> None:
    """Put the accounts ``at`` with their ``anchor`` on ``ladder`` into ``listing``; ``past`` knows the round that runs
    now; ``lost`` marks who was compliant and is no more."""
    undated = np.isnat(anchor)
    listing.hold(chunk, at[undated], Held.NO_DATE, ladder=ladder.name)
    at, anchor = at[~undated], anchor[~undated]
    if not ladder.rungs or (ladder.gated and not ladder.introductions):
        listing.hold(chunk, at, Held.NO_STAGES, ladder=ladder.name, anchor=anchor)
        return
    again = np.zeros(len(at), dtype=bool) if lost is None else lost[~undated]
    planned = rung_days(ladder, anchor, chunk.calendar)
    days = open_days(ladder, planned, anchor, chunk.as_of)
    first = past.first(past.pick(states=DELIVERED, told=True))[at]
    if ladder.gated:
        said: Days = np.full(len(at), NEVER)
        if ladder.overdue is not None:
            stage = ladder.rungs[ladder.overdue]
            said = past.last(past.pick(stage=stage.stage, states=DELIVERED, fresh=True,
                                       told="staff" in stage.audience))[at]
        days = gated_days(ladder, planned, days, chunk.calendar, first_told=first, overdue_told=said, lost=again)
    reached = _reached(ladder, past, at)
    stage_of = newest(days, chunk.as_of, reached)
    idle = stage_of < 0
    for position, rung in enumerate(ladder.rungs):
        here = stage_of == position
        if here.any():
            why = _why(ladder, position, np.isnat(first[here]), again[here])
            step = Step(ladder.name, rung, at[here], anchor[here], days[here, position], why)
            idle[here] = list_step(chunk, step, past, listing)
    for position, here in _late_digests(chunk, ladder, at, days, stage_of, past):
        step = Step(ladder.name, ladder.rungs[position], at[here], anchor[here], days[here, position],
                    _why(ladder, position, np.isnat(first[here]), again[here]))
        _list_one(chunk, step, Recipient.MANAGER, "manager", past, listing)
    _hold_the_rest(chunk, ladder, at, anchor, (planned, days, idle, np.maximum(reached, stage_of)),
                   listing)


def list_step(chunk: Chunk, step: Step, past: Past, listing: Listing) -> Mask:
    """Put everybody who hears ``step`` into ``listing``; for which accounts all of them have heard it before."""
    done = np.ones(len(step.who), dtype=bool)
    instead = chunk.route.isin(_INSTEAD).to_numpy(dtype=bool)[step.who]
    generic = (chunk.route == Route.GENERIC).to_numpy(dtype=bool)[step.who]
    for kind, route in ((instead, Route.NO_MAILBOX), (generic, Route.GENERIC), (~instead & ~generic, Route.PERSON)):
        if kind.any():
            some = Step(step.ladder, step.rung, step.who[kind], step.anchor[kind], step.due[kind], step.why[kind])
            for recipient, audience in _hearers(step.rung, route).items():
                done[kind] &= _list_one(chunk, some, recipient, audience, past, listing)
    return done


def _hearers(rung: Rung, route: Route) -> dict[Recipient, str]:
    """Recipient -> audience, each recipient once."""
    found: dict[Recipient, str] = {}
    for audience in rung.audience:
        for recipient in STANDS_IN[route] if audience == "staff" else (Recipient(audience),):
            found.setdefault(recipient, audience)
    return found


def _list_one(chunk: Chunk, step: Step, recipient: Recipient, audience: str, past: Past,
              listing: Listing) -> Mask:
    """Put one recipient of ``step`` into ``listing``; for which accounts there is nothing to say of it any more."""
    rung, at = step.rung, step.who
    same = partial(past.pick, stage=rung.stage, recipient=recipient, states=chunk.standing)
    before, this_round = past.count(same())[at], past.count(same(fresh=True))[at] > 0
    last = past.last(same(states=COUNTED, fresh=True))[at]
    waits, leaving, unknown = (past.count(same(states=states, fresh=True))[at] > 0
                               for states in (WAITING, (State.INTENT,), (State.UNKNOWN,)))
    waits &= chunk.by_hand
    open_ = waits | leaving | unknown
    repeated, due = np.zeros(len(at), dtype=bool), step.due
    if rung.repeat_every_days is not None:
        next_day = chunk.calendar.forward(last + np.timedelta64(rung.repeat_every_days, "D"))
        repeated = ~open_ & (next_day <= chunk.today)
        due = np.where(np.isnat(next_day), due, next_day)
    listing.current |= np.isin(past.account, at) & same(fresh=True, states=WAITING)

    address = chunk.address_of.get(recipient)
    nobody = np.zeros(len(at), dtype=bool) if address is None else address.isna().to_numpy(dtype=bool)[at]
    digest, in_person = recipient is Recipient.MANAGER, recipient in (Recipient.PERSON, Recipient.RESPONSIBLE)
    cool = (chunk.today - chunk.last_told[at]) < np.timedelta64(chunk.reminders.cooldown_days, "D")
    paced = (chunk.today - chunk.digest_on[at]) < np.timedelta64(chunk.reminders.manager_digest_days, "D")
    holds: tuple[tuple[Held, Mask], ...] = (
        (Held.WAITS_FOR_CONFIRMATION, waits), (Held.BEING_SENT, leaving), (Held.OUTCOME_UNKNOWN, unknown),
        (Held.ALREADY_TOLD, this_round & ~repeated),
        (Held.NO_MANAGER, nobody & digest),
        (Held.MAXIMUM_MESSAGES, (chunk.messages[at] >= chunk.reminders.maximum_messages) & in_person),
        (Held.NOT_A_SEND_DAY, np.full(len(at), chunk.as_of not in chunk.calendar)),
        (Held.COOL_DOWN, cool & (audience == "staff" and rung.paced and not digest)),
        (Held.DIGEST_PACE, paced & digest),
    )
    held = np.select([mask for _, mask in holds], [why.value for why, _ in holds], default="")
    free = held == ""
    done: Mask = (held == Held.ALREADY_TOLD.value) & (rung.repeat_every_days is None)
    told = ~free & ~done
    shared = {"ladder": step.ladder, "stage": rung.stage, "recipient": recipient.value}
    listing.hold(chunk, at[told], held[told], anchor=step.anchor[told], due=due[told], **shared)
    listing.planned.append(_piece(chunk, at[free], {
        **shared, "occurrence": before[free], "audience": audience, "template": rung.template,
        "recipient_id": None if address is None else address.to_numpy()[at[free]],
        "anchor": step.anchor[free], "due": due[free],
        "why": np.where(repeated[free], Why.REPEATED.value, step.why[free]),
    }))
    return done


def _late_digests(chunk: Chunk, ladder: Ladder, at: Positions, days: Days, stage_of: Positions,
                  past: Past) -> Iterator[tuple[int, Mask]]:
    """Stages of a manager that a digest shortly before held back while the ladder went on: they wait for the next
    digest, and no longer; what runs missed is not made up for."""
    instead = chunk.route.isin(_INSTEAD).to_numpy(dtype=bool)[at]
    with_manager = [position for position, rung in enumerate(ladder.rungs) if "manager" in rung.audience]
    now = np.zeros(len(at), dtype=bool)
    for position, rung in enumerate(ladder.rungs):
        hears = instead & ("staff" in rung.audience) | ("manager" in rung.audience)
        now |= (stage_of == position) & hears
    waiting = (stage_of >= 0) & ~now
    pace = np.timedelta64(chunk.reminders.manager_digest_days, "D")
    for position in reversed(with_manager):
        come = waiting & (position < stage_of) & (days[:, position] <= chunk.today)
        waiting &= ~come
        told = past.count(past.pick(stage=ladder.rungs[position].stage, recipient=Recipient.MANAGER, states=COUNTED,
                                    fresh=True))[at] > 0
        paced = chunk.digest_on[at] + pace > days[:, position]
        here = come & ~told & paced & (chunk.today <= chunk.calendar.forward(days[:, position] + pace))
        if here.any():
            yield position, here


def _reached(ladder: Ladder, past: Past, at: Positions) -> Positions:
    """The last rung of which anything left in this round; -1 for none."""
    found = np.full(len(at), -1, dtype=np.intp)
    for position, rung in enumerate(ladder.rungs):
        found[past.count(past.pick(stage=rung.stage, states=COUNTED, fresh=True))[at] > 0] = position
    return found


def _why(ladder: Ladder, position: int, never: Mask, lost: Mask) -> npt.NDArray[np.object_]:
    late = ladder.overdue
    if late is not None and position >= late:
        plain = Why.OVERDUE if position == late else Why.ESCALATED
        return np.where(lost & (position == late), Why.FACTOR_LOST.value, plain.value).astype(object)
    return np.where(never & ladder.gated, Why.FIRST_MESSAGE.value, Why.BEFORE.value).astype(object)


def _hold_the_rest(chunk: Chunk, ladder: Ladder, at: Positions, anchor: Days,
                   found: tuple[Days, Days, Mask, Positions], listing: Listing) -> None:
    """Who is told nothing now: the next stage and its day; or that there is none."""
    planned, days, none, reached = found
    coming = np.where(np.isnat(days), planned, days)
    ahead = (coming > chunk.today) & (np.arange(len(ladder.rungs)) > reached[:, None])
    more = none & ahead.any(axis=1)
    following = ahead.argmax(axis=1)
    stages = np.array([rung.stage for rung in ladder.rungs], dtype=object)
    listing.hold(chunk, at[more], Held.NOT_DUE_YET, ladder=ladder.name, stage=stages[following[more]],
                 anchor=anchor[more], due=coming[more, following[more]])
    over = none & ~more
    listing.hold(chunk, at[over], Held.ALREADY_TOLD, ladder=ladder.name, anchor=anchor[over])


def _piece(chunk: Chunk, at: Positions, columns: dict[str, object]) -> pd.DataFrame:
    base = {"at": at, "account_id": chunk.accounts.to_numpy()[at], "campaign": chunk.reminders.campaign,
            "route": chunk.route.to_numpy()[at], "ladder": None, "stage": None}
    return pd.DataFrame({**base, **columns}, index=pd.RangeIndex(len(at)))
