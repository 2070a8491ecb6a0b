"""JSON on its way to the private work folder: the least data, private modes, and text that lost its depth."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mfa_audit.errors import InputRejected
from mfa_audit.snapshot.documents import gather
from mfa_audit.snapshot.method_texts import read_methods
from mfa_audit.snapshot.raw import Inputs

PHONE = "+44 7700 900123"
USER = {"id": "6a000000-0000-4000-8000-000000000001", "userPrincipalName": "a@northmoor.example",
        "accountEnabled": True}
METHODS = {"userPrincipalName": "a@northmoor.example", "isMfaCapable": True}
Reading = Callable[..., Inputs]


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("more", [
    {"mobilePhone": PHONE, "businessPhones": [PHONE]}, {"manager": {"id": "m", "mobilePhone": PHONE}},
    {"manager": {"Id": "m", "AdditionalProperties": {"mobilePhone": PHONE, "mail": "m@northmoor.example"}}},
    {"jobTitle": {"phone": PHONE}},
])
def test_no_phone_number_is_written(more: dict[str, object], encoding: str, reading: Reading, tmp_path: Path) -> None:
    """Only what a field reads reaches the work folder, of nested values too, whatever the encoding."""
    content = json.dumps({"value": [{**USER, **more}]}, indent=1).encode(encoding)

    reading({"users.json": content})

    written = [path.read_bytes() for path in (tmp_path / "work").iterdir()]
    assert any(b"6a000000-0000-4000-8000-000000000001" in each for each in written)
    assert not any(b"7700" in each or b"7\x007\x00" in each for each in written)


@pytest.mark.skipif(os.name == "nt", reason="modes mean nothing there")
def test_staged_files_are_private_whatever_the_umask(reading: Reading, tmp_path: Path) -> None:
    """Files 0600 in a folder 0700."""
    before = os.umask(0)
    try:
        reading({"users.json": lines(USER, USER), "groups.json": lines({"id": "g", "members": []})})
    finally:
        os.umask(before)

    work = tmp_path / "work"
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in work.iterdir()}
    assert 0o700 == stat.S_IMODE(work.stat().st_mode)


@pytest.mark.parametrize(("content", "says"), [
    ({"error": {"code": "TooManyRequests"}, "value": [USER]}, "error answer"),
    ({"value": "Cannot query data for more than 120 users at a time."}, "120 users"),
    ({"value": [{**METHODS, "methodsRegistered": "@{Name=mobilePhone}"}]}, "instead of values"),
    ({"value": [{**METHODS, "methodsRegistered": ["@{Name=mobilePhone}"]}]}, "instead of values"),
])
def test_answers_that_are_no_data_are_refused(content: object, says: str, reading: Reading) -> None:
    """An error beside rows, a message instead of them, and methods that lost their depth."""
    with pytest.raises(InputRejected, match=says):
        reading({"in.json": json.dumps(content).encode()})


@pytest.mark.parametrize("content", [
    b'{"value":[{"id":"1","userPrincipalName":"a@x.example","accountEnabled":true,"manager":{"id":"2","id":"3"}}]}',
    b'{"value":[{"isEnabled":NaN,"displayName":"x"}]}', b'{"value":[{"isEnabled":1e999,"displayName":"x"}]}',
    b'{"value":[{"id":"x.example","authenticationType":"Managed","AuthenticationType":"Federated","isVerified":true}]}',
])
def test_what_two_readers_read_differently_is_refused(content: bytes, reading: Reading) -> None:
    """A key twice, also inside a value or in two spellings, and numbers JSON does not have."""
    with pytest.raises(InputRejected):
        reading({"in.json": content})


def test_a_manager_that_lost_its_depth_counts_as_not_supplied(reading: Reading) -> None:
    """The complaint names the switch that keeps the depth."""
    inputs = reading({"users.json": lines(USER, {**USER, "manager": "@{Id=1; DisplayName=B}"})})

    (complaint,) = [each for each in inputs.complaints if each.check == "depth lost"]
    assert "-Depth 5" in complaint.fix
    assert not any("manager" in rows.fields for rows in inputs.rows)


@pytest.mark.parametrize(("end", "warned"), [(b"\n", False), (b"", True)])
def test_json_lines_without_a_last_line_end_may_be_cut(end: bytes, warned: bool, reading: Reading) -> None:
    """A cut between two rows leaves no other trace."""
    inputs = reading({"users.jsonl": lines(USER, USER)[:-1] + end})

    assert warned == any(each.check == "no line end" for each in inputs.complaints)


def test_contacts_of_an_organisation_are_not_kept(reading: Reading) -> None:
    """Telephone numbers and addresses stay out of the snapshot; the id, name and domains are kept."""
    kept = {"id": "t", "displayName": "Northmoor", "verifiedDomains": [{"name": "northmoor.example"}]}
    more = {"businessPhones": [PHONE], "street": "Mill Lane 1", "technicalNotificationMails": ["it@northmoor.example"],
            "privacyProfile": {"contactEmail": "dpo@northmoor.example"}}
    inputs = reading({"organization.json": json.dumps({"value": [{**kept, **more}]}).encode()})

    assert {"organization": {"value": [kept]}} == gather(inputs.documents)[0]


@pytest.mark.parametrize("written", [PHONE, "07700900123", "call 07700 900 123", '["+447700900123"]'])
def test_a_number_in_the_place_of_a_method_name_is_masked(written: str) -> None:
    """An unknown method name goes into reports, a telephone number does not."""
    (name,) = read_methods(written).unmapped
    assert "…" in name
    assert not any(map(str.isdigit, name))


def test_methods_that_lost_their_depth_are_not_read() -> None:
    """They are unknown, never none."""
    assert not read_methods("@{Name=mobilePhone}").read
    assert not read_methods('["@{Name=mobilePhone}"]').read
    assert not read_methods("{...}").read
