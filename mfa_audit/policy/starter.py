"""The files a new organisation begins with: a short policy, settings, and registers with nothing in them yet."""

from __future__ import annotations

from importlib import resources

from mfa_audit.errors import PolicyError
from mfa_audit.policy.load import GENERAL, preset_names
from mfa_audit.policy.schema_errors import nearest
from mfa_audit.settings import SETTINGS_FILE
from mfa_audit.tables import REGISTERS

_REGISTERS = ("exemptions", "service_accounts", "generic_accounts", "privileged_accounts", "organisations", "pauses")


def starter_files(preset: str = GENERAL) -> dict[str, str]:
    """Relative path -> text. ``policy.toml`` loads, as it is, to the preset; the registers have their header rows.

    Raises :class:`PolicyError` when there is no preset of that name.
    """
    if preset not in preset_names():
        raise PolicyError(
            f'there is no preset "{preset}"; the nearest is "{nearest(preset, preset_names())}"',
            where="--preset", next_step=f"known presets: {', '.join(preset_names())}.",
        )
    folder = resources.files("mfa_audit.policy") / "starters"
    return {
        "policy.toml": (folder / f"policy.{preset}.toml").read_text(encoding="utf-8"),
        str(SETTINGS_FILE): (folder / "settings.toml").read_text(encoding="utf-8"),
        **{f"{name}.csv": ",".join(REGISTERS[name].names) + "\n" for name in _REGISTERS},
    }
