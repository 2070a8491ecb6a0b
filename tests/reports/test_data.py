"""The machine files: documented columns, the same bytes every time, and text that survives the way there and back."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import nights_terminal as nights
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfa_audit.reports.data import SUMMARY_KEYS, csv_rows, summary_text, write_data
from mfa_audit.snapshot.columnar import TableFile
from mfa_audit.tables import VERDICTS
from mfa_audit.text_safety import for_csv

if TYPE_CHECKING:
    from pathlib import Path

    from mfa_audit.reports.view import Night


@pytest.fixture(name="night")
def _night(tmp_path: Path) -> Night:
    return nights.night(tmp_path, nights.staff())


def written(night: Night, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    write_data(night, folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_the_same_night_gives_the_same_bytes(night: Night, tmp_path: Path) -> None:
    """Three files and nothing else, identical when written again."""
    first, again = written(night, tmp_path / "a"), written(night, tmp_path / "b")

    assert ["access.json", "accounts.csv", "accounts.parquet", "summary.json"] == list(first)
    assert first == again


def test_accounts_csv_has_the_documented_columns_and_values(night: Night, tmp_path: Path) -> None:
    """A row an account in account_id order; ISO dates, true and false, nothing for null, every field quoted."""
    data = written(night, tmp_path / "run")["accounts.csv"]
    rows = read(data)

    assert list(VERDICTS.names) == list(rows[0])
    assert [row["account_id"] for row in rows] == sorted(row["account_id"] for row in rows)
    assert ("2026-02-13", "true", "") == (rows[1]["due"], rows[1]["phone_only"], rows[1]["exemption_id"])
    assert "17" == rows[2]["overdue_days"]
    assert data.startswith(b'"account_id","user_principal_name"')
    assert data.count(b"\r\n") == len(rows) + 1


def test_a_formula_for_a_name_is_text(night: Night, tmp_path: Path) -> None:
    """A name that a spreadsheet would run has an apostrophe in the CSV and is itself in the Parquet file."""
    written(night, tmp_path / "run")
    rows = read((tmp_path / "run" / "accounts.csv").read_bytes())
    names = TableFile(tmp_path / "run" / "accounts.parquet").frame(["display_name"])["display_name"]

    assert "'=HYPERLINK(\"http://x\",\"y\")" == rows[4]["display_name"]
    assert '=HYPERLINK("http://x","y")' == names[4]


def test_parquet_is_the_people_in_their_order(night: Night, tmp_path: Path) -> None:
    """The Parquet file holds the documented columns of the people table, row for row."""
    written(night, tmp_path / "run")
    expected = night.people.frame(VERDICTS.names)

    pd.testing.assert_frame_equal(expected, TableFile(tmp_path / "run" / "accounts.parquet").frame())


def test_nobody_gives_headers_only(tmp_path: Path) -> None:
    """A night without accounts has a CSV of one line and a Parquet file of no row."""
    files = written(nights.night(tmp_path, []), tmp_path / "run")

    assert 1 == files["accounts.csv"].count(b"\r\n")
    assert 0 == len(TableFile(tmp_path / "run" / "accounts.parquet").frame())


def test_summary_keys_stand_in_the_documented_order(night: Night) -> None:
    """Whatever order the summary was made in, the file's is the documented one."""
    shuffled = dict(reversed(list(night.summary.items())))

    assert summary_text(night.summary) == summary_text(shuffled)
    assert list(SUMMARY_KEYS) == list(json.loads(summary_text(shuffled)))


@pytest.mark.parametrize("change", [{"run_time": 3}, {"retirement": {"days_left": float("nan")}}])
def test_summary_refuses_what_is_not_documented(night: Night, change: dict[str, object]) -> None:
    """A key nobody documented, or a figure that is no number, is a bug and not a file."""
    with pytest.raises(ValueError, match=r"nobody documented|JSON compliant"):
        summary_text({**night.summary, **change})


@settings(max_examples=400, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=30), min_size=1, max_size=5),
       st.sampled_from([1, 20]))
def test_any_text_survives_the_csv(texts: list[str], times: int) -> None:
    """The csv module reads back exactly the harmless text, whatever was in the directory and however often."""
    texts = texts * times
    frame = pd.DataFrame({"left": texts, "right": texts}, dtype="str")
    text = csv_rows(frame).encode("utf-8").decode("utf-8")

    assert [[for_csv(text)] * 2 for text in texts] == list(csv.reader(io.StringIO(text, newline="")))
