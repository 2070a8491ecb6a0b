"""One night's snapshot: from exported files, from Microsoft Graph, or from both."""

from __future__ import annotations

import csv
import json
import re
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mfa_audit import __version__
from mfa_audit.completeness import refuse_other_organisation, refuse_other_tenant
from mfa_audit.errors import IncompleteData, InputRejected, SettingsError
from mfa_audit.files import private_folder, run_name
from mfa_audit.settings import refuse_readable_by_others
from mfa_audit.snapshot.documents import entries
from mfa_audit.snapshot.intake import organisation_field
from mfa_audit.snapshot.staging import Believable
from mfa_audit.snapshot.store import SNAPSHOTS, open_snapshot, write_snapshot
from mfa_audit.sources.exports.source import read
from mfa_audit.text_safety import slug

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from mfa_audit.clock import Clock
    from mfa_audit.policy import Policy
    from mfa_audit.progress import Progress
    from mfa_audit.settings import Settings
    from mfa_audit.snapshot.raw import Complaint, Inputs
    from mfa_audit.snapshot.store import Snapshot
    from mfa_audit.sources.graph.auth import EntraTokens
    from mfa_audit.sources.graph.source import GraphSource, Wanted

GRAPH = Path("graph")
"""The source that is no file."""


@dataclass(frozen=True)
class Online:
    """What talking to a service needs beside settings: a ``clock``, and ``show`` to tell a person how to sign in."""

    clock: Clock
    show: Callable[[str], None]


def take_snapshot(
    settings: Settings, policy: Policy, started: datetime, as_of: date, work: Path, progress: Progress,
    online: Online | None,
) -> Snapshot:
    """Read what the settings name into a snapshot under ``<data>/<tenant>/snapshots/<time>``.

    ``as_of`` is the day judged, in the policy's zone; ``work`` is a folder for what lies between;
    ``online`` is needed for Graph. Raises what the sources raise, and :class:`IncompleteData` for data of another
    tenant, of which nothing is kept.
    """
    paths = [path for path in settings.sources if path != GRAPH]
    own = frozenset(folder.resolve() for folder in (settings.output, settings.data))
    asks_graph = GRAPH in settings.sources
    inputs = read([*paths, *policy.register_paths().values()], work / "staged", without=own,
                  with_listing=not asks_graph)
    graph = None
    if asks_graph:
        if online is None:
            raise ValueError("reading Graph needs a clock")
        graph = graph_source(settings, online, progress)
    with _forgotten_if_refused(graph):
        if graph is not None:
            found = graph.read(wanted(settings, policy, inputs), partial(_last_snapshot, settings))
            inputs = _together(inputs, replace(found, complaints=(*found.complaints, *_certificate(settings, online))))
        refuse_other_organisation(settings.tenant, _organisations(inputs))
        tenant = tenant_folder(inputs, settings.tenant)
        snapshot = write_snapshot(
            inputs,
            private_folder(settings.data / tenant / SNAPSHOTS) / run_name(started),
            tenant=tenant,
            taken_at=started,
            tool_version=__version__,
            organisation_attribute=policy.population.organisation_attribute,
            date_order=settings.date_order,
            captured_at=inputs.collected_at or settings.captured_at,
            believable=_believable(policy, as_of),
            progress=progress,
            check=partial(refuse_foreign, settings, policy),
        )
    if graph is not None:
        graph.clear()
    return snapshot


@contextmanager
def _forgotten_if_refused(graph: GraphSource | None) -> Iterator[None]:
    """What was read of Graph is what the next run begins with when this one is killed or the network fails, and not
    when its content is refused: Graph may be right again."""
    try:
        yield
    except (IncompleteData, InputRejected):
        if graph is not None:
            graph.clear()
        raise


def _believable(policy: Policy, as_of: date) -> Believable:
    # How long one row of the report may stay behind the others does not hang on how the report is read.
    return Believable(datetime.combine(as_of, time.max, ZoneInfo(policy.about.timezone)),
                      timedelta(hours=policy.sources.maximum_age_hours.files))


def refuse_foreign(settings: Settings, policy: Policy, snapshot: Snapshot) -> None:
    """Raise :class:`IncompleteData` for a snapshot of another tenant than settings and policy name."""
    refuse_other_tenant(snapshot.manifest, settings.tenant, snapshot.domains(), policy,
                        entries(snapshot.documents.get("organization")))


def graph_source(settings: Settings, online: Online, progress: Progress) -> GraphSource:
    """Microsoft Graph as the settings say to reach it. Raises :class:`SettingsError` for what is missing."""
    from mfa_audit.sources.graph.address import cloud_of  # noqa: PLC0415 - msal and requests are heavy
    from mfa_audit.sources.graph.client import Wire  # noqa: PLC0415
    from mfa_audit.sources.graph.kept import YOUTH, Shelf  # noqa: PLC0415
    from mfa_audit.sources.graph.pacing import Pace  # noqa: PLC0415
    from mfa_audit.sources.graph.source import GraphSource  # noqa: PLC0415

    cloud, clock = cloud_of(settings.cloud, settings.graph_root, settings.login_root), online.clock
    pace = Pace(clock, clock.monotonic() + settings.deadline_seconds)
    tokens = entra_tokens(settings, online, lambda: pace.over)
    folder = private_folder(settings.data / slug(str(settings.tenant))) / "collecting"
    reader = (cloud.graph, str(settings.tenant), settings.client_id or settings.managed_identity or "")
    return GraphSource(Wire(cloud.graph, settings.ca_bundle), tokens, clock, pace,
                       Shelf(folder, clock.now(), YOUTH, reader), progress)


def ask_live(settings: Settings, online: Online,
             questions: Iterable[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Microsoft's live What If on each of ``questions`` (:func:`mfa_audit.access.live.question_of`), one a second.

    Raises as :func:`mfa_audit.sources.graph.what_if.evaluate`.
    """
    from mfa_audit.sources.graph.address import cloud_of  # noqa: PLC0415 - msal and requests are heavy
    from mfa_audit.sources.graph.client import Client, Wire  # noqa: PLC0415
    from mfa_audit.sources.graph.pacing import Pace  # noqa: PLC0415
    from mfa_audit.sources.graph.what_if import evaluate  # noqa: PLC0415

    cloud = cloud_of(settings.cloud, settings.graph_root, settings.login_root)
    pace = Pace(online.clock, online.clock.monotonic() + settings.deadline_seconds)
    client = Client(Wire(cloud.graph, settings.ca_bundle), entra_tokens(settings, online), pace, online.clock)
    with closing(client):
        for question in questions:
            yield evaluate(client, question)


def entra_tokens(settings: Settings, online: Online, over: Callable[[], bool] = lambda: False) -> EntraTokens:
    """Sign-in as the settings describe it, given up when it is ``over``. Raises :class:`SettingsError` for what is
    missing or said twice, and for a private key that others can read."""
    from mfa_audit.sources.graph.address import cloud_of  # noqa: PLC0415 - msal and requests are heavy
    from mfa_audit.sources.graph.auth import Credential, EntraTokens  # noqa: PLC0415
    from mfa_audit.sources.graph.endpoints import permissions  # noqa: PLC0415

    if "accounts" not in settings.collect:
        raise SettingsError("reading Graph needs the accounts, which 'collect' leaves out", where="settings",
                            next_step="put accounts into 'collect' (MFA_AUDIT_COLLECT); without them nobody is known.")
    if settings.tenant is None:
        raise SettingsError("reading Graph needs the tenant's id", where="settings",
                            next_step="set MFA_AUDIT_TENANT_ID, or 'tenant' in the settings file.")
    ways = {name: getattr(settings, name) for name in
            ("client_secret", "certificate_file", "federated_token_file", "managed_identity")}
    chosen = [name for name, value in ways.items() if value is not None]
    if len(chosen) > 1:
        raise SettingsError(f"there are {len(chosen)} ways to sign in: {', '.join(chosen)}", where="settings",
                            next_step="keep one of them.")
    if settings.client_id is None and settings.managed_identity is None:
        raise SettingsError("reading Graph needs the application's client id", where="settings",
                            next_step="set MFA_AUDIT_CLIENT_ID; docs/permissions.md says how to register one.")
    if settings.certificate_file is not None and settings.certificate_file.is_file():
        refuse_readable_by_others(settings.certificate_file, "the private key's", "certificate_file")
    secret, passphrase = settings.client_secret, settings.certificate_passphrase
    credential = Credential(
        client_id=settings.client_id or "",
        secret=None if secret is None else secret.get_secret_value(),
        certificate=settings.certificate_file,
        passphrase=None if passphrase is None else passphrase.get_secret_value(),
        assertion=settings.federated_token_file,
        managed_identity=settings.managed_identity,
        show=online.show,
        permissions=permissions(settings.collect),
    )
    cloud = cloud_of(settings.cloud, settings.graph_root, settings.login_root)
    return EntraTokens(cloud, settings.tenant, credential, online.clock, ca_bundle=settings.ca_bundle,
                       over=over)


def _certificate(settings: Settings, online: Online | None) -> list[Complaint]:
    from mfa_audit.sources.graph.certificate import expiry_note  # noqa: PLC0415 - cryptography is heavy

    if settings.certificate_file is None or online is None:
        return []
    phrase = settings.certificate_passphrase
    note = expiry_note(settings.certificate_file, None if phrase is None else phrase.get_secret_value(),
                       online.clock.now())
    return [] if note is None else [note]


def wanted(settings: Settings, policy: Policy, files: Inputs) -> Wanted:
    """What to ask Graph for; ``files`` hold the register of privileged accounts."""
    from mfa_audit.sources.graph.source import Wanted  # noqa: PLC0415 - msal and requests are heavy

    tiers = (rule.applies_to for rule in policy.requirements.values() if rule.applies_to is not None)
    named = (policy.privileged.groups, policy.methods.own_telephony_groups, *(applies.groups for applies in tiers),
             tuple(group.group_id for group in policy.exemptions.groups))
    return Wanted(
        collect=settings.collect, organisation_field=organisation_field(policy.population.organisation_attribute),
        groups=frozenset(group.lower() for groups in named for group in groups),
        named=frozenset((*policy.population.break_glass, *_listed(files, "privileged_accounts"))),
        watched=_listed(files, "service_accounts"),
        privileged_groups=frozenset(group.lower() for group in policy.privileged.groups),
        lookup_limit=policy.sources.method_lookup_limit, activity_requests=settings.sign_in_activity_requests,
    )


def tenant_folder(inputs: Inputs, named: str | None) -> str:
    """The name of the tenant's folder: the organisation's id, else what the settings call it, else ``files``."""
    ids = [str(entry.get("id", "")) for entry in _organisations(inputs)]
    return _folder_name(next(filter(None, ids), named or "files"))


def _organisations(inputs: Inputs) -> list[dict[str, Any]]:
    return [entry for document in inputs.documents if document.name == "organization"
            for entry in entries(document.content)]


def _folder_name(tenant: str) -> str:
    tenant = tenant.lower()
    return tenant if re.fullmatch(r"[0-9a-f-]{36}|files", tenant) else slug(tenant)


def _last_snapshot(settings: Settings, tenant: str) -> Snapshot | None:
    """The newest snapshot of the tenant that is what was written."""
    folder = settings.data / _folder_name(tenant or settings.tenant or "files") / SNAPSHOTS
    for path in sorted(folder.glob("[0-9]*"), reverse=True):
        try:
            return open_snapshot(path)
        except IncompleteData:
            continue
    return None


def _listed(files: Inputs, register: str) -> frozenset[str]:
    """The accounts a register names, as it names them, in lower case."""
    found: set[str] = set()
    for raw in files.rows:
        if raw.table == register and "account_id" in raw.fields:
            with raw.path.open(encoding="utf-8", newline="") as lines:
                rows = csv.DictReader(lines) if raw.format == "csv" else map(json.loads, lines)
                found.update(str(row.get(raw.fields["account_id"]) or "").strip().lower() for row in rows)
    return frozenset(found - {""})


def _together(files: Inputs, graph: Inputs) -> Inputs:
    return replace(
        graph, rows=(*files.rows, *graph.rows), documents=(*files.documents, *graph.documents),
        complaints=(*files.complaints, *graph.complaints), ignored=files.ignored,
    )
