"""What a file is, told by its headers or keys: shapes as data, and how the shape of one file is found.

A shape is found by fields (columns.py) and header keys, never by the file's name. A file may carry accounts and
registrations together: administrators' own scripts join them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mfa_audit.sources.exports import nhsmail
from mfa_audit.sources.exports.columns import Match, header_key, match
from mfa_audit.tables import REGISTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Use = Literal["rows", "document", "unused", "refused"]


@dataclass(frozen=True)
class Part:
    """One table of a file and the header that carries each of its fields."""

    table: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Recognised:
    """What a file is: ``words`` for people, ``use`` what becomes of it, ``parts`` its tables, ``document`` the
    policy document it is, ``reason`` why it is not used or refused, ``twice`` and ``passed_over`` as in
    :class:`~mfa_audit.sources.exports.columns.Match`."""

    words: str
    use: Use
    parts: tuple[Part, ...] = ()
    document: str = ""
    reason: str = ""
    next_step: str = ""
    twice: tuple[tuple[str, str, str], ...] = ()
    passed_over: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class KeyShape:
    """A shape told by header keys alone: all of ``every``, one of each set in ``any_of``, none of ``none_of``."""

    words: str
    use: Use
    every: frozenset[str] = frozenset()
    any_of: tuple[frozenset[str], ...] = ()
    none_of: frozenset[str] = frozenset()
    document: str = ""
    reason: str = ""
    next_step: str = ""

    def fits(self, keys: frozenset[str]) -> bool:
        """Whether a file with these header keys has this shape."""
        return self.every <= keys and all(keys & group for group in self.any_of) and not keys & self.none_of


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DEVICE_KEYS = _keys("trusttype jointype")
_NOT_READ = "nothing in this audit is read from it"
_TEMPLATE_STEP = (
    "Download the list itself: Entra admin centre > Users > All users > Download users, and Authentication methods >"
    " User registration details > Download."
)

KEY_SHAPES: tuple[KeyShape, ...] = (
    KeyShape("upload template", "refused", any_of=(_keys(
        "usernameuserprincipalnamerequired namedisplaynamerequired initialpasswordpasswordprofilerequired"
        " usernameuserprincipalname memberobjectidoruserprincipalnamerequired"),),
        reason="this is a template for uploading accounts, not an export", next_step=_TEMPLATE_STEP),
    KeyShape("this tool's own accounts", "unused", every=_keys("accountid bestlevel exposure overduedays findings"),
             reason="it is what this tool wrote, which is no evidence"),
    KeyShape("this tool's own list", "unused", every=_keys("sendto days manageraddress"),
             reason="it is what this tool wrote, which is no evidence"),
    KeyShape("Graph batch answer", "refused", every=_keys("responses"), none_of=_keys("value"),
             reason="this is the answer to a $batch call, not a listing",
             next_step="Save the value of each part as a file of its own."),
    KeyShape("sign-in log", "unused", any_of=(
        _keys("requestid appliedconditionalaccesspolicies appdisplayname clientappused"),
        _keys("authenticationrequirement clientapp clientappused conditionalaccess signinerrorcode"
              " exigencedauthentification requisitodeautenticación méthodedauthentificationmultifacteur"
              " authenticationmethod conditionalaccessstatus")),
        reason="sign-in logs are evidence, which this audit does not read"),
    KeyShape("sign-in log", "unused", any_of=(_keys("exigencedauthentification requisitodeautenticación"),),
             reason="sign-in logs are evidence, which this audit does not read"),
    KeyShape("diagnostic log", "unused", every=_keys("category operationname properties"),
             reason="diagnostic logs are evidence, which this audit does not read"),
    KeyShape("Graph: devices", "unused", every=_keys("deviceid"),
             any_of=(_keys("operatingsystem iscompliant ismanaged"),), none_of=_DEVICE_KEYS, reason=_NOT_READ),
    KeyShape("Graph: service principals or applications", "unused", every=_keys("appid"),
             any_of=(_keys("serviceprincipaltype signinaudience appownerorganizationid serviceprincipalnames"),),
             reason="it lists applications, not accounts"),
    KeyShape("Graph: role definitions", "unused", every=_keys("isbuiltin"),
             any_of=(_keys("rolepermissions templateid"),), reason=_NOT_READ),
    KeyShape("Graph: licences", "unused", every=_keys("skupartnumber"), reason=_NOT_READ),
    KeyShape("Graph: What If answer", "unused", every=_keys("policyapplies analysisreasons"), reason=_NOT_READ),
    KeyShape("Graph: Conditional Access policies", "document", every=_keys("conditions state"),
             any_of=(_keys("grantcontrols sessioncontrols"),), document="conditional_access_policies"),
    KeyShape("Graph: named locations", "document", any_of=(_keys("ipranges countriesandregions"),),
             document="named_locations"),
    KeyShape("Graph: authentication strengths", "document", every=_keys("allowedcombinations"),
             document="authentication_strengths"),
    KeyShape("Graph: authentication methods policy", "document", every=_keys("authenticationmethodconfigurations"),
             document="authentication_methods_policy"),
    KeyShape("Graph: security defaults", "document", every=_keys("isenabled displayname"),
             none_of=_keys("userprincipalname accountenabled usertype mail members"), document="security_defaults"),
    KeyShape("Graph: organisation", "document", every=_keys("verifieddomains"), document="organization"),
    KeyShape("Graph: domains", "document", every=_keys("authenticationtype isverified"), document="domains"),
)
"""Shapes told by keys, tried in this order before the tables."""

SINGLE_DOCUMENTS = frozenset({"security_defaults", "authentication_methods_policy"})
"""Documents that are one object; the others are ``{"value": […]}``."""

COLLECTIONS: Mapping[str, tuple[Use, str]] = {
    "users": ("rows", "accounts"),
    "userregistrationdetails": ("rows", "registrations"),
    "roleassignments": ("rows", "role_assignments"),
    "roleassignmentscheduleinstances": ("rows", "role_assignments"),
    "directoryroles": ("rows", "role_assignments"),
    "roleeligibilityscheduleinstances": ("rows", "role_eligibility"),
    "groups": ("rows", "group_members"),
    "conditionalaccesspolicies": ("document", "conditional_access_policies"),
    "namedlocations": ("document", "named_locations"),
    "authenticationstrengthpolicies": ("document", "authentication_strengths"),
    "domains": ("document", "domains"),
    "organization": ("document", "organization"),
    "devices": ("rows", "devices"),
}
"""Graph collection, as :func:`header_key` of its last path segment -> what an empty answer of it is."""

STEMS = frozenset({
    *COLLECTIONS, *(header_key(name) for name in REGISTERS), "identitysecuritydefaultsenforcementpolicy",
    "authenticationmethodspolicy", "registrationdetails", "recipients",
}) - {"devices"}
"""Names of files that are surely meant for this tool: one that is not recognised is refused, not passed over."""

_MEASURED = ("is_mfa_registered", "is_mfa_capable", "methods")
_ONLY_ACCOUNTS = frozenset({
    "account_enabled", "created_at", "synced", "creation_type", "external_user_state", "department", "job_title",
    "company_name", "office_location", "sign_in_activity", "last_sign_in", "last_non_interactive_sign_in",
    "last_successful_sign_in", "manager", "extension_attributes", "per_user_mfa", "hire_date", "leave_date",
    "employee_type", "employee_id", "preferred_language", "given_name", "surname",
    *(f"extension_attribute_{n}" for n in range(1, 16)),
})
_DIRECTORY_KEYS = _keys("accountenabled usertype createddatetime onpremisessyncenabled directorysynced creationtype"
                        " signinactivity employeehiredate employeeleavedatetime assignedlicenses")
_PERSON_KEYS = _keys("accountid objectid userprincipalname upn username email emailaddress mail primaryemail workemail"
                     " mfastatus accountstatus manager linemanager managerid startdate leaver employeeid staffnumber")
_HR_FIELDS = frozenset({"leaver", "leave_date", "hire_date", "manager_employee_id"})
_DESCRIBES = frozenset({"display_name", "department", "job_title"})
_REGISTER_NEEDS: Mapping[str, tuple[frozenset[str], ...]] = {
    "exemptions": (frozenset({"exemption_id", "account_id"}),
                   frozenset({"category", "approver", "approved_on", "expires_on"})),
    "pauses": (frozenset({"account_id"}), frozenset({"from"}), frozenset({"until"})),
    # An owner and a purpose stand in a list of lent telephones as well, and this register takes people out of scope.
    "service_accounts": tuple(map(frozenset, ({"account_id"}, {"compensating_control"}, {"review_by"}))),
    "generic_accounts": tuple(map(frozenset, ({"account_id"}, {"responsible_person_id"}, {"team"}))),
    "privileged_accounts": (frozenset({"account_id"}), frozenset({"portal_role"})),
    "organisations": (frozenset({"organisation_code"}),
                      frozenset({"name", "kind", "status", "local_admin_email", "successor_code"})),
}


def recognise(headers: Iterable[str], *, style: str) -> Recognised | None:
    """The shape of a file with these headers or keys; None when it has none.

    ``style`` is ``table`` for CSV and worksheets, ``json`` for JSON: it only chooses the words.
    """
    written = [header for header in headers if header.strip()]
    keys = frozenset(map(header_key, written))
    for shape in KEY_SHAPES:
        if shape.fits(keys) and (style == "json" or shape.use != "document"):
            return Recognised(shape.words, shape.use, document=shape.document, reason=shape.reason,
                              next_step=shape.next_step)
    return (_devices(written, keys, style) or _register(written, keys) or _roles(written, keys, style)
            or _groups(written, keys, style) or _people(written, keys, style))


def _rows(words: str, *parts: tuple[str, Match]) -> Recognised:
    return Recognised(
        words, "rows", tuple(Part(table, found.fields) for table, found in parts),
        twice=tuple(dict.fromkeys(pair for _, found in parts for pair in found.twice)),
        passed_over=tuple(dict.fromkeys(pair for _, found in parts for pair in found.passed_over)),
    )


def _register(written: list[str], keys: frozenset[str]) -> Recognised | None:
    if keys == {"accountid"}:
        return _rows("register: certificate_users", ("certificate_users", match("certificate_users", written)))
    if keys & _DIRECTORY_KEYS:
        return None
    for name, needs in _REGISTER_NEEDS.items():
        if name == "organisations" and keys & _PERSON_KEYS:
            continue  # A list of people that names their organisations is about the people.
        found = match(name, written)
        if all(group & found.fields.keys() for group in needs):
            return _rows(f"register: {name}", (name, found))
    return None


def _devices(written: list[str], keys: frozenset[str], style: str) -> Recognised | None:
    if "deviceid" in keys and keys & _DEVICE_KEYS:
        return _rows(f"{_source(written, style)}: devices", ("devices", match("devices", written)))
    return None


def _roles(written: list[str], keys: frozenset[str], style: str) -> Recognised | None:
    source = _source(written, style)
    if "principalid" in keys and "roledefinitionid" in keys:
        active = keys & _keys("assignmenttype roleassignmentscheduleid roleassignmentoriginid")
        # An assignment by schedule says of which type it is; an eligibility has a member type and none of its own.
        eligible = not active and keys & _keys("roleeligibilityscheduleid startdatetime enddatetime membertype")
        table = "role_eligibility" if eligible else "role_assignments"
        return _rows(f"{source}: {table.replace('_', ' ')}", (table, match(table, written)))
    if "roletemplateid" in keys and "members" in keys:
        by_key = {header_key(header): header for header in written}
        fields = {"role_id": by_key["roletemplateid"], "members": by_key["members"]}
        return _rows(f"{source}: directory roles with members", ("directory_roles", Match(fields)))
    return None


def _groups(written: list[str], keys: frozenset[str], style: str) -> Recognised | None:
    source = _source(written, style)
    grouped = keys & _keys("groupid groupobjectid")
    if grouped and keys & _keys("memberid memberobjectid userid accountid memberuserprincipalname userprincipalname"):
        return _rows(f"{source}: group members", ("group_members", match("group_members", written)))
    if "userprincipalname" in keys:
        return None
    if style == "json" and keys & _keys("members transitivemembers") and "id" in keys:
        return _rows(f"{source}: groups with members", ("groups", match("groups", written)))
    if keys & _keys("grouptypes securityenabled"):
        return Recognised(f"{source}: groups without members", "unused",
                          reason="the members are missing, and only they matter",
                          next_step="Save each group with $expand=members, or its transitiveMembers as members.")
    if keys <= _keys("id odatatype") and "odatatype" in keys:
        return Recognised(f"{source}: members of a group that is not named", "unused",
                          reason="the file does not say which group these are members of",
                          next_step="Wrap it as {\"value\": [{\"id\": group id, \"members\": [...]}]}.")
    return None


def _people(written: list[str], keys: frozenset[str], style: str) -> Recognised | None:
    source = _source(written, style)
    accounts = match("accounts", written)
    registrations = match("registrations", written)
    measured = any(field in registrations.fields for field in _MEASURED)
    described = accounts.fields.keys() & _ONLY_ACCOUNTS
    identified = registrations.fields.keys() & {"account_id", "user_principal_name"}
    status = match("mfa_status", written)
    said = (("mfa_status", status),) if "mfa" in header_key(status.fields.get("mfa_status", "")) else ()
    if measured and identified:
        if described:
            words = f"{source}: users and registration details together"
            return _rows(words, ("accounts", accounts), ("registrations", registrations), *said)
        return _rows(f"{source}: user registration details", ("registrations", registrations))
    for table, words in (("mfa_status", nhsmail.WORDS), ("recipients", "Exchange: recipients"), ("people", "HR list")):
        found = match(table, written)
        if _identity(found) and _TESTS[table](found, keys):
            return _rows(words, (table, found))
    both = {"account_id", "user_principal_name"} <= accounts.fields.keys()
    if _identity(accounts) and (both or accounts.fields.keys() & (_ONLY_ACCOUNTS | {"display_name", "user_type"})):
        return _rows(f"{source}: users", ("accounts", accounts), *said)
    return None


def _identity(found: Match) -> bool:
    return bool(found.fields.keys() & {"account_id", "user_principal_name", "mail", "employee_id"})


def _is_hr_list(found: Match, keys: frozenset[str]) -> bool:
    if keys & _DIRECTORY_KEYS:
        return False
    if found.fields.keys() & _HR_FIELDS:
        return True
    return "manager" in found.fields and not found.fields.keys() & _DESCRIBES


_TESTS = {
    "mfa_status": lambda found, keys: "mfa_status" in found.fields and not keys & _DIRECTORY_KEYS,
    "recipients": lambda found, keys: "recipient_type" in found.fields and not keys & _DIRECTORY_KEYS,
    "people": _is_hr_list,
}


def _source(written: list[str], style: str) -> str:
    """Which tool wrote headers in this style; for people only."""
    names = [header for header in written if header[:1].isalpha()]
    pascal = bool(names) and all(header[0].isupper() for header in names)
    if pascal and not any(" " in header for header in names):
        return "PowerShell"
    return "Graph" if style == "json" else "Entra portal"
