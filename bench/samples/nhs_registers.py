"""What the fictional organisations keep themselves: policy, exemptions, owners, codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples import nhs_plan as plan
from samples.nhs_messy import GONE
from samples.shapes import csv_text, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from samples.nhs_roster import Roster

POLICY = """\
# The mandatory-MFA policy of the sample tenant. What is not here is the preset's, and what is not there is the default.
schema_version = 1
preset = "nhs"

[policy]
id             = "sample-mfa"
version        = "2026.1"
owner          = "Chief Information Officer"
approved_by    = "Senior Information Risk Owner"
approved_on    = 2025-12-15
review_by      = 2026-12-15
effective_from = 2026-01-05

[population]
break_glass = [{break_glass}]

[networks]
inside          = ["203.0.113.10"]
mfa_trusted_ips = []

[deadlines]
default = 2026-06-30

[[deadlines.phases]]
id            = "wave-1"
label         = "Acute trust"
organisations = ["ZX1"]
start         = 2026-01-05
deadline      = 2026-02-13

[[deadlines.phases]]
id            = "wave-2"
label         = "Community trust"
organisations = ["ZX2"]
start         = 2026-02-16
deadline      = 2026-03-31

[[deadlines.phases]]
id            = "wave-3"
label         = "Practices, pharmacy, care home"
organisations = ["Z9*"]
start         = 2026-03-30
deadline      = 2026-05-29

[break_glass]
last_tested = {{ {last_tested} }}

[sources]
tenant_domains = ["nhs-sample.example", "nhs-sample.onmicrosoft.example"]
"""

_EXEMPTIONS = (
    "exemption_id", "account_id", "category", "owner", "approver", "approver_role", "approved_on", "expires_on",
    "ticket", "compensating_control", "risk_ref", "exit_plan",
)
_APPROVERS = {
    "siro": ("Senior Information Risk Owner", "SIRO"),
    "ciso": ("Chief Information Security Officer", "CISO"),
    "board": ("Audit Committee Chair", "Board delegate"),
    "manager": ("Theatre manager", "Manager"),
}
_CONTROLS = {
    "ward": "Sign-in from the ward network only",
    "unit": "Sign-in from the secure unit only",
    "shared": "Mail read on the ward computer",
}
_ENTRIES = """
ZX1/EXEMPT/none/0           no_suitable_device ward   siro    2026-01-12 2026-06-30 CHG-1001
ZX1/EXEMPT/none/1           secure_location    unit   ciso    2025-12-01 2026-05-29 CHG-1002
ZX1/EXEMPT/none/2           accessibility      shared siro    2025-09-15 2026-09-14 CHG-1003
ZX2/EXEMPT/none/0           clinical_risk      unit   board   2025-09-11 2026-03-09 CHG-1004
ZX2/EXEMPT/none/1           accessibility      shared ciso    2026-02-02 2026-07-31 CHG-1005
ZX1/EXEMPT/none/0           no_suitable_device ward   siro    2026-02-16 2026-08-14 CHG-1006
ZX1/EXEMPT_EXPIRED/none/0   no_suitable_device ward   siro    2025-10-01 2026-01-31 CHG-0901
ZX1/EXEMPT_EXPIRED/none/1   technical          ward   ciso    2025-12-01 2026-03-01 CHG-0902
ZX2/EXEMPT_EXPIRED/none/0   clinical_risk      unit   board   2025-07-01 2025-12-19 CHG-0903
nobody                      other              ward   siro    2026-01-12 2026-06-30 CHG-2001
ZX1/COMPLIANT/code/0        technical          ward   ciso    2026-06-30 2026-01-12 CHG-2002
ZX1/NOT_REGISTERED/none/0   other              ward   holder  2026-01-12 2026-06-30 CHG-2003
ZX1/NOT_REGISTERED/none/2   no_suitable_device ward   siro    2026-01-12 2026-06-30 -
ZX2/NOT_REGISTERED/none/0   clinical_risk      unit   board   2026-03-09 2026-08-28 CHG-2005
ZX1/COMPLIANT/push/10       no_suitable_device ward   siro    2026-01-12 2026-06-30 CHG-2006
ZX1/COMPLIANT/push/11       technical          ward   manager 2026-01-12 2026-06-30 CHG-2007
ZX1/BELOW_STRENGTH/phone/0  technical          ward   ciso    2026-01-12 2026-06-30 CHG-2008
"""
"""Who, why, control, approver, approved on, expires on, ticket. First the good entries, two of them overlapping; then
three that have ended; then one of each fault a register can have: for nobody, ending before it was approved, approved
by the holder, without a ticket, not approved yet, not needed, approved by the wrong role, for an administrator."""


def exemption_rows(roster: Roster) -> list[list[str]]:
    """The register of exemptions as rows."""
    rows = []
    for number, line in enumerate(_ENTRIES.strip().splitlines(), start=1):
        slot, category, control, approver, approved, expires, ticket = line.split()
        account = roster.slots.get(slot)
        organisation = "ZX2" if slot.startswith("ZX2") else "ZX1"
        by = (account.upn, "CISO") if account and approver == "holder" else _APPROVERS[approver]
        rows.append([
            f"EX-{number:03d}", account.object_id if account else GONE, category,
            roster[f"{organisation}/COMPLIANT/phishing_resistant/0"].upn, *by, approved, expires,
            "" if ticket == "-" else ticket, _CONTROLS[control], f"RISK-{number:03d}",
            "Security key when the pilot ends" if ticket.startswith("CHG-1") else "",
        ])
    return rows


def write(folder: Path, roster: Roster) -> None:
    """The policy and every register, side by side in ``folder``."""
    emergency = [roster[f"break_glass/{number}"] for number in range(2)]
    tested = zip(emergency, ("2026-01-20", "2025-09-30"), strict=True)
    write_text(folder / "policy.toml", POLICY.format(
        break_glass=", ".join(f'"{account.object_id}"' for account in emergency),
        last_tested=", ".join(f'"{account.object_id}" = {day}' for account, day in tested),
    ))

    def register(name: str, header: tuple[str, ...], rows: list[list[str]]) -> None:
        write_text(folder / f"{name}.csv", csv_text(header, rows, end="\n"))

    register("exemptions", _EXEMPTIONS, exemption_rows(roster))
    register("service_accounts", ("account_id", "owner", "purpose", "compensating_control", "review_by"), [
        [roster["service/0"].object_id, "Integration team", "Interface engine", "Fixed source addresses", "2026-12-31"],
        [roster["service/1"].object_id, "Infrastructure team", "Scan to mail", "Sends inside the tenant", "2026-09-30"],
        [roster["service/2"].object_id, "Switchboard", "Pager bridge", "", ""],
        [roster["service/3"].object_id, "Infrastructure team", "Backup agent", "Fixed source addresses", "2026-12-31"],
        [roster["service/4"].upn, "Workforce systems", "Roster import", "Fixed source addresses", "2026-06-30"],
    ])
    responsible = (
        "ZX1/COMPLIANT/push/7", "Z9A1B/COMPLIANT/push/0", "", "Z9C2D/COMPLIANT/push/0", "Z9E3F/COMPLIANT/push/0",
    )
    register("generic_accounts", ("account_id", "responsible_person_id", "team"), [
        [roster[f"generic/{number}"].object_id, roster[slot].object_id if slot else "", team]
        for number, (slot, team) in enumerate(
            zip(responsible, ("Clinical coding", "Reception", "Nursing", "Accounts", "Dispensary"), strict=True))
    ])
    register("privileged_accounts", ("account_id", "portal_role"), [
        [account.object_id, account.portal_role] for account in roster.accounts if account.portal_role
    ])
    practice = next(a.upn for a in roster.accounts if a.title == "Practice Manager")
    register("organisations", ("organisation_code", "name", "kind", "status", "local_admin_email", "successor_code"), [
        *([code, name, kind, "open", _local_administrator(code, practice, roster), ""]
          for code, (name, kind, _) in plan.ORGANISATIONS.items()),
        [plan.CLOSED, "Mill Row Surgery (closed)", "practice", "closed", "", "Z9C2D"],
    ])
    register("pauses", ("account_id", "from", "until", "ticket"), [
        [roster["ZX2/NOT_REGISTERED/none/4"].object_id, "2026-02-20", "2026-04-20", "HR-301"],
        [roster["ZX1/NOT_REGISTERED/none/2"].object_id, "2026-01-12", "2026-02-20", "HR-302"],
    ])


def _local_administrator(code: str, practice: str, roster: Roster) -> str:
    slots = {"ZX1": "ZX1/COMPLIANT/passwordless/0", "ZX2": "ZX2/COMPLIANT/push/5",
             "ZX3": "ZX3/COMPLIANT/phishing_resistant/2"}
    return roster[slots[code]].upn if code in slots else practice
