"""The outbox: what waits for somebody to send it by hand, a folder a plan, a folder in it a stage.

A plan is in the outbox before the ledger knows it, and ``listed.txt`` is written after the ledger does: whatever a kill
left between the two is entered when the outbox is next opened, so that nothing waits in the ledger that is in no
folder, and nothing in a folder that the ledger does not know.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd

from mfa_audit import files
from mfa_audit.reminders.columns import WAITING, State
from mfa_audit.reminders.ledger import keys_of
from mfa_audit.reminders.lists import StageLists, call_list, file_name, write_csv
from mfa_audit.reminders.plan_file import read_plan

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mfa_audit.reminders.compose import Composer
    from mfa_audit.reminders.ledger import Ledger

OUTBOX, DONE = "outbox", "done"
PLAN, LISTED, CONFIRMED, NO_LONGER = "plan.json", "listed.txt", "confirmed", "no_longer.csv"

_NOTE = """\
What is in this folder waits for you to send it. Nothing has left.

{stages}

<stage>.csv              one line a message, for mail merge; send_to is the address
<stage>-<recipient>.csv  the same for managers, the service desk and others: one letter for all lines of one send_to
texts/                   the letters, as the first who gets them reads them
mail/                    every message ready to send, where they are few enough
batches/                 addresses of each organisation, for portals that take lists
group_import.csv         for "Import members" of a group in the Entra portal
no_longer.csv            who is to be taken out again: set up since, or overtaken by a later stage

When a stage has been sent:  mfa-audit remind confirm STAGE
Sent by mistake as confirmed: mfa-audit remind undo STAGE
"""


def put(home: Path, name: str, text: str, composer: Composer, ledger: Ledger, moment: datetime) -> Path:
    """Put a plan (its file ``text``) into the outbox of ``home`` and enter its messages in the ledger as waiting.

    Call it while holding the lock of whoever lists. A plan that is there already is left as it is.
    """
    outbox = files.private_folder(home / OUTBOX)
    folder = outbox / name
    if not folder.exists() and not (home / DONE / name).exists():
        staging = files.new_folder_aside(outbox, "outbox")
        try:
            files.write_text(staging / PLAN, text)
            stages = StageLists.of(composer)
            for stage in stages:
                place = files.private_folder(staging / file_name(stage.stage))
                stage.lists(place)
                stage.ready(place, moment)
            call_list(composer, staging)
            counts = (f"  {stage.stage}: {len(stage.composer.rows)} messages" for stage in stages)
            files.write_text(staging / "README.txt", _NOTE.format(stages="\n".join(counts)))
            files.publish_folder(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    catch_up(home, ledger, moment)
    return folder


def catch_up(home: Path, ledger: Ledger, moment: datetime) -> None:
    """Enter in the ledger what a kill left between the outbox and it. Call it while holding the lock."""
    if not (home / OUTBOX).is_dir():
        return
    files.sweep(home / OUTBOX)
    for folder in _plans(home / OUTBOX):
        if not (folder / LISTED).exists():
            plan = read_plan(folder / PLAN)
            ledger.list_planned(plan.messages, plan.origin.as_of, moment)
            files.write_text(folder / LISTED, f"{plan.sha256}\n")


def tidy(home: Path, ledger: Ledger) -> None:
    """Let every folder lie where the ledger says: stages that wait in the outbox, confirmed ones under ``confirmed/``,
    plans of which nothing waits in ``done/``; ``no_longer.csv`` names who was taken out again."""
    found = ledger.history()
    state_of = dict(zip(keys_of(found), found["state"], strict=True))
    for base in (home / OUTBOX, home / DONE):
        for folder in _plans(base):
            if (folder / LISTED).exists():
                _tidy_plan(home, folder, state_of)


def _tidy_plan(home: Path, folder: Path, state_of: dict[tuple[str, str, str, int, str], str]) -> None:
    messages = read_plan(folder / PLAN).messages
    state = pd.Series([state_of.get(key, "") for key in keys_of(messages)], index=messages.index, dtype="str")
    waiting = state.isin(WAITING)
    for stage, rows in messages.groupby("stage"):
        name = file_name(str(stage))
        here, there = folder / name, folder / CONFIRMED / name
        source, target = (there, here) if waiting[rows.index].any() else (here, there)
        if source.exists() and not target.exists():
            files.private_folder(target.parent)
            source.rename(target)
        gone = rows[state[rows.index] == State.WITHDRAWN]
        if len(gone) and target.exists():
            write_csv(target / NO_LONGER, gone[["to", "account_id", "recipient"]].rename(columns={"to": "send_to"}))
    place = home / (OUTBOX if waiting.any() else DONE) / folder.name
    if place != folder and not place.exists():
        files.private_folder(place.parent)
        folder.rename(place)


def _plans(base: Path) -> list[Path]:
    if not base.is_dir():
        return []
    return sorted(folder for folder in base.iterdir() if (folder / PLAN).is_file() and not folder.name.startswith("."))
