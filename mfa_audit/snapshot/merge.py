"""Several rows about one account become one, by rules that do not depend on the order of rows or files.

Text: the value of the newest source; of equal age, the later in text order. Facts that decide (*words*): where sources
disagree the fact is blank, as the facts in a list of accounts only say that it is not older. Texts that may decide as
well (*watched*) are shown, and named where they differ. Most accounts have one row, which is taken as it is.
"""
# ruff: noqa: S608  (every name in the SQL is quoted or this package's own, every value quoted or bound)

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mfa_audit.snapshot.complaints import POSITION, Complaints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mfa_audit.snapshot import engine

_BUCKET = 250_000
_NEVER = "TIMESTAMP '0001-01-01'"


@dataclass
class Merge:
    """How the columns of one typed table are merged; ``ages`` says whether its sources' ages are known."""

    table: str
    texts: Sequence[str] = ()
    words: dict[str, Sequence[str]] = field(default_factory=dict)
    watched: Sequence[str] = ()
    """Those of ``texts`` that may decide a tier or scope: where rows differ, ``differing`` names them."""
    own: dict[str, str] = field(default_factory=dict)
    """Columns with an aggregate of their own, in SQL."""

    def run(self, connection: engine.Connection, complaints: Complaints, count: int, ages: str | None = None) -> str:
        """Create ``merged_<table>``, one row an account (``k``), with ``disputed`` (bits of ``words`` in order) and
        return its name. ``ages`` names a table (src, age); ``count`` is the number of keys."""
        typed, name = f"typed_{self.table}", f"merged_{self.table}"
        columns = [*self.texts, *self.words, *self.own]
        connection.execute(
            f"CREATE OR REPLACE TABLE several AS SELECT k FROM {typed} GROUP BY k HAVING count(*) > 1"
        )
        connection.execute(
            f"CREATE TABLE {name} AS SELECT k, {', '.join(columns)}, 0::INTEGER AS disputed, NULL::BIGINT AS place, "
            "NULL::VARCHAR AS differing "
            f"FROM {typed} WHERE k NOT IN (SELECT k FROM several)"
        )
        age = "a.age" if ages else "NULL::TIMESTAMP"
        joined = f" JOIN {ages} a USING (src)" if ages else ""
        if connection.execute("SELECT count(*) FROM several").fetchall()[0][0]:
            for first in range(0, count, _BUCKET):
                rows = (
                    f"(SELECT t.*, {age} AS age FROM {typed} t{joined} WHERE t.k BETWEEN {first} AND "
                    f"{first + _BUCKET - 1} AND t.k IN (SELECT k FROM several))"
                )
                connection.execute(f"INSERT INTO {name} {self._merged(rows)}")
        self._complain(connection, name, complaints)
        return name

    def _merged(self, rows: str) -> str:
        inner, outer, disputed = [], [], ["0"]
        for column in self.texts:
            inner.append(
                f"arg_max({column}, (coalesce(age, {_NEVER}), {column})) FILTER ({column} IS NOT NULL) AS {column}"
            )
            outer.append(column)
        for place, (column, words) in enumerate(self.words.items()):
            listed = "[" + ", ".join(f"'{word}'" for word in words) + "]"
            rank = f"list_position({listed}, {column})"
            inner.append(
                f"max({rank}) FILTER ({rank} > 0) AS {column}_high, min({rank}) FILTER ({rank} > 0) AS {column}_low, "
                f"coalesce(bool_or({column} = 'blank'), false) AS {column}_blank"
            )
            outer.append(
                f"CASE WHEN {column}_high = {column}_low THEN {listed}[{column}_high] "
                f"WHEN {column}_high IS NOT NULL OR {column}_blank THEN 'blank' END AS {column}"
            )
            disputed.append(f"CASE WHEN {column}_high <> {column}_low THEN {1 << place} ELSE 0 END")
        for column, aggregate in self.own.items():
            inner.append(f"{aggregate} AS {column}")
            outer.append(column)
        differ = ", ".join(
            f"CASE WHEN min(lower({column})) <> max(lower({column})) THEN '{column}' END" for column in self.watched)
        differing = f"nullif(concat_ws(';', {differ}), '')" if differ else "NULL::VARCHAR"
        return (
            f"SELECT k, {', '.join(outer)}, {' + '.join(disputed)}, place, differing FROM "
            f"(SELECT k, {', '.join(inner)}, min({POSITION}) AS place, {differing} AS differing FROM {rows} GROUP BY k)"
        )

    def _complain(self, connection: engine.Connection, name: str, complaints: Complaints) -> None:
        for place, column in enumerate(self.words):
            count, places = connection.execute(
                f"SELECT count(*), min(place, 5) FROM {name} WHERE (disputed & {1 << place}) <> 0"
            ).fetchall()[0]
            complaints.add(
                f"sources disagree: {column}", count, places,
                effect="taken as blank: nobody can tell which source is right",
                fix="take one of the files away, or export both again on the same day.",
            )
        for column in self.watched:
            count, places = connection.execute(
                f"SELECT count(*), min(place, 5) FROM {name} WHERE contains(differing, '{column}')"
            ).fetchall()[0]
            complaints.add(
                f"sources disagree: {column}", count, places,
                effect="the newer file's is shown; it takes nobody out of scope and gives nobody a weaker requirement",
                fix="take one of the files away, or export both again on the same day.",
            )
