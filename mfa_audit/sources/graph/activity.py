"""Sign-in activity of one night: of everybody where that fits into the night's requests, else of whoever a rule needs
and of the accounts whose answers are oldest (:mod:`mfa_audit.snapshot.activity`).

Graph counts these pages as reports: five in ten seconds. Source of the filters: Microsoft Learn, "user resource type":
``id`` may be asked for with ``in``, fifteen at a time; ``userPrincipalName`` is compared with ``ge`` and ``le``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from mfa_audit.snapshot.activity import Part, parts
from mfa_audit.sources.graph.endpoints import SIGN_IN_ACTIVITY
from mfa_audit.sources.graph.patience import Overloaded
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mfa_audit.snapshot.raw import RawRows
    from mfa_audit.snapshot.store import Snapshot
    from mfa_audit.sources.graph.client import Client
    from mfa_audit.sources.graph.endpoints import Listing
    from mfa_audit.sources.graph.kept import Kept

    Keep = Callable[[dict[str, msgspec.Raw]], bytes]
    Reading = Callable[[Listing, Keep], Kept]

_READ_AT = "readAt"
FIELDS = {**SIGN_IN_ACTIVITY.fields, "sign_in_read_at": _READ_AT}
"""The fields of a row as it is kept: with the time it was asked for."""

_PAGE, _SMALL_PAGE = SIGN_IN_ACTIVITY.sizes
_IDS_AT_ONCE = 15
_GONE_SHARE, _GONE_MOST = 0.005, 10
_PARTS_A_NIGHT = 20


@dataclass(frozen=True)
class Rotation:
    """How a night is planned: at most so many ``requests``, the ids that are ``needed`` every night, and the
    ``earlier`` snapshot, whose answers say who comes next."""

    requests: int
    needed: Sequence[str]
    earlier: Snapshot | None


def read_everybody(reading: Reading, listed: RawRows, requests: int, now: datetime) -> Kept | None:
    """The activity of everybody in one listing; null where that does not fit into the night's ``requests``.
    ``listed`` are tonight's accounts.

    Raises :class:`Refusal` where Graph refuses, and what ``reading`` raises.
    """
    keep = _dated(now, frozenset())
    everybody = replace(SIGN_IN_ACTIVITY, most=_most(listed.rows), least=_least(listed.rows))
    if ceil(listed.rows / _SMALL_PAGE) <= requests:
        return reading(everybody, keep)
    if ceil(listed.rows / _PAGE) <= requests:
        try:
            return reading(replace(everybody, sizes=(_PAGE,)), keep)
        except Overloaded:
            return None
        except Refusal as told:
            if not told.page_too_large:
                raise
    return None


def read_in_rotation(client: Client, reading: Reading, listed: RawRows, plan: Rotation, now: datetime) -> list[Kept]:
    """The activity of whoever is needed, then of parts of the tenant until the night's requests are spent; one part at
    least. ``client`` is this night's for the activity alone: what it has asked is spent. Raises as
    :func:`read_everybody`."""
    needed = plan.needed[:_IDS_AT_ONCE * (plan.requests // 2)]
    keep = _dated(now, frozenset())
    read = [reading(_of_ids(number, needed[first:first + _IDS_AT_ONCE]), keep)
            for number, first in enumerate(range(0, len(needed), _IDS_AT_ONCE))]
    keep = _dated(now, frozenset(needed))
    size = max(1, plan.requests // _PARTS_A_NIGHT) * _PAGE
    for number, part in enumerate(parts(listed.path, size, plan.earlier)):
        if number and client.asked + part.accounts // _PAGE + 1 > plan.requests:
            break
        read.append(reading(_of_part(part), keep))
    return read


def _of_ids(number: int, ids: Sequence[str]) -> Listing:
    listed = ",".join(map(_quoted, ids))
    one = _filtered(f"needed_{number}", f"id in ({listed})", len(ids))
    return replace(one, least=_least(len(ids)))


def _of_part(part: Part) -> Listing:
    condition = f"userPrincipalName ge {_quoted(part.first)} and userPrincipalName le {_quoted(part.last)}"
    return _filtered(f"from_{part.first}", condition, part.accounts)


def _filtered(name: str, condition: str, accounts: int) -> Listing:
    path = f"{SIGN_IN_ACTIVITY.path}&$filter={quote(condition, safe='')}"
    return replace(SIGN_IN_ACTIVITY, name=f"{SIGN_IN_ACTIVITY.name}_{name}", path=path, most=_most(accounts))


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _most(accounts: int) -> int:
    return 2 * accounts + _PAGE


def _least(accounts: int) -> int:
    """How many of so many accounts have an answer if it is whole: a few are deleted after they were listed."""
    return accounts - max(min(_GONE_MOST, 1 + accounts // 10), int(accounts * _GONE_SHARE))


def _dated(now: datetime, without: frozenset[str]) -> Keep:
    """How a row is kept: with the time it was asked for, and not at all when it is one of ``without``."""
    at = msgspec.json.encode(now.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def kept(row: dict[str, msgspec.Raw]) -> bytes:
        if without and msgspec.json.decode(row["id"], type=str).lower() in without:
            return b""
        fields = {key: row[key] for key in ("id", "signInActivity") if key in row}
        return msgspec.json.encode({**fields, _READ_AT: msgspec.Raw(at)}).replace(b"\n", b" ") + b"\n"

    return kept
