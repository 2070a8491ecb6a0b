"""Small nights for the terminal, the machine files and the lists: real tables on disk, a real policy, plain counts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.policy import load_policy
from mfa_audit.reports.view import Night
from mfa_audit.snapshot.columnar import TableFile, TableWriter
from mfa_audit.snapshot.frames import empty_frame, typed_frame
from mfa_audit.tables import PEOPLE, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

AS_OF = dt.date(2026, 3, 2)
DUE = dt.date(2026, 2, 13)
LATER = dt.date(2026, 3, 31)
TYPES = {column.name: column.type for column in PEOPLE.columns}

_REASON = {
    Status.COMPLIANT: "ok_enforcement_not_assessed", Status.COMPLIANT_WEAK: "phone_only",
    Status.NOT_REGISTERED: "nothing_registered", Status.BELOW_STRENGTH: "below_tier_minimum",
    Status.NOT_ENFORCED: "no_policy", Status.GRACE: "starter", Status.EXEMPT: "exempt",
    Status.EXEMPT_EXPIRED: "exemption_expired", Status.UNKNOWN: "no_record", Status.OUT_OF_SCOPE: "disabled",
}
_HAS_FACTOR = (Status.COMPLIANT, Status.COMPLIANT_WEAK, Status.NOT_ENFORCED, Status.BELOW_STRENGTH)
_LATE = (Status.NOT_REGISTERED, Status.BELOW_STRENGTH, Status.EXEMPT_EXPIRED)


ACCESS: dict[str, Any] = {
    "schema": "mfa-audit/access/1", "cannot_tell_for_want_of": [],
    "lists": {"never": 1, "cannot_tell": 2, "somewhere": 20, "everywhere": 1, "no_access": 0},
    "scenarios": {"personal_computer": {"label": "Personal computer", "tiers": {
        "staff": {"asked": 19, "not_asked": 1, "blocked": 0, "unknown": 2}}}},
    "gaps": [{"id": "legacy_open", "severity": "high", "policy": "", "policy_id": "", "accounts": 24, "listed": 24,
              "found": "old mail protocols get in with a password", "would_close": "block them"}],
}


def person(key: int, name: str | None, status: Status = Status.NOT_REGISTERED, **more: Any) -> dict[str, Any]:
    """A row of ``tables.PEOPLE``: a member of staff due on 13 February 2026, unless ``more`` says otherwise."""
    usable = status in _HAS_FACTOR
    row: dict[str, Any] = {
        "account_id": f"5a000000-0000-4000-8000-{key:012d}", "user_principal_name": f"account.{key}@corp.example",
        "display_name": name, "mail": f"account.{key}@corp.example", "job_title": "Porter", "organisation": "ZX1",
        "department": "Theatres", "manager_id": None, "kind": "person", "population": "workforce", "tier": "staff",
        "status": status.value, "reason": _REASON[status],
        "exposure": "phishable" if usable else "first_registration_open",
        "best_level": "push" if usable else "none", "methods": "authenticator_push" if usable else "",
        "phone_only": status is Status.COMPLIANT_WEAK, "required": "yes", "proven": None, "due": DUE,
        "exemption_id": None, "findings": None, "account_key": key, "manager_key": None,
        "in_scope": status is not Status.OUT_OF_SCOPE,
        "usable": usable, "privileged": False, "portal_role": None, "method_bits": 0, "registered_bits": 0,
        "account_enabled": "yes", "dormant": False, "leaver": False, "away": False, "last_sign_in": None,
        "starter_until": None, "responsible_id": None, "access_class": 0, "asked": "somewhere", "ready": "yes", **more,
    }
    late = (AS_OF - row["due"]).days if row["due"] and Status(row["status"]) in _LATE else 0
    row.setdefault("overdue_days", max(0, late))
    row.setdefault("priority", (not row["privileged"]) * 1_000_000 + 99_999 - row["overdue_days"])
    return row


def staff() -> list[dict[str, Any]]:
    """Twenty-four accounts of two organisations, every status among them, names from many scripts."""
    manager = {"manager_key": 1, "manager_id": "5a000000-0000-4000-8000-000000000001"}
    elsewhere = {"organisation": "ZX2", "department": "Community Nursing - North", "due": LATER}
    return [
        person(1, "Siân Ó Súilleabháin", Status.COMPLIANT),
        person(2, "Łukasz Müller", Status.COMPLIANT_WEAK, **manager),
        person(3, "Amara Okonjo", **manager),
        person(4, "李小龍", **manager),
        person(5, "=HYPERLINK(\"http://x\",\"y\")", **manager, department="Estates, Facilities & Portering"),
        person(6, "[red]Zoë O’Neill[/red]", **manager, away=True),
        person(7, "Null", **(elsewhere | {"department": None})),
        person(8, "محمد الأحمد", **elsewhere),
        person(9, "Nguye\u0302\u0303n Thi\u0323 Hoa", dormant=True, **elsewhere),
        person(10, "\x1b]0;owned\x07Mallory\x1b[31m", organisation=None),
        person(11, "👩🏽‍⚕️ Dr Emoji", leaver=True),
        person(12, "van der Berg-Featherstonehaugh, Maximiliana Augusta Josephine", **manager),
        person(13, "Jo Starter", Status.GRACE, due=dt.date(2026, 3, 11), starter_until=dt.date(2026, 3, 11)),
        person(14, "Exempt Person", Status.EXEMPT, exemption_id="EX-1"),
        person(15, "Ended Exception", Status.EXEMPT_EXPIRED, exemption_id="EX-2", **manager),
        person(16, "Never Asked", Status.NOT_ENFORCED, exposure="password_only", required="no"),
        person(17, "Not Known", Status.UNKNOWN, methods=None, best_level=None),
        person(18, "Weak Admin", Status.BELOW_STRENGTH, privileged=True, tier="privileged", portal_role="Helpdesk",
               due=dt.date(2026, 1, 5), findings="MFA-ADM-01;MFA-STR-01"),
        person(19, "Good Admin", Status.COMPLIANT, privileged=True, tier="privileged"),
        person(20, "Left Long Ago", Status.OUT_OF_SCOPE, due=None),
        person(21, "Reception", Status.NOT_REGISTERED, kind="generic", population="generic", tier="generic",
               responsible_id="ACCOUNT.3@corp.example", mail=None),
        person(22, "Post room", Status.NOT_REGISTERED, kind="generic", population="generic", tier="generic"),
        person(23, "Emergency 1", Status.COMPLIANT, kind="break_glass", population="break_glass", tier="break_glass"),
        person(24, "Emergency 2", Status.NOT_REGISTERED, kind="break_glass", population="break_glass",
               tier="break_glass"),
    ]


def night(folder: Path, rows: Iterable[Mapping[str, Any]], *, assessed: bool = True, complete: bool = True,
          names: Mapping[str, str] | None = None, own_telephony: bool = False) -> Night:
    """A night of ``rows``: people on disk in ``folder``, roll-ups and the summary counted from them."""
    frame = typed_frame(pd.DataFrame(list(rows), columns=list(PEOPLE.names)).astype(object), TYPES) if rows else (
        empty_frame(PEOPLE))
    if not assessed:
        frame["required"] = "unknown"
    with TableWriter(folder / "people.parquet", PEOPLE) as table:
        table.append(frame)
    workforce = frame[(frame["population"] == "workforce") & frame["in_scope"]]
    policy = load_policy()
    if own_telephony:
        methods = policy.methods.model_copy(update={"own_telephony_groups": ("5a000000-0000-4000-8000-00000000ffff",)})
        policy = policy.model_copy(update={"methods": methods})
    by_manager = _roll_up(workforce, "manager_id")
    by_id = frame.set_index("account_id")["display_name"]
    by_manager.insert(1, "manager_name", by_manager["manager_id"].map(by_id))
    return Night(
        summary=_summary(frame, workforce, assessed=assessed, complete=complete), policy=policy,
        people=TableFile(folder / "people.parquet"), by_organisation=_roll_up(workforce, "organisation"),
        by_department=_roll_up(workforce, "department"), by_manager=by_manager, controls=pd.DataFrame(),
        methods=pd.DataFrame(), exemptions=pd.DataFrame(), quality=(), sources=pd.DataFrame(),
        reconciliation=pd.DataFrame(), access=ACCESS, touched=None,
        organisation_names=names if names is not None else {"ZX1": "Northmoor Fells Hospitals", "ZX2": "Larkfen Care"},
        tenant_name="Corp Example", as_of=AS_OF, delete_by=None, marking="Confidential: names people",
    )


def _roll_up(people: pd.DataFrame, key: str) -> pd.DataFrame:
    names = {"compliant": "COMPLIANT", "weak": "COMPLIANT_WEAK"} | {
        status.value.lower(): status.value for status in Status if status not in ("COMPLIANT", "COMPLIANT_WEAK")}
    marks = {name: (people["status"] == status).astype("int64") for name, status in names.items()}
    late = people["overdue_days"].where(~people["away"], 0)
    frame = pd.DataFrame({key: people[key], "in_scope": 1, **marks, "usable": people["usable"].astype("int64"),
                          "overdue": (late > 0).astype("int64"), "oldest_overdue_days": late,
                          **dict.fromkeys(("blocked", "lose_spare", "lose_password_reset", "default_is_phone"), 0),
                          "deadline": people["due"]})
    how = dict.fromkeys(frame.columns[1:], "sum") | {"oldest_overdue_days": "max", "deadline": "min"}
    return frame.groupby(key, dropna=False).agg(how).reset_index()


def _summary(frame: pd.DataFrame, people: pd.DataFrame, *, assessed: bool, complete: bool) -> dict[str, Any]:
    of = {status: int((people["status"] == status.value).sum()) for status in Status}
    met, total, usable = of[Status.COMPLIANT] + of[Status.COMPLIANT_WEAK], len(people), int(people["usable"].sum())
    admins = people[people["privileged"]]
    late = people.loc[people["overdue_days"] > 0, "overdue_days"]
    populations = {}
    for name, part in frame.groupby("population"):
        statuses = {status.value: int((part["status"] == status.value).sum()) for status in Status}
        populations[name] = {"census": len(part), "in_scope": int(part["in_scope"].sum()), "statuses": statuses}
    return {
        "schema": "mfa-audit/summary/1", "as_of": AS_OF.isoformat(), "complete": complete,
        "gaps": [] if complete else [{"table": "registrations", "reason": "page 3 of 4 was refused"}],
        "policy": {"id": "mfa-mandatory", "version": "1.0", "sha256": "0" * 64}, "populations": populations,
        "key_figures": {
            "census": len(frame), "workforce_in_scope": total,
            **{("compliant_weak" if s is Status.COMPLIANT_WEAK else s.value.lower()): n for s, n in of.items()
               if s is not Status.OUT_OF_SCOPE},
            "compliance": [met, total], "compliance_of_obligated": [met, total - of[Status.EXEMPT]],
            "coverage": [usable, total],
            "required": [int((people["required"] == "yes").sum()), total] if assessed else [0, 0],
            "phishing_resistant": [0, total], "phone_only": [int(people["phone_only"].sum()), usable],
            "privileged_gap": [int((~admins["status"].str.startswith("COMPLIANT")).sum()), len(admins)],
            "password_only": int((people["exposure"] == "password_only").sum()),
            "first_registration_open": int((people["exposure"] == "first_registration_open").sum()),
            "overdue": len(late), "overdue_median_days": float(late.median()) if len(late) else None,
        },
        "headline_kind": "compliant" if assessed else "registered",
        "retirement": {
            "ends_on": "2027-02-01", "days_left": 336, "if_nobody_acts": [of[Status.COMPLIANT], total],
            "cohorts": {"blocked": of[Status.COMPLIANT_WEAK], "lose_spare": 3, "lose_password_reset": 0,
                        "default_is_phone": 2, "guests": 1},
        },
        "scenarios": None,
    }
