"""A plan with addresses: to whom each message goes, by which letter; and which ones go nowhere, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.reminders.addresses import objection
from mfa_audit.reminders.columns import Recipient
from mfa_audit.reminders.ladder import PRIVILEGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.policy import Policy
    from mfa_audit.reminders.directory import Directory
    from mfa_audit.reminders.words import Words

IN_PERSON = (Recipient.PERSON, Recipient.RESPONSIBLE)
"""Those a letter of their own goes to; an owner of an exemption gets one as well, the others get lists."""

_SAID_AS: Mapping[str, str] = {Recipient.ADMINISTRATOR: "operator"}
"""Recipients that are no audience of a policy: the audience whose letters they get."""


@dataclass(frozen=True)
class Mailing:
    """``rows``: those of a plan that can go somewhere, with ``recipient_account`` (null when it is none), ``to`` and
    ``letter``; ``refused``: those that cannot, with ``to`` and ``objection``."""

    rows: pd.DataFrame
    refused: pd.DataFrame


def mailing(rows: pd.DataFrame, directory: Directory, policy: Policy, words: Words) -> Mailing:
    """The messages of a plan (:data:`mfa_audit.reminders.columns.PLAN`) with their addresses and letters.

    Raises :class:`mfa_audit.errors.UsageError` for a stage that has no letter for somebody who would hear it.
    """
    made = rows.reset_index(drop=True)
    recipient = made["recipient"]
    made["recipient_account"] = directory.ids_of(made["recipient_id"])
    to = directory.address_of(made["recipient_account"])
    # An owner in a register may be somebody without an account here; whoever is listed is written to as listed.
    outside = recipient.isin([Recipient.RESPONSIBLE, Recipient.EXEMPTION_OWNER]) & made["recipient_account"].isna()
    to = to.where(~outside, made["recipient_id"].where(made["recipient_id"].str.contains("@", na=False)))
    for name, address in _fixed(policy).items():
        to = to.mask(recipient == name, address)
    local = recipient == Recipient.LOCAL_ADMIN
    made["to"] = to.where(~local, made["recipient_id"].map(directory.local_admins)).astype("str")
    made["letter"] = _letters(made, words)
    allowed = frozenset(domain.lower() for domain in policy.reminders.allowed_domains)
    found = {address: objection(None if pd.isna(address) else address, allowed) for address in made["to"].unique()}
    made["objection"] = made["to"].map(found).astype("str").fillna(objection(None, allowed))
    wrong = made["objection"] != ""
    return Mailing(made[~wrong].drop(columns="objection").reset_index(drop=True), made[wrong].reset_index(drop=True))


def _fixed(policy: Policy) -> dict[str, str | None]:
    given = policy.reminders.addresses
    return {
        Recipient.OPERATOR: given.operator, Recipient.SECURITY_LEAD: given.security_lead, Recipient.CISO: given.ciso,
        Recipient.SERVICE_DESK: given.service_desk, Recipient.ADMINISTRATOR: given.operator or given.security_lead,
    }


def _letters(rows: pd.DataFrame, words: Words) -> pd.Series:
    """The letter of each message; asked once for each kind there is."""
    kinds = list(zip(*(rows[name] for name in ("template", "audience", "recipient", "ladder")), strict=True))
    letter = {kind: _letter(words, *kind) for kind in dict.fromkeys(kinds)}
    return pd.Series([letter[kind] for kind in kinds], index=rows.index, dtype="str")


def _letter(words: Words, template: str, audience: str, recipient: str, ladder: str) -> str:
    """Who stands in for the person hears in words of their own."""
    for_whom = audience if recipient in IN_PERSON else _SAID_AS.get(recipient, recipient)
    return words.template_for(template, for_whom, privileged=ladder == PRIVILEGED)
