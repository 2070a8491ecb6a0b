"""docs/reminders.md lists what a text may name, all of it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from mfa_audit.reminders.fields import FIELDS
from mfa_audit.reminders.templates import BLOCKS, read_letter
from mfa_audit.reminders.words import Words

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reminders.md").read_text(encoding="utf-8")


def _rows(heading):
    section = re.split(r"^###? ", PAGE.partition(f"### {heading}\n")[2], flags=re.MULTILINE)[0]
    return re.findall(r"^\| `(\w+)`(°?) \| (.+) \|$", section, re.MULTILINE)


def test_every_field_is_listed_with_its_meaning():
    """And marked where a line may be left out for it."""
    assert [(name, "°" if field.optional else "", field.meaning) for name, field in FIELDS.items()] == _rows("Fields")


def test_every_block_is_listed():
    """In the order the code knows them."""
    assert list(BLOCKS) == [name for name, _, _ in _rows("Blocks")]


def test_the_example_is_a_letter_that_is_accepted():
    """People begin by copying it."""
    example = re.search(r"^```\n(For: .+?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]

    assert ("staff",) == read_letter("the example", example, Words().audiences("announce")).audiences
