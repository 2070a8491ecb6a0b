"""A hole in what asks for MFA: what is seen, how grave, whom it touches, what would close it.

Patterns: ``docs/conditional-access.md``, the gap report.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mfa_audit.access.matrix import Cell, Matrix
    from mfa_audit.access.policies import Policy
    from mfa_audit.access.question import Person
    from mfa_audit.access.scenarios import Situation

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Touched:
    """Whom a gap touches: the ``classes`` of which everybody in scope does (those of them alone who have none of the
    methods ``without``, in bits), or single accounts by id."""

    classes: tuple[int, ...] = ()
    without: int = 0
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Gap:
    """``id`` of the pattern, ``severity`` (high, medium, low, info), the ``policy`` it is about (empty: all of them),
    what was ``found``, how many ``accounts`` it touches and which, and what would ``close`` it."""

    id: str
    severity: str
    found: str
    close: str
    policy: str = ""
    policy_id: str = ""
    accounts: int = 0
    touched: Touched = Touched()


@dataclass(frozen=True)
class View:
    """What gaps are looked for in. ``people`` stand for the classes, ``cells`` are theirs by scenario, ``places``
    where they are asked, ``sizes`` their accounts in scope;
    ``eligible``: role -> accounts in scope that may activate it and do not hold it, ``held``: role of those the policy
    counts -> accounts in scope that hold it or may."""

    matrix: Matrix
    people: Sequence[Person]
    cells: Sequence[Mapping[str, Cell]]
    places: Sequence[str]
    sizes: npt.NDArray[np.int64]
    eligible: Mapping[str, frozenset[str]]
    held: Mapping[str, frozenset[str]]
    deleted: frozenset[str]
    tolerance_percent: float

    @cached_property
    def enforced(self) -> tuple[Policy, ...]:
        """The policies that are enabled."""
        return tuple(policy for policy in self.matrix.tenant.policies if policy.state == "enabled")

    @cached_property
    def asking(self) -> tuple[Policy, ...]:
        """Those of them that demand MFA of people."""
        return tuple(policy for policy in self.enforced if demands_mfa(policy))

    def where(self, test: Callable[[Cell], bool], situations: Sequence[Situation]) -> Mask:
        """The classes of which ``test`` holds in one of ``situations``."""
        names = [situation.name for situation in situations]
        return np.array([any(test(cells[name]) for name in names) for cells in self.cells], dtype=bool)

    def named_by(self, policy: Policy) -> Mask:
        """The classes a policy is for, or may be."""
        bit = self.matrix.bit(policy)
        return np.array([bool((fits.yes | fits.open) & bit) for fits in map(self.matrix.fits, self.people)], dtype=bool)

    def surely_named_by(self, policy: Policy) -> Mask:
        """The classes a policy is for without any doubt."""
        bit = self.matrix.bit(policy)
        return np.array([bool(fits.yes & bit) for fits in map(self.matrix.fits, self.people)], dtype=bool)

    def left_out_of(self, policy: Policy) -> Mask:
        """The classes a policy names and leaves out again."""
        bit = self.matrix.bit(policy)
        return np.array([bool(fits.nearly & bit) for fits in map(self.matrix.fits, self.people)], dtype=bool)

    def gap(self, name: str, severity: str, found: str, close: str, *, policy: Policy | None = None,
            classes: Mask | None = None, ids: frozenset[str] = frozenset()) -> Gap:
        """A gap that touches ``classes``, or single accounts by ``ids``, counted."""
        named, identity = ("", "") if policy is None else (policy.name or policy.id, policy.id)
        numbers = () if classes is None else tuple(np.flatnonzero(classes & (self.sizes > 0)).tolist())
        accounts = len(ids) if classes is None else int(self.sizes[classes].sum())
        return Gap(name, severity, found, close, named, identity, accounts, Touched(numbers, ids=ids))


def demands_mfa(policy: Policy) -> bool:
    """Whether MFA, or a strength that is MFA, is among the controls, for people."""
    grants = policy.grants
    if grants is None or policy.conditions.workloads:
        return False
    return "mfa" in grants.controls or (grants.strength is not None and grants.strength.is_mfa is not False)
