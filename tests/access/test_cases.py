"""The worked cases, and what the command does with files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mfa_audit.access.cases import UnreadableCase, answer
from mfa_audit.cli.app import app
from mfa_audit.errors import InputRejected

CASES = sorted((Path(__file__).parents[1] / "cases" / "conditional_access").glob("*.json"))


def graded(told, expected):
    """What of an answer is not as expected; an answer to who is asked is four lists."""
    if "outcome" not in expected:
        return [name for name, listed in expected.items() if set(told[name]) != set(listed)]
    wrong = [] if told["outcome"] in expected.get("outcomeAccept", [expected["outcome"]]) else ["outcome"]
    names = ["singleFactorPossible"]
    if told["outcome"] == expected["outcome"] and not expected.get("possibleLenient"):
        names.append("possibleOutcomes")
    if not expected.get("lenientOnPolicies"):
        names += ["appliedPolicies", "maybePolicies", "reportOnlyPolicies"]
    if told["outcome"] == "mfa":
        names += ["requiredStrength", "mfaSources"]
    if told["outcome"] in ("allow", "mfa", "control"):
        names.append("signInFrequencyHours")
    wrong += [name for name in names if told[name] != expected[name]]
    return wrong + [policy for policy, reason in expected.get("notApplied", {}).items()
                    if told["notApplied"].get(policy) != reason]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_worked_case(path):
    """Graded as the cases' own README says."""
    case = json.loads(path.read_text(encoding="utf-8"))

    assert not graded(answer(case), case["expect"])


def test_there_are_cases():
    """The folder came along."""
    assert len(CASES) == 28


def test_the_command_answers_in_order():
    """A line a file."""
    told = CliRunner().invoke(app, ["whatif", *map(str, CASES[:3]), "--json"])

    expected = [json.loads(path.read_text(encoding="utf-8"))["expect"]["outcome"] for path in CASES[:3]]
    assert expected == [json.loads(line)["outcome"] for line in told.stdout.splitlines()]


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"tenant": {}, "signIn": {"userId": "x"}}', "[" * 9000,
                                  '{"tenant": {"users": [{"id": "x"}], "groups": ["g"]}, "signIn": {"userId": "x"}}',
                                  '{"tenant": {"users": [{"id": "x"}]}, "signIn": {"userId": "x", "ip": "1.2.3"}}'])
def test_a_file_that_is_no_case_is_rejected(text, tmp_path):
    """By its name, with a reason."""
    path = tmp_path / "case.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputRejected, match=r"case\.json"):
        CliRunner().invoke(app, ["whatif", str(path)], catch_exceptions=False)


def test_a_case_without_its_person_is_none():
    """Nobody is asked about."""
    with pytest.raises(UnreadableCase, match="nobody"):
        answer({"tenant": {"policies": [], "users": []}, "signIn": {"userId": "x"}})


@pytest.mark.parametrize("policies", [None, {}, "none"])
def test_a_tenant_whose_policies_were_not_given_has_not_none(policies):
    """No list of policies is no empty one."""
    with pytest.raises(UnreadableCase, match="policies"):
        answer({"tenant": {"policies": policies, "users": [{"id": "x"}]}, "signIn": {"userId": "x"}})
