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


GONE = {"status": 404, "json": {"error": {"code": "Request_ResourceNotFound", "message": ""}}}
DENIED = {"status": 403, "json": {"error": {"code": "Authorization_RequestDenied", "message": ""}}}


def listed(kinds, **more):
    """The one page of a group: members by id and type."""
    return {"json": {"value": [{"@odata.type": kind, "id": key} for key, kind in kinds.items()], **more}}


@pytest.fixture
def ask(client, clock, pace, graph, tmp_path):
    """Ask for groups, each with its answer: members by id and type, or an answer as it is; what was gathered.
    ``counts`` are Graph's counts, of those listed where it says nothing."""
    def asked(answers, *named, counts=None):
        for group, answer in answers.items():
            url = f"{ROOT}/v1.0/groups/{group}/transitiveMembers"
            told = answer if {"json", "body"} & answer.keys() else listed(answer)
            graph.get(f"{url}?$select=id&$top=999", **told)
            count = (counts or {}).get(group, len(answer))
            graph.get(f"{url}/$count", **(told if "status" in told else {
                "body": str(count), "content_type": "text/plain"}))
        shelf = Shelf(tmp_path / "shelf", clock.now(), timedelta(hours=6), ("graph", "tenant", "application"))
        reading = Reading(shelf, clock, SILENT)
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


@pytest.mark.parametrize("answer", [
    GONE, DENIED, {"status": 400, "json": {}}, {"status": 410, "json": {}}, {"status": 404, "json": {}},
    {"status": 404, "body": "<html>blocked by a proxy</html>", "content_type": "text/html"},
    {"status": 404, "json": {"error": {"code": "NotFound", "message": ""}}},
])
def test_one_group_that_is_refused_loses_no_other(ask, answer):
    """Those before and after it are there, and it is named."""
    found = ask({"a": {"x": USER}, "b": answer, "c": {"y": USER}}, "b")

    assert ["x", "y"] == [row["id"] for row in found.group_members]
    assert ["a", "c"] == [row["id"] for row in found.groups]
    assert ["group_members"] == [each.name for each in found.missing]


def test_a_permission_that_is_lacking_is_said_once(ask):
    """However many groups there are, and no group is listed as read."""
    found = ask({"a": DENIED, "b": DENIED})

    assert ["GroupMember.Read.All"] == [each.permission for each in found.missing]
    assert found.groups is None


def test_a_group_the_policy_names_must_be_there(ask):
    """A mistyped id would make nobody privileged; one that only a document of the tenant names may be gone."""
    found = ask({"a": GONE, "b": GONE}, "a")

    assert [{"id": "b", "members": [], "deleted": True}] == found.groups
    assert 1 == len(found.missing)
    assert "group a, which the policy names" in found.missing[0].reason


@pytest.mark.parametrize("answer", [
    {"status": 404, "body": "<html>blocked by a proxy</html>", "content_type": "text/html"},
    {"status": 404, "json": {"error": {"code": "UnknownError", "message": ""}}},
])
def test_only_graph_says_that_a_group_is_gone(ask, answer):
    """A gateway's 404 deletes nothing."""
    found = ask({"a": answer})

    assert not [each for each in found.groups or () if each["deleted"]]
    assert ["group_members"] == [each.name for each in found.missing]


@pytest.mark.parametrize(("answer", "count", "says"), [
    (listed({"x": USER}), 4711, "Graph counts 4711"), (listed({}), 3, "Graph counts 3"),
    (listed({"x": USER}, **{"@odata.count": 3}), 1, "pages promise 3"), (listed({}), 0, None),
])
def test_a_group_is_whole_by_its_count_alone(ask, answer, count, says):
    """A listing that was cut after its first member, or before it, is no small group."""
    found = ask({"a": answer}, counts={"a": count})

    assert ([says] if says else []) == [says for each in found.missing if says in each.reason]
    assert ([] if says else ["a"]) == [each["id"] for each in found.groups or ()]


@pytest.mark.parametrize("kind", ['null', '""', '5', '"#microsoft.graph.somethingNew"', None])
def test_a_member_of_no_known_kind_may_be_an_account(ask, kind):
    """It is not left out in silence: the group is a part."""
    row = '{"id":"x"}' if kind is None else f'{{"@odata.type":{kind},"id":"x"}}'
    body = f'{{"value":[{{"@odata.type":"{USER}","id":"y"}},{row}]}}'
    found = ask({"a": {"body": body, "content_type": "application/json"}}, counts={"a": 2})

    assert ["what kind of object one of its members is cannot be read"] == [
        each.reason.removeprefix("group a: ") for each in found.missing]
    assert [] == found.group_members


def test_a_kind_is_read_however_json_writes_it(ask):
    """An escape is the character it stands for."""
    body = '{"value":[{"@odata.type":"\\u0023microsoft.graph.user","id":"x"}]}'

    assert ["x"] == [row["id"] for row in ask({"a": {"body": body, "content_type": "application/json"}},
                                              counts={"a": 1}).group_members]


def test_where_no_group_is_named_there_is_nothing_to_miss(ask):
    """An empty table, and it is whole."""
    found = ask({})

    assert [] == found.missing
    assert (found.groups or []) == found.group_members == []


@pytest.mark.parametrize("lost", [1, 3])
def test_not_one_member_may_be_missing(lost, ask):
    """Whoever is missing in a group that a policy spares would seem to be asked."""
    found = ask({"g": {str(number): USER for number in range(600)}}, counts={"g": 600 + lost})

    assert [f"group g: 600 objects were read where Graph counts {600 + lost}"] == [
        each.reason for each in found.missing]
    assert [] == found.group_members
