"""What a source hands to the snapshot: rows as they lie on disk, policy documents, and what was wrong with them.

A source never converts a value. It says which file, which table, and which header stands for which field;
:mod:`mfa_audit.snapshot.intake` gives every field its type, the same way for files and for Graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

_IDENTITY = ("account_id", "user_principal_name", "mail", "employee_id")

RAW_FIELDS: Mapping[str, tuple[str, ...]] = {
    "accounts": (
        *_IDENTITY, "display_name", "given_name", "surname", "job_title", "company_name", "office_location",
        *(f"extension_attribute_{n}" for n in range(1, 16)), "extension_attributes", "department", "employee_type",
        "manager", "account_enabled", "user_type", "created_at", "hire_date", "leave_date", "sign_in_activity",
        "last_sign_in", "last_non_interactive_sign_in", "last_successful_sign_in", "sign_in_read_at", "synced",
        "creation_type",
        "external_user_state", "per_user_mfa", "preferred_language", "deleted_at", "recipient_type",
    ),
    "registrations": (
        "account_id", "user_principal_name", "user_type", "is_admin", "is_mfa_registered", "is_mfa_capable",
        "is_sspr_registered", "methods", "system_preferred", "default_method", "updated_at",
    ),
    "recipients": (*_IDENTITY, "recipient_type"),
    "people": (*_IDENTITY, "display_name", "manager", "manager_employee_id", "hire_date", "leaver", "leave_date",
               "department", "organisation", "job_title", "employee_type"),
    "mfa_status": (*_IDENTITY, "display_name", "organisation", "mfa_status", "account_status"),
    "group_members": ("group_id", "account_id", "user_principal_name", "member_type"),
    "groups": ("group_id", "display_name", "members", "deleted"),
    "role_assignments": ("account_id", "role_id", "scope", "principal"),
    "role_eligibility": ("account_id", "role_id", "scope", "starts_at", "ends_at", "principal"),
    "devices": ("object_id", "device_id", "trust_type", "is_compliant", "is_managed", "operating_system", "ownership",
                "profile_type", "last_sign_in", "enabled"),
}
"""Tables a source may deliver beside the registers, and the fields each may carry. Every field is text: in NDJSON a
nested value arrives as its JSON text (``methods`` as ``["email"]``, ``manager`` as ``{"id": …}``,
``extension_attributes`` as an object, ``members`` and ``principal`` as Graph wrote them)."""


@dataclass(frozen=True)
class Origin:
    """Where rows come from: ``name`` as the person gave it, ``sha256`` of the bytes read, ``shape`` in words
    ("Entra portal: users"), ``encoding``, and ``line`` of the first record (0 where lines mean nothing)."""

    name: str
    sha256: str
    shape: str
    encoding: str = "utf-8"
    line: int = 0


@dataclass(frozen=True)
class RawRows:
    """Rows of one table in one UTF-8 file on disk.

    ``format`` ``csv``: comma-separated, quoted with ``"`` doubled, one header row, every record as long as the
    header. ``ndjson``: one object a line. ``fields`` maps a field of :data:`RAW_FIELDS` (or a register's column) to
    the header or key that carries it; a field that is not in it is *absent*, an empty value is *blank*.
    ``rows`` is the number of records, counted while the file was checked. ``breaks`` are (record, line) of the records
    that do not begin one line below the one before: after blank lines, and after records that span lines.
    """

    table: str
    path: Path
    format: Literal["csv", "ndjson"]
    fields: Mapping[str, str]
    rows: int
    origin: Origin
    breaks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Document:
    """One policy document, ``name`` of :data:`mfa_audit.tables.TENANT_DOCUMENTS`, as Graph wrote it."""

    name: str
    content: Any
    origin: Origin


@dataclass(frozen=True)
class Complaint:
    """A blemish that did not stop the reading; it appears in the data-quality sheet.

    ``check`` is a short stable name ("unreadable date"), ``effect`` what it does to the figures, ``fix`` what to do,
    ``examples`` at most five ``file:line`` places; ``grave`` when it may decide many verdicts, so that whoever runs the
    job hears of it at once.
    """

    check: str
    count: int
    examples: tuple[str, ...] = ()
    effect: str = ""
    fix: str = ""
    grave: bool = False


@dataclass(frozen=True)
class Missing:
    """Something that was asked for and did not come whole: ``name`` of a table, of a document, or of a name settings
    ``collect`` may list; why; the ``permission`` that was refused; ``wanted`` false where its absence is nobody's
    fault and is no gap; ``unlicensed`` true where the tenant lacks the licence for it."""

    name: str
    reason: str
    permission: str | None = None
    wanted: bool = True
    unlicensed: bool = False


@dataclass(frozen=True)
class Inputs:
    """Everything one run was given. ``collected_at`` (UTC) is when reading a service began; files date themselves."""

    rows: tuple[RawRows, ...] = ()
    documents: tuple[Document, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    ignored: tuple[str, ...] = field(default=())
    missing: tuple[Missing, ...] = ()
    collected_at: datetime | None = None
