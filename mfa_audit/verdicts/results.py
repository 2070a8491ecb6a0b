"""The verdicts on a whole tenant: every table a report is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit.snapshot.documents import entries
from mfa_audit.verdicts import figures
from mfa_audit.verdicts.controls import summarise
from mfa_audit.verdicts.exemption_register import exemption_table
from mfa_audit.verdicts.managers import by_manager
from mfa_audit.verdicts.register_complaints import register_complaints
from mfa_audit.verdicts.scope import scope_complaints
from mfa_audit.verdicts.tenant import SourceFacts, assess_tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.snapshot.columnar import TableFile
    from mfa_audit.snapshot.raw import Complaint
    from mfa_audit.snapshot.store import Snapshot
    from mfa_audit.verdicts.basis import Basis

_HOLDER = ["account_id", "organisation", "status"]


@dataclass(frozen=True)
class Verdicts:
    """A judged tenant. The frames are those of ``reports.view.Night``, the dictionaries those of ``summary.json``;
    ``access`` is ``access.json``, null where no scenario was judged, ``touched`` whom its gaps touch."""

    people: TableFile
    key_figures: dict[str, Any]
    populations: dict[str, Any]
    retirement: dict[str, Any]
    headline_kind: str
    by_organisation: pd.DataFrame
    by_department: pd.DataFrame
    by_manager: pd.DataFrame
    controls: pd.DataFrame
    methods: pd.DataFrame
    exemptions: pd.DataFrame
    quality: tuple[Complaint, ...]
    sources: pd.DataFrame
    reconciliation: pd.DataFrame
    organisation_names: Mapping[str, str]
    tenant_name: str
    access: dict[str, Any] | None = None
    touched: pd.DataFrame | None = None


def gather(whole: figures.Tally, people: TableFile, snapshot: Snapshot, basis: Basis,
           exemptions: pd.DataFrame, *, broken_cycles: list[str], whole_sources: bool | None) -> Verdicts:
    """Every table from the tally of all accounts, the table ``people``, the snapshot and the exemptions' entries.

    ``broken_cycles``: the accounts at which a circle of managers was cut. ``whole_sources``: whether every wanted
    source is whole and fresh, null when that was not asked.
    """
    policy, as_of = basis.policy, basis.as_of
    key_figures = figures.key_figures(whole)
    managers = by_manager(whole.groups["manager_key"], people)
    sources = _source_facts(snapshot, basis.registers.given, whole=whole_sources)
    outcomes = assess_tenant(whole, exemptions, sources, policy, as_of)
    return Verdicts(
        people=people,
        key_figures=key_figures,
        populations=figures.populations(whole),
        retirement=figures.retirement(whole, policy, as_of),
        headline_kind="compliant" if _demand_known(key_figures) else "registered",
        by_organisation=whole.groups["organisation"],
        by_department=whole.groups["department"],
        by_manager=managers,
        controls=summarise(whole.controls, outcomes),
        methods=figures.methods_table(whole, policy),
        exemptions=exemption_table(exemptions, _holders(exemptions, people), as_of),
        quality=(*snapshot.complaints, *register_complaints(snapshot, basis, exemptions),
                 *scope_complaints(snapshot, basis, broken_cycles)),
        sources=_sources(snapshot),
        reconciliation=figures.reconciliation(whole),
        organisation_names=_names(basis.registers.organisations),
        tenant_name=_tenant_name(snapshot),
    )


def _demand_known(key_figures: Mapping[str, Any]) -> bool:
    """Whether it is known for everybody in scope if MFA is demanded; nobody in scope is nothing known."""
    known, everybody = int(key_figures["required"][1]), int(key_figures["workforce_in_scope"])
    return 0 < known == everybody


def _holders(exemptions: pd.DataFrame, people: TableFile) -> pd.DataFrame:
    holders = exemptions["holder_id"].dropna().unique().tolist()
    return people.frame(_HOLDER, where={"account_id": holders})


def _source_facts(snapshot: Snapshot, registers: frozenset[str], *, whole: bool | None) -> SourceFacts:
    return SourceFacts(whole, snapshot.manifest.counts["accounts_merged"], registers)


def _sources(snapshot: Snapshot) -> pd.DataFrame:
    rows = [
        {
            "file": source.name,
            "recognised_as": source.shape,
            "table": name,
            "rows": source.rows,
            "sha256": source.sha256,
            "newest_fact": None if table.newest_fact is None else table.newest_fact.isoformat(),
        }
        for name, table in snapshot.manifest.tables.items()
        for source in table.sources
    ]
    columns = ["file", "recognised_as", "table", "rows", "sha256", "newest_fact"]
    return pd.DataFrame(rows, columns=columns).sort_values(["file", "table"], ignore_index=True)


def _names(organisations: pd.DataFrame) -> dict[str, str]:
    known = organisations.dropna(subset=["organisation_code", "name"])
    return dict(zip(known["organisation_code"], known["name"], strict=True))


def _tenant_name(snapshot: Snapshot) -> str:
    names = (entry.get("displayName") for entry in entries(snapshot.documents.get("organization")))
    return next((str(name) for name in names if name), "")
