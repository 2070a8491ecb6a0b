"""Everybody in a snapshot: the class of each account, and every class in every scenario of the policy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from mfa_audit.access.classes import Classes, Names, classes, facts_of_people, names_in
from mfa_audit.access.kleene import OF_THE_TENANT
from mfa_audit.access.matrix import Matrix
from mfa_audit.access.reach import may_register, registering
from mfa_audit.access.scenarios import situations
from mfa_audit.access.tenant import Tenant, locations_of, networks_of, policies_of
from mfa_audit.snapshot.columnar import TableFile
from mfa_audit.snapshot.documents import listed
from mfa_audit.snapshot.memberships import Memberships, in_groups, in_roles, live_roles

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from mfa_audit.access.matrix import Cell
    from mfa_audit.access.question import Person
    from mfa_audit.policy import Policy
    from mfa_audit.snapshot.store import Snapshot

_SEEN = ["account_key", "account_id", "user_type", "external", "per_user_mfa", "mfa_status"]


@dataclass(frozen=True)
class Everybody:
    """``classes`` of accounts; ``cells`` of each class by scenario; ``frame``: a row for every class and scenario
    with ``class``, ``scenario``, ``asked`` (:class:`mfa_audit.access.matrix.Asked`), ``why``, ``hours`` (float, null:
    never again), ``unread`` (bool: it hangs on something the tenant has and nobody read); ``places``: where each class
    is asked (:meth:`mfa_audit.access.matrix.Matrix.place`); ``registering``: whether it may register a
    method (:func:`mfa_audit.access.reach.may_register`); ``matrix`` answers further questions. ``roles``: a row for
    every ``account_id`` (null: nobody knows whose) and ``role_id`` it holds or may activate, whether it is ``eligible``
    and does not hold it over the whole tenant, whether it holds it over part of the tenant only (``scoped``), and
    whether the policy has the role ``counted`` as privileged."""

    classes: Classes
    cells: list[dict[str, Cell]]
    frame: pd.DataFrame
    places: list[str]
    registering: list[str]
    matrix: Matrix
    roles: pd.DataFrame


def tenant_of(snapshot: Snapshot, policy: Policy) -> Tenant | None:
    """The tenant from a snapshot's policy documents; null when they do not show what asks for MFA: neither Conditional
    Access nor security defaults that are on."""
    documents = {name: content for name, content in snapshot.documents.items() if name not in snapshot.lost}
    defaults = listed(documents.get("security_defaults")) or [{}]
    told = defaults[0].items() if isinstance(defaults[0], dict) else ()
    enabled = next((value for name, value in told if str(name).casefold() == "isenabled"), None)
    policies = listed(documents.get("conditional_access_policies"))
    if policies is None and enabled is not True:
        return None
    deleted = frozenset(snapshot.deleted_groups())
    locations, ranges = listed(documents.get("named_locations")), policy.networks.mfa_trusted_ips
    return Tenant(
        policies=policies_of(policies or (), listed(documents.get("authentication_strengths")) or ()),
        locations=None if locations is None else locations_of(locations),
        trusted_networks=None if ranges is None else networks_of(map(str, ranges))[0],
        security_defaults=enabled if isinstance(enabled, bool) else None,
        deleted=deleted,
    )


def everybody(snapshot: Snapshot, policy: Policy, as_of: date, tenant: Tenant,
              per_user: Callable[[pd.DataFrame], pd.Series]) -> Everybody:
    """Every account of a snapshot in every scenario. ``per_user`` turns a chunk's columns ``per_user_mfa`` and
    ``mfa_status`` into what per-user MFA is known to be (disabled, enabled, enforced, null)."""
    names = names_in(tenant)
    facts, users = _facts(snapshot, names, per_user)
    groups, roles = in_groups(snapshot, names.groups), in_roles(snapshot, names.roles, as_of)
    found = classes(facts, names, users, groups, roles)
    matrix = Matrix(tenant, situations(policy, tenant))
    cells = [matrix.cells(person) for person in found.people]
    register = registering(policy, tenant, matrix.situations)
    return Everybody(
        found, cells, _frame(cells), [matrix.place(each) for each in cells],
        [may_register(matrix.cells_in(replace(person, registered=False), register)) for person in found.people], matrix,
        _roles(snapshot, policy, as_of))


def person_of(snapshot: Snapshot, as_of: date, tenant: Tenant, account_key: int,
              per_user: Callable[[pd.DataFrame], pd.Series]) -> Person:
    """One account as policies see it; ``per_user`` as for :func:`everybody`."""
    names = names_in(tenant)
    account = TableFile(snapshot.folder / str(snapshot.manifest.tables["accounts"].file)).frame(
        _SEEN, where={"account_key": [account_key]})
    seen = _seen(account, per_user)
    named = np.flatnonzero(pd.Index(names.users) == account["account_id"].iloc[0]).astype(np.int32)
    users = Memberships(np.zeros(len(named), dtype=np.int32), named, frozenset())
    groups, roles = (
        Memberships(np.zeros(int((found.accounts == account_key).sum()), dtype=np.int32),
             found.places[found.accounts == account_key], found.open)
        for found in (in_groups(snapshot, names.groups), in_roles(snapshot, names.roles, as_of)))
    return classes(facts_of_people(seen), names, users, groups, roles).people[0]


def _seen(accounts: pd.DataFrame, per_user: Callable[[pd.DataFrame], pd.Series]) -> pd.DataFrame:
    return pd.DataFrame({
        "user_type": accounts["user_type"].astype("str"), "external": accounts["external"],
        "per_user": per_user(accounts), "has_id": ~accounts["account_id"].str.startswith("upn:"),
    })


def _facts(snapshot: Snapshot, names: Names,
           per_user: Callable[[pd.DataFrame], pd.Series]) -> tuple[npt.NDArray[np.int16], Memberships]:
    numbers, keys, places = [], [], []
    listed = pd.Index(names.users)
    for chunk in snapshot.accounts(columns=_SEEN):
        ids = chunk["account_id"]
        numbers.append(facts_of_people(_seen(chunk, per_user)))
        at = listed.get_indexer(pd.Index(ids))
        keys.append(chunk["account_key"].to_numpy(dtype=np.int32)[at >= 0])
        places.append(at[at >= 0].astype(np.int32))
    return np.concatenate(numbers), Memberships(np.concatenate(keys), np.concatenate(places), frozenset())


def _roles(snapshot: Snapshot, policy: Policy, as_of: date) -> pd.DataFrame:
    live = live_roles(snapshot, as_of)
    active, whole = live["kind"] != "eligible", live["scope"] == "/"
    live = live.assign(eligible=~active, whole=active & whole, part=active & ~whole)
    held = live.groupby(["account_id", "role_id"], dropna=False, as_index=False).agg(
        {"eligible": "any", "whole": "any", "part": "any"})
    held = held.assign(eligible=held["eligible"] & ~held["whole"], scoped=held["part"] & ~held["whole"])
    held = held.drop(columns=["whole", "part"])
    wanted = {role.lower() for role in policy.privileged.directory_roles}
    return held.assign(counted=held["role_id"].isin(wanted) | ("*" in wanted))


def _frame(cells: list[dict[str, Cell]]) -> pd.DataFrame:
    rows = [(number, name, cell.asked.value, cell.why, cell.hours,
             any(fact.kind in OF_THE_TENANT for fact in cell.lacks))
            for number, each in enumerate(cells) for name, cell in each.items()]
    columns = ["class", "scenario", "asked", "why", "hours", "unread"]
    return pd.DataFrame(rows, columns=columns).astype({"hours": "float64"})
