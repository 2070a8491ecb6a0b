"""A listing read whole, or said to be partial."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from doubles import ROOT

from mfa_audit.sources.graph import paging
from mfa_audit.sources.graph.endpoints import Listing
from mfa_audit.sources.graph.pacing import Family
from mfa_audit.sources.graph.paging import read_listing, read_short
from mfa_audit.sources.graph.refusals import Refusal

THINGS = Listing("things", "accounts", "accounts", "/v1.0/things", "Things.Read", {"account_id": "id", "mail": "mail"},
                 "nothing", sizes=(999,))
COUNTED = replace(THINGS, counted_at="/v1.0/things/$count")
EXPIRED = {"error": {"code": "Directory_ExpiredPageToken", "message": "The specified page token value has expired"}}


def page(graph, name, ids, then=None, **more):
    """Let Graph serve a page."""
    url = f"{ROOT}/v1.0/things?" + ("$top=999" if name is None else f"$skiptoken={name}")
    body = {"value": [{"id": key, "mail": f"{key}@a.example", "mobilePhone": "020 7946 0123"} for key in ids]}
    if then is not None:
        body["@odata.nextLink"] = then if "://" in then else f"{ROOT}/v1.0/things?$skiptoken={then}"
    graph.get(url, json=body, **more)


def read(client, listing=THINGS):
    """What was kept, and what became of the listing."""
    out = io.BytesIO()
    found = read_listing(client, listing, out, lambda _: None)
    return [json.loads(line) for line in out.getvalue().splitlines()], found


def ids(rows):
    return [row["id"] for row in rows]


def test_all_pages_are_read_and_only_what_is_wanted_is_kept(client, graph):
    """An empty page may be followed by others; a telephone number reaches no disk."""
    page(graph, None, ["a", "b"], "2")
    page(graph, "2", [], "3")
    page(graph, "3", ["c"])

    rows, found = read(client)

    assert (["a", "b", "c"], 3, "") == (ids(rows), found.distinct, found.reason)
    assert {"id", "mail"} == set(rows[0])


def test_an_expired_page_token_begins_again(client, graph):
    """What was read before is thrown away, not mixed with what comes."""
    page(graph, None, ["a"], "2")
    graph.get(f"{ROOT}/v1.0/things?$skiptoken=2", status=400, json=EXPIRED)
    page(graph, "2", ["b"])

    rows, found = read(client)

    assert (["a", "b"], "") == (ids(rows), found.reason)


def test_tokens_that_always_expire_leave_a_part_that_is_called_one(client, graph):
    """It begins again a bounded number of times."""
    page(graph, None, ["a"], "2")
    graph.get(f"{ROOT}/v1.0/things?$skiptoken=2", status=400, json=EXPIRED)

    _, found = read(client)

    assert "expired" in found.reason


@pytest.mark.parametrize("then", ["2", "3"])
def test_pages_that_lead_back_do_not_go_on_for_ever(client, graph, then):
    """A page that names itself or an earlier one is noticed."""
    page(graph, None, ["a"], "2")
    page(graph, "2", ["b"], "3" if then == "2" else "2")
    if then == "2":
        page(graph, "3", ["c"], "2")

    _, found = read(client)

    assert "back" in found.reason


def test_pages_that_never_end_are_given_up(client, graph, monkeypatch):
    """A listing far longer than Graph's count is no listing."""
    monkeypatch.setattr(paging, "_ENDLESS_LEAST", 2)
    graph.get(f"{ROOT}/v1.0/things/$count", body="1", content_type="text/plain")
    page(graph, None, ["a"], "2")
    for number in range(2, 7):
        page(graph, str(number), [f"x{number}"], str(number + 1))

    _, found = read(client, COUNTED)

    assert "end" in found.reason


def test_a_listing_shorter_than_the_count_is_a_part(client, graph):
    """The first page of several, taken for all, is what other tools called compliant."""
    graph.get(f"{ROOT}/v1.0/things/$count", body="\ufeff1000".encode(), content_type="text/plain")
    page(graph, None, [f"p{n}" for n in range(100)])

    _, found = read(client, COUNTED)

    assert "100 objects were read where Graph counts 1000" == found.reason


def test_repeated_objects_count_once(client, graph):
    """An object on two pages does not hide one that is missing."""
    graph.get(f"{ROOT}/v1.0/things/$count", body="3", content_type="text/plain")
    page(graph, None, ["a", "b"], "2")
    page(graph, "2", ["b"])

    _, found = read(client, COUNTED)

    assert "2 objects" in found.reason


def test_whoever_left_meanwhile_is_not_missing(client, graph):
    """Counts are taken before and after, and the smaller one is asked for."""
    graph.get(f"{ROOT}/v1.0/things/$count", body="3", content_type="text/plain")
    graph.get(f"{ROOT}/v1.0/things/$count", body="2", content_type="text/plain")
    page(graph, None, ["a", "b"])

    _, found = read(client, COUNTED)

    assert (2, "") == (found.counted, found.reason)


def test_a_page_graph_finds_too_large_is_asked_for_smaller(client, graph):
    """999 becomes 500 and then 120."""
    too_large = {"value": "Cannot query data for more than 120 users at a time."}
    for size in (999, 500):
        graph.get(f"{ROOT}/v1.0/things?{quote('$top')}={size}", status=400, json=too_large)
    graph.get(f"{ROOT}/v1.0/things?{quote('$top')}=120", json={"value": [{"id": "a"}]})

    rows, _ = read(client, replace(THINGS, sizes=(999, 500, 120)))

    assert ["a"] == ids(rows)


@pytest.mark.parametrize("body", [
    {"value": [{"mail": "no id"}]}, {"value": "text"}, {"error": {"code": "x"}, "value": []}, {"values": []},
    {"value": [], "@odata.count": "many"},
])
def test_a_page_that_is_not_what_graph_writes_is_asked_for_again(client, graph, body):
    """Neither an error beside rows nor an object without an id is a page."""
    graph.get(f"{ROOT}/v1.0/things?$top=999", json=body)
    page(graph, None, ["a"])

    rows, found = read(client)

    assert (["a"], "") == (ids(rows), found.reason)


@pytest.mark.parametrize("body", [
    '{"value":[{"id":"a"}],"value":[]}', '{"value":[],"value":[{"id":"a"}]}', '{"value": [{"id": "b", "id": "a"}]}',
    '{"value":[{"id":"a","mail":"x","mail":"y"}]}', '{"value":[{"id":"b","\\u0069d":"a"}]}',
    '{"@odata.nextLink":"x","value":[{"id":"a"}],"@odata.nextLink":null}',
])
def test_a_key_that_is_written_twice_is_not_what_graph_writes(client, graph, body):
    """Which of the two holds nobody can tell; the page is asked for again."""
    graph.get(f"{ROOT}/v1.0/things?$top=999", body=body, content_type="application/json")
    page(graph, None, ["a", "b"])

    rows, found = read(client)

    assert (["a", "b"], "") == (ids(rows), found.reason)


@pytest.mark.parametrize("body", [
    '{ "value" : [ { "id" : "a" } ] }', '{"v\\u0061lue":[{"\\u0069d":"a"}]}',
    '{"value":[{"id":"a","mail":"\\u003a:\\"mail\\":"}]}', '{"é":1,"value":[{"id":"a","é":{"id":1}}]}',
])
def test_what_is_written_once_is_read_however_it_is_written(client, graph, body):
    """White space, escapes, and keys that come again inside."""
    graph.get(f"{ROOT}/v1.0/things?$top=999", body=body.encode(), content_type="application/json")
    out = io.BytesIO()

    assert (1, "") == (read_listing(client, THINGS, out, lambda _: None).rows, "")


@pytest.mark.parametrize(("promised", "says"), [(2, ""), (1, ""), (3, "pages promise 3"), (4711, "pages promise 4711")])
def test_a_listing_shorter_than_its_own_pages_promise_is_a_part(client, graph, promised, says):
    """A page cut off after its first rows may leave no next link behind."""
    graph.get(f"{ROOT}/v1.0/things?$top=999", json={"@odata.count": promised, "value": [{"id": "a"}, {"id": "b"}]})

    _, found = read(client)

    assert (says in found.reason, bool(says)) == (True, bool(found.reason))


def short(client):
    return ids([{"id": json.loads(bytes(row["id"]))} for row in read_short(client, "/v1.0/few", Family.DIRECTORY)])


def test_an_entry_that_comes_twice_is_one_entry(client, graph):
    """Written in another order, on another page."""
    graph.get(f"{ROOT}/v1.0/few", json={"value": [{"id": "a", "state": "enabled", "n": [1]}],
                                        "@odata.nextLink": f"{ROOT}/v1.0/few?2"})
    graph.get(f"{ROOT}/v1.0/few?2", json={"value": [{"n": [1], "id": "a", "state": "enabled"}, {"id": "b"}]})

    assert ["a", "b"] == short(client)


@pytest.mark.parametrize(("body", "says"), [
    ({"value": [{"id": "a", "state": "enabled"}, {"id": "A", "state": "disabled"}]}, "differ"),
    ({"value": [{"id": "a"}], "@odata.count": 2}, "pages promise 2"),
    ({"value": [], "@odata.count": 1}, "pages promise 1"),
])
def test_a_short_listing_that_contradicts_itself_is_read_again_and_then_refused(client, graph, body, says):
    """The last entry does not win, and a part is not the whole."""
    graph.get(f"{ROOT}/v1.0/few", json=body)
    with pytest.raises(Refusal) as told:
        short(client)
    assert says in told.value.reason
    assert paging.MOST_RESTARTS == len(graph.calls)


def test_a_short_listing_that_contradicted_itself_once_is_read(client, graph):
    """What is whole the second time is whole."""
    graph.get(f"{ROOT}/v1.0/few", json={"value": [{"id": "a"}], "@odata.count": 2})
    graph.get(f"{ROOT}/v1.0/few", json={"value": [{"id": "a"}, {"id": "b"}], "@odata.count": 2})

    assert ["a", "b"] == short(client)


@pytest.mark.parametrize("body", ['{"value":[{"id":"a","conditions":{"users":{},"users":{}}}]}'])
def test_a_rule_with_a_key_twice_is_asked_for_again(client, graph, body):
    """However deep inside."""
    graph.get(f"{ROOT}/v1.0/few", body=body, content_type="application/json")
    graph.get(f"{ROOT}/v1.0/few", json={"value": [{"id": "b"}]})

    assert ["b"] == short(client)


def test_a_refusal_is_handed_on(client, graph):
    """A permission that is lacking is for the source to name."""
    graph.get(f"{ROOT}/v1.0/things?$top=999", status=403, json={"error": {"code": "Authorization_RequestDenied"}})

    with pytest.raises(Refusal):
        read(client)


@pytest.mark.parametrize("answer", [
    {"status": 403, "json": {"error": {"code": "Authorization_RequestDenied"}}}, {"status": 404, "json": {}},
    {"status": 400, "json": {"error": {"code": "Request_BadRequest"}}},
])
def test_a_count_that_is_refused_leaves_it_open_whether_all_was_read(client, graph, answer):
    """A listing that could be counted and was not is not known to be whole."""
    graph.get(f"{ROOT}/v1.0/things/$count", **answer)
    page(graph, None, ["a", "b"])

    rows, found = read(client, COUNTED)

    assert ["a", "b"] == ids(rows)
    assert "does not say how many" in found.reason


@pytest.mark.parametrize("count", ["-1", "1_0", "٣", "", "1e3", "9" * 400])
def test_a_count_that_is_no_number_is_no_answer(client, graph, count):
    """It is asked for again, and believed then."""
    graph.get(f"{ROOT}/v1.0/things/$count", body=count.encode(), content_type="text/plain")
    graph.get(f"{ROOT}/v1.0/things/$count", body="2", content_type="text/plain")
    page(graph, None, ["a", "b"])

    _, found = read(client, COUNTED)

    assert (2, "") == (found.counted, found.reason)


@pytest.mark.parametrize(("counts", "says"), [
    (("100", "2", "100", "2"), "before and"), (("0",) * 4, "no more than 0"), (("1",) * 4, "no more than 1"),
])
def test_counts_that_contradict_prove_nothing(client, graph, counts, says):
    """Neither one another nor the rows that were read."""
    for count in counts:
        graph.get(f"{ROOT}/v1.0/things/$count", body=count, content_type="text/plain")
    page(graph, None, ["a", "b"])

    _, found = read(client, COUNTED)

    assert says in found.reason


def test_one_count_that_was_cut_costs_a_second_reading(client, graph):
    """Half a number looks like a number, so everything is counted anew."""
    for count in ("200", "20", "200", "200"):
        graph.get(f"{ROOT}/v1.0/things/$count", body=count, content_type="text/plain")
    page(graph, None, list(map(str, range(200))))

    rows, found = read(client, COUNTED)

    assert (200, 200, "") == (len(ids(rows)), found.counted, found.reason)


def test_what_is_not_kept_is_not_counted_as_a_row(client, graph):
    """Rows are the lines on disk, also where a listing is given up; objects are what Graph named."""
    page(graph, None, ["a", "b"], "2")
    page(graph, "2", ["c"], "2")
    out = io.BytesIO()

    found = read_listing(client, THINGS, out, lambda _: None,
                         lambda row: b"" if bytes(row["id"]) == b'"a"' else bytes(row["id"]) + b"\n")

    assert (["\"b\"", "\"c\""], 2, 3) == (out.getvalue().decode().splitlines(), found.rows, found.distinct)
    assert "back" in found.reason


@pytest.mark.parametrize("body", [
    '{"value": [{"id": 5}]}', '{"value": [{"id": null}]}', '{"value": [{"id": ""}]}', '{"value": [{"id": {}}]}',
    '{"value": ' + "[" * 200_000 + "]" * 200_000 + "}", '{"value": [{"id": "a", "mail": ' + '{"a":' * 100_000
    + "1" + "}" * 100_000 + "}]}",
])
def test_an_id_that_is_no_text_and_nesting_without_end_are_not_what_graph_writes(client, graph, body):
    """The page is asked for again."""
    graph.get(f"{ROOT}/v1.0/things?$top=999", body=body, content_type="application/json")
    page(graph, None, ["a"])

    rows, found = read(client)

    assert (["a"], "") == (ids(rows), found.reason)


def test_a_row_is_one_line_however_graph_wraps_it(client, graph):
    """White space between tokens, of any kind, breaks no line; a separator inside text stays."""
    text = '{\r\n"value": [{\r\n"id":\r"a",\r\n"mail": {\r\n"x":\r\n"\u2028"}}]}'
    graph.get(f"{ROOT}/v1.0/things?$top=999", body=text.encode(), content_type="application/json")
    out = io.BytesIO()

    read_listing(client, THINGS, out, lambda _: None)

    assert 1 == len(out.getvalue().splitlines())
    assert {"id": "a", "mail": {"x": "\u2028"}} == json.loads(out.getvalue())
