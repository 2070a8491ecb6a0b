"""Whatever the bytes: inputs or a refusal, never anything else; and no cell is changed on the way."""

import csv
import datetime as dt
import io
import json
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot.raw import Inputs
from mfa_audit.sources.exports.source import inspect, read

CALM = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
GOOD = (
    b'userPrincipalName,displayName,id,mfaCapable,methodsRegistered\na@x.example,"HUGHES, Sian",1,Capable,email\n',
    json.dumps({"value": [{"id": "1", "userPrincipalName": "a@x.example", "methodsRegistered": ["email"]}]}).encode(),
    json.dumps({"value": [{"id": "g", "displayName": "G", "members": [{"id": "1"}]}]}).encode(),
    b'{"id":"1","userPrincipalName":"a@x.example"}\n{"id":"2"}\n',
    "id;userPrincipalName\n1;ä@x.example\n".encode("utf-16"),
)
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=4)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


def outcome(content: bytes, suffix: str) -> Inputs | InputRejected:
    with tempfile.TemporaryDirectory() as work:
        file = Path(work) / f"input{suffix}"
        file.write_bytes(content)
        try:
            return read([file], Path(work) / "staged")
        except InputRejected as error:
            return error


@CALM
@given(st.binary(max_size=300), st.sampled_from([".csv", ".json", ".xlsx"]))
def test_any_bytes_are_read_or_refused(content: bytes, suffix: str) -> None:
    """Arbitrary bytes never raise anything but InputRejected."""
    assert isinstance(outcome(content, suffix), Inputs | InputRejected)


@CALM
@given(st.sampled_from(GOOD), EDITS)
def test_damaged_exports_are_read_or_refused(content: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    """An export with bytes replaced, removed or put in never raises anything but InputRejected."""
    for position, removed, added in edits:
        at = position % (len(content) + 1)
        content = content[:at] + added + content[at + removed :]

    assert isinstance(outcome(content, ".csv"), Inputs | InputRejected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "Id", "value", "error", "members", "userPrincipalName", "methodsRegistered", "@odata.nextLink",
         "principalId", "roleDefinitionId", "isEnabled", "displayName", "@odata.count", "responses", "x"]),
        inner, max_size=4),
    max_leaves=12,
)


@CALM
@given(JSON, st.sampled_from([None, 1]))
def test_any_json_is_read_or_refused(content: object, indent: int | None) -> None:
    """Well-formed JSON of any shape, with the keys that mean something, never raises anything but InputRejected."""
    assert isinstance(outcome(json.dumps(content, indent=indent).encode(), ".json"), Inputs | InputRejected)


@CALM
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), st.sampled_from([",", ";", "\t"]),
       st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_cells_come_through_unchanged(rows: list[tuple[str, str]], delimiter: str, end: str, encoding: str) -> None:
    """Every cell of an accepted table is staged letter by letter, whatever the delimiter and encoding."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(["id", "userPrincipalName", "displayName", "department", "jobTitle"])
    writer.writerows([f"i{n}", f"u{n}@x.example", *cells, "x"] for n, cells in enumerate(rows))
    with tempfile.TemporaryDirectory() as work:
        file = Path(work) / "users.csv"
        file.write_bytes(out.getvalue().encode(encoding))
        (staged,) = read([file], Path(work) / "staged").rows
        written = list(csv.DictReader(io.StringIO(staged.path.read_text(encoding="utf-8"), newline="")))

    undone = [tuple(cell[1:] if cell[:1] == "'" and cell[1:2] in set("=+-@\t\r＝＋－＠") - {""} else cell
                    for cell in cells) for cells in rows]
    assert undone == [(row["displayName"], row["department"]) for row in written]
    assert len(rows) == staged.rows


@CALM
@given(st.integers(1, 400))
def test_a_cut_file_is_never_taken_for_the_whole(kept: int) -> None:
    """A JSON export cut anywhere is refused."""
    rows = [{"id": str(n), "userPrincipalName": f"u{n}@x.example"} for n in range(10)]
    content = json.dumps({"value": rows}).encode()

    assert isinstance(outcome(content[: min(kept, len(content) - 1)], ".json"), InputRejected)


def workbook_parts() -> dict[str, bytes]:
    book = openpyxl.Workbook()
    book.active.append(["userPrincipalName", "displayName", "id", "createdDateTime"])
    book.active.append(["a@x.example", "A", "1", dt.datetime(2026, 3, 2, 8, 30, tzinfo=None)])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


PARTS = workbook_parts()
MARKUP = st.sampled_from([b"<", b">", b'"', b' r="ZZZ9"', b' t="s"', b' t="d"', b"<v>", b' s="99"', b"1e999", b"\xff"])


@CALM
@given(st.lists(st.tuples(st.sampled_from(sorted(PARTS)), st.integers(0, 3000), st.integers(0, 40), MARKUP),
                min_size=1, max_size=3), st.sets(st.sampled_from(sorted(PARTS)), max_size=1))
def test_damaged_workbooks_are_read_or_refused(edits: list[tuple[str, int, int, bytes]], lost: set[str]) -> None:
    """A workbook with damaged or missing parts never raises anything but InputRejected."""
    parts = {name: content for name, content in PARTS.items() if name not in lost}
    for name, position, removed, added in edits:
        if name in parts:
            at = position % (len(parts[name]) + 1)
            parts[name] = parts[name][:at] + added + parts[name][at + removed :]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    assert isinstance(outcome(out.getvalue(), ".xlsx"), Inputs | InputRejected)


@pytest.mark.parametrize("content", GOOD, ids=["csv", "graph", "groups", "lines", "utf-16"])
def test_inspection_of_any_cut_never_raises(content: bytes, tmp_path: Path) -> None:
    """``inspect`` reports on every prefix of a file."""
    file = tmp_path / "input.csv"
    for length in range(0, len(content), 3):
        file.write_bytes(content[:length])

        (report,) = inspect([file], tmp_path / "work")

        assert report.recognised_as or report.problem
