"""From a snapshot to the :class:`~mfa_audit.verdicts.basis.Basis` its accounts are judged by."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from mfa_audit.methods import FACTOR_BITS
from mfa_audit.policy.exemptions import best_entry
from mfa_audit.snapshot.columnar import TableFile
from mfa_audit.snapshot.documents import entries, listed
from mfa_audit.snapshot.memberships import ROLES_LOST, live_roles, lost_group
from mfa_audit.tables import REGISTERS, GroupState
from mfa_audit.verdicts.basis import Basis, Evidence
from mfa_audit.verdicts.exemption_register import HOLDER, entry_states
from mfa_audit.verdicts.methods_policy import EVERYBODY, certificate_targets, in_doubt, registrable, switched_off
from mfa_audit.verdicts.registers import Lookup, Registers, present
from mfa_audit.verdicts.required import demanded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mfa_audit.policy import Policy
    from mfa_audit.snapshot.store import Snapshot

_LONGEST_PAUSE_DAYS = 90
_SETTINGS = frozenset({"per_user_mfa", "mfa_status"})
_SHOW_PRIVILEGED = ROLES_LOST | {"privileged_accounts", "is_admin", "mfa_status"}
_SHOW_ALLOWED = frozenset({"authentication_methods_policy", "is_mfa_capable"})


def entries_of(snapshot: Snapshot, policy: Policy, as_of: date) -> pd.DataFrame:
    """The register of exemptions, an entry for each member of the policy's exempt groups added, with holders and states
    (:func:`entry_states`)."""
    register = snapshot.frame("exemptions")
    by_group = _entries_of_groups(snapshot, policy, list(register.columns))
    if len(by_group):
        register = pd.concat([register, by_group.astype(register.dtypes)], ignore_index=True)
    accounts = snapshot.accounts(columns=HOLDER) if len(register) else ()
    return entry_states(register, accounts, policy, as_of, snapshot.frame("former_names"))


def _entries_of_groups(snapshot: Snapshot, policy: Policy, columns: list[str]) -> pd.DataFrame:
    """An entry of the register for every member of an exempt group whose members were read; one approval covers all."""
    read = _groups(snapshot, policy)
    rows = []
    for group in policy.exemptions.groups:
        members = read.get(group.group_id.lower(), pd.Index([]))
        told = {name: value.isoformat() if isinstance(value, date) else value
                for name, value in group.model_dump().items() if name in columns}
        called = f"group {group.name or group.group_id}"
        rows.append(pd.DataFrame({"account_id": members}).assign(exemption_id=called, **told))
    if not rows:
        return pd.DataFrame(columns=columns)
    return pd.concat(rows, ignore_index=True).reindex(columns=columns)


def basis_of(snapshot: Snapshot, policy: Policy, as_of: date, exemptions: pd.DataFrame,
             cells: pd.DataFrame | None = None) -> Basis:
    """What the accounts of a snapshot are judged by, on a day in the policy's zone; ``exemptions`` is
    :func:`entries_of`, ``cells`` what the scenarios come to for each class of accounts, null when that is not known."""
    roles = _counted_roles(live_roles(snapshot, as_of), policy)
    unknown = bool((roles["account_id"].isna() & (roles["kind"] == "eligible")).any())
    return Basis(
        policy=policy,
        as_of=as_of,
        registers=_registers(snapshot, exemptions, as_of),
        evidence=_evidence(snapshot, policy, eligible_unknown=unknown),
        role_holders=pd.Index(roles["account_id"].dropna().unique()),
        groups=_groups(snapshot, policy),
        demanded=None if cells is None else demanded(cells, policy),
    )


def _registers(snapshot: Snapshot, exemptions: pd.DataFrame, as_of: date) -> Registers:
    former = snapshot.frame("former_names")
    frames = {
        name: present(snapshot.frame(name), former) if "account_id" in register.names else snapshot.frame(name)
        for name, register in REGISTERS.items()
    }
    given = {name for name in REGISTERS if snapshot.manifest.tables[name].state != "absent"}
    if len(exemptions):
        given.add("exemptions")
    return Registers(
        exemptions=Lookup(best_entry(exemptions, by="holder_id"), key="holder_id"),
        services=Lookup(frames["service_accounts"]),
        generics=Lookup(frames["generic_accounts"]),
        privileged=Lookup(frames["privileged_accounts"]),
        pauses=Lookup(live_pauses(frames["pauses"], as_of)),
        certificates=Lookup(frames["certificate_users"]),
        organisations=frames["organisations"],
        given=frozenset(given),
    )


def live_pauses(pauses: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The pauses that run today and are no longer than 90 days."""
    begins, ends = (pd.to_datetime(pauses[name], format="%Y-%m-%d", errors="coerce") for name in ("from", "until"))
    today = pd.Timestamp(as_of)
    return pauses[(begins <= today) & (today <= ends) & ((ends - begins).dt.days <= _LONGEST_PAUSE_DAYS)]


def _evidence(snapshot: Snapshot, policy: Policy, *, eligible_unknown: bool) -> Evidence:
    tables, documents = snapshot.manifest.tables, snapshot.documents
    registrations = tables["registrations"]
    captured = registrations.captured_at
    absent, lost = tables["accounts"].columns_absent, snapshot.lost
    newest = max((each for each in (captured, tables["accounts"].captured_at) if each is not None), default=None)
    domains, methods_policy = documents.get("domains"), documents.get("authentication_methods_policy")
    federated = None if domains is None else frozenset(
        str(entry.get("id", "")).casefold()
        for entry in entries(domains)
        if str(entry.get("authenticationType", "")).casefold() == "federated"
    )
    return Evidence(
        registrations_complete=registrations.state == "complete",
        registrations_refused=registrations.permission is not None,
        registered_as_of=None if captured is None else captured.astimezone(UTC).replace(tzinfo=None),
        roles_read=tables["role_assignments"].state == "complete",
        eligible_unknown=eligible_unknown,
        policies_read=bool({"conditional_access_policies", "security_defaults"} & (documents.keys() | lost)),
        policies_partial=_policies_partial(snapshot),
        settings_read=not set(absent) >= _SETTINGS or bool(_SETTINGS & lost),
        federated_domains=federated,
        certificate_targets=certificate_targets(methods_policy),
        registrable=registrable(methods_policy),
        methods_switched_off=switched_off(methods_policy),
        methods_in_doubt=FACTOR_BITS if _allowed_unknown(snapshot) else in_doubt(methods_policy),
        privileged_lost=bool(_SHOW_PRIVILEGED & lost),
        seen_until=None if newest is None else newest.astimezone(ZoneInfo(policy.about.timezone)).date(),
    )


def _allowed_unknown(snapshot: Snapshot) -> bool:
    """Whether what says which methods are allowed was there at the last good run or asked for, and did not come, or
    says nothing."""
    missing = {each.name for each in snapshot.manifest.missing}
    name = "authentication_methods_policy"
    empty = name in snapshot.documents and not entries(snapshot.documents[name])
    return bool(_SHOW_ALLOWED & (snapshot.lost | missing)) or empty


_POLICY_DOCUMENTS = frozenset({"conditional_access_policies", "named_locations", "authentication_strengths",
                               "security_defaults", "tenant_policies"})


def _policies_partial(snapshot: Snapshot) -> bool:
    """Whether what decides who is asked was wanted and did not come, contradicts itself, cannot be read, or came in
    part."""
    missing = {each.name for each in snapshot.manifest.missing}
    damaged = any(each.check == "policy documents disagree" for each in snapshot.complaints) or any(
        listed(snapshot.documents[name]) is None for name in _POLICY_DOCUMENTS & snapshot.documents.keys())
    in_part = any(snapshot.manifest.tables[name].state == "partial" for name in ("group_members", "role_assignments"))
    return bool((missing | snapshot.lost) & (_POLICY_DOCUMENTS | _SETTINGS)) or damaged or in_part


def _counted_roles(roles: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The rows of a role the policy counts. Any scope counts."""
    wanted = {role.lower() for role in policy.privileged.directory_roles}
    return roles if "*" in wanted else roles[roles["role_id"].isin(wanted)]


def _groups(snapshot: Snapshot, policy: Policy) -> dict[str, pd.Index]:
    """The members of every group the judging asks about; one whose members were not read whole is missing."""
    tiers: Iterable[Any] = (rule.applies_to for rule in policy.requirements.values() if rule.applies_to is not None)
    methods_policy = snapshot.documents.get("authentication_methods_policy")
    targets = certificate_targets(methods_policy) or frozenset()
    for each in registrable(methods_policy) or ():
        targets |= each.include | each.exclude
    named = {
        group.lower()
        for groups in (policy.privileged.groups, policy.methods.own_telephony_groups, targets - {EVERYBODY},
                       [group.group_id for group in policy.exemptions.groups], *(applies.groups for applies in tiers))
        for group in groups
    }
    table = snapshot.manifest.tables["group_members"]
    if not named or table.file is None:
        return {}
    members = TableFile(snapshot.folder / table.file).frame(where={"group_id": sorted(named)})
    members = members[members["state"] != GroupState.IN_PART]
    return {str(group): pd.Index(rows["account_id"].dropna()) for group, rows in members.groupby("group_id")
            if lost_group(str(group)) not in snapshot.lost}
