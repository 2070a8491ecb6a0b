"""The forest of managers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mfa_audit.hierarchy import depths, forest, rolled_up


@st.composite
def managers(draw):
    size = draw(st.integers(1, 12))
    return draw(st.lists(st.integers(-1, size - 1), min_size=size, max_size=size))


def by_walking(keys):
    """The same answer by walking up from every account, one after another."""
    parents = [-1 if key < 0 or key == own else key for own, key in enumerate(keys)]
    broken = []
    for own in range(len(parents)):
        seen, here = [], own
        while here >= 0 and here not in seen:
            seen.append(here)
            here = parents[here]
        if here >= 0:
            lowest = min(seen[seen.index(here):])
            parents[lowest] = -1
            broken.append(lowest)
    return parents, sorted(broken)


@given(managers())
def test_cycles_are_broken_at_the_smallest_key_and_nowhere_else(keys):
    """Whatever the managers, the forest is what walking up by hand gives."""
    parents, broken = forest(np.array(keys))

    assert by_walking(keys) == (parents.tolist(), broken.tolist())


@given(managers())
def test_everybody_below_is_counted_once(keys):
    """A roll-up counts every account once for each of those above it, and the maximum is over the same people."""
    parents, _ = forest(np.array(keys))
    above = []
    for own in range(len(keys)):
        line, here = {own}, parents[own]
        while here >= 0:
            line.add(int(here))
            here = parents[here]
        above.append(line)

    ones = rolled_up(parents, np.ones(len(keys), dtype=np.int64), np.add)
    largest = rolled_up(parents, np.arange(len(keys)), np.maximum)

    assert [sum(own in line for line in above) for own in range(len(keys))] == ones.tolist()
    assert [max(k for k, line in enumerate(above) if own in line) for own in range(len(keys))] == largest.tolist()


def test_a_chain_of_a_million_is_walked_in_steps_that_double():
    """The shape of the chain does not matter: the depth of the last of a long chain is its length."""
    chain = np.arange(200_000) - 1

    parents, broken = forest(chain)

    assert [] == broken.tolist()
    assert 199_999 == depths(parents)[-1]
