"""What staged rows say about themselves, for ``doctor``: their newest fact and the organisations they name."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import msgspec

from mfa_audit.snapshot.complaints import lines_of
from mfa_audit.snapshot.typing_rules import is_truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mfa_audit.snapshot.raw import RawRows

_TIMES = ("updated_at", "sign_in_activity", "last_sign_in", "last_successful_sign_in",
          "last_non_interactive_sign_in", "created_at")
_TRUTHS = ("account_enabled", "is_mfa_capable", "is_mfa_registered", "is_admin", "is_sspr_registered", "leaver")
_ORGANISATIONS = ("company_name", "organisation", "organisation_code")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


def newest_fact_of(rows: Sequence[RawRows]) -> str:
    """The newest ISO time stamp among sign-ins, refresh and creation times; "" when there is none to compare.

    Dates in another form are left to intake, which knows the declared order.
    """
    newest = ""
    for part in rows:
        for field in _TIMES:
            if field in part.fields:
                stamps = (stamp for text in _values(part, field) for stamp in _ISO.findall(text))
                newest = max(newest, max(stamps, default=""))
    return newest


def organisations_of(rows: Sequence[RawRows]) -> int | None:
    """How many different organisations the rows name; None when no column names any."""
    for part in rows:
        for field in _ORGANISATIONS:
            if field in part.fields:
                names = {text.strip().casefold() for text in _values(part, field)}
                return len(names - {"", "null"})
    return None


def unread_of(rows: Sequence[RawRows]) -> tuple[str, ...]:
    """For every column of yes and no with other words in it: the first of them with its place, and how many cells."""
    said = []
    for part in rows:
        for field in _TRUTHS:
            if field in part.fields:
                count, first, quoted = 0, 0, ""
                for record, text in enumerate(_values(part, field), start=1):
                    word = text.strip()
                    if word and word.casefold() != "null" and not is_truth(word):
                        first, quoted = (first, quoted) if first else (record, word)
                        count += 1
                if count:
                    place = lines_of(part, {first})[first]
                    said.append(f"{place}: {field} holds '{quoted[:30]}', neither yes nor no; {count:,} such cells")
    return tuple(said)


def _values(part: RawRows, field: str) -> Iterator[str]:
    """The text of one field of every row; in NDJSON a nested value as its JSON."""
    header = part.fields[field]
    if part.format == "csv":
        with part.path.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream)
            position = next(reader).index(header)
            yield from (record[position] for record in reader)
        return
    with part.path.open("rb") as lines:
        for line in lines:
            value = _objects.decode(line).get(header)
            yield "" if value is None else bytes(value).decode().strip('"')
