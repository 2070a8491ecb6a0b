"""A hole in what asks for MFA: what is seen, how grave, whom it touches, what would close it.

Patterns: ``docs/conditional-access.md``, the gap report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    methods ``without``, in bits, and others; where these are all there are, those who have none), or single accounts by
    id."""

    classes: tuple[int, ...] = ()
    without: int = 0
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Gap:
    """``id`` of the pattern, ``severity`` (high, medium, low, info), the ``policy`` it is about (empty: all of them),
    what was ``found``, how many ``accounts`` it touches and which, ``unlisted`` of them not told apart from others of
    their class, and what would ``close`` it."""

    id: str
    severity: str
    found: str
    close: str
    policy: str = ""
    policy_id: str = ""
    accounts: int = 0
    touched: Touched = Touched()
    unlisted: int = 0


@dataclass(frozen=True)
class Again:
    """What the policy wants of ``tier``: to be asked again within ``hours`` in each of ``scenarios``; ``sizes``: its
    accounts in scope by class."""

    tier: str
    hours: float
    scenarios: tuple[str, ...]
    sizes: npt.NDArray[np.int64]


@dataclass(frozen=True)
class View:
    """What gaps are looked for in. ``people`` stand for the classes, ``cells`` are theirs by scenario, ``places``
    where they are asked, ``sizes`` their accounts in scope;
    ``eligible``: role -> accounts in scope that may activate it and do not hold it, ``held``: role of those the policy
    counts -> accounts in scope that hold it or may, ``scoped``: role -> accounts in scope that hold it over part of
    the tenant only. ``emergency``: accounts in scope of the tier break_glass, by class (null: none), and
    ``emergency_ids``, their ids as far as the policy names them by id. ``again``: by tier, how soon people must be
    asked again. ``without_method``: accounts in scope by class that have no method that counts (null: all of them)."""

    matrix: Matrix
    people: Sequence[Person]
    cells: Sequence[Mapping[str, Cell]]
    places: Sequence[str]
    sizes: npt.NDArray[np.int64]
    eligible: Mapping[str, frozenset[str]]
    held: Mapping[str, frozenset[str]]
    deleted: frozenset[str]
    tolerance_percent: float
    scoped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    emergency: npt.NDArray[np.int64] | None = None
    emergency_ids: frozenset[str] = frozenset()
    again: tuple[Again, ...] = ()
    without_method: npt.NDArray[np.int64] | None = None

    @cached_property
    def enforced(self) -> tuple[Policy, ...]:
        """The policies that are enabled."""
        return tuple(policy for policy in self.matrix.tenant.policies if policy.state == "enabled")

    @cached_property
    def asking(self) -> tuple[Policy, ...]:
        """Those of them that demand MFA of people."""
        return tuple(policy for policy in self.enforced if demands_mfa(policy))

    @cached_property
    def ordinary(self) -> npt.NDArray[np.int64]:
        """Accounts in scope by class that are no emergency accounts."""
        return self.sizes if self.emergency is None else self.sizes - self.emergency

    def where(self, test: Callable[[Cell], bool], situations: Sequence[Situation]) -> Mask:
        """The classes of which ``test`` holds in one of ``situations``."""
        names = [situation.name for situation in situations]
        return np.array([any(test(cells[name]) for name in names) for cells in self.cells], dtype=bool)

    def those(self, test: Callable[[Situation], bool]) -> list[Situation]:
        """The situations with a sign-in of which ``test`` holds."""
        return [situation for situation in self.matrix.situations if situation.sign_ins and test(situation)]

    def placed(self, *words: str) -> Mask:
        """The classes that are asked in one of the places ``words``, of :mod:`mfa_audit.access.coverage`."""
        return np.array([place in words for place in self.places], dtype=bool)

    def named_by(self, policy: Policy) -> Mask:
        """The classes a policy is for, or may be."""
        return self.surely_named_by(policy) | self._column(policy, self._fits[1])

    def surely_named_by(self, policy: Policy) -> Mask:
        """The classes a policy is for without any doubt."""
        return self._column(policy, self._fits[0]).copy()

    def left_out_of(self, policy: Policy) -> Mask:
        """The classes a policy names and leaves out again."""
        return self._column(policy, self._fits[2]).copy()

    def gap(self, name: str, severity: str, found: str, close: str, *, policy: Policy | None = None,
            classes: Mask | None = None, ids: frozenset[str] = frozenset()) -> Gap:
        """A gap that touches ``classes``, or single accounts by ``ids``, counted. One that touches nobody but emergency
        accounts, which are left out on purpose, is for information."""
        named, identity = ("", "") if policy is None else (policy.name or policy.id, policy.id)
        numbers = () if classes is None else tuple(np.flatnonzero(classes & (self.sizes > 0)).tolist())
        accounts = len(ids) if classes is None else int(self.sizes[classes].sum())
        ordinary = len(ids - self.emergency_ids) if classes is None else int(self.ordinary[classes].sum())
        if accounts and not ordinary:
            severity, found = "info", f"{found}: emergency accounts only"
        return Gap(name, severity, found, close, named, identity, accounts, Touched(numbers, ids=ids))

    @cached_property
    def _fits(self) -> tuple[Mask, Mask, Mask]:
        """Classes by policy bit: surely for them, perhaps, named and left out again."""
        fits = [self.matrix.fits(person) for person in self.people]
        size = len(self.matrix.tenant.policies) // 8 + 1

        def table(numbers: list[int]) -> Mask:
            data = np.frombuffer(b"".join(each.to_bytes(size, "little") for each in numbers), dtype=np.uint8)
            return np.unpackbits(data.reshape(len(numbers), size), axis=1, bitorder="little").astype(bool)

        return (table([each.yes for each in fits]), table([each.open for each in fits]),
                table([each.nearly for each in fits]))

    def _column(self, policy: Policy, table: Mask) -> Mask:
        bit = self.matrix.bit(policy)
        column: Mask = table[:, bit.bit_length() - 1] if bit else np.zeros(len(table), dtype=bool)
        return column


def demands_mfa(policy: Policy) -> bool:
    """Whether MFA, or a strength that is MFA, is among the controls, for people."""
    grants = policy.grants
    if grants is None or policy.conditions.workloads:
        return False
    return "mfa" in grants.controls or (grants.strength is not None and grants.strength.is_mfa is not False)
