"""Accounts that no policy can tell apart: found once, evaluated once.

A policy sees of a person the groups and roles it names, its own id where a policy names it, what kind of guest it is,
and per-user MFA. Everything else is the same for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mfa_audit.access.other_sources import ASKED_BY_DEFAULTS, DIRECTORY_SYNCHRONISATION
from mfa_audit.access.question import GUEST_TYPES, Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mfa_audit.access.tenant import Tenant
    from mfa_audit.snapshot.memberships import Memberships

_PER_USER = (None, "disabled", "enabled", "enforced")
_SEED = 20_260_302


@dataclass(frozen=True)
class Names:
    """What policies tell people apart by, in lower case: ids of users, groups, roles."""

    users: tuple[str, ...]
    groups: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Classes:
    """``of``: the class of each account_key; ``people``: one person standing for each class."""

    of: npt.NDArray[np.int32]
    people: tuple[Person, ...]


def names_in(tenant: Tenant) -> Names:
    """The users, groups and roles that the tenant's policies name."""
    users: set[str] = set()
    groups: set[str] = set()
    roles: set[str] = set()
    for policy in tenant.policies:
        for selection in (policy.conditions.include, policy.conditions.exclude):
            if selection is not None:
                users |= selection.users
                groups |= selection.groups
                roles |= selection.roles
    if tenant.security_defaults is not False:
        roles |= ASKED_BY_DEFAULTS | {DIRECTORY_SYNCHRONISATION}
    return Names(tuple(sorted(users)), tuple(sorted(groups)), tuple(sorted(roles)))


def facts_of_people(accounts: pd.DataFrame) -> npt.NDArray[np.int16]:
    """What a policy sees of each account beside groups and roles, as one number.

    Columns: ``user_type`` (member, guest, null), ``external`` (yes, no, else not known), ``per_user`` (one of disabled,
    enabled, enforced, null), ``has_id`` (bool: it has an object id).
    """
    guest = np.select([(accounts["user_type"] == "guest").fillna(value=False),
                       (accounts["user_type"] == "member").fillna(value=False)], [1, 2], default=0)
    external = np.select([accounts["external"] == "yes", accounts["external"] == "no"], [1, 2], default=0)
    per_user = np.select([(accounts["per_user"] == word).fillna(value=False) for word in _PER_USER[1:]], [1, 2, 3],
                         default=0)
    number = ((guest * 3 + external) * len(_PER_USER) + per_user) * 2 + accounts["has_id"].to_numpy(dtype=np.int64)
    codes: npt.NDArray[np.int16] = number.astype(np.int16)
    return codes


def classes(facts: npt.NDArray[np.int16], names: Names, users: Memberships, groups: Memberships,
            roles: Memberships) -> Classes:
    """The classes of all accounts; ``facts`` is :func:`facts_of_people` in account_key order, ``users``, ``groups`` and
    ``roles`` say who holds which of ``names``.

    Two accounts are one class when they have the same facts and the same set of references. A set is compared by two
    sums of 64-bit random numbers, a number a reference: two sets that differ agree in both once in 2**128.
    """
    held = (users, groups, roles)
    counts = [len(names.users), len(names.groups), len(names.roles)]
    dice = np.random.default_rng(_SEED)
    sums = np.zeros((len(facts), 2), dtype=np.uint64)
    for each, count in zip(held, counts, strict=True):
        for half in (0, 1):
            numbers = dice.integers(0, 2**64, size=count, dtype=np.uint64)
            np.add.at(sums[:, half], each.accounts, numbers[each.places])
    for half in (0, 1):
        sums[:, half] += dice.integers(0, 2**64, size=int(facts.max(initial=0)) + 1, dtype=np.uint64)[facts]
    _, first, of = np.unique(
        np.ascontiguousarray(sums).view([("a", np.uint64), ("b", np.uint64)]).ravel(),
        return_index=True, return_inverse=True,
    )
    of_users, of_groups, of_roles = (_of_representatives(each, first) for each in held)
    open_groups = frozenset(names.groups[place] for place in groups.open)
    open_roles = frozenset(names.roles[place] for place in roles.open)
    people = tuple(
        _person(int(facts[account]), next((names.users[place] for place in of_users.get(number, ())), ""),
                frozenset(names.groups[place] for place in of_groups.get(number, ())),
                frozenset(names.roles[place] for place in of_roles.get(number, ())), open_groups, open_roles, names)
        for number, account in enumerate(first.tolist())
    )
    return Classes(of.astype(np.int32), people)


def _of_representatives(held: Memberships, first: npt.NDArray[np.intp]) -> dict[int, list[int]]:
    """Class -> what the account that stands for it holds."""
    order = np.argsort(first)
    ordered = first[order]
    at = np.searchsorted(ordered, held.accounts)
    hit = (at < len(ordered)) & (ordered[np.minimum(at, len(ordered) - 1)] == held.accounts)
    found: dict[int, list[int]] = {}
    for position, place in zip(at[hit].tolist(), held.places[hit].tolist(), strict=True):
        found.setdefault(int(order[position]), []).append(place)
    return found


def _person(facts: int, identity: str, inside: frozenset[str], held: frozenset[str], open_groups: frozenset[str],
            open_roles: frozenset[str], names: Names) -> Person:
    rest, has_id = divmod(facts, 2)
    rest, per_user = divmod(rest, len(_PER_USER))
    guest, external = divmod(rest, 3)
    # Policies, groups and roles list object ids, so they say nothing of an account known by its name alone.
    unsure = (open_groups if has_id else frozenset(names.groups)) - inside
    unsure_roles = (open_roles if has_id else frozenset(names.roles)) - held
    return Person(
        id=identity if has_id else None, guest_types=_guest_types(guest, external), groups=inside, unsure_groups=unsure,
        roles=held, unsure_roles=unsure_roles, per_user=_PER_USER[per_user],
    )


def _guest_types(guest: int, external: int) -> frozenset[str]:
    """Of :data:`GUEST_TYPES`: 0 is not known, 1 yes, 2 no."""
    both: Sequence[bool] = (True, False)
    named = {(True, True): 0, (False, True): 1, (True, False): 2, (False, False): 3}
    return frozenset(
        GUEST_TYPES[named[is_guest, is_external]]
        for is_guest in both for is_external in both
        if guest in (0, 1 if is_guest else 2) and external in (0, 1 if is_external else 2)
    )
