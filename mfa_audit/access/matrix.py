"""Every class of accounts in every scenario: whether MFA is demanded, and why not.

A policy's conditions about the person and those about the sign-in are answered apart, once for each class and once for
each sign-in; what they come to together is concluded once for each combination of policies that occurs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mfa_audit.access.conditions import about_person, about_sign_in
from mfa_audit.access.coverage import CANNOT_TELL, EVERYWHERE, NEVER, NO_ACCESS, SOMEWHERE
from mfa_audit.access.grants import IN, SHUT, Outcome, demand
from mfa_audit.access.question import Person, Question, SignIn
from mfa_audit.access.sign_in import REPORT_ONLY, Decision, conclude
from mfa_audit.access.users import doubts, left_out
from mfa_audit.tables import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mfa_audit.access.kleene import Answer, Fact
    from mfa_audit.access.policies import Policy
    from mfa_audit.access.scenarios import Situation
    from mfa_audit.access.tenant import Tenant


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
    must be met in one; ``lacks``: what is not known; ``sure``: in one MFA is demanded for certain, and nobody may be
    shut out instead."""

    asked: Asked
    why: str = ""
    hours: float | None = None
    strengths: frozenset[str] = frozenset()
    lacks: frozenset[Fact] = frozenset()
    possible: frozenset[Outcome] = frozenset()
    sure: bool = False


@dataclass(frozen=True)
class Fits:
    """Policies as bits: those that fit, those that may, and those that ``nearly`` do: a person they name is left out
    again, or only the place of a sign-in is spared. ``doubts``: the bit of each that may fit a person, and what that
    hangs on."""

    yes: int = 0
    open: int = 0
    nearly: int = 0
    doubts: tuple[tuple[int, tuple[Answer, Answer]], ...] = ()


class Matrix:
    """Cells by class and scenario. ``concluded`` counts how often policies had to be put together."""

    def __init__(self, tenant: Tenant, situations: Sequence[Situation]) -> None:
        self.tenant = tenant
        self.situations = tuple(situations)
        self.concluded = 0
        self._live = tuple(policy for policy in tenant.policies if policy.state != "disabled")
        self._enforced = _bits(policy.state != REPORT_ONLY for policy in self._live)
        self._fits_of: dict[Person, Fits] = {}
        self._fits_in: dict[str, list[Fits]] = {}
        self._kinds: dict[tuple[str, int, frozenset[str]], list[tuple[int, Policy]]] = {}
        self._asking: dict[tuple[str, int, frozenset[str]], int] = {}
        self._decisions: dict[tuple[object, ...], Decision] = {}
        self._merged: dict[tuple[int, ...], Cell] = {}

    def cells(self, person: Person) -> dict[str, Cell]:
        """The person's cell in every scenario, by its name."""
        return self.cells_in(person, self.situations)

    def cells_in(self, person: Person, situations: Iterable[Situation]) -> dict[str, Cell]:
        """The person's cell in each of ``situations``, which need not be the matrix's own."""
        fits = self.fits(person)
        return {situation.name: self._cell(person, fits, situation) for situation in situations}

    def place(self, cells: Mapping[str, Cell]) -> str:
        """Where somebody is asked over all sign-ins, of the words of :mod:`mfa_audit.access.coverage`; registering a
        method or a device is none."""
        told = [cells[situation.name] for situation in self.situations if not situation.is_action]
        if any(cell.asked is Asked.ASKED and cell.sure for cell in told):
            return EVERYWHERE if all(cell.asked in (Asked.ASKED, Asked.BLOCKED) for cell in told) else SOMEWHERE
        if any(Outcome.MFA in cell.possible for cell in told):
            return CANNOT_TELL
        return NEVER if any(cell.possible & IN for cell in told) else NO_ACCESS

    def _cell(self, person: Person, fits: Fits, situation: Situation) -> Cell:
        decisions = []
        for place, other in enumerate(self._fits_situation(situation)):
            sure = fits.yes & other.yes & self._enforced
            maybe = (fits.yes | fits.open) & (other.yes | other.open) & ~sure & self._enforced
            decisions.append(self._decided(person, fits, situation, place, sure, maybe))
        # Decisions live as long as the matrix, so which they are says what they come to.
        key = tuple(map(id, decisions))
        cell = self._merged.get(key)
        if cell is None:
            cell = self._merged[key] = _together(decisions)
        if cell.asked is not Asked.NOT_ASKED:
            return cell
        open_to = next(place for place, decision in enumerate(decisions) if decision.possible <= IN)
        return replace(cell, why=self._why(person, fits, situation, open_to))

    def _decided(self, person: Person, fits: Fits, situation: Situation, place: int, sure: int, maybe: int) -> Decision:
        """One sign-in decided, from memory where policies that come to the same came together before, for somebody of
        whom the same is not known."""
        kinds = self._kinds_in(person, situation, place)
        present = _bits(bool(sure & mask) for mask, _ in kinds)
        roles = (person.roles, person.unsure_roles) if self.tenant.security_defaults is not False else ()
        open_on = tuple(doubt for doubt in fits.doubts if doubt[0] & maybe)
        key = (situation.name, place, present, maybe, person.guest_types, person.home_tenant, person.per_user, roles,
               open_on, person.id is None)
        if key not in self._decisions:
            self.concluded += 1
            self._decisions[key] = conclude(
                Question(self.tenant, person, situation.sign_ins[place]),
                [policy for mask, policy in kinds if sure & mask], self._policies(maybe))
        return self._decisions[key]

    def _kinds_in(self, person: Person, situation: Situation, place: int) -> list[tuple[int, Policy]]:
        """The policies by what they come to in a sign-in: those that come to the same as bits, and one for all."""
        key = (situation.name, place, person.guest_types)
        if key not in self._kinds:
            question = Question(self.tenant, person, situation.sign_ins[place])
            found: dict[object, tuple[int, Policy]] = {}
            for bit, policy in enumerate(self._live):
                comes_to = demand(policy, question)
                kind = (policy.hours, policy.grants if comes_to.lacks else comes_to)
                bits, one = found.get(kind, (0, policy))
                found[kind] = (bits | 1 << bit, one)
            self._kinds[key] = list(found.values())
        return self._kinds[key]

    def fits(self, person: Person) -> Fits:
        """The policies that are for a person."""
        if person not in self._fits_of:
            question = Question(self.tenant, person, SignIn())
            answers = [about_person(policy, question)[0].holds for policy in self._live]
            self._fits_of[person] = Fits(
                _bits(answer is True for answer in answers), _bits(answer is None for answer in answers),
                _bits(answer is False and left_out(policy, question)
                      for policy, answer in zip(self._live, answers, strict=True)),
                tuple((1 << bit, doubts(policy, question))
                      for bit, (policy, answer) in enumerate(zip(self._live, answers, strict=True)) if answer is None),
            )
        return self._fits_of[person]

    def bit(self, policy: Policy) -> int:
        """The bit of a policy in :class:`Fits`; 0 for one that is disabled."""
        return _bits(policy is each for each in self._live)

    def _fits_situation(self, situation: Situation) -> list[Fits]:
        if situation.name not in self._fits_in:
            self._fits_in[situation.name] = [self._fits_sign_in(sign_in) for sign_in in situation.sign_ins]
        return self._fits_in[situation.name]

    def _fits_sign_in(self, sign_in: SignIn) -> Fits:
        question = Question(self.tenant, Person(), sign_in)
        answers = [about_sign_in(policy, question) for policy in self._live]
        return Fits(
            _bits(answer.holds is True for answer, _ in answers), _bits(answer.holds is None for answer, _ in answers),
            _bits(reason == "location" for _, reason in answers),
        )

    def _policies(self, bits: int) -> list[Policy]:
        return [policy for place, policy in enumerate(self._live) if bits >> place & 1]

    def _why(self, person: Person, fits: Fits, situation: Situation, place: int) -> str:
        """The first of: left out of a policy that demands MFA here, spared on a trusted network, demanded by a policy
        that only reports, or by none."""
        other = self._fits_situation(situation)[place]
        asking = self._asking_in(person, situation, place)
        if asking & self._enforced & fits.nearly & (other.yes | other.open):
            return Reason.EXCLUDED_UNREGISTERED
        if situation.inside and asking & self._enforced & fits.yes & other.nearly:
            return Reason.TRUSTED_NETWORK_BYPASS
        if asking & ~self._enforced & fits.yes & other.yes:
            return Reason.REPORT_ONLY
        return Reason.NO_POLICY

    def _asking_in(self, person: Person, situation: Situation, place: int) -> int:
        """The policies that would demand MFA here if they applied."""
        key = (situation.name, place, person.guest_types)
        if key not in self._asking:
            question = Question(self.tenant, person, situation.sign_ins[place])
            self._asking[key] = _bits(Outcome.MFA in demand(policy, question).outcomes for policy in self._live)
        return self._asking[key]


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _together(decisions: Sequence[Decision]) -> Cell:
    """Every combination of a scenario in one cell."""
    hours = [decision.hours for decision in decisions if not decision.possible <= SHUT]
    return Cell(
        _asked(decisions),
        hours=None if None in hours else max((each for each in hours if each is not None), default=None),
        strengths=frozenset(each for decision in decisions for each in decision.required_strength or ()),
        lacks=frozenset(fact for decision in decisions for fact in decision.lacks),
        possible=frozenset(each for decision in decisions for each in decision.possible),
        sure=any(decision.possible == {Outcome.MFA} for decision in decisions),
    )


def _asked(decisions: Sequence[Decision]) -> Asked:
    if not decisions:
        return Asked.UNKNOWN
    if all(not decision.single_factor_possible for decision in decisions):
        shut = all(decision.possible <= SHUT for decision in decisions)
        return Asked.BLOCKED if shut else Asked.ASKED
    return Asked.NOT_ASKED if any(decision.possible <= IN for decision in decisions) else Asked.UNKNOWN
