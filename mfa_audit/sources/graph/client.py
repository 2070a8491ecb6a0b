"""One request to Graph at a time, asked until it is answered, refused for good, or out of time.

Every request carries its token by an auth object (a ``.netrc`` cannot take its place), goes to one host, follows no
redirect, waits for its family's turn, and reads no more than :data:`LARGEST_BODY` bytes.
"""

from __future__ import annotations

import email.utils
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
import requests.auth

from mfa_audit.errors import SettingsError
from mfa_audit.sources.graph.address import refuse_elsewhere
from mfa_audit.sources.graph.patience import Patience, SignInUnwell
from mfa_audit.sources.graph.refusals import Refusal, refusal, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.pacing import Family, Pace

LARGEST_BODY = 64 * 2**20
"""Bytes of one answer, after decompression."""

_PIECE = 2**16
_LONGEST_ANSWER = 300.0
_BROKEN = (
    requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
NETWORK_ERRORS = (requests.RequestException,)
"""What can happen between here and there."""

_log = logging.getLogger(__name__)
# Urllib3 logs addresses with their page tokens; what this module says of a request is enough.
logging.getLogger("urllib3").propagate = False
Answer = TypeVar("Answer")


class Tokens(Protocol):
    """Where access tokens come from. Safe to use from several threads."""

    def token(self) -> str:
        """A token that is valid now."""

    def renew(self) -> None:
        """Forget the token at hand: Graph did not accept it."""


@dataclass(frozen=True)
class Wire:
    """How to reach Graph: ``root`` (``https://host``), the ``ca_bundle`` to trust in place of the usual one, seconds to
    wait for a ``connect`` and for the next piece of an answer (``read``)."""

    root: str
    ca_bundle: Path | None = None
    connect: float = 10.0
    read: float = 60.0


def new_session(ca_bundle: Path | None, timeout: float | None = None,
                watch: Callable[[requests.PreparedRequest], None] | None = None,
                judge: Callable[[requests.Response], None] | None = None) -> requests.Session:
    """A session that trusts ``ca_bundle`` where one is named, with a ``timeout`` in seconds for calls that set none. It
    follows no redirect and takes no password from a ``.netrc``. ``watch`` may refuse a request before it leaves,
    ``judge`` an answer before anybody reads it, by raising.

    Raises :class:`SettingsError` for a bundle that is none.
    """
    try:
        text = "" if ca_bundle is None else ca_bundle.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(f"the certificate authority's file cannot be read: {error.strerror}", where=str(ca_bundle),
                            next_step="correct 'ca_bundle'.") from error
    if ca_bundle is not None and "-----BEGIN CERTIFICATE-----" not in text:
        raise SettingsError("the certificate authority's file holds no certificate in PEM", where=str(ca_bundle),
                            next_step="correct 'ca_bundle'.")
    return _Session(ca_bundle, timeout, watch, judge)


class _Session(requests.Session):
    """Says with every request whom it trusts: what a session is told once loses to ``REQUESTS_CA_BUNDLE``."""

    def __init__(self, ca_bundle: Path | None, timeout: float | None,
                 watch: Callable[[requests.PreparedRequest], None] | None,
                 judge: Callable[[requests.Response], None] | None) -> None:
        super().__init__()
        self.auth = _Nothing()
        self._watch, self._judge = watch, judge
        self._usual: dict[str, Any] = {"timeout": timeout}
        if ca_bundle is not None:
            self._usual["verify"] = str(ca_bundle)

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **{**self._usual, **kwargs, "allow_redirects": False})

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        if self._watch is not None:
            self._watch(request)
        response = super().send(request, **kwargs)
        if self._judge is not None:
            self._judge(response)
        return response


class _Nothing(requests.auth.AuthBase):
    """Adds nothing; a session without any auth object looks into ``.netrc``."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class Client:
    """Asks Graph. One for each thread, because a session is not shared; :class:`Pace` and tokens are.

    ``skew`` is by how many seconds Graph's clock was ahead of this machine's at the last answer; null before it.
    ``asked`` counts the requests that have left.
    """

    def __init__(self, wire: Wire, tokens: Tokens, pace: Pace, clock: Clock) -> None:
        self.skew: float | None = None
        self.asked = 0
        self._wire = wire
        self._tokens = tokens
        self._pace = pace
        self._clock = clock
        self._session = new_session(wire.ca_bundle)
        self._session.headers.update({
            "Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "mfa-audit",
            "Prefer": "include-unknown-enum-members", "x-ms-throttle-priority": "low",
        })

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def ask(self, url: str, family: Family, decode: Callable[[bytes], Answer], *,
            headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
        """The answer to a GET of ``url`` (a POST of ``body`` where there is one), as ``decode`` reads it.

        ``url`` is a whole address or a path such as ``/v1.0/users``. What breaks on the way, is throttled or fails is
        asked again; so is an answer that ``decode`` refuses. Raises :class:`Refusal` for an answer that asking again
        will not change, what :class:`mfa_audit.sources.graph.patience.Patience` raises when patience ends, and
        :class:`mfa_audit.errors.IncompleteData` for a foreign address.
        """
        url = self._wire.root + url if url.startswith("/") else url
        refuse_elsewhere(url, self._wire.root)
        patience = Patience(self._pace, family, _path(url), self._tokens.renew)
        while True:
            self._pace.wait(family)
            self.asked += 1
            try:
                return decode(self._send(url, headers, body))
            except (ValueError, RecursionError, msgspec.MsgspecError):
                problem = "what it answers is cut, or not what Graph writes"
            except _BROKEN as error:
                problem = said_of(error)
            except _Refused as refused:
                patience.refused(refused.told, refused.wait)
                continue
            except SignInUnwell as unwell:
                patience.signed_in_not(unwell)
                continue
            patience.broke(problem)

    def _send(self, url: str, headers: Mapping[str, str] | None, body: bytes | None) -> bytes:
        method = "GET" if body is None else "POST"
        with self._session.request(
            method, url, headers=headers, data=body, auth=_Bearer(self._tokens), stream=True, allow_redirects=False,
            timeout=(self._wire.connect, self._wire.read),
        ) as response:
            content = self._whole(response)
            now = self._clock.now()
            there = moment(response.headers.get("Date"))
            if there is not None:
                self.skew = (there - now).total_seconds()
            status = response.status_code
            _log.debug("%s %s %s %s", method, _path(url), status, response.headers.get("request-id", ""))
            if status != 200:
                raise _Refused(refusal(status, content), retry_after(response.headers.get("Retry-After"), there or now))
            kind = response.headers.get("Content-Type", "")
            if "json" not in kind and "text/plain" not in kind:
                raise ValueError(f"an answer of type {kind!r}")
            return content

    def _whole(self, response: requests.Response) -> bytes:
        """The body, decompressed. Raises ValueError past :data:`LARGEST_BODY`, Timeout for one that only drips in."""
        pieces, size, until = [], 0, self._clock.monotonic() + _LONGEST_ANSWER
        for piece in response.iter_content(_PIECE):
            size += len(piece)
            if size > LARGEST_BODY:
                raise ValueError("the answer is larger than any page")
            if self._clock.monotonic() > until:
                raise requests.Timeout
            pieces.append(piece)
        return b"".join(pieces)


class _Refused(Exception):
    """An answer other than 200: what it says and how long it asks to wait."""

    def __init__(self, told: Refusal, wait: float | None) -> None:
        super().__init__()
        self.told = told
        self.wait = wait


class _Bearer(requests.auth.AuthBase):
    """Puts the token on a request; an auth object because a session's header loses to a ``.netrc``."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._tokens.token()}"
        return request


def moment(date: str | None) -> datetime | None:
    """What a ``Date`` header says; null when it says nothing, or not in which zone."""
    try:
        told = email.utils.parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return None if told.tzinfo is None else told


def said_of(error: Exception) -> str:
    """What happened on the way; the library's own words may hold the address with its page token."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "the certificate of the other side is not trusted here (a proxy's own? then set MFA_AUDIT_CA_BUNDLE)"
    if "407" in text:
        return "the proxy wants a sign-in of its own"
    return f"the connection failed ({type(error).__name__})"


def _path(url: str) -> str:
    return urlsplit(url).path
