"""Which questions the given files can answer, what is missing for the others, and how to get it: for ``doctor``.

Pure data and two functions over file reports; nothing is printed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mfa_audit.sources.exports.source import FileReport

Answerable = Literal["yes", "in part", "no"]


@dataclass(frozen=True)
class Recipe:
    """How to get one file: ``clicks`` in a portal ("" where no portal gives it), ``powershell`` one line, ``who`` has
    the right to do it."""

    file: str
    clicks: str
    powershell: str
    who: str


@dataclass(frozen=True)
class Question:
    """One question: the tables or documents it cannot do without (``needs``, one of each group) and those that
    complete the answer (``better``, each with what is lost without it)."""

    name: str
    text: str
    needs: tuple[tuple[str, ...], ...]
    better: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """Whether a question can be answered; ``because`` what is missing in a sentence ("" when nothing is);
    ``missing`` the names of the tables or documents to get, which are keys of :data:`RECIPES`."""

    question: Question
    can: Answerable
    because: str = ""
    missing: tuple[str, ...] = ()


_REPORTS_READER = "Reports Reader or Global Reader"
_GLOBAL_READER = "Global Reader or Security Reader"

RECIPES: dict[str, Recipe] = {
    "accounts": Recipe(
        "the list of users", "Entra admin centre > Users > All users > Download users",
        "Get-MgUser -All -Property Id,UserPrincipalName,DisplayName,Mail,AccountEnabled,UserType,Department,"
        "CompanyName,JobTitle,EmployeeType,EmployeeHireDate,CreatedDateTime,OnPremisesSyncEnabled -ExpandProperty"
        " Manager | Select-Object Id,UserPrincipalName,DisplayName,Mail,AccountEnabled,UserType,Department,"
        "CompanyName,JobTitle,EmployeeType,EmployeeHireDate,@{n='CreatedDateTime';e={$_.CreatedDateTime.ToString('o')}},"
        "OnPremisesSyncEnabled,@{n='ManagerId';e={$_.Manager.Id}} |"
        " Export-Csv users.csv -NoTypeInformation -Encoding utf8", _GLOBAL_READER),
    "registrations": Recipe(
        "the user registration details",
        "Entra admin centre > Protection > Authentication methods > User registration details > Download",
        "Get-MgReportAuthenticationMethodUserRegistrationDetail -All | Select-Object Id,UserPrincipalName,UserType,"
        "IsAdmin,IsMfaRegistered,IsMfaCapable,IsSsprRegistered,@{n='MethodsRegistered';e={$_.MethodsRegistered -join"
        " ';'}},UserPreferredMethodForSecondaryAuthentication,@{n='LastUpdatedDateTime';e={$_.LastUpdatedDateTime"
        ".ToString('o')}} | Export-Csv registrations.csv -NoTypeInformation -Encoding utf8", _REPORTS_READER),
    "recipients": Recipe(
        "the kinds of mailboxes", "Exchange admin centre > Recipients > Mailboxes > Export",
        "Get-EXOMailbox -ResultSize Unlimited | Select-Object ExternalDirectoryObjectId,UserPrincipalName,"
        "RecipientTypeDetails | Export-Csv recipients.csv -NoTypeInformation -Encoding utf8",
        "View-Only Recipients in Exchange"),
    "people": Recipe(
        "an HR list: account, manager, start date, leaver", "Ask the HR system for these four columns as CSV", "",
        "the HR department"),
    "role_assignments": Recipe(
        "the active directory roles", "Entra admin centre > Roles & admins (no complete download)",
        "Invoke-MgGraphRequest -OutputType Json 'v1.0/roleManagement/directory/roleAssignments?$expand=principal'"
        " | Out-File roleAssignments.json -Encoding utf8", _GLOBAL_READER),
    "role_eligibility": Recipe(
        "the eligible directory roles",
        "Entra admin centre > Identity Governance > Privileged Identity Management (no complete download)",
        "Invoke-MgGraphRequest -OutputType Json 'v1.0/roleManagement/directory/roleEligibilityScheduleInstances'"
        " | Out-File roleEligibilityScheduleInstances.json -Encoding utf8", _GLOBAL_READER),
    "group_members": Recipe(
        "the groups the policies name, with members", "",
        "@{value=@(foreach($g in 'GROUP-ID-1','GROUP-ID-2'){@{id=$g;members=@(Get-MgGroupTransitiveMember -GroupId $g"
        " -All | ForEach-Object{@{id=$_.Id;'@odata.type'=$_.AdditionalProperties.'@odata.type'}})}})} |"
        " ConvertTo-Json -Depth 5 | Out-File groups.json -Encoding utf8", _GLOBAL_READER),
    "conditional_access_policies": Recipe(
        "the Conditional Access policies",
        "Entra admin centre > Protection > Conditional Access (no complete download)",
        "Invoke-MgGraphRequest -OutputType Json v1.0/identity/conditionalAccess/policies |"
        " Out-File conditionalAccessPolicies.json -Encoding utf8", _GLOBAL_READER),
    "named_locations": Recipe(
        "the named locations", "",
        "Invoke-MgGraphRequest -OutputType Json v1.0/identity/conditionalAccess/namedLocations |"
        " Out-File namedLocations.json -Encoding utf8", _GLOBAL_READER),
    "security_defaults": Recipe(
        "whether security defaults are on", "Entra admin centre > Overview > Properties > Security defaults (look)",
        "Invoke-MgGraphRequest -OutputType Json v1.0/policies/identitySecurityDefaultsEnforcementPolicy |"
        " Out-File identitySecurityDefaultsEnforcementPolicy.json -Encoding utf8", _GLOBAL_READER),
    "authentication_methods_policy": Recipe(
        "the authentication methods policy", "",
        "Invoke-MgGraphRequest -OutputType Json v1.0/policies/authenticationMethodsPolicy |"
        " Out-File authenticationMethodsPolicy.json -Encoding utf8", _GLOBAL_READER),
    "domains": Recipe(
        "the domains and who signs their users in", "Entra admin centre > Settings > Domain names (look)",
        "Invoke-MgGraphRequest -OutputType Json v1.0/domains | Out-File domains.json -Encoding utf8", _GLOBAL_READER),
    "organization": Recipe(
        "the organisation's id and name", "Entra admin centre > Overview (look)",
        "Invoke-MgGraphRequest -OutputType Json v1.0/organization | Out-File organization.json -Encoding utf8",
        _GLOBAL_READER),
    "exemptions": Recipe(
        "the register of exemptions", "mfa-audit init writes an empty one with its columns", "",
        "whoever approves exemptions"),
    "service_accounts": Recipe(
        "the register of service accounts", "mfa-audit init writes an empty one with its columns", "",
        "whoever answers for them"),
}
"""Name of a table or document -> how to get it. Every PowerShell line needs Connect-MgGraph (or
Connect-ExchangeOnline) before it."""

QUESTIONS: tuple[Question, ...] = (
    Question("registered", "Who has no usable second factor?", (("registrations",),),
             (("accounts", "accounts the report leaves out, and departments, are not known"),
              ("authentication_methods_policy", "whether a method is still allowed is taken from Microsoft's word"),
              ("domains", "accounts signed in by another identity provider are not told apart"))),
    Question("required", "Who is never asked for a second factor?",
             (("conditional_access_policies", "security_defaults", "mfa_status"),),
             (("conditional_access_policies", "the policies themselves are not known"),
              ("named_locations", "the trusted networks are not known"),
              ("group_members", "who the policies' groups hold is not known"),
              ("security_defaults", "whether security defaults are on is not known"))),
    Question("privileged", "Do all administrators meet the stricter rule?", (("registrations",),
             ("role_assignments", "privileged_accounts", "registrations")),
             (("role_assignments", "roles are known only as Microsoft's admin flag"),
              ("role_eligibility", "administrators who activate a role when needed are not seen"))),
    Question("reminders", "Who must be reminded, and who is their manager?", (("registrations",), ("accounts",)),
             (("people", "managers and starting dates come from the directory alone"),
              ("exemptions", "nobody counts as exempt"))),
    Question("special", "Which accounts are shared mailboxes, rooms or services?", (("accounts",),),
             (("recipients", "shared mailboxes and rooms count as people"),
              ("service_accounts", "service accounts count as people"))),
    Question("tenant", "Do all files belong to one tenant?", (("organization",),)),
)
"""The questions, in the order they are shown."""


def answer(reports: Iterable[FileReport]) -> list[Answer]:
    """Every question, with what the usable files among ``reports`` can say to it."""
    given = {table for report in reports if not report.refused for table, _ in report.rows}
    return [_answer(question, given) for question in QUESTIONS]


def _answer(question: Question, given: set[str]) -> Answer:
    lacking = [group for group in question.needs if not given.intersection(group)]
    if lacking:
        words = " and ".join(_words(group[0]) for group in lacking)
        return Answer(question, "no", f"missing: {words}", tuple(group[0] for group in lacking))
    missing = [(name, loss) for name, loss in question.better if name not in given]
    if not missing:
        return Answer(question, "yes")
    because = "; ".join(f"without {_words(name)} {loss}" for name, loss in missing)
    return Answer(question, "in part", because, tuple(name for name, _ in missing))


def _words(name: str) -> str:
    return RECIPES[name].file


def missing_of(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Everything missing, once each, what is needed before what only completes."""
    ordered = sorted(answers, key=lambda each: each.can != "no")
    return tuple(dict.fromkeys(name for each in ordered for name in each.missing))


def request_text(missing: Sequence[str]) -> str:
    """A request in plain text for whoever has the rights: which files, how to make each, and what they are for."""
    if not missing:
        return ""
    lines = [
        "Could you please export the following for our audit of multi-factor authentication? Reading rights are",
        "enough, nothing is changed, and no passwords or telephone numbers are needed.",
        "",
    ]
    for number, name in enumerate(missing, start=1):
        recipe = RECIPES[name]
        lines.append(f"{number}. {recipe.file[:1].upper()}{recipe.file[1:]} (right needed: {recipe.who})")
        lines += [f"   Portal: {recipe.clicks}"] if recipe.clicks else []
        lines += [f"   PowerShell: {recipe.powershell}"] if recipe.powershell else []
    lines += ["", "Please send the files as they come, without opening and saving them in Excel.", ""]
    return "\n".join(lines)
