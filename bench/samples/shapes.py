"""How accounts look in the files that portals, Graph and scripts write."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from samples.account import Account

UPDATED = "2026-03-02T02:11:09.4417732Z"
"""When the registration report was refreshed."""

PORTAL_USERS = (  # noqa: SIM905 - as it stands in the file
    "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,usageLocation,"
    "streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,mobilePhone,alternateEmailAddress,"
    "ageGroup,consentProvidedForMinor,legalAgeGroupClassification,companyName,creationType,directorySynced,"
    "invitationState,identityIssuer,createdDateTime"
).split(",")
"""The header of the Entra portal's "Download users"."""

PORTAL_REGISTRATIONS = (
    "User principal name", "Name", "User type", "Is admin", "MFA Registered", "MFA Capable", "Passwordless Capable",
    "SSPR Registered", "SSPR Enabled", "SSPR Capable", "Methods registered", "Last Updated Time",
)

LABELS = {
    "microsoftAuthenticatorPush": "Microsoft Authenticator app",
    "microsoftAuthenticatorPasswordless": "Microsoft Passwordless phone sign-in",
    "softwareOneTimePasscode": "Software OATH token",
    "hardwareOneTimePasscode": "Hardware OATH token",
    "fido2SecurityKey": "FIDO2 security key",
    "windowsHelloForBusiness": "Windows Hello for Business",
    "mobilePhone": "Mobile phone",
    "alternateMobilePhone": "Alternate mobile phone",
    "officePhone": "Office phone",
    "temporaryAccessPass": "Temporary Access Pass",
    "email": "Email",
    "securityQuestion": "Security questions",
}
"""Graph method name -> the portal's label."""


def json_text(value: Any) -> str:
    """``value`` as one line of JSON; characters that cannot be seen are written as escapes."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(
        f"\\u{ord(c):04x}" if c != " " and unicodedata.category(c) in ("Cf", "Zs", "Zl", "Zp") else c for c in text
    )


def write_json(path: Path, rows: Iterable[Any], **envelope: str) -> None:
    """A Graph answer: the ``envelope`` first, then a row a line under ``value``."""
    named = {key.replace("odata_", "@odata."): text for key, text in envelope.items()}
    head = "".join(f"{json.dumps(key)}: {json.dumps(text)},\n" for key, text in named.items())
    body = ",\n".join(json_text(row) for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{{{head}"value": [\n{body}\n]}}\n', encoding="utf-8", newline="\n")


def write_document(path: Path, document: Any) -> None:
    """One JSON document, indented."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]], *, separator: str = ",", end: str = "\r\n") -> str:
    """A CSV file's text; null is an empty cell."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=separator, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return sink.getvalue()


def write_text(path: Path, text: str, encoding: str = "utf-8") -> None:
    """``text`` byte for byte, whatever the machine's line ends and byte order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"\ufeff{text}".encode("utf-16-le") if encoding == "utf-16" else text.encode(encoding))


def graph_user(account: Account, by_id: Mapping[str, Account]) -> dict[str, Any]:
    """The account as ``GET /users`` with ``$expand=manager`` and ``signInActivity`` returns it."""
    row: dict[str, Any] = {
        "id": account.object_id,
        "userPrincipalName": account.upn,
        "displayName": account.name,
        "givenName": account.given,
        "surname": account.surname,
        "mail": None if account.guest else account.upn,
        "accountEnabled": account.enabled,
        "userType": "Guest" if account.guest else "Member",
        "department": account.department,
        "companyName": account.organisation,
        "jobTitle": account.title,
        "employeeType": account.employee_type,
        "employeeHireDate": account.hire,
        "createdDateTime": account.created,
        "onPremisesSyncEnabled": True if account.synced else None,
        "creationType": "Invitation" if account.guest else None,
        "externalUserState": account.invitation,
        "preferredLanguage": account.language,
    }
    if account.manager is not None:
        row["manager"] = {"@odata.type": "#microsoft.graph.user", "id": account.manager}
        if account.manager in by_id:
            row["manager"] |= {"userPrincipalName": by_id[account.manager].upn}
    if account.sign_ins is not None:
        row["signInActivity"] = {
            "lastSignInDateTime": account.sign_ins[0],
            "lastSuccessfulSignInDateTime": account.sign_ins[1],
        }
    return row


def graph_registration(account: Account) -> dict[str, Any]:
    """The account's row of ``userRegistrationDetails``."""
    methods = account.methods
    reset = bool({"email", "securityQuestion", "mobilePhone"} & set(methods or ()))
    return {
        "id": account.object_id,
        "userPrincipalName": account.upn,
        "userDisplayName": account.name,
        "userType": "guest" if account.guest else "member",
        "isAdmin": account.admin,
        "isMfaRegistered": None if account.unread_row else account.says_registered,
        "isMfaCapable": None if account.unread_row else account.says_capable,
        "isPasswordlessCapable": account.best in ("passwordless", "phishing_resistant"),
        "isSsprRegistered": reset,
        "isSsprEnabled": True,
        "isSsprCapable": reset,
        "methodsRegistered": methods,
        "isSystemPreferredAuthenticationMethodEnabled": True,
        "systemPreferredAuthenticationMethods": [],
        "userPreferredMethodForSecondaryAuthentication": "none",
        "lastUpdatedDateTime": UPDATED,
    }


def portal_registration(account: Account) -> list[str]:
    """The account's row of the portal's registration details, which carries no id."""
    reset = bool({"email", "securityQuestion", "mobilePhone"} & set(account.methods or ()))
    passwordless = account.best in ("passwordless", "phishing_resistant")
    blank = account.unread_row
    return [
        account.upn,
        account.name or "",
        "guest" if account.guest else "member",
        "True" if account.admin else "False",
        "" if blank else ("Registered" if account.says_registered else "Not Registered"),
        "" if blank else ("Capable" if account.says_capable else "Not Capable"),
        "Capable" if passwordless else "Not Capable",
        "Registered" if reset else "Not Registered",
        "Enabled",
        "Capable" if reset else "Not Capable",
        "" if account.methods is None else "; ".join(LABELS.get(m, m) for m in account.methods) or "[]",
        UPDATED,
    ]


def portal_user(account: Account) -> list[str | None]:
    """The account's row of the portal's "Download users"."""
    cells = {
        "userPrincipalName": account.upn,
        "displayName": account.name,
        "surname": account.surname,
        "mail": None if account.guest else account.upn,
        "givenName": account.given,
        "id": account.object_id,
        "userType": "Guest" if account.guest else "Member",
        "jobTitle": account.title,
        "department": account.department,
        "accountEnabled": "True" if account.enabled else "False",
        "usageLocation": "GB",
        "companyName": account.organisation,
        "creationType": "Invitation" if account.guest else None,
        "directorySynced": "True" if account.synced else None,
        "invitationState": account.invitation,
        "createdDateTime": account.created,
    }
    return [cells.get(column) for column in PORTAL_USERS]
