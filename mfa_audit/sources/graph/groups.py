"""Which groups matter, and how their members are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.sources.graph.endpoints import USER_TYPE
from mfa_audit.sources.graph.lines import UNREADABLE, read_lines
from mfa_audit.sources.graph.paging import Again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mfa_audit.snapshot.raw import RawRows

_GROUP_TYPE = "#microsoft.graph.group"
_NO_ACCOUNTS = frozenset({
    _GROUP_TYPE, "#microsoft.graph.device", "#microsoft.graph.servicePrincipal", "#microsoft.graph.orgContact",
})
"""Members of a group that are no accounts."""

_NOTHING = msgspec.Raw(b"null")
_texts = msgspec.json.Decoder(str | None)


class _Principal(msgspec.Struct):
    kind: str = msgspec.field(name="@odata.type", default="")


class _Role(msgspec.Struct):
    principal_id: str = msgspec.field(name="principalId", default="")
    told: msgspec.Raw = msgspec.field(name="principal", default=msgspec.Raw(b"null"))

    @property
    def kind(self) -> str | None:
        """What the holder is, empty where Graph does not say; null where it cannot be read."""
        try:
            principal = _principals.decode(self.told)
        except UNREADABLE:
            return None
        return "" if principal is None else principal.kind


_principals = msgspec.json.Decoder(_Principal | None)


@dataclass(frozen=True)
class Named:
    """The ``groups`` that policies name, in lower case, and the documents that are ``unreadable`` where they would."""

    groups: frozenset[str]
    unreadable: frozenset[str]


def groups_of_policies(documents: Mapping[str, Any]) -> Named:
    """Groups that Conditional Access or the methods policy includes or excludes."""
    found: set[str] = set()
    unreadable: set[str] = set()
    for name, read in (("conditional_access_policies", _of_conditional_access),
                       ("authentication_methods_policy", _of_methods)):
        try:
            found.update(group.lower() for group in read(documents.get(name, {})))
        except TypeError:
            unreadable.add(name)
    return Named(frozenset(found), frozenset(unreadable))


def _of_conditional_access(document: Any) -> Iterator[str]:
    for policy in _listed(document, "value"):
        users = _within(_within(policy, "conditions"), "users")
        for name in ("includeGroups", "excludeGroups"):
            yield from map(_text, _listed(users, name))


def _of_methods(document: Any) -> Iterator[str]:
    for configuration in _listed(document, "authenticationMethodConfigurations"):
        for name in ("includeTargets", "excludeTargets"):
            for target in _listed(configuration, name):
                if _within(target, "targetType", str) == "group" and target.get("id") != "all_users":
                    yield _text(target.get("id"))


def _within(value: Any, name: str, kind: type = dict) -> Any:
    """A property that is of one ``kind``, empty when absent. Raises TypeError for another."""
    if not isinstance(value, dict):
        raise TypeError(name)
    found = value.get(name)
    if found is None:
        return kind()
    if not isinstance(found, kind):
        raise TypeError(name)
    return found


def _listed(value: Any, name: str) -> list[Any]:
    found: list[Any] = _within(value, name, list)
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("an id that is no text")
    return value


def groups_with_roles(rows: Iterable[RawRows]) -> frozenset[str]:
    """Groups that hold a directory role, in lower case: whoever is in one is an administrator."""
    return frozenset(role.principal_id.lower() for role in _roles(rows) if role.kind == _GROUP_TYPE)


def without_holder(rows: Iterable[RawRows]) -> int:
    """In how many assignments of a role it cannot be read who holds it."""
    return sum(not role.principal_id or role.kind is None for role in _roles(rows))


def _roles(rows: Iterable[RawRows]) -> Iterator[_Role]:
    for raw in rows:
        if raw.table in ("role_assignments", "role_eligibility"):
            yield from read_lines(raw.path, _Role)


def with_group(group: str) -> Callable[[dict[str, msgspec.Raw]], bytes]:
    """How a member is kept: an account with its group. Groups inside the group are left out, because Graph lists their
    members as well, and so are devices and applications. Raises :class:`Again` for a member of no known kind: it may
    be an account."""
    encoded = msgspec.json.encode(group)

    def kept(row: dict[str, msgspec.Raw]) -> bytes:
        kind = _kind_of(row)
        if kind in _NO_ACCOUNTS:
            return b""
        if kind != USER_TYPE:
            raise Again("what kind of object one of its members is cannot be read")
        return b'{"group":' + encoded + b',"id":' + bytes(row["id"]) + b"}\n"

    return kept


def _kind_of(row: dict[str, msgspec.Raw]) -> str | None:
    try:
        kind: str | None = _texts.decode(row.get("@odata.type", _NOTHING))
    except UNREADABLE:
        return None
    return kind
