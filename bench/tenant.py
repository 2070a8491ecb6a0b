"""Write a made-up tenant of any size: ``python bench/tenant.py --accounts 100000 --out DIR --shape csv|graph``.

Organisations are a few large and thousands of small; inside each a manager tree with eight reports a manager. About
one account in six has no method, and each kind of mess touches 0.5 to 2 % of the accounts. Rows are written as they
are made, so memory does not grow with the tenant; the same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from samples.streams import DOMAIN, CsvFiles, GraphFiles, Person, address, given, object_id, open_text, surname

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORTS = 8
DEPARTMENTS = ("Emergency Medicine", "Theatres", "Radiology", "Pathology", "Pharmacy", "Maternity", "Finance",
               "Estates", "Medical Records", "IT and Digital", "Community Nursing", "Bank and Agency")
TITLES = ("Staff Nurse", "Healthcare Assistant", "Ward Clerk", "Porter", "Consultant", "Analyst", "Manager")
_MASK = (1 << 64) - 1
_METHODS = (
    (170, ""), (330, "mobilePhone"), (420, "mobilePhone;microsoftAuthenticatorPush"),
    (720, "microsoftAuthenticatorPush;softwareOneTimePasscode"), (800, "microsoftAuthenticatorPush"),
    (870, "softwareOneTimePasscode"), (900, "hardwareOneTimePasscode"), (930, "fido2SecurityKey"),
    (980, "windowsHelloForBusiness;microsoftAuthenticatorPush"), (1000, "microsoftAuthenticatorPasswordless"),
)
"""Thousandth below which an account has these methods."""

_MESS = (
    (10, "no_department"), (20, "upper_case_in_registrations"), (25, "formula"), (35, "no_row"), (40, "unmapped"),
    (45, "null_list"), (50, "conflicting"), (70, "no_manager"), (80, "no_organisation"), (85, "twice"),
    (95, "not_capable"), (100, "own_manager"), (105, "hidden_characters"), (110, "orphan"), (1000, ""),
)
"""Thousandth below which an account is messy in this way."""

_POLICY = """\
schema_version = 1

[policy]
id             = "big-sample"
effective_from = 2026-01-05

[population]
break_glass = ["{0}", "{1}"]

[deadlines]
default = 2026-02-27
"""


def organisations(accounts: int) -> Iterator[tuple[str, int]]:
    """Code and size of each organisation: nine tenths in a Zipf-like row, the rest in twos to twenties."""
    largest, left = max(accounts * 0.012, min(accounts / 3, 10 * math.sqrt(accounts))), accounts
    rank = 0
    while left > 0:
        size = int(largest / (rank + 1) ** 0.62) if left > accounts // 10 else 2 + (rank * 2654435761 >> 7) % 19
        size = min(left, max(2, size))
        yield _code(rank), size
        left -= size
        rank += 1


def _code(rank: int) -> str:
    rank, last = divmod(rank, 26)
    rank, digit = divmod(rank, 10)
    first, letter = divmod(rank, 26)
    return f"Z{first}{chr(65 + letter)}{digit}{chr(65 + last)}"


def _draw(value: int) -> int:
    """Sixty-four well mixed bits of ``value`` (the finaliser of SplitMix64)."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def _pick(table: tuple[tuple[int, str], ...], thousandth: int) -> str:
    return next(value for below, value in table if thousandth < below)


def people(accounts: int, seed: int) -> Iterator[Person]:
    """Every account, an organisation after the other."""
    first = 0
    for organisation, size in organisations(accounts):
        for position in range(size):
            yield _person(first, position, organisation, seed)
        first += size


def _person(first: int, position: int, organisation: str, seed: int) -> Person:
    serial = first + position
    bits = _draw(serial + seed * 0x100000001B3)
    emergency = serial < 2
    mess = "" if emergency else _pick(_MESS, bits % 1000)
    kind = 999 if emergency else (bits >> 10) % 1000
    enabled = kind >= 100
    recipient = "SharedMailbox" if kind < 40 else "RoomMailbox" if kind < 50 else "UserMailbox"
    methods = "fido2SecurityKey" if emergency else _pick(_METHODS, (bits >> 20) % 1000)
    if mess == "unmapped":
        methods = f"{methods};somethingNew2027" if methods else "somethingNew2027"
    elif mess in ("conflicting", "null_list"):
        methods = ""
    elif mess == "not_capable":
        methods = "mobilePhone"
    first_name, last_name = given(serial), surname(serial)
    name = f"{first_name} {last_name}"
    if mess == "formula":
        name = f"=1+1 {name}"
    elif mess == "hidden_characters":
        name = f" {first_name}\u202e\u00a0{last_name} "
    day = (bits >> 30) % 3000
    starter = 125 <= kind < 135
    manager = -1 if position == 0 or mess == "no_manager" else first + (position - 1) // REPORTS
    return Person(
        serial, address(serial), name, first_name, last_name,
        "" if mess == "no_organisation" else organisation,
        "" if mess == "no_department" else DEPARTMENTS[(bits >> 42) % len(DEPARTMENTS)],
        TITLES[(bits >> 46) % len(TITLES)],
        serial if mess == "own_manager" else manager,
        enabled, 100 <= kind < 125, not emergency and kind >= 997, recipient,
        f"2026-02-{17 + day % 11}T09:00:00Z" if starter else
        f"{2017 + day // 365}-{day // 30 % 12 + 1:02d}-{day % 28 + 1:02d}T08:{day % 60:02d}:00Z",
        "" if (bits >> 50) % 100 < 3 else f"2026-0{1 + (bits >> 50) % 2}-{(bits >> 52) % 28 + 1:02d}T07:30:00Z",
        methods, mess,
    )


def write(folder: Path, accounts: int, seed: int, shape: str) -> None:
    """Write the tenant into ``folder``, which is made and must be new or empty."""
    folder.mkdir(parents=True, exist_ok=True)
    files = CsvFiles(folder) if shape == "csv" else GraphFiles(folder)
    with open_text(folder / "recipients.csv") as recipients, open_text(folder / "exemptions.csv") as exemptions:
        recipients.write("ExternalDirectoryObjectId,RecipientTypeDetails\r\n")
        exemptions.write("exemption_id,account_id,category,owner,approver,approver_role,approved_on,expires_on,ticket,"
                         "compensating_control\n")
        for person in people(accounts, seed):
            upn = person.upn
            if person.mess == "twice":
                files.user(person, upn.replace("@", ".before@"))
            files.user(person, upn)
            recipients.write(f"{object_id(person.serial)},{person.recipient}\r\n")
            if person.enabled and person.mess != "no_row":
                files.registration(person, upn.upper() if person.mess == "upper_case_in_registrations" else upn)
            if person.mess == "orphan":
                files.registration(person, upn.replace("@", ".gone@"))
            if not person.methods and person.serial % 40 == 0:
                expires = "2026-06-30" if person.serial % 80 else "2026-01-31"
                exemptions.write(f"EX-{person.serial},{object_id(person.serial)},no_suitable_device,Line manager,"
                                 f"Risk owner,SIRO,2025-11-03,{expires},CHG-{person.serial},On site only\n")
    files.close()
    with open_text(folder / "organisations.csv") as file:
        file.write("organisation_code,name,kind,status,local_admin_email,successor_code\n")
        for code, size in organisations(accounts):
            kind = "large" if size > 1000 else "small"
            file.write(f"{code},Sample organisation {code},{kind},open,admin.{code.lower()}@{DOMAIN},\n")
    with open_text(folder / "policy.toml") as file:
        file.write(_POLICY.format(object_id(0), object_id(1)))


def main(arguments: list[str]) -> int:
    """Write the tenant that ``arguments`` ask for; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, required=True, help="how many accounts, at least 2")
    parser.add_argument("--out", type=Path, required=True, help="a folder that is new or empty")
    parser.add_argument("--shape", choices=("csv", "graph"), default="csv")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.accounts < 2:
        parser.error("--accounts: at least 2, for the emergency accounts")
    if options.out.exists() and any(options.out.iterdir()):
        parser.error(f"--out: {options.out} is not empty")
    write(options.out, options.accounts, options.seed, options.shape)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
