"""The sections of the policy that say who an account is, what a method is worth and what each tier must hold."""

# ruff: noqa: TC003 - pydantic reads the annotations when the module is loaded
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mfa_audit.methods import CATALOGUE, Level
from mfa_audit.policy.schema_values import (
    LEVEL_NAMES,
    ORGANISATION_ATTRIBUTES,
    AccountId,
    Days,
    Family,
    FileName,
    LevelName,
    MethodName,
    ObjectId,
    OrganisationGlob,
    RoleId,
    Section,
    Text,
    Unique,
    one_of,
)
from mfa_audit.tables import Kind

_CATALOGUE_LEVELS = {method.name: method.level for method in CATALOGUE}


def _catalogue_order(values: tuple[str, ...]) -> tuple[str, ...]:
    if values != LEVEL_NAMES:
        raise ValueError(f"must be the levels of the catalogue, weakest first: {', '.join(LEVEL_NAMES)}")
    return values


class Treatment(Section):
    """How a kind of account is treated; ``used_within_days`` is needed for, and only used by, ``in_if_used``."""

    scope: Literal["in", "out", "in_if_used"]
    population: Literal["workforce", "break_glass", "service", "shared", "generic", "guest"]
    used_within_days: Days | None = None


class Treatments(Section):
    """A treatment for every :class:`mfa_audit.tables.Kind`; ``treatments[kind]`` reads one."""

    break_glass: Treatment
    service: Treatment
    shared_mailbox: Treatment
    room: Treatment
    generic: Treatment
    guest: Treatment
    person: Treatment

    def __getitem__(self, kind: Kind | str) -> Treatment:
        treatment: Treatment = getattr(self, Kind(kind).value)
        return treatment


class Population(Section):
    """``[population]``: who there is and who counts. ``break_glass`` are object ids, or UPNs, in lower case."""

    organisation_attribute: Annotated[str, one_of(*ORGANISATION_ATTRIBUTES)]
    organisations_file: FileName
    include_organisations: Annotated[tuple[OrganisationGlob, ...], Field(min_length=1)]
    exclude_organisations: tuple[OrganisationGlob, ...]
    dormant_days: Days
    break_glass: Annotated[tuple[AccountId, ...], Unique]
    service_accounts_file: FileName
    generic_accounts_file: FileName
    shared_recipient_types: Annotated[tuple[Text, ...], Unique]
    room_recipient_types: Annotated[tuple[Text, ...], Unique]
    treatment: Treatments


class Methods(Section):
    """``[methods]``: what a method is worth here. From ``weak_ends_on`` methods up to ``weak_level`` satisfy nobody
    outside ``own_telephony_groups``."""

    levels: Annotated[tuple[str, ...], AfterValidator(_catalogue_order)]
    recommended: Family
    weak_level: LevelName
    weak_ends_on: dt.date
    own_telephony_groups: Annotated[tuple[ObjectId, ...], Unique]
    barred: Annotated[tuple[MethodName, ...], Unique]
    certificate_users_file: FileName
    level: Mapping[MethodName, LevelName]

    def level_of(self, method: str) -> Level:
        """The level of a method of the catalogue under this policy; ``KeyError`` when it is not in the catalogue."""
        known = _CATALOGUE_LEVELS[method]
        return self.level.get(method, known)


class AppliesTo(Section):
    """Who belongs to a tier of the policy's own: whoever is in any of the groups, departments, organisations or
    employee types."""

    groups: tuple[ObjectId, ...] = ()
    departments: tuple[Text, ...] = ()
    organisations: tuple[OrganisationGlob, ...] = ()
    employee_types: tuple[Text, ...] = ()


class Requirement(Section):
    """``[requirements.<tier>]``: what a tier must hold. ``ask_in`` names the scenarios in which MFA must be demanded,
    again after ``again_within_hours``; ``no_prompt_in`` those in which a prompt is a surprise."""

    minimum: LevelName
    target: LevelName | None = None
    grace: bool
    exemptible: bool
    ask_in: Annotated[tuple[str, ...], Unique]
    again_within_hours: Days | None = None
    no_prompt_in: Annotated[tuple[str, ...], Unique] = ()
    applies_to: AppliesTo | None = None


class Privileged(Section):
    """``[privileged]``: any of these makes an account privileged."""

    is_admin_flag: bool
    directory_roles: Annotated[tuple[RoleId, ...], Unique]
    groups: Annotated[tuple[ObjectId, ...], Unique]
    listed_in: FileName
