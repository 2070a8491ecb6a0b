"""The plan of the 240-account tenant: organisations, who works where, how many of each verdict.

The figures are published; :func:`check` refuses a plan that does not add up to them.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

AS_OF = date(2026, 3, 2)
EFFECTIVE_FROM = date(2026, 1, 5)
DOMAIN = "nhs-sample.example"
EMERGENCY_DOMAIN = "nhs-sample.onmicrosoft.example"
TENANT_ID = "53414d50-0000-4000-8000-00000000f001"
CLOSED = "Z9X8Y"

ORGANISATIONS = {
    "ZX1": ("Northmoor Fells University Hospitals NHS Foundation Trust", "acute", 120),
    "ZX2": ("Larkfen Community and Mental Health NHS Trust", "community", 60),
    "ZX3": ("NHS Westmarsh Integrated Care Board", "icb", 18),
    "Z9A1B": ("Larkfen Lane Medical Practice", "practice", 14),
    "Z9C2D": ("Dr Okonjo & Partners, Mill Row", "practice", 10),
    "Z9E3F": ("Harbourside Pharmacy (Westmarsh) Ltd", "pharmacy", 6),
    "Z9G4H": ("Oakhollow Care Home", "care home", 8),
}
"""Code -> name, kind, accounts; four more accounts have no known code. All fictional."""

DEADLINES = {"ZX1": date(2026, 2, 13), "ZX2": date(2026, 3, 31), "Z9": date(2026, 5, 29)}
"""Organisation, or the beginning of its code -> due date of its phase."""
DEFAULT_DEADLINE = date(2026, 6, 30)

PEOPLE: dict[str, dict[tuple[str, str], int]] = {
    "ZX1": {
        ("COMPLIANT", "phishing_resistant"): 12, ("COMPLIANT", "passwordless"): 3, ("COMPLIANT", "push"): 43,
        ("COMPLIANT", "code"): 12, ("COMPLIANT_WEAK", "phone"): 7, ("NOT_REGISTERED", "none"): 8,
        ("NOT_ENFORCED", "push"): 1, ("NOT_ENFORCED", "code"): 2, ("BELOW_STRENGTH", "phone"): 2,
        ("EXEMPT", "none"): 3, ("EXEMPT_EXPIRED", "none"): 2, ("GRACE", "none"): 3, ("UNKNOWN", "none"): 1,
        ("OUT_OF_SCOPE", "none"): 5,
    },
    "ZX2": {
        ("COMPLIANT", "phishing_resistant"): 2, ("COMPLIANT", "passwordless"): 1, ("COMPLIANT", "push"): 20,
        ("COMPLIANT", "code"): 3, ("COMPLIANT_WEAK", "phone"): 8, ("NOT_REGISTERED", "none"): 6,
        ("NOT_ENFORCED", "push"): 2, ("BELOW_STRENGTH", "phone"): 1, ("EXEMPT", "none"): 2,
        ("EXEMPT_EXPIRED", "none"): 1, ("GRACE", "none"): 3, ("UNKNOWN", "none"): 1, ("OUT_OF_SCOPE", "none"): 2,
    },
    "ZX3": {
        ("COMPLIANT", "phishing_resistant"): 8, ("COMPLIANT", "push"): 3, ("COMPLIANT", "code"): 1,
        ("NOT_REGISTERED", "none"): 1, ("NOT_ENFORCED", "push"): 1, ("OUT_OF_SCOPE", "none"): 1,
    },
    "Z9A1B": {
        ("COMPLIANT", "phishing_resistant"): 1, ("COMPLIANT", "push"): 1, ("COMPLIANT", "code"): 2,
        ("COMPLIANT_WEAK", "phone"): 6, ("NOT_REGISTERED", "none"): 1,
    },
    "Z9C2D": {
        ("COMPLIANT", "phishing_resistant"): 1, ("COMPLIANT", "push"): 1, ("COMPLIANT", "code"): 1,
        ("COMPLIANT_WEAK", "phone"): 3, ("NOT_REGISTERED", "none"): 1, ("UNKNOWN", "none"): 1,
    },
    "Z9E3F": {
        ("COMPLIANT", "push"): 1, ("COMPLIANT", "code"): 1, ("COMPLIANT_WEAK", "phone"): 1,
        ("NOT_REGISTERED", "none"): 2,
    },
    "Z9G4H": {("NOT_REGISTERED", "none"): 4, ("GRACE", "none"): 1, ("OUT_OF_SCOPE", "none"): 2},
    "": {("COMPLIANT", "push"): 1, ("COMPLIANT_WEAK", "phone"): 2, ("NOT_REGISTERED", "none"): 1},
}
"""Organisation -> (status, best level) -> people."""

WARDS = ("Ward 7 (Older People)", "Emergency Medicine", "Maternity")
FACILITIES = "Estates, Facilities & Portering"
DEPARTMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "ZX1": {
        "phishing_resistant": ("Board Office", "IT & Digital", "IT & Digital", "Finance", "Theatres"),
        "passwordless": ("IT & Digital",),
        "push": (*WARDS, "Radiology", "Pathology", "Pharmacy", FACILITIES, "Medical Records", "Finance", "IT & Digital",
                 "Theatres", "Chaplaincy"),
        "code": ("Theatres", "Theatres", "Pathology", "Bank & Agency"),
        "phone": WARDS,
        "NOT_REGISTERED": ("Theatres", "Bank & Agency", WARDS[0], "Bank & Agency", FACILITIES, "Volunteers", WARDS[1],
                           "Bank & Agency"),
        "EXEMPT": ("Theatres", "Medical Records", "Radiology"),
        "EXEMPT_EXPIRED": ("Theatres", "Bank & Agency"),
        "GRACE": WARDS,
        "": ("Pathology", "Maternity", "Radiology", "Finance", "Volunteers"),
    },
    "ZX2": {
        "phishing_resistant": ("Board Office", "IT & Digital"),
        "passwordless": ("IT & Digital",),
        "push": ("Community Nursing - North", "CAMHS", "Community Nursing - North", "Finance", "CAMHS", "IT & Digital"),
        "NOT_REGISTERED": ("Community Nursing - North", "Bank & Agency", "CAMHS", "Volunteers"),
        "": ("Community Nursing - North", "CAMHS"),
    },
    "ZX3": {"phishing_resistant": ("Board Office", "Finance", "IT & Digital"), "": ("Finance", "Medical Records")},
    "Z9E3F": {"": ("Pharmacy",)},
    "Z9G4H": {"": ("Community Nursing - North",)},
}
"""Organisation -> level or status (or "" for the rest) -> departments, taken in turn."""

TITLES: dict[str, tuple[str, ...]] = {
    "Emergency Medicine": ("Staff Nurse", "Foundation Doctor Year 1", "Healthcare Assistant"),
    "Theatres": ("Consultant Anaesthetist", "Staff Nurse", "Healthcare Assistant"),
    "Radiology": ("Staff Nurse", "Student Nurse (placement)"),
    "Pathology": ("Biomedical Scientist",),
    "Pharmacy": ("Locum Pharmacist",),
    "Maternity": ("Staff Nurse", "Student Nurse (placement)"),
    "Ward 7 (Older People)": ("Staff Nurse", "Healthcare Assistant", "Ward Clerk"),
    FACILITIES: ("Porter",),
    "Medical Records": ("Ward Clerk",),
    "IT & Digital": ("Service Desk Analyst", "Infrastructure Engineer"),
    "Community Nursing - North": ("Health Visitor", "Staff Nurse", "Healthcare Assistant"),
    "CAMHS": ("Staff Nurse", "Health Visitor"),
    "Bank & Agency": ("Staff Nurse", "Healthcare Assistant"),
    "Board Office": ("Chief Nurse", "Non-executive Director"),
    "Finance": ("Finance Officer",),
    "Chaplaincy": ("Chaplain",),
    "Volunteers": ("Volunteer Coordinator",),
    "": ("GP Partner", "Staff Nurse", "Receptionist"),
}

METHODS: dict[str, tuple[list[str], ...]] = {
    "phishing_resistant": (
        ["fido2SecurityKey", "microsoftAuthenticatorPush"], ["windowsHelloForBusiness", "mobilePhone"],
        ["fido2SecurityKey"],
    ),
    "passwordless": (["microsoftAuthenticatorPasswordless", "mobilePhone"],),
    "push": (
        ["microsoftAuthenticatorPush", "softwareOneTimePasscode"], ["mobilePhone", "microsoftAuthenticatorPush"],
        ["microsoftAuthenticatorPush"],
    ),
    "code": (["softwareOneTimePasscode"], ["hardwareOneTimePasscode", "mobilePhone"], ["hardwareOneTimePasscode"]),
    "phone": (["mobilePhone"], ["mobilePhone", "email"], ["mobilePhone", "alternateMobilePhone"]),
    "none": ([],),
}
"""Best level -> method lists, taken in turn."""

PUBLISHED_STATUSES = {
    "COMPLIANT": 118, "COMPLIANT_WEAK": 27, "NOT_REGISTERED": 24, "NOT_ENFORCED": 6, "BELOW_STRENGTH": 3, "EXEMPT": 5,
    "EXEMPT_EXPIRED": 3, "GRACE": 7, "UNKNOWN": 3,
}
PUBLISHED_KINDS = {
    "person": 206, "generic": 5, "shared_mailbox": 12, "room": 4, "guest": 6, "service": 5, "break_glass": 2,
}
PUBLISHED_LEVELS = {"phone": 30, "code": 22, "push": 74, "passwordless": 4, "phishing_resistant": 24}


def deadline_of(organisation: str | None) -> date:
    """The due date of an organisation's phase, or the default."""
    code = (organisation or "").strip().upper()
    return next((due for prefix, due in DEADLINES.items() if code.startswith(prefix)), DEFAULT_DEADLINE)


def check() -> None:
    """Raise ``ValueError`` when the plan of people differs from the published figures."""
    statuses, levels = Counter[str](), Counter[str]()
    for plan in PEOPLE.values():
        for (status, level), people in plan.items():
            statuses[status] += people
            levels[level] += people
    if statuses.pop("OUT_OF_SCOPE") != 10 or statuses != PUBLISHED_STATUSES:
        raise ValueError(f"the plan's statuses differ from the published ones: {statuses}")
    del levels["none"]
    if levels != PUBLISHED_LEVELS:
        raise ValueError(f"the plan's levels differ from the published ones: {levels}")
