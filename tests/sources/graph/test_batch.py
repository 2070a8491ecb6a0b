"""Many small questions in one request."""

from __future__ import annotations

import base64
import json
from random import Random

import pytest
from doubles import ROOT

from mfa_audit.sources.graph.batch import ask_each
from mfa_audit.sources.graph.lookup import Lookup, method_names
from mfa_audit.sources.graph.pacing import Family
from mfa_audit.sources.graph.patience import TRIES
from mfa_audit.sources.graph.refusals import Refusal

BATCH = f"{ROOT}/v1.0/$batch"


def parts_of(request):
    return json.loads(request.body)["requests"]


def serve(graph, answer):
    """Let ``answer(part, time)`` answer each part, once, several times or not; ``time`` counts the batches, from 0."""
    batches = []

    def listed(answers):
        return answers if isinstance(answers, list) else [answers] if answers is not None else []

    def respond(request):
        batches.append(parts_of(request))
        told = [part for asked in batches[-1] for part in listed(answer(asked, len(batches) - 1))]
        Random(len(batches)).shuffle(told)
        return 200, {"Content-Type": "application/json"}, json.dumps({"responses": told})

    graph.add_callback("POST", BATCH, callback=respond)
    return batches


def ok(asked, _time=0):
    return {"id": asked["id"], "status": 200, "headers": {}, "body": {"url": asked["url"]}}


def ask(client, pace, clock, paths):
    return dict(ask_each(client, pace, clock, Family.DIRECTORY, paths))


def test_every_part_gets_its_own_answer_in_any_order(client, pace, clock, graph):
    """Forty-one questions are three batches."""
    paths = [f"/users/{n}" for n in range(41)]
    batches = serve(graph, ok)

    told = ask(client, pace, clock, paths)

    assert [20, 20, 1] == [len(batch) for batch in batches]
    assert {path: {"url": path} for path in paths} == told


@pytest.mark.parametrize("broken", [
    {"status": 429, "headers": {"retry-after": "17"}, "body": {}}, {"status": 503, "headers": {}, "body": {}},
    {"status": 424, "headers": None, "body": None}, {"status": 200, "headers": {}, "body": {"error": {}}},
    {"status": 200, "headers": {}, "body": "bm90IGpzb24="}, None,
])
def test_parts_that_failed_are_sent_again_and_the_others_are_not(client, pace, clock, graph, broken):
    """Throttled, failed, unreadable and missing parts are asked once more, alone."""
    def answer(asked, time):
        if time == 0 and asked["url"] == "/users/1":
            return None if broken is None else {"id": asked["id"], **broken}
        return ok(asked)

    batches = serve(graph, answer)

    told = ask(client, pace, clock, ["/users/0", "/users/1", "/users/2"])

    assert {"url": "/users/1"} == told["/users/1"]
    assert ["/users/1"] == [part["url"] for part in batches[1]]


def test_the_longest_wait_is_waited(client, pace, clock, graph):
    """Of several parts that ask to wait, the most patient one counts."""
    waits = {"/users/0": "5", "/users/1": "60", "/users/2": "17"}

    def answer(asked, time):
        told_to_wait = {"id": asked["id"], "status": 429, "headers": {"Retry-After": waits[asked["url"]]}}
        return ok(asked) if time else told_to_wait

    serve(graph, answer)
    ask(client, pace, clock, list(waits))

    assert clock.monotonic() >= 60


def test_parts_that_are_let_through_one_at_a_time_all_get_there(client, pace, clock, graph):
    """Being told to wait is no failure as long as somebody gets further."""
    let_through = set()

    def answer(asked, time):
        if asked["url"] in let_through or len(let_through) == time:
            let_through.add(asked["url"])
            return ok(asked)
        return {"id": asked["id"], "status": 429, "headers": {"Retry-After": "2"}}

    serve(graph, answer)
    paths = [f"/users/{n}" for n in range(20)]

    assert {path: {"url": path} for path in paths} == ask(client, pace, clock, paths)


def test_a_part_that_is_throttled_for_ever_is_given_up(client, pace, clock, graph):
    """The others have their answers."""
    batches = serve(graph, lambda asked, _: ok(asked) if asked["url"] == "/users/0" else {
        "id": asked["id"], "status": 429, "headers": {"Retry-After": "2"}, "body": {}})

    told = ask(client, pace, clock, ["/users/0", "/users/1"])

    assert {"url": "/users/0"} == told["/users/0"]
    assert 429 == told["/users/1"].status
    assert len(batches) == 1 + TRIES


def test_a_part_that_is_refused_is_not_sent_again(client, pace, clock, graph):
    """404 and 403 are answers."""
    batches = serve(graph, lambda asked, _: {
        "id": asked["id"], "status": 404, "body": {"error": {"code": "Request_ResourceNotFound", "message": ""}}})

    told = ask(client, pace, clock, ["/users/0"])

    assert (Refusal(404, "Request_ResourceNotFound"), 1) == (told["/users/0"], len(batches))


def test_a_part_that_never_comes_is_lost_and_says_so(client, pace, clock, graph):
    """It is not taken for an empty answer."""
    serve(graph, lambda _asked, _time: None)

    assert isinstance(ask(client, pace, clock, ["/users/0"])["/users/0"], Refusal)


def test_an_answer_that_comes_twice_is_one_answer(client, pace, clock, graph):
    """Written the same way both times."""
    batches = serve(graph, lambda asked, _: [ok(asked), ok(asked)])

    assert {"/users/0": {"url": "/users/0"}} == ask(client, pace, clock, ["/users/0"])
    assert 1 == len(batches)


def test_two_answers_that_differ_are_none(client, pace, clock, graph):
    """The part is asked about again; when it stays so it is lost, and the last answer does not win."""
    other = {"status": 200, "body": {"url": "elsewhere"}}
    batches = serve(graph, lambda asked, time: [ok(asked), {"id": asked["id"], **other}] if time == 0 else ok(asked))

    assert {"/users/0": {"url": "/users/0"}} == ask(client, pace, clock, ["/users/0"])
    assert 2 == len(batches)


def test_answers_that_differ_every_time_are_lost(client, pace, clock, graph):
    """Unknown, for good."""
    serve(graph, lambda asked, _: [ok(asked), {"id": asked["id"], "status": 404, "body": {}}])

    assert isinstance(ask(client, pace, clock, ["/users/0"])["/users/0"], Refusal)


def test_a_body_in_base64_is_read(client, pace, clock, graph):
    """Graph encodes what it does not take for JSON."""
    body = base64.b64encode(b'{"value": []}').decode()
    serve(graph, lambda asked, _: {"id": asked["id"], "status": 200, "body": body})

    assert {"value": []} == ask(client, pace, clock, ["/users/0"])["/users/0"]


def test_methods_become_rows_of_the_report_without_a_number(client, pace, clock, graph):
    """The kind of a method is kept; its telephone number, device and id are not. Whoever is gone has no row."""
    phone = {"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "phoneType": "mobile",
             "phoneNumber": "+44 2079460123"}

    def answer(asked, _):
        if asked["url"].startswith("/users/gone/"):
            return {"id": asked["id"], "status": 404, "body": {"error": {"code": "Request_ResourceNotFound"}}}
        return {"id": asked["id"], "status": 200, "body": {"value": [phone]}}

    serve(graph, answer)
    lookup = Lookup(client, pace, clock)
    rows = b"".join(lookup.registrations(["a", "gone"]))
    assert (0, 1, []) == (lookup.failed, lookup.gone, list(lookup.doubts()))

    assert {"id": "a", "methodsRegistered": ["mobilePhone"],
            "lastUpdatedDateTime": "2026-03-02T01:30:00Z"} == json.loads(rows)


@pytest.mark.parametrize(("kind", "more", "name"), [
    ("passwordAuthenticationMethod", {}, None),
    ("phoneAuthenticationMethod", {"phoneType": "alternateMobile"}, "alternateMobilePhone"),
    ("phoneAuthenticationMethod", {"phoneType": "office"}, "officePhone"),
    ("phoneAuthenticationMethod", {}, "unreadable"),
    ("microsoftAuthenticatorAuthenticationMethod", {}, "microsoftAuthenticatorPush"),
    ("fido2AuthenticationMethod", {}, "passKeyDeviceBound"),
    ("fido2AuthenticationMethod", {"passkeyType": "synced"}, "passKeySynced"),
    ("emailAuthenticationMethod", {}, "email"),
    ("somethingNew2027AuthenticationMethod", {}, "somethingnew2027"),
])
def test_each_kind_has_the_name_the_report_gives_it(kind, more, name):
    """A kind nobody knows keeps its name and so counts as unmapped, never as a factor."""
    answer = {"value": [{"@odata.type": f"#microsoft.graph.{kind}", **more}]}

    assert [name] * (name is not None) == method_names(answer)


@pytest.mark.parametrize("answer", [{}, {"value": None}, {"value": [], "@odata.nextLink": "more"}])
def test_an_answer_without_a_whole_list_is_unreadable(answer):
    """An empty list says "none"; no list says nothing."""
    assert method_names(answer) is None
