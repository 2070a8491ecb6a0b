"""When a request may leave."""

from __future__ import annotations

import pytest
from graph_simulator import VirtualClock
from hypothesis import given
from hypothesis import strategies as st

from mfa_audit.errors import GraphUnreachable
from mfa_audit.sources.graph.pacing import LIMITS, Family, Pace, Stopped


@given(st.lists(st.tuples(st.sampled_from(list(LIMITS)), st.floats(0, 15)), max_size=60))
def test_no_stretch_of_time_holds_more_than_the_limit(calls):
    """However requests come, no window of a family's length holds more of them than its limit."""
    clock = VirtualClock()
    pace = Pace(clock, deadline=1e6)
    left = {family: [] for family in LIMITS}
    for family, idle in calls:
        clock.sleep(idle)
        pace.wait(family)
        left[family].append(clock.monotonic())

    for family, limit in LIMITS.items():
        times = left[family]
        assert all(later - earlier > limit.seconds
                   for earlier, later in zip(times, times[limit.calls:], strict=False))


def test_a_thousand_reports_take_little_more_than_the_limit_sets(clock, pace):
    """Waiting costs at most 2 % beyond the floor."""
    pace = Pace(clock, deadline=1e6)
    for _ in range(1000):
        pace.wait(Family.REPORTS)

    floor = (1000 / 5 - 1) * 10
    assert floor <= clock.monotonic() <= 1.02 * floor


def test_what_one_worker_is_told_holds_for_all(clock, pace):
    """A wait asked of one keeps every request of the family back, and no other family."""
    pace.hold(Family.REPORTS, 17.0)
    pace.wait(Family.DIRECTORY)
    before = clock.monotonic()
    pace.wait(Family.REPORTS)

    assert (0.0, 17.0) == (before, clock.monotonic())


def test_a_shorter_wait_does_not_cut_a_longer_one(clock, pace):
    """The longest wait counts."""
    pace.hold(Family.REPORTS, 60.0)
    pace.hold(Family.REPORTS, 1.0)
    pace.wait(Family.REPORTS)

    assert clock.monotonic() == 60.0


def test_a_wait_beyond_the_deadline_is_not_begun(clock):
    """The run says at once that it cannot be done in time."""
    pace = Pace(clock, deadline=100.0)
    pace.hold(Family.REPORTS, 101.0)

    with pytest.raises(GraphUnreachable, match="DEADLINE"):
        pace.wait(Family.REPORTS)
    assert 0 == clock.slept


def test_nothing_leaves_after_a_stop(pace):
    """When one worker cannot go on, the others do not."""
    pace.stop()

    with pytest.raises(Stopped):
        pace.wait(Family.DIRECTORY)


def test_a_wait_ends_soon_after_the_reading_is_given_up():
    """Whoever was told to wait ten minutes does not keep a stopped run alive."""
    class Stopping(VirtualClock):
        def sleep(self, seconds):
            super().sleep(seconds)
            pace.stop()

    clock = Stopping()
    pace = Pace(clock, deadline=3600.0)

    with pytest.raises(Stopped):
        pace.rest(600.0)
    assert clock.monotonic() <= 1.0
