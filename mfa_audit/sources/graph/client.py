"""One request to Graph at a time, asked until it is answered, refused for good, or out of time.

Every request carries its token by an auth object (a ``.netrc`` cannot take its place), goes to one host, follows no
redirect, waits for its family's turn, and reads no more than :data:`LARGEST_BODY` bytes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
import requests.adapters
import requests.auth

from mfa_audit.errors import SettingsError
from mfa_audit.sources.graph.address import is_proxy, on_this_machine, refuse_elsewhere
from mfa_audit.sources.graph.patience import Patience, SignInUnwell
from mfa_audit.sources.graph.refusals import Refusal, plain, refusal, retry_after
from mfa_audit.sources.graph.skew import apart, moment
from mfa_audit.sources.graph.watched import watched_context, watched_pools

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.pacing import Family, Pace

LARGEST_BODY = 64 * 2**20
"""Bytes of one answer, after decompression."""

LARGEST_OF_OTHERS = 2**20
"""Bytes of one answer of a service that gives no pages, such as the one for signing in."""

LONGEST_ANSWER = 300.0
"""Seconds from a request to the last byte of its answer."""

_PIECE = 2**16
_BROKEN = (
    requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
_NEVER_CONNECTED = ("NewConnectionError", "NameResolutionError", "CERTIFICATE_VERIFY_FAILED", "ProxyError")
NETWORK_ERRORS = (requests.RequestException,)
"""What can happen between here and there."""

_log = logging.getLogger(__name__)
# Urllib3 logs addresses with their page tokens; what this module says of a request is enough.
logging.getLogger("urllib3").propagate = False
Answer = TypeVar("Answer")
Request: TypeAlias = requests.PreparedRequest
Response: TypeAlias = requests.Response
"""What passes through a session, for who looks at it on the way."""


def _ignore(_: object) -> None:
    """Let pass."""


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


def new_session(ca_bundle: Path | None, clock: Clock, *, timeout: tuple[float, float] | None = None,
                watch: Callable[[Request], None] = _ignore, judge: Callable[[Response], None] = _ignore,
                over: Callable[[], bool] = lambda: False) -> requests.Session:
    """A session that trusts ``ca_bundle`` where one is named, with a ``timeout`` in seconds (to connect, for the next
    piece) for calls that set none. It follows no redirect, takes no password from a ``.netrc`` and uses no proxy to
    reach this machine. ``watch`` may refuse a request before it leaves, ``judge`` an answer before anybody reads it, by
    raising. An answer is given up, with one of :data:`NETWORK_ERRORS`, when it takes longer than
    :data:`LONGEST_ANSWER`, or within a second of ``over``.

    Raises :class:`SettingsError` for a bundle that is none; what it sends raises it for a proxy that is none.
    """
    try:
        text = "" if ca_bundle is None else ca_bundle.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(f"the certificate authority's file cannot be read: {error.strerror}", where=str(ca_bundle),
                            next_step="correct 'ca_bundle'.") from error
    if ca_bundle is not None and "-----BEGIN CERTIFICATE-----" not in text:
        raise SettingsError("the certificate authority's file holds no certificate in PEM", where=str(ca_bundle),
                            next_step="correct 'ca_bundle'.")
    # What a session is told once loses to REQUESTS_CA_BUNDLE, so it is said with every request.
    trusted = {} if ca_bundle is None else {"verify": str(ca_bundle)}
    return _Session(clock, {"timeout": timeout, **trusted}, watch, judge, over)


class _Session(requests.Session):
    """What :func:`new_session` gives; ``usual`` are the arguments of every request."""

    def __init__(self, clock: Clock, usual: Mapping[str, Any], watch: Callable[[Request], None],
                 judge: Callable[[Response], None], over: Callable[[], bool]) -> None:
        super().__init__()
        self.auth = _Nothing()
        self._clock, self._usual = clock, usual
        self._watch, self._judge, self._over = watch, judge, over
        self._until = 0.0
        self.mount("https://", _Watched(self._look))
        self.mount("http://", _Watched(self._look))

    def request(self, *args: Any, **kwargs: Any) -> Response:
        return super().request(*args, **{**self._usual, **kwargs, "allow_redirects": False})

    def send(self, request: Request, **kwargs: Any) -> Response:
        self._watch(request)
        self._until = self._clock.monotonic() + LONGEST_ANSWER
        url = request.url or ""
        if on_this_machine(url):
            kwargs["proxies"] = {}
        in_pieces, kwargs["stream"] = kwargs.get("stream"), True  # Else all of it is read before anybody can look.
        proxy = requests.utils.select_proxy(url, kwargs.get("proxies"))
        try:
            if proxy is not None and not is_proxy(proxy):
                raise _no_proxy("it is no address")
            response = super().send(request, **kwargs)
        except requests.exceptions.InvalidProxyURL as error:
            raise _no_proxy("it is no address") from error
        except requests.exceptions.InvalidSchema as error:
            raise _no_proxy("its kind is not known here") from error
        self._judge(response)
        if not in_pieces:
            with response:
                self._hold(response)
        return response

    def resolve_redirects(self, *args: Any, **kwargs: Any) -> Generator[Response, None, None]:  # noqa: ARG002
        """None is followed; to find out where one leads, the library would read its body, whatever its size."""
        yield from ()

    @staticmethod
    def _hold(response: Response) -> None:
        """Read the answer for whoever asks for it later."""
        try:
            content = read_whole(response, LARGEST_OF_OTHERS)
        except ValueError as error:
            raise requests.exceptions.ContentDecodingError("the answer is too large") from error
        response._content = content  # where the library keeps what it has read

    def _look(self) -> None:
        """Raise TimeoutError when the answer at hand is not worth waiting for."""
        if self._over() or self._clock.monotonic() > self._until:
            raise TimeoutError


class _Nothing(requests.auth.AuthBase):
    """Adds nothing; a session without any auth object looks into ``.netrc``."""

    def __call__(self, request: Request) -> Request:
        return request


class _Watched(requests.adapters.HTTPAdapter):
    """Makes connections that call ``check``, also through a proxy."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._context, self._pools = watched_context(check), watched_pools(check)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, ssl_context=self._context, **kwargs)
        if not args[0].lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager


class Client:
    """Asks Graph. One for each thread, because a session is not shared; :class:`Pace` and tokens are.

    ``skew`` is by how many seconds Graph's clock was ahead of this machine's at the answer at which they were furthest
    apart; null before the first.
    ``asked`` counts the requests that have left.
    """

    def __init__(self, wire: Wire, tokens: Tokens, pace: Pace, clock: Clock) -> None:
        self.skew: float | None = None
        self.asked = 0
        self._wire = wire
        self._tokens = tokens
        self._pace = pace
        self._clock = clock
        self._session = new_session(wire.ca_bundle, clock, over=lambda: pace.over)
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

    def hand_over(self, path: str, family: Family, body: bytes, headers: Mapping[str, str]) -> Refusal | None:
        """POST ``body`` once; null when it was accepted, else what Graph says.

        For what must not happen twice: after a request has left nothing is asked again, but for a token that was not
        accepted and a wait that Graph asks for, before which it has done nothing. Raises :class:`NotSent` when the
        request has surely not left, :class:`NotKnown` when the answer did not arrive, :class:`AccessRefused` and
        :class:`GraphUnreachable` as :meth:`ask`.
        """
        patience = Patience(self._pace, family, path, self._tokens.renew)
        while True:
            self._pace.wait(family)
            self.asked += 1
            try:
                self._send(self._wire.root + path, headers, body, accepted=202)
            except _Refused as refused:
                if refused.told.status != 401 and not refused.told.throttled:
                    return refused.told
                patience.refused(refused.told, refused.wait)
            except SignInUnwell as unwell:
                patience.signed_in_not(unwell)
            except requests.exceptions.ConnectTimeout as error:
                raise NotSent(said_of(error)) from error
            except requests.ConnectionError as error:
                never = any(word in str(error) for word in _NEVER_CONNECTED)
                raise (NotSent if never else NotKnown)(said_of(error)) from error
            except (*_BROKEN, ValueError) as error:
                raise NotKnown(said_of(error)) from error
            else:
                return None

    def _send(self, url: str, headers: Mapping[str, str] | None, body: bytes | None, *,
              accepted: int = 200) -> bytes:
        method, sent = "GET" if body is None else "POST", self._clock.now()
        with self._session.request(
            method, url, headers=headers, data=body, auth=_Bearer(self._tokens), stream=True, allow_redirects=False,
            timeout=(self._wire.connect, self._wire.read),
        ) as response:
            now, there = self._clock.now(), moment(response.headers.get("Date"))
            if there is not None:
                self.skew = max(self.skew or 0.0, apart(there, sent, now), key=abs)
            content = read_whole(response, LARGEST_BODY)
            status = response.status_code
            _log.debug("%s %s %s %s", method, _path(url), status,
                       plain(response.headers.get("request-id")))
            if status != accepted:
                raise _Refused(refusal(status, content), retry_after(response.headers.get("Retry-After"), there or now))
            if accepted != 200:
                return content
            kind = response.headers.get("Content-Type", "")
            if "json" not in kind and "text/plain" not in kind:
                raise ValueError(f"an answer of type {kind!r}")
            return content


def read_whole(response: Response, most: int) -> bytes:
    """The body, decompressed. Raises ValueError past ``most`` bytes."""
    pieces, size = [], 0
    for piece in response.iter_content(_PIECE):
        size += len(piece)
        if size > most:
            raise ValueError("the answer is larger than any of its kind")
        pieces.append(piece)
    return b"".join(pieces)


class NotSent(Exception):
    """A request that surely did not leave."""


class NotKnown(Exception):
    """A request that left, and whose answer did not arrive."""


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

    def __call__(self, request: Request) -> Request:
        request.headers["Authorization"] = f"Bearer {self._tokens.token()}"
        return request


def said_of(error: Exception) -> str:
    """What happened on the way; the library's own words may hold the address with its page token."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "the certificate of the other side is not trusted here (a proxy's own? then set MFA_AUDIT_CA_BUNDLE)"
    if "407" in text:
        return "the proxy wants a sign-in of its own"
    return f"the connection failed ({type(error).__name__})"


def _no_proxy(why: str) -> SettingsError:
    """What is wrong with a proxy; its address may hold a password."""
    return SettingsError(f"the proxy that the environment names cannot be used: {why}", where="HTTPS_PROXY",
                         next_step="write http://host:port (with user:password@ before the host where it asks for "
                                   "them), or name no proxy.")


def _path(url: str) -> str:
    return urlsplit(url).path
