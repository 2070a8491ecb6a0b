"""Roll-ups by manager: direct reports, and everybody below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.hierarchy import Keys, forest, rolled_up
from mfa_audit.verdicts.retirement import COHORTS

if TYPE_CHECKING:
    from mfa_audit.snapshot.columnar import TableFile
    from mfa_audit.snapshot.store import Snapshot

_SUMMED = ["in_scope", "compliant", "weak", "not_registered", "below_strength", "not_enforced", "grace", "exempt",
           "exempt_expired", "unknown", "usable", "overdue", *COHORTS]
_EPOCH = pd.Timestamp(0)
_FAR_AWAY_DAYS = 10**9


def managers_of(snapshot: Snapshot) -> tuple[pd.Series, list[str]]:
    """The manager_key of every account by account_key (Int32), nobody managing themselves and no circle left, and the
    account ids at which a circle was cut."""
    chain = pd.concat(list(snapshot.accounts(columns=["account_key", "manager_key"])))
    parents, broken = forest(np.asarray(chain["manager_key"].fillna(-1), dtype=np.int64))
    keys = pd.Series(parents, index=chain["account_key"].astype(np.int64)).astype("Int32")
    named = [
        frame.loc[frame["account_key"].isin(broken), "account_id"]
        for frame in (snapshot.accounts(columns=["account_key", "account_id"]) if len(broken) else ())
    ]
    return keys.mask(keys < 0), pd.concat(named).tolist() if named else []


def by_manager(direct: pd.DataFrame, people: TableFile) -> pd.DataFrame:
    """The roll-up of every manager.

    ``direct``: the roll-up by ``manager_key`` of :func:`mfa_audit.verdicts.figures.tally`. Columns: manager_id,
    manager_name, the roll-up over direct reports, and with the prefix ``all_`` over direct and indirect ones. The row
    without a manager comes last.
    """
    keys, tree = _tree(people)
    keyed = direct[direct["manager_key"].notna()].set_index(direct["manager_key"].dropna().astype(np.int64))
    keyed = keyed.reindex(keys)

    whole = rolled_up(tree, keyed[_SUMMED].fillna(0).to_numpy(dtype=np.int64), np.add)
    oldest = rolled_up(tree, np.asarray(keyed["oldest_overdue_days"].fillna(0), dtype=np.int64), np.maximum)
    never = _FAR_AWAY_DAYS
    days = np.asarray((keyed["deadline"] - _EPOCH).dt.days.fillna(never), dtype=np.int64)
    first = rolled_up(tree, days, np.minimum)

    shown = np.flatnonzero(whole[:, 0] > 0)
    managers = keys[shown]
    named = people.frame(["account_key", "account_id", "display_name"], where={"account_key": managers.tolist()})
    named = named.set_index(named["account_key"].astype(np.int64)).reindex(managers)
    table = pd.DataFrame({"manager_id": named["account_id"], "manager_name": named["display_name"]})
    counts = keyed[[*_SUMMED, "oldest_overdue_days"]].reindex(managers).fillna(0).astype(np.int64)
    table = table.join(counts).join(keyed["deadline"].reindex(managers))
    for position, column in enumerate(_SUMMED):
        table[f"all_{column}"] = whole[shown, position]
    table["all_oldest_overdue_days"] = oldest[shown]
    soonest = pd.Series(first[shown], index=table.index)
    ahead = pd.to_timedelta(soonest.where(soonest != never), unit="D")
    table["all_deadline"] = (_EPOCH + ahead).astype("datetime64[us]")

    nobody = direct[direct["manager_key"].isna()].drop(columns="manager_key")
    nobody = nobody.join(nobody.add_prefix("all_")).assign(manager_id=None, manager_name=None)
    return pd.concat([table, nobody[table.columns].astype(table.dtypes)], ignore_index=True)


def _tree(people: TableFile) -> tuple[Keys, Keys]:
    """The keys of the managers, and of each the place of the manager above among them, -1 for none."""
    chain = people.frame(["account_key", "manager_key"], order_by=["account_key"])
    parents = np.asarray(chain["manager_key"].fillna(-1), dtype=np.int64)
    # Only managers have anybody to sum, and whoever is above one is one: their own small tree is enough.
    keys = np.unique(parents[parents >= 0])
    above = parents[keys]
    return keys, np.where(above < 0, -1, np.searchsorted(keys, above)).astype(np.int64)
