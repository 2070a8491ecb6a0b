"""Every key of a JSON object once: of a key that is written twice a reader keeps one value, and no two readers agree
which. Graph writes none twice, so an answer that has one was spoilt on its way.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    Object = dict[str, msgspec.Raw]

_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


def refuse_repeated(body: bytes) -> None:
    """Raise ValueError when any object in ``body``, however deep, has a key twice."""
    json.loads(body, object_pairs_hook=_unrepeated)


def refuse_repeated_in_page(body: bytes, rows: Sequence[Object]) -> None:
    """Raise ValueError when the page ``body`` or one of its ``rows``, as they were decoded, has a key twice.

    Where nothing but the text between brackets was dropped, lengths agree, which takes a fraction of a second look.
    """
    page = _objects.decode(body)
    written = sum(len(key) + 3 + _length(value) for key, value in page.items()) + len(page) + 1
    if written != len(body) or _length(page["value"]) != len(_encode(rows)):
        refuse_repeated(body)


def _length(raw: msgspec.Raw) -> int:
    return memoryview(raw).nbytes


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key written twice")
    return found
