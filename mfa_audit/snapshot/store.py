"""Snapshots on disk: written once, whole or not at all, verified on opening, read in chunks."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mfa_audit import files
from mfa_audit.errors import IncompleteData
from mfa_audit.progress import SILENT, Progress
from mfa_audit.snapshot import documents as policy_documents
from mfa_audit.snapshot import engine, intake
from mfa_audit.snapshot.columnar import CHUNK_ROWS, TableFile, chunks
from mfa_audit.snapshot.frames import empty_frame, typed_frame
from mfa_audit.snapshot.manifest import Documents, Manifest, Source, from_json, to_json
from mfa_audit.tables import ACCOUNTS, REGISTRATIONS, SNAPSHOT_TABLES, GroupState, Stated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.snapshot.raw import Complaint, Inputs
    from mfa_audit.snapshot.staging import Believable

MANIFEST = "manifest.json"
SNAPSHOTS = "snapshots"
"""The folder of a tenant's snapshots, ``<data>/<tenant>/snapshots/<time>``."""

TENANT_POLICIES = "tenant_policies.json"

_READING_MB = 200
_WORDS = tuple(dict.fromkeys((*Stated, "member", "guest", "seen", "never", "not_collected", "disabled", "enabled",
                              "enforced")))
_OF_WORDS = ("account_enabled", "user_type", "user_type_stated", "leaver", "sign_in", "synced", "per_user_mfa",
             "per_user_mfa_stated", "mfa_status_stated", "is_admin", "is_mfa_capable", "is_mfa_registered",
             "is_sspr_registered", "system_preferred")


@dataclass(frozen=True)
class Snapshot:
    """One verified snapshot: ``documents`` are the tenant's policy documents by name
    (:data:`mfa_audit.tables.TENANT_DOCUMENTS`); ``lost`` the names of what an earlier one had and this one has not
    (:func:`mfa_audit.completeness.supplied`), of which nothing may be taken for granted."""

    folder: Path
    manifest: Manifest
    documents: dict[str, Any]
    lost: frozenset[str] = frozenset()

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """What was wrong with the sources."""
        return self.manifest.complaints

    def frame(self, table: str) -> pd.DataFrame:
        """A table whole, for small ones and registers; an absent one has its columns and no row."""
        state = self.manifest.tables[table]
        if state.file is None:
            return empty_frame(SNAPSHOT_TABLES[table])
        return TableFile(self.folder / state.file).frame()

    def group_sizes(self, groups: Sequence[str]) -> dict[str, int]:
        """How many members each of ``groups`` (ids in lower case) has, of those that were read whole."""
        file = self.manifest.tables["group_members"].file
        if file is None or not groups:
            return {}
        found = TableFile(self.folder / file).frame(
            ["group_id", "account_id"], where={"group_id": groups, "state": [GroupState.WHOLE.value]})
        return {str(group): int(size) for group, size in found.groupby("group_id")["account_id"].count().items()}

    def deleted_groups(self) -> list[str]:
        """The groups that something names and that are gone, ids in lower case."""
        file = self.manifest.tables["group_members"].file
        if file is None:
            return []
        found = TableFile(self.folder / file).frame(["group_id"], where={"state": [GroupState.DELETED.value]})
        return sorted(found["group_id"])

    def domains(self) -> pd.Series:
        """The domains of the accounts' user principal names in lower case, each once."""
        file = self.manifest.tables["accounts"].file
        if file is None:
            return pd.Series([], dtype="str")
        chunks = TableFile(self.folder / file).rows(["user_principal_name"])
        found = [chunk["user_principal_name"].str.casefold().str.rpartition("@")[2].drop_duplicates()
                 for chunk in chunks]
        return pd.concat([pd.Series([], dtype="str"), *found], ignore_index=True).drop_duplicates()

    def accounts(self, columns: Sequence[str] | None = None, chunk_rows: int = CHUNK_ROWS) -> Iterator[pd.DataFrame]:
        """Accounts with their registrations, in account_key order, in frames of about ``chunk_rows`` rows.

        Columns of both tables and ``has_registration`` (bool); an account without a registration row has nulls in the
        registration columns. ``columns`` keeps some of them. Column types: :mod:`mfa_audit.snapshot.columnar`.
        """
        of_registrations = [name for name in REGISTRATIONS.names if name != "account_key"]
        everything = [*ACCOUNTS.names, *of_registrations, "has_registration"]
        chosen = list(columns) if columns is not None else everything
        total = self.manifest.tables["accounts"].rows
        if not total:
            types = {column.name: column.type for table in (ACCOUNTS, REGISTRATIONS) for column in table.columns}
            types["has_registration"] = "BOOLEAN"
            yield typed_frame(pd.DataFrame(columns=chosen), {name: types[name] for name in chosen}).astype(
                {"has_registration": "bool"} if "has_registration" in chosen else {}
            )
            return
        parts = {
            "has_registration": "r.account_key IS NOT NULL",
            **{name: f"a.{name}" for name in ACCOUNTS.names}, **{name: f"r.{name}" for name in of_registrations},
        }
        # Columns of a few words come as categories, so that a frame holds each word once instead of once a row.
        words = ", ".join(map(engine.text, _WORDS))
        parts |= {name: f"CAST({parts[name]} AS ENUM({words}))" for name in _OF_WORDS}
        selected = ", ".join(f"{parts[name]} AS {engine.name(name)}" for name in chosen)
        with engine.connect(memory_mb=_READING_MB) as connection:
            accounts, registered = self.readable("accounts"), self.readable("registrations")
            # Both files are in key order, so a range of keys touches a few row groups of each: memory stays flat.
            for first in range(0, total, chunk_rows):
                within = f"account_key BETWEEN {first} AND {first + chunk_rows - 1}"
                query = (
                    f"SELECT {selected} FROM (SELECT * FROM {accounts} WHERE {within}) a LEFT JOIN "
                    f"(SELECT * FROM {registered} WHERE {within}) r USING (account_key) ORDER BY a.account_key"
                )
                for frame in chunks(connection, query, (), 2 * chunk_rows):
                    yield frame.astype({"has_registration": "bool"}) if "has_registration" in chosen else frame

    def readable(self, table: str) -> str:
        """A table as SQL reads it, for this package; a column that a snapshot of an earlier release lacks is null."""
        state = self.manifest.tables[table]
        columns = ", ".join(f"NULL::{column.type} AS {column.name}" for column in SNAPSHOT_TABLES[table].columns)
        nothing = f"SELECT {columns} WHERE false"
        if state.file is None:
            return f"({nothing})"
        return f"(SELECT * FROM read_parquet({engine.text(str(self.folder / state.file))}) UNION ALL BY NAME {nothing})"


def write_snapshot(  # noqa: PLR0913  (each is a fact the manifest records)
    inputs: Inputs, folder: Path, *, tenant: str, taken_at: datetime, tool_version: str, organisation_attribute: str,
    date_order: str | None, captured_at: datetime | None, believable: Believable | None = None,
    progress: Progress = SILENT, check: Callable[[Snapshot], None] = lambda _: None,
) -> Snapshot:
    """Write a snapshot of ``inputs`` and return it; ``folder`` appears under its name only when all of it is written
    and ``check`` has raised nothing.

    ``taken_at`` and ``captured_at`` (when files without times in them were exported) must be aware;
    ``believable`` is what times in the rows are held against. Raises
    :class:`mfa_audit.errors.InputRejected`, :class:`mfa_audit.errors.UsageError`,
    :class:`mfa_audit.errors.OutputFailed`; nothing is
    left behind then.
    """
    for moment in (taken_at, captured_at):
        if moment is not None and moment.tzinfo is None:
            raise ValueError("a time without a zone")
    staging = files.new_folder_aside(folder.parent, "snapshot")
    work = files.new_folder_aside(folder.parent, "intake")
    try:
        filled = intake.fill(
            inputs, staging, work, organisation_attribute=organisation_attribute, date_order=date_order,
            captured_at=captured_at, believable=believable, progress=progress,
        )
        gathered, complaints = policy_documents.gather(inputs.documents)
        manifest = Manifest(
            tenant=tenant, tenant_id_seen=policy_documents.tenant_id(gathered), tool_version=tool_version,
            taken_at=taken_at, captured_at=captured_at, organisation_attribute=organisation_attribute,
            date_order=date_order, tables=filled.tables, documents=_write_documents(inputs, gathered, staging),
            counts=filled.counts, complaints=(*inputs.complaints, *complaints, *filled.complaints),
            ignored=tuple(sorted(inputs.ignored)), collected_at=inputs.collected_at, missing=inputs.missing,
        )
        files.write_text(staging / MANIFEST, to_json(manifest))
        check(Snapshot(staging, manifest, gathered))
        files.publish_folder(staging, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(staging, ignore_errors=True)
    return open_snapshot(folder)


def open_snapshot(folder: Path) -> Snapshot:
    """Open and verify a snapshot: its schema version, its tenant where it lies among a tenant's, and the SHA-256 of
    every file the manifest names.

    Raises :class:`IncompleteData` naming what is missing or not what was written.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise IncompleteData(
            "there is no readable manifest, so this is no snapshot", where=str(path),
            next_step="take the snapshot again.",
        ) from error
    manifest = from_json(text, path)
    _refuse_other_tenant(manifest, folder.resolve())
    for name in SNAPSHOT_TABLES:
        if name not in manifest.tables:
            manifest = replace(manifest, tables={**manifest.tables, name: intake.ABSENT})
    for state in manifest.tables.values():
        if state.file is not None:
            _verify(folder / state.file, state.sha256)
    gathered: dict[str, Any] = {}
    if manifest.documents is not None:
        _verify(folder / manifest.documents.file, manifest.documents.sha256)
        gathered = json.loads((folder / manifest.documents.file).read_text(encoding="utf-8"))
    return Snapshot(folder, manifest, gathered)


def _refuse_other_tenant(manifest: Manifest, folder: Path) -> None:
    tenant = folder.parent.parent.name
    if folder.parent.name == SNAPSHOTS and tenant != manifest.tenant:
        raise IncompleteData(
            f"the snapshot is of tenant {manifest.tenant} and lies among those of {tenant}", where=str(folder),
            next_step="move it back to its own tenant's folder.",
        )


def _write_documents(inputs: Inputs, gathered: dict[str, Any], staging: Path) -> Documents | None:
    if not inputs.documents:
        return None
    path = staging / TENANT_POLICIES
    files.write_text(path, policy_documents.canonical(gathered))
    sources = {Source(each.origin.name, each.origin.sha256, each.origin.shape, 1) for each in inputs.documents}
    return Documents(
        TENANT_POLICIES, files.sha256_of(path), tuple(sorted(gathered)),
        tuple(sorted(sources, key=lambda source: (source.name, source.sha256, source.shape))),
    )


def _verify(path: Path, expected: str | None) -> None:
    try:
        found = files.sha256_of(path)
    except OSError as error:
        raise IncompleteData(
            f"a file of the snapshot is missing: {error.strerror}", where=str(path),
            next_step="take the snapshot again, or restore it from a copy.",
        ) from error
    if found != expected:
        raise IncompleteData(
            "a file of the snapshot is not what was written (its sha256 differs)", where=str(path),
            next_step="take the snapshot again, or restore it from a copy.",
        )
