"""What is signed in to: applications, suites, user actions, authentication contexts.

Suites are curated lists of appIds (Microsoft Learn names about 130 applications without their ids), so another
application of Microsoft's is *not known* to be in one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access import rules
from mfa_audit.access.kleene import NO, YES, Answer, all_of, any_of, known, negate
from mfa_audit.access.question import ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.access.policies import Policy, Targets
    from mfa_audit.access.question import Question

APPLICATIONS: Mapping[str, str] = {
    "exchange": "00000002-0000-0ff1-ce00-000000000000",
    "sharepoint": "00000003-0000-0ff1-ce00-000000000000",
    "teams": "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
    "office_portal": "00000006-0000-0ff1-ce00-000000000000",
    "azure_management": "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "azure_portal": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    "graph": "00000003-0000-0000-c000-000000000000",
}
"""Short names that a policy's scenarios may use -> appId."""

OFFICE_365 = frozenset({
    APPLICATIONS["exchange"], APPLICATIONS["sharepoint"], APPLICATIONS["teams"], APPLICATIONS["office_portal"],
    "00000004-0000-0ff1-ce00-000000000000", "00000005-0000-0ff1-ce00-000000000000",
    "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87", "905fcf26-4eb7-48a0-9ff0-8dcc7194b5ba",
})
"""Exchange, SharePoint and OneDrive, Teams, the portal, Skype, Viva Engage, Forms, Sway."""

ADMIN_PORTALS = frozenset({APPLICATIONS["azure_portal"]})
NO_PORTALS = frozenset({
    APPLICATIONS["graph"], APPLICATIONS["azure_management"], "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "1950a258-227b-4e31-a9cf-717495945fc2", "14d82eec-204b-4c2f-b7e8-296a70dab67e",
})
"""What the admin portals suite does not cover: interfaces and shells."""

AZURE_MANAGEMENT = frozenset({
    APPLICATIONS["azure_management"], APPLICATIONS["azure_portal"], "e9f49c6b-5ce5-44c8-925d-015017e9f7ad",
    "f5c26e74-f226-4ae8-85f0-b4af0080ac9e", "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5",
})
"""What a policy for Azure management takes in: the portal, Data Lake, Application Insights, Log Analytics."""

_ACTIONS = frozenset({"urn:user:registersecurityinfo", "urn:user:registerdevice"})
_SUITES = {"office365": (OFFICE_365, frozenset[str]()), "microsoftadminportals": (ADMIN_PORTALS, NO_PORTALS)}


def reason(policy: Policy) -> str:
    """The name What If gives to a target that does not fit."""
    target = policy.conditions.targets
    if target is not None and target.actions:
        return "userActions"
    return "authenticationContext" if target is not None and target.contexts else "application"


def target(policy: Policy, question: Question) -> Answer:
    """Whether the policy protects what is signed in to."""
    wanted, sign_in = policy.conditions.targets, question.sign_in
    if wanted is None:
        return question.lacking("policy", policy.id)
    if sign_in.user_action is not None:
        return any_of((known(sign_in.user_action in wanted.actions),
                       *(question.lacking("user action", word) for word in sorted(wanted.actions - _ACTIONS))))
    is_application = question.is_application()
    if is_application.holds:
        return _application(wanted, policy, question)
    return is_application if is_application.holds is None else any_of(
        question.lacking("user action", word) for word in sorted(wanted.actions))


def _application(wanted: Targets, policy: Policy, question: Question) -> Answer:
    """Whether the policy protects an application, or the authentication context it asks for."""
    if wanted.traffic:
        return NO
    if wanted.actions or wanted.contexts:
        return known(question.sign_in.context in wanted.contexts)
    if not wanted.include and wanted.filter_mode in (None, "exclude"):
        return question.lacking("applications not listed", policy.id)
    included, excluded = (_any_of(named, policy, question) for named in (wanted.include, wanted.exclude))
    if wanted.filter_mode is not None:
        by_filter = _by_filter(wanted, policy, question)
        if wanted.filter_mode != "include":
            excluded = any_of((excluded, by_filter))
        if wanted.filter_mode != "exclude":
            # Beside "all" nobody says whether the filter narrows it.
            narrowed = "all" in wanted.include and not by_filter.holds
            included = question.lacking("application filter", policy.id) if narrowed else any_of((included, by_filter))
    return all_of((included, negate(excluded)))


def _any_of(named: frozenset[str], policy: Policy, question: Question) -> Answer:
    if "all" in named:
        return YES
    return any_of(_covers(each, policy, question) for each in sorted(named - {"none"}))


def _covers(named: str, policy: Policy, question: Question) -> Answer:
    app = question.sign_in.app
    if app is None:
        return question.lacking("application", named)
    if named in _SUITES:
        inside, outside = _SUITES[named]
        if app in inside or app in outside:
            return known(app in inside)
        application = question.tenant.applications.get(app)
        if application is not None and application.microsoft is False:
            return NO
        return question.lacking("application", f"{app} in {named}")
    if named == APPLICATIONS["azure_management"]:
        return known(app in AZURE_MANAGEMENT)
    return known(app == named) if ID.fullmatch(named) else question.lacking("application", f"{policy.id} {named}")


def _by_filter(wanted: Targets, policy: Policy, question: Question) -> Answer:
    application = question.tenant.applications.get(question.sign_in.app or "")
    rule = rules.parse(wanted.filter_rule, "CustomSecurityAttribute")
    if (rule is None or application is None or application.attributes is None
            or wanted.filter_mode not in ("include", "exclude")):
        return question.lacking("application attributes", f"{policy.id} {question.sign_in.app}")
    attributes = application.attributes

    def compare(comparison: rules.Comparison) -> Answer:
        if comparison.is_null:
            return question.lacking("application attributes", f"{question.sign_in.app} {comparison.name} null")
        values = attributes.get(comparison.name, ())
        if comparison.operator in ("eq", "in", "contains"):
            return known(any(value in comparison.values for value in values))
        test = str.startswith if comparison.operator == "startswith" else str.endswith
        return known(any(test(value, comparison.values[0]) for value in values))

    return rules.answer(rule, compare)
