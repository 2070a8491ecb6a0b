"""The virtual tenant's settings: policies, places, strengths, roles' names, licences. The same for every seed."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

TENANT_ID = "0f000000-0000-4000-8000-00000000f00d"
EXEMPT_GROUP = "aaaaaaaa-0000-4000-8000-00000000feed"
NESTED_GROUP = "aaaaaaaa-0000-4000-8000-00000000feee"
ROLE_GROUP = "aaaaaaaa-0000-4000-8000-0000000000ad"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
TRUSTED_PLACE = "10ca7e00-0000-4000-8000-000000000001"
TARGET = {"targetType": "group", "id": "all_users", "isRegistrationRequired": False}


def method(name: str, state: str = "enabled") -> Row:
    """One configuration of the authentication methods policy."""
    kind = f"#microsoft.graph.{name[0].lower()}{name[1:]}AuthenticationMethodConfiguration"
    return {"@odata.type": kind, "id": name, "state": state, "excludeTargets": [], "includeTargets": [TARGET]}


def policy(number: int, name: str, users: Row, controls: list[str], **conditions: Any) -> Row:
    """One Conditional Access policy for all applications and clients."""
    nobody: Row = {
        key: [] for side in ("include", "exclude") for key in (f"{side}Users", f"{side}Groups", f"{side}Roles")
    }
    return {
        "id": f"c0ffee00-0000-4000-8000-{number:012d}",
        "displayName": name,
        "state": "enabled",
        "createdDateTime": "2025-02-03T09:00:00Z",
        "modifiedDateTime": None,
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": []},
            "users": nobody | users,
            "platforms": None,
            "devices": None,
            "locations": None,
            **conditions,
        },
        "grantControls": {"operator": "OR", "builtInControls": controls, "authenticationStrength": None},
        "sessionControls": {"signInFrequency": {"isEnabled": True, "value": 8, "type": "hours"}},
    }


COLLECTIONS: dict[str, list[Row]] = {
    "conditionalAccessPolicies": [
        policy(
            1,
            "MFA off the network",
            {"includeUsers": ["All"], "excludeGroups": [EXEMPT_GROUP]},
            ["mfa"],
            locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
        ),
        policy(2, "Administrators", {"includeRoles": [GLOBAL_ADMINISTRATOR]}, ["mfa"]),
    ],
    "namedLocations": [
        {
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "id": TRUSTED_PLACE,
            "displayName": "Network egress",
            "isTrusted": True,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "198.51.100.0/24"}],
        }
    ],
    "authenticationStrengthPolicies": [
        {
            "id": "00000000-0000-0000-0000-000000000004",
            "displayName": "Phishing-resistant MFA",
            "policyType": "builtIn",
            "requirementsSatisfied": "mfa",
            "allowedCombinations": ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"],
        }
    ],
    "roleDefinitions": [
        {"id": GLOBAL_ADMINISTRATOR, "templateId": GLOBAL_ADMINISTRATOR, "displayName": "Global Administrator"},
        {"id": HELPDESK_ADMINISTRATOR, "templateId": HELPDESK_ADMINISTRATOR, "displayName": "Helpdesk Administrator"},
    ],
    "groups": [
        {"id": EXEMPT_GROUP, "displayName": "Exempt from MFA"},
        {"id": NESTED_GROUP, "displayName": "Exempt from MFA, nested"},
        {"id": ROLE_GROUP, "displayName": "Service desk", "isAssignableToRole": True},
    ],
    "organization": [
        {
            "id": TENANT_ID,
            "displayName": "Simulated organisation",
            "verifiedDomains": [{"name": "riverside.example", "isDefault": True}, {"name": "northmoor.example"},
                                {"name": "federated.example"}],
        }
    ],
    "domains": [
        {"id": "riverside.example", "authenticationType": "Managed", "isDefault": True, "isVerified": True},
        {"id": "northmoor.example", "authenticationType": "Managed", "isDefault": False, "isVerified": True},
        {"id": "federated.example", "authenticationType": "Federated", "isDefault": False, "isVerified": True},
    ],
    "subscribedSkus": [
        {
            "id": f"{TENANT_ID}_05e9a617-0261-4cee-bb44-138d3ef5d965",
            "skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965",
            "skuPartNumber": "SPE_E3",
            "capabilityStatus": "Enabled",
            "servicePlans": [{"servicePlanName": "AAD_PREMIUM", "provisioningStatus": "Success"}],
        }
    ],
}
DOCUMENTS: dict[str, Row] = {
    "identitySecurityDefaultsEnforcementPolicy": {
        "id": "00000000-0000-0000-0000-000000000005",
        "displayName": "Security Defaults",
        "isEnabled": False,
    },
    "authenticationMethodsPolicy": {
        "id": "authenticationMethodsPolicy",
        "policyMigrationState": "migrationComplete",
        "registrationEnforcement": {"authenticationMethodsRegistrationCampaign": {"state": "enabled"}},
        "authenticationMethodConfigurations": [
            *(method(name) for name in ("Fido2", "MicrosoftAuthenticator", "SoftwareOath", "Sms")),
            method("Voice", "disabled"),
        ],
    },
}
