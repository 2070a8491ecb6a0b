"""How widely a policy asks: what narrows it, and whether another asks wherever it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access.grants import COUNTS_AS_MFA

if TYPE_CHECKING:
    from mfa_audit.access.gap import Mask, View
    from mfa_audit.access.policies import Choice, Conditions, Policy

_EVERY_CLIENT = frozenset({"browser", "mobileappsanddesktopclients"})
"""Clients that can do MFA; a policy that names more than these asks no more people for it."""

_ANYTHING = frozenset({"all"})


def narrowing(conditions: Conditions) -> dict[str, object]:
    """What narrows a policy beside people and applications: condition -> what it is. One that takes everything in, as
    *all clients* does, narrows nothing and is left out."""
    found: dict[str, object] = {
        "platforms": _narrow(conditions.platforms), "locations": _narrow(conditions.locations),
        "clients": _narrow_clients(conditions.clients),
        "filter": (conditions.filter_mode, conditions.filter_rule) if conditions.filter_mode is not None else None,
        "device_states": conditions.device_states, "risks": conditions.risks or None, "flows": conditions.flows,
        # Two policies with something strange in them need not mean the same by it.
        "strange": object() if conditions.strange else None,
    }
    return {name: what for name, what in found.items() if what is not None}


def about_applications(policy: Policy) -> bool:
    """Whether a policy is for signing in to applications, not for user actions or authentication contexts."""
    targets = policy.conditions.targets
    return targets is not None and not (targets.actions or targets.contexts or targets.traffic)


def all_applications(policy: Policy) -> bool:
    """Whether it is for every application, leaving none out."""
    targets = policy.conditions.targets
    return (targets is not None and about_applications(policy) and "all" in targets.include and not targets.exclude
            and targets.filter_mode is None)


def is_wider(policy: Policy, than: Policy) -> bool:
    """Whether a policy asks for every application wherever the other asks for some, of those whom both are for."""
    mine, theirs = narrowing(policy.conditions), narrowing(than.conditions)
    return all_applications(policy) and all(theirs.get(name) == what for name, what in mine.items())


def at_least_as_wide(policy: Policy, than: Policy) -> bool:
    """Whether it asks wherever the other does: it is wider, or has the same targets and is narrowed no further."""
    if about_applications(than) and is_wider(policy, than):
        return True
    mine, theirs = narrowing(policy.conditions), narrowing(than.conditions)
    return (policy.conditions.targets == than.conditions.targets
            and all(theirs.get(name) == what for name, what in mine.items()))


def asks_everybody(policy: Policy) -> bool:
    """Whether it is for all users, every application, and nothing narrows it."""
    include = policy.conditions.include
    return (include is not None and "all" in include.users and all_applications(policy)
            and not narrowing(policy.conditions))


def takes_something_else(policy: Policy) -> bool:
    """Whether something else does in place of MFA."""
    grants = policy.grants
    return grants is not None and not grants.every and bool(
        grants.interactive or grants.strange or grants.controls - COUNTS_AS_MFA)


def uncovered(view: View, policy: Policy, but: str = "") -> Mask:
    """The classes a policy is for whom no other surely asks, wherever it does, for MFA and nothing in its place, and
    without being narrowed by ``but`` itself, a condition of :func:`narrowing`."""
    left = view.named_by(policy)
    for other in view.asking:
        if (other is not policy and at_least_as_wide(other, policy) and not takes_something_else(other)
                and but not in narrowing(other.conditions)):
            left &= ~view.surely_named_by(other)
    return left


def breadth(policy: Policy) -> tuple[bool, bool, int]:
    """The greater, the more widely a policy asks, whoever it is for."""
    return all_applications(policy), about_applications(policy), -len(narrowing(policy.conditions))


def _narrow(choice: Choice | None) -> Choice | None:
    return None if choice is None or (choice.include == _ANYTHING and not choice.exclude) else choice


def _narrow_clients(clients: frozenset[str] | None) -> frozenset[str] | None:
    if clients is None or "all" in clients or clients >= _EVERY_CLIENT:
        return None
    return clients
