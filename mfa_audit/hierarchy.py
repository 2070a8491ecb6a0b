"""Who reports to whom, as one array: ``parents[k]`` is the account_key of k's manager, -1 for nobody.

A cycle of managers is broken at its smallest account_key, so that every account hangs in a forest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]


def forest(manager_keys: Keys) -> tuple[Keys, Keys]:
    """The parents without cycles, and the keys at which a cycle was broken.

    ``manager_keys[k]`` is the key of account k's manager, negative when none; an account that manages itself has none.
    Cost is n log n whatever the shape, so that a chain of managers is as cheap as a flat list.
    """
    size = len(manager_keys)
    own = np.arange(size, dtype=np.int64)
    parents = np.where((manager_keys < 0) | (manager_keys == own), -1, manager_keys).astype(np.int64)
    ahead, lowest = parents.copy(), own.copy()
    for _ in range(max(size, 1).bit_length()):
        onward = ahead >= 0
        target = ahead[onward]
        lowest[onward] = np.minimum(lowest[onward], lowest[target])
        ahead[onward] = ahead[target]
    on_cycle = np.zeros(size, dtype=bool)
    on_cycle[ahead[ahead >= 0]] = True
    broken = own[on_cycle & (lowest == own)]
    parents[broken] = -1
    return parents, broken


def depths(parents: Keys) -> Keys:
    """Steps from every account up to the one at the top of its tree; 0 at the top. ``parents`` has no cycle."""
    size = len(parents)
    ahead = parents.copy()
    steps = (parents >= 0).astype(np.int64)
    for _ in range(max(size, 1).bit_length()):
        onward = ahead >= 0
        if not onward.any():
            break
        target = ahead[onward]
        steps[onward] += steps[target]
        ahead[onward] = ahead[target]
    return steps


def rolled_up(parents: Keys, values: Keys, combine: np.ufunc) -> Keys:
    """For every account ``values`` combined over itself and everybody below it.

    ``values``: a row an account, any number of measures; ``combine`` such as ``np.add`` or ``np.maximum``.
    """
    whole = values.astype(np.int64, copy=True)
    level = depths(parents)
    order = np.argsort(-level, kind="stable")
    for keys in np.split(order, np.flatnonzero(np.diff(level[order])) + 1):
        reporting = keys[parents[keys] >= 0]
        combine.at(whole, parents[reporting], whole[reporting])
    return whole
