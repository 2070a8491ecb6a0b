"""Connections that look up while they wait: whether an answer takes too long, or nobody waits for it any more.

A timeout of a socket bounds one read of it, so that what comes a byte at a time, headers or body, lasts for ever; and
looking a name up, connecting and shaking hands know no other end than their own.
"""

from __future__ import annotations

import concurrent.futures
import threading
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

if TYPE_CHECKING:
    from collections.abc import Callable

_GLANCE = 1.0
"""Seconds between two looks while nothing comes."""


def watched_context(check: Callable[[], None]) -> Any:
    """A TLS context (``ssl.SSLContext``) whose sockets call ``check`` before every read, and every second of one and of
    shaking hands; it raises TimeoutError to end the wait. It trusts nobody yet: whoever connects loads the
    authorities."""
    context = create_urllib3_context()
    usual: Any = context.sslsocket_class

    class Watched(usual):  # type: ignore[misc]
        def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
            return int(self._glancing(lambda: usual.recv_into(self, buffer, nbytes, flags)))

        def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's own
            self._glancing(lambda: usual.do_handshake(self, block))

        def _glancing(self, act: Callable[[], Any]) -> Any:
            patience, waited = self.gettimeout(), 0.0
            try:
                while True:
                    check()
                    self.settimeout(_GLANCE if patience is None else min(_GLANCE, patience))
                    try:
                        return act()
                    except TimeoutError:
                        waited += _GLANCE
                        if patience is not None and waited >= patience:
                            raise
            finally:
                self.settimeout(patience)

    context.sslsocket_class = Watched
    return context


def watched_pools(check: Callable[[], None]) -> dict[str, type[HTTPConnectionPool]]:
    """Pools of connections, by scheme, that call ``check`` every second while one is made."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> Any:
            return _glancing_at(super()._new_conn, check)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> Any:
            return _glancing_at(super()._new_conn, check)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _glancing_at(connect: Callable[[], Any], check: Callable[[], None]) -> Any:
    """The socket that ``connect`` makes, in a thread that nobody has to wait for."""
    made: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def work() -> None:
        try:
            made.set_result(connect())
        except Exception as error:  # noqa: BLE001 - handed on to who waits
            made.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        while not made.done():
            check()
            concurrent.futures.wait([made], _GLANCE)
    except BaseException:
        made.add_done_callback(_close)
        raise
    return made.result()


def _close(made: concurrent.futures.Future[Any]) -> None:
    if made.exception() is None:
        made.result().close()
