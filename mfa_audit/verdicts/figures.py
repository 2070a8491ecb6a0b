"""Counting: tallies of chunks that add up, and every figure with its numerator and denominator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.methods import BIT, CATALOGUE, Level
from mfa_audit.tables import COMPLIANT, Exposure, Kind, Required, Stated, Status
from mfa_audit.verdicts.factors import best_level, count_methods
from mfa_audit.verdicts.retirement import COHORTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from mfa_audit.policy import Policy
    from mfa_audit.verdicts.judge import Judgement

_FACETS = ["population", "in_scope", "status", "exposure", "best_level", "required", "usable", "privileged",
           "phone_only", *COHORTS]
_ROLL_UP = {
    "compliant": Status.COMPLIANT, "weak": Status.COMPLIANT_WEAK, "not_registered": Status.NOT_REGISTERED,
    "below_strength": Status.BELOW_STRENGTH, "not_enforced": Status.NOT_ENFORCED, "grace": Status.GRACE,
    "exempt": Status.EXEMPT, "exempt_expired": Status.EXEMPT_EXPIRED, "unknown": Status.UNKNOWN,
}
WORKFORCE = "workforce"


@dataclass(frozen=True)
class Tally:
    """Counts over a set of accounts; tallies of parts add up to the tally of the whole.

    ``facets``: accounts by every combination of what figures are made of (column ``accounts``). ``late``: workforce
    accounts by ``overdue_days``. ``groups``: roll-ups by name (``organisation``, ``department``, ``manager_key``).
    ``methods``: accounts by method. ``controls``: outcomes.
    ``emergency``: enabled break-glass accounts.
    """

    facets: pd.DataFrame
    late: pd.DataFrame
    groups: dict[str, pd.DataFrame]
    methods: pd.DataFrame
    controls: pd.DataFrame
    emergency: int

    @property
    def census(self) -> int:
        """All accounts."""
        return int(self.facets["accounts"].sum())


def tally(judgement: Judgement, policy: Policy) -> Tally:
    """Count one chunk by its judgement."""
    people = judgement.people
    faceted = people.join(judgement.cohorts)
    workforce = faceted[faceted["in_scope"] & (faceted["population"] == WORKFORCE)]
    late = workforce[workforce["overdue_days"] > 0]
    return Tally(
        faceted.groupby(_FACETS, dropna=False, observed=True).size().rename("accounts").reset_index(),
        late.groupby("overdue_days").size().rename("accounts").reset_index(),
        {key: _roll_up(workforce, key) for key in ("organisation", "department", "manager_key")},
        _by_method(workforce, policy),
        judgement.controls,
        int(((people["kind"] == Kind.BREAK_GLASS) & (people["account_enabled"] == Stated.YES)).sum()),
    )


def add(tallies: Iterable[Tally]) -> Tally:
    """The tally of the whole from the tallies of its parts."""
    parts = list(tallies)
    return Tally(
        _sum([part.facets for part in parts], _FACETS),
        _sum([part.late for part in parts], ["overdue_days"]),
        {key: _merge([part.groups[key] for part in parts], key) for key in parts[0].groups},
        _sum([part.methods for part in parts], ["method"]),
        pd.concat([part.controls for part in parts]).groupby(level=0, sort=False).sum(),
        sum(part.emergency for part in parts),
    )


def key_figures(whole: Tally) -> dict[str, Any]:
    """The figures every report starts from; rates are ``[numerator, denominator]``, over the workforce in scope."""
    facets = whole.facets
    people = facets[(facets["population"] == WORKFORCE) & facets["in_scope"]]

    def n(rows: pd.Series | None = None) -> int:
        return int((people if rows is None else people[rows])["accounts"].sum())

    status, required = people["status"], people["required"]
    good = status.isin(COMPLIANT)
    total, usable = n(), people["usable"]
    return {
        "census": whole.census,
        "workforce_in_scope": total,
        **{
            name: n(status == value)
            for name, value in (
                ("compliant", Status.COMPLIANT), ("compliant_weak", Status.COMPLIANT_WEAK),
                ("not_registered", Status.NOT_REGISTERED), ("not_enforced", Status.NOT_ENFORCED),
                ("exempt", Status.EXEMPT), ("exempt_expired", Status.EXEMPT_EXPIRED), ("grace", Status.GRACE),
                ("below_strength", Status.BELOW_STRENGTH), ("unknown", Status.UNKNOWN),
            )
        },
        "compliance": [n(good), total],
        "compliance_of_obligated": [n(good), n(status != Status.EXEMPT)],
        "coverage": [n(usable), total],
        "required": [n(required == Required.YES), n(required != Required.UNKNOWN)],
        "phishing_resistant": [n(people["best_level"] == Level.PHISHING_RESISTANT.label), total],
        "phone_only": [n(people["phone_only"]), n(usable)],
        "privileged_gap": [n(people["privileged"] & (status != Status.COMPLIANT)), n(people["privileged"])],
        "password_only": n(people["exposure"] == Exposure.PASSWORD_ONLY),
        "first_registration_open": n(people["exposure"] == Exposure.FIRST_REGISTRATION_OPEN),
        "overdue": int(whole.late["accounts"].sum()),
        "overdue_median_days": _median(whole.late),
    }


def populations(whole: Tally) -> dict[str, Any]:
    """For every population: census, in scope, and every status (``summary.json``)."""
    by = whole.facets.groupby(["population", "status"])["accounts"].sum()
    result: dict[str, Any] = {}
    for population in sorted(whole.facets["population"].unique()):
        statuses = {status.value: int(by.get((population, status.value), 0)) for status in Status}
        census = sum(statuses.values())
        result[population] = {
            "census": census, "in_scope": census - statuses[Status.OUT_OF_SCOPE], "statuses": statuses,
        }
    return result


def retirement(whole: Tally, policy: Policy, as_of: date) -> dict[str, Any]:
    """Who stops signing in on the day weak methods end, if nobody acts (Microsoft Learn, "SMS and voice retirement").

    Workforce cohorts as in :mod:`mfa_audit.verdicts.retirement`; ``guests``, those of them who are blocked, apart.
    ``if_nobody_acts``: compliant without the weak, of the workforce in scope.
    """
    facets = whole.facets
    people = facets[(facets["population"] == WORKFORCE) & facets["in_scope"]]
    guests = facets[(facets["population"] == "guest") & facets["blocked"]]

    def n(rows: pd.Series) -> int:
        return int(people[rows]["accounts"].sum())

    return {
        "ends_on": policy.methods.weak_ends_on.isoformat(),
        "days_left": max(0, (policy.methods.weak_ends_on - as_of).days),
        "if_nobody_acts": [n(people["status"] == Status.COMPLIANT), int(people["accounts"].sum())],
        "cohorts": {
            **{name: n(people[name]) for name in COHORTS},
            "guests": int(guests["accounts"].sum()),
        },
    }


def methods_table(whole: Tally, policy: Policy) -> pd.DataFrame:
    """A row a method that anybody has: method, label, level, with_it, best, sole, accepted, ends_on."""
    weak = policy.methods.weak_level
    counts = whole.methods.set_index("method").to_dict("index")
    rows = []
    for method in CATALOGUE:
        if method.name not in counts:
            continue
        level = policy.methods.level_of(method.name)
        numbers = counts[method.name]
        rows.append(
            {
                "method": method.name,
                "label": method.label,
                "level": level.label,
                "with_it": int(numbers["with_it"]),
                "best": int(numbers["best"]),
                "sole": int(numbers["sole"]),
                "accepted": level is not Level.NONE and method.name not in policy.methods.barred,
                "ends_on": policy.methods.weak_ends_on if Level.NONE < level <= weak else None,
            }
        )
    columns = ["method", "label", "level", "with_it", "best", "sole", "accepted", "ends_on"]
    return pd.DataFrame(rows, columns=columns)


def reconciliation(whole: Tally) -> pd.DataFrame:
    """The sums that must agree: line, left, right, holds."""
    parts = populations(whole)
    figures = key_figures(whole)
    statuses = sum(count for part in parts.values() for count in part["statuses"].values())
    in_scope = sum(part["in_scope"] for part in parts.values())
    left_out = sum(part["statuses"][Status.OUT_OF_SCOPE] for part in parts.values())
    exposed = whole.facets[whole.facets["exposure"].notna()]["accounts"].sum()
    grouped = [int(frame["in_scope"].sum()) for frame in whole.groups.values()]
    lines = [
        ("sum of all statuses = census", statuses, figures["census"]),
        ("sum of all populations = census", sum(part["census"] for part in parts.values()), figures["census"]),
        ("in scope = census - out of scope", in_scope, figures["census"] - left_out),
        ("accounts with an exposure = in scope", int(exposed), in_scope),
        *((f"workforce by {name} = workforce in scope", count, figures["workforce_in_scope"])
          for name, count in zip(("organisation", "department", "manager"), grouped, strict=True)),
    ]
    return pd.DataFrame(
        [(*line, line[1] == line[2]) for line in lines], columns=["line", "left", "right", "holds"]
    )


def _roll_up(people: pd.DataFrame, key: str) -> pd.DataFrame:
    """Counts by ``key``; who is away is not in a manager's overdue count (``docs/policy.md``, pauses)."""
    late = people["overdue_days"]
    if key == "manager_key":
        late = late.where(~people["away"], 0)
    marks = pd.DataFrame(
        {
            key: people[key],
            "in_scope": 1,
            **{name: (people["status"] == status).astype("int64") for name, status in _ROLL_UP.items()},
            "usable": people["usable"].astype("int64"),
            "overdue": (late > 0).astype("int64"),
            "oldest_overdue_days": late,
            **{name: people[name].astype("int64") for name in COHORTS},
            # Administrators' own, earlier day is not the group's.
            "deadline": people["due"].where(~people["status"].isin(COMPLIANT) & ~people["privileged"]),
        }
    )
    return _merge([marks], key)


def _merge(frames: list[pd.DataFrame], key: str) -> pd.DataFrame:
    columns = [*_ROLL_UP, "usable", "overdue", *COHORTS]
    how: dict[str, Any] = dict.fromkeys(["in_scope", *columns], "sum")
    how |= {"oldest_overdue_days": "max", "deadline": "min"}
    return pd.concat(frames, ignore_index=True).groupby(key, dropna=False).agg(how).reset_index()


def _by_method(people: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    registered, usable = people["registered_bits"].to_numpy(), people["method_bits"].to_numpy()
    best = best_level(usable, policy)
    alone = count_methods(usable) == 1
    rows = []
    for method in CATALOGUE:
        bit, level = BIT[method.name], policy.methods.level_of(method.name)
        usable_here = (usable & bit) != 0
        rows.append(
            (
                method.name,
                int(((registered & bit) != 0).sum()),
                int((usable_here & (best == level)).sum()),
                int((usable_here & alone).sum()),
            )
        )
    frame = pd.DataFrame(rows, columns=["method", "with_it", "best", "sole"])
    return frame[frame["with_it"] > 0].reset_index(drop=True)


def _sum(frames: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True).groupby(keys, dropna=False, observed=True).sum().reset_index()


def _median(late: pd.DataFrame) -> float | int | None:
    """The middle of a histogram of days; null when nobody is late, the mean of the two middles when they differ."""
    total = int(late["accounts"].sum())
    if not total:
        return None
    days = late.sort_values("overdue_days")
    upto = days["accounts"].cumsum()
    low = int(days["overdue_days"][upto >= (total + 1) // 2].iloc[0])
    high = int(days["overdue_days"][upto >= total // 2 + 1].iloc[0])
    return low if low == high else (low + high) / 2
