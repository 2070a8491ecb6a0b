"""What the registers say that changes nothing: entries that name no account, cells that cannot be read."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit.snapshot.raw import Complaint
from mfa_audit.tables import REGISTERS
from mfa_audit.verdicts.exemption_register import HOLDER
from mfa_audit.verdicts.registers import present, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mfa_audit.snapshot.store import Snapshot
    from mfa_audit.verdicts.basis import Basis

_SHOWN = 5
_DATES = {"exemptions": ("approved_on", "expires_on"), "service_accounts": ("review_by",), "pauses": ("from", "until")}
_UNKNOWN = "register entry names no account"
_NAMELESS = "register entry without an account"
_REUSED = "exemption older than the account it names"
_WORDS = {
    _UNKNOWN: ("names no account", "name no account"),
    _NAMELESS: ("has no account_id", "have no account_id"),
    _REUSED: ("was approved before the account of that name was made",
              "were approved before the accounts of those names were made"),
    "register date cannot be read": ("has a date that cannot be read", "have a date that cannot be read"),
    "approver role is not one of the policy's": ("has an approver role the policy does not know",
                                                "have an approver role the policy does not know"),
}


def register_complaints(snapshot: Snapshot, basis: Basis, exemptions: pd.DataFrame) -> list[Complaint]:
    """A complaint for every kind of blemish of every register, with the places of the first entries; ``exemptions`` are
    the entries with their states (:func:`mfa_audit.verdicts.prepare.entries_of`)."""
    registers = {
        name: snapshot.frame(name) for name, table in REGISTERS.items()
        if "account_id" in table.names and snapshot.manifest.tables[name].rows
    }
    former = snapshot.frame("former_names")
    named = {name: reference(present(rows, former)["account_id"]) for name, rows in registers.items()}
    emergency = pd.Series(list(basis.policy.population.break_glass), dtype="str")
    wanted = {*(text for each in named.values() for text in each.dropna()), *reference(emergency), *basis.role_holders}
    known = _known(snapshot, wanted) if wanted else set()
    found: list[Complaint] = []
    for name, rows in registers.items():
        for check, bad, effect, fix in _blemishes(name, rows, named[name], known, basis):
            found += _by_file(check, rows[bad], effect, fix)
    found += _by_file(
        _REUSED, exemptions[exemptions["approved"] < exemptions["holder_since"]],
        "the entry does not count: it was approved for somebody else who had that name",
        "enter the object id, or the day of a new approval.",
    )
    holders = pd.Series(list(basis.role_holders), dtype="str")
    lost = holders[~reference(holders).isin(known)]
    if len(lost):
        shown = tuple(f"{holder[:8]}…" for holder in sorted(lost)[:_SHOWN])
        found.append(Complaint("role holder names no account", len(lost), shown,
                               "a privileged account that is not listed is in no figure",
                               "check that the list of accounts is whole; applications may be left out of the roles."))
    strangers = emergency[~reference(emergency).isin(known)]
    if len(strangers):
        found.append(Complaint("emergency account names no account (MFA-BGA-01)", len(strangers),
                               tuple(strangers[:_SHOWN]), "it is not counted as an emergency account",
                               "correct population.break_glass in the policy."))
    return found


def register_note(complaint: Complaint) -> str | None:
    """The complaint in one line for the operator; null for a complaint of another kind."""
    if complaint.check not in _WORDS:
        return None
    one, several = _WORDS[complaint.check]
    file = PurePath(complaint.examples[0].rpartition(":")[0]).name
    lines = ", ".join(place.rpartition(":")[2] for place in complaint.examples)
    more = complaint.count - len(complaint.examples)
    entries, verb = ("entry", one) if complaint.count == 1 else ("entries", several)
    return f"{complaint.count} {entries} of {file} {verb}: line{'' if complaint.count == 1 else 's'} {lines}" + (
        f" and {more} more" if more else ""
    )


def _blemishes(name: str, rows: pd.DataFrame, named: pd.Series, known: set[str],
               basis: Basis) -> Iterator[tuple[str, pd.Series, str, str]]:
    blank = named.isna() | (named == "")
    yield _NAMELESS, blank, "the entry changes nothing", "enter the object id or the user principal name."
    yield (_UNKNOWN, ~blank & ~named.isin(known), "the entry changes nothing",
           "enter the object id, or the name the account has now.")
    unreadable = pd.Series(data=False, index=rows.index)
    for column in _DATES.get(name, ()):
        iso = rows[column].where(rows[column].str.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fillna(value=False))
        read = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
        unreadable |= rows[column].notna() & read.isna()
    yield "register date cannot be read", unreadable, "the entry does not count", "write dates as 2026-03-02."
    roles = {" ".join(role.casefold().split()) for role in basis.policy.exemptions.approver_roles}
    if name == "exemptions" and roles:
        written = rows["approver_role"].str.casefold().str.split().str.join(" ")
        yield ("approver role is not one of the policy's", written.notna() & ~written.isin(roles),
               "MFA-EXM-05 fails", "have it approved by one of exemptions.approver_roles.")


def _by_file(check: str, bad: pd.DataFrame, effect: str, fix: str) -> Iterator[Complaint]:
    if bad.empty:
        return
    placed = bad["place"].fillna("") if "place" in bad else pd.Series("", index=bad.index)
    parts = placed.str.rpartition(":")
    order = pd.DataFrame({"place": placed, "file": parts[0], "line": pd.to_numeric(parts[2], errors="coerce")})
    for _, rows in order.sort_values(["file", "line"]).groupby("file"):
        yield Complaint(check, len(rows), tuple(rows["place"][:_SHOWN]), effect, fix)


def entries_known(snapshot: Snapshot, register: str) -> int:
    """How many entries of a register name an account that is there."""
    rows = snapshot.frame(register)
    if rows.empty:
        return 0
    named = reference(present(rows, snapshot.frame("former_names"))["account_id"])
    return int(named.isin(_known(snapshot, set(named.dropna()))).sum())


def _known(snapshot: Snapshot, wanted: set[str]) -> set[str]:
    """Those of ``wanted`` (as :func:`reference`) that are the id or the UPN of an account."""
    known: set[str] = set()
    for chunk in snapshot.accounts(columns=HOLDER[:2]):
        for column in HOLDER[:2]:
            texts = reference(chunk[column])
            known.update(texts[texts.isin(wanted)])
    return known
