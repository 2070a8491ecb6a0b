"""What pydantic found wrong, as sentences about dotted keys, with the nearest known key and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from mfa_audit.policy.toml_text import inline

_MUST_BE = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "string_type": "must be text in quotes",
    "date_type": "must be a date without quotes, such as 2026-06-30",
    "date_from_datetime_inexact": "must be a date without a time, such as 2026-06-30",
    "tuple_type": "must be a list in square brackets",
    "mapping_type": "must be a table",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "string_too_short": "must not be empty",
}


def explain(error: ValidationError, model: type[BaseModel]) -> list[tuple[tuple[str | int, ...], str]]:
    """Each problem as the path of its key and a sentence that ends in what is allowed, in the file's order of
    sections. ``model`` is the type that was validated."""
    return [_one(dict(item), model) for item in error.errors(include_url=False)]


def nearest(name: str, known: Sequence[str]) -> str:
    """The known name most like ``name``; empty only when nothing is known."""
    found = get_close_matches(name.casefold(), known, n=1, cutoff=0)
    return found[0] if found else ""


def _one(item: dict[str, Any], model: type[BaseModel]) -> tuple[tuple[str | int, ...], str]:
    path = tuple(part for part in item["loc"] if part != "[key]")
    if item["type"] == "extra_forbidden":
        near = nearest(str(path[-1]), known_keys(model, path[:-1]))
        return path, f"no such key; the nearest known key is {dotted((*path[:-1], near))}"
    if item["type"] == "missing":
        return path, "is missing, and has no default"
    rule = _rule(item["type"], item.get("ctx", {}), item["msg"])
    return path, rule if "[key]" in item["loc"] else _with_value(item["input"], rule)


def _rule(kind: str, context: dict[str, Any], message: str) -> str:
    """What is allowed, from pydantic's error type and its context."""
    written = {
        "value_error": "{error}",
        "literal_error": "allowed: {expected}",
        "greater_than_equal": "must be at least {ge}",
        "less_than_equal": "must be at most {le}",
        "too_short": "must have at least {min_length}",
    }
    return written[kind].format(**context) if kind in written else _MUST_BE.get(kind, message)


def _with_value(given: Any, rule: str) -> str:
    try:
        shown = inline(given)
    except TypeError:
        return rule
    return f"is {shown if len(shown) <= 80 else shown[:79] + '…'}; {rule}"


def dotted(path: Sequence[str | int]) -> str:
    """A path as people write it, positions counted from 1: ``deadlines.phases[2].start``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text


def known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys a table may have, given the path to it; empty when any key is allowed there."""
    found: Any = model
    for part in path:
        found = _inside(found, part)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def _inside(found: Any, part: str | int) -> Any:
    if isinstance(found, type) and issubclass(found, BaseModel):
        for name, field in found.model_fields.items():
            if part in (name, field.alias):
                return _table_type(field.annotation)
        return None
    if get_origin(found) in (tuple, Mapping, dict) or getattr(get_origin(found), "__name__", "") == "Mapping":
        arguments = get_args(found)
        return _table_type(arguments[0] if get_origin(found) is tuple else arguments[-1])
    return None


def _table_type(annotation: Any) -> Any:
    """An annotation without ``Annotated`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        return _table_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _table_type(next(item for item in get_args(annotation) if item is not type(None)))
    return annotation
