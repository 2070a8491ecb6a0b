"""Workbooks: what cells become, and which sheets are read."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable

import openpyxl

from mfa_audit.snapshot.raw import Inputs, RawRows

HEADER = ["id", "userPrincipalName", "employeeHireDate", "createdDateTime", "accountEnabled", "officeLocation"]
Reading = Callable[..., Inputs]
TableOf = Callable[[Inputs, str], RawRows]
Records = Callable[[RawRows], list[dict[str, str | None]]]


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_cells_become_plain_text(reading: Reading, table_of: TableOf, records: Records) -> None:
    """Dates are ISO text, whole numbers have no ``.0``, truth values keep their word."""
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    moment = dt.datetime(2026, 3, 2, 8, 30, 5)
    book.active.append(["u1", "a@x.example", dt.date(2026, 3, 2), moment, True, 42.0])
    book.active.append(["u2", "b@x.example", "02/03/2026", None, "False", 1.5])

    rows = table_of(reading({"users.xlsx": saved(book)}), "accounts")

    first, second = records(rows)
    assert ("2026-03-02", "2026-03-02T08:30:05", "True", "42") == (
        first["hire_date"], first["created_at"], first["account_enabled"], first["office_location"])
    assert ("02/03/2026", "", "False", "1.5") == (
        second["hire_date"], second["created_at"], second["account_enabled"], second["office_location"])
    assert "Workbook: users (sheet Sheet)" == rows.origin.shape
    assert 2 == rows.origin.line


def test_every_known_sheet_is_read(reading: Reading, table_of: TableOf) -> None:
    """Users, registrations and registers may be sheets of one workbook; notes are listed as ignored."""
    book = openpyxl.Workbook()
    for row in (["Users of the tenant"], [], HEADER, ["u1", "a@x.example", None, None, True, "Main"]):
        book.active.append(row)
    details = book.create_sheet("Details")
    details.append(["User principal name", "MFA Capable", "Methods registered"])
    details.append(["a@x.example", "Capable", "Mobile phone"])
    book.create_sheet("Portal roles").append(["account_id", "portal_role"])
    book.create_sheet("Notes").append(["made by", "on"])
    book.create_sheet("Empty")

    inputs = reading({"all.xlsx": saved(book)})

    assert 1 == table_of(inputs, "accounts").rows
    assert 4 == table_of(inputs, "accounts").origin.line
    assert 1 == table_of(inputs, "registrations").rows
    assert 0 == table_of(inputs, "privileged_accounts").rows
    assert 1 == len(inputs.ignored)
    assert "sheet Notes" in inputs.ignored[0]


def test_a_false_size_is_not_believed(reading: Reading, table_of: TableOf) -> None:
    """The dimension a workbook claims plays no part: the rows that are there are read."""
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    for number in range(50):
        book.active.append([f"u{number}", f"u{number}@x.example"])
    book.active.cell(60, 1, "u60")
    book.active.cell(60, 2, "u60@x.example")

    rows = table_of(reading({"users.xlsx": saved(book)}), "accounts")

    assert 51 == rows.rows
    with rows.path.open(encoding="utf-8", newline="") as staged:
        assert "u60" == list(csv.reader(staged))[-1][0]


def test_calculated_formulas_give_their_value(reading: Reading, table_of: TableOf, records: Records) -> None:
    """A formula counts as what it was calculated to."""
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append(["u1", "a@x.example", None, None, True, "PLACE"])
    calculated = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(book))) as old, zipfile.ZipFile(calculated, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                formula = rb'<c r="F2" t="str"><f>"Ma"&amp;"in"</f><v>Main</v></c>'
                content = re.sub(rb'<c r="F2"[^>]*>.*?</c>', formula, content)
            new.writestr(name, content)

    rows = records(table_of(reading({"users.xlsx": calculated.getvalue()}), "accounts"))

    assert "Main" == rows[0]["office_location"]
