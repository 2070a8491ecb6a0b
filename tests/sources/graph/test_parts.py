"""A part of a tenant is never taken for the whole, whatever it is a part of."""

from __future__ import annotations

import pytest
from graph_simulator import Fault, FaultScript, Simulator, VirtualClock, VirtualTenant
from simulated import night

MAIN = ("accounts", "registrations")


def gaps(home, collect, *faults, accounts=300, licensed=True, tenant=None, **more):
    """What a night says is missing: names and reasons."""
    tenant = tenant or VirtualTenant(accounts, seed=1, licensed=licensed)
    with Simulator(tenant, clock=VirtualClock(), faults=FaultScript(list(faults))) as simulator:
        return [(gap.table, gap.reason) for gap in night(simulator, home, collect, **more).gaps]


UNLICENSED = Fault("licence", "roleEligibility", times=None)


@pytest.mark.parametrize(("collect", "says"), [
    ((*MAIN, "role_assignments"), ["the members of 1 group(s) that hold roles were not all supplied"]),
    ((*MAIN, "role_assignments", "group_members"), []),
])
def test_a_licence_that_is_lacking_hides_nothing_else(collect, says, tmp_path):
    """Nobody is blamed for not knowing who may activate a role; who is in a group with a role is another matter."""
    found = gaps(tmp_path, collect, Fault(UNLICENSED.kind, UNLICENSED.path, times=None))

    assert says == [reason for name, reason in found if name == "role_assignments"]
    assert len(says) == len(found)
