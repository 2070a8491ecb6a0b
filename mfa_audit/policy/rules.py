"""What must hold between the keys of a policy, beyond what each may hold by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

from mfa_audit.methods import CATALOGUE, Level
from mfa_audit.policy.schema import FIRST_TIERS, LAST_TIERS, Phase, Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mfa_audit.policy.schema_accounts import Requirement

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: ``path`` to the key, as nested keys and 0-based positions, and a sentence."""

    path: Path
    message: str


def problems(policy: Policy) -> list[Problem]:
    """Every rule the policy breaks, in the order of the file's sections; empty when it is sound."""
    return [
        *_treatment(policy), *_methods(policy), *_requirements(policy), *_scenarios(policy), *_deadlines(policy),
        *_exemptions(policy), *_reminders(policy), *_reports(policy),
    ]


def globs_meet(left: str, right: str) -> bool:
    """Whether some organisation code matches both globs (``*`` any text, ``?`` one character), case aside.

    Exact, not a guess from common prefixes: ``Z*1`` and ``ZX?`` meet in ``ZX1``.
    """
    left, right = left.casefold(), right.casefold()

    @cache
    def meet(i: int, j: int) -> bool:
        if i < len(left) and left[i] == "*":
            return meet(i + 1, j) or (j < len(right) and meet(i, j + 1))
        if j < len(right) and right[j] == "*":
            return meet(i, j + 1) or (i < len(left) and meet(i + 1, j))
        if i == len(left) or j == len(right):
            return i == len(left) and j == len(right)
        return (left[i] == right[j] or "?" in (left[i], right[j])) and meet(i + 1, j + 1)

    return meet(0, 0)


def _repeated(names: Sequence[str], path: Path, what: str) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem(path, f"{what} {name} stands there {times} times; each needs a name of its own")


def _treatment(policy: Policy) -> Iterator[Problem]:
    for kind in type(policy.population.treatment).model_fields:
        treatment = policy.population.treatment[kind]
        if treatment.scope == "in_if_used" and treatment.used_within_days is None:
            yield Problem(("population", "treatment", kind),
                          'scope "in_if_used" needs used_within_days, the days after which it counts as unused')


def _methods(policy: Policy) -> Iterator[Problem]:
    not_factors = {method.name for method in CATALOGUE if method.level is Level.NONE}
    for name, level in policy.methods.level.items():
        if name in not_factors and level > Level.NONE:
            yield Problem(("methods", "level", name), f"{name} is not a second factor and cannot be made one")


def _requirements(policy: Policy) -> Iterator[Problem]:
    for tier, requirement in policy.requirements.items():
        path: Path = ("requirements", tier)
        if requirement.minimum is Level.NONE:
            yield Problem((*path, "minimum"), 'is "none": a tier must ask for a second factor')
        if requirement.target is not None and requirement.target < requirement.minimum:
            yield Problem((*path, "target"),
                          f"{requirement.target.label} is weaker than the minimum, {requirement.minimum.label}")
        if tier in FIRST_TIERS and (requirement.grace or requirement.exemptible):
            yield Problem(path, "privileged and emergency accounts have no grace and cannot be exempt")
        yield from _applies_to(tier, requirement)
        yield from _named_scenarios(tier, requirement, policy.scenario_names())


def _applies_to(tier: str, requirement: Requirement) -> Iterator[Problem]:
    stated = requirement.applies_to
    if tier in (*FIRST_TIERS, *LAST_TIERS):
        if stated is not None:
            yield Problem(("requirements", tier, "applies_to"),
                          f"the tier {tier} is built in; who belongs to it is not set here")
    elif stated is None or not any(stated.model_dump().values()):
        yield Problem(("requirements", tier), "needs applies_to with groups, departments, organisations or "
                                              "employee_types: without it the tier fits nobody")


def _named_scenarios(tier: str, requirement: Requirement, known: Sequence[str]) -> Iterator[Problem]:
    for key, names in (("ask_in", requirement.ask_in), ("no_prompt_in", requirement.no_prompt_in)):
        for name in names:
            if name not in known:
                yield Problem(("requirements", tier, key), f"there is no scenario {name}; known: {', '.join(known)}")
    for name in requirement.no_prompt_in:
        if name in requirement.ask_in:
            yield Problem(("requirements", tier, "no_prompt_in"), f"{name} stands in ask_in too: it cannot be both")


def _scenarios(policy: Policy) -> Iterator[Problem]:
    for name in policy.scenario_names():
        if policy.scenarios[name].label is None:
            yield Problem(("scenarios", name), "needs a label, the words people read")


def _deadlines(policy: Policy) -> Iterator[Problem]:
    phases = policy.deadlines.phases
    yield from _repeated([phase.id for phase in phases], ("deadlines", "phases"), "the phase")
    for position, phase in enumerate(phases):
        if phase.start > phase.deadline:
            yield Problem(("deadlines", "phases", position, "start"),
                          f"{phase.start} is after the deadline, {phase.deadline}")
    for (_, first), (position, second) in combinations(enumerate(phases), 2):
        shared = _shared(first, second)
        if shared and (first.start, first.deadline) != (second.start, second.deadline):
            yield Problem(("deadlines", "phases", position, "organisations"),
                          f"overlaps the phase {first.id}: {shared[0]} and {shared[1]} can be the same organisation, "
                          "and the dates differ; for everybody else use deadlines.default")


def _shared(first: Phase, second: Phase) -> tuple[str, str] | None:
    pairs = ((left, right) for left in first.organisations for right in second.organisations)
    return next(((left, right) for left, right in pairs if globs_meet(left, right)), None)


def _exemptions(policy: Policy) -> Iterator[Problem]:
    rules = policy.exemptions
    for name in rules.sensitive_categories:
        if name not in rules.categories:
            yield Problem(("exemptions", "sensitive_categories"),
                          f"{name} is not one of exemptions.categories: {', '.join(rules.categories)}")
    for position, group in enumerate(rules.groups):
        path: Path = ("exemptions", "groups", position)
        if group.category is not None and group.category not in rules.categories:
            yield Problem((*path, "category"), f"{group.category} is not one of exemptions.categories: "
                                               f"{', '.join(rules.categories)}")
        if group.approved_on is not None and group.approved_on > group.expires_on:
            yield Problem((*path, "expires_on"), f"{group.expires_on} is before it was approved, {group.approved_on}")
    yield from _repeated([group.group_id for group in rules.groups], ("exemptions", "groups"), "the group")


def _reminders(policy: Policy) -> Iterator[Problem]:
    reminders = policy.reminders
    stages = [(ladder, stage) for ladder, stages in reminders.ladders.items() for stage in stages]
    yield from _repeated([stage.id for _, stage in stages], ("reminders",), "the stage")
    for ladder, several in reminders.ladders.items():
        days = [stage.day for stage in several]
        if days != sorted(days):
            yield Problem(("reminders", ladder), f"the stages must be in the order of their days, not {days}")
    if reminders.delivery != "files" and reminders.sender is None:
        yield Problem(("reminders", "delivery"), f'is "{reminders.delivery}", which needs reminders.sender')


def _reports(policy: Policy) -> Iterator[Problem]:
    if policy.reports.amber > policy.reports.green:
        yield Problem(("reports", "amber"), f"{policy.reports.amber} is above green, {policy.reports.green}")
