"""Gaps by person: whom nothing asks, whom little asks, and who is asked too rarely."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mfa_audit.access.coverage import EVERYWHERE, NEVER, NO_ACCESS, SOMEWHERE
from mfa_audit.access.matrix import Asked
from mfa_audit.access.question import EXTERNAL
from mfa_audit.access.width import about_applications, all_applications, breadth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.access.gap import Again, Gap, Mask, View
    from mfa_audit.access.matrix import Cell
    from mfa_audit.access.policies import Policy
    from mfa_audit.access.question import Person

_GUESTS = ("internalguest", "b2bcollaborationguest", "b2bcollaborationmember", "b2bdirectconnectuser",
           "otherexternaluser", "serviceprovider")
"""What Graph calls the kinds of people from elsewhere; the older word for guests means all of them."""

_OLDER_WORD = "guestsorexternalusers"
_NEVER_AGAIN = float("inf")


def never_asked(view: View) -> Iterator[Gap]:
    """People whom an exclusion leaves without any MFA: once for each set of people, by the policy that asks most
    widely; people whom no policy that demands it takes in."""
    never = view.placed(NEVER)
    taken_out = np.zeros(len(never), dtype=bool)
    by_people: dict[bytes, list[tuple[Policy, Mask]]] = {}
    for policy in view.asking:
        out = view.left_out_of(policy) & never & (view.sizes > 0)
        taken_out |= out
        if out.any():
            by_people.setdefault(out.tobytes(), []).append((policy, out))
    for policies in by_people.values():
        policy, out = max(policies, key=lambda each: (breadth(each[0]), int(view.sizes[view.named_by(each[0])].sum())))
        others = len(policies) - 1
        same = f"; {others} other {'policy leaves' if others == 1 else 'policies leave'} out the same" if others else ""
        yield view.gap("excluded_and_never_asked", "high", f"leaves out people whom nothing else asks{same}",
                       "take them back in, or approve each in the register", policy=policy, classes=out)
    nothing = never & ~taken_out
    if view.sizes[nothing].sum():
        yield view.gap("in_no_policy", "high", "no enabled policy that demands MFA takes them in anywhere",
                       "add a policy for all users", classes=nothing)


def large_exclusions(view: View) -> Iterator[Gap]:
    """More people left out than exceptions are tolerated, emergency accounts apart, of a policy that is to ask them
    everywhere: not by risk, nor for some applications."""
    everybody = int(view.sizes.sum())
    for policy in view.asking:
        targets = policy.conditions.targets
        if policy.conditions.risks or targets is None or not about_applications(policy) or "all" not in targets.include:
            continue
        out = view.left_out_of(policy) & (view.ordinary > 0)
        share = 100.0 * int(view.ordinary[out].sum()) / max(everybody, 1)
        if share > view.tolerance_percent:
            yield view.gap("large_exclusion", "high", f"leaves out {share:.1f}% of the accounts in scope",
                           "review who is in the excluded groups, and who may join them", policy=policy, classes=out)


def risk_only(view: View) -> Iterator[Gap]:
    """People whom every policy that asks them asks only on risky sign-ins."""
    steady = np.zeros(len(view.people), dtype=bool)
    for policy in view.asking:
        if about_applications(policy) and not policy.conditions.risks:
            steady |= view.surely_named_by(policy)
    by_setting = np.array([person.per_user in ("enabled", "enforced") for person in view.people], dtype=bool)
    alone = ~steady & ~by_setting & ~view.placed(EVERYWHERE)
    for policy in view.asking:
        touched = view.named_by(policy) & alone
        if policy.conditions.risks and about_applications(policy) and view.sizes[touched].sum():
            yield view.gap("risk_only", "high", "asks only when something looks risky, and nothing else asks them",
                           "add a policy without a risk condition", policy=policy, classes=touched)


def guests(view: View) -> Iterator[Gap]:
    """Kinds of guests that a policy leaves out and no other takes in; people from elsewhere not asked everywhere."""
    told = np.zeros(len(view.people), dtype=bool)
    steady = [policy for policy in view.asking if about_applications(policy) and not policy.conditions.risks]
    taken_in = frozenset[str]().union(*map(_kinds_asked, steady))
    for policy in steady:
        missing = _kinds_left_out(policy) - taken_in
        if missing:
            kinds = np.array([bool(person.guest_types & missing) for person in view.people], dtype=bool)
            out = view.left_out_of(policy) & kinds & ~view.placed(EVERYWHERE)
            told |= out
            yield view.gap("guests", "medium" if view.sizes[out].sum() else "low",
                           f"leaves out {_listed(missing)}, and no policy for every application takes them in",
                           "add a policy for all guest types", policy=policy, classes=out)
    outside = np.array([person.guest_types <= EXTERNAL for person in view.people], dtype=bool)
    outside &= ~view.placed(EVERYWHERE) & ~told
    if view.sizes[outside].sum():
        yield view.gap("guests", "medium", "guests or external members are not asked everywhere",
                       "add a policy for all guest types", classes=outside)


def _kinds_left_out(policy: Policy) -> frozenset[str]:
    exclude = policy.conditions.exclude
    kinds = frozenset(_GUESTS) if _OLDER_WORD in exclude.users else frozenset()
    return kinds | (exclude.guests.types & set(_GUESTS) if exclude.guests is not None else kinds)


def _kinds_asked(policy: Policy) -> frozenset[str]:
    """The kinds of guests, from wherever, that a policy asks for every application."""
    include = policy.conditions.include
    if include is None or not all_applications(policy):
        return frozenset()
    kinds = frozenset(_GUESTS) if include.users & {"all", _OLDER_WORD} else frozenset()
    if include.guests is not None and include.guests.readable and include.guests.tenants is None:
        kinds |= include.guests.types
    return kinds - _kinds_left_out(policy)


def _listed(kinds: frozenset[str]) -> str:
    return "every kind of guest" if kinds >= set(_GUESTS) else ", ".join(each for each in _GUESTS if each in kinds)


def per_user_only(view: View) -> Iterator[Gap]:
    """MFA that hangs on the older setting: without it nothing would ask."""
    known = dict(zip(view.people, view.cells, strict=True))
    alone = np.array([
        person.per_user in ("enabled", "enforced") and place in (SOMEWHERE, EVERYWHERE)
        and _place_without(view, person, known) in (NEVER, NO_ACCESS)
        for person, place in zip(view.people, view.places, strict=True)], dtype=bool)
    if view.sizes[alone].sum():
        yield view.gap("per_user_only", "low", "only per-user MFA asks them", "move them to Conditional Access",
                       classes=alone)


def _place_without(view: View, person: Person, known: Mapping[Person, Mapping[str, Cell]]) -> str:
    """Where the same person would be asked if per-user MFA were off."""
    off = replace(person, per_user="disabled")
    return view.matrix.place(known[off] if off in known else view.matrix.cells(off))


def asked_too_rarely(view: View) -> Iterator[Gap]:
    """People who are asked, but not again as soon as the policy wants of their tier. Tiers may differ within a class;
    where only some of one are late, they are counted and not listed."""
    by_hours: dict[float, list[Again]] = {}
    for again in view.again:
        by_hours.setdefault(again.hours, []).append(again)
    for hours, tiers in sorted(by_hours.items()):
        late, told, longest = np.zeros(len(view.people), dtype=np.int64), [], 0.0
        for again in tiers:
            after = np.array([_longest(cells, again.scenarios) for cells in view.cells])
            here = (after > hours) & (again.sizes > 0)
            if here.any():
                late += np.where(here, again.sizes, 0)
                told.append(f"{int(again.sizes[here].sum()):,} of {again.tier}")
                longest = max(longest, float(after[here].max()))
        if told:
            whole = (late > 0) & (late >= view.ordinary)
            apart = int(late[~whole].sum())
            until = ("never asked again" if longest == _NEVER_AGAIN
                     else f"asked again after as long as {longest:,g} hours")
            found = view.gap("asked_too_rarely", "medium", f"{', '.join(told)} are {until}; the policy wants it within "
                             f"{hours:,g} hours", "set a sign-in frequency wherever they are asked", classes=whole)
            yield replace(found, accounts=found.accounts + apart, unlisted=apart)


def _longest(cells: Mapping[str, Cell], scenarios: Sequence[str]) -> float:
    """The longest time until somebody who is asked in one of the scenarios is asked again there; 0 for nobody."""
    asked = (cells[name].hours for name in scenarios if cells[name].asked is Asked.ASKED)
    return max((_NEVER_AGAIN if hours is None else hours for hours in asked), default=0.0)
