"""``mfa-audit collect``: take a snapshot and stop."""

from __future__ import annotations

from typing import Any

import click

from mfa_audit.cli.options import job_of, need_sources, shared
from mfa_audit.cli.run import INCOMPLETE


@click.command("collect")
@shared("source", "policy", "preset", "settings", "captured_at", "output", "data", "tenant", "quiet", "verbose")
def command(**options: Any) -> int:
    """Read Microsoft Graph or exported files into a snapshot, and stop.

    'mfa-audit report --snapshot DIR' judges it later. Leaves with 4 when what was asked for did not come whole.
    """
    from mfa_audit.cli.screen import observer  # noqa: PLC0415 - rich is heavy
    from mfa_audit.completeness import gaps  # noqa: PLC0415 - pandas is heavy
    from mfa_audit.nightly import collect_alone  # noqa: PLC0415 - the whole house
    from mfa_audit.text_safety import for_terminal  # noqa: PLC0415 - pandas is heavy

    job = job_of(options)
    need_sources(job.settings.sources)
    snapshot = collect_alone(job, observer(quiet=bool(options.get("quiet"))))
    missing = gaps(snapshot, job.settings.collect, job.policy, dated_by_clock=None, before=None, now={},
                   allow_stale=True, accept_drop=True)
    for gap in missing:
        click.echo(for_terminal(f"mfa-audit: incomplete: {gap.table}: {gap.reason}. Next: {gap.next_step}"), err=True)
    rows = {name: table.rows for name, table in snapshot.manifest.tables.items() if table.rows}
    counted = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items())
    click.echo(f"The snapshot holds {counted or 'nothing'}: {snapshot.folder}")
    return INCOMPLETE if missing else 0
