"""The script an administrator writes: pandas, one join, one list, one workbook. ``python bench/peer.py FOLDER OUT``.

It stands beside the tool in the benchmarks to show what the tool's extra work costs. It knows no policy, no
exemptions and no mailboxes, takes a missing row for "no MFA", and makes one workbook.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

PHONES = {"mobilePhone", "alternateMobilePhone", "officePhone"}


def main(folder: Path, out: Path) -> None:
    """Read users.csv and registrations.csv of ``folder``, write ``audit.xlsx`` and print one figure."""
    users = pd.read_csv(folder / "users.csv", dtype=str, keep_default_na=False)
    registered = pd.read_csv(folder / "registrations.csv", dtype=str, keep_default_na=False)
    name = next(column for column in registered if column.replace(" ", "").lower() == "userprincipalname")
    methods = next(column for column in registered if column.replace(" ", "").lower() == "methodsregistered")
    users["key"] = users["userPrincipalName"].str.lower()
    registered["key"] = registered[name].str.lower()
    joined = users.merge(registered[["key", methods]].drop_duplicates("key"), on="key", how="left")

    def judge(text: object) -> str:
        found = {part.strip() for part in str(text).replace(",", ";").split(";")} - {"", "[]", "nan"}
        if not found:
            return "No MFA"
        return "Phone only" if found <= PHONES else "MFA"

    joined["MFA"] = joined[methods].map(judge)
    people = joined[(joined["accountEnabled"] == "True") & (joined["userType"] == "Member")]
    columns = ["displayName", "userPrincipalName", "companyName", "department", "jobTitle", "MFA"]
    with pd.ExcelWriter(out / "audit.xlsx", engine="openpyxl") as book:
        table = pd.crosstab(people["companyName"], people["MFA"])
        table.to_excel(book, sheet_name="Organisations")
        people[people["MFA"] != "MFA"][columns].to_excel(book, sheet_name="People", index=False)
    print(f"{(people['MFA'] != 'No MFA').mean():.1%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
