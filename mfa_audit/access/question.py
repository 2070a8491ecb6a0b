"""One question: a person, a sign-in, the tenant, and what is assumed of the facts nobody told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mfa_audit.access.kleene import NO, YES, Answer, Fact, all_of, known

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address

    from mfa_audit.access.tenant import Tenant

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An object id or appId, in lower case; any other word in a list of them has a meaning of its own."""

GUEST_TYPES = ("b2bcollaborationguest", "b2bcollaborationmember", "internalguest", "none")
"""What a user object can be told to be; ``none`` is a member who is not external."""

EXTERNAL = frozenset(GUEST_TYPES[:2])
"""Those whose home is another tenant."""

HIDDEN = "hidden"
"""A level of risk that is there and not shown: whoever tells it tells nothing."""

SIGNALS: Mapping[str, tuple[str, ...]] = {
    "platform": ("android", "ios", "windows", "macos", "linux", "windowsphone", "unknown"),
    "client": ("browser", "mobileappsanddesktopclients", "exchangeactivesync", "other"),
    "sign_in_risk": ("none", "low", "medium", "high", HIDDEN),
    "user_risk": ("none", "low", "medium", "high", HIDDEN),
    "insider_risk": ("none", "minor", "moderate", "elevated"),
    "flow": ("none", "devicecodeflow", "authenticationtransfer"),
}
"""Signal of a sign-in -> the values it can have."""

COUNTRIES = frozenset(re.findall(
    "[a-z]{2}",
    "ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz ca "
    "cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj fk fm fo fr ga "
    "gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp "
    "ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms "
    "mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs "
    "ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw "
    "tz ua ug um us uy uz va vc ve vg vi vn vu wf ws xk ye yt za zm zw"))
"""ISO 3166 codes of countries, and Kosovo's, in lower case; any other word is no country."""

LEGACY = frozenset({"exchangeactivesync", "other"})
"""Clients that can do no MFA and send no state of the device."""


@dataclass(frozen=True)
class Person:
    """Who signs in: object ``id`` (null when not known, empty when no policy names it), the ``guest_types`` it may be
    (of :data:`GUEST_TYPES`; one when known), home tenant of a guest, the groups and active tenant-wide roles it is
    certainly in, and those it may be in because nobody read their members. ``per_user`` is disabled, enabled, enforced,
    or null when not read; ``registered``: whether they have a factor already. All in lower case."""

    id: str | None = ""
    guest_types: frozenset[str] = frozenset(GUEST_TYPES)
    home_tenant: str | None = None
    groups: frozenset[str] = frozenset()
    unsure_groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    unsure_roles: frozenset[str] = frozenset()
    per_user: str | None = None
    registered: bool | None = None


@dataclass(frozen=True, eq=False)
class Device:
    """What is signed in from. ``registered`` is null when not told; of a registered one a property (lower case) that is
    missing was not told, and null is empty. Two are the same only when they are one object."""

    registered: bool | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SignIn:
    """One sign-in; everything null is not told. ``app`` is an appId, or null with a ``user_action``; ``country`` is
    *unknown* for an address that maps to none; words in lower case."""

    app: str | None = None
    user_action: str | None = None
    context: str | None = None
    platform: str | None = None
    address: IPv4Address | IPv6Address | None = None
    country: str | None = None
    client: str | None = None
    device: Device = Device()
    sign_in_risk: str | None = None
    user_risk: str | None = None
    insider_risk: str | None = None
    flow: str | None = None
    app_protected: bool | None = None


@dataclass(frozen=True)
class Question:
    """Would this person be asked here? ``settled`` is what is assumed of facts nobody told."""

    tenant: Tenant
    person: Person
    sign_in: SignIn
    settled: Mapping[Fact, Any] = field(default_factory=dict)

    def signal(self, name: str) -> str | None:
        """A signal of :data:`SIGNALS`, as told or as assumed; a value that is none of them counts as not told."""
        told = getattr(self.sign_in, name)
        if told in SIGNALS[name] and told != HIDDEN:
            return str(told)
        assumed = self.settled.get(Fact("signal", name))
        return None if assumed is None else str(assumed)

    def lacking(self, kind: str, key: str = "") -> Answer:
        """The answer to something nobody told: as assumed, or not known."""
        fact = Fact(kind, key)
        if fact in self.settled:
            return known(bool(self.settled[fact]))
        return Answer(None, frozenset({fact}))

    def is_application(self) -> Answer:
        """Whether an application is signed in to, and no user action done; where neither is told it may be either."""
        if self.sign_in.user_action is not None:
            return NO
        told = self.sign_in.app is not None or self.sign_in.context is not None
        return YES if told else self.lacking("target", "application")

    def device_sent(self) -> Answer:
        """Whether the sign-in can pass on the state of the device: an old protocol and the device code flow cannot."""
        client, flow = self.signal("client"), self.signal("flow")
        if client in LEGACY or flow == "devicecodeflow":
            return NO
        return all_of((
            YES if client is not None else self.lacking("signal", "client"),
            YES if flow is not None else self.lacking("signal", "flow"),
        ))

    def assuming(self, fact: Fact, value: Any) -> Question:
        """The same question where ``fact`` is ``value``."""
        return replace(self, settled={**self.settled, fact: value})

    def ways(self, fact: Fact) -> tuple[Any, ...]:
        """What ``fact`` could be."""
        if fact.kind == "signal":
            return SIGNALS[fact.key]
        if fact == Fact("guest type"):
            return tuple(sorted(self.person.guest_types))
        return (True, False)

    def guest_type(self) -> str | None:
        """The guest type that is assumed, where several are possible."""
        assumed = self.settled.get(Fact("guest type"))
        return None if assumed is None else str(assumed)
