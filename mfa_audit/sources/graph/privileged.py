"""Accounts that are looked at one by one or every night: whoever the policy names, holds a role, or is called an
administrator by the registration report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mfa_audit.sources.graph.groups import groups_with_roles
from mfa_audit.sources.graph.lines import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mfa_audit.snapshot.raw import RawRows


class _Line(msgspec.Struct):
    id: str = ""
    upn: str | None = msgspec.field(name="userPrincipalName", default=None)
    is_admin: bool | None = msgspec.field(name="isAdmin", default=None)
    principal: str | None = msgspec.field(name="principalId", default=None)
    group: str | None = None


def privileged(rows: Iterable[RawRows], groups: frozenset[str], named: frozenset[str]) -> list[str]:
    """Ids, in lower case, of listed accounts: those ``named`` (ids or user principal names in lower case) first, then
    holders of roles and members of ``groups`` or of groups that hold roles, as far as ``rows`` show them."""
    rows = tuple(rows)
    of_interest = groups | groups_with_roles(rows)
    found: set[str] = set()
    for raw in rows:
        if raw.table in ("role_assignments", "role_eligibility"):
            found.update((line.principal or "").lower() for line in _read(raw))
        elif raw.table == "group_members":
            found.update(line.id.lower() for line in _read(raw) if (line.group or "").lower() in of_interest)
        elif raw.table == "registrations":
            found.update(line.id.lower() for line in _read(raw) if line.is_admin)
    first, others = set(), set()
    for raw in rows:
        if raw.table == "accounts" and "user_principal_name" in raw.fields:
            for line in _read(raw):
                account = line.id.lower()
                if account in named or (line.upn or "").lower() in named:
                    first.add(account)
                elif account in found:
                    others.add(account)
    return [*sorted(first), *sorted(others)]


def _read(raw: RawRows) -> Iterable[_Line]:
    return read_lines(raw.path, _Line)
