"""Rows whose columns were mixed up on the way: an object id that stands beside somebody else's name."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot.complaints import lines_of

if TYPE_CHECKING:
    from mfa_audit.snapshot.staging import Staged


def refuse_filled_down(staged: Staged) -> None:
    """Raise :class:`InputRejected` where a spreadsheet filled an id down over another one: UPN, name and address of its
    two rows all differ, and no word of one name is in the other (whoever marries keeps one). One of the two people
    would be missing."""
    tables = [str(number) for number, source in enumerate(staged.sources)
              if source.table == "accounts" and source.format == "csv"]
    if not tables or not {"display_name", "mail"} <= set(staged.fields["accounts"]):
        return
    differ = " AND ".join(f"min(lower({name})) <> max(lower({name}))" for name in ("own_upn", "display_name", "mail"))
    named = "concat_ws(' ', display_name, split_part(own_upn, '@', 1), split_part(mail, '@', 1))"
    found = staged.connection.execute(
        "WITH twins AS (SELECT src, own_id, count(*) AS listed FROM raw_accounts WHERE own_id IS NOT NULL "
        f"AND src IN ({', '.join(tables)}) GROUP BY src, own_id HAVING count(*) > 1 AND {differ}), "
        rf"words AS (SELECT DISTINCT src, own_id, rec, unnest(regexp_extract_all(lower({named}), '\p{{L}}{{2,}}')) "
        "AS word FROM raw_accounts JOIN twins USING (src, own_id)), "
        "shared AS (SELECT DISTINCT src, own_id FROM (SELECT src, own_id, word, count(*) AS rows FROM words "
        "GROUP BY ALL) JOIN twins USING (src, own_id) WHERE rows = listed) "
        "SELECT src, min(rec), max(rec) FROM raw_accounts JOIN (FROM twins ANTI JOIN shared USING (src, own_id)) "
        "USING (src, own_id) GROUP BY src, own_id ORDER BY ALL LIMIT 1"
    ).fetchall()
    if found:
        source, first, second = found[0]
        origin = staged.sources[source].origin
        lines = lines_of(staged.sources[source], {first, second})
        raise InputRejected(
            "one object id for two people: their user principal names, names and addresses all differ "
            f"({lines[first]})",
            file=origin.name, line=int(lines[second].rpartition(":")[2]) if origin.line else 0,
            next_step="export the list again; do not open and save it in a spreadsheet.",
        )


def find_crossed(staged: Staged) -> None:
    """``crossed``: registrations whose id is one listed account's and whose UPN is another's: columns were mixed up,
    and nobody can tell whose methods they are."""
    staged.connection.execute("CREATE TABLE crossed (src USMALLINT, rec UINTEGER)")
    if staged.has("accounts") and staged.has("registrations"):
        staged.connection.execute(
            "INSERT INTO crossed WITH listed AS (SELECT own_upn AS upn, min(own_id) AS id FROM raw_accounts "
            "WHERE own_id IS NOT NULL AND own_upn IS NOT NULL GROUP BY own_upn HAVING min(own_id) = max(own_id)) "
            "SELECT r.src, r.rec FROM raw_registrations r JOIN listed u ON r.own_upn = u.upn AND r.own_id <> u.id "
            "WHERE r.own_id IN (SELECT id FROM listed)"
        )


def crossed(table: str) -> str:
    """SQL: whether a row ``r`` of ``table`` is one of them."""
    return "(r.src, r.rec) IN (SELECT src, rec FROM crossed)" if table == "registrations" else "false"
