"""Where a request may go."""

from __future__ import annotations

import pytest

from mfa_audit.errors import IncompleteData, SettingsError
from mfa_audit.sources.graph.address import cloud_of, refuse_elsewhere

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
    "https://127.0.0.1.elsewhere.example", "https://127.0.0.1/path",
])
def test_no_other_root_is_taken(root):
    """Anything but a Microsoft cloud and loopback is refused, with the setting's name."""
    with pytest.raises(SettingsError, match="login_root"):
        cloud_of("global", None, root)
