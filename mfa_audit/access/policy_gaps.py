"""Gaps that stand in a policy's own text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access import rules
from mfa_audit.access.coverage import EVERYWHERE
from mfa_audit.access.gap import demands_mfa
from mfa_audit.access.grants import APP_CONTROLS, COUNTS_AS_MFA, DEVICE_CONTROLS
from mfa_audit.access.sign_in import REPORT_ONLY
from mfa_audit.access.strengths import BUILT_IN, SINGLE
from mfa_audit.access.width import at_least_as_wide, is_wider, takes_something_else, uncovered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mfa_audit.access.gap import Gap, View
    from mfa_audit.access.policies import Policy

_UNDERSTOOD = COUNTS_AS_MFA | DEVICE_CONTROLS | APP_CONTROLS.keys()
_EDITABLE = frozenset({"displayname", "model", "manufacturer"})
_MANAGED = "microsoft-managed"
"""How the names begin of policies that Microsoft makes, and switches on after a notice."""

_SPOKEN = frozenset({"sms", "voice"})


def applications(view: View) -> Iterator[Gap]:
    """Only some applications, or all but some."""
    for policy in view.asking:
        targets = policy.conditions.targets
        if targets is None or targets.actions or targets.contexts:
            continue
        if "all" not in targets.include:
            alone = view.named_by(policy)
            for other in view.asking:
                if is_wider(other, policy):
                    alone &= ~view.surely_named_by(other)
            if view.sizes[alone].sum():
                yield view.gap("some_applications", "medium", "asks for some applications only",
                               "ask for all resources", policy=policy, classes=alone)
        elif targets.exclude or targets.filter_mode == "exclude":
            yield view.gap("excluded_applications", "medium",
                           "leaves applications out, which may leave basic directory permissions unasked as well",
                           "exclude nothing, or see that basic permissions are enforced", policy=policy,
                           classes=view.named_by(policy))


def report_only(view: View) -> Iterator[Gap]:
    """A policy that asks only on paper, for people whom no enabled one asks as widely. One that Microsoft will switch
    on itself, or that is for nobody yet, is coming and no hole; nor is one that would ask those who are asked for
    something stronger."""
    for policy in view.matrix.tenant.policies:
        if policy.state != REPORT_ONLY or not demands_mfa(policy):
            continue
        named = view.named_by(policy)
        left = named.copy()
        twins = [twin for twin in view.asking if at_least_as_wide(twin, policy)
                 and (twin.grants == policy.grants or not takes_something_else(twin))]
        for twin in (*twins, *(each for each in view.asking if each.conditions == policy.conditions)):
            left &= ~view.surely_named_by(twin)
        if policy.name.casefold().startswith(_MANAGED) or not view.sizes[named].sum():
            yield view.gap("report_only", "info", "only reports, and is coming",
                           "see that it shuts nobody out, and switch it on", policy=policy,
                           classes=left if view.sizes[left].sum() else named)
        elif view.sizes[left].sum():
            yield view.gap("report_only", "high", "only reports", "switch it on", policy=policy, classes=left)
        elif policy.grants is not None and policy.grants.strength is not None and not any(
                twin.grants is not None and twin.grants.strength == policy.grants.strength for twin in twins):
            yield view.gap("report_only", "info", "only reports that it would demand something stronger of people who "
                           "are asked", "switch it on", policy=policy, classes=named)


def alternatives(view: View) -> Iterator[Gap]:
    """MFA or something else."""
    for policy in view.asking:
        grants = policy.grants
        if grants is None or grants.every:
            continue
        left = uncovered(view, policy)
        for controls, severity, what in (
            (grants.controls & DEVICE_CONTROLS, "low", "a managed device"),
            (grants.controls & APP_CONTROLS.keys(), "medium", "an approved or protected application"),
            (grants.interactive, "high", "terms of use or a custom control"),
            (grants.strange or grants.controls - _UNDERSTOOD, "high", "a control nobody knows"),
        ):
            if controls and view.sizes[left].sum():
                yield view.gap("or_something_else", severity, f"takes {what} in place of MFA", "demand both",
                               policy=policy, classes=left)


def device_filters(view: View) -> Iterator[Gap]:
    """Devices told apart by something anybody can write, or left out by what they are not."""
    for policy in view.asking:
        found = list(_compared(rules.parse(policy.conditions.filter_rule, "device") or ()))
        out = policy.conditions.filter_mode == "exclude"
        left = uncovered(view, policy, but="filter")
        if any(name in _EDITABLE or (out and negative) for name, negative in found) and view.sizes[left].sum():
            yield view.gap("device_filter", "high",
                           "leaves devices out by a property anybody can set, or by a negative comparison, which holds "
                           "for every unregistered device" if out else
                           "asks only on devices told by a property anybody can set",
                           "go by trust type and compliance, in the positive", policy=policy, classes=left)


def _compared(rule: rules.Rule) -> Iterable[tuple[str, bool]]:
    """Each property of a rule and whether it is compared in the negative, by its operator or by a *not* around it."""
    stack: list[list[tuple[str, bool]]] = []
    for step in rule:
        if isinstance(step, rules.Comparison):
            stack.append([(step.name, step.negated)])
        elif step == "not":
            stack.append([(name, not negative) for name, negative in stack.pop()])
        else:
            last = stack.pop()
            stack[-1] = stack[-1] + last
    return (each for group in stack for each in group)


def weak_strengths(view: View) -> Iterator[Gap]:
    """A strength that a password meets, or text messages do."""
    for policy in view.enforced:
        strength = None if policy.grants is None else policy.grants.strength
        if strength is None or strength.id in BUILT_IN:
            continue
        if strength.is_mfa is False:
            yield view.gap("weak_strength", "high", f"its strength {strength.name or strength.id} is met by one factor",
                           "take the single methods out of it", policy=policy, classes=view.named_by(policy))
        elif (strength.combinations or frozenset()) & SINGLE:
            yield view.gap("weak_strength", "high", f"its strength {strength.name or strength.id} is called MFA and "
                           "accepts one factor", "take the single methods out of it", policy=policy,
                           classes=view.named_by(policy))
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
    """Controls of the session, and nothing that must be shown. To be asked again more often is no hole for people whom
    another policy asks everywhere."""
    for policy in view.enforced:
        if policy.grants is not None and policy.grants.demands:
            continue
        named = view.named_by(policy)
        if policy.hours is None:
            yield view.gap("session_only", "info", "demands nothing", "add MFA, if that was meant", policy=policy,
                           classes=named)
        elif view.sizes[named & ~view.placed(EVERYWHERE)].sum():
            yield view.gap("session_only", "medium", "asks for the password again, never for MFA",
                           "add MFA, if that was meant", policy=policy, classes=named & ~view.placed(EVERYWHERE))


def _ids(policy: Policy) -> frozenset[str]:
    found: set[str] = set()
    for selection in (policy.conditions.include, policy.conditions.exclude):
        if selection is not None:
            found |= selection.users | selection.groups
    locations, targets = policy.conditions.locations, policy.conditions.targets
    if targets is not None:
        found |= targets.include | targets.exclude
    return frozenset(found | (locations.include | locations.exclude if locations else set()))
