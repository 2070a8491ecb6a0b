"""The accounts of the 240-account tenant before anything is made messy."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from samples import nhs_plan as plan
from samples.account import Account, Addresses
from samples.names import GIVEN, SURNAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

_NIGHT = datetime(2026, 3, 2, 1, 0)  # noqa: DTZ001 - written with a Z, never compared
_REASONS = {
    "COMPLIANT": "ok", "COMPLIANT_WEAK": "phone_only", "NOT_REGISTERED": "nothing_registered",
    "NOT_ENFORCED": "excluded_unregistered", "BELOW_STRENGTH": "below_tier_minimum", "EXEMPT": "exempt",
    "EXEMPT_EXPIRED": "exemption_expired", "GRACE": "starter", "UNKNOWN": "", "OUT_OF_SCOPE": "disabled",
}


class Roster:
    """All accounts by slot: ``ZX1/COMPLIANT/push/3`` is a person, ``shared/2`` a special account.

    Slots say what the plan meant; the messy cases pick their accounts by them.
    """

    def __init__(self, names: dict[str, tuple[str | None, str | None, str, str]]) -> None:
        """``names``: slot -> given name, surname, display name, address stem, instead of a made-up name."""
        self.slots: dict[str, Account] = {}
        self._random = random.Random(20260302)
        self._names = names
        self._addresses = Addresses(plan.DOMAIN)
        self._made_up = self._pairs()
        plan.check()
        for organisation, people in plan.PEOPLE.items():
            for (status, level), count in people.items():
                for position in range(count):
                    self._person(organisation, status, level, position)
        self._managers()
        self._special()

    def __getitem__(self, slot: str) -> Account:
        return self.slots[slot]

    @property
    def accounts(self) -> list[Account]:
        """Every account, in the order of object ids."""
        return sorted(self.slots.values(), key=lambda account: account.object_id)

    def moment(self, days: float) -> str:
        """A time of day about ``days`` before the export."""
        when = _NIGHT - timedelta(days=days, seconds=self._random.randrange(0, 3600 * 17))
        return when.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _pairs(self) -> Iterator[tuple[str, str]]:
        pairs = list(product(GIVEN, SURNAMES))
        self._random.shuffle(pairs)
        return iter(pairs)

    def _id(self) -> str:
        return f"53414d50-0000-4000-8000-{len(self.slots) + 1:012d}"

    def _name(self, slot: str) -> tuple[str | None, str | None, str, str]:
        if slot in self._names:
            given, surname, name, stem = self._names[slot]
            return given, surname, name, self._addresses.of(*stem.split("."))
        given, surname = next(self._made_up)
        return given, surname, f"{given} {surname}", self._addresses.of(given, surname)

    def _person(self, organisation: str, status: str, level: str, position: int) -> None:
        slot = f"{organisation or 'none'}/{status}/{level}/{position}"
        given, surname, name, upn = self._name(slot)
        pools = plan.DEPARTMENTS.get(organisation, {})
        pool = pools.get(status) or pools.get(level) or pools.get("") or ("",)
        department = pool[position % len(pool)]
        titles = plan.TITLES[department]
        methods = plan.METHODS[level]
        interactive = self.moment(self._days_since_sign_in(department, status))
        self.slots[slot] = Account(
            object_id=self._id(), upn=upn, name=name, given=given, surname=surname, organisation=organisation or None,
            status=status, reason=_REASONS[status], department=department or None,
            title=titles[(position // len(pool)) % len(titles)], enabled=status != "OUT_OF_SCOPE",
            created=self.moment(self._random.randrange(200, 3600)), row=status != "OUT_OF_SCOPE",
            sign_ins=None if department == "Volunteers" else (interactive, interactive),
            synced=organisation in ("ZX1", "ZX2"), methods=list(methods[position % len(methods)]),
            employee_type={"Bank & Agency": "Bank", "Volunteers": "Volunteer"}.get(department, "Employee"),
            mfa_status="User Enabled" if position % 4 else "Admin Enabled",
        )

    def _days_since_sign_in(self, department: str, status: str) -> float:
        if status == "OUT_OF_SCOPE":
            return self._random.randrange(60, 400)
        if department == "Bank & Agency":
            return self._random.randrange(40, 90)
        return self._random.randrange(0, 6)

    def _managers(self) -> None:
        """One manager a department, the head of the organisation above them; the care home records none."""
        for organisation in plan.ORGANISATIONS:
            staff = [a for slot, a in self.slots.items() if slot.startswith(f"{organisation}/")]
            able = [a for a in staff if a.status == "COMPLIANT"]
            if not able:
                continue
            head = able[0]
            head.title = {"Z9A1B": "Practice Manager", "Z9C2D": "Practice Manager"}.get(organisation, head.title)
            leaders = {department: next((a for a in able[5:] if a.department == department), head)
                       for department in {a.department for a in staff}}
            for account in staff:
                leader = leaders[account.department]
                account.manager = (head if account is leader else leader).object_id
            head.manager = None

    def _special(self) -> None:
        for position in range(5):
            self._add(f"generic/{position}", "generic", "generic", "generic")
        for position in range(12):
            self._add(f"shared/{position}", "shared_mailbox", "shared", "staff")
        for position in range(4):
            self._add(f"room/{position}", "room", "shared", "staff")
        for position in range(6):
            self._add(f"guest/{position}", "guest", "guest", "staff")
        for position in range(5):
            self._add(f"service/{position}", "service", "service", "staff")
        for position in range(2):
            self._add(f"break_glass/{position}", "break_glass", "break_glass", "break_glass")

    def _add(self, slot: str, kind: str, population: str, tier: str) -> None:
        _, _, name, stem = self._names[slot]
        self.slots[slot] = Account(
            object_id=self._id(), upn=self._addresses.of(*stem.split(".")), name=name, given=None, surname=None,
            organisation=None, status="OUT_OF_SCOPE", reason="disabled", kind=kind, population=population, tier=tier,
            enabled=False, row=False, employee_type=None, created=self.moment(self._random.randrange(300, 2000)),
        )
