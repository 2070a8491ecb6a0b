"""Microsoft's live What If: which policies would apply to one sign-in. Nothing is signed in, nothing is changed.

Source: Microsoft Learn, "conditionalAccessRoot: evaluate"; it counts against Conditional Access's limit of one request
a second.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mfa_audit.errors import AccessRefused, GraphUnreachable
from mfa_audit.sources.graph.pacing import Family
from mfa_audit.sources.graph.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.sources.graph.client import Client

PERMISSION = "Policy.Read.ConditionalAccess"
PATH = "/v1.0/identity/conditionalAccess/evaluate"
_FORBIDDEN = (401, 403)


def evaluate(client: Client, question: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Graph's entries for one ``question``, a policy each: ``id``, ``policyApplies``, ``analysisReasons``.

    Raises :class:`AccessRefused` where the permission is missing, :class:`GraphUnreachable` where Graph does not answer
    the question, and what :meth:`Client.ask` raises.
    """
    body = json.dumps(question).encode()
    try:
        return client.ask(PATH, Family.CONDITIONAL_ACCESS, _entries, headers={"Content-Type": "application/json"},
                          body=body)
    except Refusal as told:
        if told.status in _FORBIDDEN:
            raise AccessRefused(f"Graph's What If is refused: {told}", where=PATH,
                                next_step=f"grant {PERMISSION} to the application (docs/permissions.md).") from told
        raise GraphUnreachable(f"Graph's What If does not answer: {told}", where=PATH,
                               next_step="look at the account and the scenario; run again later.") from told


def _entries(body: bytes) -> list[dict[str, Any]]:
    told = json.loads(body)
    entries = told.get("value") if isinstance(told, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("no list of policies")
    return entries
