"""Where nothing may be sent, said clearly."""

from __future__ import annotations

import pytest

from mfa_audit.reminders.addresses import objection

ALLOWED = frozenset({"contoso.example", "xn--bcher-kva.example"})


@pytest.mark.parametrize("address", [
    "ada@contoso.example", "Ada.O'Neill+mfa@CONTOSO.example", "a@xn--bcher-kva.example",
])
def test_one_address_in_an_allowed_domain_may_be_written_to(address: str) -> None:
    """Also in capitals, and where a domain of other letters is allowed by its own name."""
    assert objection(address, ALLOWED) == ""


@pytest.mark.parametrize(("address", "why"), [
    (None, "no address"), ("", "no address"),
    ("a@contoso.example, b@evil.example", "not hold one address"), ("a@contoso.example;b@evil.example", "one address"),
    ("a@contoso.example b@contoso.example", "one address"), ("Ada <a@contoso.example>", "one address"),
    ("a@b@contoso.example", "one address"), ('"a b"@contoso.example', "one address"), ("ada", "one address"),
    ("a@contoso.example\nBcc: x@evil.example", "cannot be seen"), ("a@contoso.example\r\n", "cannot be seen"),
    ("a\u200b@contoso.example\u202e", "cannot be seen"), ("a@cont\u043eso.example", "plain letters"),
    ("a@\uff43ontoso.example", "plain letters"), ("a@xn--cntoso-d1a.example", "other letters"),
    ("a@contoso.example.evil.example", "allowed_domains"), ("a@evilcontoso.example", "allowed_domains"),
    ("a@mail.contoso.example", "allowed_domains"), ("a@contoso.example.", "not one that mail"),
    ("a@contoso", "not one that mail"), (".a@contoso.example", "not one that mail"),
    ("\u00e4da@contoso.example", "not one that mail"), (f"{'a' * 250}@contoso.example", "not one that mail"),
])
def test_anything_else_is_refused_with_a_reason(address: str | None, why: str) -> None:
    """Two addresses in one field, hidden characters, look-alikes, domains that only end like an allowed one."""
    assert why in objection(address, ALLOWED)


def test_without_allowed_domains_a_look_alike_is_refused_still() -> None:
    """Where a person sends, any domain in plain letters will do."""
    assert objection("a@fabrikam.example", frozenset()) == ""
    assert objection("a@xn--cntoso-d1a.example", frozenset()) != ""
