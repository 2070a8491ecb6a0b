"""A policy file with its preset and the general defaults made into one :class:`Policy`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mfa_audit.errors import PolicyError
from mfa_audit.methods import Level
from mfa_audit.policy.locate import line_of
from mfa_audit.policy.registers import REGISTER_KEYS
from mfa_audit.policy.rules import problems
from mfa_audit.policy.schema import FIRST_TIERS, LAST_TIERS, Policy
from mfa_audit.policy.schema_errors import dotted, explain, nearest

if TYPE_CHECKING:
    from pathlib import Path

GENERAL = "general"
_Document = Mapping[str, Any]


def preset_names() -> tuple[str, ...]:
    """The presets that are shipped, ``general`` among them."""
    folder = resources.files("mfa_audit.policy") / "presets"
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def load_policy(path: Path | None = None, preset: str | None = None) -> Policy:
    """The effective policy: the general defaults, over them the preset, over that the file.

    Tables are merged key by key; a list, or an array of tables, replaces the one below it. A tier of the file's own
    takes what it leaves out from ``staff``. ``preset`` names one of :func:`preset_names`; the file may name it too.
    Raises :class:`PolicyError` naming file, line, dotted key and what is allowed.
    """
    text = "" if path is None else _read(path)
    own = {} if path is None else _parse(text, str(path))
    where = str(path) if path is not None else f"preset {preset or GENERAL}"
    wanted = _preset(own.get("preset"), preset, where, text)
    merged = _merge(_shipped(GENERAL), {} if wanted == GENERAL else _shipped(wanted))
    document = _settled(_merge(merged, {**own, "preset": wanted}), own)
    policy = _validated(document, where, text)
    policy._folder = None if path is None else path.parent
    policy._named_registers = _named_registers(own, merged)
    return policy


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PolicyError(
            f"the policy cannot be read: {error.strerror}", where=str(path),
            next_step="check the path given with --policy, or make one with: mfa-audit init",
        ) from error
    except UnicodeDecodeError as error:
        raise PolicyError(
            "the policy is not UTF-8 text", where=str(path), next_step="save it again as UTF-8."
        ) from error


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at line ")
        line = place.partition(",")[0]
        raise PolicyError(
            f"is not TOML: {message}", where=f"{where}:{line}" if line.isdigit() else where,
            next_step="text stands in quotes, dates (2026-06-30), numbers and true or false do not.",
        ) from error


def _shipped(name: str) -> dict[str, Any]:
    text = (resources.files("mfa_audit.policy") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _preset(in_file: object, asked: str | None, where: str, text: str) -> str:
    if in_file is not None and asked is not None and in_file != asked:
        raise PolicyError(
            f'preset: the policy file says "{in_file}", the command or the settings say "{asked}"',
            where=_place(where, text, ("preset",)), next_step="name the preset in one place.",
        )
    wanted = (asked or GENERAL) if in_file is None else in_file
    if wanted not in preset_names():
        raise PolicyError(
            f'preset: there is no preset "{wanted}"; the nearest is "{nearest(str(wanted), preset_names())}"',
            where=_place(where, text, ("preset",)), next_step=f"known presets: {', '.join(preset_names())}.",
        )
    return str(wanted)


def _merge(below: _Document, above: _Document) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _merge(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return merged


def _settled(document: dict[str, Any], own: _Document) -> dict[str, Any]:
    """Tiers in precedence order, own tiers completed from staff; a default target gives way to a higher minimum."""
    tiers = document["requirements"]
    if not isinstance(tiers, Mapping) or not all(isinstance(tier, Mapping) for tier in tiers.values()):
        return document
    settled: dict[str, Any] = {}
    own_tiers = [name for name in tiers if name not in (*FIRST_TIERS, *LAST_TIERS)]
    written = own.get("requirements", {})
    for name in (*FIRST_TIERS, *own_tiers, *LAST_TIERS):
        tier = _merge(tiers["staff"], tiers[name]) if name in own_tiers else dict(tiers[name])
        minimum, target = (_strength(tier.get(key)) for key in ("minimum", "target"))
        if minimum is not None and target is not None and target < minimum and "target" not in written.get(name, {}):
            tier["target"] = tier["minimum"]
        settled[name] = tier
    return {**document, "requirements": settled}


def _strength(label: object) -> Level | None:
    return next((level for level in Level if level.label == label), None)


def _validated(document: _Document, where: str, text: str) -> Policy:
    try:
        policy = Policy.model_validate(_frozen(document))
    except ValidationError as error:
        found = explain(error, Policy)
    else:
        found = [(problem.path, problem.message) for problem in problems(policy)]
        if not found:
            return policy
    found.sort(key=lambda one: line_of(text, one[0]))
    lines = [(_place(where, text, path), f"{dotted(path)} {message}" if message.startswith("is ") else
              f"{dotted(path)}: {message}") for path, message in found]
    if len(lines) == 1:
        raise PolicyError(lines[0][1], where=lines[0][0], next_step="docs/policy.md lists every key.")
    raise PolicyError(
        f"{len(lines)} things are wrong\n" + "\n".join(f"  {place}: {message}" for place, message in lines),
        where=where, next_step="docs/policy.md lists every key.",
    )


def _place(where: str, text: str, path: tuple[str | int, ...]) -> str:
    line = line_of(text, path)
    return f"{where}:{line}" if line else where


def _frozen(value: Any) -> Any:
    """Lists as tuples, all the way down, so that the policy cannot change."""
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value


def _named_registers(own: _Document, defaults: _Document) -> frozenset[str]:
    return frozenset(
        register for register, key in REGISTER_KEYS.items()
        if _value(own, key) not in (None, _value(defaults, key))
    )


def _value(document: _Document, key: str) -> object:
    section, _, name = key.partition(".")
    table = document.get(section)
    return table.get(name) if isinstance(table, Mapping) else None
