"""Whom a list is about: what somebody typed, found among what the night knows."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mfa_audit.errors import UsageError
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mfa_audit.reports.view import Night


@dataclass(frozen=True)
class Selection:
    """What was asked for, as typed; None: not asked.

    ``organisation`` is a code or a name, ``manager`` an account id, a UPN or a fragment of a name (direct reports),
    ``statuses`` any spelling of a status in any case. Upper and lower case are alike everywhere.
    """

    organisation: str | None = None
    department: str | None = None
    manager: str | None = None
    statuses: tuple[str, ...] = ()


EVERYBODY = Selection()
"""No filter at all."""


@dataclass(frozen=True)
class Found:
    """A selection made exact.

    ``where`` fits ``TableFile``; ``key`` is the (column, value) of the one group it names, None when it names none or
    several; ``title`` says it in words, empty for everybody; ``statuses`` is empty when none was asked for.
    """

    where: Mapping[str, Sequence[object]]
    key: tuple[str, str] | None
    title: str
    statuses: tuple[Status, ...]


def find(night: Night, asked: Selection) -> Found:
    """Make ``asked`` exact. Raises ``UsageError`` for a name that fits nobody, or several."""
    where: dict[str, Sequence[object]] = {}
    titles = []
    if asked.organisation is not None:
        code = _organisation(night, asked.organisation)
        where["organisation"] = [code]
        name = night.organisation_names.get(code)
        titles.append(f"organisation {code}, {name}" if name else f"organisation {code}")
    if asked.department is not None:
        names = {name: name for name in _values(night, "department")}
        where["department"] = [_one("department", asked.department, names)]
        titles.append(f"department {where['department'][0]}")
    if asked.manager is not None:
        manager, name = _manager(night, asked.manager)
        where["manager_id"] = [manager]
        titles.append(f"people who report to {name}")
    key = next(iter((column, str(values[0])) for column, values in where.items())) if len(where) == 1 else None
    return Found(where, key, ", ".join(titles), tuple(_status(text) for text in asked.statuses))


def _values(night: Night, column: str) -> list[str]:
    return [str(value) for value in night.people.count([column])[column].dropna()]


def _organisation(night: Night, typed: str) -> str:
    codes = _values(night, "organisation")
    names = {code: code for code in codes}
    names |= {name: code for code, name in night.organisation_names.items() if code in names}
    return _one("organisation", typed, names)


def _manager(night: Night, typed: str) -> tuple[str, str]:
    """Return the manager's account id and name: by id, by UPN, else by a fragment of the name."""
    known = night.by_manager.dropna(subset=["manager_id"])
    names = known["manager_name"].fillna(known["manager_id"])
    pairs = dict(zip(known["manager_id"].astype(str), names.astype(str), strict=True))
    wanted = typed.strip().casefold()
    if wanted in pairs:
        return wanted, pairs[wanted]
    for chunk in night.people.rows(["account_id", "user_principal_name"]):
        same = chunk.loc[chunk["user_principal_name"].str.casefold() == wanted, "account_id"]
        for manager in same:
            if manager in pairs:
                return str(manager), pairs[str(manager)]
    fitting = {manager: name for manager, name in pairs.items() if wanted in name.casefold()}
    exact = {manager: name for manager, name in fitting.items() if name.casefold() == wanted}
    chosen = exact or fitting
    if len(chosen) > 1:
        some = ", ".join(sorted(chosen.values())[:5])
        message = f"{len(chosen)} managers fit {typed!r}: {some}"
        raise UsageError(message, where="--manager", next_step="give the sign-in name of one of them")
    if not chosen:
        message = f"nobody in this run reports to {typed!r}"
        raise UsageError(message, where="--manager", next_step="give the sign-in name, or a part of the name")
    return next(iter(chosen.items()))


def _one(what: str, typed: str, names: Mapping[str, str]) -> str:
    by_spelling = {name.strip().casefold(): value for name, value in names.items()}
    wanted = typed.strip().casefold()
    if wanted in by_spelling:
        return by_spelling[wanted]
    near = get_close_matches(wanted, by_spelling, n=1)
    step = f"did you mean {by_spelling[near[0]]!r}?" if near else f"see the {what} names in the workbook"
    message = f"no account of this run has the {what} {typed!r}"
    raise UsageError(message, where=f"--{what}", next_step=step)


def _status(typed: str) -> Status:
    spelling = typed.strip().upper().replace("-", "_").replace(" ", "_")
    try:
        return Status(spelling)
    except ValueError:
        message = f"there is no status {typed!r}"
        known = ", ".join(status.lower() for status in Status)
        raise UsageError(message, where="--status", next_step=f"one of: {known}") from None
