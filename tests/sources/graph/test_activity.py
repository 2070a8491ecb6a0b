"""Sign-in activity of a tenant too large for one night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from graph_simulator import Fault, FaultScript, Simulator, VirtualClock, VirtualTenant
from simulated import accounts_of, collected

FIRST = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PEOPLE = 3_500
ACTIVITY = "/v1.0/users$"
"""From its fifth call on: four pages of accounts come first."""
COLLECT = ("accounts", "role_assignments", "sign_in_activity")


def nights(home, *, requests, days, faults=None, people=PEOPLE):
    """A snapshot for each day of ``days`` after the first night, and who holds a role."""
    taken, tenant = [], VirtualTenant(people, seed=11)
    for day in days:
        started = FIRST + timedelta(days=day)
        script = faults and FaultScript(faults)
        with Simulator(tenant, clock=VirtualClock(started), limits=True, faults=script) as simulator:
            taken.append(collected(simulator, home, COLLECT, started=started,
                                   sign_in_activity_requests=requests))
            asked = [call.path for call in simulator.requests if "signInActivity" in call.path]
            assert len(asked) <= requests + len(faults or ()) or faults
            assert not sum(simulator.early_calls.values())
    oracle = simulator.oracle.rows
    roles = {row["principalId"] for name in ("roleAssignments", "roleEligibilityScheduleInstances")
             for row in oracle(name).values()}
    return taken, oracle("users"), roles


def notes_of(snapshot):
    """What the data quality says of the rotation."""
    return [each.effect for each in snapshot.complaints if "rotation" in each.check]


def test_a_small_tenant_is_read_whole_every_night(tmp_path):
    """Every answer is of tonight, and nothing is said of a rotation."""
    (snapshot,), users, _ = nights(tmp_path, requests=30, days=[0])
    accounts = accounts_of(snapshot)

    assert {pd.Timestamp("2026-11-24 02:00")} == set(accounts["sign_in_read_at"].dt.floor("min"))
    assert {each["id"] for each in users.values() if "signInActivity" in each} == set(
        accounts.index[accounts["sign_in"] == "seen"])
    assert [] == notes_of(snapshot)


def test_a_large_tenant_is_read_in_parts_and_every_answer_keeps_its_date(tmp_path):
    """Within the night's requests; those with the oldest answers come next, holders of roles every night; what is
    said of an account is what Graph said of it then."""
    taken, users, roles = nights(tmp_path, requests=5, days=range(5))
    known = []
    for night, snapshot in enumerate(taken):
        accounts = accounts_of(snapshot)
        today = pd.Timestamp(FIRST + timedelta(days=night)).tz_localize(None)
        fresh = accounts["sign_in_read_at"] >= today
        answered = accounts["sign_in"] != "not_collected"
        known.append(int(answered.sum()))
        assert (accounts["sign_in_read_at"].notna() == answered).all()
        assert roles & set(accounts.index) <= set(accounts.index[fresh])
        assert 1_000 <= fresh.sum() <= 1_015
        assert len(notes_of(snapshot)) == 1
    last = accounts_of(taken[-1])

    assert known[0] < known[1] < known[2] < known[3] == PEOPLE
    assert {pd.Timestamp(FIRST + timedelta(days=day)).tz_localize(None).normalize() for day in (1, 2, 3, 4)} == set(
        last["sign_in_read_at"].dt.normalize())
    for account, row in last[last["sign_in"] == "seen"].iterrows():
        told = users[account]["signInActivity"]["lastSuccessfulSignInDateTime"]
        assert told == row["last_sign_in"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert set(last.index[last["sign_in"] == "never"]) == {
        key for key, row in users.items() if "signInActivity" not in row}


def test_an_answer_older_than_two_weeks_is_not_carried(tmp_path):
    """Then it is not known whether an account is used; a shorter pause keeps it."""
    (_, soon, late), _, _ = nights(tmp_path, requests=3, days=[0, 14, 29])

    assert {pd.Timestamp("2026-11-24"), pd.Timestamp("2026-12-08")} == set(
        accounts_of(soon)["sign_in_read_at"].dropna().dt.normalize())
    assert {pd.Timestamp("2026-12-23")} == set(accounts_of(late)["sign_in_read_at"].dropna().dt.normalize())
    assert (accounts_of(late)["sign_in"] == "not_collected").sum() > 1_000


def test_a_damaged_snapshot_is_not_carried_on(tmp_path):
    """What is not as it was written says nothing; the one before it does."""
    taken, _, _ = nights(tmp_path, requests=3, days=[0, 1])
    path = taken[1].folder / "accounts.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    (third,), _, _ = nights(tmp_path, requests=3, days=[2])

    assert {pd.Timestamp("2026-11-24"), pd.Timestamp("2026-11-26")} == set(
        accounts_of(third)["sign_in_read_at"].dropna().dt.normalize())


def test_when_graph_wants_smaller_pages_the_tenant_is_read_in_parts(tmp_path):
    """What fitted into a night at 500 a page does not at 120; the requests are kept to all the same."""
    wants_smaller = [Fault("page_too_big", ACTIVITY, call=5)]
    (snapshot,), _, _ = nights(tmp_path, requests=7, days=[0], faults=wants_smaller)
    accounts = accounts_of(snapshot)

    assert PEOPLE == len(accounts)
    assert 500 <= (accounts["sign_in"] != "not_collected").sum() < PEOPLE
    assert 1 == len(notes_of(snapshot))


@pytest.mark.parametrize("fault", [Fault("forbidden", ACTIVITY, call=5, times=None),
                                   Fault("status", ACTIVITY, call=5, times=None, parameters={"status": 400})])
def test_a_rotation_that_is_refused_is_missing(fault, tmp_path):
    """Nobody's use is known, and the night says so."""
    (snapshot,), _, _ = nights(tmp_path, requests=2, days=[0], faults=[fault])

    assert ["sign_in_activity"] == [each.name for each in snapshot.manifest.missing]
    assert {"not_collected"} == set(accounts_of(snapshot)["sign_in"])


@pytest.mark.parametrize(("kind", "times", "is_said"), [
    ("cut_with_length", 1, False), ("invalid_json", 1, False), ("expired_token", 1, False), ("loop", 1, False),
    ("same_link", None, True), ("never_ending", None, True), ("empty_page", 1, False), ("repeat_rows", None, False),
    ("lost_link", None, False),
])
def test_a_fault_in_a_rotation_makes_no_answer_up(kind, times, is_said, tmp_path):
    """Whatever is said of an account is what Graph says of it; the rest is not known. A part that does not end is said
    to be one and does not take the night."""
    fault = Fault(kind, ACTIVITY, call=4, times=times)
    (snapshot,), users, _ = nights(tmp_path, requests=3, days=[0], faults=[fault], people=1_600)
    accounts = accounts_of(snapshot)
    seen, never = (accounts[accounts["sign_in"] == word] for word in ("seen", "never"))

    assert is_said == bool(snapshot.manifest.missing)
    assert set(seen.index) <= {key for key, row in users.items() if "signInActivity" in row}
    assert set(never.index) <= {key for key, row in users.items() if "signInActivity" not in row}
    for account, row in seen.iterrows():
        told = users[account]["signInActivity"]["lastSuccessfulSignInDateTime"]
        assert told == row["last_sign_in"].strftime("%Y-%m-%dT%H:%M:%SZ")
