"""One judged night as reports see it: everything a report may show, and nothing it has to fetch.

The frames come from ``verdicts``; reports format, sort and leave out, they never judge and never count people anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from mfa_audit.policy import Policy
    from mfa_audit.snapshot.columnar import TableFile
    from mfa_audit.snapshot.raw import Complaint

COUNTS: tuple[str, ...] = (
    "in_scope", "compliant", "weak", "not_registered", "below_strength", "not_enforced", "grace", "exempt",
    "exempt_expired", "unknown", "usable", "overdue", "oldest_overdue_days",
    "blocked", "lose_spare", "lose_password_reset", "default_is_phone",
)
"""The counted columns of a roll-up, all integers: accounts, but ``oldest_overdue_days`` in days (0 when none).
``deadline`` follows them: the earliest due date of those not compliant, administrators apart, null
when none is due."""


def nothing_reminded() -> pd.DataFrame:
    """:attr:`Night.reminded` of a night before which nobody was reminded."""
    return pd.DataFrame(columns=["stage", "told", "recent", "soon", "later"])


@dataclass(frozen=True)
class Night:
    """One judged night.

    Roll-ups (``by_*``) hold in-scope workforce accounts, key columns first, then :data:`COUNTS` and ``deadline``;
    a null key stands for accounts that record none.
    """

    summary: Mapping[str, Any]
    """``summary.json`` as published."""
    access: Mapping[str, Any] | None
    """``access.json`` as published; null when nothing says who is asked."""
    touched: pd.DataFrame | None
    """Whom the gaps of ``access.json`` touch: ``gap`` (position), ``access_class`` (null: one account), ``without`` (of
    the class those alone who have methods and none of these ``method_bits``; where these are all there are, those who
    have none; 0: everybody), ``account_id``."""
    policy: Policy
    """The policy the night was judged by."""
    people: TableFile
    """``tables.PEOPLE``, a row an account of every population, in account_id order."""
    by_organisation: pd.DataFrame
    """``organisation``, then the roll-up."""
    by_department: pd.DataFrame
    """``department``, then the roll-up."""
    by_manager: pd.DataFrame
    """``manager_id``, ``manager_name``, the roll-up over direct reports, and again over direct and indirect ones with
    the prefix ``all_``."""
    controls: pd.DataFrame
    """``control_id, title, severity`` (C, H, M, L, I), ``passed, failed, excepted, not_assessed, not_applicable,
    worst_reason, rests_on, remediation, owner``."""
    methods: pd.DataFrame
    """``method, label, level, with_it, best, sole, accepted, ends_on``; counts are registered workforce accounts."""
    exemptions: pd.DataFrame
    """The register's columns, ``holder_name, organisation, state`` (active, due_soon, expired, incomplete, not_yet,
    redundant, unknown_account), ``days_left, findings``."""
    quality: tuple[Complaint, ...]
    """Blemishes of the sources that did not stop the run."""
    sources: pd.DataFrame
    """``file, recognised_as, table, rows, sha256, newest_fact``, a row a file read."""
    reconciliation: pd.DataFrame
    """``line, left, right, holds``: sums that must agree."""
    organisation_names: Mapping[str, str]
    """Organisation code -> name, for those the register names."""
    tenant_name: str
    """What the tenant calls itself; empty when no source says."""
    as_of: date
    """The day judged, in the policy's time zone."""
    delete_by: date | None
    """The day person-level outputs have to go; None when the policy sets none."""
    marking: str
    """Protective marking, printed on every page."""
    reminded: pd.DataFrame = field(default_factory=nothing_reminded)
    """``stage, told, recent, soon, later``, a row a stage of the reminders sent before this day: accounts told, of them
    a week ago or less, of the others set up within a week, and later. Empty where none were."""
