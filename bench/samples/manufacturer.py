"""A fictional manufacturer of 40 accounts: one organisation, and a second domain that another provider checks."""

from __future__ import annotations

import random
from datetime import date, datetime
from itertools import product
from typing import TYPE_CHECKING

from samples import shapes
from samples.account import Account, Addresses
from samples.names import GIVEN, SURNAMES
from samples.verdicts import expected

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = date(2026, 3, 2)
EFFECTIVE_FROM = date(2025, 12, 1)
DEADLINE = date(2026, 2, 27)
OFFICE, PLANT = "gearworks.example", "plant.gearworks.example"
COMPANY = "Alder & Voss Gearworks"

_PUSH, _TOKEN, _OUTSIDE, _PHONE = (
    ["microsoftAuthenticatorPush"], ["hardwareOneTimePasscode"], ["externalAuthMethod"], ["mobilePhone"])
_INVISIBLE = ("UNKNOWN", "invisible_method_possible")
_OK = ("COMPLIANT", "ok_enforcement_not_assessed")

_OFFICE: tuple[tuple[list[str], tuple[str, str], int], ...] = (
    (["fido2SecurityKey"], _OK, 1),
    (_PUSH, _OK, 8),
    (_TOKEN, _OK, 2),
    (_OUTSIDE, _OK, 1),
    (_PHONE, ("COMPLIANT_WEAK", "phone_only"), 2),
    (["officePhone"], ("COMPLIANT_WEAK", "phone_only"), 1),
    ([], ("NOT_REGISTERED", "nothing_registered"), 2),
    ([], ("GRACE", "starter"), 1),
)
"""Methods, verdict, people; the first two are administrators."""

_SHOP_FLOOR: tuple[tuple[list[str], tuple[str, str], int], ...] = (
    (_PUSH, _OK, 2),
    (_PHONE, ("COMPLIANT_WEAK", "phone_only"), 1),
    ([], _INVISIBLE, 11),
)
"""Nobody here has a manager; the last is a starter, unknown all the same."""

KEY_FIGURES = {
    "census": 40, "workforce_in_scope": 32, "compliant": 14, "compliant_weak": 4, "not_registered": 2,
    "not_enforced": 0, "exempt": 0, "exempt_expired": 0, "grace": 1, "below_strength": 0, "unknown": 11,
    "compliance": [18, 32],
    "compliance_of_obligated": [18, 32], "coverage": [18, 32], "required": [0, 0], "phishing_resistant": [1, 32],
    "phone_only": [4, 18], "privileged_gap": [0, 2], "password_only": 0, "first_registration_open": 3, "overdue": 2,
    "overdue_median_days": 3,
}
"""Worked out by hand from the rules; :func:`write` refuses accounts that do not come to them."""

_POLICY = """\
# The mandatory-MFA policy of the sample manufacturer: the general defaults and nothing else.
schema_version = 1

[policy]
id             = "gearworks-mfa"
version        = "1"
owner          = "Head of IT"
effective_from = 2025-12-01
timezone       = "Europe/Berlin"

[population]
break_glass = [{break_glass}]

[deadlines]
default = 2026-02-27

[reports]
organisation_word = "Site"
"""


class _Company:
    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self._random = random.Random(40)
        self._addresses = Addresses(OFFICE)
        pairs = list(product(GIVEN, SURNAMES))
        self._random.shuffle(pairs)
        self._names = iter(pairs)
        for methods, verdict, count in _OFFICE:
            for _ in range(count):
                self._person(OFFICE, methods, verdict, "Sales", "Account Manager")
        for methods, verdict, count in _SHOP_FLOOR:
            for _ in range(count):
                self._person(PLANT, methods, verdict, "Shop Floor", "Machine Operator")
        for _ in range(2):
            self._person(PLANT, [], ("OUT_OF_SCOPE", "disabled"), "Shop Floor", "Machine Operator")
        self._details()
        self._special()
        for account in self.accounts:
            # Only the report says who is an administrator, and it leaves disabled accounts out.
            account.tier = account.tier if account.row else "unknown"

    def _id(self) -> str:
        return f"47454152-0000-4000-8000-{len(self.accounts) + 1:012d}"

    def _person(self, domain: str, methods: list[str], verdict: tuple[str, str], department: str, title: str) -> None:
        given, surname = next(self._names)
        status, reason = verdict
        self.accounts.append(Account(
            object_id=self._id(), upn=self._addresses.of(given, surname, domain=domain), name=f"{given} {surname}",
            given=given, surname=surname, organisation=COMPANY, status=status, reason=reason, department=department,
            title=title, enabled=status != "OUT_OF_SCOPE", row=status != "OUT_OF_SCOPE", methods=list(methods),
            created=datetime(self._random.randrange(2015, 2025), self._random.randrange(1, 13),  # noqa: DTZ001
                             self._random.randrange(1, 29), 9, 15).isoformat() + "Z",
        ))

    def _details(self) -> None:
        head, *office = [a for a in self.accounts if a.upn.endswith(f"@{OFFICE}")]
        head.title, head.department = "Head of IT", "IT"
        office[0].title, office[0].department = "Systems Administrator", "IT"
        for administrator in (head, office[0]):
            administrator.tier, administrator.admin = "privileged", True
        for account in office:
            account.manager = head.object_id
        in_grace = next(account for account in office if account.status == "GRACE")
        unknown = [account for account in self.accounts if account.status == "UNKNOWN"]
        in_grace.created, unknown[-1].created = "2026-02-23T08:00:00Z", "2026-02-25T08:00:00Z"

    def _special(self) -> None:
        def add(name: str, stem: str, kind: str, population: str, **changes: object) -> Account:
            account = Account(
                object_id=self._id(), upn=self._addresses.of(stem), name=name, given=None, surname=None,
                organisation=COMPANY, status="OUT_OF_SCOPE", reason="disabled", kind=kind, population=population,
                enabled=False, row=False, created="2019-05-14T07:00:00Z",
            )
            self.accounts.append(account)
            for key, value in changes.items():
                setattr(account, key, value)
            return account

        add("Sales inbox", "sales", "shared_mailbox", "shared", recipient="SharedMailbox")
        add("Spare parts inbox", "parts", "shared_mailbox", "shared", recipient="SharedMailbox")
        add("Meeting room", "meeting", "room", "shared", recipient="RoomMailbox")
        add("Label printing", "labels", "service", "service", status="NOT_REGISTERED", reason="nothing_registered",
            enabled=True, row=True)
        for number in ("one", "two"):
            add(f"Emergency access {number}", f"emergency{number}", "break_glass", "break_glass", status="COMPLIANT",
                reason="ok_enforcement_not_assessed", enabled=True, row=True, methods=["fido2SecurityKey"], admin=True,
                tier="break_glass")


def _american(moment: str) -> str:
    when = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when.minute:02d}:{when.second:02d} {when:%p}"


def write(folder: Path) -> None:
    """Write the tenant into ``folder``, which is new."""
    company = _Company()
    accounts, exports = company.accounts, folder / "exports"
    by_id = {account.object_id: account for account in accounts}
    users = [dict(zip(shapes.PORTAL_USERS, shapes.portal_user(a), strict=True)) | {
        "createdDateTime": _american(a.created or ""), "usageLocation": None} for a in accounts]
    rows = ([user[column] for column in shapes.PORTAL_USERS] for user in users)
    shapes.write_text(exports / "exportUsers_2026-3-2.csv", shapes.csv_text(shapes.PORTAL_USERS, rows), "utf-8-sig")

    header = ("Id", "UserPrincipalName", "UserDisplayName", "UserType", "IsAdmin", "IsMfaRegistered", "IsMfaCapable",
              "MethodsRegistered", "LastUpdatedDateTime")
    details = [
        [a.object_id, a.upn, a.name, "member", a.admin, a.says_registered, a.says_capable,
         ";".join(a.methods or ()) or "[]", shapes.UPDATED] for a in accounts if a.row
    ]
    shapes.write_text(exports / "registration_details.csv", shapes.csv_text(header, details))
    people = [[a.upn, by_id[a.manager].upn if a.manager else "", (a.created or "")[:10]]
              for a in accounts if a.kind == "person"]
    shapes.write_text(exports / "hr_people.csv",
                      shapes.csv_text(("User principal name", "Manager", "Start date"), people))
    kinds = [[a.object_id, a.upn, a.recipient] for a in accounts]
    shapes.write_text(exports / "recipients.csv", shapes.csv_text(
        ("ExternalDirectoryObjectId", "UserPrincipalName", "RecipientTypeDetails"), kinds))
    shapes.write_json(exports / "organization.json", [{
        "id": "47454152-0000-4000-8000-00000000f001", "displayName": f"{COMPANY} (fictional)",
        "verifiedDomains": [{"name": OFFICE, "isDefault": True}, {"name": PLANT, "isDefault": False}],
    }])
    shapes.write_json(exports / "domains.json", [
        {"id": OFFICE, "authenticationType": "Managed", "isDefault": True, "isVerified": True},
        {"id": PLANT, "authenticationType": "Federated", "isDefault": False, "isVerified": True},
    ])
    emergency = [account.object_id for account in accounts if account.kind == "break_glass"]
    shapes.write_text(folder / "policy.toml", _POLICY.format(break_glass=", ".join(f'"{i}"' for i in emergency)))
    service = next(account for account in accounts if account.kind == "service")
    shapes.write_text(folder / "service_accounts.csv", shapes.csv_text(
        ("account_id", "owner", "purpose", "compensating_control", "review_by"),
        [[service.upn, "Systems Administrator", "Label printing", "Fixed source addresses", "2026-12-31"]], end="\n"))

    result = expected(accounts, AS_OF, lambda a: a.due(DEADLINE, EFFECTIVE_FROM), assessed=False)
    if result["key_figures"] != KEY_FIGURES:
        raise ValueError(f"the sample manufacturer differs from its figures: {result['key_figures']}")
    shapes.write_document(folder / "expected.json", result)
