"""Letters: every one of every preset says what it must, to whom it is for, in words of the reader's language."""

from __future__ import annotations

import re

import pytest
from said import DUE, everything, statements

from mfa_audit.errors import UsageError
from mfa_audit.policy import load_policy, preset_names
from mfa_audit.reminders.fields import FIELDS, Person, policy_fields
from mfa_audit.reminders.words import Words, letter

PRESETS = preset_names()
TEMPLATES = Words().templates
EVERY = [(preset, template) for preset in PRESETS for template in TEMPLATES]
WEEKDAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"


def _letter(preset, template, **fields):
    policy = load_policy(None, preset)
    return Words.of(policy).letter(template, everything(policy, **fields))


@pytest.mark.parametrize(("preset", "template"), EVERY)
def test_every_letter_of_every_preset_is_plain_and_has_no_link(preset, template):
    """The subject carries the prefix; nothing can be clicked; no field or block is left over; lines fit a screen."""
    made = _letter(preset, template)

    assert made.subject.startswith("[MFA] ")
    assert not re.search(r"://|www\.|mailto:|[{}<>]|\[\[|\]\]", made.subject + made.body.replace("[MFA]", ""))
    assert max(map(len, made.body.splitlines())) <= 72
    assert made.body.endswith("\n")
    assert "None" not in made.body


@pytest.mark.parametrize(("preset", "template"), EVERY)
def test_every_letter_says_how_to_see_that_it_is_real(preset, template):
    """Letters to staff say besides what to do without a phone, and with a lost one."""
    policy = load_policy(None, preset)
    words = Words.of(policy)
    said = " ".join(statements(words.letter(template, everything(policy)).body))

    assert "Is this message real?" in said
    assert "No one will ever ask you for your password or a code." in said
    if "staff" in words.audiences(template):
        assert "If you cannot use a mobile, or need an adjustment, tell your manager or the" in said
        assert f"Lost your phone, or have a new one? Tell the {policy.service_desk.name}." in said
        assert policy.service_desk.route in said


@pytest.mark.parametrize(("preset", "template"), EVERY)
def test_whoever_reads_of_our_records_reads_how_to_put_them_right(preset, template):
    """A letter to staff that names the day of the records says what to do when they are wrong."""
    policy = load_policy(None, preset)
    words = Words.of(policy)
    body = " ".join(words.letter(template, everything(policy)).body.split())

    if "staff" in words.audiences(template) and "Monday 2 February 2026" in body:
        assert "If they are wrong, tell the" in body


@pytest.mark.parametrize(("preset", "template"), EVERY)
def test_dates_are_written_out(preset, template):
    """No date is in digits, and every year follows a written month and a weekday."""
    made = _letter(preset, template)
    text = " ".join(f"{made.subject} {made.body}".split())

    assert not re.search(r"\d{4}-\d\d|\d\d?/\d", text)
    assert len(re.findall(r"\b20\d\d\b", text)) == len(re.findall(rf"{WEEKDAY} \d\d? [A-Z][a-z]+ 20\d\d", text))


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_general_letters_name_no_organisation(template):
    """Words of one organisation come from its preset alone."""
    made = _letter("general", template)

    assert not re.search(r"nhs|self service|trust\b", made.subject + made.body, re.IGNORECASE)


def test_the_preset_says_it_in_its_organisations_words():
    """The same letter, with the account and the device people know."""
    body = " ".join(_letter("nhs", "announce").body.split())

    assert "for your NHS.net account" in _letter("nhs", "announce").subject
    assert "NHS Apple device, off the network" in body
    assert "Microsoft says it blocks over 99.9% of attacks on accounts." in body
    assert "the Self Service icon on the desktop of an NHS device" in body


@pytest.mark.parametrize("preset", PRESETS)
def test_every_stage_has_a_letter_for_everybody_it_speaks_to(preset):
    """Each audience of each stage gets a letter that is for it."""
    policy = load_policy(None, preset)
    words = Words.of(policy)
    found = [(words.template_for(stage.template, audience, privileged=ladder == "privileged_stages"), audience)
             for ladder, stages in policy.reminders.ladders.items() for stage in stages for audience in stage.audience]

    assert found
    assert [] == [pair for pair in found if pair[1] not in words.audiences(pair[0])]


@pytest.mark.parametrize(("template", "audience", "privileged", "expected"), [
    ("one_week", "staff", False, "one_week"),
    ("one_week", "manager", False, "manager_digest"),
    ("assisted_setup", "manager", False, "assisted_setup"),
    ("assisted_setup", "service_desk", False, "service_desk"),
    ("access_change", "local_admin", False, "local_admin"),
    ("escalation", "local_admin", False, "escalation"),
    ("escalation", "ciso", True, "escalation"),
    ("how_to", "staff", True, "how_to_privileged"),
    ("overdue", "security_lead", True, "security_lead"),
    ("stronger", "staff", False, "stronger"),
    ("exemption_ending", "exemption_owner", False, "exemption_ending"),
    ("not_enforced", "local_admin", False, "not_enforced"),
    ("dormant", "local_admin", False, "dormant"),
    ("cannot_register", "operator", False, "cannot_register"),
])
def test_who_gets_which_letter(template, audience, privileged, expected):
    """The stage's own where it is for them, else the one their audience gets of every stage."""
    assert expected == Words().template_for(template, audience, privileged=privileged)


@pytest.mark.parametrize(("template", "audience"), [("nothing", "staff"), ("nothing", "manager"),
                                                    ("manager_digest", "staff"), ("how_to", "exemption_owner")])
def test_a_letter_that_is_not_there_is_refused(template, audience):
    """With the letters there are."""
    with pytest.raises(UsageError, match=r"Next: known letters: access_change"):
        Words().template_for(template, audience)


def test_a_policy_that_names_a_letter_that_is_not_there_is_refused(tmp_path):
    """Before the first message."""
    file = tmp_path / "policy.toml"
    file.write_text('schema_version = 1\n[[reminders.stages]]\nid = "A"\nday = -1\naudience = ["staff"]\n'
                    'template = "anounce"\n')

    with pytest.raises(UsageError, match="there is no letter anounce"):
        Words.of(load_policy(file))


@pytest.mark.parametrize("line", ['[reminders.words]\ndrop_in = "see https://evil.example"',
                                  '[service_desk]\nroute = "mailto:desk@contoso.example"',
                                  '[reminders.words]\nclaim = "<a href=x>all</a>"'])
def test_a_link_in_the_policys_own_words_is_refused(tmp_path, line):
    """They go into every letter."""
    file = tmp_path / "policy.toml"
    file.write_text(f"schema_version = 1\n{line}\n")

    with pytest.raises(UsageError, match="holds a link or markup"):
        Words.of(load_policy(file))


def test_lines_without_a_value_are_left_out():
    """No drop-in, no opening hours, no mailbox, no consequence: no line about them; nobody's name: just Hello."""
    body = _letter("general", "last_call", given_name=None, mailbox=None, drop_in="", consequence=None).body

    assert body.startswith("Hello,\n\nPlease set up")
    assert not re.search("help session|They are open|mailbox|changes after", body)
    assert body.count("1. ") == 1


def test_lines_with_a_value_stand():
    """The same letter when the policy says all of it."""
    body = " ".join(_letter("general", "last_call", desk_hours="8 to 6").body.split())

    assert body.startswith("Hello Ada, This is about the shared mailbox Ward 7 Reception, which you look after.")
    assert "Come to a help session: Tuesdays at noon in the library." in body
    assert "They are open: 8 to 6." in body
    assert "This is what changes after that day: You are asked for a code at each sign-in." in body


@pytest.mark.parametrize("template", ["how_to", "one_week", "last_call", "overdue", "starter_ending", "access_change"])
def test_nobody_with_a_check_is_told_that_they_have_none(template):
    """One that is too weak, or not allowed, is called that."""
    weaker, none = (" ".join(_letter("general", template, has_weaker=has).body.split()) for has in (True, False))

    assert "show a check that does not count here." in weaker
    assert "show none yet" not in weaker
    assert "show none yet" in none


@pytest.mark.parametrize("stop", ["", "."])
def test_the_policys_words_end_where_a_sentence_ends(stop):
    """Whether or not whoever wrote the policy ended them."""
    body = " ".join(_letter("general", "last_call", drop_in=f"Mondays{stop}", route=f"the hall{stop}",
                            consequence=f"You are asked more{stop}").body.split())

    assert "session: Mondays. If" in body
    assert "reach them: the hall. " in body
    assert "after that day: You are asked more. 1." in body


def test_access_changes_are_promised_only_where_the_policy_says_them():
    """Without a consequence the letter promises none, and it never names a day: no record says on which one rules
    change for somebody."""
    silent, said = _letter("general", "access_change", consequence=None), _letter("general", "access_change")

    assert "[MFA] Your second sign-in check is still to be set up" == silent.subject == said.subject
    assert "changes" not in silent.body
    assert "This is what changes: You are asked for a code at each sign-in." in said.body


def test_the_phone_only_get_passkey_steps_by_device_where_they_may_use_them():
    """Else the steps of the recommended method."""
    passkey, other = (" ".join(_letter("general", "stronger", passkeys=allowed).body.split())
                      for allowed in (True, False))

    assert all(f"- {device}:" in passkey for device in ("iPhone", "Android phone", "Windows computer", "Security key"))
    assert "passkey" not in other
    assert "then Microsoft Authenticator." in other


def test_the_steps_are_those_of_the_recommended_method(tmp_path):
    """A policy that recommends passkeys teaches passkeys, and says nothing of the app."""
    file = tmp_path / "policy.toml"
    file.write_text('schema_version = 1\n[methods]\nrecommended = "passkey"\n')
    policy = load_policy(file)
    body = " ".join(Words.of(policy).letter("starter", everything(policy)).body.split())

    assert "Choose Add sign-in method, then Passkey." in body
    assert not re.search("Authenticator|the app", body)


def test_the_steps_lead_to_a_method_that_is_enough(tmp_path):
    """Where a notice in the app is too weak for a tier, or barred, its steps are those of a passkey."""
    file = tmp_path / "policy.toml"
    file.write_text('schema_version = 1\n[requirements.privileged]\nminimum = "phishing_resistant"\n')
    policy = load_policy(file)
    words, fields = Words.of(policy), everything(policy)
    staff, privileged = (words.letter("how_to_privileged", {**fields, **policy_fields(policy, tier)})
                         for tier in ("staff", "privileged"))

    assert "then Microsoft Authenticator." in " ".join(staff.body.split())
    assert "then Passkey." in " ".join(privileged.body.split())


def test_a_letter_without_a_field_it_needs_is_not_written():
    """The letter and the field are named."""
    policy = load_policy(None, "general")

    with pytest.raises(ValueError, match="announce needs the field due"):
        Words.of(policy).letter("announce", policy_fields(policy))
    with pytest.raises(ValueError, match="stronger needs the field passkeys"):
        Words.of(policy).letter("stronger", everything(policy, passkeys=None))
    with pytest.raises(ValueError, match="there is no field dew"):
        Words.of(policy).letter("announce", everything(policy, dew=DUE))


def test_a_managers_list_names_and_counts_their_people():
    """A line a person, with as much as the caller gave."""
    made = _letter("general", "manager_digest")

    assert "[MFA] Your team: second sign-in check still to be set up (two)" == made.subject
    assert "- Ann O'Neill, due Friday 13 February 2026\n" in made.body
    assert "- Łukasz Müller (lukasz@northmoor.example), Theatres, manager Mo Khan" in " ".join(made.body.split())


def test_an_empty_list_is_not_sent():
    """A digest of nobody is a mistake of the caller."""
    with pytest.raises(ValueError, match="manager_digest needs the field people"):
        _letter("general", "manager_digest", people=())


@pytest.mark.parametrize(("hours", "words"), [(1, "again every hour"), (8, "again every eight hours"),
                                              (24, "again every 24 hours"), (None, None)])
def test_hours_are_the_policys(hours, words):
    """And left out where the policy says none."""
    body = " ".join(_letter("general", "announce", again=hours).body.split())

    assert (words is None and "again every" not in body) or words in body


@pytest.mark.parametrize("preferred", [None, "", "en-GB", "EN-gb", "en_US", "en", "fr-FR", "x", "../en-GB", "en\r\n"])
def test_the_default_language_is_spoken_to_whoever_prefers_another(preferred):
    """A language there is no folder for, or no language at all."""
    policy = load_policy(None, "general")

    assert "en-GB" == Words.of(policy).letter("announce", everything(policy), preferred).language


def test_one_letter_by_itself():
    """The short way gives the same letter."""
    policy = load_policy(None, "nhs")
    fields = everything(policy)

    assert Words.of(policy).letter("how_to", fields, "en") == letter("how_to", fields, "en", preset="nhs")


def test_every_field_is_used_by_a_letter_or_the_guide():
    """A field nobody can see is none."""
    from importlib import resources  # noqa: PLC0415

    folder = resources.files("mfa_audit.reminders") / "letters" / "en-GB"
    text = "".join(file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".txt"))
    used = set(re.findall(r"\{([a-z_]+)\}|\?([a-z_]+):", text))

    assert {"policy_title", "policy_mark"} >= set(FIELDS) - {name for pair in used for name in pair}


def test_nobody_is_accused_in_a_first_message():
    """Announce, how_to and starter do not say late, overdue or must by now."""
    said = " ".join(_letter("general", name).body for name in ("announce", "how_to", "starter"))

    assert not re.search(r"overdue|too late|was due|final|warning|fail", said, re.IGNORECASE)


def test_a_list_is_never_cut_silently():
    """A thousand people are a thousand lines."""
    people = tuple(Person(f"Name {number:04} Surname") for number in range(1000))

    assert 1000 == _letter("general", "manager_digest", people=people).body.count("\n- Name ")
