"""Which questions the files can answer, and what to ask for."""

import pytest

from mfa_audit.snapshot.raw import RAW_FIELDS
from mfa_audit.sources.exports.questions import QUESTIONS, RECIPES, answer, missing_of, request_text
from mfa_audit.sources.exports.source import FileReport
from mfa_audit.tables import REGISTERS, TENANT_DOCUMENTS


def given(*tables: str, refused: bool = False) -> list[FileReport]:
    return [FileReport(f"{table}.json", table, ((table, 1),), refused=refused) for table in tables]


def verdicts(reports: list[FileReport]) -> dict[str, str]:
    return {each.question.name: each.can for each in answer(reports)}


def test_nothing_answers_nothing() -> None:
    """Without files every question is open, and the request begins with what is needed most."""
    answers = answer([])

    assert {"no"} == {each.can for each in answers}
    assert "registrations" == missing_of(answers)[0]


def test_a_refused_file_answers_nothing() -> None:
    """A file that a run would refuse does not count."""
    assert {"no"} == set(verdicts(given("accounts", "registrations", refused=True)).values())


@pytest.mark.parametrize(("tables", "question", "expected"), [
    (("registrations",), "registered", "in part"),
    (("registrations", "accounts", "authentication_methods_policy", "domains"), "registered", "yes"),
    (("mfa_status",), "required", "in part"),
    (("conditional_access_policies", "named_locations", "group_members", "security_defaults"), "required", "yes"),
    (("registrations", "role_assignments", "role_eligibility"), "privileged", "yes"),
    (("accounts",), "reminders", "no"),
    (("accounts", "recipients", "service_accounts"), "special", "yes"),
    (("organization",), "tenant", "yes"),
])
def test_each_question_asks_for_its_own_files(tables: tuple[str, ...], question: str, expected: str) -> None:
    """Yes when nothing is missing, in part when what completes is missing, no when what is needed is."""
    assert expected == verdicts(given(*tables))[question]


def test_a_partial_answer_says_what_is_lost() -> None:
    """What is missing is named together with its effect."""
    (partial,) = [each for each in answer(given("registrations")) if each.question.name == "registered"]

    assert "without the list of users" in partial.because
    assert "accounts" in partial.missing


def test_whatever_can_be_missing_has_a_recipe() -> None:
    """Every needed or completing table exists and has a way to get it."""
    known = {*RAW_FIELDS, *REGISTERS, *TENANT_DOCUMENTS}
    wanted = {name for question in QUESTIONS for name, _ in question.better}
    wanted |= {group[0] for question in QUESTIONS for group in question.needs}

    assert wanted <= set(RECIPES)
    assert set(RECIPES) <= known


def test_the_request_can_be_sent_as_it_is() -> None:
    """The request lists each missing file with its clicks, its line and the right it needs; none when all is there."""
    text = request_text(("accounts", "registrations"))

    assert "1. The list of users" in text
    assert "2. The user registration details" in text
    assert "-join ';'" in text
    assert "Global Reader" in text
    assert "" == request_text(())
