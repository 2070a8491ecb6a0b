"""One account in the policy's scenarios: every sign-in decided, with the policies that apply and why others do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfa_audit.access.cases import record
from mfa_audit.access.everybody import person_of, tenant_of
from mfa_audit.access.live import differences, question_of
from mfa_audit.access.notes import NOTES, notes
from mfa_audit.access.question import Question
from mfa_audit.access.scenarios import situations
from mfa_audit.access.sign_in import Decision, decide
from mfa_audit.access.targets import APPLICATIONS
from mfa_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    import pandas as pd

    from mfa_audit.policy import Policy
    from mfa_audit.snapshot.store import Snapshot

_MOST = 5
WHY_NOT: Mapping[str, str] = {
    "users": "is not for this account", "application": "is not for this application",
    "userActions": "is for other actions", "authenticationContext": "is for another authentication context",
    "devicePlatform": "is not for this platform", "devices": "is not for this device",
    "clientApps": "is not for this kind of client", "location": "is not for this place",
    "signInRisk": "is for another risk of the sign-in", "userRisk": "is for another risk of the user",
    "insiderRisk": "is for another insider risk", "authenticationFlow": "is for another flow",
    "workloadIdentities": "is for workload identities", "emptyPolicy": "names nobody",
    "policyNotEnabled": "is switched off",
}
"""Graph's name of a failing condition -> what it says of a policy."""

_NAMES = {identity: name for name, identity in APPLICATIONS.items()}


@dataclass(frozen=True)
class Answered:
    """One sign-in of a scenario and what it comes to. ``policies``: id -> name."""

    scenario: str
    label: str
    question: Question
    decision: Decision
    policies: Mapping[str, str]
    account_id: str = ""

    def live_question(self) -> dict[str, Any] | None:
        """What to ask Microsoft's live What If; null for what it has no words for."""
        return question_of(self.question.sign_in, self.account_id)

    def compared(self, answer: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """``scenario``, ``signIn``, ``compared`` (policies both sides speak of) and ``differences``: ``policy``, its
        ``name``, whether it applies ``here``, and ``reasons``, what the other side says fails."""
        both, found = differences(self.decision, answer)
        return {
            "scenario": self.scenario, "label": self.label, "signIn": self.situation(), "compared": both,
            "differences": [{"policy": each.policy, "name": self._name(each.policy), "here": each.here,
                             "reasons": each.reasons} for each in found],
        }

    def record(self) -> dict[str, Any]:
        """For machines: the scenario, the sign-in in words, and the record of a decision."""
        return {"scenario": self.scenario, "signIn": self.situation(), **record(self.question, self.decision)}

    def situation(self) -> str:
        """The sign-in in words."""
        told = self.question.sign_in
        target = told.user_action or (_NAMES.get(told.app, told.app) if told.app else "an unknown application")
        place = None if told.address is None else str(told.address)
        return ", ".join(str(each) for each in (target, told.platform, told.client, place) if each)

    def words(self) -> dict[str, Any]:
        """For people: ``label``, ``situation``, ``outcome``, ``strength``, ``hours`` (null: none), ``applied``,
        ``maybe``, ``report_only`` (names), ``others`` (pairs of name and why not), ``lacks`` and ``notes``."""
        decision = self.decision
        return {
            "label": self.label, "situation": self.situation(), "outcome": decision.outcome.value,
            "one_factor": decision.single_factor_possible, "strength": decision.required_strength,
            "hours": decision.hours, "sources": decision.sources,
            **{name: [self._name(each) for each in ids] for name, ids in (
                ("applied", decision.applied), ("maybe", decision.maybe), ("report_only", decision.report_only))},
            "others": [(self._name(policy), WHY_NOT.get(reason, reason))
                       for policy, reason in decision.not_applied.items()],
            "lacks": [f"{fact.kind} {fact.key}".strip() for fact in sorted(decision.lacks)],
            "notes": [NOTES[note] for note in notes(self.question, decision)],
        }

    def _name(self, policy: str) -> str:
        return self.policies.get(policy) or policy


def answered(snapshot: Snapshot, policy: Policy, as_of: date, account: str, scenario: str | None,
             per_user: Callable[[pd.DataFrame], pd.Series]) -> tuple[str, list[Answered]]:
    """The account's UPN, and every sign-in of its scenarios (of one ``scenario`` when named) decided.

    Raises :class:`UsageError` when nothing says who is asked, or the account or scenario is not there.
    """
    tenant = tenant_of(snapshot, policy)
    if tenant is None:
        raise UsageError("the snapshot holds neither Conditional Access policies nor security defaults that are on",
                         where=str(snapshot.folder), next_step="supply the tenant's policies and run again.")
    if scenario is not None and scenario not in policy.scenario_names():
        raise UsageError(f"the policy has no scenario {scenario}",
                         next_step=f"name one of {', '.join(policy.scenario_names())}.")
    key, identity, name = _found(snapshot, account)
    person = person_of(snapshot, as_of, tenant, key, per_user)
    names = {each.id: each.name for each in tenant.policies}
    return name, [
        Answered(situation.name, situation.label, question, decide(question), names,
                 "" if identity.startswith("upn:") else identity)
        for situation in situations(policy, tenant) if scenario in (None, situation.name)
        for question in (Question(tenant, person, sign_in) for sign_in in situation.sign_ins)
    ]


def _found(snapshot: Snapshot, account: str) -> tuple[int, str, str]:
    wanted = account.strip().casefold()
    exact: list[tuple[int, str, str]] = []
    partly: list[tuple[int, str, str]] = []
    for chunk in snapshot.accounts(columns=["account_key", "account_id", "user_principal_name", "display_name"]):
        ids, upn, name = (chunk[column].fillna("").str.casefold()
                          for column in ("account_id", "user_principal_name", "display_name"))
        for hits, into in (((ids == wanted) | (upn == wanted), exact),
                           (upn.str.contains(wanted, regex=False) | name.str.contains(wanted, regex=False), partly)):
            rows = chunk[hits.to_numpy(dtype=bool)]
            into.extend(zip(rows["account_key"].astype(int), rows["account_id"],
                            rows["user_principal_name"].fillna(rows["account_id"]), strict=True))
    found = exact or partly
    if len(found) != 1 or not wanted:
        shown = "" if not 1 < len(found) <= _MOST else ": " + ", ".join(name for *_, name in found)
        raise UsageError(f"{len(found)} accounts fit {account!r}{shown}", next_step="give the sign-in name of one.")
    return found[0]
