"""A tenant read from a folder of Graph JSON documents, such as ``tests/golden``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .people import GRAPH_TYPES, Row
from .tenant import Listing, Tenant
from .tenant_documents import COLLECTIONS, DOCUMENTS, TENANT_ID

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"registrations": "userRegistrationDetails"}
_APPLICATION = "a9900000-0000-4000-8000-000000000001"
UNDECIDED: Row = DOCUMENTS["authenticationMethodsPolicy"] | {"policyMigrationState": "preMigration"}
APPLICATION_WITH_A_ROLE: Row = {
    "id": "application-with-a-role", "principalId": _APPLICATION, "directoryScopeId": "/", "appScopeId": None,
    "roleDefinitionId": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    "principal": {"@odata.type": "#microsoft.graph.servicePrincipal", "id": _APPLICATION},
}


class FileTenant(Tenant):
    """Serves each ``<collection>.json`` of the folder; a collection without a file is empty, a document is 404, but for
    the methods policy.

    Groups carry their transitive members in ``members``, as the files the tool reads do.
    """

    def __init__(self, folder: Path, *, licensed: bool = True) -> None:
        self._documents: dict[str, Row] = {
            path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))
        }
        organisations = self._rows("organization")
        super().__init__(organisations[0]["id"] if organisations else TENANT_ID, licensed=licensed)
        self._users = {row["id"]: row for row in self._rows("users")}
        self._groups = {row["id"]: row for row in self._rows("groups")}
        self._registered = {row["id"]: row for row in self._rows("registrations")}

    def _rows(self, name: str) -> list[Row]:
        return self._documents.get(FILES.get(name, name), {}).get("value", [])

    def base(self, name: str) -> Listing | None:
        """A collection before any mutation."""
        if name.startswith("members/"):
            group = self._groups.get(name.removeprefix("members/"))
            rows = None if group is None else group.get("members", [])
        elif name == "groups":
            rows = [{key: value for key, value in row.items() if key != "members"} for row in self._groups.values()]
        else:
            rows = self._rows(name) or self._always(name)
        return None if rows is None else Listing(len(rows), rows.__getitem__)

    def _always(self, name: str) -> list[Row]:
        """What no tenant is without, whether or not the folder lists it: a licence, an application with a role, and the
        domains of its accounts and of its organisation."""
        if name == "roleAssignments":
            return [APPLICATION_WITH_A_ROLE]
        if name == "domains":
            names = {str(row["userPrincipalName"]).rpartition("@")[2] for row in self._rows("users")}
            names |= {each["name"] for row in self._rows("organization") for each in row.get("verifiedDomains", ())}
            return [{"id": each, "authenticationType": "Managed", "isVerified": True} for each in sorted(names)]
        return COLLECTIONS[name] if name == "subscribedSkus" and self.licensed else []

    def document(self, name: str) -> Row | None:
        """A single document, without its own annotations of source. No tenant is without a methods policy: one whose
        folder has none serves one that decides nothing yet."""
        return self._documents.get(name, UNDECIDED if name == UNDECIDED["id"] else None)

    def methods(self, account_id: str) -> list[Row]:
        """The methods the account's registration row names, in the form of the single look-up."""
        names = self._registered.get(account_id, {}).get("methodsRegistered", [])
        return [{"@odata.type": f"#microsoft.graph.{GRAPH_TYPES[n]}", "id": n} for n in names if n in GRAPH_TYPES]

    def known_user(self, account_id: str) -> Row | None:
        """An account by its id."""
        return self._users.get(account_id)
