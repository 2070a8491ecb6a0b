"""Tenants the simulator can serve: the interface, the virtual one of any size, and the oracle that knows the truth."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .people import People, Row
from .tenant_documents import (
    COLLECTIONS,
    DOCUMENTS,
    EXEMPT_GROUP,
    GLOBAL_ADMINISTRATOR,
    HELPDESK_ADMINISTRATOR,
    NESTED_GROUP,
    ROLE_GROUP,
    TENANT_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REMEMBERED = 4_096
"""Rows that are kept, for tenants small enough to be asked for again and again."""


@lru_cache(maxsize=_REMEMBERED)
def _user(people: People, number: int) -> Row:
    return people.user(number)


@lru_cache(maxsize=_REMEMBERED)
def _registration(people: People, number: int, *, admin: bool) -> Row | None:
    return people.registration(number, admin=admin)


@dataclass(frozen=True)
class Listing:
    """A collection by position: ``row`` gives the row there, or None where the listing has a hole.

    ``whole`` promises that there is none, so that ``size`` is the count.
    """

    size: int
    row: Callable[[int], Row | None]
    whole: bool = True

    def __iter__(self) -> Iterator[Row]:
        """The rows in order, without the holes."""
        return (row for position in range(self.size) if (row := self.row(position)) is not None)

    def count(self) -> int:
        """How many rows there are."""
        return self.size if self.whole else sum(1 for _ in self)

    def only(self, kind: str) -> Listing:
        """The rows of one ``@odata.type``."""

        def row(position: int) -> Row | None:
            found = self.row(position)
            return found if found is None or found.get("@odata.type") == kind else None

        return Listing(self.size, row, whole=False)


class Tenant(ABC):
    """What an endpoint asks of a tenant. Users can be made, changed and deleted while a run reads them.

    ``licensed`` says whether the reports and sign-in activity are paid for.
    """

    def __init__(self, tenant_id: str, *, licensed: bool = True) -> None:
        self.tenant_id = tenant_id
        self.licensed = licensed
        self._changed: dict[str, Row | None] = {}
        self._made: list[Row] = []
        self._lock = threading.Lock()

    @abstractmethod
    def base(self, name: str) -> Listing | None:
        """A collection before any mutation, or None for one the tenant does not know."""

    @abstractmethod
    def document(self, name: str) -> Row | None:
        """A single document such as the authentication methods policy."""

    @abstractmethod
    def methods(self, account_id: str) -> list[Row]:
        """The authentication methods of one account."""

    @abstractmethod
    def known_user(self, account_id: str) -> Row | None:
        """An account before any mutation."""

    def listing(self, name: str) -> Listing | None:
        """A collection as it stands now."""
        base = self.base(name)
        if base is None or not (self._changed or self._made):
            return base

        def row(position: int) -> Row | None:
            if position >= base.size:
                return self._now(self._made[position - base.size])
            found = base.row(position)
            return None if found is None else self._now(found, fields=name == "users")

        return Listing(base.size + (len(self._made) if name == "users" else 0), row, whole=False)

    def user(self, account_id: str) -> Row | None:
        """An account as it stands now, or None."""
        made = next((row for row in self._made if row["id"] == account_id), None)
        found = made or self.known_user(account_id)
        return None if found is None else self._now(found)

    def create(self, row: Row) -> None:
        """Add an account at the end of the listing; the registration report does not have it yet."""
        with self._lock:
            self._made.append(row)

    def change(self, account_id: str, **fields: Any) -> None:
        """Set properties of an account from now on."""
        with self._lock:
            self._changed[account_id] = (self._changed.get(account_id) or {}) | fields

    def delete(self, account_id: str) -> None:
        """Remove an account from every listing from now on."""
        with self._lock:
            self._changed[account_id] = None

    def _now(self, row: Row, *, fields: bool = True) -> Row | None:
        change = self._changed.get(row.get("id", ""), {})
        return None if change is None else row | change if fields else row


class VirtualTenant(Tenant):
    """A tenant of ``accounts`` accounts computed from ``seed``; its memory does not grow with its size."""

    def __init__(
        self,
        accounts: int,
        seed: int = 1,
        *,
        as_of: datetime = datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
        licensed: bool = True,
    ) -> None:
        super().__init__(TENANT_ID, licensed=licensed)
        self.accounts = accounts
        self.people = People(seed, as_of)

    def base(self, name: str) -> Listing | None:
        """A collection before any mutation."""
        people, n = self.people, self.accounts
        if name == "users":
            return Listing(n, lambda i: _user(people, i))
        if name == "registrations":
            return Listing(n, lambda i: _registration(people, i, admin=self._admin(i)), whole=False)
        computed = {
            "roleAssignments": (self._admins + 1, self._assignment),
            "roleEligibilityScheduleInstances": (self._admins, self._eligibility),
            "devices": (max(1, n // 10), self._device),
        }
        if name in computed:
            return Listing(*computed[name])
        if name.startswith("members/"):
            return self._members(name.removeprefix("members/"))
        rows = COLLECTIONS.get(name)
        if rows is not None and name == "subscribedSkus" and not self.licensed:
            rows = []
        return None if rows is None else Listing(len(rows), rows.__getitem__)

    def document(self, name: str) -> Row | None:
        """A single document."""
        return DOCUMENTS.get(name)

    def methods(self, account_id: str) -> list[Row]:
        """The authentication methods of one account."""
        number = self.people.number(account_id)
        return [] if number is None or number >= self.accounts else self.people.methods(number)

    def known_user(self, account_id: str) -> Row | None:
        """An account by its id."""
        number = self.people.number(account_id)
        return None if number is None or number >= self.accounts else self.people.user(number)

    @property
    def _admins(self) -> int:
        return min(self.accounts, max(2, self.accounts // 2000))

    def _admin(self, number: int) -> bool:
        return number < self._admins or number % 1009 == 5

    def _assignment(self, position: int) -> Row:
        group = position == self._admins
        principal = (
            {"@odata.type": "#microsoft.graph.group", "id": ROLE_GROUP} if group else self.people.brief(position)
        )
        return {
            "id": f"assignment-{position}",
            "principalId": principal["id"],
            "roleDefinitionId": HELPDESK_ADMINISTRATOR if group else GLOBAL_ADMINISTRATOR,
            "directoryScopeId": "/",
            "appScopeId": None,
            "principal": principal,
        }

    def _eligibility(self, position: int) -> Row:
        return {
            "id": f"eligibility-{position}",
            "principalId": self.people.account_id(self.accounts - 1 - position),
            "roleDefinitionId": GLOBAL_ADMINISTRATOR,
            "directoryScopeId": "/",
            "startDateTime": "2026-01-01T00:00:00Z",
            "endDateTime": None,
            "memberType": "Direct",
        }

    def _members(self, group_id: str) -> Listing | None:
        nested = {"@odata.type": "#microsoft.graph.group", "id": NESTED_GROUP}
        step, start = {EXEMPT_GROUP: (97, 3), NESTED_GROUP: (194, 3), ROLE_GROUP: (1009, 5)}.get(group_id, (0, 0))
        if not step:
            return None
        size = len(range(start, self.accounts, step))
        extra = int(group_id == EXEMPT_GROUP)
        return Listing(size + extra, lambda i: self.people.brief(start + i * step) if i < size else nested)

    def _device(self, position: int) -> Row:
        return {
            "id": f"de71ce00-0000-4000-8000-{position:012x}",
            "deviceId": f"d0d0d0d0-0000-4000-8000-{position:012x}",
            "displayName": f"LT-{position:06d}",
            "accountEnabled": position % 11 != 0,
            "operatingSystem": ("Windows", "iOS")[position % 2],
            "trustType": ("ServerAd", "AzureAd", "Workplace")[position % 3],
            "isCompliant": (True, False, None)[position % 7 % 3],
            "isManaged": position % 5 != 0,
            "deviceOwnership": ("Company", "Personal", None)[position % 3],
            "profileType": "RegisteredDevice",
            "approximateLastSignInDateTime": f"2026-11-{1 + position % 23:02d}T08:01:00Z",
        }


class Oracle:
    """The truth a client must end with, read from the tenant itself as it stands now."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def rows(self, name: str) -> dict[str, Row]:
        """The rows of a collection by id."""
        return {row["id"]: row for row in self.tenant.listing(name) or ()}

    def count(self, name: str = "users") -> int:
        """How many rows a collection has."""
        listing = self.tenant.listing(name)
        return 0 if listing is None else listing.count()
