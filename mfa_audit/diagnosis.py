"""Whether a night would work on this machine: settings, credential, Graph, certificate authority, disk, lock."""

from __future__ import annotations

import shutil
import stat
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mfa_audit.checks import Check, State
from mfa_audit.collection import entra_tokens
from mfa_audit.errors import LockHeld, MfaAuditError, OutputFailed, SettingsError
from mfa_audit.files import lock, new_folder_aside, private_folder
from mfa_audit.snapshot.intake import organisation_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mfa_audit.collection import Online
    from mfa_audit.policy import Policy
    from mfa_audit.settings import Settings

_ENOUGH_BYTES = 2 * 2**30


def examine(settings: Settings, policy: Policy, online: Online, proxies: Mapping[str, str],
            spared: Callable[[str], bool] = lambda _: False) -> Iterator[Check]:
    """Every check in the order in which a person should mend what it finds; ``proxies`` are those the environment
    names, by scheme, and ``spared`` tells the hosts it reaches without one."""
    yield Check("policy", State.OK, f"{policy.about.id}, version {policy.about.version}")
    yield from _credential(settings, online)
    yield _certificate_authority(settings.ca_bundle, online)
    yield _proxy(settings, proxies, spared)
    yield from _graph(settings, policy, online)
    for name, folder in (("data", settings.data), ("output", settings.output)):
        yield _folder(name, folder)
    yield _lock(settings, online)
    yield from _reminders(settings, policy)


def _credential(settings: Settings, online: Online) -> Iterator[Check]:
    from mfa_audit.sources.graph.checks import check_certificate  # noqa: PLC0415 - msal and requests are heavy

    secrets = {"certificate": settings.certificate_file, "federated token": settings.federated_token_file}
    for name, path in secrets.items():
        if path is not None:
            yield _private(name, path)
    if settings.certificate_file is not None and settings.certificate_file.is_file():
        phrase = settings.certificate_passphrase
        yield check_certificate(settings.certificate_file, None if phrase is None else phrase.get_secret_value(),
                                online.clock.now())


def _private(name: str, path: Path) -> Check:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return Check(f"{name} file", State.PROBLEM, f"{path} cannot be read: {error.strerror}",
                     "check the path and who may read it.")
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Check(f"{name} file", State.PROBLEM, f"others can read {path} (mode {stat.S_IMODE(mode):04o})",
                     f"chmod 600 {path}")
    return Check(f"{name} file", State.OK, "only its owner can read it")


def _certificate_authority(bundle: Path | None, online: Online) -> Check:
    from mfa_audit.sources.graph.client import new_session  # noqa: PLC0415 - requests is heavy

    name = "certificate authority"
    if bundle is None:
        return Check(name, State.OK, "the usual ones")
    try:
        new_session(bundle, online.clock).close()
    except SettingsError as error:
        return Check(name, State.PROBLEM, f"{error.where}: {error.message}", error.next_step)
    return Check(name, State.OK, str(bundle))


def _proxy(settings: Settings, proxies: Mapping[str, str], spared: Callable[[str], bool]) -> Check:
    """Whether Graph and sign-in are reached through a proxy. Its address may hold a password, so it is not shown."""
    from mfa_audit.sources.graph.address import cloud_of, is_proxy, on_this_machine  # noqa: PLC0415 - heavy

    proxy = proxies.get("https") or proxies.get("all")
    if not proxy:
        return Check("proxy", State.OK, "none: Graph and sign-in are reached directly")
    try:
        cloud = cloud_of(settings.cloud, settings.graph_root, settings.login_root)
    except SettingsError:
        return Check("proxy", State.NOTE, "HTTPS_PROXY names one")
    hosts = [urlsplit(root).hostname or "" for root in (cloud.login, cloud.graph) if not on_this_machine(root)]
    through = [host for host in dict.fromkeys(hosts) if not spared(host)]
    if not through:
        return Check("proxy", State.OK, "HTTPS_PROXY names one, and it is not used for Graph or sign-in")
    if not is_proxy(proxy):
        return Check("proxy", State.PROBLEM, "the address in HTTPS_PROXY cannot be read",
                     "write http://host:port, or name no proxy.")
    return Check("proxy", State.NOTE, f"{' and '.join(through)} through the proxy that HTTPS_PROXY names")


def _graph(settings: Settings, policy: Policy, online: Online) -> Iterator[Check]:
    from mfa_audit.sources.graph.address import cloud_of  # noqa: PLC0415 - msal and requests are heavy
    from mfa_audit.sources.graph.checks import check_graph  # noqa: PLC0415
    from mfa_audit.sources.graph.client import Wire  # noqa: PLC0415

    try:
        tokens = entra_tokens(settings, online)
        root = cloud_of(settings.cloud, settings.graph_root, settings.login_root).graph
    except MfaAuditError as error:
        yield Check("settings", State.PROBLEM, error.message, error.next_step)
        return
    yield Check("settings", State.OK, f"tenant {settings.tenant}, {root}")
    attribute = organisation_field(policy.population.organisation_attribute)
    yield from check_graph(Wire(root, settings.ca_bundle), tokens, online.clock, str(settings.tenant),
                           settings.collect, attribute,
                           frozenset({"Mail.Send"} if policy.reminders.delivery == "graph" else ()))


def _folder(name: str, folder: Path) -> Check:
    """Whether something can be written there, tried, and how much room there is."""
    try:
        probe = new_folder_aside(private_folder(folder), "doctor")
        probe.rmdir()
        free = shutil.disk_usage(folder).free
    except (OutputFailed, OSError) as error:
        return Check(f"{name} folder", State.PROBLEM, f"{folder}: {error}", "name another folder, or make it writable.")
    found = f"{folder}: {free / 2**30:.1f} GiB free"
    if free < _ENOUGH_BYTES:
        return Check(f"{name} folder", State.PROBLEM, found, f"make room: {_ENOUGH_BYTES // 2**30} GiB are little.")
    return Check(f"{name} folder", State.OK, found)


def _reminders(settings: Settings, policy: Policy) -> Iterator[Check]:
    from mfa_audit.reminders.checks import check_reminders  # noqa: PLC0415 - pandas is heavy
    from mfa_audit.reminding import STOP  # noqa: PLC0415

    yield from check_reminders(policy, settings, settings.data / STOP)


def _lock(settings: Settings, online: Online) -> Check:
    try:
        with lock(settings.data / ".mfa-audit.lock", "mfa-audit doctor", started=online.clock.now()):
            return Check("lock", State.OK, "no other run is at work")
    except LockHeld as error:
        return Check("lock", State.PROBLEM, error.message, error.next_step)
    except OutputFailed as error:
        return Check("lock", State.PROBLEM, str(error), "make the data folder writable.")
