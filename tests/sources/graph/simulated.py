"""Nights by Graph against a simulator, as the settings of a person describe them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from nights import GOLDEN, STARTED, job

from mfa_audit import nightly
from mfa_audit.collection import Online


def graph_job(simulator, home, collect, *, policy=GOLDEN / "policy.toml", started=STARTED, sources=(Path("graph"),),
              **settings):
    """The job of a night that reads the simulator."""
    given = {
        "tenant": simulator.tenant.tenant_id, "collect": collect, "client_id": simulator.issuer.client_id,
        "client_secret": simulator.issuer.secret, "graph_root": simulator.root, "login_root": simulator.login_root,
        "ca_bundle": simulator.ca_bundle, **settings,
    }
    return job(sources, policy, home, started=started,
               settings={name: value for name, value in given.items() if value is not None},
               online=Online(simulator.clock, print))


def collected(simulator, home, collect, **more):
    """The snapshot of a night."""
    return nightly.collect_alone(graph_job(simulator, home, collect, **more))


def night(simulator, home, collect, **more):
    """A whole night, and what it came to."""
    told = []
    nightly.run(graph_job(simulator, home, collect, **more), told.append)
    return told[0]


def accounts_of(snapshot):
    """The accounts by id."""
    return pd.concat(list(snapshot.accounts())).set_index("account_id")
