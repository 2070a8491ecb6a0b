"""The members of groups: each group whole, or said to be missing."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from doubles import ROOT

from mfa_audit.progress import SILENT
from mfa_audit.sources.graph.kept import Shelf
from mfa_audit.sources.graph.reading import Reading
from mfa_audit.sources.graph.steps import Steps

USER, DEVICE = "#microsoft.graph.user", "#microsoft.graph.device"


@pytest.fixture
def ask(client, clock, pace, graph, tmp_path):
    """Ask for groups, each with its answer: members by id and type, or a status; what was gathered."""
    def asked(answers, *named):
        for group, answer in answers.items():
            url = f"{ROOT}/v1.0/groups/{group}/transitiveMembers?$select=id&$top=999"
            if isinstance(answer, int):
                graph.get(url, status=answer, json={"error": {"code": "x", "message": ""}})
            else:
                graph.get(url, json={"value": [{"@odata.type": kind, "id": key} for key, kind in answer.items()]})
        reading = Reading(Shelf(tmp_path / "shelf", clock.now(), timedelta(hours=6)), clock, SILENT)
        Steps(reading, pace, clock).members(sorted(answers), frozenset(named), client)
        tables = {}
        for raw in reading.found.rows:
            told = [json.loads(line) for line in raw.path.read_bytes().split(b"\n") if line]
            assert raw.rows == len(told)
            tables.setdefault(raw.table, []).extend(told)
        return SimpleNamespace(missing=reading.found.missing, **{"groups": None, "group_members": [], **tables})
    return asked


def test_what_is_no_account_is_left_out_and_not_counted(ask):
    """Devices and groups inside a group have no lines, and the rows are the lines."""
    found = ask({"g": {"a": USER, "d": DEVICE, "b": USER}})

    assert [{"group": "g", "id": "a"}, {"group": "g", "id": "b"}] == found.group_members
    assert [] == found.missing


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_one_group_that_is_refused_loses_no_other(ask, status):
    """Those before and after it are there, and it is named."""
    found = ask({"a": {"x": USER}, "b": status, "c": {"y": USER}}, "b")

    assert ["x", "y"] == [row["id"] for row in found.group_members]
    assert ["a", "c"] == [row["id"] for row in found.groups]
    assert ["group_members"] == [each.name for each in found.missing]


def test_a_permission_that_is_lacking_is_said_once(ask):
    """However many groups there are, and no group is listed as read."""
    found = ask({"a": 403, "b": 403})

    assert ["GroupMember.Read.All"] == [each.permission for each in found.missing]
    assert found.groups is None


def test_a_group_the_policy_names_must_be_there(ask):
    """A mistyped id would make nobody privileged; one that only a document of the tenant names may be gone."""
    found = ask({"a": 404, "b": 404}, "a")

    assert [{"id": "b", "members": [], "deleted": True}] == found.groups
    assert 1 == len(found.missing)
    assert "group a, which the policy names" in found.missing[0].reason


def test_where_no_group_is_named_there_is_nothing_to_miss(ask):
    """An empty table, and it is whole."""
    found = ask({})

    assert [] == found.missing
    assert (found.groups or []) == found.group_members == []
