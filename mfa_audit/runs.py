"""Run folders: how they are named, what their manifest says, and which one ``latest.json`` points at.

A run folder appears under its final name only when it is whole; one with incomplete data is named
``<time>-incomplete`` and the pointer does not move (rule 5 of the design).
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from mfa_audit import __version__
from mfa_audit.errors import UsageError
from mfa_audit.files import publish_folder, run_name, sha256_of, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

POINTER = "latest.json"
MANIFEST = "manifest.json"
SCHEMA = "mfa-audit/run/1"
_NEEDED = frozenset({"snapshot", "rows", "policy", "complete", "tenant"})
_RUN_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z(?:-[0-9]+)?")
_LIBRARIES = ("duckdb", "openpyxl", "pandas", "pydantic")


@dataclass(frozen=True)
class Run:
    """One published run: its folder and its manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def summary(self) -> dict[str, Any]:
        """``summary.json`` of the run."""
        document: dict[str, Any] = _read_json(self.folder / "summary.json")
        return document


def last_good(output: Path) -> Run | None:
    """The run the pointer names, ``None`` when there is none yet.

    Raises :class:`UsageError` when the pointer or what it names cannot be read, or is not what was published.
    """
    pointer = output / POINTER
    if not pointer.exists():
        return None
    told = _read_json(pointer)
    name = str(told.get("run", ""))
    if not _RUN_NAME.fullmatch(name):
        raise _damaged(pointer, "it names no run")
    run = open_run(output / name)
    if sha256_of(run.folder / MANIFEST) != told.get("manifest_sha256"):
        raise _damaged(run.folder / MANIFEST, "it is not what was published")
    return run


def open_run(folder: Path) -> Run:
    """A run folder by its path. Raises :class:`UsageError` when it is none, or a part of it is missing."""
    run = Run(folder, _read_json(folder / MANIFEST))
    if missing := _NEEDED - run.manifest.keys():
        raise _damaged(folder / MANIFEST, f"it does not say {', '.join(sorted(missing))}")
    if "as_of" not in run.summary:
        raise _damaged(folder / "summary.json", "it does not say as_of")
    return run


def free_name(output: Path, started: datetime) -> str:
    """The name of the next run folder: its start, with ``-2`` and so on behind it where that second is taken."""
    base = run_name(started)
    taken = {path.name.removesuffix("-incomplete") for path in output.glob(f"{base}*")}
    return next(name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base}-{n}") not in taken)


def manifest_text(staging: Path, name: str, previous: Run | None, facts: Mapping[str, Any]) -> str:
    """``manifest.json`` of the run standing in ``staging``: what went in, what came out, and what made it.

    ``facts``: complete, tenant, snapshot (folder), captured_at and rows by table, inputs (file, table, rows, sha256 …),
    reconciliation (line, left, right, holds), policy (the effective text).
    """
    outputs = [
        {"file": path.relative_to(staging).as_posix(), "sha256": sha256_of(path)}
        for path in sorted(staging.rglob("*")) if path.is_file()
    ]
    document = {
        "schema": SCHEMA,
        "run": name,
        **facts,
        "outputs": outputs,
        "versions": {"mfa-audit": __version__, "python": platform.python_version(),
                     **{library: metadata.version(library) for library in _LIBRARIES}},
        "previous": None if previous is None else
        {"run": previous.folder.name, "manifest_sha256": sha256_of(previous.folder / MANIFEST)},
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def publish(staging: Path, output: Path, name: str, manifest: str, *, complete: bool) -> Path:
    """Write the manifest, give the folder its name, and, when the data is complete, move the pointer; in that order.

    Raises :class:`mfa_audit.errors.OutputFailed`; what the pointer named before then still stands.
    """
    write_text(staging / MANIFEST, manifest)
    final = output / (name if complete else f"{name}-incomplete")
    publish_folder(staging, final)
    if complete:
        digest = hashlib.sha256(manifest.encode("utf-8")).hexdigest()
        write_text(output / POINTER, json.dumps({"run": final.name, "manifest_sha256": digest}, indent=1) + "\n")
    return final


def _damaged(path: Path, what: str) -> UsageError:
    return UsageError(f"cannot be read as a run: {what}", where=str(path),
                      next_step="name another --run folder, or restore it from a copy; a new 'mfa-audit run' moves on.")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(document, dict):
        raise _damaged(path, "it holds no object")
    return document
