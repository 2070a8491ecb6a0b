"""The figures a sample tenant must come to, counted from what its maker meant."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

from samples.account import LEVELS, OVERDUE, STATUSES, Account

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date


def expected(
    accounts: Sequence[Account], as_of: date, due: Callable[[Account], date | None], *, assessed: bool
) -> dict[str, Any]:
    """``expected.json``: key figures, populations, best levels, kinds, and a row an account.

    ``due`` gives each account's due date. ``assessed`` is false where no source says who is asked for MFA.
    """
    rows = []
    for account in accounts:
        date_due = due(account)
        days = (as_of - date_due).days if date_due and account.status in OVERDUE else 0
        rows.append({
            "account_id": account.object_id,
            "case": "",
            "status": account.status,
            "reason": account.reason,
            "population": account.population,
            "kind": account.kind,
            "tier": account.tier,
            "exposure": account.exposure(assessed=assessed),
            "overdue_days": max(0, days),
            "due": date_due.isoformat() if date_due else None,
            "note": "",
        })
    rows.sort(key=lambda row: str(row["account_id"]))
    workforce = [account for account in accounts if account.population == "workforce"]
    return {
        "as_of": as_of.isoformat(),
        "key_figures": _key_figures(workforce, rows, len(accounts), assessed=assessed),
        "populations": _populations(accounts),
        "best_level": _count(account.best for account in workforce if account.best != "none"),
        "kinds": _count(account.kind for account in accounts),
        "accounts": rows,
    }


def _count(values: Any) -> dict[str, int]:
    counts = Counter(values)
    order = {level: position for position, level in enumerate(LEVELS)}
    return {key: counts[key] for key in sorted(counts, key=lambda key: (order.get(key, 0), key))}


def _populations(accounts: Sequence[Account]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for account in accounts:
        entry = result.setdefault(
            account.population, {"census": 0, "in_scope": 0, "statuses": dict.fromkeys(STATUSES, 0)}
        )
        entry["census"] += 1
        entry["in_scope"] += account.status != "OUT_OF_SCOPE"
        entry["statuses"][account.status] += 1
    return dict(sorted(result.items()))


def _key_figures(
    workforce: Sequence[Account], rows: Sequence[dict[str, Any]], census: int, *, assessed: bool
) -> dict[str, Any]:
    scope = [account for account in workforce if account.status != "OUT_OF_SCOPE"]
    statuses = Counter(account.status for account in scope)
    exposures = Counter(account.exposure(assessed=assessed) for account in scope)
    compliant = statuses["COMPLIANT"] + statuses["COMPLIANT_WEAK"]
    usable = [account for account in scope if account.best != "none"]
    levels = Counter(account.best for account in usable)
    privileged = [account for account in scope if account.tier == "privileged"]
    overdue = [row["overdue_days"] for row in rows if row["population"] == "workforce" and row["overdue_days"] > 0]
    asked = sum(account.required == "yes" for account in scope) if assessed else 0
    return {
        "census": census,
        "workforce_in_scope": len(scope),
        **{status.lower(): statuses[status] for status in (
            "COMPLIANT", "COMPLIANT_WEAK", "NOT_REGISTERED", "NOT_ENFORCED", "EXEMPT", "EXEMPT_EXPIRED", "GRACE",
            "BELOW_STRENGTH", "UNKNOWN")},
        "compliance": [compliant, len(scope)],
        "compliance_of_obligated": [compliant, len(scope) - statuses["EXEMPT"]],
        "coverage": [len(usable), len(scope)],
        "required": [asked, len(scope) if assessed else 0],
        "phishing_resistant": [levels["phishing_resistant"], len(scope)],
        "phone_only": [levels["phone"], len(usable)],
        "privileged_gap": [sum(account.status != "COMPLIANT" for account in privileged), len(privileged)],
        "password_only": exposures["password_only"],
        "first_registration_open": exposures["first_registration_open"],
        "overdue": len(overdue),
        "overdue_median_days": int(median(overdue)) if overdue else 0,
    }
