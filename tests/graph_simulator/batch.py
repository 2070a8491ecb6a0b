"""``$batch``: up to 20 parts, each judged alone; the outer answer is 200 whatever became of them (graph.md 4.1)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from .answers import Answer, error
from .endpoints import Call

if TYPE_CHECKING:
    from .judge import Judge

MOST_PARTS = 20


def answer_batch(judge: Judge, version: str, body: bytes, permissions: tuple[str, ...]) -> Answer:
    """The answers to all parts, in another order than they were asked."""
    try:
        parts: list[dict[str, Any]] = json.loads(body)["requests"]
        ids = [part["id"].casefold() for part in parts]
    except (ValueError, KeyError, TypeError, AttributeError):
        return error(400, "BadRequest", "Invalid batch payload format.")
    if not 0 < len(parts) <= MOST_PARTS or len(set(ids)) != len(ids):
        return error(400, "BadRequest", "The batch is empty, has more than 20 parts or an id twice.")
    statuses: dict[str, int] = {}
    responses: list[dict[str, Any]] = []
    for part in parts:
        if any(statuses.get(parent.casefold(), 424) >= 400 for parent in part.get("dependsOn", ())):
            answer = error(424, "FailedDependency", "A part this one depends on failed.")
        else:
            answer = judge.answer(part_call(version, part), permissions, part=True)
        statuses[part["id"].casefold()] = answer.status
        if answer.delivery != "part_missing":
            responses.append(_response(part["id"], answer))
    return Answer(200, {"responses": [*responses[1::2], *responses[::2]]})


def part_call(version: str, part: dict[str, Any]) -> Call:
    """The call that a part of a batch stands for."""
    address = urlsplit(part["url"])
    headers = {name.lower(): value for name, value in part.get("headers", {}).items()}
    advanced = headers.get("consistencylevel", "").lower() == "eventual"
    return Call(version, f"/{address.path.lstrip('/')}", dict(parse_qsl(address.query)), advanced)


def _response(part_id: str, answer: Answer) -> dict[str, Any]:
    body, headers = answer.body, {"Content-Type": "application/json", **answer.headers}
    if answer.delivery == "part_base64":
        body = base64.b64encode(answer.rendered()).decode()
        headers["Content-Type"] = "application/octet-stream"
    return {"id": part_id, "status": answer.status, "headers": headers, "body": body}
