"""Who is whose manager: texts that name a manager are matched once each with the accounts of the census."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from mfa_audit.snapshot import nested, typing_rules
from mfa_audit.snapshot.joining import holders
from mfa_audit.snapshot.staging import Staged, fold_column


def named(column: str) -> str:
    """SQL: the text that names a manager: id, UPN, mail or name out of a JSON object, other text as it is without the
    words for "nobody"."""
    inside = nested.inside(column, "id", "userPrincipalName", "mail", "displayName")
    return f"CASE WHEN {nested.is_object(column)} THEN {inside} ELSE {typing_rules.tidy(column)} END"


def resolve(staged: Staged) -> None:
    """Create ``manager_of`` (k, manager_id, manager_key) from merged accounts and people; a manager named by a list of
    people goes before the directory's."""
    connection = staged.connection
    connection.execute(
        "CREATE TABLE manager_texts AS SELECT written, lower(trim(written, '{} ')) AS folded, by_number FROM ("
        "SELECT manager AS written, false AS by_number FROM merged_accounts WHERE manager IS NOT NULL "
        "UNION SELECT manager, false FROM merged_people WHERE manager IS NOT NULL "
        "UNION SELECT manager_number, true FROM merged_people WHERE manager_number IS NOT NULL)"
    )
    fold_column(connection, "manager_texts", "folded")
    wanted = "written IN (SELECT folded FROM manager_texts WHERE {})"
    connection.execute(
        "CREATE TABLE manager_keys AS SELECT t.written, t.by_number, "
        "coalesce(c.k, CASE WHEN t.by_number THEN n.k ELSE m.k END) AS manager_key FROM manager_texts t "
        "LEFT JOIN census c ON NOT t.by_number AND t.folded = c.account_id "
        f"LEFT JOIN ({_one(holders(staged, 'mail'), wanted.format('NOT by_number'))}) m ON t.folded = m.written "
        f"LEFT JOIN ({_one(holders(staged, 'employee_id'), wanted.format('by_number'))}) n ON t.folded = n.written"
    )
    connection.execute(
        "CREATE TABLE manager_of AS SELECT w.k, coalesce(c.account_id, w.written) AS manager_id, y.manager_key "
        "FROM (SELECT coalesce(a.k, p.k) AS k, coalesce(p.manager, p.manager_number, a.manager) AS written, "
        "p.manager IS NULL AND p.manager_number IS NOT NULL AS by_number "
        "FROM merged_accounts a FULL JOIN merged_people p ON a.k = p.k) w "
        "JOIN manager_keys y ON w.written = y.written AND w.by_number = y.by_number "
        "LEFT JOIN census c ON c.k = y.manager_key"
    )


def _one(pairs: str, condition: str) -> str:
    """SQL: (written, k) where exactly one account has the text."""
    return f"SELECT written, min(k) AS k FROM ({pairs}) WHERE {condition} GROUP BY written HAVING min(k) = max(k)"
