"""Does a policy apply? Each condition of a policy, answered in three values, in the order the first failing is named.

Semantics: ``docs/conditional-access.md``; the names of failing conditions are those of Graph's What If analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access import devices, targets, users
from mfa_audit.access.kleene import NO, YES, Answer, all_of, any_of, known, negate
from mfa_audit.access.locations import location
from mfa_audit.access.question import LEGACY, SIGNALS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mfa_audit.access.policies import Choice, Policy
    from mfa_audit.access.question import Question

    Condition = Callable[[Policy, Question], Answer]

REGISTER_DEVICE = "urn:user:registerdevice"
"""A user action for which clients and devices are no conditions."""

_STATES = {"enabled", "enabledforreportingbutnotenforced"}
_CLIENTS = {"eassupported": "exchangeactivesync", "easunsupported": "exchangeactivesync",
            "modern": "mobileappsanddesktopclients"}
_EAS_PLATFORMS = frozenset({"ios", "android", "windows"})
_PLATFORMS = frozenset(SIGNALS["platform"]) - {"unknown"}


def about_person(policy: Policy, question: Question) -> tuple[Answer, str]:
    """Whether the policy is for this person, and what fails when it is not."""
    if policy.conditions.workloads:
        return NO, "workloadIdentities"
    selected = policy.conditions.include
    if selected is not None and selected.empty and not policy.conditions.strange:
        return NO, "emptyPolicy"
    answer = users.users(policy, question)
    return answer, "users" if answer.holds is False else ""


def about_sign_in(policy: Policy, question: Question) -> tuple[Answer, str]:
    """Whether the policy is for this sign-in, whoever it is, and the first condition that fails when it is not."""
    answers = [_understood(policy, question)]
    for condition, reason in _CONDITIONS:
        answer = condition(policy, question)
        if answer.holds is False and _misread(policy, reason):
            continue
        if answer.holds is False:
            return NO, reason or targets.reason(policy)
        answers.append(answer)
    return all_of(answers), ""


def _misread(policy: Policy, reason: str) -> bool:
    """Whether something in this very condition is not understood, so that its failing may be for that alone; the policy
    as a whole is not known then."""
    parts = tuple(f"conditions.{name}" for name in _PARTS.get(reason, ()))
    return any(each.startswith(parts) for each in policy.conditions.strange)


def _understood(policy: Policy, question: Question) -> Answer:
    """A policy with something in it that nobody knows, or a state nobody knows, may apply or not."""
    if policy.conditions.strange or policy.state not in _STATES:
        return question.lacking("policy", policy.id)
    return YES


def _platform(policy: Policy, question: Question) -> Answer:
    choice = policy.conditions.platforms
    if choice is None:
        return YES

    def is_one_of(words: frozenset[str]) -> Answer:
        if "all" in words:
            return YES
        platform = question.signal("platform")
        told = _member(words & _PLATFORMS, "platform", platform, question)
        return any_of((told, _any_strange(words - _PLATFORMS, "platform", policy, question)))

    return _chosen(choice, is_one_of, question, policy, "platforms")


def _location(policy: Policy, question: Question) -> Answer:
    choice = policy.conditions.locations
    if choice is None:
        return YES
    return _chosen(choice, lambda words: any_of(location(word, question) for word in sorted(words)), question, policy,
                   "locations")


def _client(policy: Policy, question: Question) -> Answer:
    wanted = policy.conditions.clients
    if wanted is None or "all" in wanted or question.sign_in.user_action == REGISTER_DEVICE:
        return YES
    client = question.signal("client")
    if not wanted:
        # An older policy without the list leaves old protocols out; nobody can tell its age for certain.
        modern = any_of(_member(frozenset({each}), "client", client, question)
                        for each in SIGNALS["client"] if each not in LEGACY)
        return any_of((modern, question.lacking("clients not listed", policy.id)))
    answers = []
    for word in sorted(wanted):
        name = _CLIENTS.get(word, word)
        if name not in SIGNALS["client"]:
            answers.append(question.lacking("client", f"{policy.id} {word}"))
            continue
        answer = _member(frozenset({name}), "client", client, question)
        if word == "eassupported":
            platform = _member(_EAS_PLATFORMS, "platform", question.signal("platform"), question)
            answer = all_of((answer, platform))
        answers.append(answer)
    return any_of(answers)


def _device(policy: Policy, question: Question) -> Answer:
    if question.sign_in.user_action == REGISTER_DEVICE:
        return YES
    return all_of((devices.filtered(policy, question), devices.in_state(policy, question)))


def _risk(kind: str) -> Condition:
    def condition(policy: Policy, question: Question) -> Answer:
        levels = dict(policy.conditions.risks).get(kind)
        if levels is None:
            return YES
        name = f"{kind}_risk"
        told = _member(levels & set(SIGNALS[name]), name, question.signal(name), question)
        return any_of((told, _any_strange(levels - set(SIGNALS[name]), name, policy, question)))

    return condition


def _flow(policy: Policy, question: Question) -> Answer:
    wanted = policy.conditions.flows
    if wanted is None:
        return YES
    told = _member(wanted & set(SIGNALS["flow"]), "flow", question.signal("flow"), question)
    return any_of((told, _any_strange(wanted - set(SIGNALS["flow"]), "flow", policy, question)))


def _chosen(choice: Choice, hits: Callable[[frozenset[str]], Answer], question: Question, policy: Policy,
            name: str) -> Answer:
    """Included and not excluded. Graph never writes an empty include list, so nobody knows what one means."""
    included = hits(choice.include) if choice.include else question.lacking(f"{name} not listed", policy.id)
    return all_of((included, negate(hits(choice.exclude))))


def _member(words: frozenset[str], signal: str, value: str | None, question: Question) -> Answer:
    """Whether a signal has one of these values; ``value`` is what is told or assumed of it."""
    if not words:
        return NO
    if value is not None:
        return known(value in words)
    if words >= set(SIGNALS[signal]):
        return YES
    return question.lacking("signal", signal)


def _any_strange(words: frozenset[str], signal: str, policy: Policy, question: Question) -> Answer:
    """A word that nobody knows may mean this sign-in, and something else in another policy."""
    return any_of(question.lacking(f"{signal} value", f"{policy.id} {word}") for word in sorted(words))


_PARTS = {"": ("applications",), "devicePlatform": ("platforms",), "location": ("locations",),
          "clientApps": ("clientAppTypes",), "devices": ("devices", "deviceStates"),
          "authenticationFlow": ("authenticationFlows",)}
"""Name of a failing condition -> the parts of a policy it is read from."""

_CONDITIONS: tuple[tuple[Condition, str], ...] = (
    (targets.target, ""),
    (_platform, "devicePlatform"),
    (_location, "location"),
    (_client, "clientApps"),
    (_device, "devices"),
    (_risk("sign_in"), "signInRisk"),
    (_risk("user"), "userRisk"),
    (_risk("insider"), "insiderRisk"),
    (_flow, "authenticationFlow"),
)
"""Condition and the name of its failing; empty where the target says which."""
