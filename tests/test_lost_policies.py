"""Losing a part of what says who is asked makes nobody compliant."""

from __future__ import annotations

import json
import shutil

import pytest
from nights import GOLDEN, judged

COMPLIANT = ("COMPLIANT", "COMPLIANT_WEAK")


def statuses(folder, home):
    """Number of each golden account -> its status and why."""
    people = judged([folder], folder / "policy.toml", home)
    return {int(row.account_id[-2:]): (row.status, row.reason) for row in people.itertuples()}


@pytest.fixture(name="golden")
def _golden(tmp_path):
    """A copy of the golden files to take things away from."""
    return shutil.copytree(GOLDEN, tmp_path / "golden")


def value(folder, name):
    """The entries of a golden document."""
    return json.loads((folder / name).read_text(encoding="utf-8"))["value"]


def write(folder, name, entries):
    """Put a document in the place of the golden one."""
    (folder / name).write_text(json.dumps({"value": entries}), encoding="utf-8")


def without_groups(folder):
    """The groups that policies name were never supplied."""
    (folder / "groups.json").unlink()


def without_members(folder):
    """Nobody read who is in them."""
    write(folder, "groups.json", [group | {"members": None} for group in value(folder, "groups.json")])


def without_locations(folder):
    """The named locations were never supplied."""
    (folder / "namedLocations.json").unlink()


def with_a_location_nobody_can_read(folder):
    """One whose addresses are not addresses."""
    (location,) = value(folder, "namedLocations.json")
    write(folder, "namedLocations.json", [location | {"ipRanges": [{"cidrAddress": "somewhere"}]}])


def with_a_condition_nobody_knows(folder):
    """Every policy has something new in it."""
    policies = value(folder, "conditionalAccessPolicies.json")
    for policy in policies:
        policy["conditions"]["somethingNew"] = {"x": 1}
    write(folder, "conditionalAccessPolicies.json", policies)


LOSSES = (without_groups, without_members, without_locations, with_a_location_nobody_can_read,
          with_a_condition_nobody_knows)


@pytest.fixture(scope="module", name="truth")
def _truth(tmp_path_factory):
    """Who is compliant when nothing is lost."""
    return statuses(GOLDEN, tmp_path_factory.mktemp("truth"))


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
def test_nobody_becomes_compliant(golden, truth, tmp_path, lose):
    """Whoever hangs on what was lost is not known; G06 and G16, who are never asked, are not called compliant."""
    lose(golden)

    found = statuses(golden, tmp_path / "home")

    assert not {account for account, (status, _) in found.items()
                if status in COMPLIANT and truth[account][0] not in COMPLIANT}
    assert {status for status, _ in found.values()} >= {"UNKNOWN"}


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
def test_whoever_hangs_on_it_is_unknown(golden, tmp_path, lose):
    """And says so: enforcement_unknown."""
    lose(golden)

    assert ("UNKNOWN", "enforcement_unknown") in statuses(golden, tmp_path / "home").values()


def test_what_nobody_stated_is_not_lost(golden, tmp_path):
    """The older service's trusted addresses, which no export has: not assessed, and nobody is called unknown for it."""
    text = (golden / "policy.toml").read_text(encoding="utf-8")
    assert "mfa_trusted_ips = []" in text
    (golden / "policy.toml").write_text(text.replace("mfa_trusted_ips = []", ""), encoding="utf-8")

    assert ("COMPLIANT", "ok_enforcement_not_assessed") == statuses(golden, tmp_path / "home")[25]
