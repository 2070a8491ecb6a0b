"""Who is reminded when: the ladders, their pace and the addresses they need."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mfa_audit.policy.schema_values import (
    Count,
    Days,
    DaysOrNone,
    DomainName,
    FileName,
    Identifier,
    MailAddress,
    Positive,
    Section,
    Text,
    Unique,
    Weekday,
    one_of,
)

AUDIENCES: tuple[str, ...] = (
    "staff", "manager", "local_admin", "service_desk", "security_lead", "ciso", "operator", "exemption_owner",
)


def _holidays(value: str) -> str:
    if value and not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", value):
        raise ValueError('must be a country, or country and subdivision, such as "GB-ENG"; empty for none')
    return value


class Stage(Section):
    """One rung of a ladder: on ``day`` days after the anchor (negative: before) ``template`` goes to ``audience``;
    with ``repeat_every_days`` again for as long as it holds."""

    id: Identifier
    day: Annotated[int, Field(ge=-366, le=366)]
    audience: Annotated[tuple[Annotated[str, one_of(*AUDIENCES)], ...], Field(min_length=1), Unique]
    template: Identifier
    repeat_every_days: Days | None = None


class Addresses(Section):
    """Where the audiences that are not in the directory are written to."""

    operator: MailAddress | None = None
    security_lead: MailAddress | None = None
    ciso: MailAddress | None = None
    service_desk: MailAddress | None = None


class Words(Section):
    """Sentences of the organisation's own that templates may use."""

    claim: Text | None = None
    consequence: Text | None = None
    drop_in: Text | None = None


class Reminders(Section):
    """``[reminders]``. ``stages`` are anchored on the due date, ``weak_stages`` on ``methods.weak_ends_on``,
    ``privileged_stages`` on the day it became due, ``exemption_stages`` on the entry's expiry."""

    campaign: Identifier
    delivery: Literal["files", "smtp", "graph"]
    sender: MailAddress | None = None
    allowed_domains: Annotated[tuple[DomainName, ...], Unique]
    cooldown_days: DaysOrNone
    send_days: Annotated[tuple[Weekday, ...], Field(min_length=1), Unique]
    public_holidays: Annotated[str, AfterValidator(_holidays)]
    manager_digest_days: Days
    batch_size: Count
    maximum_messages: Positive
    first_wave: Positive
    pauses_file: FileName
    addresses: Addresses
    words: Words
    stages: tuple[Stage, ...]
    weak_stages: tuple[Stage, ...]
    privileged_stages: tuple[Stage, ...]
    exemption_stages: tuple[Stage, ...]

    @property
    def ladders(self) -> dict[str, tuple[Stage, ...]]:
        """Key of the policy file -> its stages."""
        return {name: getattr(self, name)
                for name in ("stages", "weak_stages", "privileged_stages", "exemption_stages")}
