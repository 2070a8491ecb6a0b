"""Everything an account is judged by that is not the account itself: policy, registers, what the sources showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.verdicts.registers import Registers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from mfa_audit.policy import Policy
    from mfa_audit.verdicts.methods_policy import Targets


@dataclass(frozen=True)
class Evidence:
    """What the sources of a snapshot can and cannot show, the same for every account.

    ``registrations_complete``: the registration table is whole; ``registrations_refused``: it was asked for and
    refused. ``registered_as_of``: when it was captured (UTC), null when no source says. ``roles_read``: role
    assignments were read whole. ``eligible_unknown``: somebody nobody knows may activate a role the policy counts.
    ``policies_read``: Conditional Access or security defaults were read; ``policies_partial``: they, or the groups and
    roles they name, were asked for and did not come whole.
    ``settings_read``: a per-user MFA state or a portal's MFA Status was supplied for somebody. ``federated_domains``:
    the federated ones, null when no list of domains was supplied. ``certificate_targets``: the groups the methods
    policy lets sign in with a certificate (``all_users``: everybody); null when it was not supplied.
    ``registrable``: whom it lets register what is recommended; null when it does not say.
    ``methods_switched_off``: methods it allows nobody, as bits; ``methods_in_doubt``: those of which it does not say.
    ``privileged_lost``: what showed who is privileged at the last good run is not there any more. ``seen_until``: the
    newest day the sources speak of, null when none does.
    """

    registrations_complete: bool = True
    registrations_refused: bool = False
    registered_as_of: datetime | None = None
    roles_read: bool = False
    eligible_unknown: bool = False
    policies_read: bool = False
    policies_partial: bool = False
    settings_read: bool = False
    federated_domains: frozenset[str] | None = None
    certificate_targets: frozenset[str] | None = None
    registrable: tuple[Targets, ...] | None = None
    methods_switched_off: int = 0
    methods_in_doubt: int = 0
    privileged_lost: bool = False
    seen_until: date | None = None


@dataclass(frozen=True)
class Basis:
    """What :func:`mfa_audit.verdicts.judge.judge` judges by.

    ``role_holders``: account ids with a live directory role the policy counts as privileged. ``groups``: members of
    the groups the policy names, by group id in lower case; a group that is missing was not read. ``demanded``: what the
    scenarios came to (:func:`mfa_audit.verdicts.required.demanded`), by the accounts' ``access_class``; null when they
    were not evaluated.
    """

    policy: Policy
    as_of: date
    registers: Registers = field(default_factory=Registers)
    evidence: Evidence = field(default_factory=Evidence)
    role_holders: pd.Index = field(default_factory=lambda: pd.Index([], dtype="str"))
    groups: Mapping[str, pd.Index] = field(default_factory=dict)
    demanded: pd.DataFrame | None = None

    def in_groups(self, account_ids: pd.Series, groups: tuple[str, ...]) -> pd.Series:
        """Whether each account is in one of ``groups``, as far as they were read."""
        found = pd.Series(data=False, index=account_ids.index)
        for group in groups:
            members = self.groups.get(group.lower())
            if members is not None:
                found |= account_ids.isin(members)
        return found

    def groups_read(self, groups: tuple[str, ...]) -> bool:
        """Whether the members of every one of ``groups`` were read."""
        return all(group.lower() in self.groups for group in groups)
