"""A whole snapshot judged: each account, then the tenant, and who is asked for MFA."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mfa_audit.access.document import told
from mfa_audit.access.everybody import everybody, tenant_of
from mfa_audit.errors import MfaAuditError
from mfa_audit.progress import SILENT, Progress
from mfa_audit.snapshot.columnar import CHUNK_ROWS, TableFile, TableWriter
from mfa_audit.tables import PEOPLE
from mfa_audit.verdicts.figures import add, tally
from mfa_audit.verdicts.judge import judge
from mfa_audit.verdicts.managers import managers_of
from mfa_audit.verdicts.prepare import basis_of, entries_of
from mfa_audit.verdicts.required import per_user_state
from mfa_audit.verdicts.results import Verdicts, gather

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    import pandas as pd

    from mfa_audit.policy import Policy
    from mfa_audit.snapshot.store import Snapshot


def judge_snapshot(snapshot: Snapshot, policy: Policy, as_of: date, people: Path, progress: Progress = SILENT, *,
                   whole_sources: Callable[[], bool] | None = None) -> Verdicts:
    """Judge a snapshot chunk by chunk into the table ``people``, and count; ``whole_sources`` is asked once everybody
    is judged, as in ``gather``."""
    exemptions = entries_of(snapshot, policy, as_of)
    tenant = tenant_of(snapshot, policy)
    asked = None if tenant is None else everybody(snapshot, policy, as_of, tenant, per_user_state)
    basis = basis_of(snapshot, policy, as_of, exemptions, None if asked is None else asked.frame)
    managers, broken_cycles = managers_of(snapshot)
    tallies = []
    progress.start("judging", snapshot.manifest.tables["accounts"].rows)
    with TableWriter(people, PEOPLE) as table:
        for accounts in snapshot.accounts(chunk_rows=CHUNK_ROWS):
            accounts["manager_key"] = managers.reindex(accounts["account_key"].astype("int64")).to_numpy(copy=True)
            if asked is not None:
                accounts["access_class"] = asked.classes.of[accounts["account_key"].to_numpy(dtype="int64")]
                for name, words in (("asked", asked.places), ("registering", asked.registering)):
                    accounts[name] = accounts["access_class"].map(dict(enumerate(words))).astype("str")
            judgement = judge(accounts, basis)
            table.append(judgement.people)
            tallies.append(tally(judgement, policy))
            progress.advance(len(accounts))
    progress.finish()
    verdicts = gather(add(tallies), TableFile(people), snapshot, basis, exemptions, broken_cycles=broken_cycles,
                      whole_sources=None if whole_sources is None else whole_sources())
    if asked is None:
        return verdicts
    counts, holdings = (TableFile(people).count(["access_class", facet], {"in_scope": [True]})
                        for facet in ("tier", "method_bits"))
    holders = TableFile(people).frame(["account_id"], {"account_id": asked.roles["account_id"].dropna().tolist(),
                                                       "in_scope": [True]})["account_id"]
    roles = asked.roles[asked.roles["account_id"].isin(holders) | asked.roles["account_id"].isna()]
    said = told(asked, counts, holdings, roles, policy)
    return replace(verdicts, access=said.document, touched=said.touched)


def refuse_sums_that_differ(reconciliation: pd.DataFrame) -> None:
    """Raise :class:`MfaAuditError` when counts that must agree do not: nothing may then be published."""
    broken = reconciliation.loc[~reconciliation["holds"], "line"].tolist()
    if broken:
        raise MfaAuditError(f"counts that must agree do not: {'; '.join(broken)}",
                            next_step="report it with the manifest of the snapshot; nothing was published.")
