"""Who hears about an account: by its status, its kind and whether mail would reach anybody."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from reminded import heard, held, message, people, person, planned, policy

from mfa_audit.reminders.columns import Recipient
from mfa_audit.reminders.routing import NOTICES, Route
from mfa_audit.tables import Status

S1 = message("S1", "2026-10-05")
_TOLD = [S1, message("S2", "2026-10-19")]


@pytest.mark.parametrize(("facts", "route", "expected"), [
    ({}, "person", [("S3", "manager"), ("S3", "person")]),
    ({"status": Status.NOT_ENFORCED.value}, "not_enforced", [("notice-not-enforced", "administrator")]),
    ({"status": Status.UNKNOWN.value}, "unknown", [("notice-unknown", "operator")]),
    ({"leaver": True}, "leaver", [("notice-leaver", "local_admin")]),
    ({"dormant": True}, "dormant", [("notice-dormant", "local_admin")]),
    ({"dormant": True, "status": Status.GRACE.value}, "dormant", [("notice-dormant", "local_admin")]),
    ({"ready": "no"}, "cannot_register", [("notice-cannot-register", "administrator")]),
    ({"ready": "no", "privileged": True}, "cannot_register", [("notice-cannot-register", "administrator")]),
    ({"ready": "unknown"}, "person", [("S3", "manager"), ("S3", "person")]),
    ({"ready": "yes"}, "person", [("S3", "manager"), ("S3", "person")]),
    ({"kind": "generic", "population": "generic", "responsible_id": "r1"}, "generic",
     [("S3", "manager"), ("S3", "responsible")]),
    ({"kind": "generic", "population": "generic"}, "nobody_answers", [("notice-nobody-answers", "local_admin")]),
    ({"mail": None}, "no_mailbox", [("S3", "manager"), ("S3", "service_desk")]),
    ({"mail": "a@x.example, b@y.example"}, "no_mailbox", [("S3", "manager"), ("S3", "service_desk")]),
    ({"mail": "not an address"}, "no_mailbox", [("S3", "manager"), ("S3", "service_desk")]),
    ({"mail": "p@x.example\nBcc: q@y.example"}, "no_mailbox", [("S3", "manager"), ("S3", "service_desk")]),
    ({"asked": "no_access"}, "locked_out", [("S3", "manager"), ("S3", "service_desk")]),
    ({"asked": "never"}, "person", [("S3", "manager"), ("S3", "person")]),
    ({"kind": "break_glass", "population": "break_glass"}, "never_tested",
     [("notice-never-tested", "operator")]),
])
def test_who_hears(facts: dict[str, Any], route: str, expected: list[tuple[str, str]]) -> None:
    """Each kind of account has one route, and nobody but those on it hears."""
    found = planned(person(**facts), "2026-10-26", *_TOLD, *(
        {**each, "recipient": who} for each in _TOLD for who in ("responsible", "service_desk")))

    assert expected == heard(found)
    assert {route} == set(found.rows["route"])


@pytest.mark.parametrize(("facts", "expected"), [
    ({"away": True}, [(None, "away")]),
    ({"status": Status.EXEMPT.value}, [(None, "exempt")]),
    ({"kind": "room", "population": "shared"}, [(None, "other_population")]),
    ({"kind": "guest", "population": "guest"}, [(None, "other_population")]),
    ({"kind": "break_glass", "population": "workforce"}, [(None, "other_population")]),
    ({"status": Status.COMPLIANT.value}, []),
    ({"status": Status.OUT_OF_SCOPE.value}, []),
])
def test_who_never_hears(facts: dict[str, Any], expected: list[tuple[Any, str]]) -> None:
    """Done, out of scope, away, exempt or of another population: no message, to nobody; the ladder stops."""
    using = policy(break_glass={"last_tested": {"p1@contoso.example": dt.date(2026, 10, 1)}})
    found = planned(person(**facts), "2026-11-03", *_TOLD, using=using)

    assert [] == heard(found)
    assert expected == [each for each in held(found) if each[0] != "break-glass-1"]


@pytest.mark.parametrize("status", [Status.COMPLIANT, Status.EXEMPT, Status.OUT_OF_SCOPE, Status.UNKNOWN])
@pytest.mark.parametrize("as_of", ["2026-10-26", "2026-10-29", "2026-11-03", "2026-11-16", "2026-12-02"])
def test_a_person_who_has_done_it_stops_the_ladder(status: Status, as_of: str) -> None:
    """Whatever the day, a status that ends the ladder ends it for the person and for their manager."""
    found = heard(planned(person(status=status.value), as_of, *_TOLD, message("S5", "2026-11-03")))

    assert set() == {"person", "manager", "service_desk"} & {recipient for _, recipient in found}


@pytest.mark.parametrize("privileged", [False, True])
@pytest.mark.parametrize("fact", [{"away": True}, {"dormant": True}, {"leaver": True}, {"ready": "no"}])
@pytest.mark.parametrize("status", [Status.NOT_REGISTERED, Status.COMPLIANT_WEAK, Status.BELOW_STRENGTH,
                                    Status.EXEMPT_EXPIRED, Status.GRACE])
def test_never_reminded_on_any_ladder(status: Status, fact: dict[str, Any], *, privileged: bool) -> None:
    """Away, dormant, leaving or unable to register: on no ladder does the person hear, nor their manager."""
    account = person(status=status.value, privileged=privileged, phone_only=True, **fact)
    hearing = {who for day in ("2026-11-03", "2027-01-18") for _, who in heard(planned(account, day, *_TOLD))}

    assert set() == {"person", "manager", "service_desk", "responsible", "ciso"} & hearing


def test_a_group_with_its_own_telephony_holds_everybody_with_a_phone() -> None:
    """Whose phone goes on working is not told apart here, so nobody is warned of its end."""
    using = policy(methods={"own_telephony_groups": ("6a000000-0000-4000-8000-000000000001",)})
    weak = person(status=Status.COMPLIANT_WEAK.value, phone_only=True)

    assert [(None, "own_telephony")] == held(planned(weak, "2027-01-18", using=using))


def test_without_mail_addresses_the_user_name_is_the_address() -> None:
    """Where no source has mail addresses everybody is written to at their user principal name."""
    found = planned(person(mail=None), "2026-10-05", mail_read=False)

    assert [("S1", "person")] == heard(found)


def test_recipients_are_named() -> None:
    """Each message says whose it is: the account, its manager, who answers for it, the organisation."""
    rows = planned(people(
        person(1), person(2, kind="generic", population="generic", responsible_id="r1"), person(3, dormant=True),
    ), "2026-10-26", *_TOLD, *({**each, "account_id": "id-000002", "recipient": "responsible"} for each in _TOLD)).rows

    assert [
        ("id-000001", "manager", "id-999999"), ("id-000001", "person", "id-000001"),
        ("id-000002", "manager", "id-999999"), ("id-000002", "responsible", "r1"), ("id-000003", "local_admin", "ZX1"),
    ] == list(zip(rows["account_id"], rows["recipient"], rows["recipient_id"], strict=True))


@pytest.mark.parametrize(("manager", "expected"), [
    ({"manager_id": None, "manager_key": None}, "no_manager"), ({"manager_key": None}, "no_manager"),
])
def test_without_a_manager_it_is_said(manager: dict[str, Any], expected: str) -> None:
    """A manager who is missing, or who is nobody listed, is said; the person hears all the same."""
    found = planned(person(**manager), "2026-10-26", *_TOLD)

    assert [("S3", "person")] == heard(found)
    assert [("S3", expected)] == held(found)


@pytest.mark.parametrize(("as_of", "expected"), [("2026-11-25", []), ("2026-11-30", [("notice-unknown", "operator")])])
def test_a_notice_is_told_again_after_thirty_days(as_of: str, expected: list[tuple[str, str]]) -> None:
    """For as long as it holds, and not every night."""
    past = message("notice-unknown", "2026-10-29", recipient="operator", ladder="notice")

    assert expected == heard(planned(person(status=Status.UNKNOWN.value), as_of, past))


def test_without_a_mailbox_others_told_count_as_told() -> None:
    """Whoever hears through the manager and the service desk climbs the ladder by what those were told."""
    told = [{**each, "recipient": "service_desk"} for each in _TOLD]

    assert [("S5", "manager"), ("S5", "service_desk")] == heard(planned(person(mail=None), "2026-11-03", *told))
    assert [("S2", "person")] == heard(planned(person(), "2026-11-03", *told))


def test_every_notice_has_its_own_stage() -> None:
    """Two notices never share a key in the ledger unless they are one."""
    stages = [notice.stage for notice in NOTICES.values()]

    assert len(stages) == len(set(stages))
    assert {Route(route) for route in NOTICES} < set(Route)
    assert all(isinstance(notice.recipient, Recipient) for notice in NOTICES.values())


def test_columns_have_their_types() -> None:
    """Whatever is in it, a plan's columns have one type."""
    some, none = planned(person(), "2026-10-26", *_TOLD).rows, planned(person(), "2026-09-01").rows

    assert list(some.dtypes) == list(none.dtypes)
    assert pd.api.types.is_datetime64_any_dtype(some["due"])
