"""Twenty small questions in one request, each judged by its own answer.

Source: Microsoft Learn, "Combine multiple HTTP requests using JSON batching": the whole is answered with 200 even when
every part failed, in any order; parts that failed are sent again after the longest wait that any of them asked for.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.sources.graph.once import refuse_repeated
from mfa_audit.sources.graph.patience import TRIES
from mfa_audit.sources.graph.refusals import Refusal, refusal, retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.client import Client
    from mfa_audit.sources.graph.pacing import Family, Pace

MOST_PARTS = 20
_SENT_AGAIN = frozenset({424, 429, 500, 502, 503, 504})
_LOST = Refusal(0, "", "the batch came back without an answer to this part")
_PAUSE_WITHOUT_WORD = 5.0


class _Part(msgspec.Struct):
    id: str
    status: int
    headers: dict[str, Any] | None = None
    body: Any = None


class _Answers(msgspec.Struct):
    responses: list[_Part]


_answers = msgspec.json.Decoder(_Answers)


def ask_each(client: Client, pace: Pace, clock: Clock, family: Family, paths: Sequence[str],
             version: str = "v1.0") -> Iterator[tuple[str, dict[str, Any] | Refusal]]:
    """Every path of ``paths`` (relative to the version, such as ``/users/{id}/authentication/methods``) with its
    answer, or with the last refusal when asking again brought none of the parts further. Raises what the client raises
    for the whole."""
    for first in range(0, len(paths), MOST_PARTS):
        yield from _ask_together(client, pace, clock, family, paths[first:first + MOST_PARTS], version)


def _ask_together(client: Client, pace: Pace, clock: Clock, family: Family, paths: Sequence[str],
                  version: str) -> Iterator[tuple[str, dict[str, Any] | Refusal]]:
    open_parts = {str(number): path for number, path in enumerate(paths, start=1)}
    failed: dict[str, Refusal] = {}
    fruitless = 0
    while fruitless < TRIES:
        body = msgspec.json.encode({"requests": [
            {"id": number, "method": "GET", "url": path} for number, path in open_parts.items()
        ]})
        told = client.ask(f"/{version}/$batch", family, _told, body=body,
                          headers={"Content-Type": "application/json"})
        parts = _by_id(told.responses)
        waits, were_open = [0.0], len(open_parts)
        for number in list(open_parts):
            part = parts.get(number)
            answer = _LOST if part is None else _read(part)
            if not isinstance(answer, Refusal) or (answer is not _LOST and answer.status not in _SENT_AGAIN):
                yield open_parts.pop(number), answer
            else:
                failed[number] = answer
                asked = None if part is None else _wait(part.headers, clock)
                waits.append(_PAUSE_WITHOUT_WORD * (fruitless + 1) if asked is None else asked)
        if not open_parts:
            return
        # Where Graph lets a few parts through at a time, the others have only waited.
        fruitless = 0 if len(open_parts) < were_open else fruitless + 1
        pace.hold(family, max(waits))
    for number, path in open_parts.items():
        yield path, failed[number]


def _told(body: bytes) -> _Answers:
    refuse_repeated(body)
    return _answers.decode(body)


def _by_id(answers: Sequence[_Part]) -> dict[str, _Part]:
    """Each part's answer; none for a part that has two which differ, because nobody can tell which holds."""
    found: dict[str, _Part] = {}
    contradicted = set()
    for part in answers:
        first = found.setdefault(part.id, part)
        if (first.status, first.body) != (part.status, part.body):
            contradicted.add(part.id)
    return {number: part for number, part in found.items() if number not in contradicted}


def _read(part: _Part) -> dict[str, Any] | Refusal:
    body = part.body
    if isinstance(body, str):
        try:
            body = msgspec.json.decode(base64.b64decode(body, validate=True))
        except (binascii.Error, ValueError, RecursionError, msgspec.MsgspecError):
            body = None
    if part.status == 200:
        return body if isinstance(body, dict) and "error" not in body else _LOST
    return refusal(part.status, msgspec.json.encode(body))


def _wait(headers: Mapping[str, Any] | None, clock: Clock) -> float | None:
    for name, value in (headers or {}).items():
        if name.casefold() == "retry-after":
            return retry_after(str(value), clock.now())
    return None
