"""Whom a manager's workbook lists, against the plainest way of finding out."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mfa_audit.hierarchy import forest
from mfa_audit.reports.excel.tree import Tree

_PEOPLE = st.integers(1, 40).flatmap(
    lambda size: st.tuples(
        st.lists(st.integers(-1, size - 1), min_size=size, max_size=size),
        st.lists(st.booleans(), min_size=size, max_size=size),
        st.lists(st.booleans(), min_size=size, max_size=size),
    )
)


def _plainly(parents: list[int], shown: list[bool], asked: list[bool], manager: int) -> dict[int, int]:
    found = {}
    for person, above in enumerate(parents):
        under, at = person, above
        while at not in (manager, -1):
            under, at = at, parents[at]
        if at == manager and shown[person] and (above == manager or asked[person]):
            found[person] = under
    return found


@settings(max_examples=300, deadline=None)
@given(_PEOPLE)
def test_trees_hold_exactly_their_people(people: tuple[list[int], list[bool], list[bool]]) -> None:
    """Any shape, circles and self-managers included: direct reports that are shown, those below who are asked."""
    above, shown, asked = people
    parents, _ = forest(np.array(above))
    tree = Tree(np.array(above), np.array(shown), np.array(asked))

    for manager in tree.managers().tolist():
        listed = tree.listed(manager)
        expected = _plainly(parents.tolist(), shown, asked, manager)
        assert expected == dict(zip(listed.keys.tolist(), listed.through.tolist(), strict=True))
        assert len(expected) == len(listed.keys)
    assert sorted({int(parent) for parent in parents if parent >= 0}) == sorted(tree.managers().tolist())


def test_a_long_chain_is_cheap() -> None:
    """Fifty thousand people in one line: everybody below the first is found."""
    size = 50_000
    tree = Tree(np.arange(-1, size - 1), np.ones(size, dtype=bool), np.ones(size, dtype=bool))

    assert size - 1 == len(tree.listed(0).keys)
    assert {1} == set(tree.listed(0).through.tolist())
