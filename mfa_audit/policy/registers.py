"""Where the registers an organisation keeps itself are found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mfa_audit.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

REGISTER_KEYS: Mapping[str, str] = {
    "exemptions": "exemptions.register",
    "service_accounts": "population.service_accounts_file",
    "generic_accounts": "population.generic_accounts_file",
    "privileged_accounts": "privileged.listed_in",
    "organisations": "population.organisations_file",
    "pauses": "reminders.pauses_file",
    "certificate_users": "methods.certificate_users_file",
}
"""Name of a register -> the policy key that names its file."""


def register_paths(files: Mapping[str, str], folder: Path | None, named: Collection[str]) -> dict[str, Path]:
    """Name of a register -> its path, for the files that exist.

    ``files`` maps names to files as the policy writes them, ``folder`` is where relative ones lie (``None``: only
    absolute ones are looked for), ``named`` are the registers the organisation's own policy names. Raises
    :class:`PolicyError` when one of those is not there: a privileged account or an exemption would be overlooked.
    """
    found: dict[str, Path] = {}
    for register, file in files.items():
        path = Path(file)
        if not file or (folder is None and not path.is_absolute()):
            continue
        path = path if folder is None else folder / path
        if path.is_file():
            found[register] = path
        elif register in named:
            raise PolicyError(
                f"{REGISTER_KEYS[register]} names {file}, and there is no such file",
                where=str(path),
                next_step="correct the name, or put the register there (a header row alone is enough).",
            )
    return found
