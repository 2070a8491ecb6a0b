"""What the accounts of a chunk have been told, asked of the ledger's history a column at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from mfa_audit.reminders.calendar import Days, days
from mfa_audit.reminders.columns import COUNTED, STANDING, Recipient, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mfa_audit.reminders.routing import Mask

Counts = npt.NDArray[np.int64]

_IN_PERSON = (Recipient.PERSON, Recipient.RESPONSIBLE)
_INSTEAD = (Recipient.MANAGER, Recipient.SERVICE_DESK)
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Past:
    """The messages of a chunk of ``size`` accounts: ``rows`` of the history, and a column of each thing asked of them.

    ``account`` is the position of the account in the chunk; ``told`` marks messages that stand for telling the person;
    ``fresh`` those of the round that runs now (:meth:`since`, :meth:`hung_on`).
    """

    size: int
    rows: pd.DataFrame
    account: Counts
    stage: pd.Series
    recipient: pd.Series
    anchor: Days
    state: pd.Series
    day: Days
    ours: Mask
    told: Mask
    fresh: Mask

    @classmethod
    def of(cls, history: pd.DataFrame, accounts: pd.Series, in_person: Mask, campaign: str) -> Past:
        """``history``: :data:`mfa_audit.reminders.columns.HISTORY`, of any accounts; ``in_person``: whose messages go
        to the person or whoever answers for the mailbox, others are told through the manager and the service desk."""
        positions = pd.Index(accounts).get_indexer(pd.Index(history["account_id"]))
        known = positions >= 0
        rows, account = history[known], positions[known].astype(np.int64)
        direct = in_person[account] if len(account) else np.zeros(0, dtype=bool)
        told = np.where(direct, rows["recipient"].isin(_IN_PERSON), rows["recipient"].isin((*_IN_PERSON, *_INSTEAD)))
        stage, recipient, state = (rows[name].astype("category") for name in ("stage", "recipient", "state"))
        ours = (rows["campaign"] == campaign).to_numpy(dtype=bool)
        return cls(len(accounts), rows, account, stage, recipient, days(rows["anchor"]), state, days(rows["day"]), ours,
                   told.astype(bool), np.ones(len(rows), dtype=bool))

    def since(self, start: Days) -> Past:
        """The same, a round beginning on ``start`` of each account; NaT: there was only one."""
        begun = start[self.account]
        return self._with(np.isnat(begun) | (self.day >= begun))

    def hung_on(self, anchor: Days) -> Past:
        """The same, a round for each anchor: what hung on an earlier one is of an earlier round."""
        return self._with(~(self.anchor < anchor[self.account]))

    def _with(self, fresh: Mask) -> Past:
        return Past(**{**vars(self), "fresh": fresh})

    def pick(self, *, stage: str | None = None, recipient: str | None = None, states: Sequence[State] = STANDING,
             told: bool = False, fresh: bool = False, ours: bool = True) -> Mask:
        """The messages that fit: of a stage, to a recipient, in one of ``states``; ``told``: such as tell the person;
        ``fresh``: of this round; ``ours``: of this campaign, else of any."""
        picked: Mask = self.state.isin(states).to_numpy(dtype=bool)
        if stage is not None:
            picked = picked & (self.stage == stage).to_numpy(dtype=bool)
        if recipient is not None:
            picked = picked & (self.recipient == recipient).to_numpy(dtype=bool)
        for wanted, mask in ((told, self.told), (fresh, self.fresh), (ours, self.ours)):
            picked = picked & mask if wanted else picked
        return picked

    def count(self, picked: Mask) -> Counts:
        """How many of the picked messages each account has."""
        return np.bincount(self.account[picked], minlength=self.size).astype(np.int64)

    def last(self, picked: Mask) -> Days:
        """The day of the last picked message of each account; NaT for none."""
        latest = np.full(self.size, np.iinfo(np.int64).min)
        np.maximum.at(latest, self.account[picked], self.day[picked].astype(np.int64))
        return latest.astype("datetime64[D]")

    def first(self, picked: Mask) -> Days:
        """The day of the first picked message of each account; NaT for none."""
        earliest = np.full(self.size, _LAST)
        np.minimum.at(earliest, self.account[picked], self.day[picked].astype(np.int64))
        found: Days = earliest.astype("datetime64[D]")
        found[earliest == _LAST] = np.datetime64("NaT")
        return found


def last_digests(history: pd.DataFrame) -> pd.Series:
    """When each manager last had a digest: ``recipient_id`` -> day (``datetime64[us]``), of whatever campaign.

    It needs the history of every account, not of a chunk alone: a manager's people stand in many chunks.
    """
    digests = history[(history["recipient"] == Recipient.MANAGER) & history["state"].isin(COUNTED)]
    return digests.groupby("recipient_id")["day"].max()
