"""The accounts table: every source about accounts typed, merged, and put together a row an account."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.snapshot import managers, nested, typing_rules
from mfa_audit.snapshot.complaints import POSITION, SHOWN, Complaints
from mfa_audit.snapshot.disputes import (
    ENABLED_DIFFER,
    TYPES_DIFFER,
    agreed,
    complain_of_disputes,
    complain_of_enabled,
    complain_of_types,
)
from mfa_audit.snapshot.joining import deletes
from mfa_audit.snapshot.merge import Merge
from mfa_audit.snapshot.typed import TypedTable
from mfa_audit.tables import ACCOUNTS

if TYPE_CHECKING:
    from mfa_audit.snapshot.staging import Staged

_TRUTH = ("yes", "no")
_USER_TYPES = ("member", "guest")
_PER_USER = ("disabled", "enabled", "enforced")
_GRACE_EFFECT = "the date is unknown for these rows, so no grace is given on it"

ACCOUNT_DATES = ("created_at", "hire_date", "leave_date", "sign_in_read_at", *nested.SIGN_INS)
DECIDING = (
    ("accounts", "account_enabled"), ("accounts", "user_type"), ("accounts", "per_user_mfa"),
    ("mfa_status", "mfa_status"), ("mfa_status", "account_status"), ("people", "leaver"),
)
"""Columns whose absence changes a verdict, so that one that is blank throughout is spoken of."""


def build(staged: Staged, complaints: Complaints, attribute: str, declared: str | None, count: int) -> str:
    """Create everything the accounts table needs and return SQL for its rows in key order, columns in the order of
    :data:`mfa_audit.tables.ACCOUNTS`. Needs ``merged_registrations``. ``attribute`` is the organisation's field."""
    _accounts(staged, complaints, attribute, declared, count)
    _people(staged, complaints, declared, count)
    _mfa_status(staged, complaints, count)
    _recipients(staged, complaints, count)
    complain_of_types(staged, complaints)
    complain_of_enabled(staged, complaints)
    kinds = [("recipients", "recipient_type")]
    if "recipient_type" in staged.fields["accounts"]:
        kinds.append(("accounts", "recipient_type"))
    complain_of_disputes(staged, complaints, "recipient_type", *kinds)
    managers.resolve(staged)
    return _ASSEMBLY


def _accounts(staged: Staged, complaints: Complaints, attribute: str, declared: str | None, count: int) -> None:
    table = "accounts"
    _empty_when_absent(staged, table)
    typed = TypedTable(staged, table, ACCOUNT_DATES, declared)
    column = staged.column
    whole_name = f"nullif(concat_ws(' ', {column(table, 'given_name')}, {column(table, 'surname')}), '')"
    typed.plain("display_name", f"coalesce({column(table, 'display_name')}, {whole_name})")
    for field in ("user_principal_name", "mail", "job_title", "employee_type", "recipient_type", "preferred_language"):
        typed.field(field)
    typed.plain("organisation", typing_rules.tidy(column(table, attribute)))
    typed.plain("department", typing_rules.tidy(column(table, "department")))
    typed.plain("manager", managers.named(column(table, "manager")))
    typed.stated("account_enabled")
    typed.word("user_type", _USER_TYPES)
    typed.word("per_user_mfa", _PER_USER)
    typed.plain("external", _external(staged))
    typed.stated("synced", null_is_no=from_json(staged, table, "synced"))
    typed.moment("created_at", soon=True, effect="the account's age is unknown for these rows")
    typed.moment("hire_date", day=True, soon=True, effect=_GRACE_EFFECT)
    typed.moment("leave_date", day=True, effect="the day of leaving is unknown for these rows")
    typed.moment("sign_in_read_at", effect="the sign-ins of these rows count as of today")
    typed.derived("leave_asked", staged.carries(table, "leave_date", alias="i"))
    bad = [typed.moment(name, effect="the sign-in is unknown for these rows, never taken as none")
           for name in nested.SIGN_INS]
    typed.derived("sign_in_unreadable", " OR ".join(bad))
    typed.derived("sign_in_asked", staged.carries(table, *nested.SIGN_INS, alias="i"))
    where = "true"
    if "deleted_at" in staged.fields[table]:
        where = f"(NOT {deletes(staged)} OR account IN (SELECT account FROM disputed_deletions))"
    typed.create(complaints, where)
    _complain_of_twins(staged, complaints)
    staged.connection.execute(
        "CREATE TABLE account_ages AS SELECT src, greatest(max(created_at), max(last_successful_sign_in), "
        "max(last_sign_in), max(last_non_interactive_sign_in)) AS age, min(created_at) AS oldest, "
        "count(coalesce(last_successful_sign_in, last_sign_in, last_non_interactive_sign_in)) AS seen "
        "FROM typed_accounts GROUP BY src"
    )
    # A file in which nobody ever signed in was not asked for sign-ins: the column came out empty.
    staged.connection.execute(
        "UPDATE typed_accounts SET sign_in_asked = false WHERE src IN (SELECT src FROM account_ages WHERE seen = 0)"
    )
    Merge(
        table,
        texts=("user_principal_name", "display_name", "mail", "job_title", "organisation", "department",
               "employee_type", "manager", "preferred_language"),
        watched=("organisation", "department", "employee_type"),
        words={"account_enabled": _TRUTH, "user_type": _USER_TYPES, "per_user_mfa": _PER_USER, "synced": _TRUTH},
        own={
            "recipient_type": agreed("recipient_type"),
            "external": "CASE WHEN bool_or(external = 'yes') THEN 'yes' WHEN bool_or(external = 'no') THEN 'no' END",
            "created_at": "min(created_at)",
            "hire_date": _newest_then_earliest("hire_date"),
            "leave_date": "max(leave_date)",
            "leave_asked": "bool_or(leave_asked)",
            "last_successful_sign_in": "max(last_successful_sign_in)",
            "last_sign_in": "max(last_sign_in)",
            "last_non_interactive_sign_in": "max(last_non_interactive_sign_in)",
            # Of two answers the older date holds: what is known must have been true then.
            "sign_in_read_at": "min(sign_in_read_at)",
            "sign_in_unreadable": "bool_or(sign_in_unreadable)",
            "sign_in_asked": "bool_or(sign_in_asked)",
        },
    ).run(staged.connection, complaints, count, "account_ages")


def _external(staged: Staged) -> str:
    """SQL: where an account's home is, by Microsoft's rule for guests (``docs/conditional-access.md``)."""
    creation, state, upn = (staged.column("accounts", name) for name in
                            ("creation_type", "external_user_state", "user_principal_name"))
    asked = " AND ".join(
        f"({from_json(staged, 'accounts', name, alias='r')} OR {staged.carries('accounts', name)})"
        for name in ("creation_type", "external_user_state"))
    return (f"CASE WHEN lower({creation}) IN ('invitation', 'selfservicesignup') OR {state} IS NOT NULL "
            f"OR contains(lower({upn}), '#ext#') THEN 'yes' WHEN {asked} THEN 'no' END")


def _complain_of_twins(staged: Staged, complaints: Complaints) -> None:
    """Name all lines of accounts that one file lists more than once, saying different things of them."""
    facts = [name for name in staged.fields["accounts"] if name not in ("account_id", "user_principal_name")]
    said = ", ".join(f"coalesce({staged.column('accounts', name)}, '')" for name in facts) or "''"
    twins = (
        f"SELECT src, rec, min(said) OVER account <> max(said) OVER account AS differ "
        f"FROM (SELECT src, rec, k, concat_ws(chr(31), {said}) AS said FROM rows_accounts r WHERE k IS NOT NULL "
        "AND (src, k) IN (SELECT (src, k) FROM typed_accounts GROUP BY src, k HAVING count(*) > 1)) "
        "WINDOW account AS (PARTITION BY src, k)"
    )
    count, places = staged.connection.execute(
        f"SELECT count(*), min({POSITION}, {SHOWN}) FROM ({twins}) WHERE differ"
    ).fetchall()[0]
    complaints.add(
        "account listed twice with different facts", count, places,
        effect="the rows were read as one account; what decides and differs counts as blank",
        fix="find out which line is right and take out the other, or export with the object id.",
    )


def _people(staged: Staged, complaints: Complaints, declared: str | None, count: int) -> None:
    table = "people"
    _empty_when_absent(staged, table)
    typed = TypedTable(staged, table, ("hire_date", "leave_date"), declared)
    for field in ("user_principal_name", "display_name", "job_title", "employee_type"):
        typed.field(field)
    typed.plain("organisation", typing_rules.tidy(staged.column(table, "organisation")))
    typed.plain("department", typing_rules.tidy(staged.column(table, "department")))
    typed.plain("manager", managers.named(staged.column(table, "manager")))
    typed.plain("manager_number", typing_rules.tidy(staged.column(table, "manager_employee_id")))
    typed.stated("leaver")
    typed.moment("hire_date", day=True, soon=True, effect=_GRACE_EFFECT)
    typed.moment("leave_date", day=True, effect="the day of leaving is unknown for these rows")
    typed.derived("leave_asked", staged.carries(table, "leave_date", alias="i"))
    typed.create(complaints)
    Merge(
        table,
        texts=("user_principal_name", "display_name", "job_title", "employee_type", "organisation", "department",
               "manager", "manager_number"),
        words={"leaver": _TRUTH},
        own={"hire_date": "min(hire_date)", "leave_date": "max(leave_date)", "leave_asked": "bool_or(leave_asked)"},
    ).run(staged.connection, complaints, count)


def _mfa_status(staged: Staged, complaints: Complaints, count: int) -> None:
    table = "mfa_status"
    _empty_when_absent(staged, table)
    typed = TypedTable(staged, table, (), None)
    for field in ("user_principal_name", "display_name", "mail"):
        typed.field(field)
    typed.plain("organisation", typing_rules.tidy(staged.column(table, "organisation")))
    value = staged.column(table, "mfa_status")
    typed.plain("mfa_status", f"CASE WHEN {value} IS NOT NULL THEN {value} "
                              f"WHEN {staged.carries(table, 'mfa_status')} THEN '' END")
    typed.state("account_status")
    typed.create(complaints)
    Merge(
        table, texts=("user_principal_name", "display_name", "mail", "organisation"),
        words={"account_status": _TRUTH}, own={"mfa_status": agreed("mfa_status")},
    ).run(staged.connection, complaints, count)
    complain_of_disputes(staged, complaints, "mfa_status", (table, "mfa_status"))


def _recipients(staged: Staged, complaints: Complaints, count: int) -> None:
    table = "recipients"
    _empty_when_absent(staged, table)
    typed = TypedTable(staged, table, (), None)
    typed.field("user_principal_name")
    typed.field("recipient_type")
    typed.create(complaints)
    Merge(
        table, texts=("user_principal_name",), own={"recipient_type": agreed("recipient_type")},
    ).run(staged.connection, complaints, count)


def _newest_then_earliest(column: str) -> str:
    age = "coalesce(age, TIMESTAMP '0001-01-01')"
    return f"arg_max({column}, ({age}, -datediff('day', DATE '1970-01-01', {column}))) FILTER ({column} IS NOT NULL)"


def from_json(staged: Staged, table: str, field: str, alias: str = "i") -> str:
    """SQL: whether the row's source is JSON and has ``field``, where Microsoft writes null for "no"."""
    numbers = [str(number) for number, source in enumerate(staged.sources)
               if source.table == table and source.format == "ndjson" and field in staged.carried[number]]
    return f"{alias}.src IN ({', '.join(numbers)})" if numbers else "false"


def _empty_when_absent(staged: Staged, table: str) -> None:
    """A table that no source delivers is one without rows, so that putting together needs no second way."""
    if not staged.has(table):
        staged.connection.execute(
            f"CREATE VIEW rows_{table} AS SELECT NULL::USMALLINT AS src, NULL::UINTEGER AS rec, NULL::INTEGER AS k "
            "WHERE false"
        )
        staged.fields.setdefault(table, ())


_PARTS = f"""
SELECT c.k AS account_key, c.account_id,
    coalesce(a.user_principal_name, r.user_principal_name, s.user_principal_name, p.user_principal_name,
             e.user_principal_name) AS user_principal_name,
    coalesce(a.display_name, p.display_name, s.display_name) AS display_name,
    coalesce(a.mail, s.mail) AS mail,
    coalesce(a.job_title, p.job_title) AS job_title,
    coalesce(a.organisation, p.organisation, s.organisation) AS organisation,
    coalesce(a.department, p.department) AS department,
    coalesce(a.employee_type, p.employee_type) AS employee_type,
    m.manager_id, m.manager_key,
    CASE WHEN {ENABLED_DIFFER} OR c.account_id IN (SELECT account FROM disputed_deletions) THEN 'blank'
         ELSE coalesce(a.account_enabled, s.account_status, 'absent') END AS account_enabled,
    CASE WHEN {TYPES_DIFFER} THEN 'blank' ELSE
    coalesce(CASE WHEN a.user_type <> 'blank' OR (a.disputed & 2) <> 0 THEN a.user_type END,
             nullif(r.user_type, 'blank'), a.user_type, r.user_type) END AS said_type,
    nullif(said_type, 'blank') AS user_type,
    CASE WHEN said_type = 'blank' THEN 'blank' WHEN said_type IS NOT NULL THEN 'yes' ELSE 'absent' END
        AS user_type_stated,
    coalesce(a.external, 'absent') AS external,
    a.created_at,
    coalesce(p.hire_date, a.hire_date) AS hire_date,
    coalesce(p.leave_date, a.leave_date) AS leave_date,
    CASE WHEN p.leaver = 'yes' OR p.leave_date IS NOT NULL OR a.leave_date IS NOT NULL THEN 'yes'
         WHEN p.leaver = 'no' THEN 'no'
         WHEN p.leaver = 'blank' OR p.leave_asked OR a.leave_asked THEN 'blank' ELSE 'absent' END AS leaver,
    coalesce(a.last_successful_sign_in, greatest(a.last_sign_in, a.last_non_interactive_sign_in)) AS last_sign_in,
    CASE WHEN coalesce(a.last_successful_sign_in, a.last_sign_in, a.last_non_interactive_sign_in) IS NOT NULL
         THEN 'seen' WHEN a.sign_in_asked AND NOT a.sign_in_unreadable THEN 'never' ELSE 'not_collected' END AS sign_in,
    CASE WHEN sign_in <> 'not_collected' THEN a.sign_in_read_at END AS sign_in_read_at,
    coalesce(a.synced, 'absent') AS synced,
    CASE WHEN e.recipient_type = '' OR a.recipient_type = '' OR lower(e.recipient_type) <> lower(a.recipient_type)
         THEN NULL ELSE coalesce(e.recipient_type, a.recipient_type) END AS recipient_type,
    nullif(a.per_user_mfa, 'blank') AS per_user_mfa,
    CASE WHEN a.per_user_mfa = 'blank' THEN 'blank' WHEN a.per_user_mfa IS NOT NULL THEN 'yes' ELSE 'absent' END
        AS per_user_mfa_stated,
    nullif(s.mfa_status, '') AS mfa_status,
    CASE WHEN s.mfa_status = '' THEN 'blank' WHEN s.mfa_status IS NOT NULL THEN 'yes' ELSE 'absent' END
        AS mfa_status_stated,
    a.preferred_language, a.differing
FROM census c
LEFT JOIN merged_accounts a ON c.k = a.k
LEFT JOIN merged_people p ON c.k = p.k
LEFT JOIN merged_mfa_status s ON c.k = s.k
LEFT JOIN merged_recipients e ON c.k = e.k
LEFT JOIN merged_registrations r ON c.k = r.k
LEFT JOIN manager_of m ON c.k = m.k
"""

_ASSEMBLY = f"SELECT {', '.join(ACCOUNTS.names)} FROM ({_PARTS}) ORDER BY account_key"
