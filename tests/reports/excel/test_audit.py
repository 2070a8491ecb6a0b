"""``audit.xlsx``, opened again."""

from __future__ import annotations

import io
import json
import shutil
import stat
import subprocess
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest

from mfa_audit.reports import words
from mfa_audit.reports.excel.actions import TO_DO, action_sheet, write_organisation_lists
from mfa_audit.reports.excel.audit import SHEETS, write_audit
from mfa_audit.reports.excel.blank import new_book
from mfa_audit.text_safety import for_cell

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from mfa_audit.reports.view import Night

SOFFICE = shutil.which("soffice")


@pytest.fixture(name="night", scope="module")
def _night(nights: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Night:
    made: Night = nights.night(tmp_path_factory.mktemp("night"), nights.people(seed=7, size=240))
    return made


@pytest.fixture(name="book", scope="module")
def _book(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    path = tmp_path_factory.mktemp("audit") / "audit.xlsx"
    write_audit(night, path)
    return openpyxl.load_workbook(path)


def _texts(book: Workbook) -> list[str]:
    return [text for sheet in book for text in _texts_of(sheet)]


def _texts_of(sheet: Worksheet) -> list[str]:
    return [found.value for line in sheet.iter_rows() for found in line if isinstance(found.value, str)]


def _table(sheet: Worksheet) -> list[dict[str, object]]:
    (table,) = sheet.tables.values()
    head, *lines = sheet[table.ref]
    return [dict(zip([found.value for found in head], [found.value for found in line], strict=True)) for line in lines]


def _rewritten(night: Night, folder: Path) -> Workbook:
    write_audit(night, folder / "audit.xlsx")
    return openpyxl.load_workbook(folder / "audit.xlsx")


def test_the_sheets_are_there_in_order(book: Workbook) -> None:
    """Read me first, then all sheets, each with one table whose name is its own."""
    assert ["Read me", *SHEETS] == book.sheetnames
    tables = [table.displayName for sheet in book for table in sheet.tables.values()]
    assert len(set(tables)) == len(tables) == len(book.sheetnames)


def test_no_cell_is_a_formula(book: Workbook) -> None:
    """Hostile names in every sheet stay text."""
    kinds = {found.data_type for sheet in book for line in sheet.iter_rows() for found in line}

    assert "f" not in kinds
    assert any(text.startswith("=HYPERLINK") for text in _texts(book))


def test_the_file_is_private_and_repeatable(night: Night, tmp_path: Path) -> None:
    """Only its owner reads it; writing it again gives the same bytes."""
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    write_audit(night, first)
    write_audit(night, second)

    assert first.read_bytes() == second.read_bytes()
    assert 0o600 == stat.S_IMODE(first.stat().st_mode)


def test_the_action_list_is_everybody_who_has_to_act(night: Night, book: Workbook) -> None:
    """One row a person with something to do, numbered from 1, words and never codes."""
    people = night.people.frame(where={"population": ["workforce"], "status": [str(status) for status in TO_DO]})
    lines = _table(book["Action list"])

    accounts = sorted(for_cell(account) for account in people["user_principal_name"])
    assert accounts == sorted(str(line["Account"]).replace("_x005F_", "_") for line in lines)
    assert list(range(1, len(lines) + 1)) == [line["Priority"] for line in lines]
    assert {line["Status"] for line in lines} <= {words.STATUS[status].label for status in TO_DO}


def test_a_cut_action_list_says_so(night: Night) -> None:
    """What does not fit is counted on the page."""
    book = new_book(night, title="Test")
    sheet = action_sheet(book, night, listed=10)
    assert sheet is not None
    book.add(sheet)
    opened = openpyxl.load_workbook(io.BytesIO(book.to_bytes()))["Action list"]
    total = night.people.count([], {"population": ["workforce"], "status": [str(status) for status in TO_DO]})

    left = int(total["count"].sum()) - 10
    assert 10 == len(_table(opened))
    assert any(f"{left} more in organisations/" in text for text in _texts_of(opened))


def test_who_is_cut_from_the_action_list_is_in_organisations(night: Night, tmp_path: Path) -> None:
    """Everybody with something to do is in exactly one organisation's workbook; short lists need none."""
    people = night.people.frame(["user_principal_name"], {"population": ["workforce"],
                                                          "status": [str(status) for status in TO_DO]})

    assert 0 == write_organisation_lists(night, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    written = write_organisation_lists(night, tmp_path / "lists", listed=10)

    books = sorted((tmp_path / "lists").iterdir())
    assert written == len(books) > 1
    accounts = [str(line["Account"]).replace("_x005F_", "_") for book in books
                for line in _table(openpyxl.load_workbook(book)["Action list"])]
    assert sorted(for_cell(account) for account in people["user_principal_name"]) == sorted(accounts)


def test_sheets_without_rows_are_left_out_and_named(night: Night, tmp_path: Path) -> None:
    """An empty register has no sheet; Read me says which are missing."""
    one = night.by_organisation.head(1)
    bare = replace(night, exemptions=night.exemptions.head(0), quality=(), by_organisation=one,
                   reminded=night.reminded.head(0))

    book = _rewritten(bare, tmp_path)

    missing = {"Exemptions", "Data quality", "By organisation", "Reminders"}
    assert missing.isdisjoint(book.sheetnames)
    assert missing == {line["Sheet"] for line in _table(book["Read me"]) if line["In this workbook"] != "Yes"}


def test_an_empty_tenant_still_has_a_workbook(nights: ModuleType, tmp_path: Path) -> None:
    """No account, no division by zero."""
    nobody = nights.night(tmp_path, nights.people(seed=1, size=3).head(0), with_quality=False)

    assert "Summary" in _rewritten(nobody, tmp_path).sheetnames


def test_an_incomplete_night_says_so_on_every_sheet(night: Night, tmp_path: Path) -> None:
    """The banner names the gap on each sheet."""
    gap = {"table": "registrations", "reason": "page 3 could not be read"}
    broken = replace(night, summary={**night.summary, "complete": False, "gaps": [gap]})

    book = _rewritten(broken, tmp_path)

    for sheet in book:
        told = " ".join(_texts_of(sheet)[1:5])
        assert "INCOMPLETE" in told, sheet.title
        assert "page 3" in told, sheet.title


def test_the_headline_is_named_honestly(nights: ModuleType, night: Night, book: Workbook, tmp_path: Path) -> None:
    """While it is not known for everybody whether MFA is demanded, no cell says compliant; afterwards it does."""
    said = [text.lower() for sheet in book if sheet.title != "Evidence" for text in _texts_of(sheet)]
    assessed = nights.night(tmp_path, nights.people(seed=7, size=240), assessed=True)

    assert not any("compliant" in text or "compliance" in text for text in said)
    assert any("registered as the policy asks (whether mfa is demanded: not assessed for" in text for text in said)
    assert "Compliant" in _texts_of(_rewritten(assessed, tmp_path)["Summary"])


@pytest.mark.parametrize("word", ["Name", "STATUS", "two\nlines", "=1+1", "W" * 300])
def test_any_word_for_an_organisation_heads_a_column(nights: ModuleType, tmp_path: Path, word: str) -> None:
    """Whatever the policy calls an organisation, headings stay distinct and equal to the table's column names."""
    text = f"[reports]\norganisation_word = {json.dumps(word)}\n"
    night = nights.night(tmp_path, nights.people(seed=2, size=60), policy_text=text)

    for sheet in _rewritten(night, tmp_path):
        for table in sheet.tables.values():
            names = [column.name for column in table.tableColumns]
            assert names == [found.value for found in sheet[table.ref][0]]
            assert len({name.casefold() for name in names}) == len(names)


def test_figures_stand_beside_their_shares(night: Night, book: Workbook) -> None:
    """The first measure is the headline, with numerator, denominator and the exact quotient."""
    part, whole = night.summary["key_figures"]["compliance"]
    first = _table(book["Summary"])[0]

    assert (part, whole, part / whole) == (first["Numerator"], first["Denominator"], first["Value"])


def test_emergency_accounts_are_not_named(nights: ModuleType, night: Night, tmp_path: Path) -> None:
    """Neither name, nor address, nor id of an emergency account is in any byte, the policy text included."""
    write_audit(night, tmp_path / "audit.xlsx")
    with zipfile.ZipFile(tmp_path / "audit.xlsx") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist()).lower()

    assert b"(withheld)" in content
    for identity in nights.EMERGENCY:
        assert identity.encode() not in content
    assert b"@tenant.example" not in content


def test_why_of_a_sensitive_exception_is_hidden(night: Night, book: Workbook) -> None:
    """The category reads approved exception, and nothing else tells what it is about."""
    assert "accessibility" in set(night.exemptions["category"])
    texts = _texts_of(book["Exemptions"])

    assert "approved exception" in texts
    assert not any("accessibility" in text or "Secret adjustment" in text for text in texts)


def test_totals_are_of_people(night: Night, book: Workbook) -> None:
    """The totals above the headings are the sums over groups, and the same in all three sheets."""
    scope = night.summary["key_figures"]["workforce_in_scope"]
    for name in ("By organisation", "By department", "By manager"):
        sheet = book[name]
        (table,) = sheet.tables.values()
        head = sheet[table.ref][0]
        column = next(found for found in head if found.value == "In scope")
        assert scope == sheet.cell(column.row - 1, column.column).value, name
        assert scope == sum(int(str(line["In scope"])) for line in _table(sheet)), name


def test_small_groups_show_no_share(nights: ModuleType, tmp_path: Path) -> None:
    """Below the policy's size a group has counts and no percentage."""
    small = 12
    night = nights.night(tmp_path, nights.people(seed=7, size=240), policy_text=f"[privacy]\nsmall_group = {small}\n")
    lines = _table(_rewritten(night, tmp_path)["By manager"])

    assert any(int(str(line["In scope"])) < small for line in lines)
    for line in lines:
        assert (line["Registered as the policy asks"] is None) == (int(str(line["In scope"])) < small)


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_it(night: Night, tmp_path: Path) -> None:
    """Another program reads the workbook and prints every sheet."""
    write_audit(night, tmp_path / "audit.xlsx")
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        [str(SOFFICE), "--headless", f"-env:UserInstallation={profile}", "--convert-to", "pdf", "--outdir",
         str(tmp_path), str(tmp_path / "audit.xlsx")],
        check=True, capture_output=True, timeout=180,
    )

    assert (tmp_path / "audit.pdf").read_bytes().startswith(b"%PDF")


def test_what_came_of_reminders_has_a_sheet(night: Night, book: Workbook, tmp_path: Path) -> None:
    """A share of those who heard it long enough ago; without reminders there is no sheet."""
    told = _table(book["Reminders"])

    without = _rewritten(replace(night, reminded=night.reminded.head(0)), tmp_path)

    assert [("S1", 10, 2, 8, 6, 0.75, 1), ("S2", 4, 4, 0, 0, None, 0)] == [tuple(line.values()) for line in told]
    assert "Reminders" not in without.sheetnames
