"""The users condition: include lists joined by *or*, an exclusion wins (``docs/conditional-access.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access.kleene import NO, YES, Answer, all_of, any_of, known, negate
from mfa_audit.access.question import GUEST_TYPES, ID

if TYPE_CHECKING:
    from mfa_audit.access.policies import Guests, Policy, Selection
    from mfa_audit.access.question import Question

_WORDS = frozenset({"all", "none", "guestsorexternalusers"})
_EXTERNAL = frozenset(GUEST_TYPES) - {"none"}
_NEVER_IN_DIRECTORY = frozenset({"b2bdirectconnectuser", "otherexternaluser", "serviceprovider", "none"})


def users(policy: Policy, question: Question) -> Answer:
    """Whether the policy's users condition takes this person in."""
    conditions = policy.conditions
    if conditions.include is None:
        return question.lacking("policy", policy.id)
    included = _named(conditions.include, question, policy.id)
    if any(each.startswith("conditions.users") for each in conditions.strange):
        included = any_of((included, question.lacking("policy", policy.id)))
    return all_of((included, negate(_named(conditions.exclude, question, policy.id))))


def doubts(policy: Policy, question: Question) -> tuple[Answer, Answer]:
    """Whether the policy names this person, and whether it leaves them out again; two people of whom both are the same
    cannot be told apart by it, whatever the facts turn out to be."""
    conditions = policy.conditions
    if conditions.include is None:
        return NO, NO
    return _named(conditions.include, question, policy.id), _named(conditions.exclude, question, policy.id)


def _named(selection: Selection, question: Question, policy: str) -> Answer:
    """``policy``: its id, because a word that nobody knows may mean something else in another one."""
    person = question.person
    if "all" in selection.users or person.id in selection.users - _WORDS:
        return YES
    return any_of((
        _keywords(selection, question, policy),
        _in(selection.groups, person.groups, person.unsure_groups, "group", question),
        _in(selection.roles, person.roles, person.unsure_roles, "role", question),
        *(question.lacking(kind, f"{policy} {each}") for kind, named in (("group", selection.groups),
                                                                         ("role", selection.roles))
          for each in sorted(named) if not ID.fullmatch(each)),
        NO if selection.guests is None else _guest(selection.guests, question, policy),
    ))


def _keywords(selection: Selection, question: Question, policy: str) -> Answer:
    if not selection.users:
        return NO
    answers, person = [], question.person
    for word in sorted(selection.users - {"none"}):
        if word == "guestsorexternalusers":
            answers.append(guest_type(_EXTERNAL, question))
        elif person.id is None or not ID.fullmatch(word):
            answers.append(question.lacking("user", word if ID.fullmatch(word) else f"{policy} {word}"))
    return any_of(answers)


def _in(named: frozenset[str], certain: frozenset[str], unsure: frozenset[str], kind: str,
        question: Question) -> Answer:
    if not named:
        return NO
    if named & certain:
        return YES
    return any_of(question.lacking(kind, each) for each in sorted(named & unsure))


def _guest(guests: Guests, question: Question, policy: str) -> Answer:
    wanted = guests.types & _EXTERNAL
    strange = guests.types - _EXTERNAL - _NEVER_IN_DIRECTORY if guests.types else {"none named"}
    types = any_of((guest_type(wanted, question),
                    *(question.lacking("kind of guest", f"{policy} {each}") for each in sorted(strange))))
    return all_of((types, _from(guests, question, policy)))


def guest_type(wanted: frozenset[str], question: Question) -> Answer:
    """Whether the person is of one of these types, of :data:`mfa_audit.access.question.GUEST_TYPES`."""
    possible = question.person.guest_types
    if possible <= wanted:
        return YES
    if not possible & wanted:
        return NO
    assumed = question.guest_type()
    return question.lacking("guest type") if assumed is None else known(assumed in wanted)


def _from(guests: Guests, question: Question, policy: str) -> Answer:
    """Whether the person's home tenant is among those named."""
    if not guests.readable:
        return question.lacking("home tenants named", policy)
    if guests.tenants is None:
        return YES
    home = question.person.home_tenant
    if home is None:
        return question.lacking("home tenant", ",".join(sorted(guests.tenants)))
    return known(home in guests.tenants)


def left_out(policy: Policy, question: Question) -> bool:
    """Whether the policy names this person and an exclusion takes them out again."""
    named, excluded = doubts(policy, question)
    return named.holds is not False and excluded.holds is True
