"""Roll-ups by manager against a plain definition, over random trees."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from mfa_audit.verdicts.managers import by_manager
from mfa_audit.verdicts.retirement import COHORTS

COUNTED = ["in_scope", "compliant", "weak", "not_registered", "below_strength", "not_enforced", "grace", "exempt",
           "exempt_expired", "unknown", "usable", "overdue", *COHORTS]


class People:
    """A table of people in memory."""

    def __init__(self, managers):
        keys = range(len(managers))
        self._all = pd.DataFrame({
            "account_key": pd.Series(keys, dtype="Int32"), "manager_key": pd.Series(managers, dtype="Int32"),
            "account_id": [f"id-{key}" for key in keys], "display_name": [f"Name {key}" for key in keys],
        })

    def frame(self, columns, where=None, *, order_by=()):
        """The columns of the rows asked for."""
        rows = self._all
        for name, values in (where or {}).items():
            rows = rows[rows[name].isin(values)]
        return rows.sort_values(list(order_by))[list(columns)] if order_by else rows[list(columns)]


def below(managers, key):
    """Whoever is under ``key``, and ``key``."""
    found = {key}
    for _ in managers:
        found |= {child for child, manager in enumerate(managers) if manager in found}
    return found


@pytest.mark.parametrize("seed", range(12))
def test_a_managers_whole_tree_is_the_sum_of_the_teams_in_it(seed):
    """Every count over a tree is the sum, the oldest the maximum, the deadline the earliest, of the teams below."""
    dice = random.Random(seed)
    managers = [None, *(dice.choice([None, *range(key)]) for key in range(1, 30))]
    teams = sorted({manager for manager in managers[::2] if manager is not None})
    direct = pd.DataFrame({"manager_key": pd.Series(teams, dtype="Int32")})
    for name in [*COUNTED, "oldest_overdue_days"]:
        direct[name] = [dice.randint(1, 9) for _ in teams]
    days = [dice.choice([None, *pd.date_range("2026-01-01", periods=5)]) for _ in teams]
    direct["deadline"] = pd.Series(days, dtype="datetime64[us]")

    table = by_manager(direct, People(managers)).set_index("manager_id")
    plain = direct.set_index("manager_key")
    wanted = [key for key in range(30) if set(teams) & below(managers, key)]
    assert [f"id-{key}" for key in wanted] == table.index.tolist()
    for key in wanted:
        part, row = plain.loc[sorted(set(teams) & below(managers, key))], table.loc[f"id-{key}"]
        assert part[COUNTED].sum().tolist() == [row[f"all_{name}"] for name in COUNTED]
        assert part["oldest_overdue_days"].max() == row["all_oldest_overdue_days"]
        first = part["deadline"].min()
        assert (pd.isna(first) and pd.isna(row["all_deadline"])) or first == row["all_deadline"]
        assert row["in_scope"] == (plain.loc[key, "in_scope"] if key in teams else 0)
