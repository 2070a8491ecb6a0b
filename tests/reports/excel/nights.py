"""Judged nights made up from a seed, with the names a directory really holds and some that attack a spreadsheet."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mfa_audit.hierarchy import forest, rolled_up
from mfa_audit.methods import BIT, CATALOGUE
from mfa_audit.policy import Policy, load_policy
from mfa_audit.reports.view import COUNTS, Night
from mfa_audit.snapshot.columnar import TableFile, TableWriter
from mfa_audit.snapshot.raw import Complaint
from mfa_audit.tables import PEOPLE, REGISTERS, Exposure, Kind, Reason, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AS_OF = date(2026, 3, 2)
EMERGENCY = ("6b000000-0000-4000-8000-ffffffffffe1", "6b000000-0000-4000-8000-ffffffffffe2")

HOSTILE = (
    '=HYPERLINK("http://evil.example","click")', "+Support Team", "-Ward 3", "@Finance", "\tTab", "=1+1",
    "{=SUM(A1)}", "O’Neill, D'Arcy", "Zoë Łukasz-Nguyễn", "李 小龙", "محمد عبد الله", "\u202egnp.exe",
    "a\u200bb\u00a0d",
    "Null", "True", "NaN", "<b>&amp;</b>", "_x0041_ underscore", "N" * 256, "ab\x07\x1b[31mred", "\ufffe\uffff",
    "two\nlines", "van der Berg Jr", "🦊🦊🦊", "'quoted", "#N/A", "1E5", "007",
)
_FIRST = ("Aisha", "Ben", "Carys", "Dmitri", "Efua", "Fionn", "Grace", "Hamid", "Ines", "Jack", "Kirsty", "Liam",
          "Mei", "Noor", "Olu", "Priya", "Ravi", "Sian", "Tomasz", "Una", "Victor", "Wanjiru", "Yusuf", "Zoë")
_LAST = ("Adeyemi", "Baker", "Chowdhury", "Davies", "Evans", "Fernandez", "Green", "Hughes", "Ibrahim", "Jones",
         "Kowalski", "Lewis", "Murphy", "Nguyen", "O'Connor", "Patel", "Quinn", "Roberts", "Singh", "Taylor",
         "Usman", "Vaughan", "Williams", "Young")
_ORGANISATIONS = {"ZX1": "Northmoor Fells Hospitals", "ZX2": "Larkfen Community Trust", "1E5": "Mill Row & Partners",
                  "Z9A1B": "Larkfen Lane Practice"}
_DEPARTMENTS = ("Emergency Medicine", "Theatres", "Radiology", "Estates, Facilities & Portering", "Finance",
                "Community Nursing - North", "Medical Records", "Bank & Agency")
_TITLES = ("Staff Nurse", "Healthcare Assistant", "Consultant Anaesthetist", "Ward Clerk", "Porter",
           "Biomedical Scientist", "Service Desk Analyst", "Volunteer Coordinator")
_MIX = ((Status.COMPLIANT, 58), (Status.COMPLIANT_WEAK, 13), (Status.NOT_REGISTERED, 12), (Status.NOT_ENFORCED, 3),
        (Status.BELOW_STRENGTH, 2), (Status.EXEMPT, 3), (Status.EXEMPT_EXPIRED, 1), (Status.GRACE, 3),
        (Status.UNKNOWN, 2), (Status.OUT_OF_SCOPE, 3))
_REASON = {
    Status.COMPLIANT: Reason.OK_ENFORCEMENT_NOT_ASSESSED, Status.COMPLIANT_WEAK: Reason.PHONE_ONLY,
    Status.NOT_REGISTERED: Reason.NOTHING_REGISTERED, Status.NOT_ENFORCED: Reason.NO_POLICY,
    Status.BELOW_STRENGTH: Reason.BELOW_TIER_MINIMUM, Status.EXEMPT: Reason.EXEMPT,
    Status.EXEMPT_EXPIRED: Reason.EXEMPTION_EXPIRED, Status.GRACE: Reason.STARTER, Status.UNKNOWN: Reason.NO_RECORD,
    Status.OUT_OF_SCOPE: Reason.DISABLED,
}
_POPULATION = {Kind.PERSON: "workforce", Kind.SHARED_MAILBOX: "shared", Kind.ROOM: "shared"}
_METHODS = {Status.COMPLIANT_WEAK: "mobile_phone", Status.BELOW_STRENGTH: "mobile_phone",
            Status.NOT_ENFORCED: "authenticator_push"}
_GOOD = ("authenticator_push", "authenticator_push;mobile_phone", "software_code", "security_key",
         "windows_hello;authenticator_push")
_USABLE = (Status.COMPLIANT, Status.COMPLIANT_WEAK, Status.BELOW_STRENGTH, Status.NOT_ENFORCED)
_OPEN = (Status.NOT_REGISTERED, Status.BELOW_STRENGTH, Status.EXEMPT_EXPIRED)


def policy(folder: Path, text: str = "") -> Policy:
    """The general policy with a deadline, two emergency accounts and whatever ``text`` adds."""
    path = folder / "policy.toml"
    path.write_text(
        "schema_version = 1\n[policy]\nid = \"mfa-mandatory\"\n"
        f"[population]\nbreak_glass = {list(EMERGENCY)!r}\n[deadlines]\ndefault = 2026-02-13\n{text}".replace("'", '"'),
        encoding="utf-8",
    )
    return load_policy(path)


def people(seed: int = 1, size: int = 300, *, hostile: bool = True, reach: int = 12) -> pd.DataFrame:
    """``size`` accounts of ``tables.PEOPLE``; each reports to somebody at most ``reach`` times nearer the top."""
    dice = random.Random(seed)
    rows = [_person(dice, key, size, hostile=hostile, reach=reach) for key in range(size)]
    frame = pd.DataFrame(rows).sort_values("account_id", kind="stable").reset_index(drop=True)
    frame["account_key"] = range(size)
    keys = dict(zip(frame["account_id"], frame["account_key"], strict=True))
    frame["manager_key"] = frame["manager_id"].map(keys).astype("Int32")
    rank = frame.sort_values(["privileged", "overdue_days", "account_key"], ascending=[False, False, True])
    frame.loc[rank.index, "priority"] = range(1, size + 1)
    frame["priority"] = frame["priority"].astype("int64")
    return frame[list(PEOPLE.names)]


def account_id(number: int) -> str:
    """The id of the made-up account ``number``."""
    return f"6b000000-0000-4000-8000-{number:012x}"


def _person(dice: random.Random, key: int, size: int, *, hostile: bool, reach: int) -> dict[str, Any]:
    kind = Kind.PERSON
    if key >= size - 2:
        kind = Kind.BREAK_GLASS
    elif dice.random() < 0.05:
        kind = dice.choice((Kind.SERVICE, Kind.SHARED_MAILBOX, Kind.ROOM, Kind.GENERIC, Kind.GUEST))
    status = dice.choices([status for status, _ in _MIX], [weight for _, weight in _MIX])[0]
    name = f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
    if hostile and dice.random() < 0.12:
        name = HOSTILE[key % len(HOSTILE)]
    organisation = dice.choices([*_ORGANISATIONS, None], [60, 25, 10, 4, 1])[0]
    due = AS_OF + timedelta(days=dice.choice((-56, -17, -17, -1, 0, 9, 29, 120)))
    late = max((AS_OF - due).days, 0) if status in _OPEN else 0
    methods = _METHODS.get(status) or (dice.choice(_GOOD) if status is Status.COMPLIANT else "")
    bits = sum(BIT[one] for one in methods.split(";") if one)
    levels = [method.level for method in CATALOGUE if bits & BIT[method.name]]
    in_scope = status is not Status.OUT_OF_SCOPE
    privileged = dice.random() < 0.04
    manager = None if key == 0 or dice.random() < 0.06 else account_id(max(0, key // reach - dice.randint(0, 1)))
    exposure = Exposure.FIRST_REGISTRATION_OPEN if not methods else Exposure.PHISHABLE
    return {
        "account_id": EMERGENCY[size - 1 - key] if kind is Kind.BREAK_GLASS else account_id(key),
        "user_principal_name": f"emergency{key}@tenant.example" if kind is Kind.BREAK_GLASS
        else f"{name.encode('ascii', 'ignore').decode().split(' ')[0].lower()[:64]}.{key}@sample.example",
        "display_name": None if hostile and dice.random() < 0.01 else name,
        "mail": None,
        "job_title": dice.choice((*_TITLES, None)),
        "organisation": organisation,
        "department": dice.choice((*_DEPARTMENTS, None)),
        "manager_id": manager if manager != account_id(key) else None,
        "kind": kind,
        "population": _POPULATION.get(kind, str(kind)),
        "tier": "privileged" if privileged else "staff",
        "status": status,
        "reason": _REASON[status],
        "exposure": exposure if in_scope else None,
        "best_level": None if status is Status.UNKNOWN else max(levels).label if levels else "none",
        "methods": None if status is Status.UNKNOWN else methods,
        "phone_only": methods == "mobile_phone",
        "required": dice.choice(("yes", "no", "unknown", "unknown")),
        "proven": None,
        "due": due if in_scope else None,
        "overdue_days": late,
        "exemption_id": f"EX-{key}" if status in (Status.EXEMPT, Status.EXEMPT_EXPIRED) else None,
        "findings": "MFA-REG-01;MFA-STR-02" if status in _OPEN else None,
        "account_key": key,
        "manager_key": None,
        "in_scope": in_scope,
        "usable": status in _USABLE,
        "privileged": privileged,
        "portal_role": "Local Administrator" if privileged and dice.random() < 0.5 else None,
        "method_bits": bits,
        "registered_bits": bits,
        "account_enabled": "yes" if in_scope else "no",
        "dormant": dice.random() < 0.03,
        "leaver": dice.random() < 0.01,
        "away": dice.random() < 0.02,
        "last_sign_in": AS_OF - timedelta(days=dice.randint(0, 200)),
        "starter_until": None,
        "responsible_id": account_id(1) if kind in (Kind.GENERIC, Kind.SERVICE) else None,
        "access_class": 0,
        "asked": dice.choice(("never", "somewhere", "everywhere", "cannot_tell")),
        "ready": dice.choice(("yes", "no", "unknown")),
        "priority": 0,
    }


def night(folder: Path, frame: pd.DataFrame, *, complete: bool = True, assessed: bool = False, policy_text: str = "",
          with_quality: bool = True) -> Night:
    """A whole night around ``frame``, its roll-ups and figures counted from it."""
    path = folder / "people.parquet"
    with TableWriter(path, PEOPLE) as writer:
        writer.append(frame)
    workforce = frame[(frame["population"] == "workforce") & frame["in_scope"]]
    exemptions = _exemptions(frame)
    rules = policy(folder, policy_text)
    return Night(
        summary=_summary(frame, workforce, rules, complete=complete, assessed=assessed),
        policy=rules,
        people=TableFile(path),
        by_organisation=_roll_up(workforce, ["organisation"]),
        by_department=_roll_up(workforce, ["department"]),
        by_manager=_by_manager(frame, workforce),
        controls=_controls(),
        methods=_methods(workforce),
        exemptions=exemptions,
        quality=_quality() if with_quality else (),
        sources=pd.DataFrame(
            {
                "file": ["graph/users_page1.json", "csv/registration & details.csv"],
                "recognised_as": ["Graph: users", "Entra portal: registration details"],
                "table": ["accounts", "registrations"],
                "rows": [len(frame), len(frame) - 3],
                "sha256": ["ab" * 32, "cd" * 32],
                "newest_fact": [pd.Timestamp("2026-03-01T22:10:00"), pd.NaT],
            }
        ),
        reconciliation=pd.DataFrame(
            {"line": ["sum over statuses = census", "ids are unique"], "left": [len(frame)] * 2,
             "right": [len(frame)] * 2, "holds": [True, True]}
        ),
        organisation_names=dict(_ORGANISATIONS),
        tenant_name="Sample & Sons",
        reminded=pd.DataFrame(
            {"stage": ["S1", "S2"], "told": [10, 4], "recent": [2, 4], "soon": [6, 0], "later": [1, 0]}
        ),
        as_of=AS_OF,
        delete_by=date(2027, 4, 6),
        marking="OFFICIAL-SENSITIVE & private",
        access=_access(frame),
        touched=None,
    )


def _access(frame: pd.DataFrame) -> dict[str, Any]:
    """``access.json`` of a night, its lists counted from it."""
    scope = frame[frame["in_scope"]]
    tiers = {str(tier): {"asked": int(count), "not_asked": 0, "blocked": 0, "unknown": 0}
             for tier, count in scope["tier"].value_counts().items()}
    return {
        "schema": "mfa-audit/access/1", "cannot_tell_for_want_of": [],
        "lists": {name: int((scope["asked"] == name).sum())
                  for name in ("never", "cannot_tell", "somewhere", "everywhere", "no_access")},
        "scenarios": {"personal_computer": {"label": "Personal computer & tablet", "tiers": tiers}},
        "gaps": [{"id": "in_no_policy", "severity": severity, "policy": HOSTILE[place], "policy_id": f"c{place}",
                  "accounts": place, "listed": place, "found": "no policy takes them in", "would_close": "add one"}
                 for place, severity in enumerate(("high", "medium", "low", "info"))],
    }


def _roll_up(frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    status = {"compliant": Status.COMPLIANT, "weak": Status.COMPLIANT_WEAK, "not_registered": Status.NOT_REGISTERED,
              "below_strength": Status.BELOW_STRENGTH, "not_enforced": Status.NOT_ENFORCED, "grace": Status.GRACE,
              "exempt": Status.EXEMPT, "exempt_expired": Status.EXEMPT_EXPIRED, "unknown": Status.UNKNOWN}
    counted = frame[list(key)].assign(
        in_scope=1,
        **{name: (frame["status"] == value).astype("int64") for name, value in status.items()},
        usable=frame["usable"].astype("int64"),
        overdue=(frame["overdue_days"] > 0).astype("int64"),
        oldest_overdue_days=frame["overdue_days"],
        **{name: frame["phone_only"].astype("int64")
           for name in ("blocked", "lose_spare", "lose_password_reset", "default_is_phone")},
        deadline=pd.to_datetime(frame["due"]).where(~frame["status"].isin([Status.COMPLIANT, Status.COMPLIANT_WEAK])),
    )
    how: dict[str, Any] = dict.fromkeys(COUNTS, "sum")
    how |= {"oldest_overdue_days": "max", "deadline": "min"}
    return counted.groupby(list(key), dropna=False).agg(how).reset_index()


def _by_manager(frame: pd.DataFrame, workforce: pd.DataFrame) -> pd.DataFrame:
    named = workforce.assign(manager_name=workforce["manager_id"].map(frame.set_index("account_id")["display_name"]))
    direct = _roll_up(named, ["manager_id"])
    direct.insert(1, "manager_name", direct["manager_id"].map(frame.set_index("account_id")["display_name"]))
    parents, _ = forest(frame["manager_key"].fillna(-1).to_numpy("int64"))
    own = _roll_up(workforce, ["account_key"]).set_index("account_key").reindex(frame["account_key"])
    sums = rolled_up(parents, own[list(COUNTS)].fillna(0).to_numpy("int64"), np.add)
    below = pd.DataFrame(sums, columns=[f"all_{name}" for name in COUNTS], index=frame["account_id"])
    direct["manager_id"] = direct["manager_id"].astype("str")
    joined = direct.join(below.set_axis(below.index.astype("str")), on="manager_id")
    for name in COUNTS:
        joined[f"all_{name}"] = joined[f"all_{name}"].fillna(joined[name]).astype("int64")
    return joined.assign(all_deadline=joined["deadline"])


def _controls() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "control_id": ["MFA-REG-01", "MFA-ENF-05", "MFA-BGA-01"],
            "title": ["Has a usable second factor", "Old protocols are blocked", "At least two emergency accounts"],
            "severity": ["H", "H", "C"], "passed": [210, 0, 1], "failed": [34, 0, 0], "excepted": [9, 0, 0],
            "not_assessed": [4, 1, 0], "not_applicable": [12, 0, 0],
            "worst_reason": ["nothing_registered", None, None], "rests_on": ["NHSE policy", "-", "Microsoft"],
            "remediation": ["Set up a second sign-in method; start with the privileged.",
                            "Block legacy authentication with a Conditional Access policy.", None],
            "owner": ["staff", "administrator", "administrator"],
        }
    )


def _methods(workforce: pd.DataFrame) -> pd.DataFrame:
    rows = []
    bits = workforce["method_bits"]
    best = workforce["best_level"]
    for method in CATALOGUE:
        has = (bits & BIT[method.name]) > 0
        rows.append({"method": method.name, "label": method.label, "level": method.level.label,
                     "with_it": int(has.sum()), "best": int((has & (best == method.level.label)).sum()),
                     "sole": int((bits == BIT[method.name]).sum()), "accepted": method.name != "office_phone",
                     "ends_on": date(2027, 2, 1) if method.level.label == "phone" else None})
    return pd.DataFrame(rows)


def _exemptions(frame: pd.DataFrame) -> pd.DataFrame:
    held = frame[frame["exemption_id"].notna()]
    columns = {name: [] for name in REGISTERS["exemptions"].names}
    states, left, findings = [], [], []
    for place, one in enumerate(held.itertuples()):
        ended = one.status == Status.EXEMPT_EXPIRED
        values = (one.exemption_id, one.account_id, ("accessibility", "no_suitable_device")[place % 2], "Head of IT",
                  "Chief Nurse", "SIRO", "2025-11-01", "2026-01-31" if ended else "2026-04-30", f"INC{place:05}",
                  f"Secret adjustment {place}" if place % 2 == 0 else "Managed device only", None, None)
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
        states.append("expired" if ended else "active")
        left.append(-30 if ended else 59)
        findings.append("MFA-EXM-02" if ended else None)
    register = pd.DataFrame(columns, dtype="str")
    return register.assign(holder_name=held["display_name"].to_numpy(), organisation=held["organisation"].to_numpy(),
                           state=states, days_left=left, findings=pd.Series(findings, dtype="str"))


def _quality() -> tuple[Complaint, ...]:
    return (
        Complaint("unreadable date", 3, ("users.csv:14", "=evil.csv:9"), "starts are not known: no grace",
                  "write dates as 2026-03-02"),
        Complaint("no department", 41, (), "counted under “no department”", "fill the attribute in the directory"),
    )


def _summary(
    frame: pd.DataFrame, workforce: pd.DataFrame, rules: Policy, *, complete: bool, assessed: bool
) -> dict[str, Any]:
    populations = {}
    for name, group in frame.groupby("population"):
        counts = group["status"].astype("str").value_counts().to_dict()
        populations[name] = {"census": len(group), "in_scope": int(group["in_scope"].sum()),
                             "statuses": {str(status): int(counts.get(status, 0)) for status in Status}}
    counts = workforce["status"].astype("str").value_counts().to_dict()
    scope = len(workforce)
    good, weak = counts.get("COMPLIANT", 0), counts.get("COMPLIANT_WEAK", 0)
    usable = int(workforce["usable"].sum())
    privileged = workforce[workforce["privileged"]]
    known = scope if assessed else int((workforce["required"] != "unknown").sum())
    late = workforce.loc[workforce["overdue_days"] > 0, "overdue_days"]
    figures = {
        "census": len(frame), "workforce_in_scope": scope, "compliant": good, "compliant_weak": weak,
        "not_registered": counts.get("NOT_REGISTERED", 0), "not_enforced": counts.get("NOT_ENFORCED", 0),
        "exempt": counts.get("EXEMPT", 0), "exempt_expired": counts.get("EXEMPT_EXPIRED", 0),
        "grace": counts.get("GRACE", 0), "below_strength": counts.get("BELOW_STRENGTH", 0),
        "unknown": counts.get("UNKNOWN", 0), "compliance": [good + weak, scope],
        "compliance_of_obligated": [good + weak, scope - counts.get("EXEMPT", 0)], "coverage": [usable, scope],
        "required": [int((workforce["required"] == "yes").sum()), known],
        "phishing_resistant": [int((workforce["best_level"] == "phishing_resistant").sum()), scope],
        "phone_only": [int(workforce["phone_only"].sum()), usable],
        "privileged_gap": [int((privileged["status"] != "COMPLIANT").sum()), len(privileged)],
        "password_only": counts.get("NOT_ENFORCED", 0), "first_registration_open": scope - usable,
        "overdue": len(late), "overdue_median_days": int(late.median()) if len(late) else 0,
    }
    return {
        "schema": "mfa-audit/summary/1", "as_of": AS_OF.isoformat(), "complete": complete,
        "gaps": [] if complete else [{"table": "registrations", "reason": "page 3 of 9 could not be read"}],
        "policy": {"id": rules.about.id, "version": rules.about.version, "sha256": rules.sha256},
        "populations": populations, "key_figures": figures,
        "headline_kind": "compliant" if known == scope else "registered",
        "retirement": {"ends_on": "2027-02-01", "days_left": 336, "if_nobody_acts": [good, scope],
                       "cohorts": {"blocked": weak, "lose_spare": 11, "lose_password_reset": 7, "default_is_phone": 19,
                                   "guests": 2}},
        "scenarios": None,
    }
