"""The device condition: filters, the retired device states, and what a device control needs.

Behaviour: Microsoft Learn, "Filter for devices", policy behaviour: a device that is not registered has no property, so
positive operators fail on it and negative ones hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mfa_audit.access import rules
from mfa_audit.access.kleene import NO, YES, Answer, all_of, any_of, known, negate

if TYPE_CHECKING:
    from mfa_audit.access.policies import Policy
    from mfa_audit.access.question import Question
    from mfa_audit.access.rules import Comparison

_EXTENSIONS = frozenset(f"extensionattribute{number}" for number in range(1, 16))
_TEXTS = frozenset({
    "deviceownership", "displayname", "enrollmentprofilename", "manufacturer", "mdmappid", "model", "operatingsystem",
    "operatingsystemversion", "profiletype", "trusttype",
}) | _EXTENSIONS
_COLLECTIONS = frozenset({"physicalids", "systemlabels"})
_WORDS = {"iscompliant": ("true", "false"), "ismanaged": ("true", "false"),
          "trusttype": ("azuread", "serverad", "workplace")}
"""Property -> the only values it can have; any other tells nothing."""
_OTHER_NAMES = {"ownership": "deviceownership"}
_ALLOWED = {"deviceid": frozenset({"eq", "in"}), "iscompliant": frozenset({"eq"}),
            **dict.fromkeys(_COLLECTIONS, frozenset({"contains"}))}


def filtered(policy: Policy, question: Question) -> Answer:
    """Whether the device filter leaves this sign-in in the policy."""
    mode = policy.conditions.filter_mode
    if mode is None:
        return YES
    rule = rules.parse(policy.conditions.filter_rule, "device")
    if rule is None or mode not in ("include", "exclude") or not all(
            _is_known(step) for step in rule if isinstance(step, rules.Comparison)):
        return question.lacking("device filter", policy.id)
    answer = _answer(rule, question)
    return negate(answer) if mode == "exclude" else answer


def _answer(rule: rules.Rule, question: Question) -> Answer:
    registered = is_registered(question)
    if registered.holds is None:
        return registered
    unseen = rules.answer(rule, lambda comparison: _compare_nothing(comparison, question))
    if not registered.holds:
        return unseen
    # Hidden attributes fail positive operators; what they do to negative ones is not documented clearly.
    extended = [step for step in rule if isinstance(step, rules.Comparison) and step.name in _EXTENSIONS]
    seen = extensions_seen(question) if extended else YES
    answer = rules.answer(rule, lambda comparison: _compare(comparison, seen, question))
    if answer == unseen:
        return answer
    # Such a sign-in passes on no state of the device, however well it is registered.
    sent = question.device_sent()
    return any_of((all_of((sent, answer)), all_of((negate(sent), unseen))))


def in_state(policy: Policy, question: Question) -> Answer:
    """Whether the retired device states leave this sign-in in the policy."""
    states = policy.conditions.device_states
    if states is None:
        return YES
    answers = []
    for word in sorted(states.exclude):
        if word == "compliant":
            answers.append(negate(is_compliant(question)))
        elif word == "domainjoined":
            answers.append(negate(is_hybrid(question)))
        else:
            answers.append(question.lacking("device state", word))
    if states.include != {"all"}:
        answers.append(question.lacking("device state", ",".join(sorted(states.include))))
    return all_of(answers)


def is_registered(question: Question) -> Answer:
    """Whether the device is registered at all."""
    told = question.sign_in.device.registered
    return question.lacking("device", "registered") if told is None else known(told)


def is_compliant(question: Question) -> Answer:
    """Whether the device is registered and compliant."""
    return _has("iscompliant", "true", question)


def is_hybrid(question: Question) -> Answer:
    """Whether the device is joined to the older directory as well."""
    return _has("trusttype", "serverad", question)


def extensions_seen(question: Question) -> Answer:
    """Whether a registered device shows its extension attributes: managed, compliant, or hybrid joined."""
    return any_of((_has("ismanaged", "true", question), is_compliant(question), is_hybrid(question)))


def _has(name: str, value: str, question: Question) -> Answer:
    registered = is_registered(question)
    if registered.holds is not True:
        return registered
    return _equal(name, value, question)


def _is_known(comparison: Comparison) -> bool:
    """Whether the filter's grammar has this property with this operator and value."""
    name = _OTHER_NAMES.get(comparison.name, comparison.name)
    if name not in _TEXTS and name not in _ALLOWED:
        return False
    if comparison.operator not in _ALLOWED.get(name, frozenset({"eq", "startswith", "endswith", "contains", "in"})):
        return False
    if comparison.is_null:
        return comparison.operator == "eq"
    return name != "iscompliant" or comparison.values[0] in ("true", "false")


def _compare_nothing(comparison: Comparison, question: Question) -> Answer:
    """The positive form of a comparison with a device that has no properties; nobody says what null is to it."""
    return question.lacking("device", "null of none") if comparison.is_null else NO


def _compare(comparison: Comparison, seen: Answer, question: Question) -> Answer:
    """The positive form of a comparison with a registered device."""
    name = _OTHER_NAMES.get(comparison.name, comparison.name)
    if name in _EXTENSIONS and seen.holds is not True:
        said = f"{name} {comparison.operator} {','.join(comparison.values)}"
        hidden = question.lacking("hidden attribute", said) if comparison.negated else NO
        return seen if seen.holds is None else hidden
    if comparison.operator in ("eq", "in") and not comparison.is_null:
        return any_of(_equal(name, value, question) for value in comparison.values)
    told, value = _property(name, question)
    if not told:
        wanted = "nothing" if comparison.is_null else f"{comparison.operator} {comparison.values[0]}"
        return question.lacking("device", f"{name} {wanted}")
    return known(value is None if comparison.is_null else value is not None and _fits(value, comparison))


def _fits(value: Any, comparison: Comparison) -> bool:
    """A part of a text, or a whole element of a list."""
    wanted = comparison.values[0]
    if isinstance(value, list | tuple):
        return comparison.operator == "contains" and wanted in {_text(each) for each in value}
    text = _text(value)
    if comparison.operator == "contains":
        return wanted in text
    return text.startswith(wanted) if comparison.operator == "startswith" else text.endswith(wanted)


def _equal(name: str, value: str, question: Question) -> Answer:
    told, found = _property(name, question)
    if not told:
        return question.lacking("device", f"{name} eq {value}")
    return known(found is not None and _text(found) == value)


def _property(name: str, question: Question) -> tuple[bool, Any]:
    properties = question.sign_in.device.properties
    for key in (name, *(other for other, real in _OTHER_NAMES.items() if real == name)):
        if key in properties:
            value = properties[key]
            if name in _COLLECTIONS and isinstance(value, str):
                value = [value]
            return _is_told(name, value), value
    return False, None


def _is_told(name: str, value: Any) -> bool:
    """Whether a property has a value of its kind; any other says nothing."""
    if name in _COLLECTIONS and value is not None:
        return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
    if value is not None and name in _WORDS:
        return _text(value) in _WORDS[name]
    return value is None or isinstance(value, str | bool)


def _text(value: Any) -> str:
    return str(value).casefold()
