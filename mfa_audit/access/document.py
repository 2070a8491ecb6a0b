"""``access.json``: who is asked where, and what leaves people unasked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mfa_audit.access.coverage import CANNOT_TELL, EVERYWHERE, NEVER, NO_ACCESS, SOMEWHERE
from mfa_audit.access.gap import Again, Gap, Touched, View
from mfa_audit.access.gaps import gaps, order
from mfa_audit.access.matrix import Asked
from mfa_audit.access.reach import meeting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from mfa_audit.access import policies
    from mfa_audit.access.everybody import Everybody
    from mfa_audit.access.kleene import Fact
    from mfa_audit.access.strengths import Strength
    from mfa_audit.policy import Policy

_PLACES = (NEVER, CANNOT_TELL, SOMEWHERE, EVERYWHERE, NO_ACCESS)
_MOST_FACTS = 50
_MOST_LISTED, _MOST_LISTED_EACH = 1_000_000, 10_000


@dataclass(frozen=True)
class Told:
    """What is said of who is asked: ``document``, the whole of ``access.json``; ``touched``, a row for every gap and
    class of accounts it touches (``gap``: its position among the gaps; ``access_class``; ``without``: it touches those
    alone who have none of these ``method_bits``, 0: everybody) or account (``account_id``; the class is then null)."""

    document: dict[str, Any]
    touched: pd.DataFrame


def told(asked: Everybody, counts: pd.DataFrame, holdings: pd.DataFrame, roles: pd.DataFrame, policy: Policy) -> Told:
    """``counts``: accounts in scope by ``access_class`` and ``tier`` (``count``); ``holdings``: by ``access_class`` and
    ``method_bits``, the methods that count; ``roles``: those of :attr:`Everybody.roles` that accounts in scope have."""
    sizes, places = _sizes(asked, counts), asked.places
    view = View(
        asked.matrix, asked.classes.people, asked.cells, places, sizes, _by_role(roles[roles["eligible"]]),
        _by_role(roles[roles["counted"]]), asked.matrix.tenant.deleted, float(policy.exemptions.tolerance_percent),
        scoped=_by_role(roles[roles["scoped"]]),
        emergency=_sizes(asked, counts[counts["tier"] == "break_glass"]),
        emergency_ids=frozenset(policy.population.break_glass), again=tuple(_again(asked, counts, policy)),
        without_method=_sizes(asked, holdings[holdings["method_bits"] == 0]))
    found = sorted([*gaps(view), *_out_of_reach(view, holdings)], key=order)
    document = {
        "schema": "mfa-audit/access/1",
        "lists": {name: int(sizes[[place == name for place in places]].sum()) for name in _PLACES},
        "cannot_tell_for_want_of": _lacking(view),
        "scenarios": scenarios(asked, counts),
        "gaps": [
            {"id": gap.id, "severity": gap.severity, "policy": gap.policy, "policy_id": gap.policy_id,
             "found": gap.found, "accounts": gap.accounts, "listed": listed, "would_close": gap.close}
            for gap, listed in zip(found, _listed(found), strict=True)
        ],
    }
    return Told(document, _touched(found))


def _sizes(asked: Everybody, counts: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Accounts by class."""
    sizes = np.zeros(len(asked.classes.people), dtype=np.int64)
    np.add.at(sizes, counts["access_class"].to_numpy(dtype=np.int64), counts["count"].to_numpy(dtype=np.int64))
    return sizes


def _again(asked: Everybody, counts: pd.DataFrame, policy: Policy) -> Iterator[Again]:
    """What the policy wants of each tier that must be asked again."""
    names = {situation.name for situation in asked.matrix.situations}
    for tier, rule in policy.requirements.items():
        scenarios = tuple(name for name in rule.ask_in if name in names)
        if rule.again_within_hours is not None and scenarios:
            yield Again(tier, float(rule.again_within_hours), scenarios,
                        _sizes(asked, counts[counts["tier"] == tier]))


def _listed(found: Sequence[Gap]) -> Iterator[int]:
    """How many of the accounts of each gap are listed, the gravest first, as far as a spreadsheet can hold them."""
    left = _MOST_LISTED
    for gap in found:
        listed = min(gap.accounts - gap.unlisted, _MOST_LISTED_EACH, left)
        left -= listed
        yield listed


def _by_role(roles: pd.DataFrame) -> Mapping[str, frozenset[str]]:
    return {str(role): frozenset(ids.dropna()) for role, ids in roles.groupby("role_id")["account_id"]}


def _touched(found: Sequence[Gap]) -> pd.DataFrame:
    rows = [(place, *who) for place, gap in enumerate(found) for who in _whom(gap.touched)]
    columns = {"gap": "int64", "access_class": "Int64", "without": "int64", "account_id": "str"}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _whom(touched: Touched) -> Iterator[tuple[int | None, int, str | None]]:
    yield from ((number, touched.without, None) for number in touched.classes)
    yield from ((None, 0, account) for account in sorted(touched.ids))


def _out_of_reach(view: View, holdings: pd.DataFrame) -> Iterator[Gap]:
    """Strengths demanded of people whose methods do not meet them: they are locked out, or sent to register."""
    known: dict[str, tuple[Strength, list[policies.Policy]]] = {}
    for policy in view.asking:
        if policy.grants is not None and policy.grants.strength is not None:
            known.setdefault(policy.grants.strength.id, (policy.grants.strength, []))[1].append(policy)
    for identity, (strength, demanding) in sorted(known.items()):
        bits = meeting(strength)
        demanded = [number for number, cells in enumerate(view.cells)
                    if any(identity in cell.strengths for cell in cells.values())]
        if bits is None:
            continue
        held = holdings["method_bits"]
        short = holdings[holdings["access_class"].isin(demanded) & (held != 0) & ((held & bits) == 0)]
        if len(short):
            yield Gap("strength_out_of_reach", "high",
                      f"demands {strength.name or identity} of people who have no method that meets it: they are "
                      "locked out, or sent to register one", "let them register such a method first",
                      "; ".join(each.name or each.id for each in demanding), ";".join(each.id for each in demanding),
                      int(short["count"].sum()),
                      Touched(tuple(sorted(set(short["access_class"].tolist()))), bits))


def scenarios(asked: Everybody, counts: pd.DataFrame) -> dict[str, Any]:
    """Scenario -> its ``label`` and, for each tier, accounts in scope by what it comes to (:class:`Asked`)."""
    joined = counts.merge(asked.frame, left_on="access_class", right_on="class")
    summed = joined.groupby(["scenario", "tier", "asked"])["count"].sum()
    tiers = sorted(counts["tier"].unique())
    return {
        situation.name: {
            "label": situation.label,
            "tiers": {
                tier: {word.value: int(summed.get((situation.name, tier, word.value), 0)) for word in Asked}
                for tier in tiers
            },
        }
        for situation in asked.matrix.situations
    }


def _lacking(view: View) -> list[dict[str, Any]]:
    """The facts that those of whom nobody can tell hang on, with how many accounts each."""
    found: dict[Fact, int] = {}
    for cells, size, place in zip(view.cells, view.sizes.tolist(), view.places, strict=True):
        if place == CANNOT_TELL and size:
            for fact in {fact for cell in cells.values() for fact in cell.lacks}:
                found[fact] = found.get(fact, 0) + size
    most = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_MOST_FACTS]
    return [{"fact": fact.kind, "which": fact.key, "accounts": count} for fact, count in most]
