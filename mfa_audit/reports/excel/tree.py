"""Managers' trees laid out so that everybody below one manager is one stretch of an array.

Accounts are numbered depth first; a tree is then a range of places, and who listed in it is found by bisection.
Built on :mod:`mfa_audit.hierarchy`, where a cycle of managers is broken at the smallest account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mfa_audit import hierarchy

if TYPE_CHECKING:
    import numpy.typing as npt

    Keys = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Listed:
    """Whom a manager's workbook names: ``keys`` of people, and for each the direct report of the manager it hangs
    under (itself when direct)."""

    keys: Keys
    through: Keys


class Tree:
    """Everybody's place under their managers.

    ``manager_keys[k]`` is the account_key of k's manager, negative when none; ``shown`` marks who may appear as a
    direct report, ``asked`` who appears further up as well because there is something to do.
    """

    def __init__(
        self, manager_keys: Keys, shown: npt.NDArray[np.bool_], asked: npt.NDArray[np.bool_]
    ) -> None:
        parents, _ = hierarchy.forest(manager_keys)
        size = len(parents)
        self._parents, self._shown = parents, shown
        self._sizes = hierarchy.rolled_up(parents, np.ones(size, dtype=np.int64), np.add)
        # Children stand together, by key; their managers' keys in the same order serve for bisection.
        self._children = np.lexsort((np.arange(size), parents))
        self._managers = parents[self._children]
        self._places = self._depth_first()
        asked_keys = np.flatnonzero(asked & shown)
        self._asked = asked_keys[np.argsort(self._places[asked_keys], kind="stable")]
        self._asked_places = self._places[self._asked]

    def managers(self) -> Keys:
        """The keys of everybody who manages somebody, depth first, so that neighbours share people."""
        found = np.unique(self._parents[self._parents >= 0])
        return found[np.argsort(self._places[found], kind="stable")]

    def listed(self, manager: int) -> Listed:
        """Direct reports that may be shown, and those further down who are asked for something."""
        left, right = np.searchsorted(self._managers, [manager, manager + 1])
        below = self._children[left:right]
        start = self._places[manager]
        first, last = np.searchsorted(self._asked_places, [start + 1, start + self._sizes[manager]])
        further = self._asked[first:last]
        further = further[self._parents[further] != manager]
        under = np.searchsorted(self._places[below], self._places[further], side="right") - 1
        direct = below[self._shown[below]]
        return Listed(np.concatenate([direct, further]), np.concatenate([direct, below[under]]))

    def _depth_first(self) -> Keys:
        """The place of every account: its manager's, one more, and the trees of the siblings before it."""
        sizes = self._sizes[self._children]
        before = np.cumsum(sizes) - sizes
        starts = np.searchsorted(self._managers, self._managers)
        steps = np.empty(len(self._parents), dtype=np.int64)
        steps[self._children] = before - before[starts] if len(before) else before
        steps += self._parents >= 0
        ahead = self._parents.copy()
        for _ in range(max(len(ahead), 1).bit_length()):
            onward = ahead >= 0
            target = ahead[onward]
            steps[onward] += steps[target]
            ahead[onward] = ahead[target]
        return steps
