"""What a reading of Graph has come to so far, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.errors import IncompleteData
from mfa_audit.snapshot.raw import Complaint, Document, Inputs, Missing, Origin, RawRows

if TYPE_CHECKING:
    from datetime import datetime

    from mfa_audit.sources.graph.endpoints import Listing
    from mfa_audit.sources.graph.kept import Kept
    from mfa_audit.sources.graph.refusals import Refusal

NAME = "Microsoft Graph"


@dataclass
class Gathered:
    """Rows, documents and what is missing; several threads add to it."""

    rows: list[RawRows] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    notes: list[Complaint] = field(default_factory=list)
    documents: dict[str, Any] = field(default_factory=dict)
    began: list[datetime] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, rows: RawRows, began: datetime) -> None:
        """Rows whose reading ``began`` then."""
        with self._lock:
            self.rows.append(rows)
            self.began.append(began)

    def of(self, name: str) -> RawRows | None:
        """The rows of the listing called ``name``; null where it was refused."""
        with self._lock:
            return next((rows for rows in self.rows if rows.origin.name == f"{NAME}: {name}"), None)

    def drop(self, rows: RawRows) -> None:
        """Take rows out again."""
        with self._lock:
            self.rows.remove(rows)

    def add_document(self, name: str, content: Any) -> None:
        """A policy document as Graph wrote it."""
        with self._lock:
            self.documents[name] = content

    def miss(self, what: Missing) -> None:
        """Something that did not come, or not whole."""
        with self._lock:
            if what not in self.missing:
                self.missing.append(what)

    def note(self, what: Complaint) -> None:
        """Something a reader of the figures should know that is no gap."""
        with self._lock:
            self.notes.append(what)

    def found_after_all(self, name: str) -> None:
        """What was missing has been read in another way."""
        with self._lock:
            self.missing = [each for each in self.missing if each.name != name]

    @property
    def tenant_id(self) -> str:
        """The organisation's id; empty where it was refused."""
        with self._lock:
            entries = self.documents.get("organization", {}).get("value", ())
            return next((str(each["id"]) for each in entries if each.get("id")), "")

    def refuse_nameless(self) -> None:
        """Raise :class:`IncompleteData` when Graph was asked for the organisation and names none."""
        if "organization" in self.documents and not self.tenant_id:
            raise IncompleteData("Graph names no organisation, so whose data this would be cannot be told",
                                 next_step="check 'tenant' and the credential with 'mfa-audit doctor'; run again.")

    def lacks_licence(self, name: str) -> bool:
        """Whether ``name`` is missing, and for want of a licence rather than of a permission."""
        return any(each.name == name and each.unlicensed for each in self.missing)

    def inputs(self) -> Inputs:
        """Everything, for a snapshot."""
        documents = tuple(
            Document(name, content, Origin(f"{NAME}: {name}", _digest(content), name))
            for name, content in sorted(self.documents.items())
        )
        missing = tuple(sorted(self.missing, key=lambda each: (each.name, each.reason)))
        return Inputs(rows=tuple(self.rows), documents=documents,
                      complaints=(*map(_complaint, missing), *self.notes),
                      missing=missing, collected_at=min(self.began, default=None))


def rows_of(listing: Listing, kept: Kept) -> RawRows:
    """A listing on disk as rows for a snapshot."""
    origin = Origin(f"{NAME}: {listing.name}", kept.sha256, listing.path.split("?")[0])
    return RawRows(listing.table, kept.path, "ndjson", dict(listing.fields), kept.rows, origin)


def refused(name: str, permission: str, without: str, told: Refusal, *, optional: bool = False) -> Missing:
    """What a refusal leaves unknown. A licence the tenant lacks is not held against what is ``optional``."""
    if told.unlicensed:
        return Missing(name, f"the tenant has no licence for it ({told}): {without}", wanted=not optional,
                       unlicensed=True)
    if told.status == 403:
        return Missing(name, f"Graph refused it, because {permission} is not granted: {without}", permission)
    return Missing(name, f"Graph refused it ({told}): {without}")


def _complaint(missing: Missing) -> Complaint:
    fix = f"grant {missing.permission}, or take it out of 'collect'." if missing.permission else ""
    return Complaint(f"not collected: {missing.name}", 1, (), missing.reason, fix)


def _digest(content: Any) -> str:
    return sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
