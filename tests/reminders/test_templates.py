"""An organisation's own texts: read before the first message, or refused with file, line and what to do."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

import pytest
from said import everything, statements

from mfa_audit.errors import InputRejected, MfaAuditError, UsageError
from mfa_audit.policy import load_policy
from mfa_audit.reminders.guide import guide
from mfa_audit.reminders.words import Words

SHIPPED = Path(str(resources.files("mfa_audit.reminders") / "letters" / "en-GB"))
LETTER = """# ours
For: staff
Subject: [MFA] Please read by {due}

Hello {given_name},
| Hello,

Do it by {due}.

[[NO_PHONE]]

[[LOST]]

[[REAL]]
"""


@pytest.fixture(name="own")
def _own(tmp_path):
    """A folder of letters with an empty folder for English."""
    (tmp_path / "letters" / "en-GB").mkdir(parents=True)
    return tmp_path / "letters"


def _write(own, name, text, language="en-GB"):
    (own / language).mkdir(exist_ok=True)
    (own / language / name).write_text(text, encoding="utf-8")


def test_an_own_letter_takes_the_place_of_the_shipped_one(own):
    """The others stay as they are."""
    _write(own, "announce.txt", LETTER)
    policy = load_policy(None, "nhs")
    words = Words.of(policy, own)

    assert "[MFA] Please read by Friday 13 February 2026" == words.letter("announce", everything(policy)).subject
    assert Words.of(policy).letter("how_to", everything(policy)) == words.letter("how_to", everything(policy))


def test_an_own_block_is_said_in_every_letter_and_the_guide(own):
    """Only the blocks that stand in the file are replaced."""
    _write(own, "blocks.txt", "[[LOST]]\nRing the night porter.\n")
    policy = load_policy(None, "nhs")
    letters = [Words.of(policy, own).letter(name, everything(policy)).body for name in ("announce", "overdue")]

    assert all("Ring the night porter." in body and "Is this message real?" in body for body in letters)


def test_the_folder_beside_the_policy_is_found(tmp_path, own):
    """Without being named."""
    _write(own, "announce.txt", LETTER)
    (tmp_path / "policy.toml").write_text("schema_version = 1\n")
    policy = load_policy(tmp_path / "policy.toml")

    assert "Please read" in Words.of(policy).letter("announce", everything(policy)).subject


@pytest.mark.parametrize(("old", "new", "line", "said"), [
    ("by {due}.", "by {dew}.", 8, r"there is no field \{dew\}\nNext: the nearest is \{due\}; docs/reminders\.md"),
    ("by {due}.", "by {due.year}.", 8, "has a brace that is no field"),
    ("by {due}.", "by {{due}}.", 8, "has a brace that is no field"),
    ("by {due}.", "by {% if x %}.", 8, "has a brace that is no field"),
    ("[[REAL]]", "", 3, r"the block REAL is missing\nNext: add a line \[\[REAL\]\]: a letter to staff must have it"),
    ("[[NO_PHONE]]", "", 3, "the block NO_PHONE is missing"),
    ("[[LOST]]", "", 3, "the block LOST is missing"),
    ("by {due}.", "by {due}. We looked on {as_of}.", 3, r"the block WRONG is missing\n.* because it names \{as_of\}"),
    ("[[LOST]]", "[[LOSS]]", 10 + 2, "there is no block LOSS\nNext: the nearest is LOST"),
    ("Do it", "See https://evil.example", 8, "holds a link or markup\nNext: write a web address as words to type"),
    ("Do it", "See www.evil.example", 8, "holds a link or markup"),
    ("Do it", "<b>Do</b> it", 8, "holds a link or markup"),
    ("Do it", "Do\u202e it", 8, "holds a character that cannot be seen"),
    ("Do it", "Do\x07 it", 8, "holds a character that cannot be seen"),
    ("Do it", "Tell {people}", 8, "lists people and may not go to staff"),
    ("Do it", "?due Do it {when_app}", 8, "is yes or no and writes nothing\nNext: begin the line with"),
    ("Do it", "Do it [[HOW]] now", 8, "has a block in the middle of a line"),
    ("[MFA] Please", "Please", 3, r"the subject does not begin with \[MFA\]"),
    ("Please read by {due}", "Hello {given_name}", 3, "may not stand in a subject"),
    ("Please read by {due}", "Come to {drop_in}", 3, "the last subject names a field that may be missing"),
    ("For: staff", "For: everybody", 2, "there is no audience everybody\nNext: known: staff, manager"),
    ("For: staff\n", "", 1, "needs one line For:"),
    ("Subject:", "Subjekt:", 3, "is neither For: nor Subject:"),
    ("Do it", "x" * 20_001, None, "is longer than 20000 characters"),
])
def test_a_letter_that_is_wrong_is_refused_with_its_line(own, old, new, line, said):
    """File, line, what is wrong, what to do; before any letter is written."""
    assert old in LETTER
    _write(own, "announce.txt", LETTER.replace(old, new))

    with pytest.raises(InputRejected, match=said) as caught:
        Words("general", own)
    assert str(own / "en-GB" / "announce.txt") in str(caught.value)
    assert line is None or line == caught.value.line


@pytest.mark.parametrize(("name", "text", "said"), [
    ("blocks.txt", "Hello\n", "text before the first block"),
    ("blocks.txt", "[[REAL]]\n\n[[LOST]]\nx\n", "the block REAL above this line says nothing"),
    ("blocks.txt", "[[REAL]]\na\n[[REAL]]\nb\n", "the block REAL stands there twice"),
    ("blocks.txt", "[[RAEL]]\na\n", "there is no block RAEL"),
    ("guide.txt", "Hello\n", "must begin with a section"),
    ("guide.txt", "= A\n\n== B?\nBy {due}.\n", "is about one person"),
    ("guide.txt", "= A\n\n== B?\nDear {given_name}.\n", "is about one person"),
    ("phrases.toml", "[words]\nacount = 'x'\n", r"\[words\] has no phrase acount"),
    ("phrases.toml", "[wrods]\na = 'x'\n", r"there is no section \[wrods\]"),
    ("phrases.toml", "[words]\naccount = x\n", "is not TOML"),
    ("phrases.toml", "[words]\naccount = 7\n", "must be one phrase on one line"),
    ("phrases.toml", "[words]\naccount = 'a\\u202eb'\n".replace("'", '"'), "must be one phrase on one line"),
    ("phrases.toml", "[dates]\nmonths = ['Jan']\n", "must have 12 names"),
    ("phrases.toml", "[dates]\npattern = '{day} {month.__class__}'\n",
     r"takes \{day\}, \{month\}, \{weekday\}, \{year\}"),
    ("phrases.toml", "[numbers]\nevery_hours = 'all the time'\n", r"takes \{n\}"),
    ("phrases.toml", "[words]\naccount = '{due}'\n", "takes no braces"),
])
def test_other_files_that_are_wrong_are_refused(own, name, text, said):
    """Blocks, guide and phrases, by file and line."""
    _write(own, name, text)

    with pytest.raises(InputRejected, match=said) as caught:
        Words("general", own)
    assert str(own / "en-GB" / name) in str(caught.value)


def test_a_letter_that_is_not_text_is_refused(own):
    """UTF-16 from a text editor, for one."""
    (own / "en-GB" / "announce.txt").write_bytes(LETTER.encode("utf-16"))

    with pytest.raises(InputRejected, match="is not UTF-8 text"):
        Words("general", own)


def test_a_byte_order_mark_and_dos_line_ends_are_read(own):
    """Notepad writes both."""
    (own / "en-GB" / "announce.txt").write_bytes(b"\xef\xbb\xbf" + LETTER.replace("\n", "\r\n").encode())
    policy = load_policy(None, "general")

    assert "\r" not in Words.of(policy, own).letter("announce", everything(policy)).body


def test_a_letter_nobody_would_get_is_refused(own):
    """A file name with a slip would otherwise be passed over in silence."""
    _write(own, "anounce.txt", LETTER)

    with pytest.raises(UsageError, match=r"no stage of the policy uses this letter\nNext: .* nearest .* announce"):
        Words.of(load_policy(None, "general"), own)


def test_an_own_letter_that_a_stage_names_is_used(tmp_path, own):
    """A policy may have stages with letters of its own."""
    _write(own, "ward_round.txt", LETTER)
    (tmp_path / "policy.toml").write_text('schema_version = 1\n[[reminders.stages]]\nid = "A"\nday = -1\n'
                                          'audience = ["staff"]\ntemplate = "ward_round"\n')
    policy = load_policy(tmp_path / "policy.toml")

    assert "Please read" in Words.of(policy).letter("ward_round", everything(policy)).subject


@pytest.mark.parametrize("folder", ["nothing", "empty"])
def test_a_folder_that_holds_no_letters_is_refused(tmp_path, folder):
    """Rather than the shipped words sent in its place."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(MfaAuditError, match=r"no such folder of letters|holds no folder of a language"):
        Words("general", tmp_path / folder)


_ACCENTS = str.maketrans("aeiouyAEIOUY", "àéîöüÿÀÉÎÖÜŸ")
_KEPT = re.compile(r"(\{[a-z_]+\}|\[\[[A-Za-z_.]+\]\]|^\?[a-z_]+:|^(?:For|Subject):.*|^#.*|^\[.*\]$|^\w+ = )",
                   re.MULTILINE)


def _accented(text):
    """English with accents, fields and structure left alone: a language nobody has to learn to test."""
    return "".join(piece if _KEPT.fullmatch(piece) else piece.translate(_ACCENTS) for piece in _KEPT.split(text))


@pytest.fixture(name="pseudo")
def _pseudo(own):
    shutil.rmtree(own / "en-GB")
    (own / "qps-ploc").mkdir()
    for file in SHIPPED.iterdir():
        if file.name.count(".") == 1:
            _write(own, file.name, _accented(file.read_text(encoding="utf-8")), "qps-ploc")
    return own


def test_another_language_is_one_folder(pseudo):
    """Every letter and the guide, dates, lists and greeting: nothing of the general English is left."""
    policy = load_policy(None, "general")
    words = Words.of(policy, pseudo)
    for template in words.templates:
        made = words.letter(template, everything(policy, asked_in=("7",), administrator_asked_in=("7",),
                                                 not_asked_in=("7",)), "qps-PLOC")
        theirs = (r"Ada|Zoë Ørsted|EX007|\[MFA\]|[\w.]+@[\w.]+|IT service desk|your usual way"
                  r"|You are asked .*|Tuesdays .*")
        ours = re.sub(theirs, " ", "\n".join(statements(made.body)))

        assert "qps-ploc" == made.language
        assert not re.search(r"\b(?:the|is|you|please|February|and|reach|Hello)\b", ours, re.IGNORECASE)
    page = guide(policy, "qps-ploc", pseudo)

    assert '<html lang="qps-ploc">' in page.html
    assert "Wédnésdàÿ" in _accented("Wednesday")
    assert "Mööndàÿ 1 Fébrüàrÿ 2027".replace("öö", "ö") in page.text


def test_a_reader_hears_their_own_language_and_everybody_else_the_default(pseudo):
    """By ``preferredLanguage``, its first part where there is no more of it."""
    words = Words("general", pseudo)

    assert ["qps-ploc", "qps-ploc", "en-GB", "en-GB"] == [
        words.language_for(tag) for tag in ("qps-ploc", "qps", "en-US", "cy-GB")]


def test_a_letter_not_yet_translated_is_sent_whole_in_the_default_language(pseudo):
    """Never half and half."""
    (pseudo / "qps-ploc" / "overdue.txt").unlink()
    policy = load_policy(None, "general")
    made = Words.of(policy, pseudo).letter("overdue", everything(policy), "qps-ploc")

    assert made == Words.of(policy).letter("overdue", everything(policy))


@pytest.mark.parametrize("missing", ["phrases.toml", "blocks.txt", "guide.txt"])
def test_a_language_without_its_shared_parts_is_refused(pseudo, missing):
    """With the file that has to be made."""
    (pseudo / "qps-ploc" / missing).unlink()

    with pytest.raises(InputRejected, match=rf"{re.escape(str(pseudo / 'qps-ploc' / missing))}: .*is missing"):
        Words("general", pseudo)


def test_a_default_language_needs_every_letter(pseudo):
    """Otherwise a stage would have nothing to say."""
    (pseudo / "qps-ploc" / "overdue.txt").unlink()

    with pytest.raises(UsageError, match="qps-ploc lacks the letters overdue"):
        Words("general", pseudo, "qps-ploc")
