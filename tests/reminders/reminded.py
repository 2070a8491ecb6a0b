"""People for tests of reminders: frames as the verdicts give them, a policy, and nights played through."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.policy import load_policy
from mfa_audit.reminders.columns import HISTORY, Recipient, State, frame
from mfa_audit.reminders.plan import Plan, plan
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from mfa_audit.policy import Policy

DUE = dt.date(2026, 11, 2)
"""A Monday without a public holiday near it."""
_TYPES = {"due": "datetime64[us]", "starter_until": "datetime64[us]", "lost_on": "datetime64[us]",
          "privileged": "boolean", "dormant": "boolean", "leaver": "boolean", "away": "boolean",
          "phone_only": "boolean", "manager_key": "Int32"}


def policy(**reminders: Any) -> Policy:
    """The nhs preset (England's holidays, Monday to Thursday), with these keys of ``[reminders]``; ``methods``,
    ``break_glass`` and ``grace`` are sections of their own."""
    made = load_policy(preset="nhs")
    sections = {name: reminders.pop(name) for name in ("methods", "break_glass", "grace") if name in reminders}
    changed = {name: getattr(made, name).model_copy(update=update) for name, update in sections.items()}
    return made.model_copy(update={**changed, "reminders": made.reminders.model_copy(update=reminders)})


def person(number: int = 1, **facts: Any) -> dict[str, Any]:
    """Somebody of the workforce without a second factor, due on :data:`DUE`."""
    return {
        "account_id": f"id-{number:06}", "user_principal_name": f"p{number}@contoso.example",
        "mail": f"p{number}@contoso.example", "organisation": "ZX1", "kind": "person", "population": "workforce",
        "status": Status.NOT_REGISTERED.value, "phone_only": False, "due": DUE, "exemption_id": None,
        "manager_id": "id-999999", "manager_key": 999_999, "privileged": False, "dormant": False, "leaver": False,
        "away": False, "starter_until": None, "responsible_id": None, "asked": None, "ready": None, **facts,
    }


def people(*rows: dict[str, Any]) -> pd.DataFrame:
    """A chunk of the table of people."""
    made = pd.DataFrame(list(rows))
    for name in made.columns:
        made[name] = pd.to_datetime(made[name]).astype("datetime64[us]") if name in (
            "due", "starter_until", "lost_on") else made[name].astype(_TYPES.get(name, "str"))
    return made


def message(stage: str, day: str, state: State = State.SENT, number: int = 1, **facts: Any) -> dict[str, Any]:
    """One message of the past."""
    return {
        "account_id": f"id-{number:06}", "campaign": "mandatory-mfa", "ladder": "due", "stage": stage, "occurrence": 0,
        "recipient": Recipient.PERSON.value, "recipient_id": f"id-{number:06}", "anchor": DUE, "state": state.value,
        "day": dt.date.fromisoformat(day), **facts,
    }


def history(*rows: dict[str, Any]) -> pd.DataFrame:
    """The ledger's history."""
    if not rows:
        return frame(HISTORY)
    made = pd.DataFrame(list(rows))
    for name in ("anchor", "day"):
        made[name] = pd.to_datetime(made[name])
    return frame(HISTORY, made)


def planned(who: pd.DataFrame | dict[str, Any], as_of: str, *past: dict[str, Any], using: Policy | None = None,
            **more: Any) -> Plan:
    """The plan of a day."""
    table = people(who) if isinstance(who, dict) else who
    return plan(table, history(*past), using or policy(), dt.date.fromisoformat(as_of), **more)


def heard(found: Plan) -> list[tuple[str, str]]:
    """Stage and recipient of every message."""
    return list(zip(found.rows["stage"], found.rows["recipient"], strict=True))


def held(found: Plan) -> list[tuple[Any, str]]:
    """Stage and reason of everything held back."""
    return [(None if pd.isna(stage) else stage, why)
            for stage, why in zip(found.held["stage"], found.held["why"], strict=True)]
