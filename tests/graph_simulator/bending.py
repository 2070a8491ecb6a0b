"""Bends an answer as a fault says: another status, a page that lies, or a mark for the wire to act on."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .answers import Answer, denied, error, not_licensed, throttled, too_many_users
from .faults import ANSWERS, PAGES, WIRE, Fault
from .paging import Place, Query, link

if TYPE_CHECKING:
    from collections.abc import Callable

    from mfa_audit.clock import Clock

    from .tenant import Tenant

BAIT = "simulator_bait"
CODES = {
    401: "InvalidAuthenticationToken",
    404: "Request_ResourceNotFound",
    410: "resyncRequired",
    424: "FailedDependency",
}
CAPTIVE = "<!DOCTYPE html><html><body><h1>Welcome to the guest network</h1></body></html>"
PLAIN: dict[str, Callable[[], Answer]] = {
    "forbidden": denied,
    "licence": not_licensed,
    "captive_portal": lambda: Answer(200, CAPTIVE, {"Content-Type": "text/html"}),
}


def failed(fault: Fault, clock: Clock) -> Answer | None:
    """The answer a fault puts in place of the true one, or None for a fault that bends the true one."""
    given = fault.parameters
    if fault.kind == "throttle":
        after: str | None = given.get("retry_after", "5")
        if after is not None and after.startswith("date:"):
            after = format_datetime(clock.now() + timedelta(seconds=float(after[5:])), usegmt=True)
        return throttled(after)
    if fault.kind == "status":
        status: int = given.get("status", 503)
        return error(status, given.get("code", CODES.get(status, "UnknownError")), given.get("message", ""))
    if fault.kind == "page_too_big":
        return too_many_users(given.get("most", 120))
    return PLAIN[fault.kind]() if fault.kind in PLAIN else None


def wait_told(fault: Fault) -> float:
    """The seconds that a fault's Retry-After tells to wait."""
    after = str(fault.parameters.get("retry_after", "5") or 0) if fault.kind == "throttle" else "0"
    return float(after.removeprefix("date:"))


def bend(answer: Answer, fault: Fault, url: str, query: Query, foreign: dict[str, str]) -> Answer:
    """The true answer, bent. ``foreign`` gives the root that each kind of foreign link leads to."""
    if fault.kind in PAGES and isinstance(answer.body, dict) and "value" in answer.body:
        answer.body = _lying(dict(answer.body), fault, url, query, foreign)
    elif fault.kind == "redirect":
        return Answer(302, b"", {"Location": f"{foreign['host']}/v1.0/users?{BAIT}=redirect"})
    elif fault.kind in WIRE and fault.kind not in ANSWERS:
        answer.delivery, answer.parameters = fault.kind, fault.parameters
    return answer


def _lying(body: dict[str, Any], fault: Fault, url: str, query: Query, foreign: dict[str, str]) -> dict[str, Any]:
    here = Place.read(query.get("$skiptoken")) or Place()
    rows, following = body["value"], "@odata.nextLink"
    if fault.kind == "same_link":
        body[following] = link(url, query, here)
    elif fault.kind == "loop":
        body[following] = link(url, query, Place(here.before, max(1, here.page - 1), 0, here.issued))
    elif fault.kind == "never_ending":
        body[following] = link(url, query, Place(0, here.page + 1, here.position, here.issued))
    elif fault.kind == "foreign_link" and following in body:
        kind = fault.parameters.get("to", "host")
        parts = urlsplit(body[following])
        body[following] = f"{foreign[kind]}{parts.path}?{parts.query}&{BAIT}={kind}"
    elif fault.kind == "lost_link":
        body.pop(following, None)
    elif fault.kind == "repeat_rows":
        body["value"] = [*rows, *rows[:3]]
    elif fault.kind == "repeat_rows_changed":
        changed = {"methodsRegistered": [], "isMfaRegistered": False, "accountEnabled": False}
        body["value"] = [*rows, *({**row, **{k: v for k, v in changed.items() if k in row}} for row in rows[:3])]
    elif fault.kind == "empty_page":
        # The rows stand on the next page instead.
        body["value"] = []
        body[following] = link(url, query, Place(here.position, here.page + 1, here.before, here.issued))
    elif fault.kind == "wrong_count" and "@odata.count" in body:
        body["@odata.count"] += fault.parameters.get("add", 1000)
    return body


def mutate(tenant: Tenant, fault: Fault) -> None:
    """Make, change or delete an account, as it happens while a run reads."""
    given = fault.parameters
    if given["act"] == "create":
        tenant.create(given["fields"])
    elif given["act"] == "delete":
        tenant.delete(given["account_id"])
    else:
        tenant.change(given["account_id"], **given["fields"])
