"""The sample tenants give the figures that are published beside them."""

from __future__ import annotations

import csv
import json

import pytest
from nights import SAMPLES, run


@pytest.fixture(scope="module", params=["nhs", "manufacturer"], name="sample")
def _sample(request, tmp_path_factory):
    folder = SAMPLES / request.param
    home = tmp_path_factory.mktemp(request.param)
    return json.loads((folder / "expected.json").read_text(encoding="utf-8")), run(
        [folder / "exports"], folder / "policy.toml", home)


def rows(folder):
    """``accounts.csv`` by id."""
    with (folder / "accounts.csv").open(encoding="utf-8", newline="") as text:
        return {row["account_id"]: row for row in csv.DictReader(text)}


def test_the_published_figures(sample):
    """Every key figure and every population, as published."""
    expected, night = sample

    assert expected["key_figures"] == night.summary["key_figures"]
    assert expected["populations"] == night.summary["populations"]


def test_the_published_verdicts(sample):
    """Every account: status, kind, tier, exposure, due date."""
    expected, night = sample
    told = ("status", "reason", "kind", "tier", "exposure", "due")

    wanted = {row["account_id"]: [row[name] or "" for name in told] for row in expected["accounts"]}
    assert wanted == {key: [row[name] for name in told] for key, row in rows(night.folder).items()}


def test_the_best_levels(sample):
    """How strong the registered are, by level."""
    expected, night = sample
    levels = {}
    for row in rows(night.folder).values():
        usable = row["best_level"] not in ("", "none")
        if row["population"] == "workforce" and row["status"] != "OUT_OF_SCOPE" and usable:
            levels[row["best_level"]] = levels.get(row["best_level"], 0) + 1

    assert expected["best_level"] == levels
