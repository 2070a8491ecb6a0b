"""Measure, and write ``docs/benchmarks.md``: ``python3 dev.py bench [start|offline|access|peer|graph]``; no name: all.

Every figure is of whole processes as the operating system counts them (CPU time of the process, peak resident
memory), the median where a thing is measured several times, with its peer beside it in the same run. Figures of
names that are not measured again stay as they were: they are kept in ``docs/benchmarks.json``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parent
ROOT = BENCH.parent
FIGURES, PAGE = ROOT / "docs" / "benchmarks.json", ROOT / "docs" / "benchmarks.md"
SIZES = (20_000, 100_000, 400_000)
PEER_SIZES = (2_000, 20_000, 100_000)
GRAPH_SIZES = (100_000, 400_000)
ACCESS_SIZES = (100_000, 2_000_000)
LIBRARIES = ("duckdb", "openpyxl", "pandas")


def measured(*command: str | Path, cwd: Path | None = None) -> dict[str, Any]:
    """Run a command; ``cpu`` seconds of user and system, ``wall`` seconds, ``peak`` MB, ``out`` what it printed."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], cwd=cwd, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) not in (0, 4):
            raise SystemExit(f"{command} failed")
        out.seek(0)
        return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "peak": usage.ru_maxrss / 1024,
                "out": out.read().decode()}


def tenant(home: Path, accounts: int) -> Path:
    """A made-up tenant of this size as CSV files, made once."""
    folder = home / f"tenant-{accounts}"
    if folder.exists():
        return folder
    measured(sys.executable, BENCH / "tenant.py", "--accounts", str(accounts), "--out", folder, "--shape", "csv")
    return folder


def start(_home: Path) -> dict[str, Any]:
    """How long ``mfa-audit --help`` takes, beside Python doing nothing."""
    tool = Path(sys.executable).with_name("mfa-audit")
    help_, nothing = ([measured(*command)["wall"] for _ in range(9)] for command in
                      ((tool, "--help"), (sys.executable, "-c", "pass")))
    return {"help": statistics.median(help_), "python": statistics.median(nothing)}


def offline(home: Path) -> dict[str, Any]:
    """A whole run from CSV files, by size and by stage, in one process."""
    found: dict[str, Any] = {}
    for accounts in SIZES:
        run = measured(sys.executable, BENCH / "stages.py", tenant(home, accounts))
        lines = [json.loads(line) for line in run["out"].splitlines()]
        found[str(accounts)] = {"cpu": run["cpu"], "wall": run["wall"], "peak": run["peak"],
                                "stages": lines[:-1], **lines[-1]}
    return found


def peer(home: Path) -> dict[str, Any]:
    """The same files, everything the tool does, beside the script an administrator writes (``bench/peer.py``)."""
    found: dict[str, Any] = {}
    tool = Path(sys.executable).with_name("mfa-audit")
    for accounts in PEER_SIZES:
        folder, out = tenant(home, accounts), home / f"out-{accounts}"
        out.mkdir()
        pairs = [
            (
                measured(tool, "run", "-q", "--source", folder, "--policy", folder / "policy.toml", "--as-of",
                         "2026-03-02", "--output", out / f"r{turn}", "--data", out / f"d{turn}", cwd=out),
                measured(sys.executable, BENCH / "peer.py", folder, out),
            )
            for turn in range(3 if accounts <= SIZES[0] else 1)
        ]
        found[str(accounts)] = {
            who: {what: statistics.median(pair[side][what] for pair in pairs) for what in ("cpu", "peak")}
            for side, who in enumerate(("tool", "script"))
        }
    return found


def graph(home: Path) -> dict[str, Any]:
    """Reading a simulated Graph without its limits, beside a bare loop over the same pages."""
    found: dict[str, Any] = {}
    for accounts in GRAPH_SIZES:
        serve = (sys.executable, "-m", "tests.graph_simulator", "--limits", "off", "--accounts", str(accounts))
        with subprocess.Popen(serve, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as served:
            try:
                lines = [served.stdout.readline() for _ in range(6)] if served.stdout else []
                os.environ.update([line.removeprefix("export ").strip().split("=", 1) for line in lines])
                pairs = [
                    (measured(sys.executable, BENCH / "graph.py", "tool", home / f"graph-{accounts}-{turn}"),
                     measured(sys.executable, BENCH / "graph.py", "bare"))
                    for turn in range(3 if accounts == GRAPH_SIZES[0] else 1)
                ]
            finally:
                served.terminate()
        if len({side["out"] for pair in pairs for side in pair}) > 1:
            raise SystemExit("the two read different rows")
        found[str(accounts)] = {
            who: {what: statistics.median(pair[side][what] for pair in pairs) for what in ("cpu", "peak")}
            for side, who in enumerate(("tool", "bare"))
        }
    return found


def access(_home: Path) -> dict[str, Any]:
    """Every account in every scenario, the arrays of people made in the same process and not timed."""
    found: dict[str, Any] = {}
    for accounts in ACCESS_SIZES:
        run = measured(sys.executable, BENCH / "access.py", "--accounts", str(accounts))
        found[str(accounts)] = {**json.loads(run["out"]), "peak": run["peak"]}
    return found


def page(figures: dict[str, Any]) -> str:
    """``docs/benchmarks.md`` from the figures there are."""
    sections = [SECTIONS[name](figures[name]) for name in SECTIONS if name in figures]
    return f"""\
# Benchmarks

Made by `python3 dev.py bench`; tenants are made up by `bench/tenant.py`, a seed and a size give the same bytes.
Ratios travel from machine to machine, seconds do not.

Machine: {figures["machine"]}.

""" + "\n".join(sections)


def offline_section(by_size: dict[str, Any]) -> str:
    """The whole run: by size, then by stage at the largest."""
    smallest, largest = by_size[str(SIZES[0])], by_size[str(SIZES[-1])]
    sizes = "\n".join(
        f"| {int(size):,} | {run['cpu']:.1f} | {run['cpu'] / int(size) * 1e6:.0f} | {run['peak']:.0f} | "
        f"{run['workbooks']:,} |" for size, run in by_size.items())
    stages = "\n".join(
        f"| {stage['stage']} | {stage['cpu']:.1f} | {stage['cpu'] / largest['cpu']:.0%} | {stage['peak']} |"
        for stage in largest["stages"])
    return f"""\
## A whole run from CSV files, in one process

From users, registrations, mailboxes and registers to snapshot, verdicts, workbook, one workbook a manager, lists and
data files.

| accounts | CPU s | µs an account | peak MB | managers' workbooks |
|--:|--:|--:|--:|--:|
{sizes}

From {SIZES[0]:,} to {SIZES[-1]:,} accounts ({SIZES[-1] // SIZES[0]} times) time grows
{largest["cpu"] / smallest["cpu"]:.1f} times and memory {largest["peak"] / smallest["peak"]:.2f} times.

Where the time goes at {SIZES[-1]:,}:

| stage | CPU s | share | peak MB so far |
|---|--:|--:|--:|
{stages}

A manager's workbook takes {largest["stages"][-1]["cpu"] / largest["workbooks"] * 1000:.1f} ms, with
{largest["rows"] / largest["workbooks"]:.1f} people in it on average.
"""


def peer_section(peers: dict[str, Any]) -> str:
    """The tool beside the plain script, by size."""
    rows = "\n".join(
        f"| {int(size):,} | {both['tool']['cpu']:.1f} | {both['script']['cpu']:.1f} | "
        f"{both['tool']['cpu'] / both['script']['cpu']:.1f} | {both['tool']['peak']:.0f} | "
        f"{both['script']['peak']:.0f} | {both['tool']['peak'] / both['script']['peak']:.2f} |"
        for size, both in peers.items())
    return f"""\
## Beside the script an administrator writes

`bench/peer.py`: pandas, one join, one list, one workbook. It knows no policy, no exemptions, no mailboxes and no doubt,
and writes no workbook for managers; the tool does all of that in the time shown. Whole processes, the start of Python
and libraries included.

| accounts | tool CPU s | script CPU s | ratio | tool peak MB | script peak MB | ratio |
|--:|--:|--:|--:|--:|--:|--:|
{rows}
"""


def start_section(started: dict[str, Any]) -> str:
    """How soon the command answers."""
    return f"""\
## Starting

`mfa-audit --help` takes {started["help"] * 1000:.0f} ms, Python doing nothing {started["python"] * 1000:.0f} ms:
a ratio of {started["help"] / started["python"]:.1f}.
"""


def graph_section(by_size: dict[str, Any]) -> str:
    """Reading Graph beside the bare loop."""
    rows = "\n".join(
        f"| {int(size):,} | {both['tool']['cpu']:.1f} | {both['bare']['cpu']:.1f} | "
        f"{both['tool']['cpu'] / both['bare']['cpu']:.2f} | {both['tool']['peak']:.0f} | {both['bare']['peak']:.0f} |"
        for size, both in by_size.items())
    return f"""\
## Reading Microsoft Graph

Users with their managers and the registration report, from the simulator over TLS with its limits off, onto disk;
beside `bench/graph.py bare`: requests and json over the same pages, keeping nothing. Whole processes; the tool's also
loads pandas and DuckDB.

| accounts | tool CPU s | bare loop CPU s | ratio | tool peak MB | bare loop peak MB |
|--:|--:|--:|--:|--:|--:|
{rows}

Against Graph itself the limits decide: 5 requests of 999 rows in 10 seconds are 67 minutes for two million accounts.
"""


def access_section(by_size: dict[str, Any]) -> str:
    """Classes and scenarios by size."""
    rows = "\n".join(
        f"| {int(size):,} | {run['policies']} | {run['scenarios']} | {run['classes']:,} | {run['concluded']:,} | "
        f"{run['cpu']:.1f} | {run['peak']:.0f} |" for size, run in by_size.items())
    return f"""\
## Every account in every scenario

`bench/access.py`: made-up people and policies. *Classes* are accounts that no policy can tell apart, *concluded* how
often policies had to be put together; one process on one core, the peak with the made-up people in it.

| accounts | policies | scenarios | classes | concluded | CPU s | peak MB |
|--:|--:|--:|--:|--:|--:|--:|
{rows}
"""


SECTIONS = {"offline": offline_section, "access": access_section, "peer": peer_section, "graph": graph_section,
            "start": start_section}


def main(names: list[str]) -> None:
    """Measure what is named and write the page."""
    known = {"start": start, "offline": offline, "peer": peer, "graph": graph, "access": access}
    if unknown := set(names) - set(known):
        raise SystemExit(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    figures["machine"] = ", ".join([
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}", f"Python {platform.python_version()}",
        *(f"{name} {metadata.version(name)}" for name in LIBRARIES),
    ])
    with tempfile.TemporaryDirectory() as home:
        for name in names or known:
            print(f"measuring: {name}", flush=True)
            figures[name] = known[name](Path(home))
            FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(figures), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
