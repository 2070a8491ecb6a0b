"""The command as a person runs it: a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
from nights import GOLDEN


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(name="home")
def _home(tmp_path):
    return tmp_path


@pytest.fixture(name="mfa")
def _mfa(home):
    """Run ``mfa-audit`` with these words; environment variables as keywords."""

    def call(*words, **environment):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MFA_AUDIT_")}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "mfa_audit", *map(str, words)], cwd=home, capture_output=True,
            encoding="utf-8", check=False, env={**kept, "COLUMNS": "100", "PYTHONUTF8": "1", **environment},
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture(scope="session", name="golden_home")
def _golden_home(tmp_path_factory):
    """A folder in which the golden tenant was run once, for commands that only look."""
    home = tmp_path_factory.mktemp("golden-home")
    subprocess.run(
        [sys.executable, "-m", "mfa_audit", "run", "-q", "--source", str(GOLDEN), "--policy",
         str(GOLDEN / "policy.toml"), "--as-of", "2026-03-02"], cwd=home, check=True,
    )
    return home
