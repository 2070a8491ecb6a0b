"""Puts an answer on the wire, whole or as badly as its ``delivery`` says."""

from __future__ import annotations

import gzip
import socket
import struct
import zlib
from datetime import timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

    from mfa_audit.clock import Clock

    from .answers import Answer

MEGABYTE = 1 << 20


def send(handler: BaseHTTPRequestHandler, answer: Answer, clock: Clock, *, gzipped: bool) -> None:
    """Write the answer to the handler's connection. A bad delivery closes it."""
    body, headers = answer.rendered(), {"Content-Type": "application/json", **answer.headers}
    skew = timedelta(seconds=answer.parameters.get("seconds", 900) if answer.delivery == "clock_skew" else 0)
    headers["Date"] = format_datetime(clock.now() + skew, usegmt=True)
    deliver = DELIVERIES.get(answer.delivery or "")
    if deliver is not None:
        handler.close_connection = True
        deliver(handler, answer, headers, body, clock)
        return
    if answer.delivery == "invalid_json":
        body = body[:-1] + b',"value":[}'
    elif answer.delivery == "nan":
        body = b'{"simulated":NaN,' + body[1:]
    if gzipped and len(body) > 1024:
        body, headers["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
    _head(handler, answer.status, headers, len(body))
    handler.wfile.write(body)


def _head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], length: int | None) -> None:
    handler.send_response_only(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    if handler.close_connection:
        handler.send_header("Connection", "close")
    handler.end_headers()


def _reset(handler: BaseHTTPRequestHandler) -> None:
    # A socket closed with no lingering sends a reset in place of an orderly end.
    handler.wfile.flush()
    raw = socket.socket(fileno=handler.connection.detach())
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def _reset_before(handler: BaseHTTPRequestHandler, *_: object) -> None:
    _reset(handler)


def _reset_after_headers(
    handler: BaseHTTPRequestHandler, answer: Answer, headers: dict[str, str], body: bytes, clock: Clock
) -> None:
    _head(handler, answer.status, headers, len(body))
    _reset(handler)


def _slow_drip(
    handler: BaseHTTPRequestHandler, answer: Answer, headers: dict[str, str], body: bytes, clock: Clock
) -> None:
    _head(handler, answer.status, headers, len(body))
    step = max(1, len(body) // answer.parameters.get("pieces", 50))
    for start in range(0, len(body), step):
        clock.sleep(answer.parameters.get("seconds", 5))
        handler.wfile.write(body[start : start + step])
        handler.wfile.flush()


def _hang(
    handler: BaseHTTPRequestHandler, answer: Answer, headers: dict[str, str], body: bytes, clock: Clock
) -> None:
    clock.sleep(answer.parameters.get("seconds", 400))
    handler.connection.settimeout(30)
    try:
        handler.connection.recv(1)
    except TimeoutError:
        return


def _cut_with_length(
    handler: BaseHTTPRequestHandler, answer: Answer, headers: dict[str, str], body: bytes, clock: Clock
) -> None:
    _head(handler, answer.status, headers, len(body))
    handler.wfile.write(body[: len(body) // 2])


def _cut_without_length(
    handler: BaseHTTPRequestHandler, answer: Answer, headers: dict[str, str], body: bytes, clock: Clock
) -> None:
    _head(handler, answer.status, headers, None)
    handler.wfile.write(body[: len(body) // 2])


def _wrong_gzip(
    handler: BaseHTTPRequestHandler, answer: Answer, headers: dict[str, str], body: bytes, clock: Clock
) -> None:
    _head(handler, answer.status, headers | {"Content-Encoding": "gzip"}, len(body))
    handler.wfile.write(body)


@lru_cache(maxsize=1)
def _bomb(megabytes: int) -> bytes:
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(press.compress(b" " * MEGABYTE) for _ in range(megabytes)) + press.flush()


def _gzip_bomb(
    handler: BaseHTTPRequestHandler, answer: Answer, headers: dict[str, str], body: bytes, clock: Clock
) -> None:
    bomb = _bomb(answer.parameters.get("megabytes", 300))
    _head(handler, answer.status, headers | {"Content-Encoding": "gzip"}, len(bomb))
    handler.wfile.write(bomb)


def _long_line(
    handler: BaseHTTPRequestHandler, answer: Answer, headers: dict[str, str], body: bytes, clock: Clock
) -> None:
    megabytes: int = answer.parameters.get("megabytes", 100)
    start, end = b'{"value":[{"id":"', b'"}]}'
    _head(handler, answer.status, headers, len(start) + megabytes * MEGABYTE + len(end))
    for piece in _pieces(start, end, megabytes):
        handler.wfile.write(piece)


def _pieces(start: bytes, end: bytes, megabytes: int) -> Iterator[bytes]:
    yield start
    for _ in range(megabytes):
        yield b"a" * MEGABYTE
    yield end


DELIVERIES: dict[str, Callable[..., None]] = {
    "reset_before": _reset_before,
    "reset_after_headers": _reset_after_headers,
    "slow_drip": _slow_drip,
    "hang": _hang,
    "cut_with_length": _cut_with_length,
    "cut_without_length": _cut_without_length,
    "wrong_gzip": _wrong_gzip,
    "gzip_bomb": _gzip_bomb,
    "long_line": _long_line,
}
