"""Everything a run folder holds beside its manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfa_audit.files import private_folder
from mfa_audit.progress import SILENT, Progress
from mfa_audit.reports.data import write_data
from mfa_audit.reports.excel.actions import write_organisation_lists
from mfa_audit.reports.excel.audit import write_audit
from mfa_audit.reports.excel.manager import write_manager_packs
from mfa_audit.reports.gap_lists import write_gap_lists
from mfa_audit.reports.lists import write_lists

if TYPE_CHECKING:
    from pathlib import Path

    from mfa_audit.reports.view import Night


def write_outputs(night: Night, folder: Path, progress: Progress = SILENT) -> None:
    """Write the machine outputs, whom the policies' gaps touch, ``audit.xlsx``, where it cannot list everybody the
    lists an organisation, a workbook a manager and the reminder lists into ``folder``.

    Raises :class:`mfa_audit.errors.OutputFailed` when the system refuses.
    """
    write_data(night, folder)
    write_gap_lists(night, folder)
    write_audit(night, folder / "audit.xlsx")
    write_organisation_lists(night, folder / "organisations")
    write_manager_packs(night, private_folder(folder / "managers"), progress=progress)
    write_lists(night, private_folder(folder / "reminders"))
