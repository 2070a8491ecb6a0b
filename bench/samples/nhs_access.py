"""The tenant's Conditional Access, in which the same people are left out as in the portal's MFA Status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samples.nhs_special import ADMINISTRATORS, GLOBAL_ADMINISTRATOR, group, role_group
from samples.shapes import write_document, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from samples.nhs_roster import Roster

_LEFT_OUT = "53414d50-0000-4000-8000-00000000a002"
_ADMINISTRATORS = "53414d50-0000-4000-8000-00000000a003"
_EMERGENCY = "53414d50-0000-4000-8000-00000000a004"
_NETWORK = "53414d50-0000-4000-8000-00000000d001"
_EIGHT_HOURS = {"signInFrequency": {"isEnabled": True, "type": "hours", "value": 8, "frequencyInterval": "timeBased",
                                    "authenticationType": "primaryAndSecondaryAuthentication"}}


def _policy(number: int, name: str, *, users: dict[str, list[str]], grant: str, **changes: Any) -> dict[str, Any]:
    nobody: dict[str, Any] = {
        "includeUsers": [], "excludeUsers": [], "includeGroups": [], "excludeGroups": [], "includeRoles": [],
        "excludeRoles": [], "includeGuestsOrExternalUsers": None, "excludeGuestsOrExternalUsers": None,
    }
    strength = changes.get("strength")
    return {
        "id": f"53414d50-0000-4000-8000-00000000c{number:03d}",
        "displayName": name,
        "state": changes.get("state", "enabled"),
        "conditions": {
            "clientAppTypes": changes.get("clients", ["all"]),
            "userRiskLevels": [], "signInRiskLevels": [], "servicePrincipalRiskLevels": [],
            "platforms": None, "devices": None, "locations": changes.get("locations"),
            "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": [],
                             "includeAuthenticationContextClassReferences": [], "applicationFilter": None},
            "users": nobody | users,
        },
        "grantControls": {"operator": "OR", "builtInControls": [] if strength else [grant],
                          "customAuthenticationFactors": [], "termsOfUse": [], "authenticationStrength": strength},
        "sessionControls": changes.get("session"),
    }


def policies() -> list[dict[str, Any]]:
    """Staff are asked off the network, administrators everywhere, old mail programs are refused; one is report-only."""
    off_network = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
    resistant = {"id": "00000000-0000-0000-0000-000000000004", "displayName": "Phishing-resistant MFA",
                 "policyType": "builtIn", "requirementsSatisfied": "mfa",
                 "allowedCombinations": ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]}
    administrators = {"includeGroups": [_ADMINISTRATORS], "includeRoles": [GLOBAL_ADMINISTRATOR],
                      "excludeGroups": [_LEFT_OUT, _EMERGENCY]}
    return [
        _policy(1, "Staff: MFA off the NHS network", grant="mfa", locations=off_network, session=_EIGHT_HOURS,
                users={"includeUsers": ["All"], "excludeGroups": [_LEFT_OUT, _EMERGENCY]}),
        _policy(2, "Administrators: MFA everywhere", grant="mfa", session=_EIGHT_HOURS, users=administrators),
        _policy(3, "Block old mail programs", grant="block", clients=["exchangeActiveSync", "other"],
                users={"includeUsers": ["All"], "excludeGroups": [_EMERGENCY]}),
        _policy(4, "Administrators: phishing-resistant (trial)", grant="", strength=resistant, users=administrators,
                state="enabledForReportingButNotEnforced"),
    ]


def write(folder: Path, roster: Roster) -> None:
    """The policies, what they refer to, and security defaults switched off."""
    left_out = tuple(slot for slot, account in roster.slots.items() if account.enabled and account.required == "no")
    emergency = ("break_glass/0", "break_glass/1")
    write_json(folder / "ca_policies.json", policies())
    write_json(folder / "named_locations.json", [{
        "@odata.type": "#microsoft.graph.ipNamedLocation", "id": _NETWORK, "displayName": "NHS network (fictional)",
        "isTrusted": True,
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}],
    }])
    write_json(folder / "groups.json", [
        role_group(roster),
        group(_LEFT_OUT, "MFA exclusions", roster, left_out),
        group(_ADMINISTRATORS, "Administrators", roster, ADMINISTRATORS),
        group(_EMERGENCY, "Emergency access", roster, emergency),
    ])
    write_document(folder / "security_defaults.json", {
        "id": "00000000-0000-0000-0000-000000000005", "displayName": "Security Defaults", "isEnabled": False,
    })
