"""Which groups matter, and how their members are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.sources.graph.endpoints import USER_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mfa_audit.snapshot.raw import RawRows

_GROUP_TYPE = "#microsoft.graph.group"


class _Principal(msgspec.Struct):
    kind: str = msgspec.field(name="@odata.type", default="")


class _Role(msgspec.Struct):
    principal_id: str = msgspec.field(name="principalId")
    principal: _Principal | None = None


_roles = msgspec.json.Decoder(_Role)


def groups_of_policies(documents: Mapping[str, Any]) -> frozenset[str]:
    """Groups that Conditional Access or the methods policy includes or excludes, in lower case."""
    found: set[str] = set()
    for policy in documents.get("conditional_access_policies", {}).get("value", ()):
        users = (policy.get("conditions") or {}).get("users") or {}
        for name in ("includeGroups", "excludeGroups"):
            found.update(users.get(name) or ())
    methods = documents.get("authentication_methods_policy", {})
    for configuration in methods.get("authenticationMethodConfigurations") or ():
        for name in ("includeTargets", "excludeTargets"):
            found.update(target["id"] for target in configuration.get(name) or ()
                         if target.get("targetType") == "group" and target.get("id") != "all_users")
    return frozenset(group.lower() for group in found)


def groups_with_roles(rows: Iterable[RawRows]) -> frozenset[str]:
    """Groups that hold a directory role, in lower case: whoever is in one is an administrator."""
    lines = (line for raw in rows if raw.table in ("role_assignments", "role_eligibility")
             for line in raw.path.read_bytes().splitlines())
    held = map(_roles.decode, lines)
    return frozenset(role.principal_id.lower() for role in held
                     if role.principal is not None and role.principal.kind == _GROUP_TYPE)


def with_group(group: str) -> Callable[[dict[str, msgspec.Raw]], bytes]:
    """How a member is kept: an account with its group. Groups inside the group are left out, because Graph lists their
    members as well."""
    encoded, account = msgspec.json.encode(group), msgspec.json.encode(USER_TYPE)

    def kept(row: dict[str, msgspec.Raw]) -> bytes:
        if bytes(row.get("@odata.type", msgspec.Raw(account))) != account:
            return b""
        return b'{"group":' + encoded + b',"id":' + bytes(row["id"]) + b"}\n"

    return kept
