"""Devices."""

from __future__ import annotations

import pandas as pd
import pytest

ONE, TWO = "D0D0D0D0-0000-4000-8000-0000000000AA", "d0d0d0d0-0000-4000-8000-0000000000bb"


def by_id(snapshot):
    """The devices, by their id."""
    return snapshot.frame("devices").set_index("device_id")


@pytest.mark.parametrize(("written", "trust_type"), [
    ("ServerAd", "ServerAD"), ("Hybrid Azure AD joined", "ServerAD"), ("Microsoft Entra hybrid joined", "ServerAD"),
    ("AzureAd", "AzureAD"), ("Azure AD joined", "AzureAD"), ("Microsoft Entra joined", "AzureAD"),
    ("Workplace", "Workplace"), ("Azure AD registered", "Workplace"), ("Microsoft Entra registered", "Workplace"),
])
def test_a_device_has_one_spelling_of_how_it_is_joined(written, trust_type, stage):
    """Graph, PowerShell, portal and sign-in log write it differently."""
    snapshot = stage.snapshot(stage.json("devices", {"device_id": ONE, "trust_type": written}))

    assert trust_type == by_id(snapshot).loc[ONE.lower(), "trust_type"]


def test_facts_of_a_device_are_yes_no_blank_or_absent(stage):
    """Null from Graph is no answer; what no source has is absent; a time is UTC."""
    snapshot = stage.snapshot(stage.json(
        "devices",
        {"device_id": ONE, "is_compliant": True, "is_managed": None, "operating_system": "Windows",
         "last_sign_in": "2026-02-01T08:01:00Z"},
        {"device_id": TWO, "is_compliant": False, "is_managed": True, "operating_system": None, "last_sign_in": None},
    ))
    devices = by_id(snapshot)

    assert ["yes", "no"] == list(devices["is_compliant"])
    assert ["blank", "yes"] == list(devices["is_managed"])
    assert ["absent", "absent"] == list(devices["enabled"])
    assert [pd.Timestamp("2026-02-01 08:01"), pd.NaT] == list(devices["last_sign_in"])
    assert "complete" == snapshot.manifest.tables["devices"].state


def test_what_two_rows_of_a_device_differ_in_is_unknown(stage, checks):
    """A stale twin makes no device compliant."""
    snapshot = stage.snapshot(stage.json(
        "devices",
        {"object_id": "1", "device_id": ONE, "is_compliant": True, "trust_type": "ServerAd", "ownership": "Company"},
        {"object_id": "2", "device_id": ONE, "is_compliant": False, "trust_type": "AzureAd", "ownership": "Company"},
    ))
    device = by_id(snapshot).loc[ONE.lower()]

    assert ("blank", "Company") == (device["is_compliant"], device["ownership"])
    assert pd.isna(device["trust_type"])
    assert 1 == checks(snapshot)["one device id, two devices"]


def test_a_device_without_an_id_makes_the_table_partial(stage, checks):
    """No sign-in can be joined to it; a way of joining nobody knows is complained about."""
    snapshot = stage.snapshot(stage.json(
        "devices", {"device_id": None, "trust_type": "ServerAd"}, {"device_id": TWO, "trust_type": "Blockchain"},
    ))
    state = snapshot.manifest.tables["devices"]

    assert ("partial", "1 device(s) have no device id", 1) == (state.state, state.reason, state.rows)
    assert 1 == checks(snapshot)["unreadable value: trust_type"]
