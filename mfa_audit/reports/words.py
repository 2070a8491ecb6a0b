"""What people read instead of the enumerations: short labels, one-sentence reasons, figures and dates in words.

Data and formatting only; every report takes its words from here so that no two of them call one thing by two names.
Keys are the enumerations of ``tables.py``; being strings, a frame's cell is a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfa_audit.methods import Level
from mfa_audit.tables import Exposure, Kind, Reason, Required, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from mfa_audit.policy.schema import Deadlines


@dataclass(frozen=True)
class Words:
    """A status for people: ``label`` for a column, ``meaning`` one sentence, ``what_to_do`` and ``who_acts``."""

    label: str
    meaning: str
    what_to_do: str
    who_acts: str


STATUS: Mapping[Status, Words] = {
    Status.COMPLIANT: Words(
        "Set up", "Has a second sign-in method that is strong enough.", "Nothing to do.", "nobody"),
    Status.COMPLIANT_WEAK: Words(
        "Set up, by phone only", "Has a second sign-in method, but only text messages or calls, which come to an end.",
        "Add an app, a passkey or a security key before text messages and calls end.", "the person"),
    Status.NOT_REGISTERED: Words(
        "Not set up", "No second sign-in method that counts is on record.",
        "Set up a second sign-in method.", "the person"),
    Status.BELOW_STRENGTH: Words(
        "Needs a stronger method", "Has a second sign-in method, but a stronger one is needed for this account.",
        "Add a stronger sign-in method.", "the person"),
    Status.NOT_ENFORCED: Words(
        "Set up, never asked", "Has a second sign-in method, but a password alone can still open the account.",
        "Change the sign-in rules so that this account is asked for its second method.", "an administrator"),
    Status.GRACE: Words(
        "New starter", "Is new and still has time to set up a second sign-in method.",
        "Set up a second sign-in method by the date shown.", "the person"),
    Status.EXEMPT: Words(
        "Approved exception", "Has an approved exception that is still running.",
        "Nothing now; look at it again before it ends.", "the exception's owner"),
    Status.EXEMPT_EXPIRED: Words(
        "Exception ended", "Had an approved exception, and it has ended.",
        "Renew the exception or set up a second sign-in method.", "the exception's owner"),
    Status.UNKNOWN: Words(
        "Not known", "The records do not show whether the account meets the policy.",
        "Supply the data that is missing, then run the audit again.", "the operator"),
    Status.OUT_OF_SCOPE: Words(
        "Not counted", "The policy does not ask for a second sign-in method here.", "Nothing to do.", "nobody"),
}
"""Every status in the order tables show them: good first, then what needs doing, then what is not counted."""

MAILBOX_TO_DO, MAILBOX_WHO = "Switch off signing in: nobody should sign in to this mailbox.", "an administrator"
"""What to do, and who, where a mailbox that is no person's does not meet the policy: there is nobody to set it up."""

CANNOT_REGISTER_TO_DO, CANNOT_REGISTER_WHO = "Let this person register first: a policy stops them.", "an administrator"
"""What to do, and who, where somebody would set up a method and is not let."""

REASON: Mapping[Reason, str] = {
    Reason.OK: "A strong enough second sign-in method is set up, and the account is made to use it.",
    Reason.OK_ENFORCEMENT_NOT_ASSESSED:
        "A strong enough second sign-in method is set up; whether it is asked for was not assessed.",
    Reason.PHONE_ONLY: "The only second sign-in method is a phone number, by text message or call.",
    Reason.EXEMPT: "An approved exception covers today.",
    Reason.EXEMPTION_EXPIRED: "The approved exception has ended.",
    Reason.NOTHING_REGISTERED: "No second sign-in method is set up.",
    Reason.NON_FACTORS_ONLY: "Only methods for resetting a password, or app passwords, are set up; they do not count.",
    Reason.BOOTSTRAP_ONLY: "Only a Temporary Access Pass is set up; it helps to start and then ends.",
    Reason.METHOD_NOT_ALLOWED: "A method is set up, but the tenant's settings do not allow it for this account.",
    Reason.BELOW_TIER_MINIMUM: "The best method set up is weaker than this kind of account needs.",
    Reason.WEAK_ENDED: "Text messages and calls no longer count, and nothing stronger is set up.",
    Reason.STARTER: "The time a new starter has to set it up is still running.",
    Reason.EXCLUDED_UNREGISTERED: "The account is left out of the sign-in rules without an approved exception.",
    Reason.TRUSTED_NETWORK_BYPASS: "On a trusted network the account gets in with a password alone.",
    Reason.REPORT_ONLY: "The sign-in rule that would ask is only being tried out; it does not act yet.",
    Reason.NO_POLICY: "No sign-in rule asks this account for a second method.",
    Reason.NO_RECORD: "The registration data has no row for this account.",
    Reason.FORBIDDEN: "The registration data could not be read, or was damaged.",
    Reason.UNREADABLE: "The list of sign-in methods for this account is missing or cannot be read.",
    Reason.CONFLICTING_RECORD: "The records for this account contradict one another.",
    Reason.UNMAPPED_METHOD: "The only method that might count has a name this version does not know.",
    Reason.INVISIBLE_METHOD_POSSIBLE: "A second sign-in method may exist that the registration data cannot show.",
    Reason.TIER_UNKNOWN: "It is not known whether the account has administrator rights.",
    Reason.ENFORCEMENT_UNKNOWN: "The sign-in rules could not be read in full, so it is not known whether they ask.",
    Reason.DISABLED: "The account is switched off.",
    Reason.ORGANISATION_EXCLUDED: "The policy leaves this organisation out.",
    Reason.BREAK_GLASS: "The policy does not count emergency accounts.",
    Reason.SERVICE: "The policy does not count service accounts; they have checks of their own.",
    Reason.SHARED_UNUSED: "Nobody signs in to this shared mailbox.",
    Reason.ROOM_UNUSED: "Nobody signs in to this room or equipment mailbox.",
    Reason.GENERIC: "The policy does not count generic accounts.",
    Reason.GUEST: "The policy does not count guests.",
    Reason.PERSON: "The policy does not count this kind of account.",
}
"""Why a status holds, one sentence for every reason."""

EXPOSURE: Mapping[Exposure, str] = {
    Exposure.PASSWORD_ONLY: "A password alone opens it",
    Exposure.UNKNOWN: "Not known",
    Exposure.FIRST_REGISTRATION_OPEN: "Whoever signs in first can set up the second method",
    Exposure.PHISHABLE: "Safe from a stolen password, not from a fake sign-in page",
    Exposure.RESISTANT: "Safe from a fake sign-in page",
}
"""How open an account is, most open first."""

KIND: Mapping[Kind, str] = {
    Kind.PERSON: "Person",
    Kind.GENERIC: "Generic account",
    Kind.SHARED_MAILBOX: "Shared mailbox",
    Kind.ROOM: "Room or equipment",
    Kind.SERVICE: "Service account",
    Kind.GUEST: "Guest",
    Kind.BREAK_GLASS: "Emergency account",
}
"""What an account is."""

POPULATION: Mapping[str, str] = {
    "workforce": "Staff",
    "generic": "Generic accounts",
    "shared": "Shared mailboxes and rooms",
    "service": "Service accounts",
    "guest": "Guests",
    "break_glass": "Emergency accounts",
}
"""The populations of the default policy; one of a policy's own is called as the policy calls it."""

LEVEL: Mapping[str, str] = {
    Level.NONE.label: "No second method",
    Level.PHONE.label: "Text message or call",
    Level.CODE.label: "Code",
    Level.PUSH.label: "App notification",
    Level.PASSWORDLESS.label: "App without a password",
    Level.PHISHING_RESISTANT.label: "Passkey, security key or certificate",
}
"""Strength of a method, keyed by ``Level.label`` (what ``best_level`` holds), weakest first."""

REQUIRED: Mapping[Required, str] = {
    Required.YES: "Yes",
    Required.NO: "No",
    Required.UNKNOWN: "Not known",
}
"""Whether anything makes the account use its second method."""

SEVERITY: Mapping[str, str] = {"C": "Critical", "H": "High", "M": "Medium", "L": "Low", "I": "Information"}
"""Severity letters of controls, gravest first."""

COHORT: Mapping[str, str] = {
    "blocked": "Have a phone number and nothing else: sign-in stops",
    "lose_spare": "Lose their spare: one method is left",
    "lose_password_reset": "Can no longer reset their own password",
    "default_is_phone": "Are asked by phone first",
    "guests": "Guests with a phone number and nothing else",
}
"""The retirement cohorts of ``summary.json``, gravest first."""

NOBODY = {
    "organisation": "(no organisation recorded)",
    "department": "(no department recorded)",
    "manager": "(no manager recorded)",
    "name": "(no name recorded)",
}
"""What stands where a source has nothing."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")


def percent(numerator: int, denominator: int) -> str:
    """Write a share with one decimal, rounded half up: ``"27.3%"``.

    Never ``100.0%`` unless both are equal (``99.9%``), never ``0.0%`` unless the numerator is zero (``<0.1%``);
    ``n/a`` when the denominator is zero. Raises ``ValueError`` for a share below nothing or above the whole.
    """
    if not 0 <= numerator <= denominator:
        message = f"{numerator} of {denominator} is not a share"
        raise ValueError(message)
    if denominator == 0:
        return "n/a"
    tenths = (2_000 * numerator + denominator) // (2 * denominator)
    if tenths == 0 and numerator:
        return "<0.1%"
    if tenths == 1_000 and numerator < denominator:
        tenths = 999
    return f"{tenths // 10}.{tenths % 10}%"


def population(name: str) -> str:
    """Name a population for people."""
    return POPULATION.get(name, name.replace("_", " ").capitalize())


def count(number: int) -> str:
    """Write a number with thousands apart: ``"2,004,311"``."""
    return f"{number:,}"


def of(number: int, noun: str, nouns: str = "") -> str:
    """Write a number and its noun in the right form: ``"1 day"``, ``"2 days"``; ``nouns`` where adding *s* is wrong."""
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"


def headline_short(summary: Mapping[str, Any]) -> str:
    """Name the headline without its reservation: ``Registered as the policy asks`` or ``Compliant``."""
    return "Registered as the policy asks" if summary["headline_kind"] == "registered" else "Compliant"


def headline_note(summary: Mapping[str, Any]) -> str:
    """Say what the headline does not: for how many in scope it was not assessed whether MFA is demanded.

    Empty when it was assessed for everybody. ``key_figures.required`` is [required, known].
    """
    missing = _not_assessed(summary)
    return f"whether MFA is demanded: not assessed for {count(missing)}" if missing else ""


ASKED: Mapping[str, str] = {
    "never": "never: one factor is enough wherever it signs in from",
    "somewhere": "in some situations",
    "everywhere": "in every situation that lets it in",
    "cannot_tell": "nobody can tell: a fact is missing",
    "no_access": "it cannot get in anywhere",
}
"""Where an account is asked for MFA."""


def tier(name: str) -> str:
    """A tier as people read it."""
    return name.replace("_", " ").capitalize()


def demand_assessed(summary: Mapping[str, Any]) -> str:
    """Say for how many in scope it is known whether MFA is demanded, for the top of a page."""
    in_scope, missing = summary["key_figures"]["workforce_in_scope"], _not_assessed(summary)
    if not missing:
        return "whether MFA is demanded: assessed for everybody in scope"
    if missing == in_scope:
        return "whether MFA is demanded: not assessed"
    return f"whether MFA is demanded: assessed for {count(in_scope - missing)} of {count(in_scope)}"


def _not_assessed(summary: Mapping[str, Any]) -> int:
    figures = summary["key_figures"]
    missing: int = figures["workforce_in_scope"] - figures["required"][1]
    return missing


def group_note(summary: Mapping[str, Any], in_scope: int) -> str:
    """Say the same of one group of ``in_scope`` accounts, of which it is not known how many were assessed."""
    if not _not_assessed(summary):
        return ""
    whom = f"for {count(in_scope)}" if not summary["key_figures"]["required"][1] else "for everybody"
    return f"whether MFA is demanded: not assessed {whom}"


def headline_name(summary: Mapping[str, Any]) -> str:
    """Name the headline in full; never ``Compliant`` while it is not known for somebody whether MFA is demanded."""
    note = headline_note(summary)
    return f"{headline_short(summary)} ({note})" if note else headline_short(summary)


def short_place(text: str) -> str:
    """A file, or a place in one, by its name and the folder it lies in; the manifest has the whole path."""
    parts = re.split(r"[/\\]", text)
    return "/".join(parts[-2:]) if len(parts) > 2 else text


def no_deadline(deadlines: Deadlines, overdue: int) -> str:
    """Say that nobody can be overdue, where the policy sets no day; empty where it does, or where administrators, who
    are due at once, are overdue nevertheless."""
    return "" if overdue or deadlines.default is not None or deadlines.phases else "no deadline is set"


def long_date(day: date) -> str:
    """Write a date for a sentence: ``Friday 13 February 2026``, the same under every locale."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """Write a date for a column: ``13 Feb 2026``, the same under every locale."""
    return f"{day.day:02} {_MONTHS[day.month - 1][:3]} {day.year}"
