"""The gap report: what leaves people unasked, gravest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mfa_audit.access import policy_gaps
from mfa_audit.access.coverage import EVERYWHERE, NEVER, SOMEWHERE
from mfa_audit.access.grants import SHUT
from mfa_audit.access.matrix import Asked
from mfa_audit.access.question import EXTERNAL, LEGACY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mfa_audit.access.gap import Gap, View
    from mfa_audit.access.scenarios import Situation

_ORDER = ("high", "medium", "low", "info")


def gaps(view: View) -> list[Gap]:
    """Every gap that was found, by severity, then by how many it touches."""
    return sorted((gap for look in _LOOKS for gap in look(view)), key=order)


def order(gap: Gap) -> tuple[int, int, str, str]:
    """Where a gap stands in the report."""
    return (_ORDER.index(gap.severity), -gap.accounts, gap.id, gap.policy_id)


def never_asked(view: View) -> Iterator[Gap]:
    """People whom an exclusion leaves without any MFA, by policy; people whom no policy that demands it takes in."""
    never = np.array([place == NEVER for place in view.places], dtype=bool)
    taken_out = np.zeros(len(never), dtype=bool)
    for policy in view.asking:
        out = view.left_out_of(policy) & never
        taken_out |= out
        if view.sizes[out].sum():
            yield view.gap("excluded_and_never_asked", "high", "leaves out people whom nothing else asks",
                           "take them back in, or approve each in the register", policy=policy, classes=out)
    nothing = never & ~taken_out
    if view.sizes[nothing].sum():
        yield view.gap("in_no_policy", "high", "no enabled policy that demands MFA takes them in anywhere",
                       "add a policy for all users", classes=nothing)


def platforms(view: View) -> Iterator[Gap]:
    """A platform nobody lists gets in where others are asked."""
    strange = _those(view, lambda situation: all(each.platform == "unknown" for each in situation.sign_ins))
    others = [situation for situation in view.matrix.situations if situation not in strange and not situation.inside]
    open_ = view.where(lambda cell: cell.asked is Asked.NOT_ASKED, strange)
    open_ &= view.where(lambda cell: cell.asked is Asked.ASKED, others)
    if view.sizes[open_].sum():
        yield view.gap("platform", "high", "an unrecognised platform gets in unasked; anybody can claim to be one",
                       "ask on any platform, or block the unrecognised", classes=open_)


def old_clients(view: View) -> Iterator[Gap]:
    """Old protocols get in."""
    old = _those(view, lambda situation: all(each.client in LEGACY for each in situation.sign_ins))
    open_ = view.where(lambda cell: cell.asked is Asked.NOT_ASKED, old)
    if view.sizes[open_].sum():
        yield view.gap("legacy_open", "high", "old mail protocols get in with a password",
                       "block exchangeActiveSync and other clients", classes=open_)


def device_code(view: View) -> Iterator[Gap]:
    """Device code flow is open to phishing."""
    flows = _those(view, lambda situation: all(each.flow not in (None, "none") for each in situation.sign_ins))
    open_ = view.where(lambda cell: not cell.possible <= SHUT, flows)
    if view.sizes[open_].sum():
        yield view.gap("device_code", "medium", "device code flow or authentication transfer is not blocked",
                       "block both but for those who need them", classes=open_)


def registration(view: View) -> Iterator[Gap]:
    """Somebody with a stolen password can register the first factor from anywhere."""
    actions = _those(view, lambda situation: all(each.user_action is not None for each in situation.sign_ins))
    open_ = view.where(lambda cell: cell.asked is Asked.NOT_ASKED, actions)
    if view.sizes[open_].sum():
        yield view.gap("registration_open", "medium", "a first method can be registered from anywhere with a password",
                       "protect the registration of security information", classes=open_)


def guests(view: View) -> Iterator[Gap]:
    """People from elsewhere who are not asked everywhere."""
    outside = np.array([person.guest_types <= EXTERNAL for person in view.people], dtype=bool)
    outside &= np.array([place != EVERYWHERE for place in view.places], dtype=bool)
    if view.sizes[outside].sum():
        yield view.gap("guests", "medium", "guests or external members are not asked everywhere",
                       "add a policy for all guest types", classes=outside)


def per_user_only(view: View) -> Iterator[Gap]:
    """MFA that hangs on the older setting alone."""
    alone = np.array([
        person.per_user in ("enabled", "enforced") and place in (SOMEWHERE, EVERYWHERE)
        and not any(cell.applied for cell in cells.values())
        for person, place, cells in zip(view.people, view.places, view.cells, strict=True)], dtype=bool)
    if view.sizes[alone].sum():
        yield view.gap("per_user_only", "low", "only per-user MFA asks them", "move them to Conditional Access",
                       classes=alone)


def _those(view: View, test: Callable[[Situation], bool]) -> list[Situation]:
    return [situation for situation in view.matrix.situations if situation.sign_ins and test(situation)]


_LOOKS: tuple[Callable[[View], Iterator[Gap]], ...] = (
    never_asked, policy_gaps.large_exclusions, policy_gaps.untrusted_only, policy_gaps.wide_places, platforms,
    policy_gaps.applications, policy_gaps.report_only, old_clients, guests, policy_gaps.roles, policy_gaps.alternatives,
    policy_gaps.device_filters, device_code, policy_gaps.risk_only, policy_gaps.weak_strengths, registration,
    policy_gaps.session_only, per_user_only, policy_gaps.references,
)
