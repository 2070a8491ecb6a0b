"""What Graph says when it does not answer."""

from __future__ import annotations

import json

import pytest
from doubles import START

from mfa_audit.sources.graph.refusals import Refusal, refusal, retry_after


@pytest.mark.parametrize(("header", "seconds"), [
    ("17", 17.0), (" 0.249 ", 0.249), ("Mon, 02 Mar 2026 01:30:30 GMT", 30.0), ("Mon, 02 Mar 2026 01:00:00 GMT", 0.0),
    (None, None), ("", None), ("soon", None), ("-5", None), ("1e9", None),
    ("5, 20", 20.0), ("20, soon", 20.0), ("5, Mon, 02 Mar 2026 01:30:30 GMT", 30.0),
    ("Mon, 02 Mar 2026 01:30:30 GMT, 40", 40.0), ("Mon, 02 Mar 2026 01:30:30 +99999999999999999999", None),
])
def test_a_wait_is_read_in_every_form(header, seconds):
    """Seconds, decimals and dates are read; anything else says nothing."""
    assert seconds == retry_after(header, START)


@pytest.mark.parametrize(("status", "body", "property_name"), [
    (400, {"error": {"code": "Directory_ExpiredPageToken", "message": "expired"}}, "page_token_expired"),
    (400, {"error": {"code": "", "message": "Invalid Skip Token"}}, "page_token_expired"),
    (410, {"error": {"code": "syncStateNotFound"}}, "page_token_expired"),
    (400, {"value": "Cannot query data for more than 120 users at a time."}, "page_too_large"),
    (400, {"error": {"code": "BadRequest", "message": "Invalid Page Size: at most 500."}}, "page_too_large"),
    (400, {"error": {"code": "BadRequest", "message": "The limit of '500' for $top is exceeded."}}, "page_too_large"),
    (403, {"error": {"code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "message": ""}}, "unlicensed"),
    (400, {"error": {"code": "AadPremiumLicenseRequired", "message": ""}}, "unlicensed"),
    (500, {"error": {"code": "UnknownError", "message": "Too many requests"}}, "throttled"),
    (429, {}, "throttled"),
])
def test_a_refusal_is_known_by_what_it_says(status, body, property_name):
    """Each kind is recognised, and is of no other kind."""
    told = refusal(status, json.dumps(body).encode())

    kinds = ("page_token_expired", "page_too_large", "unlicensed", "throttled")
    assert [property_name] == [kind for kind in kinds if getattr(told, kind)]


@pytest.mark.parametrize("body", [
    b"", b"<html>", b"[]", b"null", b'{"error": null}', b'{"error": {"code": 7}}', b"\xff",
])
def test_a_body_that_says_nothing_leaves_the_status(body):
    """Gateways write anything."""
    assert Refusal(502) == refusal(502, body)


@pytest.mark.parametrize("echo", ["Bearer eyJ0.secret", "secret" * 11, "secret\n", "\x1b[31msecret"])
@pytest.mark.parametrize("shape", [
    lambda echo: {"error": {"code": echo, "message": echo}}, lambda echo: {"error": echo, "error_description": echo},
    lambda echo: {"value": echo},
])
def test_nothing_of_an_answer_is_repeated(echo, shape):
    """A proxy may write the request's token into it, and what is said goes into every report."""
    told = refusal(400, json.dumps(shape(echo)).encode())

    assert "HTTP 400" == str(told)
    assert "secret" not in repr(vars(told))
