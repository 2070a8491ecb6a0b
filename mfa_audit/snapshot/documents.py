"""Policy documents of a tenant, one a name: pages and single policies put together, contradictions refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mfa_audit.snapshot.raw import Complaint, Document

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT = {
    "organization": frozenset({"id", "displayName", "verifiedDomains", "tenantType", "onPremisesSyncEnabled"}),
    "domains": frozenset({"id", "authenticationType", "isDefault", "isInitial", "isRoot", "isVerified",
                          "isAdminManaged", "supportedServices"}),
}
"""What is kept of documents that also hold telephone numbers, streets and addresses of people; the others are rules,
and a rule that is not kept whole cannot be judged."""


def entries(document: Any) -> list[dict[str, Any]]:
    """The objects of a Graph answer: its ``value``, a bare list, or the one object there is."""
    if isinstance(document, dict):
        document = document.get("value", [document])
    return [entry for entry in document if isinstance(entry, dict)] if isinstance(document, list) else []


def listed(document: Any) -> list[Any] | None:
    """What a document lists, whatever each is, under Graph's name for it or PowerShell's; null when it lists nothing
    that could be read, which is not an empty list."""
    if isinstance(document, dict):
        document = next((value for name, value in document.items() if str(name).casefold() == "value"), [document])
    return document if isinstance(document, list) else None


def without_contacts(name: str, content: Any) -> Any:
    """The document without what nobody reads, where it may be about people (:data:`_KEPT`)."""
    kept = _KEPT.get(name)
    if kept is None:
        return content
    if isinstance(content, dict) and isinstance(content.get("value"), list):
        return {"value": [_only(kept, entry) for entry in content["value"]]}
    return _only(kept, content)


def _only(kept: frozenset[str], entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {key: value for key, value in entry.items() if key[:1].lower() + key[1:] in kept}


def gather(documents: Iterable[Document]) -> tuple[dict[str, Any], tuple[Complaint, ...]]:
    """The documents by name and what was wrong with them.

    Listings of the same name are joined by the ``id`` of their entries. When two files give one document, or one
    entry, different contents, the name is left out: nobody can tell which holds.
    """
    by_name: dict[str, list[Document]] = {}
    for document in documents:
        by_name.setdefault(document.name, []).append(document)
    result, complaints = {}, []
    for name in sorted(by_name):
        found = sorted(by_name[name], key=lambda each: (each.origin.name, each.origin.sha256))
        content = _joined([without_contacts(name, each.content) for each in found])
        if content is None:
            complaints.append(Complaint(
                "policy documents disagree", len(found), tuple(each.origin.name for each in found)[:5],
                f"{name} counts as not supplied: nobody can tell which file holds", "keep the newest file only.",
            ))
        else:
            result[name] = content
    return result, tuple(complaints)


def tenant_id(documents: dict[str, Any]) -> str | None:
    """The tenant's id as its organisation document gives it, lower case; ``None`` without one."""
    content = documents.get("organization")
    if isinstance(content, dict):
        content = content.get("value", [content])
    if not isinstance(content, list) or len(content) != 1 or not isinstance(content[0], dict):
        return None
    found = content[0].get("id", content[0].get("Id"))
    return found.strip().lower() if isinstance(found, str) and found.strip() else None


def canonical(content: Any) -> str:
    """JSON text with sorted keys, ending in a line feed."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _joined(contents: list[Any]) -> Any:
    first = contents[0]
    if all(content == first for content in contents):
        return first
    if not all(isinstance(content, dict) and isinstance(content.get("value"), list) for content in contents):
        return None
    entries: dict[str, Any] = {}
    for content in contents:
        for entry in content["value"]:
            key = entry.get("id") if isinstance(entry, dict) else None
            if not isinstance(key, str) or entries.setdefault(key, entry) != entry:
                return None
    return {"value": [entries[key] for key in sorted(entries)]}
