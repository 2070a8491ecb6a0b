"""The worked cases, and what the command does with files that are none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mfa_audit.access.cases import UnreadableCase, answer
from mfa_audit.cli.app import app
from mfa_audit.errors import InputRejected

FOLDER = Path(__file__).parents[1] / "cases"
CASES = sorted((FOLDER / "conditional_access").glob("*.json"))
OWN = sorted((FOLDER / "own").glob("*.json"))

# What the case files in ``own`` show by their number, one title a number.
TRAPS = (
    "report-only", "risk-only", "or with a compliant device", "nested exclusion", "external members", "eligible roles",
    "unrecognised platform", "all in any case", "AllTrusted without the MFA trusted IPs", "a country is not trusted",
    "legacy clients not named", "negative filter, unregistered device", "unparseable filter", "strength of one factor",
    "frequency without MFA", "frequency switched off", "days and hours", "user action is no app",
    "suite, single app and exclusion", "Azure management and the portal", "hybrid and Entra joined",
    "device code and device controls", "None as user", "role template and instance", "unread and deleted groups",
    "per-user MFA survives", "security defaults are not always", "unknown control", "flags with blanks",
    "only named locations", "IPv6", "listed tenants", "custom controls", "block here, exclusion there",
)
FILTERS = (
    "precedence", "spelling", "contains", "unregistered, positive, include", "unregistered, negative, include",
    "unregistered, positive, exclude", "unregistered, negative, exclude", "-eq False and -ne True",
    "extension attribute, unmanaged, positive", "extension attribute, unmanaged, negative", "not exported",
    "Microsoft's template", "unparseable, include", "unparseable, exclude", "unknown property or operator",
    "-not", "trust types",
)


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


@pytest.mark.parametrize("path", CASES + OWN, ids=lambda path: path.stem)
def test_a_worked_case(path):
    """Graded as the cases' own README says."""
    case = json.loads(path.read_text(encoding="utf-8"))

    assert not graded(answer(case), case["expect"])


def test_there_are_cases():
    """The folder came along."""
    assert len(CASES) == 28


@pytest.mark.parametrize(("kind", "titles"), [("trap", TRAPS), ("filter", FILTERS)])
def test_every_number_has_a_case(kind, titles):
    """No trap and no row of the filter's behaviour without a file, and no file with another number."""
    told = {int(path.stem.split("-")[1]) for path in OWN if path.stem.startswith(f"{kind}-")}

    assert told == set(range(1, len(titles) + 1))


def test_our_own_cases_say_what_they_show():
    """Their name, a reason and where the rule is."""
    for path in OWN:
        case = json.loads(path.read_text(encoding="utf-8"))

        assert case["id"] == path.stem
        assert case["title"], path.stem
        assert case["why"], path.stem
        assert re.fullmatch(r"conditional-access\.md \d+(\.\d+)?", case["source_of_rule"]), path.stem


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
