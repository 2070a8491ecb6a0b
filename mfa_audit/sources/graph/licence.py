"""Whether a tenant has the licence that Graph says it lacks: Graph has been known to say so of tenants that have it.

Source: Microsoft Learn, "List subscribedSkus": what a tenant subscribes to, with the service plans of each; "Product
names and service plan identifiers for licensing".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mfa_audit.snapshot.raw import Missing
from mfa_audit.sources.graph.gathered import refused
from mfa_audit.sources.graph.lines import UNREADABLE
from mfa_audit.sources.graph.pacing import Family
from mfa_audit.sources.graph.paging import read_short
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from mfa_audit.sources.graph.client import Client
    from mfa_audit.sources.graph.endpoints import Listing

PERMISSION = "LicenseAssignment.Read.All"
"""What a tenant subscribes to is read with."""

_PATH = "/v1.0/subscribedSkus?$select=id,capabilityStatus,servicePlans"
_ENDED = frozenset({"suspended", "deleted", "lockedout"})


class _Plan(msgspec.Struct):
    name: str = msgspec.field(name="servicePlanName")


class _Subscription(msgspec.Struct):
    status: str = msgspec.field(name="capabilityStatus")
    plans: list[_Plan] = msgspec.field(name="servicePlans")


_subscriptions = msgspec.json.Decoder(_Subscription)


@dataclass(frozen=True)
class Doubt:
    """Why Graph's word that a licence is lacking is not believed, and the ``permission`` that would settle it."""

    reason: str
    permission: str | None = None


def doubt(client: Client, listing: Listing) -> Doubt | None:
    """Why the tenant may have one of the service plans ``listing`` needs; null when it surely has none of them."""
    try:
        rows = read_short(client, _PATH, Family.DIRECTORY)
        subscriptions = [_subscriptions.decode(msgspec.json.encode(row)) for row in rows]
    except Refusal as told:
        return Doubt(f"whether it has one cannot be seen ({told})", PERMISSION if told.status == 403 else None)
    except UNREADABLE:
        return Doubt("whether it has one cannot be read")
    held = {plan.name.casefold() for each in subscriptions if each.status.casefold() not in _ENDED
            for plan in each.plans}
    found = sorted(plan for plan in listing.plans if plan.casefold() in held)
    return Doubt(f"but it subscribes to {', '.join(found)}") if found else None


def refused_listing(client: Client, listing: Listing, told: Refusal) -> Missing:
    """What the refusal of a whole listing leaves unknown. That the tenant has no licence is no fault of anybody's only
    where what it subscribes to says so as well."""
    unsure = doubt(client, listing) if told.unlicensed and listing.plans else None
    if unsure is None:
        return refused(listing.collected_as, listing.permission, listing.without, told, optional=listing.optional)
    return Missing(listing.collected_as, f"Graph says that the tenant has no licence for it ({told}), "
                   f"{unsure.reason}: {listing.without}", unsure.permission)
