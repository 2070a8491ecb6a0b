"""Which account a row is about: by object id, else by UPN, for lists without either by address or employee number.

Creates ``census`` (account_id, k): the accounts of this snapshot and their integer keys, in account_id order; and a
view ``rows_<table>`` for each table about accounts: its staged rows with ``account``, ``k`` (null: not one of the
census) and ``doubtful`` (its UPN fits two object ids).
"""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from mfa_audit.snapshot import engine
from mfa_audit.snapshot.complaints import POSITION, SHOWN, Complaints
from mfa_audit.snapshot.mixed_up import crossed, find_crossed, refuse_filled_down
from mfa_audit.snapshot.staging import Staged, fold_column
from mfa_audit.snapshot.typing_rules import account_state

if TYPE_CHECKING:
    from pathlib import Path

_MAKE_ACCOUNTS = ("accounts", "mfa_status")
_LISTS = ("recipients", "people")
_NAMED = (*_MAKE_ACCOUNTS, "registrations", *_LISTS)

_DATED = "coalesce(regexp_matches(deleted_at, '^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}'), false)"


def deletes(staged: Staged) -> str:
    """SQL: whether a row of accounts is of a deleted one. A deletion is a date as Graph writes it, and not of a day to
    come; any other text deletes nobody."""
    return f"({_DATED} AND NOT {_deleted_later(staged)})"


def _deleted_later(staged: Staged) -> str:
    if staged.believable is None:
        return "false"
    return f"({_DATED} AND left(deleted_at, 10) > '{staged.believable.until.astimezone(UTC):%Y-%m-%d}')"


def join(staged: Staged, complaints: Complaints) -> dict[str, int]:
    """Build the census and the views; returns counts: ``accounts``, ``deleted``, and ``without_identity`` (rows that
    would have made an account but name nobody). Raises :class:`InputRejected` for a list of accounts in which one
    object id stands beside two people."""
    connection = staged.connection
    refuse_filled_down(staged)
    about_accounts = [
        table for table in (*_MAKE_ACCOUNTS, "registrations", *_LISTS, "group_members") if staged.has(table)
    ]
    _resolve_upns(staged, about_accounts)
    makers = [table for table in _MAKE_ACCOUNTS if staged.has(table)]
    if not staged.has("accounts") and staged.has("registrations"):
        makers.append("registrations")
    find_crossed(staged)
    for table in about_accounts:
        own = "'upn:' || r.own_upn"
        doubtful = own if table in makers else "NULL"
        connection.execute(
            f"CREATE VIEW account_{table} AS SELECT r.*, coalesce(u.doubtful, false) AS doubtful, "
            f"CASE WHEN {crossed(table)} THEN NULL WHEN r.own_id IS NOT NULL THEN r.own_id "
            f"WHEN u.doubtful THEN {doubtful} "
            f"WHEN u.id IS NOT NULL THEN u.id WHEN r.own_upn IS NOT NULL THEN {own} END AS account "
            f"FROM raw_{table} r LEFT JOIN upn_ids u ON r.own_id IS NULL AND r.own_upn = u.upn"
        )
    counts = _census(staged, makers)
    _complain_of_deletions(staged, complaints)
    counts["without_identity"] = 0
    for table in about_accounts:
        _add_lookup(staged, table)
        nameless = _complain(staged, table, complaints, makes_accounts=table in makers)
        if table in makers:
            counts["without_identity"] += nameless
    return counts


def _resolve_upns(staged: Staged, tables: list[str]) -> None:
    """``upn_ids``: for UPNs of rows without an id, the id that any file gives them, and whether there are two."""
    staged.connection.execute("CREATE TABLE upn_ids (upn VARCHAR, id VARCHAR, doubtful BOOLEAN)")
    if not tables:
        return
    pairs = " UNION ALL ".join(f"SELECT own_id, own_upn FROM raw_{table}" for table in tables)
    staged.connection.execute(
        f"INSERT INTO upn_ids SELECT own_upn, min(own_id), min(own_id) <> max(own_id) FROM ({pairs}) "
        f"WHERE own_id IS NOT NULL AND own_upn IN (SELECT own_upn FROM ({pairs}) "
        "WHERE own_id IS NULL AND own_upn IS NOT NULL) GROUP BY own_upn"
    )


def former_names(staged: Staged, accounts: Path) -> str:
    """SQL for ``former_names``, after :func:`join`: UPNs that a source gives a listed object id and nobody has now.

    ``accounts`` is the table of accounts, written before the SQL runs. A UPN that two ids had is nobody's.
    """
    given = " UNION ALL ".join(
        f"SELECT own_id, own_upn FROM raw_{table} WHERE own_id IS NOT NULL" for table in _NAMED if staged.has(table)
    )
    return (
        f"SELECT min(own_id) AS account_id, own_upn AS user_principal_name FROM ({given}) "
        "WHERE own_id IN (SELECT account_id FROM census) AND own_upn NOT IN (SELECT lower(user_principal_name) "
        f"FROM read_parquet({engine.text(str(accounts))}) WHERE user_principal_name IS NOT NULL) "
        "GROUP BY own_upn HAVING min(own_id) = max(own_id) ORDER BY ALL"
    )


def _census(staged: Staged, makers: list[str]) -> dict[str, int]:
    connection = staged.connection
    deleted = "SELECT NULL::VARCHAR AS account WHERE false"
    if "deleted_at" in staged.fields.get("accounts", ()):
        deleted = (
            "SELECT account FROM account_accounts WHERE account IS NOT NULL GROUP BY account "
            f"HAVING bool_and({deletes(staged)})"
        )
    connection.execute(f"CREATE TABLE deleted AS {deleted}")
    # A portal that calls the account active contradicts it, and whoever may be there is counted.
    connection.execute(f"CREATE TABLE disputed_deletions AS SELECT account FROM deleted WHERE {_active(staged)}")
    connection.execute("DELETE FROM deleted WHERE account IN (SELECT account FROM disputed_deletions)")
    listed = " UNION ALL ".join(
        f"SELECT account, doubtful, own_upn FROM account_{table}" for table in makers
    ) or "SELECT NULL::VARCHAR AS account, false AS doubtful, NULL::VARCHAR AS own_upn WHERE false"
    # Somebody whose UPN fits two ids is one of them, and counted already, unless neither is listed.
    connection.execute(
        f"CREATE TABLE sure AS SELECT DISTINCT account, own_upn FROM ({listed}) "
        "WHERE NOT doubtful AND account IS NOT NULL"
    )
    connection.execute(
        "CREATE TABLE census AS SELECT account AS account_id, (row_number() OVER (ORDER BY account) - 1)::INTEGER AS k "
        f"FROM (SELECT account FROM sure UNION SELECT account FROM ({listed}) WHERE doubtful "
        "AND own_upn NOT IN (SELECT own_upn FROM sure WHERE own_upn IS NOT NULL)) "
        "WHERE account NOT IN (SELECT account FROM deleted) ORDER BY account"
    )
    connection.execute("DROP TABLE sure")
    accounts, gone = connection.execute(
        "SELECT (SELECT count(*) FROM census), (SELECT count(*) FROM deleted)"
    ).fetchall()[0]
    return {"accounts": accounts, "deleted": gone}


def _active(staged: Staged) -> str:
    """SQL: whether a portal says of ``account`` that it can sign in."""
    if "account_status" not in staged.fields.get("mfa_status", ()):
        return "false"
    state = account_state(staged.column("mfa_status", "account_status"))
    return f"account IN (SELECT account FROM account_mfa_status r WHERE {state} = 'yes')"


def _complain_of_deletions(staged: Staged, complaints: Complaints) -> None:
    if "deleted_at" not in staged.fields.get("accounts", ()):
        return
    for check, which in (
        ("deletion to come", _deleted_later(staged)),
        ("deleted, and active in the portal", "account IN (SELECT account FROM disputed_deletions)"),
    ):
        count, places = staged.connection.execute(
            f"SELECT count(*), min({POSITION}, {SHOWN}) FROM account_accounts WHERE {which}"
        ).fetchall()[0]
        complaints.add(check, count, places, effect="the account is counted: nobody can tell that it is gone",
                       fix="export the accounts and the portal's report again, on the same day.")


def _add_lookup(staged: Staged, table: str) -> None:
    connection = staged.connection
    if table not in _LISTS:
        connection.execute(
            f"CREATE VIEW rows_{table} AS SELECT a.*, c.k FROM account_{table} a "
            "LEFT JOIN census c ON a.account = c.account_id"
        )
        return
    for field in ("mail", "employee_id"):
        _lookup(staged, table, field)
    useful = [field for field in ("mail", "employee_id") if field in staged.fields[table]]
    joins = " ".join(f"LEFT JOIN {field}_of_{table} {field} ON lower(a.{field}) = {field}.written" for field in useful)
    found = ", ".join([*(f"{field}.k" for field in useful), "NULL"])
    connection.execute(
        f"CREATE VIEW rows_{table} AS SELECT a.*, CASE WHEN a.account IS NULL AND a.own_id IS NULL "
        f"AND a.own_upn IS NULL THEN coalesce({found}) ELSE c.k END AS k FROM account_{table} a "
        f"LEFT JOIN census c ON a.account = c.account_id {joins}"
    )


def _lookup(staged: Staged, table: str, field: str) -> None:
    """``<field>_of_<table>`` (written, k): the one account that has the text, for rows with nothing better."""
    if field not in staged.fields[table]:
        return
    connection = staged.connection
    name = f"{field}_of_{table}"
    connection.execute(
        f"CREATE TABLE {name} AS SELECT DISTINCT lower({field}) AS written, lower({field}) AS folded, "
        f"NULL::INTEGER AS k FROM raw_{table} WHERE own_id IS NULL AND own_upn IS NULL AND {field} IS NOT NULL"
    )
    fold_column(connection, name, "folded")
    connection.execute(
        f"CREATE OR REPLACE TABLE {name} AS SELECT n.written, CASE WHEN min(o.k) = max(o.k) THEN min(o.k) END AS k "
        f"FROM {name} n JOIN ({holders(staged, field)}) o ON n.folded = o.written GROUP BY n.written"
    )


def holders(staged: Staged, field: str) -> str:
    """SQL: (written, k) for every account and its ``mail`` (its UPN is an address as well) or ``employee_id``.

    Texts are lower case, not folded: addresses and numbers beyond ASCII match only as they are written.
    """
    parts = []
    if field in staged.fields.get("accounts", ()):
        parts.append(
            f"SELECT lower(a.{field}) AS written, c.k FROM account_accounts a "
            f"JOIN census c ON a.account = c.account_id WHERE a.{field} IS NOT NULL"
        )
    if field == "mail":
        parts.extend(
            f"SELECT a.own_upn AS written, c.k FROM account_{table} a JOIN census c ON a.account = c.account_id "
            "WHERE a.own_upn IS NOT NULL"
            for table in ("accounts", "mfa_status", "registrations") if staged.has(table)
        )
    return " UNION ALL ".join(parts) or "SELECT NULL::VARCHAR AS written, NULL::INTEGER AS k WHERE false"


def _complain(staged: Staged, table: str, complaints: Complaints, *, makes_accounts: bool) -> int:
    """Speak of the rows that are joined to no account; returns how many name nobody."""
    known = "k IS NOT NULL"
    nameless = "own_id IS NULL AND own_upn IS NULL"
    if table == "registrations":
        count, places = staged.connection.execute(
            f"SELECT count(*), min({POSITION}, {SHOWN}) FROM crossed"
        ).fetchall()[0]
        complaints.add(
            "id and user principal name of two accounts", count, places, grave=True,
            effect="set aside: nobody can tell whose methods these are",
            fix="export the registrations again, and sort no column of them alone.",
        )
    gone = "account IN (SELECT account FROM deleted)"
    cases = {
        "doubtful": "doubtful AND own_id IS NULL",
        "nameless": f"NOT coalesce(doubtful, false) AND {nameless} AND NOT ({known})",
        "foreign": f"NOT coalesce(doubtful, false) AND NOT ({nameless}) AND NOT ({known}) "
                   f"AND NOT coalesce({gone}, false)",
    }
    counted = ", ".join(
        f"count(*) FILTER ({case}), min({POSITION}, {SHOWN}) FILTER ({case})" for case in cases.values()
    )
    found = staged.connection.execute(f"SELECT {counted} FROM rows_{table}").fetchall()[0]
    numbers = {case: (found[2 * place], found[2 * place + 1]) for place, case in enumerate(cases)}
    complaints.add(
        "user principal name fits two object ids", *numbers["doubtful"],
        effect=f"these rows ({table}) are not joined to either account",
        fix="export with the object id.",
    )
    complaints.add(
        "row without identity", *numbers["nameless"],
        effect=f"these rows ({table}) name nobody who is listed and are left out"
               + (": the listing counts as partial" if makes_accounts else ""),
        fix="export with the object id or the user principal name.",
    )
    if table == "registrations":
        complaints.add(
            "orphan registration", *numbers["foreign"],
            effect="set aside: the account is in no list of accounts, and in no figure",
            fix="check that the list of accounts is whole and as new as the registrations.",
        )
    elif not makes_accounts:
        complaints.add(
            "row about an account that is not listed", *numbers["foreign"],
            effect=f"these rows ({table}) change nothing",
            fix="check that the list of accounts is whole, or take the leavers out of the list.",
        )
    return int(numbers["nameless"][0])
