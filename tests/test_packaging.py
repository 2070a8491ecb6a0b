"""What people install: the wheel holds the whole package, and starting it is light."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[1]

_HELP = """
import contextlib, io, json, sys
sys.argv = ["mfa-audit", "--help"]
with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
    from mfa_audit.cli.app import main
    main()
print(json.dumps([said.getvalue(), sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    path = next(iter(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))
    return zipfile.ZipFile(path)


def _tracked(folder: str) -> set[str]:
    """List the files below a folder of the repository, compiled modules not counted."""
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_holds_the_package_and_the_sample_data(wheel: zipfile.ZipFile) -> None:
    """Every file of the package and of the sample data is in the wheel, and nothing but its metadata beside them."""
    expected = _tracked("mfa_audit") | {f"mfa_audit/{name}" for name in _tracked("sample_data")}
    names = wheel.namelist()

    assert any(name.startswith("mfa_audit/sample_data/") for name in names)
    assert expected == {name for name in names if ".dist-info/" not in name}


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    """The metadata names the licence, carries its text and the command."""
    info = next(name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name)
    metadata = message_from_bytes(wheel.read(f"{info}/METADATA"))

    assert ["mfa-audit", "Apache-2.0", ">=3.11"] == [
        metadata["Name"], metadata["License-Expression"], metadata["Requires-Python"]]
    assert (ROOT / "LICENSE").read_bytes() == wheel.read(f"{info}/licenses/LICENSE")
    assert b"mfa-audit = mfa_audit.cli.app:main" in wheel.read(f"{info}/entry_points.txt")


def test_constraints_pin_versions_and_name_no_registry() -> None:
    """constraints.txt is names and exact versions alone."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]

    assert [] == [pin for pin in pins if len(pin) != 2 or not pin[0].replace("-", "").replace("_", "").isalnum()]
    assert [] == [line for line in lines if "/" in line or "@" in line]


def test_help_loads_nothing_of_weight() -> None:
    """``mfa-audit --help`` imports click and none of the packages that take time to load."""
    done = subprocess.run([sys.executable, "-c", _HELP], cwd=ROOT, capture_output=True, text=True, check=True)
    said, loaded = json.loads(done.stdout)
    heavy = {"defusedxml", "duckdb", "filelock", "jinja2", "msal", "msgspec", "numpy", "openpyxl", "pandas", "pydantic",
             "requests", "rich", "sqlite3"}

    assert "Usage:" in said
    assert "click" in loaded
    assert set() == heavy & set(loaded)
