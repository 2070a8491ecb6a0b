"""What the figures of a run do not cover, because no source was given for it: printed with every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.snapshot.raw import Complaint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mfa_audit.snapshot.store import Snapshot
    from mfa_audit.verdicts.basis import Basis

_ABSENT = {
    "account_enabled": ("whether accounts are enabled: not given", "disabled accounts are counted as in scope",
                        "export the accounts with accountEnabled."),
    "sign_in": ("sign-in activity: not given", "nobody is known to be unused: mailboxes stay in scope",
                "collect signInActivity, which needs AuditLog.Read.All and a premium licence."),
    "is_mfa_capable": ("isMfaCapable: not given", "methods count by the list alone, allowed or not",
                       "export the registration report with 'MFA capable'."),
}


def scope_complaints(snapshot: Snapshot, basis: Basis, broken_cycles: Sequence[str]) -> list[Complaint]:
    """A complaint for everything the sources cannot show, and one for cycles of managers.

    A column that no source has is the run's scope, not a fault of an account; it is said on every output.
    """
    tables = snapshot.manifest.tables
    absent = {*tables["accounts"].columns_absent, *tables["registrations"].columns_absent}
    rows = tables["accounts"].rows
    found = [
        Complaint(check, rows, (), effect, fix) for column, (check, effect, fix) in _ABSENT.items() if column in absent
    ]
    evidence = basis.evidence
    if not evidence.roles_read and "is_admin" in absent:
        found.append(Complaint("administrators: not given", rows, (), "whoever may be privileged is judged both ways",
                               "export the registration report with isAdmin, or the role assignments."))
    if evidence.federated_domains is None and evidence.certificate_targets is None:
        found.append(Complaint("federation and certificates: not assessed", rows, (),
                               "a factor that no report shows is not thought of",
                               "give the domains and the authentication methods policy."))
    if not evidence.policies_read and not evidence.settings_read:
        found.append(Complaint("whether MFA is demanded: not assessed", rows, (),
                               "the headline says registered, not compliant",
                               "give the Conditional Access policies, or a list of per-user MFA states."))
    unread = [group for group in basis.policy.exemptions.groups if group.group_id.lower() not in basis.groups]
    if unread:
        found.append(Complaint("exemptions of groups: not evaluated", len(unread),
                               tuple(group.name or group.group_id for group in unread[:5]),
                               "their members are judged as if they had none",
                               "give the groups with their members, or enter each holder in the register."))
    if broken_cycles:
        found.append(Complaint("managers who report to each other", len(broken_cycles), tuple(broken_cycles[:5]),
                               "the circle is cut at the account named", "correct the manager in the directory."))
    return found
