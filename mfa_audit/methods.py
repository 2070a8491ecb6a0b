"""The catalogue of authentication methods: what each is worth and how sources spell it.

Sources: Microsoft Learn, "userRegistrationDetails resource type" and "Authentication methods"; levels as in
``docs/statuses.md``. A name that is not here is *unmapped*: it never counts as a factor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """Strength of a method, weakest to strongest; ``label`` is the word used in policy files and outputs."""

    NONE = 0
    PHONE = 1
    CODE = 2
    PUSH = 3
    PASSWORDLESS = 4
    PHISHING_RESISTANT = 5

    @property
    def label(self) -> str:
        """The level's name as policy files and outputs write it."""
        return self.name.lower()


@dataclass(frozen=True)
class Method:
    """One authentication method.

    ``graph_names`` are the values Microsoft Graph uses, ``labels`` the words portals and administrators' scripts
    show; both are compared by :func:`spelling`. ``bootstrap`` marks what only helps to register a factor.
    """

    name: str
    label: str
    level: Level
    graph_names: tuple[str, ...]
    labels: tuple[str, ...] = ()
    family: str = ""
    device_bound: bool = False
    needs_internet: bool = False
    bootstrap: bool = False


def spelling(name: str) -> str:
    """A method name reduced to what is compared: casefolded, letters and digits of any script only."""
    return re.sub(r"[\W_]+", "", name.casefold())


_RESISTANT, _NONE = Level.PHISHING_RESISTANT, Level.NONE

CATALOGUE: tuple[Method, ...] = (
    Method("security_key", "Security key", _RESISTANT, ("fido2SecurityKey", "fido2", "fido", "passKeyDeviceBound"),
           ("FIDO2 security key", "Passkey (device-bound)", "Passkey, device-bound"), family="passkey"),
    Method("passkey_authenticator", "Passkey in Microsoft Authenticator", _RESISTANT,
           ("passKeyDeviceBoundAuthenticator",),
           ("Passkey in Authenticator", "Passkey (Microsoft Authenticator)"), family="microsoft_authenticator"),
    Method("passkey_windows", "Passkey on Windows", _RESISTANT, ("passKeyDeviceBoundWindowsHello",),
           ("Entra passkey on Windows", "Passkey (Windows Hello)"), family="passkey", device_bound=True),
    Method("passkey_synced", "Synced passkey", _RESISTANT, ("passKeySynced",), ("Passkey (synced)",),
           family="passkey"),
    Method("windows_hello", "Windows Hello for Business", _RESISTANT, ("windowsHelloForBusiness",),
           ("Windows Hello",), device_bound=True),
    Method("platform_credential", "Platform credential for macOS", _RESISTANT, ("macOsSecureEnclaveKey",),
           ("Platform Credential",), device_bound=True),
    Method("certificate", "Certificate", _RESISTANT, ("x509CertificateMultiFactor",),
           ("Certificate-based authentication (multifactor)",)),
    Method("authenticator_passwordless", "Microsoft Authenticator, passwordless", Level.PASSWORDLESS,
           ("microsoftAuthenticatorPasswordless",),
           ("Microsoft Passwordless phone sign-in", "Passwordless phone sign-in"),
           family="microsoft_authenticator", needs_internet=True),
    Method("authenticator_push", "Microsoft Authenticator, notification", Level.PUSH,
           ("microsoftAuthenticatorPush", "appNotification"),
           ("Microsoft Authenticator app", "Microsoft Authenticator", "Microsoft Authenticator app (push)",
            "Microsoft Authenticator app (push notification)"),
           family="microsoft_authenticator", needs_internet=True),
    Method("software_code", "Code from an app", Level.CODE,
           ("softwareOneTimePasscode", "appCode", "oneTimePasscode"),
           ("Software OATH token", "Authenticator app or hardware token")),
    Method("hardware_code", "Code from a token", Level.CODE, ("hardwareOneTimePasscode",), ("Hardware OATH token",)),
    Method("external_method", "External authentication method", Level.CODE, ("externalAuthMethod",),
           ("External authentication method", "External MFA")),
    Method("mobile_phone", "Mobile phone", Level.PHONE, ("mobilePhone", "mobileSMS", "mobileCall", "sms"),
           ("Mobile phone", "Phone", "Text message")),
    Method("alternate_phone", "Alternate mobile phone", Level.PHONE,
           ("alternateMobilePhone", "alternateMobileCall"), ("Alternate mobile phone", "Alternate phone")),
    Method("office_phone", "Office phone", Level.PHONE, ("officePhone",), ("Office phone",)),
    Method("temporary_access_pass", "Temporary Access Pass", _NONE, ("temporaryAccessPass",),
           ("Temporary Access Pass",), bootstrap=True),
    Method("email", "E-mail (password reset only)", _NONE, ("email",), ("Email", "E-mail")),
    Method("security_questions", "Security questions (password reset only)", _NONE, ("securityQuestion",),
           ("Security questions", "Security question")),
    Method("app_password", "App password", _NONE, ("appPassword",), ("App password",)),
    Method("qr_code", "QR code", _NONE, ("qrCode", "qrCodePin"), ("QR code", "QR code and PIN")),
    Method("certificate_single", "Certificate, single factor", _NONE, ("x509CertificateSingleFactor",),
           ("Certificate-based authentication (single factor)",)),
)
"""Every known method; a set of methods is an integer whose bit *n* stands for row *n*."""

BIT: dict[str, int] = {method.name: 1 << position for position, method in enumerate(CATALOGUE)}
"""Catalogue name -> bit."""

BY_SPELLING: dict[str, int] = {
    spelling(name): BIT[method.name]
    for method in CATALOGUE
    for name in (method.name, *method.graph_names, *method.labels)
}
"""Every accepted spelling, reduced by :func:`spelling` -> bit."""

BOOTSTRAP_BITS = sum(BIT[method.name] for method in CATALOGUE if method.bootstrap)
FACTOR_BITS = sum(BIT[method.name] for method in CATALOGUE if method.level is not Level.NONE)
DEVICE_BOUND_BITS = sum(BIT[method.name] for method in CATALOGUE if method.device_bound)
PHONE_BITS = sum(BIT[method.name] for method in CATALOGUE if method.level is Level.PHONE)


def names(bits: int) -> tuple[str, ...]:
    """The catalogue names in a set of methods, in catalogue order."""
    return tuple(method.name for method in CATALOGUE if bits & BIT[method.name])


def family_bits(family: str) -> int:
    """All methods of a family as one set; 0 when the catalogue has no such family."""
    return sum(BIT[method.name] for method in CATALOGUE if method.family == family)
