"""One sign-in decided: which policies apply, what they come to together, and whether one factor may suffice.

Never says MFA is demanded unless it is demanded in every world that fits what is known. Semantics:
``docs/conditional-access.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING

from mfa_audit.access.conditions import about_person, about_sign_in
from mfa_audit.access.grants import DEVICE_CONTROLS, IN, NOTHING, RANK, Demand, Outcome, demand
from mfa_audit.access.kleene import NO, NO_FACTS, YES, Answer, Fact, all_of
from mfa_audit.access.other_sources import by_defaults, by_person
from mfa_audit.access.strengths import Strength, implies, least

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mfa_audit.access.policies import Policy
    from mfa_audit.access.question import Question

REPORT_ONLY = "enabledforreportingbutnotenforced"
_MOST_LOOKS = 1_024
"""How often a policy is looked at in the worlds of one sign-in; beyond that the unknown policies are taken as
independent of one another, which can only make more seem possible."""

_MOST_KINDS = 5
"""Kinds of facts that go one way or the other when several are settled at once."""


@dataclass(frozen=True)
class Decision:
    """What a sign-in comes to; the names are those of ``docs/conditional-access.md``.

    ``possible``: the outcomes over all worlds; ``lacks``: the facts they hang on. ``not_applied``: policy id -> the
    condition that fails. ``hours``: the shortest sign-in frequency of the applied policies, 0 for every time.
    """

    outcome: Outcome
    possible: frozenset[Outcome]
    applied: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    report_only: tuple[str, ...] = ()
    not_applied: Mapping[str, str] = field(default_factory=dict)
    required_strength: tuple[str, ...] | None = None
    hours: float | None = None
    sources: tuple[str, ...] = ()
    lacks: frozenset[Fact] = NO_FACTS

    @property
    def single_factor_possible(self) -> bool:
        """Whether somebody may get in with one factor."""
        return bool(self.possible & IN)


def applies(policy: Policy, question: Question) -> tuple[Answer, str]:
    """Whether a policy applies, all its conditions together, and the first that fails when it does not."""
    if policy.state == "disabled":
        return NO, "policyNotEnabled"
    if policy.state == REPORT_ONLY and question.sign_in.user_action is not None:
        return NO, "userActions"
    person, reason = about_person(policy, question)
    if person.holds is False:
        return NO, reason
    sign_in, reason = about_sign_in(policy, question)
    return all_of((person, sign_in)), reason


def decide(question: Question) -> Decision:
    """Decide one sign-in."""
    applied: list[Policy] = []
    maybe: list[Policy] = []
    report_only: list[Policy] = []
    not_applied: dict[str, str] = {}
    for policy in question.tenant.policies:
        answer, reason = applies(policy, question)
        if answer.holds is False:
            not_applied[policy.id] = reason
        elif policy.state == REPORT_ONLY:
            if answer.holds:
                report_only.append(policy)
        else:
            (applied if answer.holds else maybe).append(policy)
    return conclude(question, applied, maybe, report_only, not_applied)


def conclude(question: Question, applied: Sequence[Policy], maybe: Sequence[Policy],
             report_only: Iterable[Policy] = (), not_applied: Mapping[str, str] | None = None) -> Decision:
    """The decision, when it is known which policies apply and which may."""
    leaves = _leaves(question, applied, maybe)
    possible = frozenset(outcome for leaf in leaves for outcome in leaf.possible)
    outcome = min(possible) if len(possible) == 1 else Outcome.INDETERMINATE
    if outcome is Outcome.INDETERMINATE and _hangs_on_the_device(question, applied, maybe, possible):
        outcome = Outcome.MFA_OR_DEVICE
    is_mfa = outcome is Outcome.MFA
    hours = [policy.hours for policy in applied if policy.hours is not None]
    return Decision(
        outcome, possible, tuple(policy.id for policy in applied), tuple(policy.id for policy in maybe),
        tuple(policy.id for policy in report_only), dict(not_applied or {}),
        required_strength=_required(leaves) if is_mfa else None, hours=min(hours, default=None),
        sources=tuple(sorted({source for leaf in leaves for source in leaf.sources})) if is_mfa else (),
        lacks=NO_FACTS if len(possible) == 1 else NO_FACTS.union(*(leaf.lacks for leaf in leaves)),
    )


@dataclass(frozen=True)
class _Leaf:
    """A world, or several that need not be told apart."""

    possible: frozenset[Outcome]
    strengths: tuple[Strength, ...]
    sources: frozenset[str]
    lacks: frozenset[Fact] = NO_FACTS


def _leaves(question: Question, applied: Sequence[Policy], maybe: Sequence[Policy]) -> list[_Leaf]:
    tenant = question.tenant
    if tenant.security_defaults and tenant.enforces:
        # Either the policies or the defaults are in force; the data says both.
        return [*_Worlds(NO).every(question, applied, maybe), *_Worlds(YES).every(question, (), ())]
    if tenant.security_defaults is None and not tenant.enforces:
        return _Worlds(None).every(question, applied, maybe)
    return _Worlds(YES if tenant.security_defaults else NO).every(question, applied, maybe)


class _Worlds:
    """Settles what is not known, until what is left makes no difference. ``defaults``: whether security defaults are in
    force, null when not known."""

    def __init__(self, defaults: Answer | None) -> None:
        self._defaults = defaults
        self._left = 0

    def every(self, question: Question, applied: Sequence[Policy], maybe: Sequence[Policy]) -> list[_Leaf]:
        """The worlds. Where a few of them, in which all facts of a kind are alike, show that everything happens which
        seemed possible, no more need be looked at."""
        one, certain, unsure = self._look(question, applied, maybe)
        if not one.lacks or one.possible <= self._seen_at_once(question, one, certain, unsure):
            return [one]
        self._left = _MOST_LOOKS
        return self._one_by_one(question, one, certain, unsure)

    def _look(self, question: Question, applied: Sequence[Policy],
              maybe: Sequence[Policy]) -> tuple[_Leaf, list[Policy], list[Policy]]:
        """What seems possible, the policies that apply, and those that may. Without ``lacks`` it is certain."""
        self._left -= 4 + len(applied) + len(maybe)
        in_force = question.lacking("security defaults") if self._defaults is None else self._defaults
        answers = [(policy, applies(policy, question)[0]) for policy in maybe]
        certain = [*applied, *(policy for policy, answer in answers if answer.holds)]
        unsure = [policy for policy, answer in answers if answer.holds is None]
        demands = [("conditionalAccess", demand(policy, question), True) for policy in certain]
        demands += [("conditionalAccess", demand(policy, question), False) for policy in unsure]
        if in_force.holds is not False:
            demands.append(("securityDefaults", by_defaults(question), in_force.holds is True))
        demands.append(("perUserMfa", by_person(question), True))
        leaf = _together(demands)
        lacks = leaf.lacks.union(in_force.lacks, *(answer.lacks for _, answer in answers if answer.holds is None))
        return replace(leaf, lacks=NO_FACTS if len(leaf.possible) == 1 else lacks), certain, unsure

    def _seen_at_once(self, question: Question, one: _Leaf, certain: Sequence[Policy],
                      unsure: Sequence[Policy]) -> frozenset[Outcome]:
        """Outcomes of worlds in which every fact of a kind goes the same way."""
        seen: frozenset[Outcome] = frozenset()
        kinds = sorted({fact.kind for fact in one.lacks})[:_MOST_KINDS]
        for ways in product((0, -1), repeat=len(kinds)):
            world, leaf, chosen = question, one, dict(zip(kinds, ways, strict=True))
            while leaf.lacks - world.settled.keys():
                for fact in sorted(leaf.lacks):
                    world = world.assuming(fact, world.ways(fact)[chosen.get(fact.kind, 0)])
                leaf, *_ = self._look(world, certain, unsure)
            seen |= leaf.possible
            if one.possible <= seen:
                break
        return seen

    def _one_by_one(self, question: Question, one: _Leaf, certain: Sequence[Policy],
                    unsure: Sequence[Policy]) -> list[_Leaf]:
        """Every world, a fact settled after another, until it has been looked at often enough."""
        if not one.lacks or self._left <= 0:
            return [one]
        fact = min(one.lacks)
        found: list[_Leaf] = []
        for way in question.ways(fact):
            assumed = question.assuming(fact, way)
            found += self._one_by_one(assumed, *self._look(assumed, certain, unsure))
        return [replace(each, lacks=each.lacks | one.lacks) for each in found]


def _together(demands: Iterable[tuple[str, Demand, bool]]) -> _Leaf:
    """All demands at once: the highest of what each comes to; one that is not certain may come to nothing."""
    possible = {Outcome.ALLOW}
    strengths: list[Strength] = []
    sources, lacks = set(), NO_FACTS
    for source, each, certain in demands:
        outcomes = each.outcomes if certain else each.outcomes | NOTHING.outcomes
        possible = {max(one, other, key=RANK.__getitem__) for one in possible for other in outcomes}
        lacks |= each.lacks
        if certain and each.outcomes == {Outcome.MFA}:
            strengths += each.strengths
            sources.add(source)
    return _Leaf(frozenset(possible), tuple(strengths), frozenset(sources), lacks)


def _required(leaves: Iterable[_Leaf]) -> tuple[str, ...]:
    """What must be met in every world."""
    every = list(leaves)
    candidates = {strength.id: strength for leaf in every for strength in leaf.strengths}
    return least(
        strength for strength in candidates.values()
        if all(any(implies(demanded, strength) for demanded in leaf.strengths) for leaf in every)
    )


def _hangs_on_the_device(question: Question, applied: Iterable[Policy], maybe: Sequence[Policy],
                         possible: frozenset[Outcome]) -> bool:
    """Whether only the state of the device decides between MFA and none, by a policy that takes either."""
    if maybe or possible != {Outcome.ALLOW, Outcome.MFA} or question.tenant.security_defaults:
        return False
    lacks = NO_FACTS.union(*(demand(policy, question).lacks for policy in applied))
    return bool(lacks) and all(fact.kind == "device" for fact in lacks) and any(
        policy.grants is not None and not policy.grants.every and policy.grants.controls & DEVICE_CONTROLS
        for policy in applied)
