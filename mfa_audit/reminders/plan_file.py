"""A plan as a file: who would hear what, by which letter, at which address, why; and from which run it came.

The file carries the SHA-256 of its content, so that what somebody looked at is what is sent.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit import files
from mfa_audit.errors import InputRejected
from mfa_audit.reminders.columns import KEY, PLAN, frame

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mfa_audit.reminders.mailing import Mailing
    from mfa_audit.reminders.plan import Plan

SCHEMA = "mfa-audit/reminder-plan/1"
_FACTS = ("tenant", "as_of", "run", "run_sha256", "policy_sha256", "campaign", "delivery")
_COLUMNS = (*PLAN.names, "to", "letter")


@dataclass(frozen=True)
class Origin:
    """Where a plan comes from: ``run`` is the name of the run's folder, ``run_sha256`` of its manifest."""

    tenant: str
    as_of: dt.date
    run: str
    run_sha256: str
    policy_sha256: str
    campaign: str
    delivery: str


@dataclass(frozen=True)
class PlanFile:
    """A plan that was read: ``messages`` are :data:`mfa_audit.reminders.columns.PLAN` with ``to`` and ``letter``."""

    origin: Origin
    messages: pd.DataFrame
    sha256: str

    @property
    def name(self) -> str:
        """What its folder in the outbox is called."""
        return name_of(self.origin.as_of, self.sha256)


def name_of(as_of: dt.date, sha256: str) -> str:
    """The name of a plan: its day and the first digits of its digest."""
    return f"{as_of.isoformat()}-{sha256[:8]}"


def plan_text(origin: Origin, plan: Plan, mailing: Mailing) -> tuple[str, str]:
    """The file of a plan, and its SHA-256."""
    content: dict[str, Any] = {
        "schema": SCHEMA,
        **{name: _plain(getattr(origin, name)) for name in _FACTS},
        "messages": _records(mailing.rows, _COLUMNS),
        "refused": _records(mailing.refused, (*KEY, "to", "objection")),
        "held": dict(sorted(Counter(plan.held["why"]).items())),
        "withdrawn": len(plan.withdrawn),
    }
    digest = _digest(content)
    return json.dumps({**content, "sha256": digest}, indent=1) + "\n", digest


def read_plan(path: Path) -> PlanFile:
    """The plan in a file. Raises :class:`InputRejected` when it is none, or is not what was written."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputRejected(f"the plan cannot be read: {error.strerror}", file=path,
                            next_step="make one with: mfa-audit remind plan") from error
    except ValueError as error:
        raise InputRejected(f"is no plan: {error}", file=path,
                            next_step="make one with: mfa-audit remind plan") from error
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise InputRejected("is no plan of this version", file=path, next_step="make one with: mfa-audit remind plan")
    digest = told.pop("sha256", None)
    if digest != _digest(told):
        raise InputRejected("the plan was changed since it was written", file=path,
                            next_step="make a new one with: mfa-audit remind plan; nothing was sent.")
    try:
        words = {name: str(told[name]) for name in _FACTS if name != "as_of"}
        origin = Origin(as_of=dt.date.fromisoformat(told["as_of"]), **words)
        return PlanFile(origin, _frame(told["messages"]), str(digest))
    except (KeyError, TypeError, ValueError) as error:
        raise InputRejected(f"is no plan of this version: {error}", file=path,
                            next_step="make one with: mfa-audit remind plan") from error


def write_plan(folder: Path, text: str, name: str) -> Path:
    """Write a plan into ``folder``; where it lies."""
    path = files.private_folder(folder) / f"{name}.json"
    files.write_text(path, text)
    return path


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _records(rows: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    values = {name: [_plain(value) for value in rows[name].tolist()] for name in columns}
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _plain(value: object) -> object:
    if isinstance(value, pd.Timestamp | dt.date):
        return None if pd.isna(value) else value.isoformat()[:10]
    return None if isinstance(value, float) or value is None or value is pd.NaT else value


def _frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    made = pd.DataFrame(records, columns=list(_COLUMNS))
    for name in ("anchor", "due"):
        made[name] = pd.to_datetime(made[name], format="%Y-%m-%d")
    return pd.concat([frame(PLAN, made), made[["to", "letter"]].astype("str")], axis=1)
