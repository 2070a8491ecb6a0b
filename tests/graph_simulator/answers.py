"""What the simulator answers: a status, headers and a body, and how it is delivered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

REQUEST_ID = "11111111-2222-4333-8444-555566667777"
LICENCE = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"


@dataclass
class Answer:
    """An answer. ``delivery`` names what happens to it on the wire, with its ``parameters``; None is nothing."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delivery: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)

    def rendered(self) -> bytes:
        """The body as bytes: JSON unless it is bytes or text already."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


def error(status: int, code: str, message: str, **headers: str) -> Answer:
    """An error in Graph's usual shape; underscores in header names stand for hyphens."""
    inner = {"date": "2026-11-24T02:15:00", "request-id": REQUEST_ID, "client-request-id": REQUEST_ID}
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def throttled(retry_after: str | None) -> Answer:
    """429, with the wait in the form given or without one."""
    answer = error(429, "TooManyRequests", "Too many requests")
    if retry_after is not None:
        answer.headers["Retry-After"] = retry_after
    return answer


def denied() -> Answer:
    """403: the application lacks the permission."""
    return error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def not_licensed() -> Answer:
    """403: the tenant has no premium licence."""
    return error(403, LICENCE, "Neither tenant is B2C or tenant doesn't have premium license")


def too_many_users(most: int) -> Answer:
    """400 in the reporting service's own shape, without ``error``."""
    context = "http://reportingservice.activedirectory.windowsazure.com/auditLogs/$metadata#Edm.String"
    message = f"Cannot query data for more than {most} users at a time."
    return Answer(400, {"@odata.context": context, "value": message})


def expired_token() -> Answer:
    """400: the page token is too old."""
    message = "The specified page token value has expired and can no longer be included in your request."
    return error(400, "Directory_ExpiredPageToken", message)


def no_such(thing: str) -> Answer:
    """404: the object is not there."""
    message = f"Resource '{thing}' does not exist or one of its queried reference-property objects are not present."
    return error(404, "Request_ResourceNotFound", message)


def unsupported(message: str) -> Answer:
    """400: the query options do not go together."""
    return error(400, "Request_UnsupportedQuery", message)
