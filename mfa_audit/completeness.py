"""Whether a snapshot shows everybody: what is missing, old, fewer than last time, or of another tenant.

A night with a gap is published as incomplete and its figure is not to be relied on (``docs/troubleshooting.md``,
exit code 4). What can only be a mix-up is refused outright.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mfa_audit.errors import IncompleteData
from mfa_audit.snapshot import accounts, registrations
from mfa_audit.snapshot.documents import listed
from mfa_audit.snapshot.memberships import lost_group
from mfa_audit.tables import ACCOUNTS, REGISTRATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from mfa_audit.policy import Policy
    from mfa_audit.snapshot.manifest import Manifest
    from mfa_audit.snapshot.store import Snapshot

_NOT_GIVEN = {
    "accounts": "no list of accounts was given: who is missing from the registration report cannot be seen",
    "registrations": "no registration report was given: nobody's second factor is known",
}
_DECIDING = frozenset(name for _, name in (*accounts.DECIDING, *registrations.DECIDING)) & {
    *ACCOUNTS.names, *REGISTRATIONS.names}
_NAME_GROUPS = ("conditional_access_policies", "authentication_methods_policy")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_A_HANDFUL = 5
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True)
class Gap:
    """One thing that keeps a night from being complete: the table, why, and what to do about it."""

    table: str
    reason: str
    next_step: str = ""


@dataclass(frozen=True)
class Before:
    """The last good run: its tenant's folder, its rows by table, what its sources :func:`supplied`, and the
    :func:`parts` of it."""

    tenant: str
    rows: Mapping[str, int]
    supplied: frozenset[str] = frozenset()
    parts: Mapping[str, int] = field(default_factory=dict)


def supplied(snapshot: Snapshot) -> frozenset[str]:
    """The names of what the sources gave: tables with rows, policy documents that list something, and the columns that
    decide something."""
    manifest = snapshot.manifest
    tables = {name for name, table in manifest.tables.items() if table.rows and name != "former_names"}
    absent = {name for table in ("accounts", "registrations") for name in manifest.tables[table].columns_absent}
    tables |= {f"{kind} role assignments" for kind in snapshot.frame("role_assignments")["kind"].unique()}
    documents = {name for name, content in snapshot.documents.items() if listed(content)}
    return frozenset(tables | (_DECIDING - absent) | documents)


def parts(snapshot: Snapshot, policy: Policy, registered: int) -> dict[str, int]:
    """Name -> entries, of what makes people look better when entries of it are missing: roles by kind, the register of
    privileged accounts (``registered``: its entries that name an account that is there), and each group that the
    tenant's policies or the audit's name."""
    roles = snapshot.frame("role_assignments")["kind"].value_counts()
    found = {f"{kind} role assignments": int(count) for kind, count in roles.items()}
    found["privileged_accounts"] = registered
    named = set(_ID.findall(json.dumps([snapshot.documents.get(name) for name in _NAME_GROUPS]).casefold()))
    sizes = snapshot.group_sizes(sorted(named | set(_ID.findall(policy.text.casefold()))))
    return found | {lost_group(group): size for group, size in sizes.items()}


def lost_sources(snapshot: Snapshot, before: Before | None, now: Mapping[str, int], policy: Policy) -> frozenset[str]:
    """What the last good run was supplied with and this snapshot was not, or only with a part of it; ``now`` are its
    :func:`parts`. Lost evidence makes nobody look better."""
    return frozenset() if before is None else frozenset({
        *(before.supplied - supplied(snapshot) - set(_NOT_GIVEN)), *_shrunk(now, before, policy)})


def _shrunk(now: Mapping[str, int], before: Before, policy: Policy) -> list[str]:
    """The parts with fewer entries than can have gone in a day; a handful can in any."""
    limit = policy.sources.maximum_drop_percent
    return [name for name, last in before.parts.items()
            if name in now and last - now[name] > max(_A_HANDFUL, limit * last / 100)]


def gaps(snapshot: Snapshot, wanted: Sequence[str], policy: Policy, *, dated_by_clock: datetime | None,
         before: Before | None, now: Mapping[str, int], allow_stale: bool, accept_drop: bool) -> tuple[Gap, ...]:
    """Everything that makes the night incomplete, in the order in which a person should mend it.

    ``wanted``: the tables settings ``collect`` names; ``before``: null when there is nothing to compare with;
    ``now``: the :func:`parts` of the snapshot.
    ``dated_by_clock``: the time of the run (UTC) when it is dated by
    the clock; null when ``--as-of`` named the day, whereupon age is shown and never refused.
    """
    manifest = snapshot.manifest
    found = [*_missing(manifest, wanted), *_not_whole(manifest)]
    if dated_by_clock is not None and not allow_stale:
        found += _stale(manifest, wanted, policy, dated_by_clock)
    if before is not None and not accept_drop:
        found += _other_tenant(manifest, before)
        found += _fewer(manifest, wanted, policy, before)
        shrunk = _shrunk(now, before, policy)
        found += [Gap(name, f"{now[name]} entries where the last good run had {before.parts[name]}" if name in shrunk
                      else "the last good run had it, and nothing supplies it now",
                      "supply it again; if it is really no more, --accept-drop.")
                  for name in sorted(lost_sources(snapshot, before, now, policy))]
    found += _orphans(manifest, policy)
    expected = policy.sources.expected_accounts
    rows = manifest.tables["accounts"].rows
    if expected is not None and rows < expected:
        found.append(Gap("accounts", f"{rows} accounts were read where the policy expects {expected}",
                         "export again; or correct sources.expected_accounts in the policy."))
    return tuple(found)


def nobody_in_scope(people: int) -> tuple[Gap, ...]:
    """A gap when there are no ``people`` in scope: nobody is never everybody."""
    return () if people else (Gap("accounts", "nobody is in scope, so no share of anything can be told",
                                  "look at what the policy leaves out, and at the files."),)


def lost_factors(gone: int, had: int, policy: Policy) -> tuple[Gap, ...]:
    """A gap when too many of those who ``had`` a second factor at the last good run have it no more: a source that
    broke looks like this, and so does an attack."""
    limit = policy.sources.maximum_loss_percent
    if gone * 100 <= limit * had:
        return ()
    return (Gap("registrations", f"{gone} of {had} people have lost the second factor they had at the last good run: "
                f"more than {limit:g} %", "find out why; if it is right, --accept-loss."),)


def refuse_nobody(manifest: Manifest) -> None:
    """Raise :class:`IncompleteData` when there is no account at all: nobody is never everybody."""
    if manifest.tables["accounts"].rows == 0:
        raise IncompleteData("no account was read, so there is nothing to judge",
                             next_step="look at the files with 'mfa-audit doctor PATH' and export again.")


def refuse_other_tenant(manifest: Manifest, tenant: str | None, domains: pd.Series, policy: Policy,
                        organisations: Sequence[Mapping[str, Any]]) -> None:
    """Raise :class:`IncompleteData` when the files are of another tenant than settings, policy or files themselves say.

    ``tenant``: the configured id; ``domains``: the domains of the accounts read; ``organisations``: the entries of the
    ``organization`` document. An account's UPN always ends in a domain its tenant has verified.
    """
    refuse_other_organisation(tenant, organisations, manifest.tenant_id_seen)
    allowed = {domain.casefold() for domain in policy.sources.tenant_domains}
    allowed = allowed or _verified(organisations)
    if not allowed:
        return
    foreign = sorted(set(domains.dropna().str.casefold().unique()) - allowed)
    if foreign:
        raise IncompleteData(f"accounts of domains that are not this tenant's were read: {', '.join(foreign[:5])}",
                             next_step="give this tenant's files, or name its domains in sources.tenant_domains.")


def refuse_other_organisation(tenant: str | None, organisations: Sequence[Mapping[str, Any]],
                              seen: str | None = None) -> None:
    """The part of :func:`refuse_other_tenant` that can be told before an account is looked at; ``seen`` is the tenant's
    id where it has been read already."""
    ids = sorted({str(entry["id"]).strip().casefold() for entry in organisations if entry.get("id")})
    if len(ids) > 1:
        raise IncompleteData(f"the files describe {len(ids)} tenants: {', '.join(ids[:5])}",
                             next_step="give the files of one tenant.")
    seen = seen or next(iter(ids), None)
    if tenant is not None and seen is not None and _is_id(tenant) and tenant.casefold() != seen.casefold():
        raise IncompleteData(f"the files are of tenant {seen}, the settings name {tenant}",
                             next_step="give this tenant's files, or correct 'tenant' in the settings.")
    names = _verified(organisations)
    if tenant is not None and "." in tenant and names and tenant.strip().casefold() not in names:
        whose = "a tenant" if seen is None else f"tenant {seen}"
        raise IncompleteData(f"the files are of {whose}, which has no domain {tenant}, as the settings name it",
                             next_step="give this tenant's files, or correct 'tenant' in the settings.")


def _verified(organisations: Sequence[Mapping[str, Any]]) -> set[str]:
    lists = [entry.get("verifiedDomains") for entry in organisations]
    if not all(isinstance(each, list) for each in lists if each is not None):
        return set()
    listed = [domain for each in lists for domain in each or ()]
    named = {str(domain.get("name", "")).casefold() for domain in listed if isinstance(domain, dict)}
    return named - {""} if len(named) == len(listed) else set()


def _is_id(tenant: str) -> bool:
    return len(tenant) == 36 and tenant.count("-") == 4


def _missing(manifest: Manifest, wanted: Sequence[str]) -> list[Gap]:
    found = []
    refused = {each.name for each in manifest.missing if each.wanted}
    told = {each.name for each in manifest.missing}
    for name in wanted:
        table = manifest.tables.get(name)
        if table is None or name in refused:
            continue
        if table.state == "absent" and name not in told:
            found.append(Gap(name, _NOT_GIVEN.get(name, f"{name} was asked for and not given"),
                             "see 'mfa-audit doctor PATH' for how to get it."))
        elif table.state == "partial" and (manifest.own_reason(name) or name not in told):
            # What a licence keeps back is no gap; what is a part beside that is one.
            found.append(Gap(name, manifest.own_reason(name) or "only a part was read",
                             "export or collect it again."))
    return found


def _not_whole(manifest: Manifest) -> list[Gap]:
    """What a service was asked for and did not give whole."""
    return [
        Gap(each.name, each.reason, f"grant {each.permission} to the application (docs/permissions.md)."
            if each.permission else "collect it again.")
        for each in manifest.missing if each.wanted
    ]


def _orphans(manifest: Manifest, policy: Policy) -> list[Gap]:
    """Many registrations of accounts that are not listed: the list of accounts is not whole."""
    read = manifest.counts.get("registrations_read", 0)
    aside = manifest.counts.get("registrations_set_aside", 0)
    if aside * 100 <= policy.sources.maximum_drop_percent * read:
        return []
    return [Gap("accounts", f"{aside} of {read} registrations are of accounts that are not listed",
                "export the list of accounts again, all of it.")]


def _stale(manifest: Manifest, wanted: Sequence[str], policy: Policy, now: datetime) -> list[Gap]:
    """The age of the registrations; a list of accounts says nothing of when it was made but that it is not older than
    its facts."""
    name, ages = "registrations", policy.sources.maximum_age_hours
    limit = ages.files if manifest.collected_at is None else ages.graph
    table = manifest.tables[name]
    if name not in wanted or table.state == "absent":
        return []
    if table.captured_at is None:
        return [Gap(name, "nothing in the files says when they were made",
                    "say it with --captured-at, such as --captured-at 2026-03-02T01:30:00Z.")]
    if table.captured_at - now > _CLOCKS_DIFFER:
        return [Gap(name, f"it holds facts of {table.captured_at:%Y-%m-%d}, which lies in the future",
                    "export again; correct the clock of the machine if that is what is wrong.")]
    if now - table.captured_at > timedelta(hours=limit):
        return [Gap(name, f"the data of {table.captured_at:%Y-%m-%d} is older than the policy's {limit} hours",
                    "export again, or look all the same with --allow-stale.")]
    return []


def _other_tenant(manifest: Manifest, before: Before) -> list[Gap]:
    """Where both say whose they are; a list without a name of its own is compared as this tenant's."""
    if manifest.tenant == before.tenant or not (_is_id(manifest.tenant) and _is_id(before.tenant)):
        return []
    return [Gap("organization", f"the last good run is of tenant {before.tenant}, this one of {manifest.tenant}",
                "give each tenant an --output of its own; if this one follows the other, --accept-drop.")]


def _fewer(manifest: Manifest, wanted: Sequence[str], policy: Policy, before: Before) -> list[Gap]:
    limit = policy.sources.maximum_drop_percent
    found = []
    for name in wanted:
        table, last = manifest.tables.get(name), before.rows.get(name, 0)
        if table is None or not last:
            continue
        if (last - table.rows) * 100 > limit * last:
            fewer = f"{table.rows} rows where the last good run had {last}: more than {limit:g} % fewer"
            found.append(Gap(name, fewer, "export again; if so many have really left, --accept-drop."))
    return found
