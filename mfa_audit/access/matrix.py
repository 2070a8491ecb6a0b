"""Every class of accounts in every scenario: whether MFA is demanded, and why not.

A policy's conditions about the person and those about the sign-in are answered apart, once for each class and once for
each sign-in; what they come to together is concluded once for each combination of policies that occurs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mfa_audit.access.conditions import about_person, about_sign_in
from mfa_audit.access.coverage import CANNOT_TELL, EVERYWHERE, NEVER, NO_ACCESS, SOMEWHERE
from mfa_audit.access.grants import Outcome, demand
from mfa_audit.access.question import Person, Question, SignIn
from mfa_audit.access.sign_in import REPORT_ONLY, Decision, conclude
from mfa_audit.access.users import left_out
from mfa_audit.tables import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mfa_audit.access.kleene import Fact
    from mfa_audit.access.policies import Policy
    from mfa_audit.access.scenarios import Situation
    from mfa_audit.access.tenant import Tenant

_SHUT = frozenset({Outcome.BLOCK, Outcome.DENIED})
_IN = frozenset({Outcome.ALLOW, Outcome.CONTROL})


class Asked(StrEnum):
    """What a scenario comes to for a class: MFA in every combination, one factor surely enough in one, no way in at
    all, or not known."""

    ASKED = "asked"
    NOT_ASKED = "not_asked"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cell:
    """One class in one scenario. ``why``: the :class:`mfa_audit.tables.Reason` MFA is not demanded, empty unless it is
    not; ``hours``: the longest time until it is asked again, null when in one combination never; ``strengths`` that
    must be met in one; ``lacks``: what is not known; ``applied``, ``report_only``: ids of policies."""

    asked: Asked
    why: str = ""
    hours: float | None = None
    strengths: frozenset[str] = frozenset()
    lacks: frozenset[Fact] = frozenset()
    applied: frozenset[str] = frozenset()
    report_only: frozenset[str] = frozenset()
    possible: frozenset[Outcome] = frozenset()


@dataclass(frozen=True)
class _Fits:
    """Policies as bits: those that fit, those that may, and those that ``nearly`` do: a person they name is left out
    again, or only the place of a sign-in is spared."""

    yes: int = 0
    open: int = 0
    nearly: int = 0


class Matrix:
    """Cells by class and scenario. ``concluded`` counts how often policies had to be put together."""

    def __init__(self, tenant: Tenant, situations: Sequence[Situation]) -> None:
        self.tenant = tenant
        self.situations = tuple(situations)
        self.concluded = 0
        self._live = tuple(policy for policy in tenant.policies if policy.state != "disabled")
        self._enforced = self._bits(policy.state != REPORT_ONLY for policy in self._live)
        self._of_sign_in: dict[SignIn, _Fits] = {}
        self._of_person: dict[Person, _Fits] = {}
        self._asking: dict[tuple[SignIn, frozenset[str]], int] = {}
        self._decisions: dict[tuple[object, ...], Decision] = {}

    def cells(self, person: Person) -> dict[str, Cell]:
        """The person's cell in every scenario, by its name."""
        return {situation.name: self._cell(person, situation) for situation in self.situations}

    def place(self, cells: Mapping[str, Cell]) -> str:
        """Where somebody is asked over all sign-ins, of the words of :mod:`mfa_audit.access.coverage`; registering a
        method or a device is none."""
        told = [cells[situation.name] for situation in self.situations if not situation.is_action]
        if any(cell.asked is Asked.ASKED for cell in told):
            return EVERYWHERE if all(cell.asked in (Asked.ASKED, Asked.BLOCKED) for cell in told) else SOMEWHERE
        if any(Outcome.MFA in cell.possible for cell in told):
            return CANNOT_TELL
        return NEVER if any(cell.possible & _IN for cell in told) else NO_ACCESS

    def decide(self, person: Person, sign_in: SignIn) -> Decision:
        """One sign-in decided, from memory where the same policies came together before."""
        one, other = self._fits_person(person), self._fits_sign_in(sign_in)
        sure = one.yes & other.yes
        maybe = (one.yes | one.open) & (other.yes | other.open) & ~sure & self._enforced
        # Where every policy is known to apply or not, this is all that a conclusion sees of a person.
        seen: object = person
        if not maybe:
            roles = (person.roles, person.unsure_roles) if self.tenant.security_defaults is not False else ()
            seen = (person.guest_types, person.home_tenant, person.per_user, roles)
        key = (sign_in, sure, maybe, seen)
        if key not in self._decisions:
            self.concluded += 1
            report_only = () if sign_in.user_action is not None else self._policies(sure & ~self._enforced)
            self._decisions[key] = conclude(
                Question(self.tenant, person, sign_in), self._policies(sure & self._enforced), self._policies(maybe),
                report_only)
        return self._decisions[key]

    def _fits_person(self, person: Person) -> _Fits:
        if person not in self._of_person:
            question = Question(self.tenant, person, SignIn())
            answers = [about_person(policy, question)[0].holds for policy in self._live]
            self._of_person[person] = _Fits(
                self._bits(answer is True for answer in answers), self._bits(answer is None for answer in answers),
                self._bits(answer is False and left_out(policy, question)
                           for policy, answer in zip(self._live, answers, strict=True)),
            )
        return self._of_person[person]

    def _fits_sign_in(self, sign_in: SignIn) -> _Fits:
        if sign_in not in self._of_sign_in:
            question = Question(self.tenant, Person(), sign_in)
            answers = [about_sign_in(policy, question) for policy in self._live]
            self._of_sign_in[sign_in] = _Fits(
                self._bits(answer.holds is True for answer, _ in answers),
                self._bits(answer.holds is None for answer, _ in answers),
                self._bits(reason == "location" for _, reason in answers),
            )
        return self._of_sign_in[sign_in]

    def _policies(self, bits: int) -> list[Policy]:
        return [policy for place, policy in enumerate(self._live) if bits >> place & 1]

    @staticmethod
    def _bits(flags: Iterable[bool]) -> int:
        return sum(1 << place for place, flag in enumerate(flags) if flag)

    def _cell(self, person: Person, situation: Situation) -> Cell:
        decisions = [self.decide(person, sign_in) for sign_in in situation.sign_ins]
        asked = _asked(decisions)
        open_to = next((sign_in for sign_in, decision in zip(situation.sign_ins, decisions, strict=True)
                        if decision.possible <= _IN), None)
        hours = [decision.hours for decision in decisions if not decision.possible <= _SHUT]
        return Cell(
            asked,
            why=self._why(person, situation, open_to) if asked is Asked.NOT_ASKED and open_to is not None else "",
            hours=None if None in hours else max((each for each in hours if each is not None), default=None),
            strengths=frozenset(each for decision in decisions for each in decision.required_strength or ()),
            lacks=frozenset(fact for decision in decisions for fact in decision.lacks),
            applied=frozenset(each for decision in decisions for each in decision.applied),
            report_only=frozenset(each for decision in decisions for each in decision.report_only),
            possible=frozenset(each for decision in decisions for each in decision.possible),
        )

    def _why(self, person: Person, situation: Situation, sign_in: SignIn) -> str:
        """The first of: left out of a policy that demands MFA here, spared on a trusted network, demanded by a policy
        that only reports, or by none."""
        one, other = self._fits_person(person), self._fits_sign_in(sign_in)
        asking = self._asking_in(person, sign_in)
        if asking & self._enforced & one.nearly & (other.yes | other.open):
            return Reason.EXCLUDED_UNREGISTERED
        if situation.inside and asking & self._enforced & one.yes & other.nearly:
            return Reason.TRUSTED_NETWORK_BYPASS
        if asking & ~self._enforced & one.yes & other.yes:
            return Reason.REPORT_ONLY
        return Reason.NO_POLICY

    def _asking_in(self, person: Person, sign_in: SignIn) -> int:
        """The policies that would demand MFA here if they applied."""
        key = (sign_in, person.guest_types)
        if key not in self._asking:
            question = Question(self.tenant, person, sign_in)
            self._asking[key] = self._bits(
                Outcome.MFA in demand(policy, question).outcomes for policy in self._live)
        return self._asking[key]


def _asked(decisions: Sequence[Decision]) -> Asked:
    if not decisions:
        return Asked.UNKNOWN
    if all(not decision.single_factor_possible for decision in decisions):
        shut = all(decision.possible <= _SHUT for decision in decisions)
        return Asked.BLOCKED if shut else Asked.ASKED
    return Asked.NOT_ASKED if any(decision.possible <= _IN for decision in decisions) else Asked.UNKNOWN
