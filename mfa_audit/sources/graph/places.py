"""Whether the named locations that were listed are those that Conditional Access speaks of.

An empty listing would let every policy that spares trusted networks ask everywhere. Source: Microsoft Learn,
"conditionalAccessLocations": beside ids a policy may say ``All``, ``AllTrusted``, and the id of the older service's
trusted addresses, which is all zeros. A location that a policy names cannot be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUSTED = "alltrusted"
_NO_LISTED = frozenset({"all", _TRUSTED, "00000000-0000-0000-0000-000000000000"})


class _Locations(msgspec.Struct):
    include: list[str] | None = msgspec.field(name="includeLocations", default=None)
    exclude: list[str] | None = msgspec.field(name="excludeLocations", default=None)


class _Conditions(msgspec.Struct):
    locations: _Locations | None = None


class _Policy(msgspec.Struct):
    state: str | None = None
    conditions: _Conditions | None = None


def unlisted_places(documents: Mapping[str, Any]) -> str:
    """What Conditional Access names and the listing of named locations lacks; empty where it lacks nothing, or one of
    the two was not read."""
    policies, listing = documents.get("conditional_access_policies"), documents.get("named_locations")
    if policies is None or listing is None:
        return ""
    listed = {str(each.get("id")).lower() for each in listing["value"]}
    named = _named(policies["value"])
    lacking = sorted(named - _NO_LISTED - listed)
    if lacking:
        return f"policies name {len(lacking)} locations that are not listed: {', '.join(lacking[:5])}"
    if _TRUSTED in named and not listed:
        return "no location is listed, and a policy speaks of the trusted ones"
    return ""


def _named(policies: list[Any]) -> set[str]:
    found: set[str] = set()
    for each in policies:
        try:
            policy = msgspec.convert(each, _Policy)
        except msgspec.ValidationError:
            continue  # A policy that cannot be read is judged as one.
        places = None if policy.conditions is None else policy.conditions.locations
        if places is not None and policy.state != "disabled":
            found.update(place.lower() for place in (*(places.include or ()), *(places.exclude or ())))
    return found
