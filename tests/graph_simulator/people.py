"""One account of the virtual tenant, computed from the seed and its number: never all of them in memory.

Every fact is a function of ``(seed, number)``, so a page, a single look-up and the oracle agree by construction.
Phone numbers are canaries from the range 020 7946 0000-0999 that is kept for fiction: none may ever reach a disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]

MASK = (1 << 64) - 1
DOMAINS = ("riverside.example", "northmoor.example", "federated.example")
GIVEN = ("Amara", "Owen", "Priya", "Siân", "Gethin", "Zoë", "Łukasz", "Mei", "Aoife", "Noor", "Tom", "José")
SURNAMES = ("Okafor", "Davies", "Shah", "Hughes", "O'Neill", "García", "Nowak", "Chen", "Smith", "Ødegård", "Khan")
DEPARTMENTS = ("Radiology", "Pharmacy", "Finance", "Estates", "Outpatients", "Ward 7, East", "IT Service Desk", None)
JOBS = ("Radiographer", "Pharmacist", "Accountant", "Porter", "Nurse", "Consultant", "Engineer", None)
SKU = "05e9a617-0261-4cee-bb44-138d3ef5d965"
# The mix of methods by weight; the last names are not in any catalogue yet.
METHODS = (
    *(("microsoftAuthenticatorPush", "softwareOneTimePasscode"),) * 24,
    *(("mobilePhone", "microsoftAuthenticatorPush"),) * 10,
    *(("mobilePhone",),) * 8,
    *((),) * 8,
    *(("fido2SecurityKey",),) * 3,
    *(("passKeyDeviceBoundAuthenticator", "microsoftAuthenticatorPush"),) * 3,
    *(("email", "securityQuestion"),) * 2,
    ("windowsHelloForBusiness",),
    ("officePhone", "alternateMobilePhone"),
    ("hardwareOneTimePasscode",),
    ("temporaryAccessPass",),
    ("holographicBadge",),
    ("microsoftAuthenticatorPasswordless", "quantumFob"),
)
STRONG = frozenset(
    name for names in METHODS for name in names if name not in {"email", "securityQuestion", "temporaryAccessPass"}
)
GRAPH_TYPES = {
    "microsoftAuthenticatorPush": "microsoftAuthenticatorAuthenticationMethod",
    "microsoftAuthenticatorPasswordless": "microsoftAuthenticatorAuthenticationMethod",
    "softwareOneTimePasscode": "softwareOathAuthenticationMethod",
    "hardwareOneTimePasscode": "hardwareOathAuthenticationMethod",
    "fido2SecurityKey": "fido2AuthenticationMethod",
    "passKeyDeviceBoundAuthenticator": "fido2AuthenticationMethod",
    "windowsHelloForBusiness": "windowsHelloForBusinessAuthenticationMethod",
    "temporaryAccessPass": "temporaryAccessPassAuthenticationMethod",
    "email": "emailAuthenticationMethod",
    "mobilePhone": "phoneAuthenticationMethod",
    "alternateMobilePhone": "phoneAuthenticationMethod",
    "officePhone": "phoneAuthenticationMethod",
}
PHONE_TYPES = {"mobilePhone": "mobile", "alternateMobilePhone": "alternateMobile", "officePhone": "office"}


def mixed(seed: int, number: int) -> int:
    """64 bits that look random and depend on nothing else (splitmix64)."""
    z = (seed * 0x9E3779B97F4A7C15 + (number + 1) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def stamp(moment: datetime) -> str:
    """A Graph date and time, UTC to the second."""
    return f"{moment.isoformat(timespec='seconds')[:19]}Z"


@dataclass(frozen=True)
class People:
    """The accounts of one seed, by number from 0. ``as_of`` is the moment the tenant's dates lead up to."""

    seed: int
    as_of: datetime

    def account_id(self, number: int) -> str:
        """The Graph id of an account; its number can be read back from it."""
        return f"7c1e2f60-{self.seed & 0xFFFF:04x}-4f55-9d1c-{number:012x}"

    def number(self, account_id: str) -> int | None:
        """The number of an account from its id, or None for an id of no account here."""
        head, _, tail = account_id.lower().rpartition("-")
        if head != f"7c1e2f60-{self.seed & 0xFFFF:04x}-4f55-9d1c" or len(tail) != 12:
            return None
        try:
            return int(tail, 16)
        except ValueError:
            return None

    def user(self, number: int) -> Row:
        """All properties of an account that the recommended request names, and ``manager`` where there is one."""
        bits = mixed(self.seed, number)
        guest, upn, name = self._names(number, bits)
        created = self.as_of - timedelta(hours=6 if self.new(bits) else 72 + (bits >> 20) % 60_000)
        row: Row = {
            "id": self.account_id(number),
            "userPrincipalName": upn,
            "displayName": name,
            "mail": None if guest or bits % 31 == 3 else upn,
            "accountEnabled": not self.disabled(bits),
            "userType": "Guest" if guest else "Member",
            "department": None if guest else DEPARTMENTS[(bits >> 24) % 8],
            "companyName": None if guest else f"Organisation {(bits >> 28) % 40:02d}",
            "officeLocation": f"S{(bits >> 30) % 900:03d}",
            "jobTitle": None if guest else JOBS[(bits >> 33) % 8],
            "employeeId": None if guest else f"{number % 100_000_000:08d}",
            "employeeType": "Contractor" if (bits >> 36) % 9 == 0 else "Employee",
            "employeeHireDate": stamp(created.replace(hour=0, minute=0, second=0)) if (bits >> 38) % 3 == 0 else None,
            "createdDateTime": stamp(created),
            "onPremisesSyncEnabled": True if (bits >> 40) % 3 == 0 else None,
            "onPremisesExtensionAttributes": {"extensionAttribute1": f"O{(bits >> 28) % 40:02d}"},
            "assignedLicenses": [] if guest else [{"skuId": SKU, "disabledPlans": []}],
            "externalUserState": ("Accepted" if bits & 64 else "PendingAcceptance") if guest else None,
            "creationType": "Invitation" if guest else None,
            "preferredLanguage": None,
            "lastPasswordChangeDateTime": stamp(created),
            "perUserMfaState": ("disabled", "disabled", "enabled", "enforced")[(bits >> 44) % 4],
        }
        if (bits >> 46) % 8:
            seen = self.as_of - timedelta(hours=1 + (bits >> 48) % 2_000)
            row["signInActivity"] = {"lastSignInDateTime": stamp(seen), "lastSuccessfulSignInDateTime": stamp(seen)}
        if number and not guest:
            row["manager"] = self.brief(number // 12)
        return row

    def _names(self, number: int, bits: int) -> tuple[bool, str, str]:
        # Whether a guest, the user principal name, the display name.
        name = f"{GIVEN[bits % 12]} {SURNAMES[(bits >> 8) % 11]}"
        if bits % 50 == 1:
            return True, f"user{number:07d}_agency.example#EXT#@{DOMAINS[0]}", name
        domain = DOMAINS[2] if (bits >> 12) % 40 == 7 else DOMAINS[(bits >> 18) & 1]
        return False, f"user{number:07d}@{domain}", name

    def brief(self, number: int) -> Row:
        """The account as an expanded manager, principal or group member shows it."""
        return {"@odata.type": "#microsoft.graph.user", "id": self.account_id(number)}

    def new(self, bits: int) -> bool:
        """Whether an account is too young for the registration report."""
        return (bits >> 50) % 400 == 0

    def disabled(self, bits: int) -> bool:
        """Whether an account is switched off: the registration report has no row for it."""
        return (bits >> 54) % 20 == 0

    def registration(self, number: int, *, admin: bool = False) -> Row | None:
        """The account's row in the registration report, or None where the report has none."""
        bits = mixed(self.seed, number)
        if self.new(bits) or self.disabled(bits):
            return None
        guest, upn, name = self._names(number, bits)
        methods = METHODS[bits % len(METHODS)]
        strong = any(name in STRONG for name in methods)
        return {
            "id": self.account_id(number),
            "userPrincipalName": upn,
            "userDisplayName": name,
            "userType": "guest" if guest else "member",
            "isAdmin": admin,
            "isMfaRegistered": strong,
            "isMfaCapable": strong,
            "isPasswordlessCapable": any("assKey" in name or "fido2" in name for name in methods),
            "isSsprRegistered": bool(methods),
            "isSsprEnabled": True,
            "isSsprCapable": bool(methods),
            "methodsRegistered": list(methods),
            "isSystemPreferredAuthenticationMethodEnabled": True if methods else None,
            "systemPreferredAuthenticationMethods": ["push"] if "microsoftAuthenticatorPush" in methods else [],
            "userPreferredMethodForSecondaryAuthentication": "push" if strong else "",
            "lastUpdatedDateTime": f"{stamp(self.as_of - timedelta(hours=1))[:-1]}.4417732Z",
        }

    def methods(self, number: int) -> list[Row]:
        """What ``/users/{id}/authentication/methods`` answers: the password always, phones with their canary."""
        bits = mixed(self.seed, number)
        rows: list[Row] = [
            {
                "@odata.type": "#microsoft.graph.passwordAuthenticationMethod",
                "id": "28c10230-6103-485e-b985-444c60001490",
                "createdDateTime": None,
                "password": None,
            }
        ]
        for position, name in enumerate(METHODS[bits % len(METHODS)]):
            kind = GRAPH_TYPES.get(name)
            if kind is None:
                continue
            row: Row = {
                "@odata.type": f"#microsoft.graph.{kind}",
                "id": f"3179e48a-{position:04x}-4051-897c-{number:012x}",
                "createdDateTime": None,
            }
            if name in PHONE_TYPES:
                row |= {"phoneNumber": f"+44 2079460{bits % 1000:03d}", "phoneType": PHONE_TYPES[name]}
                row |= {"smsSignInState": "notAllowedByPolicy"}
            elif name == "email":
                row["emailAddress"] = f"private{number}@home.example"
            elif "Authenticator" in name:
                row |= {"displayName": "Pixel 9", "deviceTag": "SoftwareTokenActivated", "phoneAppVersion": "6.2511"}
            rows.append(row)
        return rows
