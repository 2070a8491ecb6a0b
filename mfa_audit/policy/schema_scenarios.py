"""The situations in which people sign in; every value is spelled as Conditional Access spells it."""

# ruff: noqa: TC003 - pydantic reads the annotations when the module is loaded
from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator

from mfa_audit.policy.schema_values import OneOrMore, Section, Text, Unique, one_of

_TRUE_OR_FALSE = ("registered", "isCompliant", "isManaged")
_WORDS = {
    "trustType": ("AzureAD", "ServerAD", "Workplace"),
    "deviceOwnership": ("Personal", "Company"),
    "profileType": ("RegisteredDevice", "SecureVM", "Printer", "Shared", "IoT"),
}
_TEXTS = ("deviceId", "displayName", "enrollmentProfileName", "manufacturer", "mdmAppId", "model", "operatingSystem",
          "operatingSystemVersion", *(f"extensionAttribute{n}" for n in range(1, 16)))
_LISTS = ("physicalIds", "systemLabels")
DEVICE_PROPERTIES: tuple[str, ...] = (*_TRUE_OR_FALSE, *_WORDS, *_TEXTS, *_LISTS)
"""What a scenario may state about the device: ``registered`` and the properties of the device filter."""


def _device_property(name: str, value: object) -> None:
    if name in _TRUE_OR_FALSE and not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false")
    if name in _WORDS and value not in _WORDS[name]:
        raise ValueError(f"{name} allows {', '.join(_WORDS[name])}")
    if name in _TEXTS and not (isinstance(value, str) and value):
        raise ValueError(f"{name} must be text")
    if name in _LISTS and not (isinstance(value, tuple) and all(isinstance(item, str) for item in value)):
        raise ValueError(f"{name} must be a list of texts")
    if name not in DEVICE_PROPERTIES:
        near = get_close_matches(name, DEVICE_PROPERTIES, n=1, cutoff=0) or [""]
        raise ValueError(f"there is no key {name}; the nearest known key is {near[0]}")


def _device(value: Mapping[str, Any]) -> dict[str, Any]:
    for name, stated in value.items():
        _device_property(name, stated)
    if value.get("registered") is False and len(value) > 1:
        raise ValueError("a device that is not registered has no other properties")
    return dict(sorted(value.items()))


def _word(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", value):
        raise ValueError("must be an application's short name (exchange, sharepoint, teams) or its id")
    return value


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}|unknown", value):
        raise ValueError("must be a country of two capital letters, such as GB, or unknown")
    return value


def _not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("must not be an empty list; leave the key out when the fact is not known")
    return value


def _words(*words: str) -> AfterValidator:
    check = one_of(*words).func

    def check_all(values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            check(value)  # type: ignore[call-arg]
        return values

    return AfterValidator(check_all)


_List = Annotated[tuple[str, ...], OneOrMore, AfterValidator(_not_empty), Unique]
_Apps = Annotated[tuple[Annotated[str, AfterValidator(_word)], ...], OneOrMore, AfterValidator(_not_empty), Unique]
_Countries = Annotated[tuple[Annotated[str, AfterValidator(_country)], ...], OneOrMore, AfterValidator(_not_empty),
                       Unique]
_RISKS = ("none", "low", "medium", "high")


class Scenario(Section):
    """One situation. Every signal is a tuple meaning each of its values; ``None`` means *not stated*, so unknown.

    ``device`` maps a property of :data:`DEVICE_PROPERTIES` to what is so; a property that is not in it is unknown,
    ``registered = false`` states that there is none at all. With ``user_action`` the ``apps`` do not apply.
    """

    label: Text | None = None
    apps: _Apps | None = None
    user_action: Annotated[_List, _words("urn:user:registersecurityinfo", "urn:user:registerdevice")] | None = None
    platform: Annotated[
        _List, _words("windows", "macOS", "linux", "iOS", "android", "windowsPhone", "unknown")
    ] | None = None
    network: Annotated[_List, _words("inside", "outside")] | None = None
    client: Annotated[
        _List, _words("browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other")
    ] | None = None
    country: _Countries | None = None
    sign_in_risk: Annotated[_List, _words(*_RISKS)] | None = None
    user_risk: Annotated[_List, _words(*_RISKS)] | None = None
    insider_risk: Annotated[_List, _words("none", "minor", "moderate", "elevated")] | None = None
    flow: Annotated[_List, _words("none", "deviceCodeFlow", "authenticationTransfer")] | None = None
    app_protected: bool | None = None
    device: Annotated[Mapping[str, Any], AfterValidator(_device)] | None = None

    def over(self, defaults: Scenario) -> Scenario:
        """The same scenario with ``defaults`` where it states nothing."""
        stated = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return defaults.model_copy(update=stated)
