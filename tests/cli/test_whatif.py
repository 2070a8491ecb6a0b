"""``mfa-audit whatif`` about an account of the last run."""

from __future__ import annotations

import json

import pytest

ADMINISTRATOR = "6a000000-0000-4000-8000-000000000016"


@pytest.fixture(name="audited")
def _audited(mfa):
    from nights import GOLDEN  # noqa: PLC0415 - beside the tests

    assert 0 == mfa("run", "--source", GOLDEN, "--policy", GOLDEN / "policy.toml", "--as-of", "2026-03-02", "-q").code
    return mfa


def test_every_scenario_in_a_line(audited):
    """An administrator who is asked everywhere but on the network."""
    told = audited("whatif", "--account", ADMINISTRATOR, "--matrix")

    assert 0 == told.code
    lines = [line for line in told.out.splitlines() if "One factor is enough" in line]
    assert 2 == len(lines)
    assert "on the" in lines[0]


def test_one_scenario_with_its_policies(audited):
    """Each policy, and why it does not apply."""
    told = audited("whatif", "--account", "p16@NORTHMOOR.example", "--scenario", "managed_device_on_network")

    assert "MFA off the NHS network  is not for this place" in told.out
    assert "Block old mail programs  is not for this kind of client" in told.out


def test_for_machines(audited):
    """The record of a decision for each sign-in."""
    told = audited("whatif", "--account", ADMINISTRATOR, "--scenario", "personal_computer", "--json")

    records = [json.loads(line) for line in told.out.splitlines()]
    assert 9 == len(records)
    assert {"mfa"} == {record["outcome"] for record in records}
    assert {8} == {record["signInFrequencyHours"] for record in records}


@pytest.mark.parametrize("arguments", [
    (), ("--account", "nobody-of-that-name"), ("--account", "northmoor"),
    ("--account", ADMINISTRATOR, "--scenario", "nowhere"),
    ("--account", ADMINISTRATOR, "--scenario", "personal_computer", "--matrix"), ("case.json", "--account", "x"),
])
def test_what_cannot_be_asked(audited, arguments):
    """Said in words, with exit 2."""
    told = audited("whatif", *arguments)

    assert 2 == told.code
    assert "Next:" in told.err
