"""Building a typed table out of a staged one: fields are added one by one, and what could not be read is complained
about with its places. One pass reads the rows, one pass over a single number a row counts the blemishes."""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.snapshot import typing_rules as rules
from mfa_audit.snapshot.complaints import POSITION, SHOWN, Complaints, place_of
from mfa_audit.snapshot.staging import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mfa_audit.snapshot.staging import Staged

_LONGEST_WORD = 12
_ASK_FOR = {
    "accounts": "export again and ask for each property by name: Get-MgUser -All -Property"
                " Id,UserPrincipalName,AccountEnabled,UserType,…",
    "registrations": "export again with all columns: Get-MgReportAuthenticationMethodUserRegistrationDetail -All",
}
_DECLARE = 'set date_order = "dmy" or "mdy" in the settings (or MFA_AUDIT_DATE_ORDER), or export ISO dates.'


@dataclass(frozen=True)
class _Blemish:
    condition: str
    check: str
    effect: str
    fix: str
    quoted: str = ""
    """The field of which the first such text is quoted behind the effect."""


class TypedTable:
    """One typed table in the making. ``dates`` are the fields that hold dates or times, ``declared`` their order of
    day and month ('dmy', 'mdy' or None); ``rows`` is the view to read, ``rows_<table>`` when not given."""

    def __init__(
        self, staged: Staged, table: str, dates: Sequence[str], declared: str | None, rows: str | None = None,
    ) -> None:
        self._staged = staged
        self._table = table
        self._rows = rows or f"rows_{table}"
        self._orders = rules.date_orders(staged, table, dates, declared)
        self._inner: dict[str, str] = {}
        self._outer: dict[str, str] = {"k": "k", "src": "src", "rec": "rec"}
        self._blemishes: list[_Blemish] = []

    def plain(self, name: str, value: str) -> None:
        """A column as it is; ``value`` is SQL over the staged row ``r``."""
        self._inner[name] = value
        self._outer[name] = name

    def field(self, name: str) -> None:
        """A field's text as it is."""
        self.plain(name, self._staged.column(self._table, name))

    def stated(self, field: str, *, null_is_no: str = "false") -> None:
        """A yes or no: 'yes', 'no', 'blank' or null (the source does not have it). ``null_is_no`` is SQL for rows
        where an empty cell says no."""
        column = self._staged.column(self._table, field)
        self._words(field, rules.truth(column), null_is_no)

    def state(self, field: str) -> None:
        """Whether an account is enabled, as a portal's account states say it: 'yes', 'no', 'blank' or null."""
        column = self._staged.column(self._table, field)
        self._words(field, f"coalesce({rules.account_state(column)}, {rules.truth(column)})", "false")

    def word(self, field: str, words: Sequence[str]) -> None:
        """One of ``words`` (lower case), 'blank' or null, blind to case."""
        column = self._staged.column(self._table, field)
        listed = ", ".join(f"'{word}'" for word in words)
        self._words(field, f"CASE WHEN lower({column}) IN ({listed}) THEN lower({column}) END", "false")

    def _words(self, field: str, value: str, null_is_no: str) -> None:
        raw, typed = f"{field}_raw", f"{field}_typed"
        self._inner[raw] = self._staged.column(self._table, field)
        self._inner[typed] = value
        carried = self._staged.carries(self._table, field, alias="i")
        self._outer[field] = (
            f"CASE WHEN {typed} IS NOT NULL THEN {typed} WHEN {raw} IS NULL AND {null_is_no} THEN 'no' "
            f"WHEN {carried} THEN 'blank' END"
        )
        self._blemishes.append(_Blemish(
            f"{raw} IS NOT NULL AND {typed} IS NULL", f"unreadable value: {field}",
            "taken as blank: missing evidence",
            "write Yes or No (True or False; Member or Guest); a portal must be set to English before the export.",
            field,
        ))

    def moment(self, field: str, *, day: bool = False, soon: bool = False,
               effect: str = "the time is unknown for these rows") -> str:
        """A time in UTC or, for a ``day``, the date as written; returns SQL that is true where the text could not be
        read. The column is called like the field. One that is ``soon`` or past is blank more than a year ahead of the
        day judged: somebody mistyped the year."""
        raw, typed = f"{field}_raw", f"{field}_typed"
        column = self._staged.column(self._table, field)
        self._inner[raw] = column
        self._inner[typed] = rules.moment(column, field, self._orders, as_written=day)
        good = rules.in_range(typed)
        kept = good
        if soon and self._staged.believable is not None:
            far = f"({good}) > {self._staged.believable.latest} + INTERVAL 1 YEAR"
            kept = f"CASE WHEN NOT {far} THEN {good} END"
            self._blemishes.append(_Blemish(f"coalesce({far}, false)", f"date more than a year ahead: {field}", effect,
                                            "correct the year."))
        self._outer[field] = f"CAST({kept} AS DATE)" if day else kept
        bad = f"({raw} IS NOT NULL AND ({good}) IS NULL AND NOT {rules.is_no_date(raw)})"
        special = []
        for order, check, fix in (
            ("ambiguous", "ambiguous date", _DECLARE),
            ("contradictory", "dates that contradict their order", _DECLARE),
        ):
            sources = self._orders.sources(field, order)  # type: ignore[arg-type]
            if sources:
                of_order = f"src IN ({', '.join(map(str, sources))})"
                special.append(of_order)
                self._blemishes.append(_Blemish(f"{bad} AND {of_order}", f"{check}: {field}", effect, fix))
        rest = "".join(f" AND NOT {each}" for each in special)
        self._blemishes.append(_Blemish(
            f"{bad}{rest}", f"unreadable date: {field}", effect, "write ISO dates (2026-03-02).",
        ))
        self._blemishes.append(_Blemish(
            f"{raw} IS NOT NULL AND {rules.is_serial(raw)} AND NOT {bad}", f"spreadsheet day number: {field}",
            "read as the date a spreadsheet shows for it", "write ISO dates (2026-03-02).",
        ))
        return f"coalesce({bad}, false)"

    def derived(self, name: str, value: str) -> None:
        """A column computed from the others; ``value`` is SQL over raw (``<field>_raw``) and typed names."""
        self._outer[name] = value

    def blemish(self, condition: str, check: str, effect: str, fix: str) -> None:
        """Something to complain about; ``condition`` is SQL over raw and typed names."""
        self._blemishes.append(_Blemish(condition, check, effect, fix))

    def create(self, complaints: Complaints, where: str = "true") -> str:
        """Create ``typed_<table>`` for the rows of the census, complain, and return its name."""
        name = f"typed_{self._table}"
        inner = "".join(f", {value} AS {column}" for column, value in self._inner.items())
        outer = ", ".join(value if value == column else f"{value} AS {column}" for column, value in self._outer.items())
        flags = " + ".join(
            f"CASE WHEN {blemish.condition} THEN {1 << place}::BIGINT ELSE 0 END"
            for place, blemish in enumerate(self._blemishes)
        ) or "0"
        self._staged.connection.execute(
            f"CREATE TABLE {name} AS SELECT {outer}, {flags} AS blemishes FROM "
            f"(SELECT r.k, r.src, r.rec{inner} FROM {self._rows} r WHERE r.k IS NOT NULL AND {where}) i"
        )
        self._complain(name, complaints)
        return name

    def _complain(self, name: str, complaints: Complaints) -> None:
        if not self._blemishes:
            return
        counted = ", ".join(
            f"count(*) FILTER ((blemishes & {1 << place}) <> 0), "
            f"min({POSITION}, {SHOWN}) FILTER ((blemishes & {1 << place}) <> 0)"
            for place in range(len(self._blemishes))
        )
        found = self._staged.connection.execute(f"SELECT {counted} FROM {name} WHERE blemishes <> 0").fetchall()[0]
        for place, blemish in enumerate(self._blemishes):
            count, positions = found[2 * place], found[2 * place + 1]
            said = self._quoted(blemish.quoted, positions[0]) if count and blemish.quoted else ""
            complaints.add(blemish.check, count, positions, effect=blemish.effect + said, fix=blemish.fix,
                           grave=blemish.quoted in EVIDENCE)

    def _quoted(self, field: str, position: int) -> str:
        """The text that could not be read, where it is a word: anything else might be somebody's name or number."""
        source, record = place_of(position)
        written = self._staged.connection.execute(
            f"SELECT {self._staged.column(self._table, field)} FROM raw_{self._table} r WHERE src = ? AND rec = ?",
            [source, record],
        ).fetchall()[0][0]
        return f" (it says '{written}')" if written.isalpha() and len(written) <= _LONGEST_WORD else ""


def complain_of_blank_columns(staged: Staged, complaints: Complaints, fields: Sequence[tuple[str, str]]) -> None:
    """Name the files in which a deciding column (table, field) is there and blank in every row."""
    for table, field in fields:
        if not staged.has(table) or field not in staged.fields[table]:
            continue
        carried = staged.carries(table, field)
        count, places = staged.connection.execute(
            f"SELECT coalesce(sum(count), 0)::BIGINT, min(place, {SHOWN}) FROM (SELECT count(*) AS count, "
            f"min({POSITION}) AS place FROM raw_{table} r WHERE {carried} GROUP BY src "
            f"HAVING count({staged.column(table, field)}) = 0)"
        ).fetchall()[0]
        complaints.add(
            f"blank column: {field}", count, places,
            effect="the column is there and blank in every row of the file, so that nobody can be judged by it"
            if field in EVIDENCE else
            "the column is blank in every row of the file and counts as not supplied",
            fix=_ASK_FOR.get(table, "fill the column, or export the list again with it."),
            grave=field in EVIDENCE,
        )
