"""The controls: one outcome for every account and control.

``controls.toml`` holds the words; here stands what is checked. A control whose data was not supplied says
``not_assessed``, never ``pass``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from mfa_audit.verdicts.columns import Mask

Outcomes = npt.NDArray[np.int8]


class Outcome(IntEnum):
    """What a control says about one account."""

    NOT_APPLICABLE = 0
    PASSED = 1
    FAILED = 2
    EXCEPTED = 3
    NOT_ASSESSED = 4


@dataclass(frozen=True)
class Control:
    """One control in words. ``severity``: C, H, M or L. ``needs``: what it is assessed from."""

    id: str
    title: str
    severity: str
    rests_on: str
    rationale: str
    remediation: str
    owner: str
    needs: str


@cache
def catalogue() -> tuple[Control, ...]:
    """Every control, in the order in which findings are listed."""
    text = resources.files("mfa_audit.verdicts").joinpath("controls.toml").read_text(encoding="utf-8")
    return tuple(Control(**row) for row in tomllib.loads(text)["control"])


def outcome(applies: Mask, passed: Mask, *, unassessed: Mask | None = None, excepted: Mask | None = None) -> Outcomes:
    """The outcomes of one control: where it applies, passed or failed, unless not assessed or excepted."""
    result = np.where(passed, Outcome.PASSED, Outcome.FAILED).astype(np.int8)
    if excepted is not None:
        result[excepted & ~passed] = Outcome.EXCEPTED
    if unassessed is not None:
        result[unassessed] = Outcome.NOT_ASSESSED
    result[~applies] = Outcome.NOT_APPLICABLE
    return result


def findings(outcomes: dict[str, Outcomes], index: pd.Index) -> pd.Series:
    """The ids of the failed controls of each account joined by ``;`` in catalogue order, null when none failed."""
    ids = [control.id for control in catalogue() if control.id in outcomes]
    code = np.zeros(len(index), dtype=np.int64)
    for position, control_id in enumerate(ids):
        code |= (outcomes[control_id] == Outcome.FAILED).astype(np.int64) << position
    distinct, where = np.unique(code, return_inverse=True)
    joined = [
        ";".join(control_id for position, control_id in enumerate(ids) if value >> position & 1) or None
        for value in distinct.tolist()
    ]
    return pd.Series(joined, dtype="str").take(where).set_axis(index)


def count(outcomes: dict[str, Outcomes]) -> pd.DataFrame:
    """How many accounts have each outcome: index control id, a column an :class:`Outcome` name in lower case."""
    return pd.DataFrame(
        {
            control_id: np.bincount(values, minlength=len(Outcome))
            for control_id, values in outcomes.items()
        },
        index=[member.name.lower() for member in Outcome],
    ).T


def summarise(counts: pd.DataFrame, tenant_outcomes: dict[str, Outcome]) -> pd.DataFrame:
    """The Rules table: every control of the catalogue with its words and counts; what nothing assessed is counted as
    one ``not_assessed``.

    Columns: control_id, title, severity, passed, failed, excepted, not_assessed, not_applicable, worst_reason,
    rests_on, remediation, owner.
    """
    rows = []
    counted = counts.to_dict("index")
    for control in catalogue():
        numbers: dict[str, int] = dict.fromkeys((member.name.lower() for member in Outcome), 0)
        if control.id in counted:
            numbers |= {str(name): int(value) for name, value in counted[control.id].items()}
        else:
            numbers[tenant_outcomes.get(control.id, Outcome.NOT_ASSESSED).name.lower()] = 1
        order = ("failed", "not_assessed", "excepted", "passed")
        worst = next((name for name in order if numbers[name]), "not_applicable")
        rows.append(
            {
                "control_id": control.id,
                "title": control.title,
                "severity": control.severity,
                **numbers,
                "worst_reason": control.rationale if worst == "failed" else worst.replace("_", " "),
                "rests_on": control.rests_on,
                "remediation": control.remediation,
                "owner": control.owner,
            }
        )
    columns = ["control_id", "title", "severity", "passed", "failed", "excepted", "not_assessed", "not_applicable",
               "worst_reason", "rests_on", "remediation", "owner"]
    return pd.DataFrame(rows, columns=columns)
