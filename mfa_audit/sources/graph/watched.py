"""Connections that look up while they wait: whether an answer takes too long, or nobody waits for it any more.

A timeout of a socket bounds one read of it, so that what comes a byte at a time, headers or body, lasts for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from urllib3.util.ssl_ import create_urllib3_context

if TYPE_CHECKING:
    from collections.abc import Callable

_GLANCE = 1.0
"""Seconds between two looks while nothing comes."""


def watched_context(check: Callable[[], None]) -> Any:
    """A TLS context (``ssl.SSLContext``) whose sockets call ``check`` before every read and every second of one; it
    raises TimeoutError to end the wait. It trusts nobody yet: whoever connects loads the authorities."""
    context = create_urllib3_context()
    usual: Any = context.sslsocket_class

    class Watched(usual):  # type: ignore[misc]
        def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
            patience, waited = self.gettimeout(), 0.0
            try:
                while True:
                    check()
                    self.settimeout(_GLANCE if patience is None else min(_GLANCE, patience))
                    try:
                        return int(super().recv_into(buffer, nbytes, flags))
                    except TimeoutError:
                        waited += _GLANCE
                        if patience is not None and waited >= patience:
                            raise
            finally:
                self.settimeout(patience)

    context.sslsocket_class = Watched
    return context
