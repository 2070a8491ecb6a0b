"""The endpoints of Graph: which permission each needs, which limit it counts against, and what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .answers import Answer, denied, error, no_such, not_licensed
from .limits import CONDITIONAL_ACCESS, DIRECTORY, REPORTS
from .paging import Pager, Query

if TYPE_CHECKING:
    from .people import Row
    from .tenant import Tenant

POLICY, ROLES, GROUPS = ("Policy.Read.All",), ("RoleManagement.Read.Directory",), ("GroupMember.Read.All",)
# path after the version: (kind, collection or document, permissions of which any one is enough)
ROUTES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (r"/users/\$count", "count", "users", ("User.Read.All",)),
    (r"/users", "list", "users", ("User.Read.All",)),
    (r"/users/([^/]+)/authentication/methods", "methods", "", ("UserAuthenticationMethod.Read.All",)),
    (r"/users/([^/]+)/authentication/requirements", "requirements", "", POLICY),
    (r"/users/([^/]+)", "user", "", ("User.Read.All",)),
    (r"/reports/authenticationMethods/userRegistrationDetails", "list", "registrations", ("AuditLog.Read.All",)),
    (r"/roleManagement/directory/roleAssignments", "list", "roleAssignments", ROLES),
    (r"/roleManagement/directory/roleDefinitions", "list", "roleDefinitions", ROLES),
    (r"/roleManagement/directory/roleEligibilityScheduleInstances", "list", "roleEligibilityScheduleInstances", ROLES),
    (r"/groups/([^/]+)/(?:transitiveMembers|members)(?:/microsoft\.graph\.user)?(?:/\$count)?", "members", "", GROUPS),
    (r"/groups/([^/]+)", "group", "groups", GROUPS),
    (r"/groups", "list", "groups", GROUPS),
    (r"/identity/conditionalAccess/policies", "list", "conditionalAccessPolicies", POLICY),
    (r"/identity/conditionalAccess/namedLocations", "list", "namedLocations", POLICY),
    (r"/identity/conditionalAccess/authenticationStrength/policies", "list", "authenticationStrengthPolicies", POLICY),
    (r"/policies/authenticationStrengthPolicies", "list", "authenticationStrengthPolicies", POLICY),
    (r"/policies/(identitySecurityDefaultsEnforcementPolicy|authenticationMethodsPolicy)", "document", "", POLICY),
    (r"/devices/\$count", "count", "devices", ("Device.Read.All",)),
    (r"/devices", "list", "devices", ("Device.Read.All",)),
    (r"/organization", "list", "organization", ("Organization.Read.All", "User.Read.All")),
    (r"/domains", "list", "domains", ("Domain.Read.All",)),
    (r"/subscribedSkus", "list", "subscribedSkus", ("LicenseAssignment.Read.All", "Organization.Read.All")),
)  # fmt: skip
COMPILED = tuple((re.compile(f"^{pattern}/?$"), kind, name, any_of) for pattern, kind, name, any_of in ROUTES)
COSTS = ((r"/groups/.*/transitiveMembers", 5), (r"/groups/.*/members", 3), (r"/subscribedSkus", 3), (r"/users", 2))


@dataclass(frozen=True)
class Call:
    """One call of Graph, by itself or as a part of a batch. ``path`` begins after the version."""

    version: str
    path: str
    query: Query
    advanced: bool = False

    @property
    def activity(self) -> bool:
        """Whether it asks for sign-in activity."""
        return "signInActivity" in self.query.get("$select", "") + self.query.get("$filter", "")

    @property
    def family(self) -> str:
        """The limit it counts against."""
        if self.path.startswith(("/reports", "/auditLogs")) or (self.path == "/users" and self.activity):
            return REPORTS
        return CONDITIONAL_ACCESS if self.path.startswith("/identity/conditionalAccess") else DIRECTORY

    @property
    def cost(self) -> int:
        """Requests for the limited families, resource units for the directory (graph.md 4.2)."""
        if self.family != DIRECTORY:
            return 1
        base = next((cost for pattern, cost in COSTS if re.match(pattern, self.path)), 1)
        top = self.query.get("$top", "100")
        small = top.isdigit() and int(top) < 20
        return max(1, base - ("$select" in self.query) + ("$expand" in self.query) - small)


@dataclass(frozen=True)
class Endpoints:
    """Answers calls from a tenant. ``root`` begins every nextLink; ``token_life`` is that of page tokens in seconds."""

    tenant: Tenant
    root: str
    token_life: float | None = None

    def answer(self, call: Call, permissions: tuple[str, ...], now: float) -> Answer:
        """The true answer to a call made with these permissions."""
        for pattern, kind, name, any_of in COMPILED:
            found = pattern.match(call.path)
            if found is None:
                continue
            needed = [any_of, ("AuditLog.Read.All",)] if call.activity else [any_of]
            if not all(set(any_one) & set(permissions) for any_one in needed):
                return denied()
            if not self.tenant.licensed and (name == "registrations" or call.activity):
                return not_licensed()
            return self._answer(kind, name, unquote(found[1]) if found.groups() else "", call, now)
        return error(400, "BadRequest", f"Resource not found for the segment '{call.path.rpartition('/')[2]}'.")

    def _answer(self, kind: str, name: str, key: str, call: Call, now: float) -> Answer:
        if kind == "members":
            name = f"members/{key}"
        if kind in {"list", "members", "count"}:
            return self._list(kind, name, key, call, now)
        if kind == "document":
            return _found(self.tenant.document(key), key)
        if kind == "group":
            row: Row | None = next((row for row in self.tenant.listing("groups") or () if row["id"] == key), None)
            return _found(row, key)
        if kind == "requirements" and call.version != "beta":
            return error(400, "BadRequest", "Resource not found for the segment 'requirements'.")
        return self._about(kind, key, call)

    def _about(self, kind: str, key: str, call: Call) -> Answer:
        user = self.tenant.user(key)
        if user is None:
            return no_such(key)
        if kind == "methods":
            return Answer(200, {"value": self.tenant.methods(key)})
        if kind == "requirements":
            return Answer(200, {"perUserMfaState": user.get("perUserMfaState", "disabled")})
        fields = set(call.query.get("$select", "id,displayName,mail,userPrincipalName").split(",")) | {"id"}
        return Answer(200, {k: v for k, v in user.items() if k in fields and k != "manager"})

    def _list(self, kind: str, name: str, key: str, call: Call, now: float) -> Answer:
        listing = self.tenant.listing(name)
        if listing is None:
            return no_such(key or name)
        pager = Pager(name, f"{self.root}/{call.version}{call.path}", listing, self.tenant.user, now, self.token_life)
        if kind == "count" or call.path.endswith("/$count"):
            if not call.advanced:
                return error(400, "Request_BadRequest", "$count is not currently supported.")
            return Answer(200, str(pager.count()), {"Content-Type": "text/plain"})
        if call.path.endswith("/microsoft.graph.user"):
            if not call.advanced or call.query.get("$count", "").lower() != "true":
                return error(400, "Request_UnsupportedQuery", "The type cast needs ConsistencyLevel and $count.")
            listing = listing.only("#microsoft.graph.user")
            pager = Pager(name, pager.url, listing, pager.find_user, now, self.token_life)
        return pager.page(call.query, advanced=call.advanced)


def _found(document: Row | None, name: str) -> Answer:
    return no_such(name) if document is None else Answer(200, document)
