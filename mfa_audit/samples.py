"""Where the sample tenants are, in a wheel as in a checkout, and which there are."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mfa_audit.errors import UsageError

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class Sample:
    """One fictional tenant: the preset it shows, its folder, and the day its figures are published for."""

    preset: str
    folder: Path
    as_of: date


def samples() -> tuple[Sample, ...]:
    """The samples that are shipped, as ``samples.toml`` lists them; the first is the one shown unless another is asked
    for. Raises :class:`UsageError` when they were not installed."""
    folder = sample_folder()
    listed = tomllib.loads((folder / "samples.toml").read_text(encoding="utf-8"))["sample"]
    return tuple(Sample(row["preset"], folder / row["folder"], row["as_of"]) for row in listed)


def sample_folder() -> Path:
    """``sample_data``: beside the code in a wheel, beside the package in a checkout.

    Raises :class:`UsageError` when it was not installed.
    """
    package = Path(__file__).parent
    for folder in (package / "sample_data", package.parent / "sample_data"):
        if (folder / "samples.toml").is_file():
            return folder
    raise UsageError("the sample data was not installed", next_step="install the package again.")
