"""What asks for MFA beside Conditional Access: security defaults and per-user MFA (``docs/conditional-access.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.access.grants import NOTHING, Demand, Outcome
from mfa_audit.access.kleene import NO, NO_FACTS, YES, facts_of
from mfa_audit.access.locations import mfa_trusted
from mfa_audit.access.question import LEGACY
from mfa_audit.access.strengths import BUILT_IN, MFA_STRENGTH
from mfa_audit.access.targets import APPLICATIONS

if TYPE_CHECKING:
    from mfa_audit.access.question import Question

ASKED_BY_DEFAULTS = frozenset({
    "62e90394-69f5-4237-9190-012177145e10", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f", "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "158c047a-c907-4556-b7ef-446551a6b5f7", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "29232cdf-9323-42fd-ade2-1d097af3e4de", "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "966707d0-3269-4727-9be2-8c3a10f19b9d", "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "e8611ab8-c189-46e8-94e1-60213ab1f814", "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80", "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e",
})
"""Template ids of the roles security defaults ask at every sign-in: the administrators Global, Application,
Authentication, Billing, Cloud Application, Conditional Access, Exchange, Helpdesk, Password, Privileged Authentication,
Privileged Role, Security, SharePoint, User, Authentication Policy, Identity Governance."""

DIRECTORY_SYNCHRONISATION = "d29b2b05-8046-44ba-8758-1e26182fcf32"
"""The role of the accounts that security defaults leave alone."""

REGISTER = "urn:user:registersecurityinfo"
"""The user action of registering a method."""

_PORTALS = frozenset({APPLICATIONS["azure_management"], APPLICATIONS["azure_portal"]})
"""Where security defaults ask everybody: the portal, and what the shells call."""

_MFA = Demand(frozenset({Outcome.MFA}), (BUILT_IN[MFA_STRENGTH],))


def by_defaults(question: Question) -> Demand:
    """What security defaults come to, when they are on. Of everybody who is no administrator Microsoft decides when to
    ask, which nobody can foresee."""
    person, sign_in, client = question.person, question.sign_in, question.signal("client")
    if sign_in.user_action == REGISTER:
        return _at_registration(question, Demand(frozenset({Outcome.ALLOW, Outcome.MFA}), _MFA.strengths))
    if _may_be_action(question):
        return Demand(frozenset({Outcome.ALLOW, Outcome.MFA, Outcome.BLOCK}), _MFA.strengths,
                      question.is_application().lacks)
    exempt = (YES if DIRECTORY_SYNCHRONISATION in person.roles
              else question.lacking("role", DIRECTORY_SYNCHRONISATION)
              if DIRECTORY_SYNCHRONISATION in person.unsure_roles else NO)
    if exempt.holds:
        return NOTHING
    if client in LEGACY:
        return Demand(frozenset({Outcome.BLOCK, *(() if exempt.holds is False else (Outcome.ALLOW,))}), (),
                      exempt.lacks)
    lacks = NO_FACTS if client is not None else question.lacking("signal", "client").lacks
    outcomes = {Outcome.ALLOW, Outcome.MFA} | ({Outcome.BLOCK} if client is None else set())
    asked = (sign_in.app in _PORTALS or person.roles & ASKED_BY_DEFAULTS
             or any(question.lacking("role", role).holds for role in person.unsure_roles & ASKED_BY_DEFAULTS))
    lacks |= exempt.lacks
    if asked and exempt.holds is False:
        return _MFA if client is not None else Demand(frozenset({Outcome.MFA, Outcome.BLOCK}), _MFA.strengths, lacks)
    open_roles = (question.lacking("role", role) for role in person.unsure_roles & ASKED_BY_DEFAULTS)
    lacks |= facts_of(open_roles)
    return Demand(frozenset(outcomes), _MFA.strengths, lacks)


def _at_registration(question: Question, demanded: Demand) -> Demand:
    """Whoever has no factor is let in to register the first; of others the same is ``demanded`` as elsewhere."""
    registered = question.person.registered
    if registered is None:
        lacks = question.lacking("registered", question.person.id or "").lacks
        return Demand(demanded.outcomes | NOTHING.outcomes, demanded.strengths, demanded.lacks | lacks)
    return demanded if registered else NOTHING


def _may_be_action(question: Question) -> bool:
    """Whether what is signed in to was not told and may be a user action, nobody knows which."""
    return question.sign_in.user_action is None and question.is_application().holds is not True


def by_person(question: Question) -> Demand:
    """What per-user MFA comes to. It knows no exclusions and no trusted locations but the MFA trusted IPs; an old
    protocol gets in with a password of its own. Not read, it adds nothing."""
    if question.person.per_user not in ("enabled", "enforced"):
        return NOTHING
    if question.sign_in.user_action == REGISTER:
        return _at_registration(question, _MFA)
    if _may_be_action(question):
        return Demand(frozenset({Outcome.ALLOW, Outcome.MFA}), _MFA.strengths, question.is_application().lacks)
    client = question.signal("client")
    trusted = mfa_trusted(question)
    if client in LEGACY or trusted.holds:
        return NOTHING
    lacks = trusted.lacks
    if client is None:
        lacks |= question.lacking("signal", "client").lacks
    if lacks:
        return Demand(frozenset({Outcome.ALLOW, Outcome.MFA}), _MFA.strengths, lacks)
    return _MFA
