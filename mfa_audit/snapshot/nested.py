"""Nested values taken apart while they are loaded: sign-in activity and extension attributes become fields, and a
reference to a person becomes the text that names them. Keys are accepted as Graph writes them and as PowerShell does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mfa_audit.snapshot.raw import RawRows

_STAMPS = {
    "last_successful_sign_in": "lastSuccessfulSignInDateTime",
    "last_sign_in": "lastSignInDateTime",
    "last_non_interactive_sign_in": "lastNonInteractiveSignInDateTime",
}
SIGN_INS = tuple(_STAMPS)
"""The fields that ``sign_in_activity`` becomes."""


def carried(source: RawRows, attribute: str) -> frozenset[str]:
    """The fields a source carries once its nested values are taken apart. ``attribute`` is the field that names the
    organisation; other extension attributes are left behind."""
    fields = set(source.fields)
    if "sign_in_activity" in fields:
        fields = fields - {"sign_in_activity"} | set(SIGN_INS)
    if "extension_attributes" in fields:
        fields.remove("extension_attributes")
        if attribute.startswith("extension_attribute_"):
            fields.add(attribute)
    return frozenset(
        name for name in fields if not name.startswith("extension_attribute_") or name == attribute
    )


def taken_apart(values: Mapping[str, str], attribute: str) -> dict[str, str]:
    """SQL for each field that :func:`carried` names, from SQL for each field of the source."""
    result = dict(values)
    activity = result.pop("sign_in_activity", None)
    if activity is not None:
        for name, key in _STAMPS.items():
            parts = [result[name]] if name in result else []
            parts.append(inside(activity, key))
            if name == "last_sign_in":
                # Text that is no object is kept, so that it is complained about instead of read as "never".
                parts.append(f"CASE WHEN NOT {is_object(activity)} THEN {activity} END")
            result[name] = f"coalesce({', '.join(parts)})"
    attributes = result.pop("extension_attributes", None)
    if attributes is not None and attribute.startswith("extension_attribute_"):
        parts = [result[attribute]] if attribute in result else []
        parts.append(inside(attributes, f"extensionAttribute{attribute.rsplit('_', 1)[1]}"))
        result[attribute] = f"coalesce({', '.join(parts)})"
    return result


def is_object(column: str) -> str:
    """SQL: whether the text is a JSON object; null for null."""
    return f"(starts_with({column}, '{{') AND json_valid({column}))"


def inside(column: str, *keys: str) -> str:
    """SQL: the first value among ``keys`` (camel case; Pascal case is tried as well) inside a JSON object, as text."""
    paths = [f"'$.{spelled}'" for key in keys for spelled in (key, key[0].upper() + key[1:])]
    found = ", ".join(f"nullif(trim(json_extract_string({column}, {path})), '')" for path in paths)
    return f"CASE WHEN {is_object(column)} THEN coalesce({found}) END"
