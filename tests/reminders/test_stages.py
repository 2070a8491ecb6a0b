"""Which stage is whose today: worked cases for every ladder, and for everything that holds a stage back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from reminded import DUE, heard, held, message, people, person, planned, policy

from mfa_audit.errors import PolicyError
from mfa_audit.policy.schema_reminders import Stage
from mfa_audit.reminders.columns import State
from mfa_audit.reminders.ladder import ladders_of
from mfa_audit.tables import Status

P, M = "person", "manager"
S1, S2 = message("S1", "2026-10-05"), message("S2", "2026-10-19")
S3, S4 = message("S3", "2026-10-26"), message("S4", "2026-10-29")
S5 = message("S5", "2026-11-03")
MANAGED = [message(stage, day, recipient=M, recipient_id="id-999999")
           for stage, day in (("S3", "2026-10-26"), ("S5", "2026-11-03"))]
S6 = [message("S6", "2026-11-09", recipient=who) for who in ("service_desk", M)]
S7 = [message("S7", "2026-11-16", recipient=who) for who in (P, "local_admin")]
TOLD = [S1, S2, S3, S4]


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2026-10-01", [], []),                                            # D-32
    ("2026-10-05", [], [("S1", P)]),                                   # D-28
    ("2026-10-06", [S1], []),
    ("2026-10-15", [S1], []),
    ("2026-10-19", [S1], [("S2", P)]),                                 # D-14
    ("2026-10-26", [S1, S2], [("S3", M), ("S3", P)]),                  # D-7
    ("2026-10-27", [S1, S2, S3, MANAGED[0]], []),
    ("2026-10-29", [S1, S2, S3, MANAGED[0]], [("S4", P)]),             # D-2 is a Saturday: Thursday
    ("2026-11-02", [*TOLD, MANAGED[0]], []),                           # D
    ("2026-11-03", [*TOLD, MANAGED[0]], [("S5", M), ("S5", P)]),       # D+1
    ("2026-11-05", [*TOLD, S5, *MANAGED], []),
    ("2026-11-09", [*TOLD, S5, *MANAGED], [("S6", "service_desk")]),   # D+7; the manager had a digest six days ago
    ("2026-11-10", [*TOLD, S5, *MANAGED, S6[0]], [("S6", M)]),
    ("2026-11-16", [*TOLD, S5, *MANAGED, *S6], [("S7", "local_admin"), ("S7", P)]),           # D+14
    ("2026-12-02", [*TOLD, S5, *MANAGED, *S6, *S7], [("S8", "local_admin")]),                 # D+30
    ("2026-12-31", [*TOLD, S5, *S7, message("S8", "2026-12-02", recipient="local_admin")], []),
    ("2027-01-04", [*TOLD, S5, *S7, message("S8", "2026-12-02", recipient="local_admin")],
     [("S8", "local_admin")]),                                         # thirty days on: New Year's Day is skipped
])
def test_the_ladder_of_the_due_date(as_of: str, past: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    """Each stage leaves on its day, once, to its audiences; the last one again every thirty days."""
    assert expected == heard(planned(person(), as_of, *past))


def test_a_repetition_is_a_message_of_its_own() -> None:
    """The second time round has the next occurrence, and says why."""
    found = planned(person(), "2027-01-04", *TOLD, S5, message("S8", "2026-12-02", recipient="local_admin")).rows

    assert [(1, "repeated", "2027-01-04")] == [
        (row.occurrence, row.why, str(row.due.date())) for row in found.itertuples()]


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2027-01-28", [message("W1", "2026-12-03")], [("W4", P)]),
    ("2027-01-27", [message("W3", "2027-01-18"), message("W3", "2027-01-18", recipient=M)], []),
])
def test_two_days_before_monday_the_first_of_february(
        as_of: str, past: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    """With the anchor on Monday 1 February 2027 the -2 message leaves on Thursday 28 January."""
    weak = person(status=Status.COMPLIANT_WEAK.value, phone_only=True, due=dt.date(2025, 1, 1))

    assert expected == heard(planned(weak, as_of, *past))


def test_two_days_before_a_monday_on_the_ladder_of_the_due_date() -> None:
    """The same anchor as a due date: Thursday, although the week before was a message two days ago."""
    first = dt.date(2027, 2, 1)
    past = [message("S1", "2027-01-04"), message("S2", "2027-01-18"), message("S3", "2027-01-26")]

    assert [("S4", P)] == heard(planned(person(due=first), "2027-01-28", *past, message(
        "S3", "2027-01-26", recipient=M)))


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2026-12-02", [], []),                                                    # -61
    ("2026-12-03", [], [("W1", P)]),                                           # -60 is a Thursday
    ("2026-12-31", [message("W1", "2026-12-03")], [("W2", P)]),                # -30 is a Saturday: Thursday
    ("2027-01-18", [message("W2", "2026-12-31")], [("W3", M), ("W3", P)]),     # -14
    ("2027-02-01", [message("W4", "2027-01-28")], []),
    ("2027-02-02", [], []),                                                    # the day has passed
])
def test_the_ladder_of_those_with_a_phone_alone(
        as_of: str, past: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    """Whoever has only a phone number hears before the day on which phones end, and not after it."""
    weak = person(status=Status.COMPLIANT_WEAK.value, phone_only=True, due=dt.date(2025, 1, 1))

    assert expected == heard(planned(weak, as_of, *past))


@pytest.mark.parametrize(("as_of", "past", "ladder", "expected"), [
    ("2026-11-03", TOLD, "due", [("S5", M), ("S5", P)]),                       # before the ladder of phones begins
    ("2026-12-03", [*TOLD, S5], "weak", [("W1", P)]),
    ("2027-02-02", [message("W4", "2027-01-28"), message("W3", "2027-01-18")], "due", [("S5", M), ("S5", P)]),
])
def test_below_strength(as_of: str, past: list[dict[str, Any]], ladder: str, expected: list[tuple[str, str]]) -> None:
    """Below strength by a phone number: by the day phones end while its ladder lasts, else by the due date."""
    due = dt.date(2027, 2, 1) if ladder == "due" and as_of > "2027" else DUE
    found = planned(person(status=Status.BELOW_STRENGTH.value, phone_only=True, due=due), as_of, *past)

    assert expected == heard(found)
    assert {ladder} == set(found.rows["ladder"])


_START = dt.date(2026, 11, 2)
_GRACE = _START + dt.timedelta(14)
_N1, _N2 = message("starter-1", "2026-11-02", ladder="starter"), message("starter-2", "2026-11-12", ladder="starter")
_N3 = message("starter-3", "2026-11-17", ladder="starter")


@pytest.mark.parametrize(("as_of", "past", "status", "expected"), [
    ("2026-11-02", [], Status.GRACE, [("starter-1", P)]),                      # day 0
    ("2026-11-05", [], Status.GRACE, [("starter-1", P)]),                      # welcome is never missed
    ("2026-11-12", [_N1], Status.GRACE, [("starter-2", P)]),                   # grace end -3 is a Friday: Thursday
    ("2026-11-16", [_N1, _N2], Status.GRACE, []),                              # the last day
    ("2026-11-17", [_N1, _N2], Status.NOT_REGISTERED, [("starter-3", M), ("starter-3", P)]),
    ("2026-11-23", [_N1, _N2, _N3], Status.NOT_REGISTERED, [("S6", M), ("S6", "service_desk")]),
    ("2026-11-18", [], Status.NOT_REGISTERED, [("S2", P)]),                    # never welcomed: as everybody else
])
def test_the_ladder_of_starters(
        as_of: str, past: list[dict[str, Any]], status: Status, expected: list[tuple[str, str]]) -> None:
    """Welcome, three days before the end of grace, the day after it with the manager; then as everybody."""
    starter = person(status=status.value, due=_GRACE, starter_until=_GRACE)

    assert expected == heard(planned(starter, as_of, *past))


def test_a_starter_before_a_later_deadline_goes_by_the_deadline() -> None:
    """Whose own grace does not decide is on the ladder of the due date."""
    found = planned(person(status=Status.GRACE.value, starter_until=dt.date(2026, 10, 10)), "2026-10-05")

    assert [("S1", P)] == heard(found)


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2026-11-01", [], []),
    ("2026-11-02", [], [("P1", P)]),
    ("2026-11-03", [message("P1", "2026-11-02")], [("P2", M), ("P2", P), ("P2", "security_lead")]),
    ("2026-11-05", [message("P1", "2026-11-02"), message("P2", "2026-11-03")], [("P3", "ciso")]),
    ("2026-12-01", [], [("P1", P)]),                                           # an old date: the introduction
    ("2026-12-02", [message("P1", "2026-12-01")], [("P2", M), ("P2", P), ("P2", "security_lead")]),
    ("2026-12-03", [message("P1", "2026-12-01"), *(message("P2", "2026-12-02", recipient=who)
                                                   for who in (P, M, "security_lead"))], []),
    ("2026-12-07", [message("P1", "2026-12-01"), message("P2", "2026-12-02")], [("P3", "ciso")]),
])
def test_the_ladder_of_the_privileged(as_of: str, past: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    """Privileged accounts hear on the day, the day after and three days after, without a cool-down; a late start keeps
    the distances."""
    assert expected == heard(planned(person(privileged=True), as_of, *past))


@pytest.mark.parametrize(("as_of", "status", "past", "expected"), [
    ("2026-09-30", Status.EXEMPT, [], []),
    ("2026-10-01", Status.EXEMPT, [], ["X1"]),                                 # -30 is a Saturday: the Thursday before
    ("2026-10-28", Status.EXEMPT, [("X1", "2026-10-01")], []),
    ("2026-10-29", Status.EXEMPT, [("X1", "2026-10-01")], ["X2"]),             # -7 is a Monday, missed
    ("2026-11-02", Status.EXEMPT, [("X2", "2026-10-26")], []),
    ("2026-11-03", Status.EXEMPT_EXPIRED, [("X2", "2026-10-26")], ["X3"]),
    ("2026-11-04", Status.EXEMPT_EXPIRED, [("X3", "2026-11-03")], []),
    ("2026-10-05", Status.COMPLIANT, [], []),
])
def test_owners_of_exemptions(
        as_of: str, status: Status, past: list[tuple[str, str]], expected: list[str]) -> None:
    """The owner hears thirty days and a week before an exemption ends, and the day after."""
    if as_of == "2026-10-28":
        past = [*past, ("X2", "2026-10-26")]
    entry = people({**message("", "2026-01-01"), "exemption_id": "E1", "owner": "Owner", "expires_on": "2026-11-02"})
    rows = [message(stage, day, recipient="exemption_owner", ladder="exemption") for stage, day in past]
    found = planned(person(status=status.value, exemption_id="E1", due=None), as_of, *rows, exemptions=entry)

    owners = found.rows[found.rows["recipient"] == "exemption_owner"]
    assert expected == list(owners["stage"])
    assert {"Owner"} >= set(owners["recipient_id"])


def test_an_exemption_that_is_renewed_begins_anew() -> None:
    """With a later end the owner hears again, as another occurrence; the same end twice is told once."""
    entry = people({"exemption_id": "E1", "owner": "Owner", "expires_on": "2027-05-03"})
    past = message("X1", "2026-10-05", recipient="exemption_owner")
    exempt = person(status=Status.EXEMPT.value, exemption_id="E1", due=None)
    renewed = planned(exempt, "2027-04-01", past, exemptions=entry).rows
    again = message("X1", "2027-04-01", recipient="exemption_owner", occurrence=1, anchor=dt.date(2027, 5, 3))

    assert [("X1", 1)] == list(zip(renewed["stage"], renewed["occurrence"], strict=True))
    assert [] == heard(planned(exempt, "2027-04-06", past, again, exemptions=entry))


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2026-10-15", [], []),
    ("2026-10-19", [], ["break-glass-1"]),
    ("2026-11-02", [("break-glass-1", "2026-10-19")], ["break-glass-2"]),
    ("2026-11-03", [("break-glass-1", "2026-10-19"), ("break-glass-2", "2026-11-02")], []),
])
def test_the_test_of_emergency_accounts(as_of: str, past: list[tuple[str, str]], expected: list[str]) -> None:
    """The operator hears two weeks before a test is due and on the day, whatever the account's own status."""
    using = policy(break_glass={"last_tested": {"p1@contoso.example": DUE - dt.timedelta(90)}, "test_every_days": 90})
    account = person(kind="break_glass", population="break_glass", status=Status.COMPLIANT.value)
    rows = [message(stage, day, recipient="operator", ladder="break_glass") for stage, day in past]
    found = planned(account, as_of, *rows, using=using).rows

    assert expected == list(found["stage"])
    assert {"operator"} >= set(found["recipient"])


@pytest.mark.parametrize(("as_of", "past", "stage", "why"), [
    ("2026-10-19", [message("S1", "2026-10-15")], "S2", "cool_down"),
    ("2026-10-26", [message("S2", "2026-10-22")], "S3", "cool_down"),
    ("2026-10-26", [message("W3", "2026-10-22", ladder="weak"), S1], "S3", "cool_down"),     # across ladders
    ("2026-10-26", [message("old", "2026-10-22", campaign="last-year"), S2], "S3", "cool_down"),  # and campaigns
    ("2026-10-26", [message("S2", "2026-10-22", State.UNKNOWN), S1], "S3", "cool_down"),     # it may have left
    ("2026-10-26", [message("S1", "2026-10-22", State.INTENT), S2], "S3", "cool_down"),
    ("2026-11-16", [S1, S2, message("S5", "2026-11-02"), *S6[:1], message("x", "2026-11-12")], "S7", "cool_down"),
])
def test_the_cool_down(as_of: str, past: list[dict[str, Any]], stage: str, why: str) -> None:
    """Nobody hears twice within five days, whichever ladder or campaign the first was of."""
    found = planned(person(), as_of, *past)

    assert (stage, why) in held(found)
    assert (stage, P) not in heard(found)


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2026-10-19", [message("S1", "2026-10-14")], ("S2", P)),                  # five days are enough
    ("2026-10-26", [S1, message("S2", "2026-10-22", State.FAILED)], ("S3", P)),     # it did not leave
    ("2026-10-29", [S1, S2, message("S3", "2026-10-27")], ("S4", P)),          # the last before the anchor is exempt
    ("2026-11-03", [S1, S2, message("S4", "2026-11-02")], ("S5", P)),          # and the first after it
])
def test_what_the_cool_down_lets_through(as_of: str, past: list[dict[str, Any]], expected: tuple[str, str]) -> None:
    """Failed messages start no cool-down; the last call and the first overdue message ignore it."""
    assert expected in heard(planned(person(), as_of, *past))


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2026-10-26", [], "S2"), ("2026-10-29", [], "S2"), ("2026-11-02", [], "S2"),
    ("2026-11-03", [], "S2"), ("2027-06-01", [], "S2"), ("2026-10-06", [], "S1"),
    ("2026-11-03", [message("S2", "2026-10-29", State.FAILED)], "S2"),
])
def test_the_first_message_accuses_nobody(as_of: str, past: list[dict[str, Any]], expected: str) -> None:
    """A person's first message in a campaign is the announcement or the how-to, whatever the date."""
    found = planned(person(), as_of, *past)

    assert [(expected, P)] == heard(found)
    assert ["first_message"] == list(found.rows["why"])


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2027-06-03", [message("S2", "2027-06-01")], []),
    ("2027-06-07", [message("S2", "2027-06-01")], []),                         # six days
    ("2027-06-08", [message("S2", "2027-06-01")], [("S5", M), ("S5", P)]),     # seven
    ("2027-06-08", [message("S2", "2027-06-01", State.UNKNOWN)], []),          # it may never have come
    ("2027-06-08", [message("S2", "2027-06-01", campaign="last-year")], [("S2", P)]),
    ("2027-06-09", [message("S2", "2027-06-01"), *(message("S5", "2027-06-08", recipient=who) for who in (P, M))], []),
    ("2027-06-14", [message("S2", "2027-06-01"), message("S5", "2027-06-08")], [("S6", "service_desk"), ("S6", M)]),
    ("2027-06-14", [message("S2", "2027-06-01"), message("S5", "2027-06-08", State.FAILED)], [("S5", M), ("S5", P)]),
    ("2027-06-21", [message("S2", "2027-06-01"), message("S5", "2027-06-08"),
                    message("S6", "2027-06-14", recipient="service_desk")], [("S7", "local_admin"), ("S7", P)]),
])
def test_a_backlog_never_escalates_at_once(
        as_of: str, past: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    """Overdue needs a message seven days before, and later stages keep their distance from the day it really left."""
    found = heard(planned(person(), as_of, *past))

    assert sorted(expected) == sorted(found)


@pytest.mark.parametrize(("as_of", "past", "expected"), [
    ("2026-11-12", [*TOLD, S5, MANAGED[1]], ["S6"]),
    ("2026-12-03", [*TOLD, S5], ["S8"]),                                       # S6 and S7 were missed
    ("2026-10-27", [S1], ["S3"]),                                              # S2 was missed
    ("2026-11-02", [S1, S2, S3], ["S4"]),                                      # the day itself is not too late
    ("2026-11-04", [S1, S2, S3], ["S5"]),                                      # S4 was missed, and its time is over
])
def test_missed_runs_send_the_newest_stage_alone(as_of: str, past: list[dict[str, Any]], expected: list[str]) -> None:
    """A backlog is not made up for."""
    assert expected == sorted({stage for stage, _ in heard(planned(person(), as_of, *past))})


def test_a_stage_is_never_gone_back_to() -> None:
    """When the due date moves on, what was told is not told again."""
    later = person(due=DUE + dt.timedelta(60))

    assert [] == heard(planned(later, "2026-12-07", *TOLD))


def test_two_stages_that_fall_on_one_day_are_one_message() -> None:
    """Around Christmas a week and two days before can be the same send day: the later one is sent."""
    due = dt.date(2026, 12, 31)
    using = policy(stages=(
        Stage(id="A", day=-28, audience=("staff",), template="announce"),
        Stage(id="B", day=-4, audience=("staff",), template="one_week"),
        Stage(id="C", day=-3, audience=("staff",), template="last_call"),
    ))

    assert [("C", P)] == heard(planned(person(due=due), "2026-12-24", message("A", "2026-12-03"), using=using))


@pytest.mark.parametrize("as_of", ["2026-11-06", "2026-11-07", "2026-11-08", "2026-12-25", "2026-12-28"])
def test_nothing_leaves_on_a_day_that_is_no_send_day(as_of: str) -> None:
    """Fridays, weekends and holidays hold everything, and say so."""
    found = planned(person(), as_of)

    assert [] == heard(found)
    assert [("S2", "not_a_send_day")] == held(found)


def test_a_person_gets_at_most_so_many_messages() -> None:
    """After maximum_messages the person hears no more; others go on hearing of them."""
    found = planned(person(), "2026-11-16", *TOLD, S5, *S6, using=policy(maximum_messages=5))

    assert [("S7", "local_admin")] == heard(found)
    assert [("S7", "maximum_messages")] == held(found)


@pytest.mark.parametrize(("state", "why"), [
    (State.PLANNED, "waits_for_confirmation"), (State.UNDONE, "waits_for_confirmation"),
    (State.INTENT, "being_sent"), (State.UNKNOWN, "outcome_unknown"),
])
def test_a_message_that_stands_is_not_listed_again(state: State, why: str) -> None:
    """Listed, claimed or unknown: it is not planned a second time, and the reason is said."""
    past = [S1, message("S2", "2026-10-19", state)]

    assert [("S2", why)] == held(planned(person(), "2026-10-20", *past))


@pytest.mark.parametrize("state", [State.FAILED, State.WITHDRAWN])
def test_a_message_that_did_not_leave_is_planned_again(state: State) -> None:
    """The same key is used again, not another occurrence."""
    found = planned(person(), "2026-10-20", S1, message("S2", "2026-10-19", state)).rows

    assert [("S2", 0)] == list(zip(found["stage"], found["occurrence"], strict=True))


def test_with_files_only_a_confirmed_stage_advances() -> None:
    """A list nobody confirmed starts no cool-down, counts as no first message and is not escalated."""
    waiting = message("S2", "2026-10-19", State.PLANNED)

    assert [("S2", "waits_for_confirmation")] == held(planned(person(), "2026-11-03", waiting))
    assert [("S5", M), ("S5", P)] == heard(planned(person(), "2026-11-03", message("S2", "2026-10-19",
                                                                                     State.CONFIRMED)))


def test_by_mail_a_list_that_waited_is_sent() -> None:
    """Where messages leave by themselves, an old list does not stand in the way."""
    using = policy(delivery="smtp", sender="mfa@contoso.example")
    found = planned(person(), "2026-10-20", S1, message("S2", "2026-10-19", State.PLANNED), using=using)

    assert [("S2", 0)] == list(zip(found.rows["stage"], found.rows["occurrence"], strict=True))


@pytest.mark.parametrize(("now", "as_of", "gone"), [
    (person(), "2026-10-20", []),
    (person(), "2026-10-26", ["S2"]),                                          # overtaken by the next stage
    (person(status=Status.COMPLIANT.value), "2026-10-20", ["S2"]),             # done since
    (person(away=True), "2026-10-20", ["S2"]),
])
def test_a_list_that_is_no_longer_wanted_is_withdrawn(now: dict[str, Any], as_of: str, gone: list[str]) -> None:
    """What waits to be confirmed goes when the person has done it, or the next stage has come."""
    found = planned(now, as_of, S1, message("S2", "2026-10-19", State.PLANNED))

    assert gone == list(found.withdrawn["stage"])


@pytest.mark.parametrize(("as_of", "lost_on", "past", "expected"), [
    ("2027-03-01", "2027-03-01", [S1, S2], []),                                # two days to mend it
    ("2027-03-03", "2027-03-01", [S1, S2], []),
    ("2027-03-04", "2027-03-01", [S1, S2], [("S5", 0, "factor_lost")]),
    ("2027-03-04", "2027-03-01", [*TOLD, S5], [("S5", 1, "factor_lost")]),     # told once before: another round
    ("2027-03-08", "2027-03-01", [*TOLD, S5, message("S5", "2027-03-04", occurrence=1)], []),
    ("2027-03-04", "2027-03-01", [], [("S2", 0, "first_message")]),            # nobody's first message accuses
])
def test_losing_the_factor_again(as_of: str, lost_on: str, past: list[dict[str, Any]],
                                 expected: list[tuple[str, int, str]]) -> None:
    """Whoever was compliant and lost the factor begins again after the date, a few days after the loss."""
    found = planned(person(lost_on=dt.date.fromisoformat(lost_on)), as_of, *past).rows
    own = found[found["recipient"] == P]

    assert expected == list(zip(own["stage"], own["occurrence"], own["why"], strict=True))


@pytest.mark.parametrize(("as_of", "digest", "expected"), [
    ("2026-10-26", "2026-10-20", False), ("2026-10-26", "2026-10-19", True),
])
def test_a_manager_has_one_digest_a_week(as_of: str, digest: str, *, expected: bool) -> None:
    """A digest about anybody in the last seven days holds the next one; the person hears all the same."""
    other = message("S3", digest, number=2, recipient=M, recipient_id="id-999999")
    found = planned(person(), as_of, S1, S2, other)

    assert ("S3", P) in heard(found)
    assert expected == (("S3", M) in heard(found))
    assert expected == (("S3", "digest_pace") not in held(found))


@pytest.mark.parametrize(("as_of", "digest", "expected"), [
    ("2026-10-28", "2026-10-22", []),
    ("2026-10-29", "2026-10-22", [("S3", M), ("S4", P)]),
    ("2026-11-02", "2026-10-26", [("S3", M), ("S4", P)]),
    ("2026-11-02", "2026-10-15", [("S4", P)]),                                 # nothing held it: that run was missed
    ("2026-11-03", "2026-10-27", [("S5", M), ("S5", P)]),
])
def test_a_digest_that_was_held_waits_for_the_next(
        as_of: str, digest: str, expected: list[tuple[str, str]]) -> None:
    """What a digest shortly before held back is told with the next one, though the person's ladder has gone on."""
    other = message("S3", digest, number=2, recipient=M, recipient_id="id-999999")

    assert expected == heard(planned(person(), as_of, S1, S2, S3, other))


def test_a_ladder_without_stages_is_a_campaign_that_is_closed() -> None:
    """Where the policy has no stages nobody hears anything."""
    using = policy(stages=(), weak_stages=(), privileged_stages=())

    assert [(None, "no_stages")] == held(planned(person(), "2026-11-03", using=using))


def test_without_a_date_nobody_hears() -> None:
    """No deadline: never due, never reminded, and it is said."""
    assert [(None, "no_date")] == held(planned(person(due=None), "2026-11-03"))


def test_a_stage_with_a_name_that_is_built_in_is_refused() -> None:
    """The ledger could not tell the two apart."""
    using = policy(stages=(Stage(id="starter-1", day=-7, audience=("staff",), template="announce"),))

    with pytest.raises(PolicyError, match="starter-1"):
        ladders_of(using)


def test_the_day_an_anchor_comes_near_is_said() -> None:
    """Whose day has not come is held with the next stage and its send day."""
    found = planned(person(), "2026-10-20", S1, S2).held

    assert [("S3", "2026-10-26", "not_due_yet")] == [
        (row.stage, str(row.due.date()), row.why) for row in found.itertuples()]
