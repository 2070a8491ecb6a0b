"""Letters and guide can be read at eleven, by two measures of the textstat library that need no word list.

The Automated Readability Index and the Coleman-Liau index count letters, words and sentences and give a school year
of the United States, five below the reader's age: year 6 is a reader of eleven. The second ignores how short the
sentences are and weighs long words more, so it is allowed one year over: "Microsoft Authenticator" and "administrator"
are what people see on their screens.
"""

from __future__ import annotations

import pytest
import textstat
from said import answers, everything, statements

from mfa_audit.policy import load_policy, preset_names
from mfa_audit.reminders.guide import guide
from mfa_audit.reminders.words import Words

YEAR = 6.0
CASES = [(preset, template) for preset in preset_names() for template in Words().templates]


def _years(text):
    """Return the school year by both measures, the second less the year it is allowed."""
    return textstat.automated_readability_index(text), textstat.coleman_liau_index(text) - 1


def _longest_sentence(text):
    return max(len(sentence.split()) for sentence in text.replace("?", ".").replace(":", ".").split(". "))


@pytest.mark.parametrize(("preset", "template"), CASES)
def test_a_letter_can_be_read_at_eleven(preset, template):
    """Every letter of every preset; no sentence over 25 words."""
    policy = load_policy(None, preset)
    text = " ".join(statements(Words.of(policy).letter(template, everything(policy)).body))

    assert max(_years(text)) <= YEAR, _years(text)
    assert _longest_sentence(text) <= 25


@pytest.mark.parametrize("preset", preset_names())
def test_the_guide_can_be_read_at_eleven(preset):
    """The whole page, and every answer a year above at most: a short one weighs its few long words heavily."""
    said = answers(guide(load_policy(None, preset)).text)
    whole = " ".join(line for answer in said.values() for line in statements(answer))
    hard = {question: _years(" ".join(statements(answer))) for question, answer in said.items()
            if textstat.automated_readability_index(" ".join(statements(answer))) > YEAR + 1}

    assert max(_years(whole)) <= YEAR, _years(whole)
    assert {} == hard
    assert _longest_sentence(whole) <= 25


def test_the_measure_tells_plain_from_official():
    """A sentence as policies write them is far above."""
    official = ("Users are required to complete multi-factor authentication enrolment prior to the enforcement date, "
                "failing which conditional access restrictions will be applied to their organisational credentials.")

    assert min(_years(official)) > 12
