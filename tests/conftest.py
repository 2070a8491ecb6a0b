"""Lets tests import the helpers that stand beside them, and says how many drawn cases a run takes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser):
    """``--schedules`` asks for more than the few that every run takes."""
    parser.addoption("--schedules", type=int, default=200, help="schedules of faults drawn against the simulated Graph")


def pytest_generate_tests(metafunc):
    """A test that takes ``schedule`` runs once for each seed."""
    if "schedule" in metafunc.fixturenames:
        metafunc.parametrize("schedule", range(metafunc.config.getoption("schedules")))
