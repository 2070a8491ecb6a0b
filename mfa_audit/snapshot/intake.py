"""From staged rows to the typed tables of a snapshot, in SQL over text: the same way for files and for Graph."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mfa_audit import files
from mfa_audit.errors import UsageError
from mfa_audit.snapshot import accounts, devices, engine, nested, registrations, relations
from mfa_audit.snapshot.complaints import POSITION, Complaints, places_of
from mfa_audit.snapshot.joining import former_names, join
from mfa_audit.snapshot.manifest import CapturedBy, Source, State, TableState
from mfa_audit.snapshot.staging import EVIDENCE, Believable, Staged, stage
from mfa_audit.snapshot.typed import complain_of_blank_columns
from mfa_audit.tables import ACCOUNTS, REGISTERS, REGISTRATIONS, SNAPSHOT_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mfa_audit.progress import Progress
    from mfa_audit.snapshot.raw import Complaint, Inputs, Missing

_FILLED_BY = {
    "accounts": ("accounts", "mfa_status", "registrations", "people", "recipients"),
    "registrations": ("registrations",),
    "group_members": ("groups", "group_members"),
    "role_assignments": ("role_assignments", "role_eligibility"),
    "former_names": (),
}
_DERIVED = ("account_key", "account_id", "manager_key", "last_sign_in", "sign_in_read_at", "methods_read", "unmapped",
            "conflict", "differing")
_OTHER_FIELDS = {
    "manager_id": ("manager", "manager_employee_id"), "account_enabled": ("account_enabled", "account_status"),
    "sign_in": nested.SIGN_INS, "leaver": ("leaver", "leave_date"), "display_name": ("display_name", "surname"),
}


ABSENT = TableState("absent", reason="not supplied")
"""The state of a table that no source delivers."""


@dataclass(frozen=True)
class Intake:
    """What became of the inputs: the state of every table, rows counted, blemishes."""

    tables: dict[str, TableState]
    counts: dict[str, int]
    complaints: tuple[Complaint, ...]


def organisation_field(attribute: str) -> str:
    """The field of :data:`mfa_audit.snapshot.raw.RAW_FIELDS` for a directory attribute: ``companyName``,
    ``officeLocation`` or ``extensionAttribute1`` to ``15``. Raises :class:`UsageError` for any other."""
    simple = {"companyName": "company_name", "officeLocation": "office_location"}
    if attribute in simple:
        return simple[attribute]
    number = re.fullmatch(r"extensionAttribute([1-9]|1[0-5])", attribute)
    if not number:
        raise UsageError(
            f"the organisation cannot be taken from {attribute!r}",
            next_step="name companyName, officeLocation or extensionAttribute1 to extensionAttribute15.",
        )
    return f"extension_attribute_{number[1]}"


def fill(
    inputs: Inputs, folder: Path, work: Path, *, organisation_attribute: str, date_order: str | None,
    captured_at: datetime | None, believable: Believable | None, progress: Progress,
) -> Intake:
    """Write the tables of ``inputs`` as Parquet files into ``folder``; ``work`` is an empty folder for what lies
    between, ``believable`` what times are held against. Raises :class:`UsageError` for an unknown attribute or date
    order and :class:`mfa_audit.errors.InputRejected` for a staged file that cannot be read."""
    if date_order not in (None, "dmy", "mdy"):
        raise UsageError(f"unknown date order {date_order!r}", next_step="say dmy or mdy.")
    attribute = organisation_field(organisation_attribute)
    with engine.connect(work, on_disk=True) as connection:
        staged = stage(connection, inputs.rows, attribute, progress)
        staged.believable = believable
        progress.start("typing and joining", len(SNAPSHOT_TABLES))
        complaints = Complaints(staged.sources)
        counts = join(staged, complaints)
        complain_of_blank_columns(staged, complaints, (*accounts.DECIDING, *registrations.DECIDING))
        queries: dict[str, str] = {}
        reasons: dict[str, str] = {}
        total = counts["accounts"]
        registered = registrations.build(staged, complaints, date_order, total)
        queries["accounts"] = accounts.build(staged, complaints, attribute, date_order, total)
        registrations.doubt(staged, complaints)
        reasons["accounts"] = _why_not_whole(staged, counts["without_identity"])
        if not any(staged.has(table) for table in _FILLED_BY["accounts"][:3]):
            del queries["accounts"]
        if staged.has("registrations"):
            queries["registrations"] = registered
        for name, relation in (
            ("group_members", relations.build_groups(staged)),
            ("role_assignments", relations.build_roles(staged, complaints, date_order)),
            ("devices", devices.build(staged, complaints, date_order)),
        ):
            if relation:
                queries[name], reasons[name] = relation.query, relation.reason
        if "accounts" in queries and any(staged.has(name) for name in REGISTERS):
            queries["former_names"] = former_names(staged, folder / "accounts.parquet")
        queries.update((name, _register(staged, name)) for name in REGISTERS if staged.has(name))
        tables = {}
        for name in SNAPSHOT_TABLES:
            if name in queries:
                path = folder / f"{name}.parquet"
                engine.copy_to_parquet(connection, queries[name], path)
                tables[name] = _state(staged, name, path, reasons.get(name, ""), attribute, captured_at)
            else:
                tables[name] = ABSENT
            tables[name] = _lacking(tables[name], [each for each in inputs.missing if each.name == name])
            progress.advance()
        counts.update(_counts(staged))
        progress.finish()
        return Intake(tables, counts, complaints.result())


def _lacking(table: TableState, missing: list[Missing]) -> TableState:
    """The table, and what its source said was not given (taken apart by :meth:`Manifest.own_reason`)."""
    if not missing:
        return table
    state: State = "absent" if table.state == "absent" else "partial"
    known = () if table.state == "absent" else (table.reason,)
    return replace(table, state=state, reason="; ".join(filter(None, (*known, *(each.reason for each in missing)))),
                   permission=next((each.permission for each in missing if each.permission), None))


def _why_not_whole(staged: Staged, nameless: int) -> str:
    reasons = []
    if nameless:
        reasons.append(f"{nameless} row(s) have neither an object id nor a user principal name")
    if not staged.has("accounts") and not staged.has("mfa_status"):
        reasons.append("no list of accounts was supplied: whoever is not in the registration report is missing")
    return "; ".join(reasons)


def _register(staged: Staged, name: str) -> str:
    columns = ", ".join(
        f"{staged.column(name, column)} AS {engine.name(column)}" for column in REGISTERS[name].names
    )
    filled = ", ".join(staged.column(name, column) for column in REGISTERS[name].names)
    connection = staged.connection
    # A register may have been given twice: its first place is named.
    connection.execute(
        f"CREATE TABLE register_{name} AS SELECT {columns}, min({POSITION}) AS position FROM raw_{name} r "
        f"WHERE coalesce({filled}) IS NOT NULL GROUP BY ALL"
    )
    positions = [row[0] for row in connection.execute(f"SELECT position FROM register_{name}").fetchall()]
    places = places_of(staged.sources, positions)
    connection.execute(
        f"CREATE TABLE places_of_{name} AS SELECT unnest(?::BIGINT[]) AS position, unnest(?::VARCHAR[]) AS place",
        [list(places), list(places.values())],
    )
    return f"SELECT * EXCLUDE (position) FROM register_{name} JOIN places_of_{name} USING (position) ORDER BY ALL"


def _state(
    staged: Staged, name: str, path: Path, reason: str, attribute: str, captured_at: datetime | None,
) -> TableState:
    oldest, newest = _facts(staged, name)
    captured_by: CapturedBy = "unknown"
    captured = None
    if name == "registrations" and newest:
        captured, captured_by = _oldest_file(staged), "newest_fact"
    elif captured_at:
        captured, captured_by = captured_at, "stated"
    elif newest:
        captured, captured_by = newest, "at_least"
    state: State = "partial" if reason else "complete"
    return TableState(
        state, reason, rows=_one(staged, f"SELECT count(*) FROM read_parquet({engine.text(str(path))})"),
        file=path.name, sha256=files.sha256_of(path), sources=_sources(staged, _FILLED_BY.get(name, (name,))),
        oldest_fact=oldest, newest_fact=newest, captured_at=captured, captured_by=captured_by,
        columns_absent=_columns_absent(staged, name, attribute),
    )


def _oldest_file(staged: Staged) -> datetime | None:
    """The newest fact of the file whose newest fact is the oldest: a fresh file beside it makes no file younger; null
    when a file has no fact at all."""
    oldest, dated = staged.connection.execute(
        "SELECT min(age), bool_and(age IS NOT NULL) FROM (SELECT max(updated_at) AS age FROM typed_registrations "
        "GROUP BY src)"
    ).fetchall()[0]
    return oldest.replace(tzinfo=UTC) if dated and oldest else None


def _facts(staged: Staged, name: str) -> tuple[datetime | None, datetime | None]:
    query = {
        "accounts": "SELECT min(oldest), max(age) FROM account_ages",
        "registrations": "SELECT min(updated_at), max(updated_at) FROM merged_registrations",
    }.get(name)
    if query is None:
        return None, None
    oldest, newest = staged.connection.execute(query).fetchall()[0]
    return (oldest.replace(tzinfo=UTC) if oldest else None), (newest.replace(tzinfo=UTC) if newest else None)


def _sources(staged: Staged, tables: Iterable[str]) -> tuple[Source, ...]:
    wanted = tuple(tables)
    return tuple(sorted(
        (Source(each.origin.name, each.origin.sha256, each.origin.shape, each.rows)
         for each in staged.sources if each.table in wanted),
        key=lambda source: (source.name, source.sha256, source.shape),
    ))


def _columns_absent(staged: Staged, name: str, attribute: str) -> tuple[str, ...]:
    table = {"accounts": ACCOUNTS, "registrations": REGISTRATIONS}.get(name)
    if table is None:
        return ()
    supplied = {
        field for filler in _FILLED_BY[name] for field in staged.fields.get(filler, ())
        if field in EVIDENCE or field not in staged.blank.get(filler, ())
    }
    if accounts.from_json(staged, "accounts", "synced") != "false":
        supplied.add("synced")
    fields = {**_OTHER_FIELDS, "organisation": (attribute, "organisation")}
    return tuple(
        column for column in table.names
        if column not in _DERIVED and not column.endswith("_stated")
        and not supplied.intersection(fields.get(column, (column,)))
    )


def _counts(staged: Staged) -> dict[str, int]:
    """Rows of each table: read = joined + deleted + set aside; joined = accounts they are about + merged. A table that
    was not supplied has zeros."""
    counts: dict[str, int] = {}
    for table in ("accounts", "mfa_status", "registrations", "people", "recipients"):
        joined = gone = about = 0
        if staged.has(table):
            joined, gone, about = staged.connection.execute(
                "SELECT count(k), count(*) FILTER (k IS NULL AND account IN (SELECT account FROM deleted)), "
                f"count(DISTINCT k) FROM rows_{table}"
            ).fetchall()[0]
        read = staged.rows.get(table, 0)
        counts |= {
            f"{table}_read": read, f"{table}_joined": joined, f"{table}_deleted": gone,
            f"{table}_set_aside": read - joined - gone, f"{table}_merged": joined - about,
        }
    return counts


def _one(staged: Staged, query: str) -> int:
    return int(staged.connection.execute(query).fetchall()[0][0])
