"""A tenant of three people without a second factor, audited once, its reminders planned: a folder to send from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DAY = "2026-03-02"
"""A Monday; three weeks before everybody is due."""
TENANT = "0f000000-0000-4000-8000-00000000f0aa"
DOMAIN, OPERATOR = "contoso.example", "operator@contoso.example"
STAFF = tuple(f"p{number}@{DOMAIN}" for number in (1, 2, 3))
_POLICY = f"""\
schema_version = 1
preset = "general"
[policy]
effective_from = 2026-01-05
[deadlines]
default = 2026-03-30
[reminders]
delivery = "smtp"
sender = "it-security@{DOMAIN}"
allowed_domains = ["{DOMAIN}"]
[reminders.addresses]
operator = "{OPERATOR}"
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended; ``code`` is negative for a signal, as in :mod:`subprocess`."""

    code: int
    out: str
    err: str


def account_id(number: int) -> str:
    """The id of person ``number``, whose address is ``STAFF[number - 1]``."""
    return f"6a000000-0000-4000-8000-{number:012}"


def environment(**more: str) -> dict[str, str]:
    """What a command of this program is started with: nothing of whoever runs the tests, the same on every start."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MFA_AUDIT_")}
    return {**kept, "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", **more}


def command(*words: str) -> list[str]:
    """The command line of ``mfa-audit``."""
    return [sys.executable, "-m", "mfa_audit", *words]


def ended(home: Path, words: Sequence[str], **more: str) -> Ended:
    """Run a command line in ``home``."""
    done = subprocess.run(words, cwd=home, capture_output=True, encoding="utf-8", check=False,
                          env=environment(**more))
    return Ended(done.returncode, done.stdout, done.stderr)


def planned(home: Path) -> str:
    """Make the tenant in ``home``, audit it, plan its reminders; the plan's file, from ``home``."""
    (home / "policy.toml").write_text(_POLICY, encoding="utf-8")
    source = home / "exports"
    source.mkdir()
    _write(source / "users.json", [_user(number) for number in (1, 2, 3)])
    _write(source / "userRegistrationDetails.json", [_registration(number) for number in (1, 2, 3)])
    _write(source / "organization.json", [{
        "id": TENANT, "displayName": "Contoso", "verifiedDomains": [{"name": DOMAIN, "isDefault": True}]}])
    run = ended(home, command("run", "-q", "--source", "exports", "--policy", "policy.toml", "--as-of", DAY))
    assert 0 == run.code, run.err
    plan = ended(home, command("remind", "plan", "--as-of", DAY))
    assert 0 == plan.code, plan.err
    return plan.out.rstrip().removesuffix(".").rpartition(" is ")[2]


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps({"value": rows}), encoding="utf-8")


def _user(number: int) -> dict[str, Any]:
    return {
        "id": account_id(number), "userPrincipalName": STAFF[number - 1], "displayName": f"Ada Person{number}",
        "mail": STAFF[number - 1], "accountEnabled": True, "userType": "Member", "department": "Stores",
        "companyName": "Contoso", "jobTitle": "Clerk", "createdDateTime": "2024-05-01T09:00:00Z",
        "employeeHireDate": None, "onPremisesSyncEnabled": None, "creationType": None, "externalUserState": None,
        "signInActivity": {"lastSignInDateTime": "2026-02-28T08:00:00Z",
                           "lastSuccessfulSignInDateTime": "2026-02-28T08:00:00Z"},
    }


def _registration(number: int) -> dict[str, Any]:
    return {
        "id": account_id(number), "userPrincipalName": STAFF[number - 1], "userDisplayName": f"Ada Person{number}",
        "userType": "member", "isAdmin": False, "isMfaRegistered": False, "isMfaCapable": False,
        "isPasswordlessCapable": False, "isSsprRegistered": False, "isSsprEnabled": True, "isSsprCapable": False,
        "methodsRegistered": [], "isSystemPreferredAuthenticationMethodEnabled": True,
        "systemPreferredAuthenticationMethods": [], "userPreferredMethodForSecondaryAuthentication": "none",
        "lastUpdatedDateTime": "2026-03-02T02:11:09Z",
    }
