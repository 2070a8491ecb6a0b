"""The source against a simulated Graph: what it ends with is the truth, or it says that it is not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from graph_simulator import (
    ALL_PERMISSIONS,
    CANARY,
    Fault,
    FaultScript,
    FileTenant,
    Simulator,
    VirtualClock,
    VirtualTenant,
    random_schedule,
)
from nights import GOLDEN, STARTED, job
from simulated import night

from mfa_audit import nightly
from mfa_audit.collection import Online
from mfa_audit.errors import AccessRefused, GraphUnreachable, IncompleteData, MfaAuditError
from mfa_audit.sources.graph.address import Cloud
from mfa_audit.sources.graph.auth import Credential, EntraTokens
from mfa_audit.sources.graph.client import Wire
from mfa_audit.sources.graph.kept import YOUTH, Shelf
from mfa_audit.sources.graph.pacing import Pace
from mfa_audit.sources.graph.source import GraphSource, Wanted

EVERYTHING = ("accounts", "registrations", "group_members", "role_assignments", "tenant_policies", "sign_in_activity",
              "devices")
MAIN = ("accounts", "registrations")
PEOPLE = 2_500
EXITS = {AccessRefused, GraphUnreachable, IncompleteData}


@dataclass
class Reading:
    """What a reading came to: rows by table and id, what was missing, or the error that ended it."""

    rows: dict[str, dict[str, list[dict[str, Any]]]]
    missing: tuple[Any, ...] = ()
    error: MfaAuditError | None = None
    began: float = 0.0
    seconds: float = 0.0


def source(simulator, home, **more):
    cloud = Cloud(simulator.login_root, simulator.root)
    credential = Credential(client_id=simulator.issuer.client_id, secret=simulator.issuer.secret)
    tokens = EntraTokens(cloud, simulator.tenant.tenant_id, credential, simulator.clock,
                         ca_bundle=simulator.ca_bundle)
    wire, clock = Wire(simulator.root, simulator.ca_bundle), simulator.clock
    shelf = Shelf(home / "shelf", clock.now(), YOUTH, (simulator.root, simulator.tenant.tenant_id, "application"))
    return GraphSource(wire, tokens, clock, Pace(clock, clock.monotonic() + 7200.0), shelf, **more)


def read(simulator, home, collect=MAIN, **more):
    """One reading, whatever it ends in."""
    graph = source(simulator, home, **more)
    began = simulator.clock.monotonic()
    try:
        inputs = graph.read(Wanted(collect, "company_name", lookup_limit=100))
    except MfaAuditError as error:
        return Reading({}, error=error, seconds=simulator.clock.monotonic() - began)
    rows = {}
    for raw in inputs.rows:
        by_id = rows.setdefault(raw.table, {})
        for line in raw.path.read_bytes().splitlines():
            row = json.loads(line)
            by_id.setdefault(row.get("id", line), []).append(row)
    return Reading(rows, inputs.missing, seconds=simulator.clock.monotonic() - began)


def written(home):
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def assert_truth_or_said(reading, simulator, home):
    """The truth, or one of the exits that say there is none; nothing early, nothing elsewhere, no secret anywhere."""
    if reading.error is not None:
        assert type(reading.error) in EXITS or isinstance(reading.error, GraphUnreachable), repr(reading.error)
        assert CANARY not in str(reading.error)
    elif not any(each.wanted for each in reading.missing):
        for table, name, keys in (("accounts", "users", ("accountEnabled", "userPrincipalName")),
                                  ("registrations", "registrations", ("methodsRegistered",))):
            truth, found = simulator.oracle.rows(name), reading.rows[table]
            assert truth.keys() == found.keys(), f"{table}: {len(found)} of {len(truth)}"
            # Rows of one id that differ are a contradiction, which nobody is judged by.
            assert all(len(rows) > 1 or all(rows[0].get(key) == truth[one].get(key) for key in keys)
                       for one, rows in found.items())
    assert not sum(simulator.early_calls.values()), simulator.early_calls
    assert [] == simulator.foreign
    everything = written(home)
    assert CANARY.encode() not in everything
    assert b"79460" not in everything


FAULTS = [
    *(Fault(kind, path, page=page, times=times)
      for kind in ("reset_before", "reset_after_headers", "slow_drip", "cut_with_length", "cut_without_length",
                   "wrong_gzip", "captive_portal", "invalid_json", "nan", "redirect", "expired_token", "same_link",
                   "loop", "never_ending", "lost_link", "repeat_rows", "repeat_rows_changed", "empty_page",
                   "gzip_bomb", "long_line", "page_too_big")
      for path in ("/users", "userRegistrationDetails") for page in (1, 2) for times in (1, None)),
    *(Fault("status", path, page=2, times=times, parameters={"status": status})
      for status in (400, 401, 403, 404, 410, 500, 502, 503, 504) for path in ("/users", "userRegistrationDetails")
      for times in (1, None)),
    *(Fault("throttle", path, page=2, times=2, parameters={"retry_after": told})
      for told in ("1", "0.249", "600", "date:20", None, "99999") for path in ("/users", "userRegistrationDetails")),
    *(Fault("foreign_link", "/users", page=1, parameters={"to": to})
      for to in ("host", "look_alike", "http", "userinfo", "port")),
    *(Fault("wrong_count", "/users/$count", times=times, parameters={"add": 700}) for times in (1, None)),
    *(Fault(kind, path, times=times) for kind in ("forbidden", "licence")
      for path in ("/users", "userRegistrationDetails") for times in (1, None)),
    *(Fault(kind, "/token", times=None) for kind in ("token_empty_object", "token_empty_string", "token_wrong_tenant",
                                                     "token_no_roles", "token_surplus")),
    *(Fault("token_error", "/token", times=None, parameters={"code": code})
      for code in (7000215, 7000222, 700016, 90002)),
    *(Fault(kind, path, times=None) for kind in ("empty_page", "never_ending")
      for path in ("/organization", "conditionalAccess/policies")),
    *(Fault("status", "openid-configuration", times=times, parameters={"status": status})
      for status in (404, 502) for times in (1, None)),
    *(Fault("hang", path, page=2) for path in ("/users", "userRegistrationDetails")),
    Fault("token_short", "/token", times=None, parameters={"seconds": 400}),
    Fault("clock_skew", "", times=None, parameters={"seconds": 3600}),
    Fault("clock_skew", "", times=None, parameters={"seconds": 400}),
]


@pytest.fixture(scope="module")
def tenant():
    return VirtualTenant(PEOPLE, seed=7)


@pytest.fixture(scope="module", name="two_pages")
def _two_pages():
    """A tenant of two pages a listing, so that thousands of schedules take an hour."""
    return VirtualTenant(1_100, seed=7)


def called(fault):
    """A fault in a word, for the name of its test."""
    always = "always" if fault.times is None else ""
    words = (fault.kind, fault.path.rpartition("/")[2], fault.page, always, *fault.parameters.values())
    return "-".join(map(str, filter(None, words)))


@pytest.mark.parametrize("fault", FAULTS, ids=called)
def test_a_fault_ends_in_the_truth_or_is_said(fault, tenant, tmp_path):
    """Never a shorter truth, never an early call, never a request elsewhere, never a secret written."""
    script = FaultScript([Fault(fault.kind, fault.path, fault.call, fault.page, fault.times, dict(fault.parameters))])
    with Simulator(tenant, clock=VirtualClock(), limits=True, faults=script) as simulator:
        assert_truth_or_said(read(simulator, tmp_path), simulator, tmp_path)


def test_any_schedule_of_faults_ends_in_the_truth_or_is_said(schedule, two_pages, tmp_path):
    """Drawn faults together (``--schedules``); one that only passes costs nothing but time."""
    script = random_schedule(schedule)
    with Simulator(two_pages, clock=VirtualClock(), limits=True, faults=script) as simulator:
        reading = read(simulator, tmp_path)
        assert_truth_or_said(reading, simulator, tmp_path)
    if script.recoverable:
        assert reading.error is None, reading.error
        assert not [each for each in reading.missing if each.wanted]


def test_reading_takes_little_longer_than_the_limits_set(tmp_path):
    """Under Graph's published limits nothing is wasted: at most 5 % beyond the floor, with as many small pages as make
    waiting the rule."""
    with Simulator(VirtualTenant(30_000, seed=3), clock=VirtualClock(), limits=True) as simulator:
        reading = read(simulator, tmp_path)
        reports = [call for call in simulator.requests if "userRegistrationDetails" in call.path]
        throttled = sum(simulator.early_calls.values())

    floor = (-(-len(reports) // 5) - 1) * 10
    assert floor > 0
    assert floor <= reading.seconds <= 1.05 * floor
    assert 0 == throttled


@pytest.mark.parametrize(("seconds", "said"), [
    (0, []), (240, []), (400, ["7 minutes behind"]), (-840, ["14 minutes ahead of"]),
])
def test_clocks_that_are_apart_are_spoken_of(seconds, said, tmp_path):
    """Five to fifteen minutes in the data quality and to whoever runs the job; less is nothing, more is refused."""
    skewed = FaultScript([Fault("clock_skew", "", times=None, parameters={"seconds": seconds})])
    with Simulator(VirtualTenant(60, seed=2), clock=VirtualClock(), faults=skewed) as simulator:
        told = night(simulator, tmp_path, MAIN)

    notes = [note for note in told.notes if "clock" in note]
    assert len(said) == len(notes)
    assert all(words in note for words, note in zip(said, notes, strict=True))
    assert said == [words for words in said for each in told.snapshot.complaints if words in each.effect]


@pytest.mark.parametrize("path", ["/users$", "userRegistrationDetails", "/organization"])
def test_a_clock_that_was_far_out_at_one_answer_dates_nothing(path, tmp_path):
    """However right it was at the others: it was set in between, or it will be."""
    once = FaultScript([Fault("clock_skew", path, parameters={"seconds": 86_400})])
    with Simulator(VirtualTenant(1_100, seed=2), clock=VirtualClock(), faults=once) as simulator:
        reading = read(simulator, tmp_path)

    assert "1440 minutes" in str(reading.error)


def test_a_killed_reading_goes_on_with_what_was_whole(tenant, tmp_path):
    """The listing that was complete is not asked for again; the one that was cut is, from its beginning."""
    script = FaultScript([Fault("forbidden", "userRegistrationDetails", page=3)])
    with Simulator(tenant, clock=VirtualClock(), faults=script) as simulator:
        first = read(simulator, tmp_path)
        asked = len(simulator.requests)
        second = read(simulator, tmp_path)
        later = [call.path for call in simulator.requests[asked:]]
        assert_truth_or_said(second, simulator, tmp_path)

    assert ["registrations"] == [each.name for each in first.missing]
    assert () == second.missing
    assert not [path for path in later if path.startswith("/v1.0/users?")]


@pytest.mark.parametrize("lost", ["User.Read.All", "AuditLog.Read.All", "Policy.Read.All",
                                  "RoleManagement.Read.Directory", "GroupMember.Read.All", "Domain.Read.All",
                                  "Device.Read.All"])
def test_a_permission_that_is_lacking_is_named(lost, tenant, tmp_path):
    """What depends on it is missing, with the permission's name; the rest is read."""
    permissions = tuple(name for name in ALL_PERMISSIONS if name not in (lost, "Organization.Read.All"))
    with Simulator(tenant, clock=VirtualClock(), permissions=permissions) as simulator:
        reading = read(simulator, tmp_path, EVERYTHING)

    assert lost in {each.permission for each in reading.missing}


@pytest.mark.parametrize(("collect", "permissions", "state", "gaps"), [
    ((*MAIN, "devices"), ALL_PERMISSIONS, "complete", []),
    ((*MAIN, "devices"), tuple(name for name in ALL_PERMISSIONS if name != "Device.Read.All"), "absent",
     ["grant Device.Read.All to the application (docs/permissions.md)."]),
    (MAIN, tuple(name for name in ALL_PERMISSIONS if name != "Device.Read.All"), "absent", []),
])
def test_devices_are_read_where_they_are_wanted(collect, permissions, state, gaps, tmp_path):
    """Refused, the night is incomplete and names the permission; not asked for, nothing is missing."""
    with Simulator(VirtualTenant(400, seed=2), clock=VirtualClock(), permissions=permissions) as simulator:
        told = night(simulator, tmp_path, collect)
        truth = simulator.oracle.rows("devices").values()

    devices = told.snapshot.frame("devices")
    assert (state, gaps) == (told.snapshot.manifest.tables["devices"].state, [gap.next_step for gap in told.gaps])
    if state == "complete":
        assert {row["deviceId"] for row in truth} == set(devices["device_id"])
        assert {"ServerAD", "AzureAD", "Workplace"} == set(devices["trust_type"])
        assert {"yes", "no", "blank"} == set(devices["is_compliant"])
        assert b"LT-0000" not in written(tmp_path)


def test_a_small_tenant_without_the_licence_is_read_account_by_account(tmp_path):
    """Methods come by batches, their telephone numbers do not."""
    tenant = VirtualTenant(60, seed=5)
    tenant.licensed = False
    with Simulator(tenant, clock=VirtualClock(), limits=True) as simulator:
        reading = read(simulator, tmp_path)

    assert () == reading.missing
    assert 60 == len(reading.rows["registrations"])
    assert b"79460" not in written(tmp_path)


def test_the_golden_tenant_is_judged_the_same_as_from_its_files(tmp_path):
    """The same thirty accounts by Graph and by file give the same table, byte for byte."""
    tables = []
    others = [GOLDEN / "recipients.csv"]
    with Simulator(FileTenant(GOLDEN), clock=VirtualClock(STARTED)) as simulator:
        by_graph = {
            "tenant": simulator.tenant.tenant_id, "collect": EVERYTHING, "client_id": simulator.issuer.client_id,
            "client_secret": simulator.issuer.secret, "graph_root": simulator.root,
            "login_root": simulator.login_root, "ca_bundle": simulator.ca_bundle,
        }
        for name, sources, settings in (("files", [GOLDEN], {}), ("graph", [Path("graph"), *others], by_graph)):
            told = []
            nightly.run(job(sources, GOLDEN / "policy.toml", tmp_path / name, settings=settings,
                            online=Online(simulator.clock, print)), told.append)
            assert not told[0].gaps
            tables.append((told[0].folder / "accounts.parquet").read_bytes())

    assert tables[0] == tables[1]
