"""How text becomes a yes or no, a time or a word: SQL expressions, and the order of day and month by evidence.

Times without a zone are taken as UTC. A time that is null although the text is not is a blemish, except for
``0001-01-01``, which is how Microsoft writes "none".
"""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mfa_audit.snapshot import engine
from mfa_audit.tables import BLANK_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mfa_audit.snapshot.staging import Staged

Order = Literal["dmy", "mdy", "ambiguous", "contradictory"]

_YES = ("true", "yes", "y", "1", "capable", "registered", "enabled")
_NO = ("false", "no", "n", "0", "notcapable", "notregistered", "disabled", "notenabled")
_HOURS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
_EARLIEST, _LATEST = 1980, 2100
_SERIAL_FIRST, _SERIAL_LAST = 20_000, 80_000


def account_state(column: str) -> str:
    """SQL for the states portals give accounts: 'yes' for those that can sign in, 'no' for those that cannot; a state
    not named here gives null. Unused and leaving accounts can still sign in, locked ones again tomorrow."""
    word = f"lower(regexp_extract({column}, '^[A-Za-z]+'))"
    return (f"CASE WHEN {word} IN ('active', 'inactive', 'leaver', 'locked') THEN 'yes' "
            f"WHEN {word} IN ('disabled', 'deleted') THEN 'no' END")


def truth(column: str) -> str:
    """SQL: ``'yes'``, ``'no'`` or null for a text of the closed list, blind to case and spaces."""
    plain = f"lower(replace({column}, ' ', ''))"
    return f"CASE WHEN {plain} IN ({_listed(_YES)}) THEN 'yes' WHEN {plain} IN ({_listed(_NO)}) THEN 'no' END"


def is_truth(text: str) -> bool:
    """Whether ``text`` is a yes or no of the closed list, as :func:`truth` reads it."""
    return text.replace(" ", "").casefold() in (*_YES, *_NO)


def stated(value: str, carried: str) -> str:
    """SQL: the value, ``'blank'`` where the source has the field without a value, null where it does not have it."""
    return f"CASE WHEN {value} IS NOT NULL THEN {value} WHEN {carried} THEN 'blank' END"


def tidy(column: str) -> str:
    """SQL: text with zero-width characters removed, every run of spaces one space, words for "nothing" null."""
    visible = rf"regexp_replace({column}, '[\x{{200B}}-\x{{200F}}\x{{2060}}\x{{FEFF}}\x{{00AD}}]+', '', 'g')"
    clean = rf"trim(regexp_replace({visible}, '[\s\p{{Z}}]+', ' ', 'g'))"
    return f"CASE WHEN lower({clean}) NOT IN ('', {_listed(BLANK_WORDS)}) THEN {clean} END"


@dataclass(frozen=True)
class DateOrders:
    """The order of day and month for each (source, field) that writes dates with slashes, dots or hyphens."""

    by_source: Mapping[tuple[int, str], Order]

    def sources(self, field: str, *orders: Order) -> tuple[int, ...]:
        """The sources whose ``field`` has one of ``orders``."""
        return tuple(sorted(source for (source, name), order in self.by_source.items()
                            if name == field and order in orders))


def date_orders(
    staged: Staged, table: str, fields: Sequence[str], declared: str | None,
) -> DateOrders:
    """Decide the order for the date ``fields`` of a staged table.

    ``declared`` ('dmy' or 'mdy') holds unless the column contradicts it; without it a number above 12 decides for its
    column. AM and PM decide nothing: Australia writes them after day-first dates. A column that contradicts itself has
    no order.
    """
    texts = {name: staged.column(table, name) for name in fields if name in staged.fields.get(table, ())}
    if not texts:
        return DateOrders({})
    parts = []
    for column in texts.values():
        numeric = f"CASE WHEN NOT starts_with({column}, '/') AND {column} NOT LIKE '____-%' THEN {_slashed(column)} END"
        first = rf"TRY_CAST(regexp_extract({numeric}, '^(\d{{1,2}})/\d{{1,2}}/\d{{4}}', 1) AS INTEGER)"
        second = rf"TRY_CAST(regexp_extract({numeric}, '^\d{{1,2}}/(\d{{1,2}})/\d{{4}}', 1) AS INTEGER)"
        parts.append(f"bool_or({first} IS NOT NULL), bool_or({first} > 12), bool_or({second} > 12)")
    found = staged.connection.execute(f"SELECT src, {', '.join(parts)} FROM raw_{table} r GROUP BY src").fetchall()
    orders: dict[tuple[int, str], Order] = {}
    for source, *evidence in found:
        for position, name in enumerate(texts):
            order = _order(evidence[3 * position: 3 * position + 3], declared)
            if order is not None:
                orders[source, name] = order
    return DateOrders(orders)


def _order(evidence: Sequence[bool | None], declared: str | None) -> Order | None:
    written, day_first, month_first = map(bool, evidence)
    if not written:
        return None
    if day_first and month_first:
        return "contradictory"
    if declared == "dmy":
        return "contradictory" if month_first else "dmy"
    if declared == "mdy":
        return "contradictory" if day_first else "mdy"
    return "dmy" if day_first else "mdy" if month_first else "ambiguous"


def moment(column: str, field: str, orders: DateOrders, *, as_written: bool = False, alias: str = "r") -> str:
    """SQL: a TIMESTAMP in UTC, or the date and time as written (``as_written``: no zone is applied); null when the
    text is none of the known forms or its order is not known. Give the result to :func:`in_range`."""
    iso = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)? ?([Zz]|[+-]\d\d:?\d\d)?"
    without_zone = rf"regexp_replace(regexp_replace({column}, ' ?([Zz]|[+-]\d\d:?\d\d)$', ''), '(\.\d{{6}})\d+', '\1')"
    dated = f"TRY_CAST(CASE WHEN length({column}) <= 10 THEN {column} ELSE {without_zone} END AS TIMESTAMP)"
    sign = rf"regexp_extract({column}, ':\d\d(\.\d+)? ?([+-])\d\d:?\d\d$', 2)"
    hours = rf"TRY_CAST(regexp_extract({column}, '[+-](\d\d):?\d\d$', 1) AS INTEGER)"
    minutes = rf"TRY_CAST(regexp_extract({column}, '[+-]\d\d:?(\d\d)$', 1) AS INTEGER)"
    direction = f"CASE {sign} WHEN '-' THEN 1 WHEN '+' THEN -1 ELSE 0 END"
    shift = f"to_minutes({direction} * coalesce({hours} * 60 + {minutes}, 0))"
    written = _slashed(column)
    return (
        f"CASE WHEN {column} LIKE '____-__-__T%Z' AND length({column}) BETWEEN 17 AND 30 "
        f"THEN TRY_CAST(left({column}, least(length({column}) - 1, 26)) AS TIMESTAMP) "
        f"WHEN regexp_full_match({column}, '{iso}') THEN {dated}{'' if as_written else f' + {shift}'} "
        rf"WHEN starts_with({column}, '/Date(') THEN make_timestamp(1000 * TRY_CAST("
        rf"regexp_extract({column}, '^/Date\((-?\d{{1,15}})([+-]\d{{4}})?\)/$', 1) AS BIGINT)) "
        f"WHEN {is_serial(column)} THEN TIMESTAMP '1899-12-30' "
        f"+ to_seconds(round(TRY_CAST({column} AS DOUBLE) * 86400)) "
        f"WHEN {_in(alias, orders.sources(field, 'dmy'))} THEN {_parsed(written, 'dmy', _HOURS)} "
        f"WHEN {_in(alias, orders.sources(field, 'mdy'))} THEN {_parsed(written, 'mdy', _HOURS)} END"
    )


def in_range(value: str) -> str:
    """SQL: a TIMESTAMP unless its year is before 1980 or after 2100, which no real one is."""
    return f"CASE WHEN year({value}) BETWEEN {_EARLIEST} AND {_LATEST} THEN {value} END"


def is_serial(column: str) -> str:
    """SQL: whether the text is a day number as spreadsheets count them, from 1954 to 2119."""
    return (rf"(regexp_full_match({column}, '\d{{5}}(\.\d+)?') AND "
            f"TRY_CAST({column} AS DOUBLE) BETWEEN {_SERIAL_FIRST} AND {_SERIAL_LAST})")


def is_no_date(column: str) -> str:
    """SQL: whether the text is the year 1, which stands for "none"."""
    return rf"regexp_matches({column}, '^(0001-01-01|0?1[/.]0?1[/.]0001|/Date\(-62135596800000)')"


def _parsed(written: str, order: str, hours: Sequence[str]) -> str:
    day = "%d/%m/%Y" if order == "dmy" else "%m/%d/%Y"
    return f"try_strptime({written}, [{_listed([day + hour for hour in hours])}])"


def _slashed(column: str) -> str:
    """SQL: separators of a numeric date as slashes, special spaces as spaces, commas gone."""
    return f"translate({column}, '.-\u202f\u00a0,', '//  ')"


def _in(alias: str, sources: Sequence[int]) -> str:
    return f"{alias}.src IN ({', '.join(map(str, sources))})" if sources else "false"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(map(engine.text, words))
