"""A decision beside Microsoft's own What If: what to ask it, and where its answer differs from ours.

It says of each policy whether it applies, and nothing of what they come to together. A signal it is not told counts as
one that does not fit, so a sign-in with an untold signal is not asked about. Source: Microsoft Learn,
"conditionalAccessRoot: evaluate".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mfa_audit.access.question import SignIn
    from mfa_audit.access.sign_in import Decision

_PLATFORMS: Mapping[str, str] = {
    "android": "android", "ios": "iOS", "windows": "windows", "macos": "macOS", "linux": "linux",
    "windowsphone": "windowsPhone",
}
_CLIENTS: Mapping[str, str] = {
    "browser": "browser", "mobileappsanddesktopclients": "mobileAppsAndDesktopClients",
    "exchangeactivesync": "exchangeActiveSync", "other": "other",
}
_FLOWS: Mapping[str, str] = {
    "none": "none", "devicecodeflow": "deviceCodeFlow", "authenticationtransfer": "authenticationTransfer",
}
_ACTIONS: Mapping[str, str] = {
    "urn:user:registersecurityinfo": "registerSecurityInformation", "urn:user:registerdevice": "registerOrJoinDevices",
}
_DEVICE: Mapping[str, str] = {
    "iscompliant": "isCompliant", "trusttype": "trustType", "profiletype": "profileType", "displayname": "displayName",
    "deviceid": "deviceId", "manufacturer": "manufacturer", "mdmappid": "mdmAppId", "model": "model",
    "operatingsystem": "operatingSystem", "operatingsystemversion": "operatingSystemVersion", "ownership": "ownership",
    "physicalids": "physicalIds", "systemlabels": "systemLabels", "enrollmentprofilename": "enrollmentProfileName",
}
_GRAPH = "#microsoft.graph."


@dataclass(frozen=True)
class Difference:
    """A policy that applies ``here`` and not there, or the reverse; ``reasons``: what the other side calls the
    conditions that fail, as Graph names them, comma-separated (empty: none)."""

    policy: str
    here: bool
    reasons: str


def question_of(sign_in: SignIn, account_id: str) -> dict[str, Any] | None:
    """The body of the question to Graph; null when the sign-in has a signal that Graph knows no word for, or lacks one,
    or the account has no id of the directory's.

    A country has to go with an address, or Graph looks neither up.
    """
    about = _about(sign_in)
    words = {
        "devicePlatform": _PLATFORMS.get(sign_in.platform or ""), "clientAppType": _CLIENTS.get(sign_in.client or ""),
        "signInRiskLevel": sign_in.sign_in_risk, "userRiskLevel": sign_in.user_risk,
        "insiderRiskLevel": sign_in.insider_risk,
    }
    flow = _FLOWS.get(sign_in.flow or "")
    told = (about, flow, sign_in.address, sign_in.country, *words.values())
    if not account_id or None in told:
        return None
    conditions: dict[str, Any] = {
        **words, "ipAddress": str(sign_in.address), "country": (sign_in.country or "").upper(),
        "authenticationFlow": {"transferMethod": flow},
    }
    if sign_in.device.registered:
        conditions["deviceInfo"] = {_DEVICE[name]: value for name, value in sign_in.device.properties.items()
                                    if name in _DEVICE}
    return {
        "signInIdentity": {"@odata.type": f"{_GRAPH}userSignIn", "userId": account_id},
        "signInContext": about, "signInConditions": conditions, "appliedPoliciesOnly": False,
    }


def differences(decision: Decision, answer: Sequence[Mapping[str, Any]]) -> tuple[int, list[Difference]]:
    """How many policies both sides speak of, and those of them on which they differ. ``answer``: Graph's entries, each
    with ``id``, ``policyApplies`` and ``analysisReasons``. What is not known here is no difference."""
    ours = {policy.casefold(): True for policy in (*decision.applied, *decision.report_only)}
    ours |= {policy.casefold(): False for policy in decision.not_applied}
    theirs = dict(_told(answer))
    both = ours.keys() & theirs.keys()
    return len(both), [Difference(policy, ours[policy], theirs[policy][1]) for policy in sorted(both)
                       if ours[policy] is not theirs[policy][0]]


def _told(answer: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[bool, str]]]:
    for entry in answer:
        identity, applies = entry.get("id"), entry.get("policyApplies")
        if isinstance(identity, str) and isinstance(applies, bool):
            yield identity.casefold(), (applies, str(entry.get("analysisReasons") or ""))


def _about(sign_in: SignIn) -> dict[str, Any] | None:
    action = _ACTIONS.get(sign_in.user_action or "")
    if action is not None:
        return {"@odata.type": f"{_GRAPH}userActionContext", "userAction": action}
    if sign_in.app is not None:
        return {"@odata.type": f"{_GRAPH}applicationContext", "includeApplications": [sign_in.app]}
    return None
