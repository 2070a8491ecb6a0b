"""What an organisation keeps itself, made ready to be asked about a chunk of accounts at once.

A register names an account by object id or by UPN; :class:`Lookup` finds either, without regard to case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from mfa_audit.tables import REGISTERS
from mfa_audit.verdicts.columns import Mask, by_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping


def reference(values: pd.Series) -> pd.Series:
    """Account references as they are compared: composed, casefolded, without spaces or braces around them."""
    return values.astype("str").str.normalize("NFC").str.strip().str.strip("{}").str.casefold()


@dataclass(frozen=True)
class References:
    """How registers may name the accounts of a chunk: ``ids`` and ``names`` (UPNs), both as :func:`reference`."""

    ids: pd.Series
    names: pd.Series

    @classmethod
    def of(cls, accounts: pd.DataFrame) -> References:
        """The references of a chunk with ``account_id`` and ``user_principal_name``."""
        return cls(reference(accounts["account_id"]), reference(accounts["user_principal_name"]))


class Lookup:
    """Rows of a register, at most one an account; where a register repeats an account the first row counts."""

    def __init__(self, rows: pd.DataFrame, key: str = "account_id") -> None:
        kept = rows[rows[key].notna()]
        keys = reference(kept[key])
        first = ~keys.duplicated()
        self._rows = kept[first].reset_index(drop=True)
        self._index = pd.Index(keys[first])

    def __len__(self) -> int:
        return len(self._rows)

    def positions(self, accounts: References) -> npt.NDArray[np.intp]:
        """The row of each account, -1 for none."""
        if not len(self._rows):
            return np.full(len(accounts.ids), -1, dtype=np.intp)
        by_id, by_name = self._index.get_indexer(accounts.ids), self._index.get_indexer(accounts.names)
        found: npt.NDArray[np.intp] = np.where(by_id >= 0, by_id, by_name)
        return found

    def has(self, accounts: References) -> Mask:
        """Whether each account is in the register."""
        return self.positions(accounts) >= 0

    def column(self, name: str, accounts: References) -> pd.Series:
        """A column of the register for each account, null where it has no row."""
        return self._rows[name].reindex(self.positions(accounts)).set_axis(accounts.ids.index)


def present(register: pd.DataFrame, former: pd.DataFrame) -> pd.DataFrame:
    """The register with ``account_id`` as accounts are called now; ``former`` is the table ``former_names``."""
    if former.empty:
        return register
    now = dict(zip(reference(former["user_principal_name"]), former["account_id"], strict=True))
    return register.assign(
        account_id=reference(register["account_id"]).map(now).astype("str").fillna(register["account_id"])
    )


def _empty(name: str) -> Lookup:
    return Lookup(pd.DataFrame({column: pd.Series(dtype="str") for column in REGISTERS[name].names}))


@dataclass(frozen=True)
class Registers:
    """Every register as a :class:`Lookup`; one that was not given is empty, and its name is missing in ``given``.

    ``exemptions`` has a row an account: its best entry with ``state``, ``approver`` and ``findings``
    (:mod:`mfa_audit.policy.exemptions`). ``pauses`` are those that run today. ``organisations`` is keyed by code.
    """

    exemptions: Lookup = field(default_factory=lambda: _empty("exemptions"))
    services: Lookup = field(default_factory=lambda: _empty("service_accounts"))
    generics: Lookup = field(default_factory=lambda: _empty("generic_accounts"))
    privileged: Lookup = field(default_factory=lambda: _empty("privileged_accounts"))
    pauses: Lookup = field(default_factory=lambda: _empty("pauses"))
    certificates: Lookup = field(default_factory=lambda: _empty("certificate_users"))
    organisations: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({c: pd.Series(dtype="str") for c in REGISTERS["organisations"].names})
    )
    given: frozenset[str] = frozenset()


def organisation_spelling(codes: pd.Series, organisations: pd.DataFrame) -> pd.Series:
    """Organisation codes in the register's spelling where it lists them without regard to case, else as they are."""
    known: Mapping[str, str] = {
        str(code).strip().casefold(): str(code).strip() for code in organisations["organisation_code"].dropna()
    }
    return by_distinct(codes, lambda code: known.get(code.casefold(), code)).astype("str")
