"""Whether a folder lies on a network file system, where two machines could each believe that they hold the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from mfa_audit.errors import OutputFailed

Mounts = Callable[[], str]
"""Gives the text of ``/proc/mounts``; empty where the system has none."""

_NETWORK = re.compile(
    r"nfs\d*|cifs|smb\w*|ncpfs?|afs|9p|ceph|gluster\w*|lustre|gpfs|beegfs|orangefs|pvfs2|davfs\d?|coda|"
    r"fuse\.(sshfs|rclone|s3fs|gluster\w*|ceph\w*|davfs\d?|cifs|smb\w*|nfs\w*|juicefs|goofys|gcsfuse|blobfuse\d?)"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def system_mounts() -> str:
    """What this system has mounted; empty where it does not say so in ``/proc/mounts``."""
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def refuse_network(folder: Path, mounts: Mounts = system_mounts) -> None:
    """Raise :class:`OutputFailed` when ``folder`` lies on a network file system, or is a share of Windows."""
    real = folder.resolve()
    if real.drive.startswith(("\\\\", "//")):
        raise _refusal(folder, "a network share")
    kind, place = _holding(real, mounts())
    if _NETWORK.fullmatch(kind):
        raise _refusal(folder, f"a network file system ({kind}, mounted at {place})")


def _holding(real: Path, text: str) -> tuple[str, str]:
    """Kind and place of the mount that holds ``real``: the deepest, and of several there the last."""
    best, kind, place = -1, "", ""
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields[1]))
        if real.is_relative_to(point) and len(point.parts) >= best:
            best, kind, place = len(point.parts), fields[2], str(point)
    return kind, place


def _refusal(folder: Path, what: str) -> OutputFailed:
    return OutputFailed(
        f"the ledger of reminders would lie on {what}, where two machines could each send the same message",
        where=str(folder), next_step="set 'data' in the settings to a folder on a disk of this machine.",
    )
