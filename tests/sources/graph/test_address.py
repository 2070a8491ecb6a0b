"""Where a request may go."""

from __future__ import annotations

import pytest

from mfa_audit.errors import IncompleteData, SettingsError
from mfa_audit.sources.graph.address import cloud_of, is_proxy, on_this_machine, refuse_elsewhere

ROOT = "https://graph.microsoft.com"


@pytest.mark.parametrize("url", [
    "https://graph.microsoft.com/v1.0/users?$skiptoken=a", "https://graph.microsoft.com:443/beta/users",
    "https://GRAPH.microsoft.com/v1.0/users",
])
def test_the_configured_host_is_asked(url):
    """Host and port are compared as such, whatever their spelling."""
    refuse_elsewhere(url, ROOT)


@pytest.mark.parametrize("url", [
    "http://graph.microsoft.com/v1.0/users", "https://graph.microsoft.com.elsewhere.example/v1.0/users",
    "https://elsewhere.example/v1.0/users", "https://graph.microsoft.com@elsewhere.example/v1.0/users",
    "https://who@graph.microsoft.com/v1.0/users", "https://graph.microsoft.com:8443/v1.0/users",
    "https://graph.microsoft.com/v1.0.evil/users", "https://graph.microsoft.com/users",
    "//elsewhere.example/v1.0/users",
    "https://graph.microsoft.com\\@elsewhere.example/v1.0/users", "https://[graph.microsoft.com/v1.0/users",
    "https://graph.microsoft.com:99999999/v1.0/users", "/v1.0/users", "",
])
def test_nothing_else_is_asked(url):
    """Look-alikes, other schemes, ports, versions and addresses that cannot be read are refused."""
    with pytest.raises(IncompleteData) as caught:
        refuse_elsewhere(url, ROOT)

    assert "skiptoken" not in str(caught.value)


@pytest.mark.parametrize("root", ["https://127.0.0.1:8443", "https://localhost:1", "https://[::1]:2"])
def test_a_simulator_may_stand_in(root):
    """A loopback address may take Graph's place."""
    assert root == cloud_of("global", root, None).graph


@pytest.mark.parametrize("root", [
    "https://10.0.0.1", "https://graph.elsewhere.example", "http://127.0.0.1:1", "https://127.0.0.1@elsewhere.example",
    "https://127.0.0.1.elsewhere.example", "https://127.0.0.1/path", "https://127.0.0.1:8443?", "https://127.0.0.1#",
    "https://@127.0.0.1", "https://127.0.0.1:99999", "https://127.0.0.1:0", "https://127.0.0.1:8443\t",
    "https://127.0.0.1 ", "https://local\nhost", "https://localhost\x00", "https://localhost//", "https://[::1%25lo]",
])
def test_no_other_root_is_taken(root):
    """Anything but a Microsoft cloud and loopback is refused, with the setting's name."""
    with pytest.raises(SettingsError, match="login_root"):
        cloud_of("global", None, root)


@pytest.mark.parametrize(("url", "own"), [
    ("https://127.0.0.1:8443/v1.0/users", True), ("http://169.254.169.254/metadata/identity", True),
    ("http://localhost:42356/msi/token", True), ("https://graph.microsoft.com/v1.0", False),
    ("https://10.0.0.1", False), ("https://localhost.elsewhere.example", False), ("https://[", False), ("", False),
])
def test_this_machine_is_told_from_others(url, own):
    """By its addresses alone: a name that begins alike is another host."""
    assert own is on_this_machine(url)


@pytest.mark.parametrize(("proxy", "usable"), [
    ("http://proxy.example:8080", True), ("http://user:word@proxy.example", True), ("proxy.example:8080", True),
    ("http://user:word@127.0.0.1:notaport", False), ("user:word@", False), ("http://", False), ("http://[", False),
    ("gopher://proxy.example", False), ("socks5h://127.0.0.1:1", True),
])
def test_a_proxy_must_name_a_host(proxy, usable):
    """With a scheme or without."""
    assert usable is is_proxy(proxy)
