"""A client whose time is virtual, for answers that ``responses`` gives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import responses

from mfa_audit.sources.graph.client import Client, Wire
from mfa_audit.sources.graph.pacing import Pace

sys.path.insert(0, str(Path(__file__).parent))

from doubles import ROOT, START, FixedTokens
from graph_simulator import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock(START)


@pytest.fixture
def tokens():
    return FixedTokens()


@pytest.fixture
def pace(clock):
    return Pace(clock, deadline=3600.0)


@pytest.fixture
def client(clock, tokens, pace):
    made = Client(Wire(ROOT), tokens, pace, clock)
    yield made
    made.close()


@pytest.fixture
def graph():
    """What Graph answers; a request nobody expects fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=True) as answers:
        yield answers
