"""Lists of authentication methods as text."""

from __future__ import annotations

import pytest

from mfa_audit.methods import names
from mfa_audit.snapshot.method_texts import read_methods


@pytest.mark.parametrize(("text", "known", "unmapped"), [
    ('["microsoftAuthenticatorPush","email"]', ("authenticator_push", "email"), ()),
    ('["somethingNew2027", "MOBILEPHONE", null, ""]', ("mobile_phone",), ("somethingNew2027",)),
    ("mobilePhone;email", ("mobile_phone", "email"), ()),
    ("mobilePhone, email", ("mobile_phone", "email"), ()),
    ("mobilePhone|email", ("mobile_phone", "email"), ()),
    ("mobilePhone email", ("mobile_phone", "email"), ()),
    ("Mobile phone, Microsoft Authenticator app", ("authenticator_push", "mobile_phone"), ()),
    ("Passkey, device-bound, Email", ("security_key", "email"), ()),
    ("Mobile phone\nEmail", ("mobile_phone", "email"), ()),
    ("Mobile phone plan X", (), ("Mobile phone plan X",)),
    ("Phone booth", (), ("Phone booth",)),
    ("mobilePhone somethingNew2027", ("mobile_phone",), ("somethingNew2027",)),
    ("多要素;email", ("email",), ("多要素",)),
    ("[]", (), ()), ("{}", (), ()), ("None", (), ()), ("none", (), ()),
])
def test_lists_are_read_in_every_spelling(text, known, unmapped):
    """Names and labels, whatever parts them; an unknown name is kept apart and counts for nothing."""
    methods = read_methods(text)

    assert methods.read
    assert known == names(methods.bits)
    assert unmapped == methods.unmapped


@pytest.mark.parametrize("text", ["null", "System.String[]", '[1]', '["email"', '{"a": 1}', "-", "[" * 100_000])
def test_what_is_no_list_is_not_read(text):
    """A damaged list is unknown, never empty."""
    methods = read_methods(text)

    assert (0, False, ()) == (methods.bits, methods.read, methods.unmapped)


@pytest.mark.parametrize("text", [
    "Mobile phone; Not registered", "fido2; revoked", "mobilePhone|pending",
    '["microsoftAuthenticatorPush","disabled"]', "!mobilePhone", "~~mobilePhone~~", "-mobilePhone", "mobilePhone?",
    "m\u0336obilePhone", "mobilePhone;none",
    '["mobilePhone","notRegistered"]', "Email; Mobile phone (disabled)", "mobilePhone;\u274c",
])
def test_a_method_and_a_denial_beside_it_are_not_read(text):
    """Nobody can tell what is taken back, so nothing counts, and not even that there is nothing."""
    methods = read_methods(text)

    assert (0, False, ()) == (methods.bits, methods.read, methods.unmapped)


@pytest.mark.parametrize("text", [
    '"mobilePhone";"email"', "Certificate-based authentication (multifactor)", "Microsoft Authenticator app (push)",
    "Passkey, device-bound", "E-mail", "Mobile\u200bphone", "mobile_phone",
])
def test_a_name_as_names_are_written_is_read(text):
    """Quotes, brackets, hyphens and invisible spaces take nothing back."""
    methods = read_methods(text)

    assert methods.read
    assert methods.bits


def test_a_telephone_number_among_methods_is_left_out():
    """Scripts have put numbers where a name belongs."""
    assert ("Mobile …",) == read_methods('["Mobile +44 20 7946 0001"]').unmapped
