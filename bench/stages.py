"""One run, stage by stage, in one process: ``python bench/stages.py FOLDER``; a line of JSON a stage on stdout."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfa_audit import judging, nightly
from mfa_audit.policy import load_policy
from mfa_audit.reports.data import write_data
from mfa_audit.reports.excel.audit import write_audit
from mfa_audit.reports.excel.manager import write_manager_packs
from mfa_audit.reports.lists import write_lists
from mfa_audit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def lap(stage: str, work: Callable[[], Any]) -> Any:
    """Do ``work`` and say what it took: seconds of CPU, and the process's peak memory so far in MB."""
    before = time.process_time()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"stage": stage, "cpu": round(time.process_time() - before, 2), "peak": peak}), flush=True)
    return result


def main(folder: Path) -> None:
    """Read, judge and write the tenant in ``folder``."""
    with tempfile.TemporaryDirectory() as home:
        work, out = Path(home, "work"), Path(home, "out")
        for made in (work, out, out / "managers", out / "reminders"):
            made.mkdir(parents=True)
        settings = Settings(sources=(folder,), policy=folder / "policy.toml", data=Path(home, "data"))
        policy = load_policy(settings.policy)
        job = nightly.Job(settings, policy, datetime.now(UTC), date(2026, 3, 2), dated_by_clock=False)
        snapshot = lap("read the files and write the snapshot", lambda: nightly.collect(job, work))
        verdicts = lap("judge every account and count",
                       lambda: judging.judge_snapshot(snapshot, policy, job.as_of, work / "people.parquet"))
        night = nightly.night_of(policy, job.as_of, nightly.summary_of(job, verdicts, ()), verdicts)
        lap("accounts.csv, accounts.parquet, summary.json", lambda: write_data(night, out))
        lap("audit.xlsx", lambda: write_audit(night, out / "audit.xlsx"))
        lap("reminder lists", lambda: write_lists(night, out / "reminders"))
        packs = lap("a workbook a manager", lambda: write_manager_packs(night, out / "managers"))
        print(json.dumps({"workbooks": len(packs), "rows": int(packs["people"].sum())}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
