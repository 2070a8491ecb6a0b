"""The fixed fields a text may name, and what the policy gives for them.

A field's *kind* says what value it takes; the language says how that value is written
(:mod:`mfa_audit.reminders.language`). A field is *optional* when a line naming it may be left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.methods import CATALOGUE, Level

if TYPE_CHECKING:
    from mfa_audit.policy import Policy

MICROSOFT_STOPS_PHONE_ON = dt.date(2027, 2, 1)
"""Microsoft Entra, "Passkeys by default and retirement of Microsoft-provided SMS and voice authentication"."""


@dataclass(frozen=True)
class Person:
    """A line of a list: whoever it names, and as much about them as its reader may see."""

    name: str
    account: str | None = None
    organisation: str | None = None
    department: str | None = None
    manager: str | None = None
    due: dt.date | None = None


Value = str | int | dt.date | Sequence[str] | Sequence[Person] | Sequence[tuple[str, dt.date]] | None
Fields = Mapping[str, Value]
"""Name of a field -> its value; ``None``, an empty text or an empty list is no value."""


@dataclass(frozen=True)
class Field:
    """What a field takes, and where it may stand.

    ``kind``: ``name`` (text of a directory, at most ``limit`` characters), ``text`` (words of the policy),
    ``sentence`` (the same, with a full stop),
    ``date``, ``number``, ``hours`` ("every eight hours"),
    ``days`` ("14 days"), ``family`` and ``methods`` (names of the
    catalogue), ``levels`` (names of levels), ``texts``, ``people``, ``deadlines``, ``phrase`` (of the language file)
    or ``flag`` (writes nothing: its line is left out unless it holds). ``lists`` fields are not for letters to staff.
    """

    kind: str
    meaning: str
    optional: bool = False
    limit: int = 300
    lists: bool = False

    @property
    def in_subject(self) -> bool:
        """Whether a subject may name it: nothing that comes from a directory, and no list of people."""
        return self.kind not in ("name", "people", "texts", "deadlines")


_NAME, _SHORT = 120, 60
_APP = "microsoft_authenticator"

FIELDS: Mapping[str, Field] = {
    "given_name": Field("name", "the reader's given name", optional=True, limit=_SHORT),
    "mailbox": Field("name", "the shared mailbox the letter is about", optional=True, limit=_NAME),
    "holder": Field("name", "who holds the exemption, or which account is to be tested", limit=_NAME),
    "exemption_id": Field("name", "the exemption's number in the register", limit=_SHORT),
    "due": Field("date", "the day by which the second check must be set up"),
    "still_due": Field("date", "the same day, while it has not passed", optional=True),
    "as_of": Field("date", "the day of the records; needs the block WRONG"),
    "ends_on": Field("date", "the day on which the exemption ends or ended"),
    "test_due": Field("date", "the day by which the emergency account must be tested"),
    "people": Field("people", "the people of the list, a line each", lists=True),
    "count": Field("number", "how many people the list has", lists=True),
    "passkeys": Field("flag", "whether this person may use passkeys; decides what the block STEPS says"),
    "has_weaker": Field("flag", "the account has a check, but one that does not count", optional=True),
    "service_desk": Field("text", "service_desk.name"),
    "route": Field("text", "service_desk.route"),
    "desk_hours": Field("text", "service_desk.hours", optional=True),
    "sender": Field("text", "policy.owner, or else service_desk.name"),
    "claim": Field("sentence", "reminders.words.claim, or else the language's own"),
    "consequence": Field("sentence", "reminders.words.consequence", optional=True),
    "drop_in": Field("text", "reminders.words.drop_in", optional=True),
    "again": Field("hours", "requirements.<tier>.again_within_hours", optional=True),
    "asked_in": Field("texts", "the labels of requirements.<tier>.ask_in", optional=True),
    "not_asked_in": Field("texts", "the labels of requirements.<tier>.no_prompt_in", optional=True),
    "recommended": Field("family", "methods.recommended; a passkey where the app's notification is not enough"),
    "methods": Field("methods", "every method the tier accepts"),
    "methods_left": Field("methods", "those that still count after methods.weak_ends_on"),
    "weak_methods": Field("levels", "what ends on methods.weak_ends_on", optional=True),
    "weak_ends_on": Field("date", "methods.weak_ends_on"),
    "deadline": Field("date", "deadlines.default", optional=True),
    "phases": Field("deadlines", "deadlines.phases: label and last day", optional=True),
    "starter_days": Field("days", "grace.starter_days, where staff have grace", optional=True),
    "never_beyond": Field("date", "grace.never_beyond", optional=True),
    "effective_from": Field("date", "policy.effective_from", optional=True),
    "administrator_methods": Field("methods", "every method the tier privileged accepts"),
    "administrator_asked_in": Field("texts", "the labels of requirements.privileged.ask_in", optional=True),
    "administrator_again": Field("hours", "requirements.privileged.again_within_hours", optional=True),
    "policy_title": Field("text", "policy.title"),
    "policy_mark": Field("text", "policy.id, policy.version and the first digits of the policy's SHA-256"),
    "when_app": Field("flag", "Microsoft Authenticator is the recommended way", optional=True),
    "when_phone_ends": Field("flag", "Microsoft's own date is the policy's, and phone methods are what ends",
                             optional=True),
    "when_own_telephony": Field("flag", "some groups keep phone methods", optional=True),
    "account": Field("phrase", "what people call their account"),
    "mail": Field("phrase", "what people call the name they sign in with"),
    "managed_device": Field("phrase", "what people call a device the organisation looks after"),
    "intranet": Field("phrase", "where people look up whether a message is real"),
}


def policy_fields(policy: Policy, tier: str = "staff") -> dict[str, Value]:
    """What the policy says, as fields, for a reader whose tier is ``tier`` (``KeyError`` when there is none).

    Letters about a privileged account need those of its tier: the steps are such as lead to a method it accepts.
    """
    rule, methods, desk, words = policy.requirements[tier], policy.methods, policy.service_desk, policy.reminders.words
    weak = tuple(level.label for level in Level if Level.NONE < level <= methods.weak_level)
    phone_ends = weak == (Level.PHONE.label,) and methods.weak_ends_on == MICROSOFT_STOPS_PHONE_ON
    privileged = policy.requirements["privileged"]
    taught = _taught(policy, tier)
    return {
        "service_desk": desk.name, "route": desk.route, "desk_hours": desk.hours,
        "sender": policy.about.owner or desk.name,
        "claim": words.claim, "consequence": words.consequence, "drop_in": words.drop_in,
        "again": rule.again_within_hours,
        "asked_in": _labels(policy, rule.ask_in), "not_asked_in": _labels(policy, rule.no_prompt_in),
        "recommended": taught,
        "methods": accepted(policy, tier), "methods_left": accepted(policy, tier, after_weak_ends=True),
        "weak_methods": weak, "weak_ends_on": methods.weak_ends_on,
        "deadline": policy.deadlines.default,
        "phases": tuple((phase.label, phase.deadline) for phase in policy.deadlines.phases),
        "starter_days": policy.grace.starter_days if policy.requirements["staff"].grace else None,
        "never_beyond": policy.grace.never_beyond if policy.requirements["staff"].grace else None,
        "effective_from": policy.about.effective_from,
        "administrator_methods": accepted(policy, "privileged"),
        "administrator_asked_in": _labels(policy, privileged.ask_in),
        "administrator_again": privileged.again_within_hours,
        "policy_title": policy.about.title,
        "policy_mark": f"{policy.about.id} {policy.about.version} ({policy.sha256[:12]})",
        "when_app": taught == _APP,
        "when_phone_ends": phone_ends, "when_own_telephony": bool(methods.own_telephony_groups),
    }


def _taught(policy: Policy, tier: str) -> str:
    """The family whose steps lead to something the tier accepts: the app's steps end with a notification in the app."""
    enough = "authenticator_push" in accepted(policy, tier, after_weak_ends=True)
    return policy.methods.recommended if policy.methods.recommended != _APP or enough else "passkey"


def accepted(policy: Policy, tier: str, *, after_weak_ends: bool = False) -> tuple[str, ...]:
    """Catalogue names of the methods that meet the tier's minimum and are not barred, strongest first.

    With ``after_weak_ends``, those that still count from ``methods.weak_ends_on`` outside own telephony.
    """
    methods, minimum = policy.methods, policy.requirements[tier].minimum
    levels = {method.name: methods.level_of(method.name) for method in CATALOGUE if method.name not in methods.barred}
    return tuple(
        name for name in sorted(levels, key=lambda name: -levels[name])
        if levels[name] >= minimum and not (after_weak_ends and levels[name] <= methods.weak_level)
    )


def _labels(policy: Policy, scenarios: Sequence[str]) -> tuple[str, ...]:
    return tuple(policy.scenario(name).label or name for name in scenarios)
