"""One workbook a manager, opening on *My team*: who needs help, with what, by when, what to say and whom to call.

A workbook holds nobody from outside the manager's tree. People are read once for the shape of the trees and once more
a batch of managers, whose rows are made together; one frame serves all workbooks.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mfa_audit.errors import OutputFailed
from mfa_audit.progress import SILENT, Progress
from mfa_audit.reports import words
from mfa_audit.reports.excel import manager_words
from mfa_audit.reports.excel.manager_book import Pack, Template
from mfa_audit.reports.excel.summary import WORKFORCE
from mfa_audit.reports.excel.tree import Listed, Tree
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mfa_audit.reports.view import Night

BATCH_ROWS = 20_000
LISTED = 20_000
"""People a workbook names at most; more would be the same people again as in the workbooks of the managers between."""
_FIELDS = ("account_key", "account_id", "display_name", "user_principal_name", "job_title", "status", "due",
           "overdue_days", "away", "leaver", "dormant", "ready", "priority")


def file_name(manager_id: str) -> str:
    """The name of a manager's workbook: nobody can tell from it whose it is."""
    return f"mfa_manager_{hashlib.sha256(manager_id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.xlsx"


def write_manager_packs(
    night: Night, folder: Path, managers: Iterable[str] | None = None, progress: Progress = SILENT
) -> pd.DataFrame:
    """Write the workbooks of ``managers`` (account ids; None: all who have somebody to list) into ``folder``.

    Returns ``manager_id, file, people, sha256``, a row a workbook. A manager with nobody to list gets none.
    ``folder`` exists and is published later as part of a run's folder. Raises :class:`mfa_audit.errors.OutputFailed`.
    """
    shape = _Shape(night)
    chosen = shape.chosen(managers)
    template = Template(night)
    written: list[tuple[str, str, int, str]] = []
    progress.start("Managers' workbooks", len(chosen))
    for batch in _batches(shape.tree, chosen):
        for pack in _packs(night, batch, template):
            content = template.fill(pack)
            name = file_name(pack.manager_id)
            _write(folder / name, content)
            written.append((pack.manager_id, name, len(pack.rows), hashlib.sha256(content).hexdigest()))
        progress.advance(len(batch))
    progress.finish()
    return pd.DataFrame(written, columns=["manager_id", "file", "people", "sha256"])


class _Shape:
    """Who reports to whom and who is to be listed, of everybody at once."""

    def __init__(self, night: Night) -> None:
        fields = ("account_key", "account_id", "manager_key", "population", "in_scope", "status", "away", "leaver",
                  "dormant", "ready")
        parts = []
        ids = []
        for frame in night.people.rows(fields):
            status = _standing(frame["status"], night)
            views = manager_words.views(status, frame)
            shown = frame["in_scope"].astype("bool") & (frame["population"] == WORKFORCE)
            parts.append(
                np.column_stack([
                    frame["account_key"].to_numpy("int64"),
                    frame["manager_key"].fillna(-1).to_numpy("int64"),
                    shown.to_numpy("int64"),
                    (shown & views["to_do"]).to_numpy("int64"),
                ])
            )
            ids.append(frame["account_id"])
        table = np.concatenate(parts) if parts else np.empty((0, 4), dtype=np.int64)
        size = int(table[:, 0].max()) + 1 if len(table) else 0
        above = np.full(size, -1, dtype=np.int64)
        above[table[:, 0]] = np.where(table[:, 1] < size, table[:, 1], -1)
        flags = np.zeros((size, 2), dtype=bool)
        flags[table[:, 0]] = table[:, 2:4] > 0
        self.tree = Tree(above, flags[:, 0], flags[:, 1])
        self._keys = pd.Series(table[:, 0], index=pd.concat(ids)) if ids else pd.Series(dtype="int64")

    def chosen(self, managers: Iterable[str] | None) -> list[int]:
        """The keys of the managers wanted, in the trees' order; ids that manage nobody are passed over."""
        everybody = self.tree.managers()
        if managers is not None:
            wanted = self._keys.reindex(pd.Index(list(managers), dtype="str")).dropna().astype("int64")
            everybody = everybody[np.isin(everybody, wanted.to_numpy())]
        return [int(key) for key in everybody]


def _batches(tree: Tree, managers: Sequence[int]) -> Iterator[list[tuple[int, Listed]]]:
    """Managers with whom they list, together about :data:`BATCH_ROWS` rows."""
    batch: list[tuple[int, Listed]] = []
    rows = 0
    for manager in managers:
        listed = tree.listed(manager)
        if rows and rows + len(listed.keys) > BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append((manager, listed))
        rows += len(listed.keys)
    if batch:
        yield batch


def _packs(night: Night, batch: Sequence[tuple[int, Listed]], template: Template) -> Iterator[Pack]:
    managers = np.array([manager for manager, _ in batch], dtype=np.int64)
    blocked = template.blocked
    counts = [len(listed.keys) for _, listed in batch]
    pairs = pd.DataFrame(
        {
            "of": np.repeat(np.arange(len(batch)), counts),
            "key": np.concatenate([listed.keys for _, listed in batch]),
            "through": np.concatenate([listed.through for _, listed in batch]),
        }
    )
    if pairs.empty:
        return
    wanted = np.unique(np.concatenate([pairs["key"], pairs["through"], managers]))
    facts = night.people.frame(_FIELDS, {"account_key": wanted.tolist()}).set_index("account_key", drop=False)
    facts["display_name"] = facts["display_name"].fillna(words.NOBODY["name"])
    pairs = _listing(pairs, facts, night)
    of, size = pairs["of"].to_numpy(), len(batch)
    people = np.bincount(of, minlength=size)
    starts = np.cumsum(people) - people
    place = np.arange(len(pairs)) - starts[of]
    kept = place < LISTED
    rows = template.rows(pairs[kept], place[kept])
    ends = np.cumsum(np.minimum(people, LISTED))
    direct, to_do, late = (
        np.bincount(of, weights=flags, minlength=size).astype(int)
        for flags in (pairs["direct"], pairs["direct"] & pairs["to_do"], pairs["late"].notna())
    )
    own = facts.loc[managers]
    for at, (identity, name) in enumerate(zip(own["account_id"], own["display_name"], strict=True)):
        if people[at]:
            start = int(ends[at] - min(people[at], LISTED))
            yield Pack(identity, name, rows[start : int(ends[at])], int(direct[at]), int(to_do[at]),
                       int(people[at] - direct[at]), int(late[at]), max(int(people[at]) - LISTED, 0),
                       blocked.get(identity, 0))


def _listing(pairs: pd.DataFrame, facts: pd.DataFrame, night: Night) -> pd.DataFrame:
    """What the rows say, a manager's people together: first those to speak to, the direct before the indirect."""
    view = manager_words.views(_standing(facts["status"], night), facts)
    due = pd.to_datetime(facts["due"])
    ends = pd.Timestamp(night.policy.methods.weak_ends_on)
    due = due.mask(facts["status"] == Status.COMPLIANT_WEAK, due.where(due > ends, ends))
    facts = facts.assign(
        label=view["label"], what=view["what"], to_do=view["to_do"], place=view["place"],
        asks=view["to_do"].map({True: "Yes", False: "No"}),
        by=due.where(view["to_do"]),
        late=facts["overdue_days"].where(view["to_do"] & (facts["overdue_days"] > 0)),
    )
    rows = facts.loc[pairs["key"]].reset_index(drop=True)
    rows["of"] = pairs["of"].to_numpy()
    rows["direct"] = (pairs["key"] == pairs["through"]).to_numpy()
    through = facts["display_name"].loc[pairs["through"]].reset_index(drop=True)
    rows["reports"] = ("through " + through).mask(rows["direct"], "to you")
    rows["calm"] = ~rows["to_do"]
    rows["further"] = ~rows["direct"]
    rows["idle"] = rows["place"].where(rows["calm"], 0)
    return rows.sort_values(["of", "calm", "further", "idle", "priority", "account_key"], kind="stable")


def _standing(status: pd.Series, night: Night) -> pd.Series:
    """The status a manager's words go by: where some groups keep their phones, nobody is told that theirs ends."""
    if not night.policy.methods.own_telephony_groups:
        return status
    return status.mask(status == Status.COMPLIANT_WEAK, str(Status.COMPLIANT))


def _write(path: Path, content: bytes) -> None:
    """Write a new private file. Not flushed one by one: the run's folder is flushed and published as a whole."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
                         | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        raise OutputFailed(f"cannot be written: {error.strerror}", where=str(path),
                           next_step="check that the folder exists and the disk has room.") from error
