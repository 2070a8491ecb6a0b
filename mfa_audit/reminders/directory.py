"""Names and addresses of everybody a plan names: whom it is about, who hears it, and their managers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS = (
    "account_id", "user_principal_name", "display_name", "mail", "organisation", "department", "manager_id",
    "manager_key", "tier", "status", "due", "exemption_id",
)
"""What is read of :data:`mfa_audit.tables.PEOPLE`."""


@dataclass(frozen=True)
class Directory:
    """``accounts``: :data:`COLUMNS` and ``language`` by ``account_id``; ``spelled``: an account's id, name or address
    in lower case -> its id. ``local_admins``: organisation -> the address its register gives. ``passkeys``: whether
    people may register a passkey. ``mail_read``: see :func:`mfa_audit.reminders.routing.routes`."""

    accounts: pd.DataFrame
    spelled: Mapping[str, str]
    local_admins: Mapping[str, str] = field(default_factory=dict)
    passkeys: bool = False
    mail_read: bool = True

    @classmethod
    def of(cls, chunks: Iterable[pd.DataFrame], wanted: Iterable[str], *, languages: Mapping[str, str] | None = None,
           local_admins: Mapping[str, str] | None = None, passkeys: bool = False, mail_read: bool = True) -> Directory:
        """The accounts among ``chunks`` (:data:`COLUMNS`) that ``wanted`` names by id, user principal name or address;
        ``languages``: account id -> the language it prefers."""
        names = {name.casefold() for name in wanted}
        kept: list[pd.DataFrame] = []
        spelled: dict[str, str] = {}
        for chunk in chunks:
            found = pd.Series(data=False, index=chunk.index)
            for column in ("mail", "user_principal_name", "account_id"):
                written = chunk[column].str.casefold()
                mine = written.isin(names)
                spelled |= dict(zip(written[mine], chunk.loc[mine, "account_id"], strict=True))
                found |= mine
            kept.append(chunk[found])
        accounts = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(COLUMNS))
        accounts["language"] = accounts["account_id"].map(languages or {}).astype("str")
        return cls(accounts.set_index("account_id", drop=False), spelled, local_admins or {}, passkeys, mail_read)

    def ids_of(self, written: pd.Series) -> pd.Series:
        """The account ids of what was ``written``; null where it names no account."""
        return written.str.casefold().map(self.spelled).astype("str")

    def address_of(self, ids: pd.Series) -> pd.Series:
        """The address of each account; the user principal name only where no source has addresses."""
        mail = self.column(ids, "mail")
        return mail if self.mail_read else mail.fillna(self.column(ids, "user_principal_name"))

    def column(self, ids: pd.Series, name: str) -> pd.Series:
        """A fact of each account; null where it is not known."""
        return ids.map(self.accounts[name]).astype(self.accounts[name].dtype)

    def name_of(self, ids: pd.Series) -> pd.Series:
        """What each account is called: its display name, else its user principal name."""
        return self.column(ids, "display_name").fillna(self.column(ids, "user_principal_name"))
