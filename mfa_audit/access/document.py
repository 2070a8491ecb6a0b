"""``access.json``: who is asked where, and what leaves people unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mfa_audit.access.coverage import CANNOT_TELL, EVERYWHERE, NEVER, NO_ACCESS, SOMEWHERE
from mfa_audit.access.gap import Gap, View
from mfa_audit.access.gaps import gaps, order
from mfa_audit.access.matrix import Asked
from mfa_audit.access.reach import meeting

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mfa_audit.access.everybody import Everybody
    from mfa_audit.access.kleene import Fact
    from mfa_audit.policy import Policy

_PLACES = (NEVER, CANNOT_TELL, SOMEWHERE, EVERYWHERE, NO_ACCESS)
_MOST_FACTS = 50


def document(asked: Everybody, counts: pd.DataFrame, holdings: pd.DataFrame, policy: Policy) -> dict[str, Any]:
    """The whole of ``access.json``. ``counts``: accounts in scope by ``access_class`` and ``tier`` (``count``);
    ``holdings``: by ``access_class`` and ``method_bits``, the methods that count."""
    sizes = np.zeros(len(asked.classes.people), dtype=np.int64)
    np.add.at(sizes, counts["access_class"].to_numpy(dtype=np.int64), counts["count"].to_numpy(dtype=np.int64))
    places = asked.places
    view = View(asked.matrix, asked.classes.people, asked.cells, places, sizes, asked.eligible, asked.held,
                asked.matrix.tenant.deleted, float(policy.exemptions.tolerance_percent))
    return {
        "schema": "mfa-audit/access/1",
        "lists": {name: int(sizes[[place == name for place in places]].sum()) for name in _PLACES},
        "cannot_tell_for_want_of": _lacking(view),
        "scenarios": scenarios(asked, counts),
        "gaps": [
            {"id": gap.id, "severity": gap.severity, "policy": gap.policy, "policy_id": gap.policy_id,
             "found": gap.found, "accounts": gap.accounts, "would_close": gap.close}
            for gap in sorted([*gaps(view), *_out_of_reach(view, holdings)], key=order)
        ],
    }


def _out_of_reach(view: View, holdings: pd.DataFrame) -> Iterator[Gap]:
    """Strengths demanded of people whose methods do not meet them: they are locked out, or sent to register."""
    known = {policy.grants.strength.id: policy.grants.strength for policy in view.asking
             if policy.grants is not None and policy.grants.strength is not None}
    for identity, strength in sorted(known.items()):
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
                      strength.name or identity, identity, int(short["count"].sum()))


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
