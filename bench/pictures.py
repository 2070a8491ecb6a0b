"""Draw the pictures of README from the sample tenant: ``python bench/pictures.py``.

It needs LibreOffice, poppler and Chromium. Each picture is what the tool wrote or printed, turned into a PNG by
somebody else's program, in ``docs/pictures``.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from mfa_audit import nightly
from mfa_audit.policy import load_policy
from mfa_audit.reports import terminal
from mfa_audit.samples import samples
from mfa_audit.settings import Settings

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
SHEETS = {"audit.xlsx": ("Summary", "By organisation", "Action list"), "manager.xlsx": ("My team",)}
"""Workbook -> the sheets whose first page is drawn; each page names its sheet at the foot."""


def main() -> None:
    """Run the job on the first sample and draw what it gave."""
    sample = samples()[0]
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = Settings(sources=(sample.folder / "exports",), policy=sample.folder / "policy.toml",
                            output=home / "reports", data=home / "data")
        job = nightly.Job(settings, load_policy(settings.policy), datetime.now(UTC), sample.as_of, dated_by_clock=False)
        nightly.run(job, lambda outcome: draw(outcome, home))


def draw(outcome: nightly.Outcome, home: Path) -> None:
    """The terminal, the workbook of the tenant, and the largest of a manager's workbooks."""
    screen = Console(record=True, width=100, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    terminal.summary(outcome.night, screen, limit=5, place="reports/20260302T013000Z")
    page = home / "summary.svg"
    page.write_text(screen.export_svg(title="mfa-audit summary", theme=DEFAULT_TERMINAL_THEME), encoding="utf-8")
    photograph(page, PICTURES / "terminal.png")

    largest = max((outcome.folder / "managers").glob("*.xlsx"), key=lambda file: (file.stat().st_size, file.name))
    shutil.copy(outcome.folder / "audit.xlsx", home / "audit.xlsx")
    shutil.copy(largest, home / "manager.xlsx")
    for workbook, sheets in SHEETS.items():
        subprocess.run(["soffice", "--headless", "--convert-to", "pdf", "--outdir", home, home / workbook], check=True,
                       capture_output=True)
        paper = (home / workbook).with_suffix(".pdf")
        text = subprocess.run(["pdftotext", "-layout", paper, "-"], check=True, capture_output=True, text=True).stdout
        pages = [page.rstrip().rpartition("\n")[2].split("  ")[0].strip() for page in text.split("\f")]
        for sheet in sheets:
            number, name = str(pages.index(sheet) + 1), sheet.lower().replace(" ", "-")
            subprocess.run(["pdftoppm", "-png", "-r", "70", "-f", number, "-l", number, "-singlefile", paper,
                            PICTURES / name], check=True)


def photograph(page: Path, target: Path) -> None:
    """A picture of an SVG, by Chromium."""
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                    "--disable-background-networking", "--window-size=1240,1830", f"--screenshot={target}",
                    page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
