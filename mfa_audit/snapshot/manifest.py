"""``manifest.json``: what a snapshot holds, where it came from, how old it is and what was wrong with it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from mfa_audit.errors import IncompleteData
from mfa_audit.snapshot.raw import Complaint, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA_VERSION = 1

State = Literal["complete", "partial", "absent"]
CapturedBy = Literal["newest_fact", "stated", "at_least", "unknown"]
"""How a capture time is known: the newest fact (of several files of registrations, that of the oldest file),
the caller's word, the newest fact as a lower bound only
(facts about accounts say that the table is not older), or not at all."""


@dataclass(frozen=True)
class Source:
    """One file that filled a table: its name as given, sha256 of its bytes, what it was recognised as, its rows."""

    name: str
    sha256: str
    shape: str
    rows: int


@dataclass(frozen=True)
class TableState:
    """One table. ``reason`` says why it is not complete, ``permission`` what was refused. ``file`` and ``sha256`` are
    null when absent. Facts and capture time are UTC. ``columns_absent``: fields no source supplied."""

    state: State
    reason: str = ""
    permission: str | None = None
    rows: int = 0
    file: str | None = None
    sha256: str | None = None
    sources: tuple[Source, ...] = ()
    oldest_fact: datetime | None = None
    newest_fact: datetime | None = None
    captured_at: datetime | None = None
    captured_by: CapturedBy = "unknown"
    columns_absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Documents:
    """The file of policy documents and the names in it."""

    file: str
    sha256: str
    names: tuple[str, ...]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """The whole manifest. ``captured_at`` is the caller's word for files without facts; ``tenant_id_seen`` the id in
    the organisation document; ``counts`` reconcile rows read with accounts kept; ``collected_at`` when reading a
    service began (null: files alone); ``missing`` what was asked for and did not come whole."""

    tenant: str
    tenant_id_seen: str | None
    tool_version: str
    taken_at: datetime
    captured_at: datetime | None
    organisation_attribute: str
    date_order: str | None
    tables: Mapping[str, TableState]
    documents: Documents | None
    counts: Mapping[str, int] = field(default_factory=dict)
    complaints: tuple[Complaint, ...] = ()
    ignored: tuple[str, ...] = ()
    collected_at: datetime | None = None
    missing: tuple[Missing, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def own_reason(self, name: str) -> str:
        """Why a table is not whole beside what its source said was ``missing``; empty where there is no more to it."""
        reason = self.tables[name].reason
        for each in reversed([each for each in self.missing if each.name == name]):
            reason = reason.removesuffix(each.reason).removesuffix("; ")
        return reason


def to_json(manifest: Manifest) -> str:
    """The manifest as canonical JSON: keys sorted, two spaces, times in UTC ending in Z."""
    return json.dumps(
        dataclasses.asdict(manifest), default=_time_text, ensure_ascii=False, indent=2, sort_keys=True
    ) + "\n"


def from_json(text: str, path: Path) -> Manifest:
    """Read what :func:`to_json` wrote. Raises :class:`IncompleteData` naming ``path`` for anything else."""
    try:
        told: dict[str, Any] = json.loads(text)
        version = told["schema_version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    if version != SCHEMA_VERSION:
        raise IncompleteData(
            f"the snapshot has schema version {version}, this release reads {SCHEMA_VERSION}", where=str(path),
            next_step="use the release that wrote it, or take the snapshot again.",
        )
    try:
        documents = told.pop("documents")
        manifest = Manifest(
            **{key: told.pop(key) for key in ("tenant", "tenant_id_seen", "tool_version", "organisation_attribute",
                                              "date_order", "counts", "schema_version")},
            taken_at=_required_time(told.pop("taken_at")),
            captured_at=_time(told.pop("captured_at")),
            tables={name: _table(each) for name, each in told.pop("tables").items()},
            documents=None if documents is None else Documents(
                documents["file"], documents["sha256"], tuple(documents["names"]), _sources(documents["sources"])
            ),
            complaints=tuple(
                Complaint(**{**each, "examples": tuple(each["examples"])})
                for each in told.pop("complaints")
            ),
            ignored=tuple(told.pop("ignored")),
            collected_at=_time(told.pop("collected_at")),
            missing=tuple(Missing(**each) for each in told.pop("missing")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, repr(error)) from error
    if told:
        raise _damaged(path, f"unknown keys {sorted(told)}")
    return manifest


def _table(told: Mapping[str, Any]) -> TableState:
    if told["state"] not in ("complete", "partial", "absent"):
        raise ValueError(f"state {told['state']!r}")
    return TableState(**{
        **told, "sources": _sources(told["sources"]), "columns_absent": tuple(told["columns_absent"]),
        **{name: _time(told[name]) for name in ("oldest_fact", "newest_fact", "captured_at")},
    })


def _sources(told: list[Mapping[str, Any]]) -> tuple[Source, ...]:
    return tuple(Source(**each) for each in told)


def _time_text(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"not a time: {value!r}")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _required_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _time(text: str | None) -> datetime | None:
    return None if text is None else _required_time(text)


def _damaged(path: Path, detail: str) -> IncompleteData:
    return IncompleteData(
        f"the manifest of the snapshot is damaged: {detail}", where=str(path), next_step="take the snapshot again.",
    )
