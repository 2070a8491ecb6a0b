"""Runs the job over a folder of files, in one process, for tests that look at what comes out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfa_audit import judging, nightly
from mfa_audit.policy import load_policy
from mfa_audit.settings import Settings
from mfa_audit.snapshot.columnar import TableFile

if TYPE_CHECKING:
    import pandas as pd

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = Path(__file__).parents[1] / "sample_data"
AS_OF = date(2026, 3, 2)
STARTED = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """What a run said: its folder, its gaps, ``summary.json``."""

    folder: Path
    gaps: tuple[Any, ...]
    summary: dict[str, Any] = field(default_factory=dict)


def job(sources, policy, home, *, as_of=AS_OF, started=STARTED, **more):
    """One night's work in ``home``."""
    settings = Settings(sources=tuple(sources), policy=policy, output=home / "reports", data=home / "data",
                        **more.pop("settings", {}))
    more.setdefault("dated_by_clock", False)
    return nightly.Job(settings, load_policy(policy), started, as_of, **more)


def run(sources, policy, home, **more):
    """Run the job; what it told."""
    told: list[Told] = []
    nightly.run(job(sources, policy, home, **more), lambda outcome: told.append(
        Told(outcome.folder, outcome.gaps, json.loads((outcome.folder / "summary.json").read_text(encoding="utf-8")))
    ))
    return told[0]


def judged(sources, policy, home, *, as_of=AS_OF) -> pd.DataFrame:
    """Read and judge, without writing a report: the table of people."""
    work = home / "work"
    work.mkdir(parents=True)
    snapshot = nightly.collect(job(sources, policy, home, as_of=as_of), work)
    judging.judge_snapshot(snapshot, load_policy(policy), as_of, work / "people.parquet")
    return TableFile(work / "people.parquet").frame()
