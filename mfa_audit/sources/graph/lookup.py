"""What Graph tells of one account at a time: its methods, and whether per-user MFA is set.

Telephone numbers, device names and every other detail are dropped as the answer is read: only the kind of a method is
kept. Sources: Microsoft Learn, "List methods" (authentication methods API), and "Get authentication: requirements"
(beta), where *disabled* is also what people have whom Conditional Access protects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.methods import BIT, BY_SPELLING, spelling
from mfa_audit.sources.graph.batch import ask_each
from mfa_audit.sources.graph.endpoints import METHODS, PER_USER_MFA
from mfa_audit.sources.graph.pacing import Family
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mfa_audit.clock import Clock
    from mfa_audit.sources.graph.client import Client
    from mfa_audit.sources.graph.endpoints import Question
    from mfa_audit.sources.graph.pacing import Pace

_REFUSED = frozenset({400, 401, 403})
_GONE = frozenset({"Request_ResourceNotFound", "ResourceNotFound", "UserNotFound"})
"""What Graph says of an account that has been deleted; a 404 without one of these is somebody else's."""

_GONE_SHARE, _GONE_LEAST = 0.005, 10

_PREFIX, _SUFFIX = "#microsoft.graph.", "AuthenticationMethod"
_PHONES = {"mobile": "mobilePhone", "alternatemobile": "alternateMobilePhone", "office": "officePhone"}
_UNSEEN = sum(BIT[name] for name in ("certificate", "certificate_single", "security_questions", "app_password"))
_PASSWORDLESS = BY_SPELLING[spelling("microsoftAuthenticatorPasswordless")]
_KINDS: Mapping[str, str | None] = {
    "password": None,
    "microsoftauthenticator": "microsoftAuthenticatorPush",
    "passwordlessmicrosoftauthenticator": "microsoftAuthenticatorPasswordless",
    "softwareoath": "softwareOneTimePasscode",
    "hardwareoath": "hardwareOneTimePasscode",
    "windowshelloforbusiness": "windowsHelloForBusiness",
    "platformcredential": "macOsSecureEnclaveKey",
    "temporaryaccesspass": "temporaryAccessPass",
    "email": "email",
    "external": "externalAuthMethod",
    "qrcodepin": "qrCodePin",
}
"""Kind of an object of the methods API -> its name in the registration report; null for what is no second factor and
is in everybody's list. A kind that is not here keeps its own name, and so counts as unmapped."""


@dataclass
class Lookup:
    """Single accounts asked about, twenty at a time. Of those ``asked`` about Graph did not answer for ``failed``, said
    that some are ``gone``, and gave ``empty`` lists of methods for some."""

    client: Client
    pace: Pace
    clock: Clock
    asked: int = 0
    failed: int = 0
    gone: int = 0
    empty: int = 0

    def doubts(self) -> Iterator[str]:
        """Why the answers cannot be all there is to say, once everybody has been asked about."""
        if self.failed:
            yield f"{self.failed} of {self.asked} accounts could not be asked about"
        half = self.asked // 2
        if self.gone > min(half, max(_GONE_LEAST, int(self.asked * _GONE_SHARE))):
            yield f"{self.gone} of {self.asked} accounts are not there when asked about, and have just been listed"
        if self.empty > half:
            yield (f"{self.empty} of {self.asked} accounts have no method at all by their answers, where everybody has "
                   "a password at least")

    def registrations(self, accounts: Sequence[str]) -> Iterator[bytes]:
        """Rows of the registration report's shape, one JSON object a line, for the account ids given. An account that
        is gone has none; one that failed has no list of methods, which is *unreadable*.

        Raises :class:`Refusal` when Graph refuses it of everybody.
        """
        for account, answer in self._each(accounts, METHODS):
            names = None if answer is None else self._names(answer)
            self.failed += names is None and answer is not None
            yield self._row(account, names)

    def privileged(self, reported: Mapping[str, Sequence[str]]) -> Iterator[bytes]:
        """The same for accounts whose methods the report has named: what Graph does not show one by one is kept from
        there, and an account that failed keeps the report's row. Raises as :meth:`registrations`."""
        for account, answer in self._each(list(reported), METHODS):
            names = None if answer is None else self._names(answer)
            if names is None:
                self.failed += answer is not None
                continue
            yield self._row(account, sorted({*names, *_not_shown(reported[account], names)}))

    def per_user_mfa(self, accounts: Sequence[str]) -> Iterator[bytes]:
        """``id`` and ``perUserMfaState`` of the accounts, one JSON object a line; null where Graph did not answer.
        Raises as :meth:`registrations`."""
        for account, answer in self._each(accounts, PER_USER_MFA):
            state = None if answer is None else answer.get("perUserMfaState")
            if not isinstance(state, str):
                self.failed += answer is not None
                state = None
            yield msgspec.json.encode({"id": account, "perUserMfaState": state}) + b"\n"

    def _names(self, answer: Mapping[str, Any]) -> list[str] | None:
        self.empty += answer.get("value") == []
        return method_names(answer)

    def _row(self, account: str, names: list[str] | None) -> bytes:
        return msgspec.json.encode({
            "id": account, "methodsRegistered": names,
            "lastUpdatedDateTime": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        }) + b"\n"

    def _each(self, accounts: Sequence[str], question: Question) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """The accounts that are there still, each with its answer; null where asking again did not help."""
        paths = {question.path(account): account for account in accounts}
        self.asked += len(paths)
        for path, answer in ask_each(self.client, self.pace, self.clock, Family.DIRECTORY, list(paths),
                                     question.version):
            if not isinstance(answer, Refusal):
                yield paths[path], answer
            elif answer.status in _REFUSED or answer.unlicensed:
                raise answer
            elif answer.status == 404 and answer.code in _GONE:
                self.gone += 1
            else:
                self.failed += 1
                yield paths[path], None


def method_names(answer: Mapping[str, Any]) -> list[str] | None:
    """The report's names of the methods in an answer; null, which is *unreadable*, for one that has no list or that
    goes on on another page."""
    listed = answer.get("value")
    if not isinstance(listed, list) or "@odata.nextLink" in answer:
        return None
    return sorted({name for method in listed if (name := _name(method)) is not None})


def _not_shown(reported: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """The methods of a report's row that the single look-up cannot show, and those nobody knows."""
    for name in reported:
        bit = BY_SPELLING.get(spelling(name), 0)
        if bit == 0 or bit & _UNSEEN or (bit == _PASSWORDLESS and "microsoftAuthenticatorPush" in names):
            yield name


def _name(method: Any) -> str | None:
    told = method.get("@odata.type") if isinstance(method, dict) else None
    if not isinstance(told, str):
        return "unreadable"
    kind = told.removeprefix(_PREFIX).removesuffix(_SUFFIX).casefold()
    if kind == "phone":
        return _PHONES.get(str(method.get("phoneType")).casefold(), "unreadable")
    if kind == "fido2":
        return "passKeySynced" if str(method.get("passkeyType")).casefold() == "synced" else "passKeyDeviceBound"
    return _KINDS.get(kind, kind)
