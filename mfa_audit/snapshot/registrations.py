"""The registrations table: typed, and one row an account.

The newest row of an account speaks, each column taken from the newest row whose source has it; a row of unknown age
speaks as well. Rows of one age that say different things are a *conflict*: only what all of them agree on is kept. A
conflict as well is a row whose own time cannot be true (:func:`doubt`): nothing that it says is kept.

Microsoft refreshes the rows of the report together, whether or not an account changed (``lastUpdatedDateTime`` of
userRegistrationDetails, microsoft-graph-docs-contrib#9364).
"""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.snapshot import method_texts
from mfa_audit.snapshot.complaints import POSITION, SHOWN, Complaints
from mfa_audit.snapshot.typed import TypedTable
from mfa_audit.tables import REGISTRATIONS

if TYPE_CHECKING:
    from mfa_audit.snapshot.staging import Staged

_STATED = ("is_admin", "is_mfa_capable", "is_mfa_registered", "is_sspr_registered", "system_preferred")
DECIDING = tuple(("registrations", name) for name in (*_STATED, "methods", "user_type"))
"""Columns whose absence changes a verdict, so that one that is blank throughout is spoken of."""
_COLUMNS = ("user_principal_name", "user_type", "methods", "methods_read", "unmapped", *_STATED, "default_method",
            "updated_at")
_BUCKET = 250_000


def build(staged: Staged, complaints: Complaints, declared: str | None, count: int) -> str:
    """Create ``merged_registrations`` and return SQL for the rows of the census in key order, columns in the order of
    :data:`mfa_audit.tables.REGISTRATIONS`. ``count`` is the number of keys."""
    connection = staged.connection
    if staged.has("registrations"):
        _type(staged, complaints, declared)
    else:
        _type_nothing(staged)
    connection.execute(
        "CREATE OR REPLACE TABLE several AS SELECT k FROM typed_registrations GROUP BY k HAVING count(*) > 1"
    )
    connection.execute(
        f"CREATE TABLE merged_registrations AS SELECT k, {', '.join(_COLUMNS)}, false AS conflict, "
        "NULL::BIGINT AS place FROM typed_registrations WHERE k NOT IN (SELECT k FROM several)"
    )
    if connection.execute("SELECT count(*) FROM several").fetchall()[0][0]:
        for first in range(0, count, _BUCKET):
            connection.execute(f"INSERT INTO merged_registrations {_merged(first, first + _BUCKET - 1)}")
    disputed, places = connection.execute(
        "SELECT count(*), min(place, 5) FROM merged_registrations WHERE conflict"
    ).fetchall()[0]
    complaints.add(
        "registrations of one age disagree", disputed, places,
        effect="unknown: nobody can tell which row is right",
        fix="take one of the files away, or export the report again.",
    )
    stated = {name: f"coalesce({name}, 'absent')" for name in _STATED}
    chosen = ", ".join(
        "k AS account_key" if name == "account_key" else f"{stated.get(name, name)} AS {name}"
        for name in REGISTRATIONS.names
    )
    return f"SELECT {chosen} FROM merged_registrations ORDER BY k"


def doubt(staged: Staged, complaints: Complaints) -> None:
    """Disbelieve registrations by their own time, after ``merged_accounts`` was made: dated after the day judged, left
    behind while the others of their file were refreshed, or older than the account they are joined to."""
    times = staged.believable
    if times is None or not staged.has("registrations"):
        return
    connection = staged.connection
    connection.execute("CREATE TABLE doubted (k INTEGER)")
    past = f"updated_at <= {times.latest}"
    hours = int(times.row_age.total_seconds()) // 3600
    # A time without an hour is some time of that day.
    last_moment = ("CASE WHEN r.updated_at = date_trunc('day', r.updated_at) THEN r.updated_at + INTERVAL 1 DAY "
                   "ELSE r.updated_at END")
    # Where every row is later, an earlier day is judged by what is known now.
    future = (f"SELECT k FROM typed_registrations WHERE updated_at > {times.latest} "
              f"AND (SELECT count(*) FROM typed_registrations WHERE {past}) > 0")
    behind = (f"SELECT t.k FROM typed_registrations t JOIN (SELECT src, max(updated_at) FILTER ({past}) AS newest "
              "FROM typed_registrations GROUP BY src) f USING (src) GROUP BY t.k "
              f"HAVING max(t.updated_at) < max(f.newest) - to_hours({hours})")
    older = f"SELECT k FROM merged_registrations r JOIN merged_accounts a USING (k) WHERE a.created_at > {last_moment}"
    cases = (
        ("registration dated after the day judged", future,
         "correct the clock it was exported by, or export the report again."),
        ("registration left behind", behind, "export the report again: the other rows of the file are newer."),
        ("registration older than its account", older,
         "export the report again: this row is of somebody who had the name before."),
    )
    for check, found, fix in cases:
        count, places = connection.execute(
            f"SELECT count(*), min(place, {SHOWN}) FROM (SELECT min({POSITION}) AS place FROM typed_registrations "
            f"WHERE k IN ({found}) GROUP BY k)"
        ).fetchall()[0]
        complaints.add(check, count, places, effect="unknown: what the row says is not believed", fix=fix)
        if count:
            connection.execute(f"INSERT INTO doubted {found}")
    blank = ", ".join(f"{name} = CASE WHEN {name} IS NOT NULL THEN 'blank' END"
                      for name in (*_STATED, "user_type") if name != "is_admin")
    connection.execute(
        "UPDATE merged_registrations SET conflict = true, methods = 0, methods_read = true, unmapped = NULL, "
        f"default_method = NULL, is_admin = CASE WHEN is_admin = 'no' THEN 'blank' ELSE is_admin END, {blank} "
        "WHERE k IN (SELECT k FROM doubted)"
    )


def _type(staged: Staged, complaints: Complaints, declared: str | None) -> None:
    method_texts.add_method_texts(staged)
    # The lists are joined by the text itself, so they must be there before the typed table is made.
    staged.connection.execute(
        "CREATE OR REPLACE VIEW listed_registrations AS SELECT r.*, t.bits, t.read, t.unmapped "
        f"FROM rows_registrations r LEFT JOIN method_texts t ON {staged.column('registrations', 'methods')} = t.text"
    )
    typed = TypedTable(staged, "registrations", ("updated_at",), declared, rows="listed_registrations")
    for name in ("user_principal_name", "default_method"):
        typed.field(name)
    typed.word("user_type", ("member", "guest"))
    for name in _STATED:
        typed.stated(name)
    typed.moment("updated_at", effect="the row's age is unknown: it cannot lose against a newer one")
    typed.plain("written", staged.column("registrations", "methods"))
    typed.plain("bits", "r.bits")
    typed.plain("list_read", "r.read")
    typed.plain("unmapped", "r.unmapped")
    listed = staged.carries("registrations", "methods", alias="i")
    typed.derived("listed", listed)
    typed.derived("methods", "coalesce(bits, 0)")
    # In a CSV an empty cell may be an empty list or a lost one: only Microsoft's own "no" tells.
    none = ("(is_mfa_registered_typed = 'no' OR is_mfa_capable_typed = 'no') "
            "AND coalesce(is_mfa_registered_typed, 'no') = 'no' AND coalesce(is_mfa_capable_typed, 'no') = 'no'")
    typed.derived(
        "methods_read",
        f"CASE WHEN written IS NOT NULL THEN list_read ELSE coalesce({listed} AND {_from_csv(staged)} AND {none}, "
        "false) END",
    )
    typed.blemish("written IS NOT NULL AND NOT list_read", "unreadable list of methods",
                  "the methods are unknown for these rows", "export the report again, the list joined by ';'.")
    typed.blemish(
        "unmapped IS NOT NULL", "authentication method nobody knows",
        "never counted as a factor", "look up its name at the places named; a newer release may know it.",
    )
    typed.create(complaints)


def _type_nothing(staged: Staged) -> None:
    words = "".join(f", NULL::VARCHAR AS {name}" for name in (
        "user_principal_name", "user_type", "unmapped", *_STATED, "default_method"))
    staged.connection.execute(
        "CREATE TABLE typed_registrations AS SELECT NULL::USMALLINT AS src, NULL::UINTEGER AS rec, NULL::INTEGER AS k, "
        f"0::INTEGER AS methods, false AS methods_read{words}, NULL::TIMESTAMP AS updated_at WHERE false"
    )


def _from_csv(staged: Staged) -> str:
    numbers = [str(number) for number, source in enumerate(staged.sources)
               if source.table == "registrations" and source.format == "csv"]
    return f"i.src IN ({', '.join(numbers)})" if numbers else "false"


def _merged(first: int, last: int) -> str:
    """SQL: the accounts with several rows whose keys lie between ``first`` and ``last``, one row each."""
    words = (*_STATED, "user_type")
    tops = ", ".join(f"max(updated_at) FILTER (WHERE {name} IS NOT NULL) OVER account AS {name}_top" for name in words)
    rows = (
        f"SELECT *, {tops}, max(updated_at) FILTER (WHERE listed) OVER account AS listed_top, "
        "CASE WHEN methods_read THEN concat(methods, ':', unmapped) ELSE 'unread' END AS said "
        f"FROM typed_registrations WHERE k BETWEEN {first} AND {last} AND k IN (SELECT k FROM several) "
        "WINDOW account AS (PARTITION BY k)"
    )
    speaks = f"FILTER (listed AND {_is_newest('listed_top')})"
    merged = {
        "user_principal_name": _later("user_principal_name"), "methods": f"coalesce(bit_and(methods) {speaks}, 0)",
        "methods_read": f"coalesce(bool_and(methods_read) {speaks}, false)",
        "unmapped": f"string_agg(DISTINCT unmapped, ';' ORDER BY unmapped) {speaks}",
        "default_method": _later("default_method"), "updated_at": "max(updated_at)",
    }
    conflict = [f"coalesce(min(said) {speaks} <> max(said) {speaks}, false)"]
    for name in words:
        spoken = f"FILTER ({name} IS NOT NULL AND {_is_newest(f'{name}_top')})"
        low, high = f"min({name}) {spoken}", f"max({name}) {spoken}"
        merged[name] = f"CASE WHEN {low} = {high} THEN {low} WHEN {low} IS NOT NULL THEN 'blank' END"
        if name != "user_type":
            conflict.append(f"coalesce({low} <> {high}, false)")
    return (
        f"SELECT k, {', '.join(merged[name] for name in _COLUMNS)}, {' OR '.join(conflict)}, min({POSITION}) "
        f"FROM ({rows}) GROUP BY k"
    )


def _later(name: str) -> str:
    return (f"arg_max({name}, (coalesce(updated_at, TIMESTAMP '0001-01-01'), {name})) "
            f"FILTER ({name} IS NOT NULL)")


def _is_newest(top: str) -> str:
    return f"(updated_at IS NULL OR updated_at = {top})"
