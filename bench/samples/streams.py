"""A tenant of any size, written row by row in the shapes that portals and Graph give."""

from __future__ import annotations

import csv
import json
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from samples.account import LEVEL_OF
from samples.names import GIVEN, SURNAMES
from samples.shapes import PORTAL_REGISTRATIONS, PORTAL_USERS, UPDATED

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN = "big-sample.example"
PAGE = 999
SIGN_IN_COLUMNS = ("lastSignInDateTime", "lastSuccessfulSignInDateTime")


class Person(NamedTuple):
    """One account; ``manager`` is the serial number of the manager, -1 for none."""

    serial: int
    upn: str
    name: str
    given: str
    surname: str
    organisation: str
    department: str
    title: str
    manager: int
    enabled: bool
    guest: bool
    admin: bool
    recipient: str
    created: str
    signed_in: str
    methods: str
    mess: str


def object_id(serial: int) -> str:
    """The object id of an account."""
    return f"42494754-0000-4000-8000-{serial:012x}"


def address(serial: int) -> str:
    """The user principal name of an account, a function of its number so that managers need no look-up."""
    return f"{given(serial)}.{surname(serial)}.{serial}@{DOMAIN}".lower()


def given(serial: int) -> str:
    """The given name of an account."""
    return GIVEN[serial * 7919 % len(GIVEN)]


def surname(serial: int) -> str:
    """The surname of an account."""
    return SURNAMES[serial * 104729 // 7 % len(SURNAMES)]


def _facts(person: Person) -> tuple[bool | None, bool | None]:
    """``isMfaRegistered`` and ``isMfaCapable``."""
    if person.mess == "null_list":
        return None, None
    factor = person.mess == "conflicting" or any(method in LEVEL_OF for method in person.methods.split(";"))
    return factor, factor and person.mess != "not_capable"


class CsvFiles:
    """``users.csv`` and ``registrations.csv`` as portals write them, manager and sign-ins added."""

    def __init__(self, folder: Path) -> None:
        self._open = [open_text(folder / name) for name in ("users.csv", "registrations.csv")]
        self._users, self._registrations = (csv.writer(file) for file in self._open)
        self._users.writerow((*PORTAL_USERS, "manager", *SIGN_IN_COLUMNS))
        self._registrations.writerow(PORTAL_REGISTRATIONS)

    def user(self, person: Person, upn: str) -> None:
        """One row of users."""
        self._users.writerow((
            upn, person.name, person.surname, upn, person.given, object_id(person.serial),
            "Guest" if person.guest else "Member", person.title, person.department, person.enabled, "GB", *[""] * 12,
            person.organisation, "Invitation" if person.guest else "", "True", "", "", person.created,
            address(person.manager) if person.manager >= 0 else "", person.signed_in, person.signed_in,
        ))

    def registration(self, person: Person, upn: str) -> None:
        """One row of registrations, without an id."""
        registered, capable = _facts(person)
        self._registrations.writerow((
            upn, person.name, "guest" if person.guest else "member", person.admin or person.serial < 2,
            "" if registered is None else "Registered" if registered else "Not Registered",
            "" if capable is None else "Capable" if capable else "Not Capable", "", "", "Enabled", "",
            "" if registered is None else person.methods.replace(";", ", ") or "[]", UPDATED,
        ))

    def close(self) -> None:
        """Finish both files."""
        for file in self._open:
            file.close()


class GraphFiles:
    """``users/`` and ``registrations/``: pages of 999 as Graph answers them."""

    def __init__(self, folder: Path) -> None:
        self._users = _Pages(folder / "users", "users")
        self._registrations = _Pages(folder / "registrations", "details")

    def user(self, person: Person, upn: str) -> None:
        """One user."""
        row: dict[str, Any] = {
            "id": object_id(person.serial), "userPrincipalName": upn, "displayName": person.name,
            "givenName": person.given, "surname": person.surname, "mail": upn, "accountEnabled": person.enabled,
            "userType": "Guest" if person.guest else "Member", "department": person.department or None,
            "companyName": person.organisation or None, "jobTitle": person.title, "createdDateTime": person.created,
            "onPremisesSyncEnabled": True,
        }
        if person.manager >= 0:
            row["manager"] = {"@odata.type": "#microsoft.graph.user", "id": object_id(person.manager)}
        if person.signed_in:
            row["signInActivity"] = dict.fromkeys(SIGN_IN_COLUMNS, person.signed_in)
        self._users.add(row)

    def registration(self, person: Person, upn: str) -> None:
        """One row of the registration report."""
        registered, capable = _facts(person)
        methods = None if registered is None else [method for method in person.methods.split(";") if method]
        self._registrations.add({
            "id": object_id(person.serial), "userPrincipalName": upn, "userDisplayName": person.name,
            "userType": "guest" if person.guest else "member", "isAdmin": person.admin or person.serial < 2,
            "isMfaRegistered": registered, "isMfaCapable": capable, "methodsRegistered": methods,
            "lastUpdatedDateTime": UPDATED,
        })

    def close(self) -> None:
        """Finish both listings."""
        self._users.close()
        self._registrations.close()


class _Pages:
    """A listing in pages; one page is in memory at a time."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True)
        self._folder, self._name, self._page, self._rows = folder, name, 1, list[str]()

    def add(self, row: dict[str, Any]) -> None:
        if len(self._rows) == PAGE:
            self._write(f"https://graph.microsoft.com/v1.0/{self._name}?$skiptoken=sample-{self._page + 1}")
        self._rows.append(json.dumps(row))

    def close(self) -> None:
        self._write(None)

    def _write(self, following: str | None) -> None:
        link = f'"@odata.nextLink": {json.dumps(following)},\n' if following else ""
        with open_text(self._folder / f"{self._name}_{self._page:05d}.json") as file:
            file.write(f'{{{link}"value": [\n' + ",\n".join(self._rows) + "\n]}\n")
        self._rows.clear()
        self._page += 1


def open_text(path: Path) -> IO[str]:
    """A new text file whose line ends are the same everywhere."""
    return path.open("w", encoding="utf-8", newline="")
