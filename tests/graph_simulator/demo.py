"""``python -m tests.graph_simulator.demo``: the Graph mode without a tenant: doctor, then a night, in a new folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mfa_audit.cli.clock import SystemClock

from .server import Simulator
from .tenant import VirtualTenant

ACCOUNTS = 600


def main() -> int:
    """Serve a virtual tenant, look at the set-up, read and judge it; the exit code of the night."""
    home = Path(tempfile.mkdtemp(prefix="mfa-audit-graph-demo-", dir=Path.cwd()))
    hour = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    with Simulator(VirtualTenant(ACCOUNTS, seed=1, as_of=hour), limits=True) as simulator:
        settings = {
            "GRAPH_ROOT": simulator.root, "LOGIN_ROOT": simulator.login_root, "CA_BUNDLE": str(simulator.ca_bundle),
            "TENANT_ID": simulator.tenant.tenant_id, "CLIENT_ID": simulator.issuer.client_id,
            "CLIENT_SECRET": simulator.issuer.secret,
        }
        environment = {**os.environ, **{f"MFA_AUDIT_{name}": value for name, value in settings.items()}}
        for words in (("doctor",), ("run", "--source", "graph")):
            sys.stderr.write(f"$ mfa-audit {' '.join(words)}\n")
            code = subprocess.run([sys.executable, "-m", "mfa_audit", *words], cwd=home, env=environment,
                                  check=False).returncode
            if code:
                return code
    sys.stderr.write(f"Everything is in {home}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
