"""Whether the domains that were listed are all the tenant has.

One that is lost, and is federated, would make everybody in it look as if they had nothing: their factor is checked by
another identity provider. Source: Microsoft Learn, "domain resource type"; an account's user principal name ends in a
domain its tenant has verified, and ``#EXT#`` in it marks a guest's, made of an address elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.sources.graph.lines import UNREADABLE, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_GUEST = "#ext#"


class _Account(msgspec.Struct):
    name: str = msgspec.field(name="userPrincipalName", default="")


class _Verified(msgspec.Struct):
    name: str = ""


class _Organisation(msgspec.Struct):
    domains: list[_Verified] = msgspec.field(name="verifiedDomains", default_factory=list)


def unlisted_domains(documents: Mapping[str, Any], accounts: Path | None) -> str:
    """Which domains the organisation or the ``accounts`` (on disk, an object a line; null: not read) have and the
    listing lacks; empty where it lacks nothing, or was not read."""
    listing = documents.get("domains")
    if listing is None:
        return ""
    listed = {str(each.get("id")).casefold() for each in listing["value"]}
    if not listed:
        return "no domain is listed, and every tenant has one"
    named = {*_verified(documents.get("organization", {})), *(() if accounts is None else _of_accounts(accounts))}
    lacking = sorted(named - listed)
    return f"{len(lacking)} domains are not listed: {', '.join(lacking[:5])}" if lacking else ""


def _verified(organisation: Mapping[str, Any]) -> Iterator[str]:
    for entry in organisation.get("value", ()):
        try:
            told = msgspec.convert(entry, _Organisation)
        except UNREADABLE:
            continue  # Whose data it is, is judged elsewhere.
        yield from (each.name.casefold() for each in told.domains if each.name)


def _of_accounts(path: Path) -> Iterator[str]:
    for row in read_lines(path, _Account):
        name, at, domain = row.name.casefold().rpartition("@")
        if at and domain and _GUEST not in name:
            yield domain
