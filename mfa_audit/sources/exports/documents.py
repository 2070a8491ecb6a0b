"""Policy documents: kept as Graph wrote them, in one form whoever saved them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mfa_audit.errors import InputRejected
from mfa_audit.sources.exports.columns import header_key
from mfa_audit.sources.exports.json_rows import has_type_names, strict_json
from mfa_audit.sources.exports.shapes import COLLECTIONS, SINGLE_DOCUMENTS, Use

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.sources.exports.found import Candidate


def document_content(candidate: Candidate, data: memoryview, name: str, words: str) -> Any:
    """The document in ``data``: one object for :data:`SINGLE_DOCUMENTS`, else ``{"value": [...]}``; keys in Graph's
    camel case.

    Raises InputRejected where PowerShell flattened values, a key occurs twice, or several single documents stand in
    one file.
    """
    text = data.tobytes()
    if has_type_names(data) or b'"@{' in text:
        raise InputRejected("PowerShell flattened its values to type names", file=candidate.name,
                            next_step="Export again with | ConvertTo-Json -Depth 20.")
    try:
        content = _camel_case(strict_json(text))
    except ValueError as error:
        raise InputRejected(f"the document cannot be read: {error}", file=candidate.name,
                            next_step="Export it again and check that it was written to its end.") from error
    if name in SINGLE_DOCUMENTS:
        content = _single(content)
        if content is None:
            raise InputRejected(f"the file holds several documents of {words}", file=candidate.name,
                                next_step="Give one.")
        return content
    if isinstance(content, dict) and "value" in content:
        return content
    return {"value": content if isinstance(content, list) else [content]}


def collection(top: Mapping[str, msgspec.Raw], stem: str) -> tuple[Use, str]:
    """What an empty listing is a listing of: told by ``@odata.context``, else by the file's ``stem``."""
    context = msgspec.json.decode(top.get("@odata.context", b'""'))
    if isinstance(context, str) and "#" in context:
        path = context.partition("#")[2].partition("(")[0].rstrip("/")
        last = header_key(path.rpartition("/")[2])
        if "conditionalaccess" in path.casefold() and last == "policies":
            last = "conditionalaccesspolicies"
        return COLLECTIONS.get(last, ("unused", ""))
    return COLLECTIONS.get(header_key(stem), ("unused", ""))


def _camel_case(value: Any) -> Any:
    """Keys as Graph spells them: PowerShell begins each with a capital."""
    if isinstance(value, dict):
        named = {key[:1].lower() + key[1:]: _camel_case(item) for key, item in value.items()}
        if len(named) < len(value):
            raise ValueError("an object has one key in two spellings")
        return named
    if isinstance(value, list):
        return [_camel_case(item) for item in value]
    return value


def _single(content: Any) -> Any:
    """The one object of a document, out of an envelope or array of one; None when there are several."""
    listed = content.get("value", content) if isinstance(content, dict) else content
    if isinstance(listed, list):
        return listed[0] if len(listed) == 1 else None
    return listed
