"""Documents that describe an interface name all of it, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mfa_audit import errors
from mfa_audit.tables import VERDICTS, Exposure, Reason, Status

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def _section(page: str, heading: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.split(r"^## ", text.partition(f"## {heading}\n")[2], flags=re.MULTILINE)[0]


def _first_cells(text: str) -> list[str]:
    cells = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def test_the_statuses_are_described_in_the_order_they_are_decided() -> None:
    """The table has every status once, in the order of the table in the code."""
    described = re.findall(r"^\| \d+ \| `(\w+)`", _section("statuses.md", "The ten statuses"), re.MULTILINE)
    code = (ROOT / "mfa_audit" / "verdicts" / "status.py").read_text(encoding="utf-8")
    decided = list(dict.fromkeys(re.findall(r"\(\s*Status\.(\w+),", code)))

    assert decided == described
    assert sorted(Status) == sorted(described)


def test_every_reason_is_described_once() -> None:
    """The reasons table has every reason, under one status."""
    rows = re.findall(r"^\| `\w+` \| (.+) \|$", _section("statuses.md", "Reasons"), re.MULTILINE)
    described = [name for row in rows for name in re.findall(r"`(\w+)`", row)]

    assert sorted(Reason) == sorted(described)


def test_every_exposure_is_described_most_open_first() -> None:
    """The exposure table follows the enumeration."""
    assert list(Exposure) == _first_cells(_section("statuses.md", "Exposure"))


def test_every_published_column_is_described_in_order() -> None:
    """The column table has what accounts.parquet has, in its order."""
    assert list(VERDICTS.names) == _first_cells(_section("statuses.md", "`accounts.parquet` and `accounts.csv`"))


@pytest.mark.parametrize("kind", [errors.MfaAuditError, *errors.MfaAuditError.__subclasses__()])
def test_every_exit_code_says_what_to_do(kind: type[errors.MfaAuditError]) -> None:
    """The page on troubleshooting has a row for the code of every error."""
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")

    assert re.search(rf"^\| {kind.exit_code} \| \S.+ \| \S.+ \|$", text, re.MULTILINE)
