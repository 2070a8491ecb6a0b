"""The mandatory-MFA policy as types: every key of the file, what it may hold, and nothing else.

Attribute names are the keys of the file, except that the table ``[policy]`` is :attr:`Policy.about`. No key has a
default here unless leaving it out means something: the general defaults are ``presets/general.toml``.
What must hold *between* keys is in :mod:`mfa_audit.policy.rules`; use :func:`mfa_audit.policy.load_policy`.
"""

# ruff: noqa: TC001, TC003 - pydantic reads the annotations when the module is loaded
from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from mfa_audit.policy.registers import register_paths
from mfa_audit.policy.schema_accounts import Methods, Population, Privileged, Requirement
from mfa_audit.policy.schema_reminders import Reminders
from mfa_audit.policy.schema_scenarios import Scenario
from mfa_audit.policy.schema_values import (
    AccountId,
    AddressRange,
    Count,
    Days,
    DaysOrNone,
    DomainName,
    FileName,
    Identifier,
    ObjectId,
    OrganisationGlob,
    Percent,
    Positive,
    PublicAddress,
    Section,
    Text,
    TimeZone,
    Unique,
    one_of,
)
from mfa_audit.policy.toml_text import to_toml

FIRST_TIERS = ("break_glass", "privileged")
LAST_TIERS = ("generic", "staff")


class About(Section):
    """``[policy]``: what the policy is called and who stands behind it. Days are counted in ``timezone``."""

    id: Identifier
    title: Text
    version: Text
    owner: Text | None = None
    approved_by: Text | None = None
    approved_on: dt.date | None = None
    review_by: dt.date | None = None
    effective_from: dt.date | None = None
    timezone: TimeZone
    standards: Annotated[tuple[Text, ...], Unique]


class Enforcement(Section):
    """``[enforcement]``: what evidence of MFA being demanded is worth."""

    evidence: Literal["required", "when_available", "ignore"]
    legacy_authentication_must_be_blocked: bool


class Networks(Section):
    """``[networks]``: public addresses that stand for inside and outside. ``mfa_trusted_ips`` ``()`` states that
    there are none, ``None`` that nobody said."""

    inside: Annotated[tuple[PublicAddress, ...], Unique]
    outside: Annotated[tuple[PublicAddress, ...], Field(min_length=1), Unique]
    mfa_trusted_ips: Annotated[tuple[AddressRange, ...], Unique] | None = None


class Phase(Section):
    """One phase of the roll-out; the first whose globs match an account's organisation gives its deadline."""

    id: Identifier
    label: Text
    organisations: Annotated[tuple[OrganisationGlob, ...], Field(min_length=1)]
    start: dt.date
    deadline: dt.date


class Deadlines(Section):
    """``[deadlines]``: without ``default`` nobody outside a phase is ever due."""

    default: dt.date | None = None
    phases: tuple[Phase, ...] = ()


class Grace(Section):
    """``[grace]``: how long a starter, or somebody who lost a factor, has."""

    starter_days: DaysOrNone
    starter_from: Annotated[
        tuple[Annotated[str, one_of("employee_hire_date", "created")], ...], Field(min_length=1), Unique
    ]
    lost_factor_days: DaysOrNone
    never_beyond: dt.date | None = None


class ExemptionGroup(Section):
    """A group whose members are exempt together, under one approval."""

    group_id: ObjectId
    name: Text | None = None
    owner: Text
    approver: Text
    approver_role: Text | None = None
    category: Text | None = None
    approved_on: dt.date | None = None
    expires_on: dt.date
    ticket: Text | None = None
    compensating_control: Text | None = None


class Exemptions(Section):
    """``[exemptions]``: the rules of the register; see :mod:`mfa_audit.policy.exemptions`."""

    register_: Annotated[FileName, Field(alias="register")]
    categories: Annotated[tuple[Text, ...], Field(min_length=1), Unique]
    sensitive_categories: Annotated[tuple[Text, ...], Unique]
    max_days: Days
    approver_roles: Annotated[tuple[Text, ...], Unique]
    tolerance_percent: Percent
    groups: tuple[ExemptionGroup, ...] = ()

    @property
    def register(self) -> str:
        """The key ``register``; a field cannot have a name that every class has already."""
        return self.register_


class BreakGlass(Section):
    """``[break_glass]``: how many emergency accounts, and when each was last tried."""

    minimum_accounts: Count
    test_every_days: Days
    last_tested: Mapping[AccountId, dt.date]


class MaximumAge(Section):
    """Hours after which a source is too old to be judged by."""

    graph: Days
    files: Days


class Sources(Section):
    """``[sources]``: when what was read is too old, too little or somebody else's."""

    maximum_age_hours: MaximumAge
    maximum_drop_percent: Percent
    maximum_loss_percent: Percent
    method_lookup_limit: Count
    tenant_domains: Annotated[tuple[DomainName, ...], Unique]
    expected_accounts: Positive | None = None


class ServiceDesk(Section):
    """``[service_desk]``: how people reach help."""

    name: Text
    route: Text
    hours: str


class Retention(Section):
    """Days each kind of output is kept."""

    nightly_snapshots: Days
    people: Days
    figures: Days


class Privacy(Section):
    """``[privacy]``: how long things are kept, and below which size a group shows counts only."""

    retention_days: Retention
    month_end_snapshots: Count
    small_group: Count


class Reports(Section):
    """``[reports]``: marking, the word for an organisation, and when a figure is green or amber (percent)."""

    marking: Text
    organisation_word: Text
    target_percent: Percent
    green: Percent
    amber: Percent


class Policy(Section):
    """The whole policy, presets applied."""

    schema_version: Literal[1]
    preset: Text
    about: About = Field(alias="policy")
    population: Population
    methods: Methods
    requirements: Mapping[str, Requirement]
    privileged: Privileged
    enforcement: Enforcement
    networks: Networks
    scenarios: Mapping[str, Scenario]
    deadlines: Deadlines
    grace: Grace
    exemptions: Exemptions
    break_glass: BreakGlass
    sources: Sources
    reminders: Reminders
    service_desk: ServiceDesk
    privacy: Privacy
    reports: Reports

    _folder: Path | None = PrivateAttr(default=None)
    _named_registers: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def folder(self) -> Path | None:
        """Where the registers are looked for: beside the policy file; ``None`` for a preset by itself."""
        return self._folder

    @cached_property
    def text(self) -> str:
        """The effective policy as canonical TOML: the same policy gives the same text, and the text loads to it."""
        return to_toml(self.model_dump(by_alias=True, exclude_none=True))

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of :attr:`text` in UTF-8, as hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def tier_names(self) -> tuple[str, ...]:
        """The tiers in the order they are tried: break_glass, privileged, own tiers in file order, generic, staff."""
        own = [name for name in self.requirements if name not in (*FIRST_TIERS, *LAST_TIERS)]
        return (*FIRST_TIERS, *own, *LAST_TIERS)

    def scenario_names(self) -> tuple[str, ...]:
        """The scenarios people sign in by, in file order, presets first."""
        return tuple(name for name in self.scenarios if name != "defaults")

    def scenario(self, name: str) -> Scenario:
        """One scenario with ``scenarios.defaults`` filled in; ``KeyError`` when there is none of that name."""
        return self.scenarios[name].over(self.scenarios["defaults"])

    def register_paths(self) -> dict[str, Path]:
        """Name of a register (:data:`mfa_audit.tables.REGISTERS`) -> its file, for those that exist.

        Raises :class:`mfa_audit.errors.PolicyError` when a file that the organisation's own policy names is not
        there; the default names are optional.
        """
        return register_paths(self.register_files(), self._folder, self._named_registers)

    def register_files(self) -> dict[str, str]:
        """Name of a register -> the file the policy names for it, whether or not it exists; empty means none."""
        return {
            "exemptions": self.exemptions.register,
            "service_accounts": self.population.service_accounts_file,
            "generic_accounts": self.population.generic_accounts_file,
            "privileged_accounts": self.privileged.listed_in,
            "organisations": self.population.organisations_file,
            "pauses": self.reminders.pauses_file,
            "certificate_users": self.methods.certificate_users_file,
        }
