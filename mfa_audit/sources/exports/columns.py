"""Which header stands for which field: one table of aliases for every source of exported files.

Headers and JSON keys are compared by :func:`header_key`, so ``Is Mfa Capable``, ``IsMfaCapable`` and
``isMfaCapable`` are one spelling. The aliases are those of Microsoft Graph, its PowerShell, the
Entra portal's downloads and administrators' own scripts (``docs/exports.md``).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.sources.exports import nhsmail
from mfa_audit.tables import REGISTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def header_key(header: str) -> str:
    """``header`` reduced to what is compared: letters and digits only, case folded, composed characters."""
    return "".join(c for c in unicodedata.normalize("NFKC", header).casefold() if c.isalnum())


_ID = ("id", "objectid", "userid", "userobjectid", "entraobjectid", "azureadobjectid", "aadobjectid", "accountid",
       "externaldirectoryobjectid")
_UPN = ("userprincipalname", "upn", "username", "usersigninname", "nomdutilisateur")
_MAIL = ("mail", "email", "emailaddress", "primarysmtpaddress", "primaryemail")
_EMPLOYEE = ("employeeid", "employeenumber", "staffnumber", "staffid", "payrollnumber", "personnelnumber",
             "assignmentnumber")
_MANAGER = ("managerid", "managerobjectid", "manageruserprincipalname", "managerupn", "manageremail", "managermail",
            "manageremailaddress", "manager", "linemanageremail", "linemanager", "reportsto")
_LEAVE = ("employeeleavedatetime", "leavedate", "leavingdate", "enddate", "terminationdate", "lastworkingday",
          "dateofleaving")
_HIRE = ("employeehiredate", "hiredate", "startdate", "dateofjoining", "joiningdate", "employmentstartdate",
         "dateofstarting")
_SIGN_IN = "signinactivity"

_ACCOUNTS: dict[str, tuple[str, ...]] = {
    "account_id": _ID,
    "user_principal_name": _UPN,
    "mail": _MAIL,
    "employee_id": _EMPLOYEE,
    "display_name": ("displayname", "userdisplayname", "name", "fullname"),
    "given_name": ("givenname", "firstname", "forename"),
    "surname": ("surname", "lastname", "familyname"),
    "job_title": ("jobtitle", "title", "position"),
    "company_name": ("companyname", "company"),
    "office_location": ("officelocation", "physicaldeliveryofficename", "office"),
    **{
        f"extension_attribute_{n}": (
            f"extensionattribute{n}", f"onpremisesextensionattributesextensionattribute{n}", f"customattribute{n}",
        )
        for n in range(1, 16)
    },
    "extension_attributes": ("onpremisesextensionattributes", "extensionattributes"),
    "department": ("department",),
    "employee_type": ("employeetype",),
    "manager": _MANAGER,
    "account_enabled": ("accountenabled", "enabled", "isenabled"),
    "user_type": ("usertype",),
    "created_at": ("createddatetime", "whencreated", "creationdate", "datecreated", "created"),
    "hire_date": _HIRE,
    "leave_date": _LEAVE,
    "sign_in_activity": (_SIGN_IN,),
    "last_sign_in": (
        f"{_SIGN_IN}lastsignindatetime", "lastsignindatetime", "lastinteractivesignindatetime", "lastsignin",
        "lastinteractivesignin", "lastsignindate", "lastlogon",
    ),
    "last_non_interactive_sign_in": (
        f"{_SIGN_IN}lastnoninteractivesignindatetime", "lastnoninteractivesignindatetime",
        "lastnoninteractivesignin",
    ),
    "last_successful_sign_in": (
        f"{_SIGN_IN}lastsuccessfulsignindatetime", "lastsuccessfulsignindatetime", "lastsuccessfulsignin",
    ),
    "sign_in_read_at": ("signinreadat",),
    "synced": ("onpremisessyncenabled", "directorysynced", "dirsyncenabled", "synced"),
    "creation_type": ("creationtype",),
    "external_user_state": ("externaluserstate", "invitationstate"),
    "per_user_mfa": ("perusermfastate", "perusermfa", "perusermfastatus", "strongauthenticationrequirementsstate"),
    "preferred_language": ("preferredlanguage",),
    "deleted_at": ("deleteddatetime",),
    "recipient_type": ("recipienttypedetails",),
}

_ROLE: dict[str, tuple[str, ...]] = {
    "account_id": ("principalid",),
    "role_id": ("roledefinitionid", "roletemplateid"),
    "scope": ("directoryscopeid",),
    "principal": ("principal",),
}

_REGISTER_EXTRAS: Mapping[str, tuple[str, ...]] = {
    "account_id": ("objectid", "userprincipalname", "upn", "account"),
    "responsible_person_id": ("responsibleperson",),
    "exemption_id": ("exemptionref", "exemption"),
    "expires_on": ("expires", "expirydate"),
    **nhsmail.REGISTER_ALIASES,
}

ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "accounts": _ACCOUNTS,
    "registrations": {
        "account_id": _ID,
        "user_principal_name": _UPN,
        "user_type": ("usertype",),
        "is_admin": ("isadmin",),
        "is_mfa_registered": ("ismfaregistered", "mfaregistered", "multifactorauthenticationregistered"),
        "is_mfa_capable": ("ismfacapable", "mfacapable", "multifactorauthenticationcapable"),
        "is_sspr_registered": ("isssprregistered", "ssprregistered", "selfservicepasswordresetregistered"),
        "methods": ("methodsregistered", "registeredmethods", "authenticationmethods"),
        "system_preferred": ("issystempreferredauthenticationmethodenabled",),
        "default_method": ("userpreferredmethodforsecondaryauthentication", "defaultmfamethod", "defaultmethod"),
        "updated_at": ("lastupdateddatetime", "lastupdatedtime", "lastupdated"),
    },
    "recipients": {
        "account_id": ("externaldirectoryobjectid", "objectid", "accountid"),
        "user_principal_name": ("userprincipalname", "upn", "microsoftonlineservicesid", "windowsliveid"),
        "mail": ("primarysmtpaddress", "windowsemailaddress", "mail", "email", "emailaddress"),
        "employee_id": _EMPLOYEE,
        "recipient_type": ("recipienttypedetails",),
    },
    "people": {
        "account_id": ("objectid", "userobjectid", "accountid", "account"),
        "user_principal_name": _UPN,
        "mail": (*_MAIL, "workemail"),
        "employee_id": _EMPLOYEE,
        "display_name": ("displayname", "name", "fullname", "employeename"),
        "manager": _MANAGER,
        "manager_employee_id": ("manageremployeeid", "manageremployeenumber", "managerstaffnumber",
                                "managerpayrollnumber", "managerassignmentnumber"),
        "hire_date": _HIRE,
        "leaver": ("leaver", "isleaver", "leaverflag", "leaving"),
        "leave_date": _LEAVE,
        "department": ("department",),
        "organisation": ("organisation", "organization", "organisationcode", "companyname", "company"),
        "job_title": ("jobtitle", "title", "position"),
        "employee_type": ("employeetype",),
    },
    "mfa_status": nhsmail.ALIASES,
    "group_members": {
        "group_id": ("groupid", "groupobjectid"),
        "account_id": ("memberid", "userid", "memberobjectid", "userobjectid", "accountid", "principalid"),
        "user_principal_name": ("memberuserprincipalname", *_UPN),
        "member_type": ("membertype", "memberodatatype"),
    },
    "groups": {
        "group_id": ("id", "groupid", "objectid"),
        "display_name": ("displayname", "groupname", "name"),
        "members": ("members", "transitivemembers"),
    },
    "role_assignments": _ROLE,
    "role_eligibility": {
        **_ROLE,
        "starts_at": ("startdatetime",),
        "ends_at": ("enddatetime",),
    },
    "devices": {
        "object_id": ("id", "objectid"),
        "device_id": ("deviceid",),
        "trust_type": ("trusttype", "jointype"),
        "is_compliant": ("iscompliant",),
        "is_managed": ("ismanaged",),
        "operating_system": ("operatingsystem",),
        "ownership": ("deviceownership",),
        "profile_type": ("profiletype",),
        "last_sign_in": ("approximatelastsignindatetime",),
        "enabled": ("accountenabled",),
    },
    **{
        name: {
            column: (header_key(column), *_REGISTER_EXTRAS.get(column, ())) for column in register.names
        }
        for name, register in REGISTERS.items()
    },
}
"""Table -> field of :data:`mfa_audit.snapshot.raw.RAW_FIELDS` (or register column) -> header keys, best first."""

DECIDING = frozenset({
    "account_id", "user_principal_name", "account_enabled", "user_type", "is_admin", "is_mfa_registered",
    "is_mfa_capable", "methods", "mfa_status", "per_user_mfa", "group_id", "role_id", "principal",
})
"""Fields for which two different columns are never reconciled by taking the better alias: the file is refused."""

ID_FIELDS = frozenset({"account_id", "employee_id", "manager_employee_id", "group_id", "role_id", "exemption_id",
                       "device_id"})
"""Fields whose text a spreadsheet damages by taking it for a number."""

NAME_FIELDS = frozenset({"display_name", "given_name", "surname", "company_name", "department", "job_title", "owner"})
"""Fields in which a question mark among plain ASCII hints at letters lost by an export."""

NESTED_FIELDS = frozenset({"extension_attributes", "manager", "sign_in_activity", "principal", "members"})
"""Fields PowerShell flattens to a type name unless told otherwise; such a column counts as not supplied."""

DEPTH_FIELDS = NESTED_FIELDS | {"methods", *(f"extension_attribute_{n}" for n in range(1, 16))}
"""Fields in which text like ``@{Id=…}`` is what PowerShell makes of a value nested too deeply for its ``-Depth``."""


@dataclass(frozen=True)
class Match:
    """Fields found among headers: ``fields`` field -> header as written; ``twice`` (field, header, header) of
    deciding fields or of one spelling occurring twice; ``passed_over`` the same for fields where the better
    alias was taken."""

    fields: Mapping[str, str]
    twice: tuple[tuple[str, str, str], ...] = ()
    passed_over: tuple[tuple[str, str, str], ...] = ()


def match(table: str, headers: Iterable[str]) -> Match:
    """The fields of ``table`` that ``headers`` carry."""
    by_key: dict[str, list[str]] = {}
    for header in headers:
        by_key.setdefault(header_key(header), []).append(header)
    fields: dict[str, str] = {}
    twice: list[tuple[str, str, str]] = []
    passed_over: list[tuple[str, str, str]] = []
    for field, aliases in ALIASES[table].items():
        present = [(key, header) for key in aliases for header in by_key.get(key, ())]
        if not present:
            continue
        best_key, fields[field] = present[0]
        for key, header in present[1:]:
            severe = key == best_key or field in DECIDING
            (twice if severe else passed_over).append((field, fields[field], header))
    return Match(fields, tuple(twice), tuple(passed_over))


KNOWN_KEYS: frozenset[str] = frozenset(
    key for aliases in ALIASES.values() for keys in aliases.values() for key in keys
)
"""Every header key any table knows; the delimiter of a file is the one that shows most of them."""


def is_unread(header: str) -> bool:
    """Whether a heading seems to speak of second factors and no table knows it."""
    key = header_key(header)
    return key not in KNOWN_KEYS and any(word in key for word in ("mfa", "method", "multifactor", "strongauth"))


def says_who_can(header: str) -> bool:
    """Whether such a heading seems to say who is registered for MFA or capable of it."""
    return is_unread(header) and any(word in header_key(header) for word in ("capable", "registered", "allowed"))
