"""What makes the 240-account tenant messy: hostile names, doubtful dates, twins, records that contradict themselves.

:data:`NAMES` are given before addresses are made; :func:`apply` changes the accounts afterwards and says which case
touched which. No case changes a published status.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samples.nhs_roster import Roster

Name = tuple[str | None, str | None, str, str]
UNMAPPED = "somethingNew2027"
GONE = "53414d50-0000-4000-8000-000000009999"
"""An object id that no account has."""

_C, _W, _N = "COMPLIANT", "COMPLIANT_WEAK/phone", "NOT_REGISTERED/none"


def _plain(slot: str, given: str, surname: str, stem: str = "") -> tuple[str, Name]:
    return slot, (given, surname, f"{given} {surname}", stem or f"{given}.{surname}")


def _shown(slot: str, name: str, stem: str, given: str | None = None, surname: str | None = None) -> tuple[str, Name]:
    return slot, (given, surname, name, stem)


NAMES: dict[str, Name] = dict(
    (
        _shown(f"ZX1/{_C}/phishing_resistant/1", "Tobias Skylarker (administration)", "adm.tobias.skylarker", "Tobias",
               "Skylarker"),
        _plain(f"ZX1/{_C}/push/9", "Tobias", "Skylarker"),
        _plain(f"ZX1/{_C}/push/12", "Rhian", "Ashgrove"),
        _plain(f"ZX1/{_C}/push/24", "Rhian", "Ashgrove"),
        _plain(f"ZX1/{_C}/push/1", "Ciara", "O'Neill"),
        _plain(f"ZX2/{_C}/push/1", "Declan", "O’Neill"),
        _plain(f"Z9A1B/{_W}/0", "Anil", "D'Souza"),
        _plain(f"ZX1/{_C}/push/2", "Zoë", "Müller"),
        _plain(f"ZX1/{_C}/push/3", "Łukasz", "Ørsted"),
        _plain(f"ZX1/{_C}/push/4", "An", "Nguyễn"),
        _plain(f"ZX2/{_C}/push/2", "Pádraig", "Ó Súilleabháin"),
        _plain(f"ZX2/{_C}/push/3", "Elif", "Şahin"),
        _shown(f"ZX3/{_C}/phishing_resistant/2", "李 伟", "wei.li", "伟", "李"),
        _shown(f"ZX1/{_C}/code/2", "ليلى الحربي", "layla.alharbi", "ليلى", "الحربي"),
        _plain(f"ZX2/{_C}/push/4", "Siân", "Ravenscar"),
        _plain(f"ZX2/{_C}/push/10", unicodedata.normalize("NFD", "Siân"), "Ravenscar"),
        _plain(f"ZX1/{_W}/0", "Anne-Marie", "Birchenough-Wynne"),
        _plain(f"ZX1/{_W}/1", "Joost", "van der Berg"),
        _plain(f"ZX1/{_W}/2", "Inés", "de la Cruz"),
        _shown(f"ZX1/{_W}/3", "Suresh", "suresh", "Suresh"),
        _shown(f"ZX1/{_W}/4", "Marcus Whinfell Jr", "marcus.whinfell", "Marcus", "Whinfell Jr"),
        _plain(f"ZX1/{_N}/1", "Jennifer", "Null"),
        _plain(f"ZX1/{_C}/push/5", "True", "Fairweather"),
        _shown(f"ZX2/{_W}/0", "NaN", "nan", "NaN"),
        _shown(f"ZX1/{_N}/3", '=HYPERLINK("http://portal.example/reset","Reset here")', "holly.fernsby", "Holly",
               "Fernsby"),
        _shown(f"ZX2/{_N}/2", "\tGrace Umpleby", "grace.umpleby", "\tGrace", "Umpleby"),
        _shown(f"ZX1/{_C}/push/6", "  Kofi  Merriwick ", "kofi.merriwick", " Kofi", "Merriwick "),
        _plain(f"ZX1/{_C}/push/7", "Leila", "Quimbyson"),
        _shown(f"ZX1/{_C}/push/8", "Emeka\u200bThistlewood", "emeka.thistlewood", "Emeka", "Thistlewood"),
        _shown(f"ZX2/{_C}/push/6", "Gwen \u202etxt.exe Saltmarsh", "gwen.saltmarsh", "Gwen", "Saltmarsh"),
        _shown(f"ZX3/{_C}/push/1", "Wilhelmina Featherstonehaugh-Cholmondeston",
               "wilhelmina.alexandrina.clementine." + "featherstonehaugh" * 2 + ".cholmondeston", "Wilhelmina"),
        _shown(f"ZX3/{_C}/push/2", ("Perpetua " + "Clementine " * 30)[:256], "perpetua.clementine", "Perpetua"),
        _shown("generic/0", "Clinical Coding Team", "clinical.coding"),
        _shown("generic/1", "+Support Team", "support.team"),
        _shown("generic/2", "-Ward 3", "ward.3"),
        _shown("generic/3", "@Finance", "finance"),
        _shown("generic/4", "Dispensary Counter", "dispensary.counter"),
        *(
            _shown(f"shared/{n}", name, "shared." + name.replace(" ", "").lower())
            for n, name in enumerate(
                ("Theatres Rota", "Bereavement Office", "Falls Clinic", "Complaints", "Discharge Lounge",
                 "Referrals North", "Podiatry Bookings", "Safeguarding Hub", "Committee Papers", "Repeat Prescriptions",
                 "Home Visits", "Family Messages")
            )
        ),
        *(
            _shown(f"room/{n}", name, "room." + name.replace(" ", "").lower())
            for n, name in enumerate(("Boardroom East", "Portable Projector", "Consulting Room 4", "Meeting Room 2"))
        ),
        *(
            _shown(f"guest/{n}", name, f"guest.{n}")
            for n, name in enumerate(
                ("Agency Locum", "Supplier Engineer", "University Tutor", "Council Social Worker", "Charity Partner",
                 "External Auditor")
            )
        ),
        *(
            _shown(f"service/{n}", name, "svc." + name.replace(" ", "").lower())
            for n, name in enumerate(
                ("Interface Engine", "Scan To Mail", "Old Pager Bridge", "Backup Agent", "Roster Import")
            )
        ),
        _shown("break_glass/0", "Emergency access one", "emergency.one"),
        _shown("break_glass/1", "Emergency access two", "emergency.two"),
    )
)

CREATED_IN_CSV = {
    f"ZX1/{_C}/code/8": "25/12/2023",
    f"ZX1/{_C}/code/9": "45413",
    f"ZX1/{_C}/code/10": "03/04/2024",
}
"""Creation dates that only the CSV of users writes in these ways: British, Excel's serial, ambiguous."""

BOOLEANS_IN_CSV = {
    f"ZX1/{_C}/push/13": "TRUE", f"ZX1/{_C}/push/14": "True", f"ZX1/{_C}/push/15": "Yes", f"ZX1/{_C}/push/16": "1",
    f"ZX2/{_N}/4": "FALSE", f"ZX2/{_N}/5": "No", f"Z9G4H/{_N}/0": "0",
}
"""How the registration CSV writes "capable" and "registered" for these."""

LISTS_IN_CSV = {
    f"ZX1/{_C}/push/18": '["microsoftAuthenticatorPush","softwareOneTimePasscode"]',
    f"ZX1/{_C}/push/19": "mobilePhone,microsoftAuthenticatorPush",
    f"ZX1/{_C}/push/22": "mobilePhone|microsoftAuthenticatorPush",
}
"""How the registration CSV joins the methods of these."""

MIXED_CASE_IN_REGISTRATIONS = (f"ZX1/{_C}/push/25", f"ZX1/{_C}/push/27", f"ZX2/{_N}/0")
TWICE = f"ZX2/{_C}/push/7"
DURING_PAGING = "ZX1/GRACE/none/2"
NO_ROW = "Z9C2D/UNKNOWN/none/0"


def apply(roster: Roster) -> dict[str, list[str]]:
    """Make the accounts messy; case -> slots."""
    roster[f"ZX1/{_C}/push/7"].name = "Leila\u00a0Quimbyson"
    both = roster[f"ZX1/{_C}/push/22"]
    both.title, both.department = "Infrastructure Engineer\n(out of hours)", 'Ward 7 "Elms", level 2'

    for number, department in enumerate(("", "N/A", "unknown"), start=1):
        roster[f"ZX2/{_W}/{number}"].department = department
    roster[f"ZX2/{_W}/4"].title = "-"
    roster[f"ZX2/{_W}/4"].manager = None
    roster[f"none/{_W}/0"].organisation = "N/A"
    roster[f"none/{_W}/1"].organisation = "1E5"
    roster[f"none/{_N}/0"].organisation = "0815"
    roster[f"ZX2/{_C}/push/8"].organisation = "zx2"
    roster[f"ZX1/{_C}/push/23"].organisation = "ZX1 "
    roster[f"Z9C2D/{_W}/2"].organisation = "Z9X8Y"

    roster[f"ZX1/{_W}/5"].manager = GONE
    roster[f"ZX1/{_W}/6"].manager = roster["ZX1/OUT_OF_SCOPE/none/0"].object_id
    roster[f"ZX2/{_W}/5"].manager = roster[f"ZX2/{_W}/5"].object_id
    one, other = roster[f"ZX2/{_C}/code/0"], roster[f"ZX2/{_C}/code/1"]
    one.manager, other.manager = other.object_id, one.object_id

    roster[f"ZX1/{_C}/code/3"].created = "2024-05-01T09:00:00+01:00"
    roster[f"ZX1/{_C}/code/4"].created = "2021-11-08T10:15:41.6195833Z"
    roster[f"ZX1/{_C}/code/5"].created = None
    roster[f"ZX1/{_C}/code/6"].hire = "0001-01-01T00:00:00Z"
    roster[f"ZX1/{_C}/code/7"].created = "2024-02-29T08:00:00Z"
    for slot, hire in (("ZX2/GRACE/none/0", "2026-03-29T00:59:00Z"), ("ZX2/GRACE/none/1", "2026-03-29T01:00:00Z")):
        roster[slot].hire = hire

    roster[f"ZX1/{_C}/push/26"].methods = ["microsoftAuthenticatorPush", UNMAPPED]
    not_allowed = roster[f"ZX1/{_N}/4"]
    not_allowed.methods, not_allowed.registered, not_allowed.capable = ["mobilePhone"], True, False
    not_allowed.reason = "method_not_allowed"
    conflicting = roster["ZX1/UNKNOWN/none/0"]
    conflicting.registered = conflicting.capable = True
    conflicting.reason = "conflicting_record"
    unreadable = roster["ZX2/UNKNOWN/none/0"]
    unreadable.methods, unreadable.unread_row, unreadable.reason = None, True, "unreadable"
    no_record = roster[NO_ROW]
    no_record.row, no_record.reason = False, "no_record"

    leaver = roster["ZX2/OUT_OF_SCOPE/none/0"]
    leaver.sign_ins = ("2026-02-27T07:41:12Z", "2026-02-27T07:41:12Z")
    roster[f"ZX2/{_N}/3"].sign_ins = None

    return {
        "M01": [TWICE],
        "M02": [f"ZX1/{_C}/phishing_resistant/1", f"ZX1/{_C}/push/9"],
        "M03": [f"ZX1/{_C}/push/12", f"ZX1/{_C}/push/24"],
        "M04": list(MIXED_CASE_IN_REGISTRATIONS),
        "M05": [f"ZX1/{_C}/push/1", f"ZX2/{_C}/push/1", f"Z9A1B/{_W}/0"],
        "M06": [*(f"ZX1/{_C}/push/{n}" for n in (2, 3, 4)), *(f"ZX2/{_C}/push/{n}" for n in (2, 3, 4)),
                f"ZX3/{_C}/phishing_resistant/2", f"ZX1/{_C}/code/2"],
        "M07": [f"ZX2/{_C}/push/4", f"ZX2/{_C}/push/10"],
        "M08": [f"ZX1/{_W}/{n}" for n in range(5)],
        "M09": [f"ZX1/{_N}/1", f"ZX1/{_C}/push/5", f"ZX2/{_W}/0"],
        "M10": [f"ZX1/{_N}/3", f"ZX2/{_N}/2", "generic/1", "generic/2", "generic/3"],
        "M11": [f"ZX1/{_C}/push/{n}" for n in (6, 7, 8)],
        "M12": [f"ZX2/{_C}/push/6"],
        "M13": [f"ZX1/{_C}/push/22"],
        "M14": [*(f"ZX2/{_W}/{n}" for n in range(1, 5)), f"none/{_C}/push/0", f"none/{_W}/0"],
        "M15": [f"ZX1/{_W}/5", f"ZX1/{_W}/6", f"ZX2/{_W}/5", f"ZX2/{_C}/code/0", f"ZX2/{_C}/code/1"],
        "M16": [*(f"ZX1/{_C}/code/{n}" for n in range(3, 11)), "ZX2/GRACE/none/0"],
        "M17": list(BOOLEANS_IN_CSV),
        "M18": [*LISTS_IN_CSV, f"Z9G4H/{_N}/1", "ZX2/UNKNOWN/none/0"],
        "M19": [f"ZX1/{_C}/push/26", "generic/4"],
        "M20": [f"guest/{n}" for n in range(6)],
        "M21": [f"none/{_W}/1", f"none/{_N}/0", f"ZX2/{_C}/push/8", f"ZX1/{_C}/push/23", f"Z9C2D/{_W}/2"],
        "M22": [],
        "M23": [NO_ROW],
        "M24": [DURING_PAGING],
        "M25": ["ZX2/OUT_OF_SCOPE/none/0", f"ZX2/{_N}/3", f"ZX1/{_N}/5"],
        "M26": [f"ZX3/{_C}/push/1", f"ZX3/{_C}/push/2"],
        "M27": [f"ZX1/{_N}/4"],
        "M28": ["ZX1/UNKNOWN/none/0"],
        "M29": ["ZX1/EXEMPT/none/0", f"ZX1/{_C}/code/0", f"ZX1/{_N}/0"],
        "M30": ["ZX2/GRACE/none/0", "ZX2/GRACE/none/1"],
    }
