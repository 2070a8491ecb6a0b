"""Small builders of export files, and one way to read them."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mfa_audit.snapshot.raw import Inputs, RawRows
from mfa_audit.sources.exports.source import read

GOOD_USERS = (
    b"userPrincipalName,displayName,id,userType,accountEnabled\n"
    b"good@northmoor.example,Good Person,6a000000-0000-4000-8000-00000000aaaa,Member,True\n"
)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Callable[[Mapping[str, bytes]], Path]:
    """Write files into a new folder."""

    def write(files: Mapping[str, bytes]) -> Path:
        folder = tmp_path / "in"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    return write


@pytest.fixture(name="reading")
def _reading(folder: Callable[[Mapping[str, bytes]], Path], tmp_path: Path) -> Callable[..., Inputs]:
    """Read files, each named on the command line; a good list of users goes with them unless ``alone``."""

    def run(files: Mapping[str, bytes], *, alone: bool = False) -> Inputs:
        place = folder(files if alone else {**files, "0-good.csv": GOOD_USERS})
        return read(sorted(path for path in place.rglob("*") if path.is_file()), tmp_path / "work")

    return run


@pytest.fixture(name="records")
def _records() -> Callable[[RawRows], list[dict[str, str | None]]]:
    """The staged rows by field: text, or JSON text for nested values; None where a key is missing or null."""

    def run(rows: RawRows) -> list[dict[str, str | None]]:
        text = rows.path.read_text(encoding="utf-8")
        if rows.format == "csv":
            written = list(csv.DictReader(io.StringIO(text, newline="")))
            return [{field: row[header] for field, header in rows.fields.items()} for row in written]
        objects = [json.loads(line) for line in text.split("\n") if line]
        return [
            {field: value if isinstance(value := row.get(key), str | None) else json.dumps(value)
             for field, key in rows.fields.items()}
            for row in objects
        ]

    return run


@pytest.fixture(name="table_of")
def _table_of() -> Callable[[Inputs, str], RawRows]:
    """The one table of that name that does not come from the good list of users."""

    def run(inputs: Inputs, table: str) -> RawRows:
        found = [rows for rows in inputs.rows if rows.table == table and not rows.origin.name.endswith("0-good.csv")]
        assert len(found) == 1
        return found[0]

    return run
