"""Administrators, starters, and everything in the 240-account tenant that is not a person at a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samples import nhs_plan as plan
from samples.nhs_messy import DURING_PAGING, UNMAPPED

if TYPE_CHECKING:
    from samples.nhs_roster import Roster

EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
AUTHENTICATION_ADMINISTRATOR = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
ROLE_GROUP = "53414d50-0000-4000-8000-00000000a001"

_ACTIVE = {
    "ZX1/COMPLIANT/phishing_resistant/1": EXCHANGE_ADMINISTRATOR,
    "ZX1/COMPLIANT/phishing_resistant/2": AUTHENTICATION_ADMINISTRATOR,
    "ZX1/BELOW_STRENGTH/phone/0": USER_ADMINISTRATOR,
    "break_glass/0": GLOBAL_ADMINISTRATOR,
    "break_glass/1": GLOBAL_ADMINISTRATOR,
}
_THROUGH_GROUP = "ZX1/COMPLIANT/push/21"
_ELIGIBLE = "ZX1/COMPLIANT/push/33"
_NO_LONGER_ELIGIBLE = "ZX2/COMPLIANT_WEAK/phone/6"
_PORTAL_ROLES = {
    "ZX1/COMPLIANT/passwordless/0": "Primary Local Administrator",
    "ZX1/BELOW_STRENGTH/phone/1": "Helpdesk",
    "ZX1/NOT_ENFORCED/push/0": "Local Administrator",
    "ZX2/COMPLIANT/push/5": "Local Administrator",
    "ZX2/COMPLIANT/push/11": "Helpdesk",
    "ZX3/COMPLIANT/phishing_resistant/2": "Local Administrator",
}
_APPROVER = "ZX2/BELOW_STRENGTH/phone/0"
_DESK = ("ZX1/BELOW_STRENGTH/phone/0", "ZX1/BELOW_STRENGTH/phone/1", _APPROVER)

ADMINISTRATORS = (
    "ZX1/COMPLIANT/phishing_resistant/1", "ZX1/COMPLIANT/phishing_resistant/2", _THROUGH_GROUP, _ELIGIBLE,
    *_PORTAL_ROLES, "ZX1/BELOW_STRENGTH/phone/0", _APPROVER,
)
"""The twelve privileged people: by role, through a group, eligible, by portal role, by MFA Status alone."""

_SHARED_AT = ("ZX1", "ZX1", "ZX2", "ZX1", "ZX1", "ZX2", "ZX2", "ZX2", "ZX3", "Z9A1B", "Z9C2D", "Z9G4H")
_GENERIC_AT = ("ZX1", "Z9A1B", "Z9A1B", "Z9C2D", "Z9E3F")
_ROOM_AT = ("ZX1", "ZX1", "ZX2", "ZX3")
_GUEST_AT = ("ZX1", "ZX1", "ZX1", "ZX2", "ZX2", "ZX3")
_GUEST_HOMES = ("agency.example", "supplier.example", "university.example", "council.example", "charity.example",
                "auditor.example")
_SERVICE_AT = ("ZX1", "ZX1", "ZX1", "ZX1", "ZX2")


def apply(roster: Roster) -> None:
    """Fill in administrators, starters, reasons and special accounts."""
    _administrators(roster)
    _people_without(roster)
    _mailboxes(roster)
    _outsiders_and_machines(roster)
    for account in roster.accounts:
        if account.kind == "guest" or (account.status == "OUT_OF_SCOPE" and account.kind == "person"):
            account.mfa_status = "Admin Disabled" if account.kind == "person" else ""


def _administrators(roster: Roster) -> None:
    for slot in ADMINISTRATORS:
        roster[slot].tier = "privileged"
        roster[slot].mfa_status = "Admin Enabled"
    for slot in (*_ACTIVE, _THROUGH_GROUP):
        roster[slot].admin = True
    for slot, role in _PORTAL_ROLES.items():
        roster[slot].portal_role = role
        roster[slot].mfa_status = "MFA Enforced Admin Role"
    for slot in _DESK:
        roster[slot].department, roster[slot].title = "IT & Digital", "Service Desk Analyst"
    for slot in ("ZX1/NOT_ENFORCED/push/0", "ZX2/COMPLIANT/push/5", "ZX3/COMPLIANT/phishing_resistant/2"):
        roster[slot].title = "Local Administrator"
    roster[_APPROVER].mfa_status = "MFA Enforced ATP Group"
    for number, slot in enumerate(s for s in roster.slots if "/NOT_ENFORCED/" in s):
        roster[slot].mfa_status = "User Disabled" if number % 2 else "Admin Disabled"
    roster["ZX3/NOT_ENFORCED/push/0"].mfa_status = "MFA Disabled Admin Role"


def _people_without(roster: Roster) -> None:
    starts = {
        "ZX1/GRACE/none/0": "2026-02-16T08:30:00Z", "ZX1/GRACE/none/1": "2026-02-25T09:10:00Z",
        DURING_PAGING: "2026-03-02T00:40:00Z", "ZX2/GRACE/none/0": "2026-02-20T09:00:00Z",
        "ZX2/GRACE/none/1": "2026-02-24T09:00:00Z", "ZX2/GRACE/none/2": "2026-02-23T11:20:00Z",
        "Z9G4H/GRACE/none/0": "2026-02-27T13:05:00Z", "ZX1/NOT_REGISTERED/none/7": "2026-02-10T08:45:00Z",
    }
    for slot, created in starts.items():
        roster[slot].created = created
        roster[slot].sign_ins = ("2026-02-27T16:20:00Z", "2026-02-27T16:20:00Z") if created < "2026-02-26" else None
    roster[DURING_PAGING].row = False
    for slot in ("ZX2/GRACE/none/0", "ZX2/GRACE/none/1"):
        roster[slot].sign_ins = None
    bootstrap = roster["ZX1/NOT_REGISTERED/none/5"]
    bootstrap.methods, bootstrap.reason = ["temporaryAccessPass"], "bootstrap_only"
    for slot, methods in (("ZX1/NOT_REGISTERED/none/6", ["email", "securityQuestion"]),
                          ("ZX2/NOT_REGISTERED/none/1", ["email"])):
        roster[slot].methods, roster[slot].reason = methods, "non_factors_only"
    roster["ZX2/COMPLIANT/push/9"].language = "cy-GB"


def _mailboxes(roster: Roster) -> None:
    generic_lists: tuple[list[str], ...] = (
        ["softwareOneTimePasscode"], ["mobilePhone"], ["mobilePhone"], [], [UNMAPPED],
    )
    generic_verdicts = (("COMPLIANT", "ok"), ("COMPLIANT_WEAK", "phone_only"), ("COMPLIANT_WEAK", "phone_only"),
                        ("NOT_REGISTERED", "nothing_registered"), ("UNKNOWN", "unmapped_method"))
    for number, organisation in enumerate(_GENERIC_AT):
        account = roster[f"generic/{number}"]
        account.organisation, account.enabled, account.row = organisation, True, True
        account.methods = generic_lists[number]
        account.status, account.reason = generic_verdicts[number]
        account.sign_ins = ("2026-02-27T08:15:00Z", "2026-02-27T08:15:00Z")
    roster["generic/4"].registered = roster["generic/4"].capable = True
    for number, organisation in enumerate(_SHARED_AT):
        account = roster[f"shared/{number}"]
        account.organisation, account.recipient, account.mfa_status = organisation, "SharedMailbox", "Admin Disabled"
    for number in range(3):
        account = roster[f"shared/{number}"]
        account.enabled = account.row = True
        account.reason = "shared_unused"
    used = roster["shared/0"]
    used.status, used.reason = "NOT_REGISTERED", "nothing_registered"
    used.sign_ins = ("2026-02-27T06:02:00Z", "2026-02-27T06:02:00Z")
    roster["shared/2"].sign_ins = ("2025-10-06T10:00:00Z", "2025-10-06T10:00:00Z")
    for number, organisation in enumerate(_ROOM_AT):
        account = roster[f"room/{number}"]
        account.organisation, account.mfa_status = organisation, "Admin Disabled"
        account.recipient = "EquipmentMailbox" if number == 1 else "RoomMailbox"
    room = roster["room/2"]
    room.enabled = room.row = True
    room.reason = "room_unused"


def _outsiders_and_machines(roster: Roster) -> None:
    for number, organisation in enumerate(_GUEST_AT):
        account = roster[f"guest/{number}"]
        home = _GUEST_HOMES[number]
        account.upn = f"{home.split('.')[0]}.visitor_{home}#EXT#@{plan.EMERGENCY_DOMAIN}"
        account.organisation, account.guest, account.recipient = organisation, True, "GuestMailUser"
        account.invitation = "PendingAcceptance" if number == 4 else "Accepted"
        account.enabled = account.row = number != 5
        account.reason = "guest" if account.enabled else "disabled"
    for number, organisation in enumerate(_SERVICE_AT):
        account = roster[f"service/{number}"]
        account.organisation, account.mfa_status = organisation, "Admin Disabled"
        account.enabled = account.row = number != 4
        account.reason = "service" if account.enabled else "disabled"
    working, modern = roster["service/0"], roster["service/1"]
    for account in (working, modern):
        account.sign_ins = ("2026-03-01T23:30:00Z", "2026-03-01T23:30:00Z")
    working.status, working.reason = "NOT_REGISTERED", "nothing_registered"
    modern.status, modern.reason, modern.methods = "COMPLIANT", "ok", ["softwareOneTimePasscode"]
    modern.mfa_status = "Admin Enabled"
    roster["service/2"].sign_ins = ("2025-08-01T02:00:00Z", "2025-08-01T02:00:00Z")
    for number, methods in enumerate((["fido2SecurityKey"], ["microsoftAuthenticatorPush"])):
        account = roster[f"break_glass/{number}"]
        account.upn = account.upn.replace(plan.DOMAIN, plan.EMERGENCY_DOMAIN)
        account.organisation, account.enabled, account.row, account.methods = "ZX1", True, True, methods
        account.mfa_status = ""
    first, second = roster["break_glass/0"], roster["break_glass/1"]
    first.status, first.reason = "COMPLIANT", "ok_enforcement_not_assessed"
    second.status, second.reason = "BELOW_STRENGTH", "below_tier_minimum"
    first.sign_ins = ("2026-01-20T10:30:00Z", "2026-01-20T10:30:00Z")
    second.sign_ins = ("2025-09-30T10:30:00Z", "2025-09-30T10:30:00Z")


def role_assignments(roster: Roster) -> list[dict[str, Any]]:
    """Active directory roles, one of them held through a group."""
    rows = [
        {"id": f"sample-assignment-{number}", "principalId": roster[slot].object_id, "roleDefinitionId": role,
         "directoryScopeId": "/", "appScopeId": None,
         "principal": {"@odata.type": "#microsoft.graph.user", "id": roster[slot].object_id}}
        for number, (slot, role) in enumerate(_ACTIVE.items(), start=1)
    ]
    return [
        *rows,
        {"id": "sample-assignment-group", "principalId": ROLE_GROUP, "roleDefinitionId": HELPDESK_ADMINISTRATOR,
         "directoryScopeId": "/", "appScopeId": None,
         "principal": {"@odata.type": "#microsoft.graph.group", "id": ROLE_GROUP}},
    ]


def role_eligibilities(roster: Roster) -> list[dict[str, Any]]:
    """Eligible directory roles: one that counts, one that has ended."""
    return [
        {"id": f"sample-eligibility-{number}", "principalId": roster[slot].object_id,
         "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/", "appScopeId": None,
         "startDateTime": start, "endDateTime": end, "memberType": "Direct",
         "roleEligibilityScheduleId": f"sample-schedule-{number}"}
        for number, (slot, start, end) in enumerate(
            ((_ELIGIBLE, "2025-09-01T00:00:00Z", None),
             (_NO_LONGER_ELIGIBLE, "2025-01-01T00:00:00Z", "2025-12-31T00:00:00Z")), start=1)
    ]


def group(group_id: str, name: str, roster: Roster, slots: tuple[str, ...]) -> dict[str, Any]:
    """A group with its members."""
    members = [{"@odata.type": "#microsoft.graph.user", "id": roster[slot].object_id} for slot in slots]
    return {"id": group_id, "displayName": name, "members": members}


def role_group(roster: Roster) -> dict[str, Any]:
    """The role-assignable group behind the group's role."""
    return group(ROLE_GROUP, "Helpdesk second line", roster, (_THROUGH_GROUP,))
