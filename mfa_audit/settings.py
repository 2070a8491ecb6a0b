"""Where things are and how to sign in; never policy.

Every setting can come from a flag, from an environment variable ``MFA_AUDIT_<NAME>``, from the settings file (TOML,
``mfa-audit.toml`` in the working folder unless another is named) or from its default, in that order. A secret comes
from the environment alone: ``MFA_AUDIT_CLIENT_SECRET``, or the file that ``MFA_AUDIT_CLIENT_SECRET_FILE`` names; the
password of the mail server likewise.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
import sys
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from mfa_audit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PREFIX = "MFA_AUDIT_"
SETTINGS_FILE = Path("mfa-audit.toml")
COLLECTABLE: tuple[str, ...] = (
    "accounts", "registrations", "group_members", "role_assignments", "tenant_policies", "devices", "sign_in_activity",
    "per_user_mfa", "privileged_methods",
)
"""What ``collect`` may list."""

_SECRETS = ("client_secret", "certificate_passphrase", "smtp_password")
_OTHER_NAMES = {"tenant_id": "tenant"}
"""Names the environment and the file may use as well."""


def _as_list(value: object, separator: str) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(separator) if part.strip())
    return value


def _no_number(value: object) -> object:
    """A date-time that TOML read, or the text of a date or a date-time; a date begins its day, UTC."""
    if value is None or isinstance(value, dt.datetime):
        return value
    try:
        if isinstance(value, dt.date):
            return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
        if isinstance(value, str) and "-" in value:
            moment = dt.datetime.fromisoformat(value)
            return moment.replace(tzinfo=dt.UTC) if len(value) == len("2026-03-02") else moment
    except ValueError:
        pass
    raise ValueError("must be a date and time with its offset, or a date, such as 2026-03-02T01:30:00Z")


def _aware(value: dt.datetime | None) -> dt.datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("must say its offset, such as 2026-03-02T01:30:00Z")
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("must be a time of this age, such as 2026-03-02T01:30:00Z") from None


def _collectable(value: str) -> str:
    if value not in COLLECTABLE:
        raise ValueError(f"allowed: {', '.join(COLLECTABLE)}")
    return value


def _together(value: tuple[str, ...]) -> tuple[str, ...]:
    if "per_user_mfa" in value and "tenant_policies" not in value:
        raise ValueError("per_user_mfa needs tenant_policies beside it: 'disabled' is also what people have whom "
                         "Conditional Access protects")
    return value


def _https(value: str) -> str:
    if not value.startswith("https://"):
        raise ValueError("must begin with https://")
    return value


Paths = Annotated[tuple[Path, ...], BeforeValidator(lambda value: _as_list(value, os.pathsep))]
Tables = Annotated[
    tuple[Annotated[str, AfterValidator(_collectable)], ...], BeforeValidator(lambda value: _as_list(value, ",")),
    AfterValidator(_together),
]
Root = Annotated[str, AfterValidator(_https)]
Text = Annotated[str, Field(min_length=1)]


class Settings(BaseModel):
    """One set of settings, frozen. Paths are as given, those of the settings file seen from its folder.

    ``tenant`` is the organisation's id or a name for it; ``None`` leaves it to what was read. ``policy`` and
    ``preset`` are for :func:`mfa_audit.policy.load_policy`. ``captured_at`` (UTC) dates files that do not date
    themselves, ``date_order`` says how dates such as 01/02/2026 are meant. The rest, from ``client_id`` on, is for
    Microsoft Graph: one of ``client_secret``, ``certificate_file`` (PEM or PFX), ``federated_token_file`` and
    ``managed_identity`` (``system`` or a client id), else a person signs in. ``sign_in_activity_requests`` bounds what
    a night asks about sign-ins (500 accounts a request, one every two seconds).
    ``smtp_…`` is the server that reminders are handed to, where the policy delivers by it; ``mail_per_minute`` how many
    at most, by Graph too (Exchange Online takes 30). Secrets show in no representation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    tenant: Text | None = None
    data: Path = Path("data")
    output: Path = Path("reports")
    policy: Path | None = None
    preset: Text | None = None
    sources: Paths = ()
    captured_at: Annotated[dt.datetime | None, BeforeValidator(_no_number), AfterValidator(_aware)] = None
    date_order: Literal["dmy", "mdy"] | None = None
    collect: Tables = ("accounts", "registrations")
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    client_id: Text | None = None
    client_secret: SecretStr | None = None
    certificate_file: Path | None = None
    certificate_passphrase: SecretStr | None = None
    federated_token_file: Path | None = None
    managed_identity: Text | None = None
    cloud: Literal["global", "us_government", "us_government_dod", "china"] = "global"
    ca_bundle: Path | None = None
    deadline_seconds: Annotated[int, Field(ge=1)] = 6 * 3600
    sign_in_activity_requests: Annotated[int, Field(ge=1)] = 2400
    graph_root: Root | None = None
    login_root: Root | None = None
    smtp_host: Text | None = None
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] = 587
    smtp_security: Literal["starttls", "tls"] = "starttls"
    smtp_user: Text | None = None
    smtp_password: SecretStr | None = None
    mail_per_minute: Annotated[int, Field(ge=1)] = 25


def load_settings(
    file: Path | None,
    environment: Mapping[str, str],
    flags: Mapping[str, Any],
    *,
    other_variables: Collection[str] = (),
) -> Settings:
    """The settings of one run: flag, else environment, else file, else default.

    ``file`` is what ``--settings`` named; ``None`` means ``MFA_AUDIT_SETTINGS``, else ``mfa-audit.toml`` where there is
    one. ``flags`` maps setting names to values, ``None`` meaning not given. ``other_variables`` are names beginning
    with ``MFA_AUDIT_`` that somebody else reads. Raises :class:`SettingsError` naming the file or variable, the key
    and what is allowed; never a secret.
    """
    chosen = file or (Path(named) if (named := environment.get(f"{PREFIX}SETTINGS")) else None)
    from_file, place = _from_file(chosen or SETTINGS_FILE, required=chosen is not None)
    from_environment, variables = _from_environment(environment, {*other_variables, f"{PREFIX}SETTINGS"})
    given = {name: value for name, value in flags.items() if value is not None}
    for name in given:
        _known(name, "the command line", known=tuple(Settings.model_fields))
        if name in _SECRETS:
            raise SettingsError(f"{name} is a secret and cannot be given as a flag", where="the command line",
                                next_step=_secret_step(name))
    try:
        return Settings.model_validate({**from_file, **from_environment, **given})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        where = "the command line" if name in given else variables.get(name, place)
        raise SettingsError(f"{name}: {_rule(first['type'], first.get('ctx', {}), first['msg'])}", where=where,
                            next_step="correct the value, or leave it out for the default.") from None


def _secret_step(name: str) -> str:
    variable = PREFIX + name.removesuffix("_file").upper()
    return f"take it out, and set in the environment {variable}, or {variable}_FILE to a file only you can read."


def _from_file(path: Path, *, required: bool) -> tuple[dict[str, Any], str]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if not required:
            return {}, str(path)
        raise SettingsError("there is no such settings file", where=str(path),
                            next_step="check the path, or make one with: mfa-audit init") from None
    except OSError as error:
        raise SettingsError(f"the settings cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings are not TOML: {error}", where=str(path),
                            next_step='a line is: name = "value"') from error
    settings: dict[str, Any] = {}
    for key, value in content.items():
        name = _OTHER_NAMES.get(key, key)
        if name in _SECRETS or name.removesuffix("_file") in _SECRETS:
            raise SettingsError(f"{key} is a secret and does not belong in a settings file", where=str(path),
                                next_step=_secret_step(name))
        _known(name, str(path), known=tuple(field for field in Settings.model_fields if field not in _SECRETS))
        if name in settings:
            raise SettingsError(f"{key} says again what {name} says", where=str(path), next_step="keep one of them.")
        settings[name] = _seen_from(path.parent, name, value)
    return settings, str(path)


def _seen_from(folder: Path, name: str, value: object) -> object:
    """A path of the settings file as seen from where the program runs."""
    kind = str(Settings.model_fields[name].annotation)
    if name == "sources":
        paths = _as_list(value, os.pathsep)
        if isinstance(paths, list | tuple) and all(isinstance(item, str) for item in paths):
            return tuple(folder / item for item in paths)
        return value
    return folder / value if "Path" in kind and isinstance(value, str) else value


def _from_environment(environment: Mapping[str, str], others: Collection[str]) -> tuple[dict[str, Any], dict[str, str]]:
    settings: dict[str, Any] = {}
    variables: dict[str, str] = {}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable in others:
            continue
        key = variable.removeprefix(PREFIX).lower()
        is_file = key.endswith("_file") and key.removesuffix("_file") in _SECRETS
        name = key.removesuffix("_file") if is_file else _OTHER_NAMES.get(key, key)
        _known(name, variable, known=(*Settings.model_fields, *_OTHER_NAMES, *(f"{word}_file" for word in _SECRETS)),
               show=lambda known: PREFIX + known.upper())
        if not value:
            continue
        if name in settings:
            raise SettingsError(f"says again what {variables[name]} says", where=variable,
                                next_step="set one of them.")
        settings[name] = _secret(Path(value), variable) if is_file else value
        variables[name] = variable
    return settings, variables


def _secret(path: Path, variable: str) -> str:
    try:
        refuse_readable_by_others(path, "the secret's", variable)
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"the secret's file cannot be read: {reason}", where=variable,
                            next_step="check the path the variable holds.") from None
    if not text:
        raise SettingsError(f"the secret's file {path} is empty", where=variable)
    return text


def refuse_readable_by_others(path: Path, whose: str, where: str) -> None:
    """Raise :class:`SettingsError` for ``whose`` file that others than its owner can read; OSError where it is none.
    Windows keeps other books."""
    mode = path.stat().st_mode
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"others can read {whose} file {path} (mode {stat.S_IMODE(mode):04o})", where=where,
                            next_step=f"chmod 600 {path}")


def _known(name: str, where: str, *, known: tuple[str, ...], show: Any = str) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0)[0]
        raise SettingsError(f"there is no setting {show(name)}; the nearest is {show(near)}", where=where,
                            next_step="correct or remove it.")


def _rule(kind: str, context: Mapping[str, Any], message: str) -> str:
    """What is allowed, from pydantic's error type and its context; never the value itself."""
    written = {
        "literal_error": "allowed: {expected}",
        "value_error": "{error}",
        "greater_than_equal": "must be at least {ge}",
        "less_than_equal": "must be at most {le}",
        "string_too_short": "must not be empty",
        "int_parsing": "must be a whole number",
        "datetime_from_date_parsing": "must be a date and time with its offset, such as 2026-03-02T01:30:00Z",
    }
    return written[kind].format(**context) if kind in written else message
