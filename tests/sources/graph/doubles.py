"""What stands in for sign-in: tokens that open nothing; and where and when the tests are."""

from __future__ import annotations

import io
from datetime import UTC, datetime

ROOT = "https://graph.microsoft.com"
TOKEN = "canary-token"  # noqa: S105 - opens nothing
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


class FixedTokens:
    """The same token until told to renew it."""

    def __init__(self) -> None:
        self.renewed = 0

    def token(self):
        return f"{TOKEN}-{self.renewed}"

    def renew(self):
        self.renewed += 1


class Endless(io.RawIOBase):
    """A body of many blanks; ``given`` is how many were read."""

    def __init__(self, size):
        self.left, self.given = size, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        count = min(len(buffer), self.left)
        buffer[:count] = b" " * count
        self.left -= count
        self.given += count
        return count
