"""``mfa-audit guide``: where the page goes, whose words it uses, and what it refuses."""

from __future__ import annotations

import os
import re
import stat

import pytest


@pytest.mark.parametrize(("words", "page"), [
    ((), "mfa-guide.html"),
    (("--output", "out"), "out/mfa-guide.html"),
    (("--output", "new/staff.html"), "new/staff.html"),
])
def test_the_page_and_its_text_are_written(mfa, home, words, page):
    """Into the folder or file named, else here; one sentence says where."""
    said = mfa("guide", *words)
    file, text = home / page, f"{page.removesuffix('html')}txt"

    assert 0 == said.code
    assert f"The guide for staff is in {page}, as plain text in {text}.\n" == said.out.replace("\\", "/")
    assert "" == said.err
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "every eight hours" in " ".join(file.with_suffix(".txt").read_text(encoding="utf-8").split())
    if os.name == "posix":
        assert 0o600 == stat.S_IMODE(file.stat().st_mode)


def test_the_words_of_a_preset(mfa, home):
    """With ``--preset``, as the run that judges by it."""
    said = mfa("guide", "--preset", "nhs")

    assert 0 == said.code
    assert "NHS.net account" in (home / "mfa-guide.txt").read_text(encoding="utf-8")


def test_the_policy_decides_what_staff_read(mfa, home):
    """A policy file, its hours, and the letters beside it."""
    (home / "mine" / "letters" / "en-GB").mkdir(parents=True)
    (home / "mine" / "policy.toml").write_text(
        "schema_version = 1\n[requirements.staff]\nagain_within_hours = 3\n", encoding="utf-8")
    (home / "mine" / "letters" / "en-GB" / "blocks.txt").write_text("[[RISK]]\nThe line stops.\n", encoding="utf-8")
    said = mfa("guide", "--policy", "mine/policy.toml")
    text = " ".join((home / "mfa-guide.txt").read_text(encoding="utf-8").split())

    assert 0 == said.code
    assert "again every three hours" in text
    assert "The line stops." in text


def test_the_same_command_twice_gives_the_same_bytes(mfa, home):
    """And writes over what it wrote."""
    pages = []
    for _ in range(2):
        assert 0 == mfa("guide", "--preset", "nhs").code
        pages.append((home / "mfa-guide.html").read_bytes())

    assert pages[0] == pages[1]


@pytest.mark.parametrize(("words", "code", "part"), [
    (("--preset", "nhz"), 2, "the nearest is \"nhs\""),
    (("--policy", "none.toml"), 2, "the policy cannot be read"),
    (("--language", "cy"), 2, "there is no text in cy"),
    (("--letters", "none"), 2, "no such folder of letters"),
    (("--output", "guide.pdf"), 2, "is neither a folder nor a .html file"),
    (("--output", ""), 2, "is empty"),
])
def test_what_cannot_be_done_is_refused_and_nothing_written(mfa, home, words, code, part):
    """With what to do next."""
    said = mfa("guide", *words)

    assert code == said.code
    assert part in re.sub(r"\s+", " ", said.err)
    assert [] == list(home.iterdir())


def test_a_text_that_is_wrong_names_file_and_line(mfa, home):
    """Before anything is written."""
    (home / "ours" / "en-GB").mkdir(parents=True)
    (home / "ours" / "en-GB" / "guide.txt").write_text("= A\n\n== B?\nAsk {nobody}.\n", encoding="utf-8")
    said = mfa("guide", "--letters", "ours")

    assert 7 == said.code
    assert "guide.txt:4: there is no field {nobody}" in said.err.replace("\n", "")
    assert not (home / "mfa-guide.html").exists()
