"""``python -m tests.graph_simulator``: serve a virtual tenant until stopped, and print the settings that lead to it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from mfa_audit.cli.clock import SystemClock

from .faults import random_schedule
from .file_tenant import FileTenant
from .server import Simulator
from .tenant import VirtualTenant


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted or terminated."""
    parser = argparse.ArgumentParser(prog="python -m tests.graph_simulator", description=__doc__)
    parser.add_argument("--accounts", type=int, default=5000, help="accounts of the virtual tenant (default 5000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same tenant (default 1)")
    parser.add_argument("--folder", type=Path, help="serve the Graph JSON documents of a folder instead")
    parser.add_argument("--limits", choices=("real", "off"), default="real", help="Graph's published limits, or none")
    parser.add_argument("--faults", type=int, metavar="SEED", help="let a few calls go wrong, drawn from this seed")
    given = parser.parse_args(arguments)
    hour = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    tenant = FileTenant(given.folder) if given.folder else VirtualTenant(given.accounts, given.seed, as_of=hour)
    faults = None if given.faults is None else random_schedule(given.faults)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with Simulator(tenant, limits=given.limits == "real", faults=faults) as simulator:
        settings = {
            "GRAPH_ROOT": simulator.root,
            "LOGIN_ROOT": simulator.login_root,
            "CA_BUNDLE": simulator.ca_bundle,
            "TENANT_ID": tenant.tenant_id,
            "CLIENT_ID": simulator.issuer.client_id,
            "CLIENT_SECRET": simulator.issuer.secret,
        }
        lines = [f"export MFA_AUDIT_{name}={value}\n" for name, value in settings.items()]
        sys.stdout.write("".join(lines))
        sys.stdout.flush()
        sys.stderr.write("Serving until stopped (Ctrl-C). Paste the lines above into another terminal.\n")
        stopped.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
