"""A plan out of proportion stops before anybody is listed, and the message says what the affected share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from reminded import message, people, person, planned, policy

from mfa_audit.errors import IncompleteData
from mfa_audit.reminders.brakes import (
    lost_people,
    people_in,
    refuse_incomplete,
    refuse_losses,
    refuse_size,
    shared,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

FACETS = {"methods": "method", "organisation": "organisation", "source": "source"}


def crowd(count: int, methods: str = "authenticator_push", organisation: str = "ZX1") -> pd.DataFrame:
    return pd.DataFrame({"account_id": [f"id-{n}" for n in range(count)], "methods": methods, "best_level": "push",
                         "organisation": organisation, "source": "registrations.csv"}).astype("str")


def test_an_incomplete_run_plans_nothing() -> None:
    """The gaps are said; a whole night passes."""
    refuse_incomplete(())
    with pytest.raises(IncompleteData, match="nobody is reminded: registrations: only a part was read"):
        refuse_incomplete(("registrations: only a part was read",))


def test_who_lost_a_factor() -> None:
    """Had one, is still there, is known to have none; what is not known is not lost."""
    before = pd.DataFrame({
        "account_id": ["a", "b", "c", "d", "e", "f"], "best_level": ["push", "push", "none", "code", None, "push"],
        "methods": ["authenticator_push", "authenticator_push", "", "software_code", None, "authenticator_push"],
    })
    now = pd.DataFrame({
        "account_id": ["a", "b", "c", "d", "e"], "best_level": ["none", None, "none", "push", "none"],
        "methods": [""] * 5, "organisation": ["ZX1"] * 5,
    })
    lost, had = lost_people(before, now)

    assert 3 == had
    assert [("a", "authenticator_push", "ZX1")] == list(
        lost[["account_id", "methods", "organisation"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(("lost", "had", "stops"), [(0, 0, False), (1, 100, False), (2, 100, True), (1, 1, True)])
def test_many_who_lost_their_factor_stop_the_plan(lost: int, had: int, *, stops: bool) -> None:
    """More than maximum_loss_percent (1 here) is exit 4."""
    using = policy()
    assert 1.0 == using.sources.maximum_loss_percent
    if not stops:
        refuse_losses(crowd(lost), had, using, FACETS)
        return
    with pytest.raises(IncompleteData, match=f"{lost} of {had} people") as refused:
        refuse_losses(crowd(lost), had, using, FACETS)
    assert 4 == refused.value.exit_code
    assert "the method authenticator_push" in refused.value.message
    assert "--accept-loss" in refused.value.next_step


@pytest.mark.parametrize(("count", "sizes", "stops"), [
    (51, (20, 25), True), (51, (26,), False), (50, (1,), False), (51, (0,), True), (51, (), False),
    (200, (90, 100), False), (201, (90, 100), True), (201, (*([10] * 14), 500), True),
])
def test_a_plan_out_of_proportion(count: int, sizes: Sequence[int], *, stops: bool) -> None:
    """Over fifty people and more than twice the largest of the last fourteen plans is exit 4; the first plan of all has
    nothing to be compared with."""
    if not stops:
        refuse_size(crowd(count), sizes, FACETS)
        return
    with pytest.raises(IncompleteData, match=f"{count} people would be reminded") as refused:
        refuse_size(crowd(count), sizes, FACETS)
    assert "organisation ZX1" in refused.value.message


@pytest.mark.parametrize(("affected", "said"), [
    (pd.concat([crowd(9), crowd(1, "mobile_phone", "ZX2")]),
     ("9 of 10 have the method authenticator_push, 9 of 10 have the organisation ZX1, "
      "10 of 10 have the source registrations.csv")),
    (pd.concat([crowd(5), crowd(5, "mobile_phone", "ZX2")]).assign(source=None),
     "5 of 10 have the method authenticator_push, 5 of 10 have the organisation ZX1"),
    (pd.concat([crowd(6, "mobile_phone;authenticator_push"), crowd(4, organisation="ZX2")]).assign(source=None),
     "10 of 10 have the method authenticator_push"),
    (crowd(2, "").assign(organisation=None, source=None), "they share nothing that is known"),
])
def test_what_the_affected_share(affected: pd.DataFrame, said: str) -> None:
    """What nine in ten have is named; where nothing is, the commonest of each."""
    assert said == shared(affected.reset_index(drop=True), FACETS)


def test_a_plan_is_measured_in_people() -> None:
    """Managers, service desks and lists for administrators do not count."""
    rows = planned(people(person(1), person(2, leaver=True), person(3, mail=None)), "2026-10-26",
                   message("S2", "2026-10-19")).rows

    assert 1 == people_in(rows)
