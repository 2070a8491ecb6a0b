"""One account of a sample tenant, with the verdict its maker meant it to get."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta

LEVELS = ("none", "phone", "code", "push", "passwordless", "phishing_resistant")
"""Strength of methods, weakest to strongest."""

LEVEL_OF = {
    "mobilePhone": "phone",
    "alternateMobilePhone": "phone",
    "officePhone": "phone",
    "softwareOneTimePasscode": "code",
    "hardwareOneTimePasscode": "code",
    "externalAuthMethod": "code",
    "microsoftAuthenticatorPush": "push",
    "microsoftAuthenticatorPasswordless": "passwordless",
    "fido2SecurityKey": "phishing_resistant",
    "passKeyDeviceBoundAuthenticator": "phishing_resistant",
    "windowsHelloForBusiness": "phishing_resistant",
}
"""Graph method name -> level; anything else is no factor."""

STATUSES = (
    "OUT_OF_SCOPE", "COMPLIANT", "COMPLIANT_WEAK", "EXEMPT", "UNKNOWN", "EXEMPT_EXPIRED", "NOT_ENFORCED",
    "BELOW_STRENGTH", "GRACE", "NOT_REGISTERED",
)
USABLE = frozenset({"COMPLIANT", "COMPLIANT_WEAK", "NOT_ENFORCED", "BELOW_STRENGTH"})
OVERDUE = frozenset({"NOT_REGISTERED", "BELOW_STRENGTH", "EXEMPT_EXPIRED"})


@dataclass
class Account:
    """One account: directory attributes, registration, and the intended verdict.

    Times are the ISO text the sources carry, null where a source has none. ``methods`` null means the report's list
    is null; ``row`` false means the report has no row. ``capable`` and ``registered`` null follow the methods.
    ``sign_ins`` are (last interactive, last successful), null when never signed in.
    """

    object_id: str
    upn: str
    name: str | None
    given: str | None
    surname: str | None
    organisation: str | None
    status: str
    reason: str
    kind: str = "person"
    population: str = "workforce"
    tier: str = "staff"
    department: str | None = None
    title: str | None = None
    manager: str | None = None
    employee_type: str | None = "Employee"
    enabled: bool = True
    guest: bool = False
    created: str | None = "2023-04-03T08:30:00Z"
    hire: str | None = None
    sign_ins: tuple[str, str] | None = None
    synced: bool = False
    recipient: str = "UserMailbox"
    language: str | None = "en-GB"
    invitation: str | None = None
    methods: list[str] | None = field(default_factory=list)
    row: bool = True
    admin: bool = False
    capable: bool | None = None
    registered: bool | None = None
    unread_row: bool = False
    mfa_status: str = "User Enabled"
    portal_role: str | None = None

    @property
    def has_factor(self) -> bool:
        """Whether the list holds a method that is a factor."""
        return any(method in LEVEL_OF for method in self.methods or ())

    @property
    def says_registered(self) -> bool:
        """``isMfaRegistered``."""
        return self.has_factor if self.registered is None else self.registered

    @property
    def says_capable(self) -> bool:
        """``isMfaCapable``."""
        return self.has_factor if self.capable is None else self.capable

    @property
    def best(self) -> str:
        """The strongest usable level; ``none`` for whoever the verdict gives no factor."""
        if self.status not in USABLE:
            return "none"
        return max((LEVEL_OF.get(method, "none") for method in self.methods or ()), key=LEVELS.index, default="none")

    @property
    def required(self) -> str:
        """What the portal's MFA Status makes of it; break-glass accounts are not asked."""
        if self.kind == "break_glass":
            return "unknown"
        return "no" if "Disabled" in self.mfa_status else "yes"

    @property
    def start(self) -> date | None:
        """First day: the hire date, else the day of creation; no start that matters lies near midnight."""
        if self.hire and not self.hire.startswith("0001-"):
            return date.fromisoformat(self.hire[:10])
        return date.fromisoformat(self.created[:10]) if self.created else None

    def due(self, deadline: date, effective_from: date) -> date | None:
        """The due date of the status model; null when out of scope."""
        if self.status == "OUT_OF_SCOPE":
            return None
        start = self.start
        if self.tier in ("privileged", "break_glass"):
            return max(effective_from, start or effective_from)
        return max(deadline, start + timedelta(days=14) if start else deadline)

    def exposure(self, *, assessed: bool) -> str | None:
        """The exposure label; ``assessed`` is false where no source says who is asked for MFA."""
        if self.status == "OUT_OF_SCOPE":
            return None
        if assessed and self.required == "no":
            return "password_only"
        if self.status == "UNKNOWN":
            return "unknown"
        if self.best == "none":
            return "first_registration_open"
        return "resistant" if self.best == "phishing_resistant" else "phishable"


def ascii_fold(text: str) -> str:
    """``text`` as an address is made from it: lower-case ASCII letters and digits."""
    text = text.translate(str.maketrans("łŁøØş", "lLoOs"))
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(character for character in plain if character.isalnum())


class Addresses:
    """Gives every account of a tenant an address nobody else has."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self._taken: dict[str, int] = {}

    def of(self, *parts: str, domain: str | None = None) -> str:
        """An address made of ``parts``; a number tells namesakes apart."""
        stem = ".".join(filter(None, map(ascii_fold, parts))) or "account"
        count = self._taken[stem] = self._taken.get(stem, 0) + 1
        return f"{stem}{count if count > 1 else ''}@{domain or self.domain}"
