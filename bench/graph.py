"""Read a simulated Graph: ``python bench/graph.py tool FOLDER`` by the source, ``bare`` by the least there is.

The settings come from the environment, as ``python -m tests.graph_simulator`` prints them. The bare loop is requests
and json over the same TLS: it asks for the same pages, decodes them and keeps nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import requests

from mfa_audit.cli.clock import SystemClock
from mfa_audit.collection import Online, graph_source, wanted
from mfa_audit.policy import load_policy
from mfa_audit.progress import SILENT
from mfa_audit.settings import load_settings
from mfa_audit.snapshot.raw import Inputs
from mfa_audit.sources.graph.endpoints import REGISTRATIONS, accounts, first_page


class ImpatientClock(SystemClock):
    """Time in which waiting takes none: what is measured is work, not the limits of Graph."""

    def __init__(self) -> None:
        self._waited = 0.0

    def monotonic(self) -> float:
        """Seconds passed and waited."""
        return super().monotonic() + self._waited

    def sleep(self, seconds: float) -> None:
        """Have waited already."""
        self._waited += seconds


def tool(folder: Path) -> int:
    """Read users and registrations as a night does; the rows on disk."""
    settings = load_settings(None, os.environ, {"data": folder})
    source = graph_source(settings, Online(ImpatientClock(), print), SILENT)
    return sum(rows.rows for rows in source.read(wanted(settings, load_policy(), Inputs())).rows)


def bare() -> int:
    """Ask for the same pages and decode them."""
    told = {name: os.environ[f"MFA_AUDIT_{name}"] for name in
            ("LOGIN_ROOT", "GRAPH_ROOT", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "CA_BUNDLE")}
    session = requests.Session()
    trusted = told["CA_BUNDLE"]
    answer = session.post(f"{told['LOGIN_ROOT']}/{told['TENANT_ID']}/oauth2/v2.0/token", verify=trusted, data={
        "grant_type": "client_credentials", "client_id": told["CLIENT_ID"], "client_secret": told["CLIENT_SECRET"],
        "scope": f"{told['GRAPH_ROOT']}/.default"})
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    rows = 0
    for listing in (accounts("company_name"), REGISTRATIONS):
        url = told["GRAPH_ROOT"] + first_page(listing, listing.sizes[0])
        while url:
            page = session.get(url, verify=trusted).json()
            rows += len(page["value"])
            url = page.get("@odata.nextLink")
    return rows


if __name__ == "__main__":
    print(bare() if sys.argv[1] == "bare" else tool(Path(sys.argv[2])))
