"""What stops a plan before anybody is listed: an incomplete night, many factors lost at once, a plan out of proportion.

A policy that went wrong, a source that broke and an attack all look like many people who suddenly need telling. A
brake says what those people share, so that whoever looks knows where to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.errors import IncompleteData
from mfa_audit.reminders.columns import Recipient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mfa_audit.policy import Policy

FEW = 50
"""A plan for this many people is never out of proportion."""
TIMES = 2
"""How many times the largest of the last plans a plan may be."""
PLANS = 14
"""How many plans are looked back on."""
SHARED_PERCENT = 90
"""What this share of the affected have in common is named."""

_ACCEPT = "find out why; if it is right, --accept-loss."
_PEOPLE = (Recipient.PERSON, Recipient.RESPONSIBLE)


def refuse_incomplete(gaps: Sequence[str]) -> None:
    """Raise :class:`IncompleteData` when the night has a gap; each of ``gaps`` is a table and why it is not whole."""
    if gaps:
        raise IncompleteData(f"the run is incomplete, so nobody is reminded: {'; '.join(gaps)}",
                             next_step="mend what is missing and run again.")


def lost_people(before: pd.DataFrame, now: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Who had a usable factor ``before`` and is known to have none ``now``; and how many had one and are still there.

    Both frames have ``account_id``, ``best_level``, ``methods`` and ``organisation`` as in the verdicts. Returned are
    the columns of ``now``, ``methods`` being those of ``before``.
    """
    had = before.loc[before["best_level"].notna() & (before["best_level"] != "none"), ["account_id", "methods"]]
    found = now.drop(columns="methods").merge(had, on="account_id", how="inner")
    return found[found["best_level"] == "none"].reset_index(drop=True), len(found)


def refuse_losses(lost: pd.DataFrame, had: int, policy: Policy, facets: Mapping[str, str]) -> None:
    """Raise :class:`IncompleteData` when more than ``sources.maximum_loss_percent`` of those who ``had`` a factor are
    among the ``lost``; ``facets`` as :func:`shared`."""
    limit = policy.sources.maximum_loss_percent
    if len(lost) * 100 > limit * had:
        raise IncompleteData(
            f"{len(lost)} of {had} people no longer have the second factor they had, more than {limit:g} %: "
            f"{shared(lost, facets)}; nobody is reminded", next_step=_ACCEPT,
        )


def people_in(rows: pd.DataFrame) -> int:
    """How many accounts of a plan (:data:`mfa_audit.reminders.columns.PLAN`) hear something themselves, or whoever
    answers for them."""
    return int(rows.loc[rows["recipient"].isin(_PEOPLE), "account_id"].nunique())


def refuse_size(affected: pd.DataFrame, sizes: Sequence[int], facets: Mapping[str, str]) -> None:
    """Raise :class:`IncompleteData` when a plan for more than :data:`FEW` people is more than :data:`TIMES` times the
    largest of the last :data:`PLANS`.

    ``affected``: the people of the plan, a row each, with the columns of ``facets`` (:func:`shared`). ``sizes``: how
    many people the last plans had, newest first; without any there is nothing to compare with, and the first use of a
    template goes to ``first_wave`` people anyway.
    """
    largest = max(sizes[:PLANS], default=0)
    if sizes and len(affected) > FEW and len(affected) > TIMES * largest:
        raise IncompleteData(
            f"{len(affected)} people would be reminded, more than {TIMES} times the largest of the last plans "
            f"({largest}): {shared(affected, facets)}; nobody is reminded", next_step=_ACCEPT,
        )


def shared(affected: pd.DataFrame, facets: Mapping[str, str]) -> str:
    """What :data:`SHARED_PERCENT` of the affected have in common, as a phrase; else the commonest of each facet.

    ``facets``: column -> what it is called (``"method"``, ``"organisation"``, ``"source"``). A cell may hold several
    values joined by ``;``.
    """
    everybody = len(affected)
    counts = [(word, *_commonest(affected[column])) for column, word in facets.items()]
    found = [(word, value, number) for word, value, number in counts if number]
    told = [each for each in found if each[2] * 100 >= SHARED_PERCENT * everybody] or found
    phrases = (f"{number} of {everybody} have the {word} {value}" for word, value, number in told)
    return ", ".join(phrases) or "they share nothing that is known"


def _commonest(values: pd.Series) -> tuple[str, int]:
    single = values.dropna().str.split(";").explode()
    numbers = single[single != ""].groupby(level=0).unique().explode().value_counts()
    if numbers.empty:
        return "", 0
    most = numbers[numbers == numbers.max()]
    return str(min(most.index)), int(numbers.max())
