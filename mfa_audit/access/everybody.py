"""Everybody in a snapshot: the class of each account, and every class in every scenario of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mfa_audit.access.classes import Classes, Held, Names, classes, facts_of_people, names_in
from mfa_audit.access.matrix import Matrix
from mfa_audit.access.scenarios import situations
from mfa_audit.access.tenant import Tenant, locations_of, networks_of, policies_of
from mfa_audit.snapshot.documents import entries
from mfa_audit.snapshot.memberships import Memberships, in_groups, in_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from mfa_audit.policy import Policy
    from mfa_audit.snapshot.store import Snapshot

_SEEN = ["account_key", "account_id", "user_type", "external", "per_user_mfa", "mfa_status"]


@dataclass(frozen=True)
class Everybody:
    """``classes`` of accounts; ``cells``: a row for every class and scenario
    (:meth:`mfa_audit.access.matrix.Matrix.frame`); ``matrix`` answers further questions."""

    classes: Classes
    cells: pd.DataFrame
    matrix: Matrix


def tenant_of(documents: Mapping[str, Any], policy: Policy) -> Tenant | None:
    """The tenant from a snapshot's policy documents; null when they do not show what asks for MFA: neither Conditional
    Access nor security defaults that are on."""
    defaults = next((entry for entry in entries(_plain(documents.get("security_defaults")))), {})
    enabled = next((value for name, value in defaults.items() if str(name).casefold() == "isenabled"), None)
    listed = documents.get("conditional_access_policies")
    if listed is None and enabled is not True:
        return None
    locations, ranges = documents.get("named_locations"), policy.networks.mfa_trusted_ips
    return Tenant(
        policies=policies_of(entries(_plain(listed)), entries(_plain(documents.get("authentication_strengths")))),
        locations=None if locations is None else locations_of(entries(_plain(locations))),
        trusted_networks=None if ranges is None else networks_of(map(str, ranges))[0],
        security_defaults=enabled if isinstance(enabled, bool) else None,
    )


def everybody(snapshot: Snapshot, policy: Policy, as_of: date, tenant: Tenant,
              per_user: Callable[[pd.DataFrame], pd.Series]) -> Everybody:
    """Every account of a snapshot in every scenario. ``per_user`` turns a chunk's columns ``per_user_mfa`` and
    ``mfa_status`` into what per-user MFA is known to be (disabled, enabled, enforced, null)."""
    names = names_in(tenant)
    facts, users = _facts(snapshot, names, per_user)
    groups, roles = in_groups(snapshot, names.groups), in_roles(snapshot, names.roles, as_of)
    found = classes(facts, names, users, _held(groups), _held(roles))
    matrix = Matrix(tenant, situations(policy, tenant))
    return Everybody(found, matrix.frame(found.people), matrix)


def _facts(snapshot: Snapshot, names: Names,
           per_user: Callable[[pd.DataFrame], pd.Series]) -> tuple[npt.NDArray[np.int16], Held]:
    numbers, keys, places = [], [], []
    listed = pd.Index(names.users)
    for chunk in snapshot.accounts(columns=_SEEN):
        ids = chunk["account_id"]
        numbers.append(facts_of_people(pd.DataFrame({
            "user_type": chunk["user_type"].astype("str"), "external": chunk["external"], "per_user": per_user(chunk),
            "has_id": ~ids.str.startswith("upn:"),
        })))
        at = listed.get_indexer(pd.Index(ids))
        keys.append(chunk["account_key"].to_numpy(dtype=np.int32)[at >= 0])
        places.append(at[at >= 0].astype(np.int32))
    return np.concatenate(numbers), Held(np.concatenate(keys), np.concatenate(places), frozenset())


def _held(found: Memberships) -> Held:
    return Held(found.accounts, found.places, found.open)


def _plain(document: Any) -> Any:
    """A document whose list stands under ``Value``, as PowerShell writes it, under the name Graph uses."""
    if isinstance(document, dict) and "value" not in document and isinstance(document.get("Value"), list):
        return document["Value"]
    return document
