"""Facts on which sources disagree: found, complained of, and taken as blank."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.snapshot.complaints import POSITION, SHOWN, Complaints

if TYPE_CHECKING:
    from mfa_audit.snapshot.staging import Staged

ENABLED_DIFFER = ("(a.account_enabled IN ('yes', 'no') AND s.account_status IN ('yes', 'no') "
                  "AND a.account_enabled <> s.account_status)")
"""SQL: a directory (``a``) and a portal (``s``) disagree on whether an account can sign in."""

TYPES_DIFFER = "(a.user_type <> r.user_type AND a.user_type <> 'blank' AND r.user_type <> 'blank')"
"""SQL: a list of accounts (``a``) and the registrations (``r``) disagree on the kind of user."""


def complain_of_disputes(staged: Staged, complaints: Complaints, column: str, *values: tuple[str, str]) -> None:
    """Name the accounts of which ``values`` (table, SQL for the value) say different things."""
    told = " UNION ALL ".join(
        f"SELECT k, {POSITION} AS place, lower(nullif({value}, '')) AS value FROM typed_{table}"
        for table, value in values
    )
    _complain_of_blanked(
        staged, complaints, column,
        f"SELECT min(place) AS place FROM ({told}) GROUP BY k HAVING min(value) <> max(value)",
    )


def complain_of_enabled(staged: Staged, complaints: Complaints) -> None:
    """Name the accounts of which :data:`ENABLED_DIFFER`."""
    _complain_of_blanked(
        staged, complaints, "account_enabled and account status",
        f"SELECT min({POSITION}) AS place FROM typed_accounts t JOIN merged_accounts a USING (k) "
        f"JOIN merged_mfa_status s USING (k) WHERE {ENABLED_DIFFER} GROUP BY k",
    )


def complain_of_types(staged: Staged, complaints: Complaints) -> None:
    """Name the accounts of which :data:`TYPES_DIFFER`."""
    _complain_of_blanked(
        staged, complaints, "user_type",
        f"SELECT min({POSITION}) AS place FROM typed_accounts t JOIN merged_accounts a USING (k) "
        f"JOIN merged_registrations r USING (k) WHERE {TYPES_DIFFER} GROUP BY k",
    )


def _complain_of_blanked(staged: Staged, complaints: Complaints, column: str, places: str) -> None:
    count, examples = staged.connection.execute(f"SELECT count(*), min(place, {SHOWN}) FROM ({places})").fetchall()[0]
    complaints.add(
        f"sources disagree: {column}", count, examples, effect="taken as blank: nobody can tell which source is right",
        fix="take one of the files away.",
    )


def agreed(column: str) -> str:
    """SQL aggregate: the one value all rows agree on, else empty. A disputed type or status would move an account out
    of scope or off the record, so it counts as blank."""
    return (f"CASE WHEN min(nullif({column}, '')) = max(nullif({column}, '')) THEN min(nullif({column}, '')) "
            f"WHEN count({column}) > 0 THEN '' END")
