"""Which addresses a request may go to: the configured Graph host over https, and nowhere else.

A ``nextLink`` is text from the network. Parts are compared after parsing, because beginnings of text can be imitated
(``https://graph.microsoft.com.elsewhere.example``).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mfa_audit.errors import IncompleteData, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = ("v1.0", "beta")
_PROXY_KINDS = re.compile(r"https?|socks(?:4a?|5h?)")
_PLAIN_ROOT = re.compile(r"https://[a-z0-9.:\[\]-]+", re.IGNORECASE | re.ASCII)
"""A scheme, a host and a port: no path, query, fragment, user information or blank."""


@dataclass(frozen=True)
class Cloud:
    """Where one of Microsoft's clouds signs people in and answers."""

    login: str
    graph: str


CLOUDS: Mapping[str, Cloud] = {
    "global": Cloud("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "us_government": Cloud("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "us_government_dod": Cloud("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": Cloud("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
}
"""Source: Microsoft Learn, "Microsoft Graph national cloud deployments"."""


def cloud_of(name: str, graph_root: str | None, login_root: str | None) -> Cloud:
    """The roots of a cloud, or others in their place.

    Another root must be one of a known cloud or a loopback address, so that a simulator can stand in and nothing else
    can. Raises :class:`SettingsError` otherwise.
    """
    known = CLOUDS[name]
    return Cloud(
        login=_allowed("login_root", login_root, {cloud.login for cloud in CLOUDS.values()}) or known.login,
        graph=_allowed("graph_root", graph_root, {cloud.graph for cloud in CLOUDS.values()}) or known.graph,
    )


def refuse_elsewhere(url: str, root: str) -> None:
    """Raise :class:`IncompleteData` unless ``url`` lies on the host of ``root``, over https, at its port, without user
    information, under a version of Graph."""
    if not same_host(url, root) or urlsplit(url).path.split("/")[1:2] not in [[version] for version in VERSIONS]:
        raise IncompleteData(
            "Graph named a next page at an address that is not its own, which was not asked", where=shown_of(url),
            next_step="look at the proxy between this machine and Graph; run again.",
        )


def same_host(url: str, root: str) -> bool:
    """Whether ``url`` lies on the host of ``root``, over https, at its port, without user information."""
    try:
        there, here = urlsplit(url), urlsplit(root)
        return (there.scheme == "https" and there.hostname == here.hostname and _port(there.port) == _port(here.port)
                and there.username is None and there.password is None and "\\" not in url)
    except ValueError:
        return False


def on_this_machine(url: str) -> bool:
    """Whether the host of ``url`` is this machine or the service beside it that gives a machine its own identity:
    a loopback or a link-local address. What goes there passes no proxy."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or (found := ipaddress.ip_address(host)).is_loopback or found.is_link_local
    except ValueError:
        return False


def is_proxy(address: str) -> bool:
    """Whether the address of a proxy, with its scheme or without, is of a kind that is known and names a host."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        return _PROXY_KINDS.fullmatch(parts.scheme) is not None and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _allowed(setting: str, root: str | None, known: set[str]) -> str | None:
    if root is None:
        return None
    root = root.removesuffix("/")
    if root not in known and not _is_loopback(root):
        raise SettingsError(
            f"{setting}: {root!r} is neither a Microsoft cloud nor a loopback address", where="settings",
            next_step="leave it out; 'cloud' chooses among Microsoft's clouds.",
        )
    return root


def _is_loopback(root: str) -> bool:
    try:
        parts = urlsplit(root)
        host, port = parts.hostname or "", parts.port  # A port that is none raises.
        plain = _PLAIN_ROOT.fullmatch(root) is not None and port != 0
        return plain and parts.scheme == "https" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def _port(port: int | None) -> int:
    return 443 if port is None else port


def shown_of(url: str) -> str:
    """Scheme and host alone: the rest of an address holds page tokens."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}"[:100]
    except ValueError:
        return "an address that cannot be read"
