"""Lets tests import the helpers that stand beside them, and says how many drawn cases a run takes."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

SHARES = 2
"""Into how many tests the kills are divided, so that they run beside one another."""


def pytest_addoption(parser):
    """``--schedules`` asks for more than the few that every run takes."""
    parser.addoption("--schedules", type=int, default=200, help="schedules of faults drawn against the simulated Graph")
    parser.addoption("--kills", type=_kills, default=6, help="system calls at which sending is killed, or 'all'")


def pytest_generate_tests(metafunc):
    """A test that takes ``schedule`` runs once for each seed, one that takes ``share`` once for each part of its work:
    which, and of how many."""
    if "schedule" in metafunc.fixturenames:
        metafunc.parametrize("schedule", range(metafunc.config.getoption("schedules")))
    if "share" in metafunc.fixturenames:
        metafunc.parametrize("share", [(number, SHARES) for number in range(SHARES)], ids=str)


@pytest.fixture(name="kills", scope="session")
def _kills_wanted(request):
    """How many system calls are tried; all of them where it is null."""
    return request.config.getoption("kills")


def _kills(text):
    return None if text == "all" else int(text)
