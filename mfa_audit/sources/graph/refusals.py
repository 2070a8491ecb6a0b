"""What Graph says when it does not answer, read from every shape such a body has been seen in.

Of its text nothing is kept but what it is recognised as: what stands between may write anything into it, the token of
the request among them, and it would be in every report.

Sources: Microsoft Learn, "Microsoft Graph error responses"; error codes as seen in public reports of large tenants.
"""

from __future__ import annotations

import email.utils
import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

_EXPIRED_PAGE = ("Directory_ExpiredPageToken", "DirectoryPageTokenNotFoundException", "syncStateNotFound",
                 "resyncRequired")
_UNLICENSED = ("AadPremiumLicenseRequired", "Authentication_RequestFromNonPremiumTenantOrB2CTenant")
_RECOGNISED = {
    "stale": re.compile(r"skip token", re.IGNORECASE),
    "too large": re.compile(r"Cannot query data for more than \d+ users|page size|\$top", re.IGNORECASE),
    "too many": re.compile(r"too many requests", re.IGNORECASE),
}
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_ONE_OF_SEVERAL = re.compile(r"[A-Za-z]{3,9},[^,]+|[^,]+")
_SECONDS = re.compile(r"\d+(?:\.\d+)?")


@dataclass(unsafe_hash=True)
class Refusal(Exception):
    """An answer that is none: its HTTP ``status``, Graph's ``code`` (may be empty), the ``reason`` in words of this
    package's own where it is not Graph that refuses, and what Graph's text was ``recognised`` as."""

    status: int
    code: str = ""
    reason: str = ""
    recognised: frozenset[str] = frozenset()

    @property
    def page_token_expired(self) -> bool:
        """Whether the listing must begin again from its first page."""
        stale = self.code in _EXPIRED_PAGE or "stale" in self.recognised
        return self.status == 410 or (self.status == 400 and stale)

    @property
    def page_too_large(self) -> bool:
        """Whether a smaller page would be answered."""
        return self.status == 400 and "too large" in self.recognised

    @property
    def unlicensed(self) -> bool:
        """Whether Graph says that the tenant lacks Entra ID P1 or P2; it has been known to say so of tenants that have
        it, so it is asked again before it is believed."""
        return self.status in (400, 403) and self.code in _UNLICENSED

    @property
    def is_gone(self) -> bool:
        """Whether Graph says that the object is not there. A 404 without its code is somebody else's, and says nothing
        of the object."""
        return self.status == 404 and self.code == "Request_ResourceNotFound"

    @property
    def throttled(self) -> bool:
        """Whether the request was one too many."""
        return self.status == 429 or (self.status in (400, 500) and "too many" in self.recognised)

    def __str__(self) -> str:
        said = ": ".join(filter(None, (self.code, self.reason)))
        return f"HTTP {self.status}{f' ({said})' if said else ''}"


def refusal(status: int, body: bytes) -> Refusal:
    """Read an error body: Graph's ``error`` object, the reporting service's bare ``value``, or nothing usable."""
    try:
        told: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal(status)
    if not isinstance(told, dict):
        return Refusal(status)
    error = told.get("error")
    if isinstance(error, dict):
        return _recognised(status, error.get("code"), error.get("message"))
    return _recognised(status, error, told.get("value") or told.get("error_description"))


def plain(value: object) -> str:
    """A code as a service writes it; empty for anything else, which may be a secret that came back."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _recognised(status: int, code: object, text: object) -> Refusal:
    said = text if isinstance(text, str) else ""
    return Refusal(status, plain(code), recognised=frozenset(
        name for name, pattern in _RECOGNISED.items() if pattern.search(said)))


def retry_after(value: str | None, now: datetime) -> float | None:
    """The seconds a ``Retry-After`` header asks for: whole, decimal, or a date; null when absent or unreadable. Of
    several, which come joined by commas, the longest.

    ``now`` is the time at the other side, so that clocks that differ make no wait shorter.
    """
    waits = [_seconds(each.strip(), now) for each in _ONE_OF_SEVERAL.findall(value or "")]
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds(text: str, now: datetime) -> float | None:
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
