"""Every account in every scenario: made-up people and policies, the classes found and each evaluated once.

``python bench/access.py --accounts 2000000 --policies 200``: prints one JSON object. People are arrays, as they come
from a snapshot; making them is not measured.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import uuid

import numpy as np
import pandas as pd

from mfa_audit.access.classes import classes, facts_of_people, names_in
from mfa_audit.access.gap import View
from mfa_audit.access.gaps import gaps
from mfa_audit.access.matrix import Matrix
from mfa_audit.access.scenarios import situations
from mfa_audit.access.tenant import Tenant, locations_of, policies_of
from mfa_audit.policy import load_policy
from mfa_audit.snapshot.memberships import Memberships

SEED = 20_260_302
ROLES = ("62e90394-69f5-4237-9190-012177145e10", "29232cdf-9323-42fd-ade2-1d097af3e4de",
         "729827e3-9c14-49f7-bb1b-9608f156bbb8", "fe930be7-5e62-47db-91af-98c3a49a38b1")
FILTERS = ('device.isCompliant -eq True -or device.trustType -eq "ServerAD"', 'device.model -startsWith "Kiosk"',
           'device.trustType -ne "ServerAD" -or device.isCompliant -ne True')
PER_USER_SHARE, GUEST_SHARE = 0.02, 0.03


def identity(dice: random.Random) -> str:
    """An object id."""
    return str(uuid.UUID(int=dice.getrandbits(128)))


def policies(dice: random.Random, count: int, groups: list[str], locations: list[str]) -> list[dict]:
    """Policies as Graph writes them, most of them for a few groups."""
    made = []
    for number in range(count):
        everybody = number % 20 == 0
        conditions = {
            "clientAppTypes": dice.choice((["all"], ["browser", "mobileAppsAndDesktopClients"],
                                           ["exchangeActiveSync", "other"])),
            "applications": {"includeApplications": dice.choice((["All"], ["Office365"]))},
            "users": {
                "includeUsers": ["All"] if everybody else [],
                "includeGroups": [] if everybody else dice.sample(groups, dice.randint(1, 3)),
                "excludeGroups": dice.sample(groups, dice.randint(0, 2)),
                "includeRoles": list(dice.sample(ROLES, 1)) if number % 15 == 7 else [],
                "excludeUsers": [],
            },
            "platforms": dice.choice((None, None, {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]})),
            "locations": dice.choice((None, None, {"includeLocations": ["All"],
                                                   "excludeLocations": dice.sample(locations, 2)})),
            "devices": dice.choice((None, None, {"deviceFilter": {"mode": "exclude", "rule": dice.choice(FILTERS)}})),
        }
        made.append({
            "id": identity(dice), "displayName": f"Policy {number}", "conditions": conditions,
            "state": dice.choice(("enabled", "enabled", "enabled", "enabledForReportingButNotEnforced", "disabled")),
            "grantControls": {"operator": "OR", "builtInControls": dice.choice((["mfa"], ["mfa", "compliantDevice"],
                                                                                ["block"], ["compliantDevice"]))},
            "sessionControls": {"signInFrequency": {"isEnabled": True, "type": "hours", "value": dice.choice((8, 12))}},
        })
    return made


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=2_000_000)
    parser.add_argument("--policies", type=int, default=200)
    parser.add_argument("--groups", type=int, default=120)
    given = parser.parse_args()
    dice, numbers = random.Random(SEED), np.random.default_rng(SEED)
    groups, locations = ([identity(dice) for _ in range(count)] for count in (given.groups, 20))
    tenant = Tenant(
        policies=policies_of(policies(dice, given.policies, groups, locations), ()),
        locations=locations_of([{"@odata.type": "#microsoft.graph.ipNamedLocation", "id": each, "isTrusted": True,
                                 "ipRanges": [{"cidrAddress": f"198.18.{place}.0/24"}]}
                                for place, each in enumerate(locations)]),
        trusted_networks=(), security_defaults=False,
    )
    names = names_in(tenant)
    people = pd.DataFrame({
        "user_type": np.where(numbers.random(given.accounts) < GUEST_SHARE, "guest", "member"),
        "per_user": np.where(numbers.random(given.accounts) < PER_USER_SHARE, "enabled", "disabled"), "has_id": True,
    })
    people["external"] = np.where(people["user_type"] == "guest", "yes", "no")
    members = [numbers.choice(given.accounts, size=max(given.accounts // (2 * (rank + 1) ** 2), 5), replace=False)
               for rank in range(len(names.groups))]
    held = Memberships(np.concatenate(members).astype(np.int32),
                np.repeat(np.arange(len(members), dtype=np.int32), [len(each) for each in members]), frozenset())
    administrators = numbers.choice(given.accounts, size=min(500, given.accounts), replace=False).astype(np.int32)
    held_roles = numbers.integers(0, max(len(names.roles), 1), len(administrators)).astype(np.int32)
    roles = Memberships(administrators, held_roles, frozenset())
    nobody = Memberships(np.array([], dtype=np.int32), np.array([], dtype=np.int32), frozenset())
    policy = load_policy(preset="general")

    started, cpu = time.perf_counter(), time.process_time()
    found = classes(facts_of_people(people), names, nobody, held, roles)
    matrix = Matrix(tenant, situations(policy, tenant))
    cells = [matrix.cells(person) for person in found.people]
    wall, until = time.perf_counter() - started, time.process_time() - cpu
    view = View(matrix, found.people, cells, [matrix.place(each) for each in cells], np.bincount(found.of), {},
                dict.fromkeys(names.roles, frozenset()), frozenset(), float(policy.exemptions.tolerance_percent))
    report = gaps(view)
    print(json.dumps({
        "accounts": given.accounts, "policies": given.policies, "scenarios": len(matrix.situations),
        "memberships": len(held.accounts), "classes": len(found.people), "cells": sum(map(len, cells)),
        "concluded": matrix.concluded, "wall": wall, "cpu": until, "gaps": len(report),
        "cpu_with_gaps": time.process_time() - cpu,
    }))


if __name__ == "__main__":
    main()
