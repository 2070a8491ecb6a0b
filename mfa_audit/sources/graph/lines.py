"""Rows that are on disk, read again one by one for the few properties that decide what is asked next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = TypeVar("Row", bound=msgspec.Struct)
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding text from the network may raise."""

_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_lines(path: Path, kind: type[Row]) -> Iterator[Row]:
    """Every line as a ``kind``, all whose fields have defaults: a value of another type than the field's is the
    default, and the rest of its row is kept."""
    decode = msgspec.json.Decoder(kind).decode
    with path.open("rb") as lines:
        for line in lines:
            try:
                row = decode(line)
            except UNREADABLE:
                row = _what_fits(line, kind)
            yield row


def _what_fits(line: bytes, kind: type[Row]) -> Row:
    values: dict[str, Any] = {}
    try:
        told = _objects.decode(line)
    except UNREADABLE:
        return kind()
    for field in msgspec.structs.fields(kind):
        if field.encode_name in told:
            try:
                values[field.name] = msgspec.json.decode(told[field.encode_name], type=field.type)
            except UNREADABLE:
                continue
    return kind(**values)
