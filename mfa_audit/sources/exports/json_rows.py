"""Rows of one JSON file: the union of their keys, what is wrong with them, and their way to disk."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from mfa_audit.errors import InputRejected
from mfa_audit.files import private_file
from mfa_audit.sources.exports.columns import DEPTH_FIELDS, ID_FIELDS, NESTED_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mfa_audit.sources.exports.found import Blemishes, Candidate
    from mfa_audit.sources.exports.shapes import Recognised

Row = msgspec.Raw | bytes
# Each pattern begins with literal bytes: only then does the search run at memory speed.
_TYPE_NAMES = (
    re.compile(rb"Microsoft\.Graph\.PowerShell\.Models"),
    re.compile(rb"System\.(?:String\[\]|Object\[\]|Collections\.)"),
)
_DEPTH_LOST = re.compile(rb'"@\{[^"]*=')
_EXPONENTS = (re.compile(rb"E\+\d"), re.compile(rb"e\+\d"))
_SCIENTIFIC = re.compile(rb'"?\d(?:[.,]\d+)?[eE]\+\d+"?')
_AGAIN = "Export it again and check that it was written to its end."
_DEPTH_STEP = (
    "Export again with | ConvertTo-Json -Depth 10, and the arrays spelled out: Get-MgReportAuthenticationMethodUser"
    "RegistrationDetail -All | ConvertTo-Json -Depth 10 | Out-File registrations.json -Encoding utf8"
)
_PERSON = frozenset({"id", "userprincipalname", "mail", "displayname", "@odata.type"})
_KEPT_INSIDE: Mapping[str, frozenset[str]] = {
    "manager": _PERSON,
    "principal": _PERSON,
    "sign_in_activity": frozenset({"lastsignindatetime", "lastnoninteractivesignindatetime",
                                   "lastsuccessfulsignindatetime"}),
    "extension_attributes": frozenset(f"extensionattribute{n}" for n in range(1, 16)),
}
"""What is read inside a nested field, as case-folded keys."""
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class Survey:
    """What one pass over the rows found: the ``keys`` in the order of their first appearance, the other spellings of
    a key and the one to use (``renames``), and the number of ``rows``."""

    keys: tuple[str, ...]
    renames: Mapping[str, str]
    rows: int


class Rows:
    """The rows of a file, to be walked more than once; ``line_of`` gives a row's line from its position, 0 when lines
    mean nothing."""

    def __init__(self, candidate: Candidate, walk: Callable[[], Iterable[Row]], line_of: Callable[[int], int]) -> None:
        self._candidate = candidate
        self._walk = walk
        self._line_of = line_of

    def __iter__(self) -> Iterator[Row]:
        return iter(self._walk())

    def refused(self, message: str, position: int, next_step: str = _AGAIN) -> InputRejected:
        """The error for the row at ``position``."""
        return InputRejected(f"row {position + 1} {message}", file=self._candidate.name, line=self._line_of(position),
                             next_step=next_step)

    def objects(self) -> Iterator[dict[str, msgspec.Raw]]:
        """The rows with their values left raw.

        Raises InputRejected for a row that is no object, is cut, or is no JSON.
        """
        for position, row in enumerate(self._walk()):
            try:
                yield _objects.decode(row)
            except msgspec.ValidationError as error:
                raise self.refused("is not an object", position) from error
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                cut = "truncated" in str(error)
                message = "is cut: the file ends inside it" if cut else f"is not valid JSON ({error})"
                raise self.refused(message, position) from error

    def survey(self, blemishes: Blemishes) -> Survey:
        """Unite the keys of all rows.

        Raises InputRejected where an object has a key twice, also in two spellings.
        """
        spelled: dict[str, str] = {}
        renames: dict[str, str] = {}
        seen: set[tuple[str, ...]] = set()
        count = 0
        for position, (row, pairs) in enumerate(zip(self._walk(), self.objects(), strict=True)):
            count += 1
            keys = tuple(pairs)
            if keys not in seen:
                seen.add(keys)
                self._unite(keys, spelled, renames, position)
            compact = sum(map(len, keys)) + sum(map(len, pairs.values())) + 4 * len(keys) + 1
            if len(row) != compact:
                self._refuse_twins(bytes(row), position)
        if renames:
            blemishes.add("keys in two spellings", place=", ".join(sorted(renames)))
        return Survey(tuple(spelled.values()), renames, count)

    def _unite(self, keys: tuple[str, ...], spelled: dict[str, str], renames: dict[str, str], position: int) -> None:
        if len({key.casefold() for key in keys}) != len(keys):
            raise self.refused("has one key in two spellings", position, "Remove one of the two, or export again.")
        for key in keys:
            first = spelled.setdefault(key.casefold(), key)
            if first != key:
                renames[key] = first

    def _refuse_twins(self, row: bytes, position: int) -> None:
        """A key twice in one object: readers take the one or the other, so neither can be trusted."""
        try:
            json.loads(row, object_pairs_hook=_no_twins)
        except _TwinError as error:
            raise self.refused(f"has the key '{error}' twice", position, "Remove one of the two, or export again."
                               ) from error
        except ValueError as error:
            raise self.refused(f"cannot be read ({str(error).partition(':')[0]})", position) from error

    def write(self, target: Path, renames: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        """One row a line, with the ``wanted`` keys (key -> field) alone; of nested values what is read of them.

        What nobody reads (telephone numbers, addresses) never leaves the source. Raises InputRejected where a nested
        object has a key twice.
        """
        with private_file(target) as out:
            for position, row in enumerate(self.objects()):
                pairs = ((renames.get(key, key), value) for key, value in row.items())
                line = b",".join(
                    b"%b:%b" % (msgspec.json.encode(key), self._kept(wanted[key], value, position))
                    for key, value in pairs if key in wanted)
                out.write(b"{%b}\n" % line)

    def _kept(self, field: str, value: msgspec.Raw, position: int) -> bytes:
        text = one_line(value)
        kept = _KEPT_INSIDE.get(field)
        if kept is None or not text.startswith(b"{"):
            # An object where text belongs may hold anything, and intake reads nothing out of it: not even an id.
            unreadable = b"null" if field in ID_FIELDS or field == "user_principal_name" else b'"{...}"'
            return unreadable if text.startswith(b"{") else text
        try:
            inside = strict_json(text)
        except ValueError as error:
            raise self.refused(f"cannot be read: {error}", position, "Remove one of the two, or export again."
                               ) from error
        more = inside.get("AdditionalProperties", inside.get("additionalProperties"))
        merged = {**(more if isinstance(more, dict) else {}), **inside}
        return msgspec.json.encode({key: item for key, item in merged.items() if key.casefold() in kept})

    def lost_fields(self, recognised: Recognised, data: memoryview, blemishes: Blemishes,
                    renames: Mapping[str, str]) -> frozenset[str]:
        """Nested fields that hold type names and so count as not supplied.

        Raises InputRejected where another needed field holds one, or an id in scientific notation.
        """
        if not has_type_names(data) and not any(mark.search(data) for mark in (_DEPTH_LOST, *_EXPONENTS)):
            return frozenset()
        fields = {header: field for part in recognised.parts for field, header in part.fields.items()}
        lost: set[str] = set()
        for position, row in enumerate(self.objects()):
            for key, value in row.items():
                field = fields.get(renames.get(key, key))
                if field in ID_FIELDS and _SCIENTIFIC.fullmatch(value):
                    raise self.refused(f"has the id {bytes(value).decode()}: a spreadsheet made a number of it",
                                       position, "Use the file as it was exported.")
                if field is None:
                    continue
                if field in DEPTH_FIELDS and _DEPTH_LOST.search(value) is not None:
                    if field not in NESTED_FIELDS:
                        raise self.refused(f"has text like @{{…}} instead of values in '{key}'", position, _DEPTH_STEP)
                    lost.add(field)
                    blemishes.add("depth lost", self._line_of(position), place=key)
                    continue
                if not bytes(value).startswith(b'"') or not has_type_names(value):
                    continue
                if field not in NESTED_FIELDS:
                    raise self.refused(f"has a type name instead of values in '{key}'", position, _DEPTH_STEP)
                lost.add(field)
                blemishes.add("type names", self._line_of(position), place=key)
        return frozenset(lost)


def has_type_names(text: memoryview | msgspec.Raw) -> bool:
    """Whether PowerShell wrote the name of a type where a value belongs."""
    return any(name.search(text) is not None for name in _TYPE_NAMES)


class _TwinError(ValueError):
    """A key occurs twice in one object."""


def _no_twins(pairs: Sequence[tuple[str, object]]) -> None:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise _TwinError(next(key for key in keys if keys.count(key) > 1))


def strict_object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys are all different, for :func:`json.loads`.

    Raises ValueError naming the key that occurs twice.
    """
    _no_twins(pairs)
    return dict(pairs)


def strict_json(text: bytes | str) -> Any:
    """``text`` decoded; numbers as JSON has them.

    Raises ValueError for a key that occurs twice in one object, NaN and Infinity.
    """
    return json.loads(text, object_pairs_hook=strict_object, parse_constant=_no_number, parse_float=_finite)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def one_line(row: Row) -> bytes:
    """A row without line breaks: valid JSON has them between tokens only, where a space serves as well."""
    text = bytes(row)
    if b"\n" in text or b"\r" in text:
        text = text.replace(b"\r", b" ").replace(b"\n", b" ")
    return text
