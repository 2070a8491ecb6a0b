"""The gap report: what leaves people unasked, gravest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mfa_audit.access import people_gaps, place_gaps, policy_gaps, role_gaps
from mfa_audit.access.gap import Gap, Touched
from mfa_audit.access.grants import SHUT
from mfa_audit.access.matrix import Asked
from mfa_audit.access.other_sources import REGISTER
from mfa_audit.access.question import LEGACY
from mfa_audit.methods import FACTOR_BITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mfa_audit.access.gap import View

_ORDER = ("high", "medium", "low", "info")


def gaps(view: View) -> list[Gap]:
    """Every gap that was found, by severity, then by how many it touches."""
    return sorted((gap for look in _LOOKS for gap in look(view)), key=order)


def order(gap: Gap) -> tuple[int, int, str, str]:
    """Where a gap stands in the report."""
    return (_ORDER.index(gap.severity), -gap.accounts, gap.id, gap.policy_id)


def platforms(view: View) -> Iterator[Gap]:
    """A platform nobody lists gets in where others are asked, signing in alike."""
    usual = view.those(lambda situation: not situation.is_action and all(
        each.client not in LEGACY and each.flow in (None, "none") for each in situation.sign_ins))
    strange = [each for each in usual if all(sign_in.platform == "unknown" for sign_in in each.sign_ins)]
    others = [each for each in usual if each not in strange and not each.inside]
    open_ = view.where(lambda cell: cell.asked is Asked.NOT_ASKED, strange)
    open_ &= view.where(lambda cell: cell.asked is Asked.ASKED, others)
    if view.sizes[open_].sum():
        yield view.gap("platform", "high", "an unrecognised platform gets in unasked; anybody can claim to be one",
                       "ask on any platform, or block the unrecognised", classes=open_)


def old_clients(view: View) -> Iterator[Gap]:
    """Old protocols get in."""
    old = view.those(lambda situation: all(each.client in LEGACY for each in situation.sign_ins))
    open_ = view.where(lambda cell: cell.asked is Asked.NOT_ASKED, old)
    if view.sizes[open_].sum():
        yield view.gap("legacy_open", "high", "old mail protocols get in with a password",
                       "block exchangeActiveSync and other clients", classes=open_)


def device_code(view: View) -> Iterator[Gap]:
    """Device code flow is open to phishing."""
    flows = view.those(lambda situation: all(each.flow not in (None, "none") for each in situation.sign_ins))
    open_ = view.where(lambda cell: not cell.possible <= SHUT, flows)
    if view.sizes[open_].sum():
        yield view.gap("device_code", "medium", "device code flow or authentication transfer is not blocked",
                       "block both but for those who need them", classes=open_)


def registration(view: View) -> Iterator[Gap]:
    """Somebody with a stolen password can register the first factor of whoever has none, from anywhere."""
    actions = view.those(lambda situation: all(each.user_action == REGISTER for each in situation.sign_ins))
    open_ = view.where(lambda cell: cell.asked is Asked.NOT_ASKED, actions)
    bare = view.sizes if view.without_method is None else view.without_method
    if bare[open_].sum():
        classes = tuple(np.flatnonzero(open_ & (bare > 0)).tolist())
        yield Gap("registration_open", "medium", "a first method can be registered from anywhere with a password",
                  "protect the registration of security information", accounts=int(bare[open_].sum()),
                  touched=Touched(classes, FACTOR_BITS))


_LOOKS: tuple[Callable[[View], Iterator[Gap]], ...] = (
    people_gaps.never_asked, people_gaps.large_exclusions, place_gaps.untrusted_only, place_gaps.wide_places, platforms,
    policy_gaps.applications, policy_gaps.report_only, old_clients, people_gaps.guests, role_gaps.roles,
    policy_gaps.alternatives, policy_gaps.device_filters, device_code, people_gaps.risk_only,
    policy_gaps.weak_strengths, registration, people_gaps.asked_too_rarely, policy_gaps.session_only,
    people_gaps.per_user_only, policy_gaps.references,
)
