"""A manager's workbook: the own team, nobody else, and no word too many."""

from __future__ import annotations

import re
import stat
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import pytest

from mfa_audit.hierarchy import forest
from mfa_audit.methods import CATALOGUE
from mfa_audit.reports import words
from mfa_audit.reports.excel.manager import file_name, write_manager_packs
from mfa_audit.tables import Status

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from openpyxl.worksheet.worksheet import Worksheet

    from mfa_audit.reports.view import Night

TREES = 100
PER_MODULE = 10


def _bytes(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


def _packs(nights: ModuleType, folder: Path, frame: pd.DataFrame, **more: object) -> tuple[Night, pd.DataFrame]:
    night: Night = nights.night(folder, frame, **more)
    return night, write_manager_packs(night, folder)


def _lines(sheet: Worksheet) -> list[dict[str, object]]:
    (table,) = sheet.tables.values()
    head, *lines = sheet[table.ref]
    return [dict(zip([found.value for found in head], [found.value for found in line], strict=True)) for line in lines]


def _person(nights: ModuleType, manager: str | None, **facts: object) -> dict[str, object]:
    frame = nights.people(seed=3, size=3, hostile=False).head(1)
    return {**frame.iloc[0].to_dict(), "manager_id": manager, "kind": "person", "population": "workforce",
            "in_scope": True, "status": Status.COMPLIANT, "away": False, "leaver": False, "dormant": False,
            "overdue_days": 0, "due": nights.AS_OF, **facts}


def _frame(people: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(people).sort_values("account_id").reset_index(drop=True)
    keys = {identity: key for key, identity in enumerate(frame["account_id"])}
    frame["account_key"] = range(len(frame))
    frame["manager_key"] = frame["manager_id"].map(keys).astype("Int32")
    return frame


def _team(nights: ModuleType, statuses: list[Status], **facts: object) -> pd.DataFrame:
    boss = _person(nights, None, account_id="id-boss", user_principal_name="boss@sample.example", display_name="Boss")
    team = [
        _person(nights, "id-boss", account_id=f"id-{at:03}", user_principal_name=f"p{at}@sample.example",
                display_name=f"Person {at}", status=status, **facts)
        for at, status in enumerate(statuses)
    ]
    return _frame([boss, *team])


def _open(folder: Path, packs: pd.DataFrame, manager: str) -> Worksheet:
    file = packs.set_index("manager_id").loc[manager, "file"]
    return openpyxl.load_workbook(folder / str(file)).worksheets[0]


@pytest.mark.parametrize("seed", range(TREES // PER_MODULE))
def test_no_byte_of_anybody_outside_the_tree(seed: int, nights: ModuleType, tmp_path: Path) -> None:
    """A hundred random trees: neither the name nor the address of an outsider is in any byte of any workbook."""
    for number in range(PER_MODULE):
        folder = tmp_path / str(number)
        folder.mkdir()
        dice = np.random.default_rng([seed, number])
        frame = nights.people(seed=100 * seed + number, size=60, hostile=False, reach=int(dice.integers(2, 20)))
        frame["display_name"] = [f"Person Q{key:03}Q" for key in frame["account_key"]]
        frame["user_principal_name"] = [f"u{key:03}x@sample.example" for key in frame["account_key"]]
        frame["manager_key"] = pd.Series(
            np.where(dice.random(60) < 0.2, dice.integers(0, 60, 60), frame["manager_key"].fillna(-1).astype(int))
        ).replace(-1, pd.NA).astype("Int32")
        night, packs = _packs(nights, folder, frame)
        parents, _ = forest(frame["manager_key"].fillna(-1).to_numpy("int64"))

        assert len(packs) > 2
        for pack in packs.itertuples():
            manager = int(frame.loc[frame["account_id"] == pack.manager_id, "account_key"].iloc[0])
            content = _bytes(folder / str(pack.file)).decode()
            inside = {manager} | {key for key in range(60) if _is_below(parents, key, manager)}
            assert {int(key) for key in re.findall(r"Q(\d{3})Q", content)} <= inside
            assert {int(key) for key in re.findall(r"u(\d{3})x@", content)} <= inside - {manager}
        assert night.as_of == nights.AS_OF


def _is_below(parents: np.ndarray, key: int, manager: int) -> bool:
    at = int(parents[key])
    while at >= 0:
        if at == manager:
            return True
        at = int(parents[at])
    return False


def test_no_method_strength_or_exposure(nights: ModuleType, tmp_path: Path) -> None:
    """No label of a method, level, exposure or reason, and no code of ours, is in a manager's workbook."""
    _, packs = _packs(nights, tmp_path, nights.people(seed=5, size=200, hostile=False))
    forbidden = {method.label for method in CATALOGUE} | {method.name for method in CATALOGUE if "_" in method.name}
    forbidden |= {label for level, label in words.LEVEL.items() if level != "code"}
    forbidden |= set(words.EXPOSURE.values()) - {"Not known"} | set(words.REASON.values()) | set(map(str, Status))
    forbidden |= {"accessibility", "MFA-REG-01", "Local Administrator", "never asked"}

    for file in packs["file"]:
        content = _bytes(tmp_path / file).decode()
        assert [] == sorted(word for word in forbidden if word in content)


def test_my_team_says_who_what_and_by_when(nights: ModuleType, tmp_path: Path) -> None:
    """Two of seven not set up, one with an approved exception: two to speak to come first, the reason stays hidden."""
    statuses = [Status.COMPLIANT, Status.NOT_REGISTERED, Status.EXEMPT, Status.COMPLIANT, Status.NOT_REGISTERED,
                Status.UNKNOWN, Status.NOT_ENFORCED]
    _, packs = _packs(nights, tmp_path, _team(nights, statuses))
    sheet = _open(tmp_path, packs, "id-boss")
    lines = _lines(sheet)

    assert "My team" == sheet.title
    assert ["Person 1", "Person 4"] == [line["Name"] for line in lines[:2]]
    assert ["Yes", "Yes", *["No"] * 5] == [line["To do"] for line in lines]
    assert {"Not set up": 2, "Not known": 1, "Approved exception": 1, "Set up": 3} == (
        pd.Series([line["Status"] for line in lines]).value_counts().to_dict()
    )
    assert nights.AS_OF == lines[0]["By"].date()  # type: ignore[attr-defined]
    assert lines[2]["By"] is None
    assert "2 of 7 direct reports need your help." in str(sheet["A2"].value)


@pytest.mark.parametrize(("size", "shown"), [(9, False), (10, True)])
def test_no_percentage_of_a_small_team(nights: ModuleType, tmp_path: Path, size: int, shown: bool) -> None:
    """Under ten people there is no percent sign in any text of the workbook."""
    _, packs = _packs(nights, tmp_path, _team(nights, [Status.NOT_REGISTERED] * size))
    sheet = _open(tmp_path, packs, "id-boss")

    texts = [str(found.value) for line in sheet.iter_rows() for found in line if found.value is not None]
    assert shown == any("%" in text for text in texts)


@pytest.mark.parametrize(("flag", "value", "label"), [
    ("away", True, "Away"), ("leaver", True, "Leaving"), ("dormant", True, "Not used lately"),
    ("ready", "no", "Waiting"),
])
def test_nobody_is_asked_for_who_is_not_there_or_not_let(
        nights: ModuleType, tmp_path: Path, flag: str, value: object, label: str) -> None:
    """Away, leaving, not using the account, or stopped by a policy: said so, nothing to do, not overdue."""
    facts = {flag: value, "overdue_days": 17}
    _, packs = _packs(nights, tmp_path, _team(nights, [Status.NOT_REGISTERED], **facts))
    (line,) = _lines(_open(tmp_path, packs, "id-boss"))

    assert (label, "No", None, None) == (line["Status"], line["To do"], line["By"], line["Days overdue"])


def test_indirect_reports_appear_with_their_way(nights: ModuleType, tmp_path: Path) -> None:
    """Further down only those with something to do appear, through whom is said, and managers of them see them too."""
    frame = _team(nights, [Status.COMPLIANT])
    below = [
        _person(nights, "id-000", account_id=f"id-9{at}", display_name=f"Below {at}", status=status,
                user_principal_name=f"b{at}@sample.example")
        for at, status in enumerate((Status.NOT_REGISTERED, Status.COMPLIANT))
    ]
    _, packs = _packs(nights, tmp_path, _frame([*frame.to_dict("records"), *below]))
    lines = _lines(_open(tmp_path, packs, "id-boss"))

    assert [("Below 0", "through Person 0"), ("Person 0", "to you")] == [
        (line["Name"], line["Reports"]) for line in lines
    ]
    assert {"id-boss", "id-000"} == set(packs["manager_id"])


def test_phones_that_some_keep_accuse_nobody(nights: ModuleType, tmp_path: Path) -> None:
    """Where groups have their own telephony, a phone number is nobody's task."""
    text = '[methods]\nown_telephony_groups = ["6b000000-0000-4000-8000-00000000aaaa"]\n'
    frame = _team(nights, [Status.COMPLIANT_WEAK])
    _, packs = _packs(nights, tmp_path, frame, policy_text=text)

    assert ["No"] == [line["To do"] for line in _lines(_open(tmp_path, packs, "id-boss"))]


def test_files_are_private_nameless_and_repeatable(nights: ModuleType, tmp_path: Path) -> None:
    """File names hold a hash only; modes are 0600; the same night gives the same hashes; chosen managers only."""
    night, packs = _packs(nights, tmp_path, nights.people(seed=9, size=80))
    again = tmp_path / "again"
    again.mkdir()
    chosen = packs["manager_id"].head(2).tolist()

    few = write_manager_packs(night, again, chosen)

    assert packs.head(2)["sha256"].tolist() == few["sha256"].tolist()
    assert packs["file"].map(lambda file: re.fullmatch(r"mfa_manager_[0-9a-f]{16}\.xlsx", file)).notna().all()
    assert packs["file"].tolist() == packs["manager_id"].map(file_name).tolist()
    assert {0o600} == {stat.S_IMODE((tmp_path / file).stat().st_mode) for file in packs["file"]}


def test_an_incomplete_night_says_so(nights: ModuleType, tmp_path: Path) -> None:
    """Managers see the banner too."""
    _, packs = _packs(nights, tmp_path, _team(nights, [Status.NOT_REGISTERED]), complete=False)
    sheet = _open(tmp_path, packs, "id-boss")

    assert str(sheet["A2"].value).startswith("INCOMPLETE")
    assert 1 == len(_lines(sheet))


def test_nobody_managed_no_workbooks(nights: ModuleType, tmp_path: Path) -> None:
    """A tenant without managers writes nothing and fails nowhere."""
    _, packs = _packs(nights, tmp_path, _frame([_person(nights, None, account_id="id-1")]))

    assert packs.empty
    assert [] == list(tmp_path.glob("*.xlsx"))
