"""A plan as a file: what was looked at is what is sent."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from posted import DAY, mailed, sending
from reminded import people, person, planned

from mfa_audit.errors import InputRejected
from mfa_audit.reminders.columns import PLAN
from mfa_audit.reminders.plan_file import Origin, plan_text, read_plan

ORIGIN = Origin("t", DAY, "20261005T013000Z", "ab" * 32, "cd" * 32, "mandatory-mfa", "files")


def text() -> str:
    """The file of a plan for two people."""
    using = sending()
    made, _ = mailed(person(1), person(2), using=using)
    found = planned(people(person(1), person(2)), DAY.isoformat(), using=using)
    return plan_text(ORIGIN, found, made)[0]


def test_a_plan_is_read_as_it_was_written(tmp_path) -> None:
    """Its origin, and every message with its types."""
    (tmp_path / "p.json").write_text(text(), encoding="utf-8")
    found = read_plan(tmp_path / "p.json")

    assert ORIGIN == found.origin
    assert [*PLAN.names, "to", "letter"] == list(found.messages.columns)
    assert ["p1@contoso.example", "p2@contoso.example"] == found.messages["to"].tolist()
    assert pd.api.types.is_datetime64_any_dtype(found.messages["due"])
    assert text() == text()


@pytest.mark.parametrize("change", [
    lambda told: told["messages"][0].update(to="evil@contoso.example"),
    lambda told: told["messages"].append(told["messages"][0]),
    lambda told: told.update(delivery="graph"),
    lambda told: told.pop("sha256"),
    lambda told: told.update(schema="other"),
])
def test_a_plan_that_was_changed_is_refused(tmp_path, change) -> None:
    """Whatever was changed."""
    told = json.loads(text())
    change(told)
    (tmp_path / "p.json").write_text(json.dumps(told), encoding="utf-8")

    with pytest.raises(InputRejected):
        read_plan(tmp_path / "p.json")


@pytest.mark.parametrize("content", ["", "[]", "not json", "{}"])
def test_what_is_no_plan_is_refused(tmp_path, content) -> None:
    """With the next step."""
    (tmp_path / "p.json").write_text(content, encoding="utf-8")

    with pytest.raises(InputRejected, match="remind plan"):
        read_plan(tmp_path / "p.json")
