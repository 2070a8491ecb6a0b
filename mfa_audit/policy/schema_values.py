"""The small value types policy sections are made of: each checks one kind of value and says what is allowed."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator

from mfa_audit.methods import BIT, CATALOGUE, Level

if TYPE_CHECKING:
    from collections.abc import Callable

LEVEL_NAMES: tuple[str, ...] = tuple(level.label for level in Level)
WEEKDAYS: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ORGANISATION_ATTRIBUTES: tuple[str, ...] = (
    "companyName", "officeLocation", *(f"extensionAttribute{n}" for n in range(1, 16)),
)

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                 "::1/128", "fc00::/7", "fe80::/10")
)
"""Networks whose addresses never reach Microsoft: a sign-in shows the public address it leaves by.
``ipaddress`` calls the documentation networks private too, so the list is written out."""


class Section(BaseModel):
    """A table of the policy file: frozen, strict about types, no key beyond the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def _check(fits: Callable[[str], object], rule: str) -> AfterValidator:
    def check(value: str) -> str:
        if not fits(value):
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def one_of(*words: str) -> AfterValidator:
    """A check that the text is one of ``words``."""
    return _check(words.__contains__, f"allowed: {', '.join(words)}")


def _level(value: object) -> Level:
    if isinstance(value, Level):
        return value
    if not isinstance(value, str) or value not in LEVEL_NAMES:
        raise ValueError(f"allowed: {', '.join(LEVEL_NAMES)}")
    return Level[value.upper()]


def _lower_guid(value: str) -> str:
    if not _GUID.fullmatch(value.casefold()):
        raise ValueError("must be an object id, such as 6a000000-0000-4000-8000-000000000020")
    return value.casefold()


def _account(value: str) -> str:
    folded = value.casefold()
    if not _GUID.fullmatch(folded) and not re.fullmatch(r"[^\s@*?]+@[^\s@*?]+\.[^\s@*?]+", folded):
        raise ValueError("must be one account's object id or whole UPN, never a name pattern")
    return folded


def _time_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone of the IANA database, such as Europe/London or UTC") from None
    return value


def _public_address(value: str) -> str:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise ValueError("must be one IPv4 or IPv6 address") from None
    if any(address in network for network in _PRIVATE_NETWORKS):
        raise ValueError("is a private address; sign-ins arrive from the public address of the network")
    return value


def _address_range(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("must be an address or a range such as 203.0.113.0/24") from None
    return value


def _words(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    repeated = [value for position, value in enumerate(values) if value in values[:position]]
    if repeated:
        raise ValueError(f"{repeated[0]} stands there twice")
    return values


Unique = AfterValidator(_unique)
OneOrMore = BeforeValidator(_words)
"""A single word may stand for a list of one."""

Text = Annotated[str, _check(str.strip, "must not be empty")]
Identifier = Annotated[str, _check(re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*").fullmatch,
                                   "must be letters, digits, dots, hyphens and underscores")]
FileName = Annotated[str, _check(lambda text: text == text.strip() and "\0" not in text, "must be a file name")]
"""A register's file, absolute or beside the policy file; empty means there is none."""
LevelName = Annotated[Level, PlainValidator(_level), PlainSerializer(lambda level: level.label)]
MethodName = Annotated[str, one_of(*BIT)]
Family = Annotated[str, one_of(*dict.fromkeys(method.family for method in CATALOGUE if method.family))]
ObjectId = Annotated[str, AfterValidator(_lower_guid)]
AccountId = Annotated[str, AfterValidator(_account)]
RoleId = Annotated[str, AfterValidator(lambda value: value if value == "*" else _lower_guid(value))]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
PublicAddress = Annotated[str, AfterValidator(_public_address)]
AddressRange = Annotated[str, AfterValidator(_address_range)]
OrganisationGlob = Annotated[str, _check(re.compile(r"[^\s\[\]]+(?: [^\s\[\]]+)*").fullmatch,
                                         "must be an organisation code, * and ? standing for any text and any one "
                                         "character")]
DomainName = Annotated[str, _check(re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+").fullmatch,
                                   "must be a domain such as contoso.example")]
MailAddress = Annotated[str, _check(re.compile(r"[^\s@,;<>\"]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+").fullmatch,
                                    "must be one e-mail address and nothing else")]
Weekday = Annotated[str, one_of(*WEEKDAYS)]
Percent = Annotated[float, Field(ge=0, le=100)]
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Days = Annotated[int, Field(ge=1, le=36_500)]
"""A hundred years, so that no date runs over the end of the calendar; hours have the same bound."""
DaysOrNone = Annotated[int, Field(ge=0, le=36_500)]
"""As :data:`Days`, nought among them."""
