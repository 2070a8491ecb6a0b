"""Gaps that stand in a policy's own text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mfa_audit.access import rules
from mfa_audit.access.gap import demands_mfa
from mfa_audit.access.grants import APP_CONTROLS, DEVICE_CONTROLS
from mfa_audit.access.policies import Conditions
from mfa_audit.access.sign_in import REPORT_ONLY
from mfa_audit.access.strengths import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mfa_audit.access.gap import Gap, View
    from mfa_audit.access.policies import Policy

_NARROWING = ("platforms", "locations", "clients", "filter_mode", "filter_rule", "device_states", "risks", "flows",
              "strange")
_EDITABLE = frozenset({"displayname", "model", "manufacturer"})
_WIDE = 2**16
_SPOKEN = frozenset({"sms", "voice"})


def untrusted_only(view: View) -> Iterator[Gap]:
    """MFA is not asked for on trusted networks."""
    for policy in view.asking:
        locations = policy.conditions.locations
        if locations is not None and locations.exclude:
            yield view.gap("untrusted_only", "medium", "asks only away from trusted places",
                           "keep the trusted ranges narrow, and ask administrators everywhere",
                           policy=policy, classes=view.named_by(policy))


def wide_places(view: View) -> Iterator[Gap]:
    """A trusted range as wide as a /16, or a country taken for safe."""
    locations = view.matrix.tenant.locations or {}
    for location in locations.values():
        addresses = sum(network.num_addresses for network in location.networks if network.version == 4)
        if location.trusted and addresses >= _WIDE:
            trusting = [view.named_by(policy) for policy in view.asking if policy.conditions.locations is not None
                        and policy.conditions.locations.exclude & {location.id, "alltrusted"}]
            yield view.gap("wide_trusted_range", "high", f"{location.name or location.id}: {addresses:,} addresses are "
                           "trusted", "name only the addresses the organisation itself goes out by",
                           classes=np.any(trusting, axis=0) if trusting else None)
    for policy in view.asking:
        spared = policy.conditions.locations.exclude if policy.conditions.locations else ()
        for place in sorted(spared):
            found = locations.get(place)
            if found is not None and found.kind == "country":
                yield view.gap("safe_country", "high", f"spares everybody in {found.name or found.id}, a country",
                               "take the country out of the exclusions", policy=policy, classes=view.named_by(policy))


def applications(view: View) -> Iterator[Gap]:
    """Only some applications, or all but some."""
    for policy in view.asking:
        targets = policy.conditions.targets
        if targets is None or targets.actions or targets.contexts:
            continue
        if "all" not in targets.include:
            alone = view.named_by(policy)
            for other in view.asking:
                if _is_wider(other, policy):
                    alone &= ~view.surely_named_by(other)
            if view.sizes[alone].sum():
                yield view.gap("some_applications", "medium", "asks for some applications only",
                               "ask for all resources", policy=policy, classes=alone)
        elif targets.exclude:
            yield view.gap("excluded_applications", "medium",
                           "leaves applications out, which may leave basic directory permissions unasked as well",
                           "exclude nothing, or see that basic permissions are enforced", policy=policy,
                           classes=view.named_by(policy))


def _is_wider(policy: Policy, than: Policy) -> bool:
    """Whether a policy asks for every application wherever the other asks for some."""
    mine, theirs = policy.conditions, than.conditions
    if mine.targets is None or "all" not in mine.targets.include or mine.targets.exclude:
        return False
    return all(getattr(mine, name) in (getattr(Conditions(), name), getattr(theirs, name)) for name in _NARROWING)


def report_only(view: View) -> Iterator[Gap]:
    """A policy that asks only on paper, and no enabled one like it."""
    for policy in view.matrix.tenant.policies:
        if policy.state == REPORT_ONLY and demands_mfa(policy) and not any(
                twin.conditions == policy.conditions for twin in view.asking):
            yield view.gap("report_only", "high", "only reports", "switch it on", policy=policy,
                           classes=view.named_by(policy))


def alternatives(view: View) -> Iterator[Gap]:
    """MFA or something else."""
    for policy in view.asking:
        grants = policy.grants
        if grants is None or grants.every:
            continue
        for controls, severity, what in (
            (grants.controls & DEVICE_CONTROLS, "low", "a managed device"),
            (grants.controls & APP_CONTROLS.keys(), "medium", "an approved or protected application"),
            (grants.interactive, "high", "terms of use or a custom control"),
        ):
            if controls:
                yield view.gap("or_something_else", severity, f"takes {what} in place of MFA", "demand both",
                               policy=policy, classes=view.named_by(policy))


def device_filters(view: View) -> Iterator[Gap]:
    """Devices left out by something anybody can write, or by what they are not."""
    for policy in view.asking:
        rule = rules.parse(policy.conditions.filter_rule, "device")
        if policy.conditions.filter_mode != "exclude":
            continue
        steps = [step for step in rule or () if isinstance(step, rules.Comparison)]
        if any(step.name in _EDITABLE or step.negated for step in steps):
            yield view.gap("device_filter", "high", "leaves devices out by a property anybody can set, or by a "
                           "negative comparison, which holds for every unregistered device",
                           "go by trust type and compliance, in the positive", policy=policy,
                           classes=view.named_by(policy))


def risk_only(view: View) -> Iterator[Gap]:
    """MFA only on risky sign-ins."""
    if view.asking and all(policy.conditions.risks for policy in view.asking):
        for policy in view.asking:
            yield view.gap("risk_only", "high", "asks only when a sign-in looks risky, and nothing else asks",
                           "add a policy without a risk condition", policy=policy, classes=view.named_by(policy))


def weak_strengths(view: View) -> Iterator[Gap]:
    """A strength that a password meets, or text messages do."""
    for policy in view.enforced:
        strength = None if policy.grants is None else policy.grants.strength
        if strength is None or strength.id in BUILT_IN:
            continue
        if strength.is_mfa is False:
            yield view.gap("weak_strength", "high", f"its strength {strength.name or strength.id} is met by one factor",
                           "take the single methods out of it", policy=policy, classes=view.named_by(policy))
        elif any(combination & _SPOKEN for combination in strength.combinations or ()):
            yield view.gap("weak_strength", "low", f"its strength {strength.name or strength.id} takes text messages "
                           "or calls", "take them out of it", policy=policy, classes=view.named_by(policy))


def references(view: View) -> Iterator[Gap]:
    """A policy that names what is gone."""
    for policy in view.matrix.tenant.policies:
        named = _ids(policy) & view.deleted
        if named and policy.state != "disabled":
            yield view.gap("deleted_reference", "info", f"names {len(named)} that no longer exist", "take them out",
                           policy=policy, classes=view.named_by(policy))


def session_only(view: View) -> Iterator[Gap]:
    """Controls of the session, and nothing that must be shown."""
    for policy in view.enforced:
        if policy.grants is None or not policy.grants.demands:
            asks_again = policy.hours is not None
            yield view.gap("session_only", "medium" if asks_again else "info",
                           "asks for the password again, never for MFA" if asks_again else "demands nothing",
                           "add MFA, if that was meant", policy=policy, classes=view.named_by(policy))


def large_exclusions(view: View) -> Iterator[Gap]:
    """More people left out than exceptions are tolerated."""
    everybody = int(view.sizes.sum())
    for policy in view.asking:
        out = view.left_out_of(policy)
        share = 100.0 * int(view.sizes[out].sum()) / max(everybody, 1)
        if share > view.tolerance_percent:
            yield view.gap("large_exclusion", "high", f"leaves out {share:.1f}% of the accounts in scope",
                           "review who is in the excluded groups, and who may join them", policy=policy, classes=out)


def roles(view: View) -> Iterator[Gap]:
    """Roles that policies name and nobody holds yet, and roles that no policy names."""
    named = {role for policy in view.asking if policy.conditions.include is not None
             for role in policy.conditions.include.roles}
    if not named:
        return
    for policy in view.asking:
        mine = policy.conditions.include.roles if policy.conditions.include is not None else ()
        eligible = frozenset[str]().union(*(view.eligible.get(role, ()) for role in mine))
        if eligible:
            yield view.gap("eligible_only", "high", f"{len(eligible):,} accounts may activate a role it names; until "
                           "they do, it does not ask them", "name the people or their group as well", policy=policy,
                           ids=eligible)
    missing = view.held.keys() - named
    if missing and not _asks_all(view):
        yield view.gap("roles_not_named", "high", f"{len(missing)} roles that are held stand in no policy that asks",
                       "name them: " + ", ".join(sorted(missing)[:5]),
                       ids=frozenset[str]().union(*(view.held[role] for role in missing)))


def _asks_all(view: View) -> bool:
    return any(policy.conditions.include is not None and "all" in policy.conditions.include.users
               and not policy.conditions.risks for policy in view.asking)


def _ids(policy: Policy) -> frozenset[str]:
    found: set[str] = set()
    for selection in (policy.conditions.include, policy.conditions.exclude):
        if selection is not None:
            found |= selection.users | selection.groups
    locations = policy.conditions.locations
    return frozenset(found | (locations.include | locations.exclude if locations else set()))
