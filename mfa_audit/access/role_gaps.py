"""Gaps by role: those that policies name and that are not, or not wholly, in force, and those that none names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access.width import asks_everybody

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mfa_audit.access.gap import Gap, View
    from mfa_audit.access.policies import Policy


def roles(view: View) -> Iterator[Gap]:
    """Roles that policies name and nobody holds yet, or over part of the tenant only; roles that no policy names."""
    named = frozenset[str]().union(*map(_named, view.asking))
    if not named:
        return
    everybody = [policy for policy in view.asking if asks_everybody(policy)]
    for policy in view.asking:
        eligible = _holders(policy, view.eligible)
        if eligible:
            yield view.gap("eligible_only", "high", f"{len(eligible):,} accounts may activate a role it names; until "
                           "they do, it does not ask them", "name the people or their group as well", policy=policy,
                           ids=eligible)
        scoped = _holders(policy, view.scoped)
        if scoped and not any(_demands_the_same(each, policy) for each in everybody):
            yield view.gap(
                "scoped_role", "low" if everybody else "high",
                f"{len(scoped):,} accounts hold a role it names over part of the tenant, such as an administrative "
                "unit; it does not ask them" + (", and the policy for everybody demands less" if everybody else ""),
                "name the people or their group as well", policy=policy, ids=scoped)
    missing = view.held.keys() - named
    if missing and not everybody:
        yield view.gap("roles_not_named", "high", f"{len(missing)} roles that are held stand in no policy that asks",
                       "name them: " + ", ".join(sorted(missing)[:5]),
                       ids=frozenset[str]().union(*(view.held[role] for role in missing)))


def _named(policy: Policy) -> frozenset[str]:
    include = policy.conditions.include
    return frozenset() if include is None else include.roles


def _holders(policy: Policy, by_role: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*(by_role.get(role, ()) for role in _named(policy)))


def _demands_the_same(policy: Policy, other: Policy) -> bool:
    """Whether a policy demands at least what another does, and as often."""
    often = other.hours is None or (policy.hours is not None and policy.hours <= other.hours)
    return policy.grants == other.grants and often
