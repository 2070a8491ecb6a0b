"""The fictional NHS tenant of 240 accounts in every shape its files come in."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from samples import nhs_access, nhs_messy, nhs_registers, nhs_special, shapes
from samples import nhs_plan as plan
from samples.nhs_roster import Roster
from samples.verdicts import expected

if TYPE_CHECKING:
    from pathlib import Path

    from samples.account import Account

_ORPHAN_UPN = f"left.lastweek@{plan.DOMAIN}"
_ORPHAN_ID = "53414d50-0000-4000-8000-000000009998"
_STATUS_HEADER = ("User principal name", "ODS code", "Account status", "MFA Status")
_CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#users"
_NEXT = "https://graph.microsoft.com/v1.0/{}?$skiptoken=sample-{}"

_PLACES = {
    "M01": ["exports/users.json", "exports/registration_details.csv", "csv/users.csv", "graph/users_page1.json",
            "graph/users_page3.json"],
    "M04": ["exports/registration_details.csv", "csv/registration_details.csv"],
    "M16": ["exports/users.json", "csv/users.csv"],
    "M17": ["exports/registration_details.csv", "csv/registration_details.csv"],
    "M18": ["exports/registration_details.csv", "graph/registration_details_page2.json"],
    "M22": ["exports/registration_details.csv", "exports/recipients.csv", "exports/nhsmail_mfa_status.csv",
            "encodings/users_utf8_bom.csv", "encodings/users_utf16.csv", "encodings/users_cp1252.csv",
            "encodings/users_semicolon.csv", "encodings/users_preamble.csv"],
    "M23": ["exports/registration_details.csv", "graph/registration_details_page3.json"],
    "M24": ["graph/users_page1.json", "graph/users_page3.json"],
    "M29": ["exemptions.csv"],
}
_WHAT = {
    "M01": "the same object id twice, renamed on marriage: the newest row wins",
    "M02": "two objects, one person: an administration account and a normal one",
    "M03": "two people of one name in one department",
    "M04": "the address in mixed case in one file and lower case in the other",
    "M05": "apostrophes, straight and typographic",
    "M06": "names beyond ASCII, in four scripts",
    "M07": "one name composed and decomposed",
    "M08": "hyphen, particles, a single name, a suffix",
    "M09": "names that software takes for null, true or not-a-number",
    "M10": "names that a spreadsheet takes for a formula",
    "M11": "spaces around and within, no-break space, zero-width space",
    "M12": "a direction override in a name",
    "M13": "a line break in a job title, comma and quotes in a department",
    "M14": "blank department, manager, organisation; N/A, -, unknown",
    "M15": "manager missing, disabled, the person themselves, two managing one another",
    "M16": "dates: ISO with Z and with offset, seven decimals, dd/mm/yyyy, serial, blank, year 1, future, leap day",
    "M17": "booleans as TRUE, True, Yes, 1, Capable and their opposites",
    "M18": "method lists as JSON, with semicolon, comma, bar; an empty list and none at all",
    "M19": "a method name that no table knows",
    "M20": "guests with #EXT# in the address",
    "M21": "organisation codes: like a number, leading zero, lower case, trailing space, closed",
    "M22": "byte order mark, UTF-16 with tabs, cp1252, semicolons, a line above the header",
    "M23": "in the registration file and not among the users, and the reverse",
    "M24": "an account that appears on two pages because it was created while they were read",
    "M25": "disabled with a recent sign-in; enabled and never signed in",
    "M26": "a local part over 64 characters, a name of 256",
    "M27": "registered and not capable",
    "M28": "capable with an empty list: contradictory",
    "M29": "exemptions for nobody, ending before approved, approved by the holder, overlapping",
    "M30": "first days on either side of the hour the clocks change",
}


class Files:
    """Writes the tenant below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roster = Roster(nhs_messy.NAMES)
        nhs_special.apply(self.roster)
        self.cases = nhs_messy.apply(self.roster)
        for slot in self.cases["M03"]:
            self.roster[slot].department = plan.WARDS[0]
        self.accounts = self.roster.accounts
        self.by_id = {account.object_id: account for account in self.accounts}
        twice = self.roster[nhs_messy.TWICE]
        self.maiden = replace(twice, upn=f"{(twice.given or '').lower()}.maidenname@{plan.DOMAIN}",
                              name=f"{twice.given} Maidenname", surname="Maidenname",
                              sign_ins=("2026-01-30T08:00:00Z", "2026-01-30T08:00:00Z"))
        self.orphan = replace(twice, object_id=_ORPHAN_ID, upn=_ORPHAN_UPN, name="Left Lastweek",
                              methods=["mobilePhone"])

    def write(self) -> None:
        """Every file."""
        nhs_registers.write(self.folder, self.roster)
        self._exports()
        self._graph()
        self._csv()
        self._encodings()
        for folder in ("exports", "graph"):
            nhs_access.write(self.folder / folder, self.roster)
        self._expected()
        self._messy()

    def _users(self) -> list[Account]:
        """The accounts as a listing returns them: the renamed one's older row comes first."""
        return [self.maiden, *self.accounts]

    def _registered(self) -> list[Account]:
        return [*(account for account in self.accounts if account.row), self.orphan]

    def _exports(self) -> None:
        folder = self.folder / "exports"
        shapes.write_json(folder / "users.json", (shapes.graph_user(a, self.by_id) for a in self._users()))
        self._portal_registrations(folder)
        self._beside(folder)

    def _graph(self) -> None:
        folder = self.folder / "graph"
        during = self.roster[nhs_messy.DURING_PAGING]
        users = [during, *(account for account in self._users() if account is not during), during]
        self._pages(folder, "users", [shapes.graph_user(account, self.by_id) for account in users], _CONTEXT)
        details = [shapes.graph_registration(account) for account in self._registered()]
        self._pages(folder, "registration_details", details, _CONTEXT.replace("users", "userRegistrationDetails"))
        self._beside(folder)

    def _pages(self, folder: Path, name: str, rows: list[dict[str, Any]], context: str) -> None:
        size = -(-len(rows) // 3)
        for page in range(1, 4):
            links = {"odata_nextLink": _NEXT.format(name, page + 1)} if page < 3 else {}
            part = rows[(page - 1) * size : page * size]
            shapes.write_json(folder / f"{name}_page{page}.json", part, odata_context=context, **links)

    def _csv(self) -> None:
        folder = self.folder / "csv"
        written = {self.roster[slot].object_id: text for slot, text in nhs_messy.CREATED_IN_CSV.items()}
        rows = (shapes.portal_user(replace(a, created=written.get(a.object_id, a.created))) for a in self._users())
        shapes.write_text(folder / "users.csv", shapes.csv_text(shapes.PORTAL_USERS, rows), "utf-8-sig")
        self._portal_registrations(folder)
        self._beside(folder)

    def _portal_registrations(self, folder: Path) -> None:
        booleans = {self.roster[slot].object_id: text for slot, text in nhs_messy.BOOLEANS_IN_CSV.items()}
        lists = {self.roster[slot].object_id: text for slot, text in nhs_messy.LISTS_IN_CSV.items()}
        mixed = {self.roster[slot].object_id for slot in nhs_messy.MIXED_CASE_IN_REGISTRATIONS}
        old = shapes.portal_registration(self.maiden)
        old[-1] = "2026-02-23T02:09:54.1120045Z"
        rows = [old]
        for account in self._registered():
            row = shapes.portal_registration(account)
            if account.object_id in booleans:
                row[4] = row[5] = booleans[account.object_id]
            if account.object_id in mixed:
                local, _, domain = account.upn.partition("@")
                row[0] = f"{local.title()}@{domain.upper()}"
            row[10] = lists.get(account.object_id, row[10])
            rows.append(row)
        text = shapes.csv_text(shapes.PORTAL_REGISTRATIONS, rows)
        shapes.write_text(folder / "registration_details.csv", text, "utf-8-sig")

    def _beside(self, folder: Path) -> None:
        """What every shape needs beside users and registrations."""
        status = [[a.upn, (a.organisation or "").strip(), "Active" if a.enabled else "Disabled", a.mfa_status]
                  for a in self.accounts if a.mfa_status]
        shapes.write_text(folder / "nhsmail_mfa_status.csv", shapes.csv_text(_STATUS_HEADER, status, separator=";"))
        kinds = [[a.object_id, a.upn, a.recipient] for a in self.accounts]
        text = shapes.csv_text(("ExternalDirectoryObjectId", "UserPrincipalName", "RecipientTypeDetails"), kinds,
                               separator="\t")
        shapes.write_text(folder / "recipients.csv", text, "utf-16")
        shapes.write_json(folder / "directory_roles.json", nhs_special.role_assignments(self.roster))
        shapes.write_json(folder / "eligible_roles.json", nhs_special.role_eligibilities(self.roster))
        shapes.write_json(folder / "groups.json", [nhs_special.role_group(self.roster)])
        domains = ((plan.DOMAIN, True), (plan.EMERGENCY_DOMAIN, False))
        shapes.write_json(folder / "organization.json", [{
            "id": plan.TENANT_ID, "displayName": "NHS sample tenant (fictional)",
            "verifiedDomains": [{"name": name, "isDefault": default} for name, default in domains],
        }])
        shapes.write_json(folder / "domains.json", [
            {"id": name, "authenticationType": "Managed", "isDefault": default, "isVerified": True}
            for name, default in domains
        ])

    def _encodings(self) -> None:
        """One list of users that cp1252 can hold, five ways."""
        header = ("id", "userPrincipalName", "displayName", "userType", "accountEnabled", "department", "companyName",
                  "createdDateTime")
        slots = [*(f"ZX1/COMPLIANT/push/{n}" for n in (1, 2)), "ZX2/COMPLIANT/push/1", "ZX2/COMPLIANT/push/2",
                 "ZX2/COMPLIANT/push/4", "Z9A1B/COMPLIANT_WEAK/phone/0", "ZX1/COMPLIANT_WEAK/phone/2"]
        rows = [[a.object_id, a.upn, a.name, "Member", "True", a.department, a.organisation, a.created]
                for a in (self.roster[slot] for slot in slots)]
        comma, folder = shapes.csv_text(header, rows), self.folder / "encodings"
        shapes.write_text(folder / "users_utf8_bom.csv", comma, "utf-8-sig")
        shapes.write_text(folder / "users_utf16.csv", shapes.csv_text(header, rows, separator="\t"), "utf-16")
        shapes.write_text(folder / "users_cp1252.csv", comma, "cp1252")
        shapes.write_text(folder / "users_semicolon.csv", shapes.csv_text(header, rows, separator=";"))
        type_line = "#TYPE Selected.Microsoft.Graph.PowerShell.Models.MicrosoftGraphUser\r\n"
        shapes.write_text(folder / "users_preamble.csv", type_line + comma)

    def _expected(self) -> None:
        def due(account: Account) -> Any:
            return account.due(plan.deadline_of(account.organisation), plan.EFFECTIVE_FROM)

        result = expected(self.accounts, plan.AS_OF, due, assessed=True)
        names = {"": "", "N/A": "", "1E5": "", "0815": "", plan.CLOSED: "Z9C2D"}
        codes = [(a.organisation or "").strip().upper() for a in self.accounts]
        census = Counter(names.get(code, code) for code in codes)
        published = {code: accounts for code, (_, _, accounts) in plan.ORGANISATIONS.items()} | {"": 4}
        statuses = result["populations"]["workforce"]["statuses"]
        in_scope = {status: people for status, people in statuses.items() if status != "OUT_OF_SCOPE"}
        if (census, in_scope, result["kinds"], result["best_level"]) != (
            published, plan.PUBLISHED_STATUSES, plan.PUBLISHED_KINDS, plan.PUBLISHED_LEVELS
        ):
            raise ValueError("the sample tenant differs from its published figures")
        result["organisations"] = {code or "(none)": census[code] for code in published}
        for case, slots in self.cases.items():
            for slot in slots:
                row = next(r for r in result["accounts"] if r["account_id"] == self.roster[slot].object_id)
                row["case"] = f"{row['case']} {case}".strip()
        accounts = result.pop("accounts")
        text = json.dumps(result, indent=1)
        lines = ",\n  ".join(shapes.json_text(row) for row in accounts)
        shapes.write_text(self.folder / "expected.json", f'{text[:-2]},\n "accounts": [\n  {lines}\n ]\n}}\n')

    def _messy(self) -> None:
        document = {
            case: {"what": _WHAT[case], "accounts": [self.roster[slot].object_id for slot in slots],
                   "files": _PLACES.get(case, ["exports/users.json"])}
            for case, slots in self.cases.items()
        }
        shapes.write_document(self.folder / "messy.json", document)


def write(folder: Path) -> None:
    """Write the tenant into ``folder``, which is new."""
    Files(folder).write()
