"""What is asked of Graph: one row a listing or document, with its permission and what is unknown without it.

Least data: properties are named one by one, no telephone number among them, and of an answer only these are kept.
Sources: Microsoft Learn, the Graph v1.0 reference of each address; permissions from Microsoft's own table of least
privileges. ``docs/permissions.md`` is held to this table by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from mfa_audit.sources.graph.pacing import Family

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PAGE_SIZES = (999, 500, 120)
"""Rows asked for in a page, largest first; the next is tried when Graph asks for it or fails on the larger."""

EVENTUAL: Mapping[str, str] = {"ConsistencyLevel": "eventual"}
"""What an advanced query needs, on every page."""


@dataclass(frozen=True)
class Listing:
    """Rows of one kind. ``collected_as`` is the name in settings ``collect``; ``table`` and ``fields`` as in
    :data:`mfa_audit.snapshot.raw.RAW_FIELDS`; ``counted_at`` the address of its count, where there is one;
    ``sizes`` empty where ``$top`` is not understood; ``optional`` when a tenant may lack the licence for it; ``plans``
    the service plans that are such a licence, where that is looked up before it is believed; ``most`` the rows after
    which its pages are taken for endless, where its count does not tell; ``exact`` where not one may be missing;
    ``least`` the rows that it has if it is whole, where Graph has no count of it."""

    name: str
    collected_as: str
    table: str
    path: str
    permission: str
    fields: Mapping[str, str]
    without: str
    family: Family = Family.DIRECTORY
    sizes: tuple[int, ...] = PAGE_SIZES
    counted_at: str = ""
    optional: bool = False
    plans: tuple[str, ...] = ()
    most: int | None = None
    exact: bool = False
    least: int = 0

    @property
    def keys(self) -> frozenset[str]:
        """The properties that are kept."""
        return frozenset(self.fields.values())


@dataclass(frozen=True)
class Single:
    """A policy document or a short listing kept as Graph wrote it; ``name`` of
    :data:`mfa_audit.tables.TENANT_DOCUMENTS`, ``keep`` the properties kept of each entry (empty: all), ``own`` the
    property without which an answer is not this document, and the type of its value."""

    name: str
    collected_as: str
    path: str
    permission: str
    without: str
    family: Family = Family.DIRECTORY
    paged: bool = True
    keep: tuple[str, ...] = ()
    own: tuple[str, type] = ("value", list)


@dataclass(frozen=True)
class Question:
    """Something asked of one account: ``name`` in settings ``collect``, the last part of its address, the ``version``
    that has it, the ``permission`` it needs, what is unknown without it, and the property that an answer must have."""

    name: str
    what: str
    version: str
    permission: str
    without: str
    own: tuple[str, type] = ("value", list)

    def path(self, account: str) -> str:
        """The address below the version, for the account with this id."""
        return f"/users/{quote(account, safe='')}/authentication/{self.what}"


_USER_FIELDS: Mapping[str, str] = {
    "account_id": "id", "user_principal_name": "userPrincipalName", "display_name": "displayName", "mail": "mail",
    "account_enabled": "accountEnabled", "user_type": "userType", "department": "department",
    "company_name": "companyName", "office_location": "officeLocation", "job_title": "jobTitle",
    "employee_id": "employeeId", "employee_type": "employeeType", "hire_date": "employeeHireDate",
    "created_at": "createdDateTime", "synced": "onPremisesSyncEnabled", "creation_type": "creationType",
    "external_user_state": "externalUserState", "preferred_language": "preferredLanguage",
    "extension_attributes": "onPremisesExtensionAttributes", "manager": "manager",
}

_REGISTRATION_FIELDS: Mapping[str, str] = {
    "account_id": "id", "user_principal_name": "userPrincipalName", "user_type": "userType", "is_admin": "isAdmin",
    "is_mfa_registered": "isMfaRegistered", "is_mfa_capable": "isMfaCapable",
    "is_sspr_registered": "isSsprRegistered", "methods": "methodsRegistered",
    "system_preferred": "isSystemPreferredAuthenticationMethodEnabled",
    "default_method": "userPreferredMethodForSecondaryAuthentication", "updated_at": "lastUpdatedDateTime",
}

_ROLE_FIELDS: Mapping[str, str] = {
    "account_id": "principalId", "role_id": "roleDefinitionId", "scope": "directoryScopeId", "principal": "principal",
}

REGISTRATIONS = Listing(
    "registrations", "registrations", "registrations",
    "/v1.0/reports/authenticationMethods/userRegistrationDetails", "AuditLog.Read.All", _REGISTRATION_FIELDS,
    "nobody's second factor is known", family=Family.REPORTS,
)

SIGN_IN_ACTIVITY = Listing(
    "sign_in_activity", "sign_in_activity", "accounts", "/v1.0/users?$select=id,signInActivity", "AuditLog.Read.All",
    {"account_id": "id", "sign_in_activity": "signInActivity"},
    "who uses an account is not known", family=Family.REPORTS, sizes=PAGE_SIZES[1:], optional=True,
)

ROLE_ASSIGNMENTS = Listing(
    "role_assignments", "role_assignments", "role_assignments",
    "/v1.0/roleManagement/directory/roleAssignments?$expand=principal", "RoleManagement.Read.Directory", _ROLE_FIELDS,
    "administrators are known by the registration report's flag alone", sizes=(),
)

ROLE_ELIGIBILITY = Listing(
    "role_eligibility", "role_assignments", "role_eligibility",
    "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances?$expand=principal",
    "RoleManagement.Read.Directory",
    {**_ROLE_FIELDS, "starts_at": "startDateTime", "ends_at": "endDateTime"},
    "who may activate a role is not known", sizes=(), optional=True,
    plans=("AAD_PREMIUM_P2", "Entra_Identity_Governance"),
)

DEVICES = Listing(
    "devices", "devices", "devices",
    "/v1.0/devices?$select=id,deviceId,trustType,isCompliant,isManaged,operatingSystem,deviceOwnership,profileType,"
    "approximateLastSignInDateTime,accountEnabled", "Device.Read.All",
    {"object_id": "id", "device_id": "deviceId", "trust_type": "trustType", "is_compliant": "isCompliant",
     "is_managed": "isManaged", "operating_system": "operatingSystem", "ownership": "deviceOwnership",
     "profile_type": "profileType", "last_sign_in": "approximateLastSignInDateTime", "enabled": "accountEnabled"},
    "whether a device of a sign-in is compliant or joined is known by the sign-in alone",
    counted_at="/v1.0/devices/$count",
)

ORGANISATION = Single(
    "organization", "accounts", "/v1.0/organization", "User.Read.All", "the tenant cannot be told from another",
    keep=("id", "displayName", "verifiedDomains"),
)

DOCUMENTS: tuple[Single, ...] = (
    Single("domains", "tenant_policies", "/v1.0/domains", "Domain.Read.All",
           "whose second factor is checked by another identity provider is not known",
           keep=("id", "authenticationType", "isVerified", "isDefault")),
    Single("conditional_access_policies", "tenant_policies", "/v1.0/identity/conditionalAccess/policies",
           "Policy.Read.All", "whether anything asks for MFA is not known", family=Family.CONDITIONAL_ACCESS),
    Single("named_locations", "tenant_policies", "/v1.0/identity/conditionalAccess/namedLocations",
           "Policy.Read.All", "which networks are trusted is not known", family=Family.CONDITIONAL_ACCESS),
    Single("authentication_strengths", "tenant_policies", "/v1.0/policies/authenticationStrengthPolicies",
           "Policy.Read.All", "what a required strength accepts is not known"),
    Single("security_defaults", "tenant_policies", "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy",
           "Policy.Read.All", "whether security defaults ask for MFA is not known", paged=False,
           own=("isEnabled", bool)),
    Single("authentication_methods_policy", "tenant_policies", "/v1.0/policies/authenticationMethodsPolicy",
           "Policy.Read.All", "which methods the tenant allows is not known", paged=False,
           own=("authenticationMethodConfigurations", list)),
)
"""The documents of the tenant's policies."""

METHODS = Question("privileged_methods", "methods", "v1.0", "UserAuthenticationMethod.Read.All",
                   "privileged accounts are judged by the registration report alone")
PER_USER_MFA = Question("per_user_mfa", "requirements", "beta", "Policy.Read.All",
                        "whether the per-user setting asks for MFA is not known", own=("perUserMfaState", str))
QUESTIONS = (METHODS, PER_USER_MFA)
"""What is asked of one account at a time."""

MEMBERS_PERMISSION = "GroupMember.Read.All"
USER_TYPE = "#microsoft.graph.user"
"""What Graph calls an account among directory objects."""


def accounts(organisation_field: str) -> Listing:
    """The listing of users with their managers. Extension attributes are asked for only where ``organisation_field``,
    a field of :data:`mfa_audit.snapshot.raw.RAW_FIELDS`, is one."""
    fields = dict(_USER_FIELDS)
    if not organisation_field.startswith("extension_attribute"):
        del fields["extension_attributes"]
    selected = ",".join(value for name, value in fields.items() if name != "manager")
    return Listing(
        "accounts", "accounts", "accounts",
        f"/v1.0/users?$select={selected}&$expand=manager($select=id,displayName,mail,userPrincipalName)",
        "User.Read.All", fields, "nobody is known", counted_at="/v1.0/users/$count",
    )


def members(group: str) -> Listing:
    """Everybody in a group, through the groups inside it."""
    path = f"/v1.0/groups/{quote(group, safe='')}/transitiveMembers"
    return Listing(
        f"members-{group}", "group_members", "group_members", f"{path}?$select=id", MEMBERS_PERMISSION,
        {"group_id": "group", "account_id": "id"}, "who a policy or exemption covers is not known",
        counted_at=f"{path}/$count", exact=True,
    )


def listings(wanted: Iterable[str], organisation_field: str) -> tuple[Listing, ...]:
    """The listings settings ``collect`` asks for, groups apart."""
    chosen = set(wanted)
    every = (accounts(organisation_field), REGISTRATIONS, SIGN_IN_ACTIVITY, ROLE_ASSIGNMENTS, ROLE_ELIGIBILITY,
             DEVICES)
    return tuple(listing for listing in every if listing.collected_as in chosen)


def documents(wanted: Iterable[str]) -> tuple[Single, ...]:
    """The documents settings ``collect`` asks for; the organisation always, because it names the tenant."""
    chosen = set(wanted)
    return (ORGANISATION, *(single for single in DOCUMENTS if single.collected_as in chosen))


def permissions(wanted: Iterable[str]) -> tuple[str, ...]:
    """The permissions that reading what settings ``collect`` asks for needs, in order; users are always read."""
    chosen = frozenset({"accounts", *wanted})
    needed = {listing.permission for listing in listings(chosen, "company_name")}
    needed |= {single.permission for single in documents(chosen)}
    needed |= {question.permission for question in QUESTIONS if question.name in chosen}
    return tuple(sorted(needed | ({MEMBERS_PERMISSION} if "group_members" in chosen else set())))


def first_page(listing: Listing, size: int | None) -> str:
    """The address of a listing's first page."""
    if size is None:
        return listing.path
    return f"{listing.path}{'&' if '?' in listing.path else '?'}$top={size}"
