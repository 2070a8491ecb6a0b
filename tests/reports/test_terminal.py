"""Pages fit their terminal, are plain when piped, and no name gets out of its field."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TYPE_CHECKING

import nights_terminal as nights
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from mfa_audit.errors import UsageError
from mfa_audit.reports import answers, terminal, words
from mfa_audit.reports.selection import Selection
from mfa_audit.reports.terminal_text import cut, shown, size, wrap
from mfa_audit.tables import Kind, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mfa_audit.reports.view import Night

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(name="night", scope="module")
def _night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return nights.night(tmp_path_factory.mktemp("night"), nights.staff(), assessed=False)


class Narrow(io.StringIO):
    """A text file of another encoding than UTF-8."""

    encoding = "ascii"


def page(draw: Callable[[Console], None], width: int = 80, *, tty: bool = False,
         file: io.StringIO | None = None) -> str:
    file = file or io.StringIO()
    draw(Console(file=file, width=width, force_terminal=tty, color_system="standard" if tty else None,
                 legacy_windows=False, _environ={}))
    return file.getvalue()


def display_width(line: str) -> int:
    """Columns by Unicode alone, apart from the library that drew the line."""
    return sum(
        0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf")
        else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in line
    )


def doctor(console: Console) -> None:
    terminal.doctor(
        [("users_page1.json" * 9, "users", 999, "2 days", "UTF-8", "ZX1, ZX2", "looks like the first page only"),
         ("\x1b[2Jphoto.png", "not recognised", None, "", "", "", "")],
        [("Who has a second sign-in method?", "yes", ""), ("Is MFA demanded?", "no", "no policies are there")],
        [("Conditional Access policies", "In the admin centre, choose Protection, then Conditional Access.", "")],
        "Please send us the policies.\n", console,
    )


def pages(night: Night) -> dict[str, Callable[[Console], None]]:
    rows = night.people.frame()
    control = {"control_id": "MFA-REG-01", "title": "has a usable second factor", "severity": "H", "passed": 5,
               "failed": 10, "excepted": 1, "not_assessed": 2, "not_applicable": 12, "rests_on": "the policy",
               "worst_reason": "nothing_registered", "remediation": "Register, with help", "owner": "staff"}
    facts = answers.Facts(known=[("Job title", "\x1b[31m=1+1 李" * 30)], titles={"MFA-ADM-01": "admins"})
    return {
        "summary": lambda console: terminal.summary(night, console, limit=None, place="reports/x"),
        "organisation": lambda console: terminal.summary(night, console, filters=Selection(organisation="zx1")),
        "figures": lambda console: terminal.figures(night, console),
        "account": lambda console: [terminal.account(row, facts, console) for row in rows.to_dict("records")],
        "matches": lambda console: terminal.matches(rows, console),
        "control": lambda console: terminal.control(control, console),
        "doctor": doctor,
    }


PAGES = ["summary", "organisation", "figures", "account", "matches", "control", "doctor"]


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "piped"])
@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", PAGES)
def test_no_line_is_wider_than_the_console(night: Night, name: str, width: int, *, tty: bool) -> None:
    """Every line fits, with names in CJK, Arabic, combining marks and emoji among them."""
    text = ESCAPE.sub("", page(pages(night)[name], width, tty=tty))

    assert [] == [line for line in text.splitlines() if cell_len(line) > width]
    assert [] == [line for line in text.splitlines() if display_width(line) > width]


@pytest.mark.parametrize("name", PAGES)
def test_piped_pages_have_ascii_structure_only(night: Night, name: str) -> None:
    """On a pipe nothing but directory text is outside ASCII: no boxes, no blocks, no colours."""
    text = page(pages(night)[name])
    directory = set("".join(night.people.frame(["display_name"])["display_name"].dropna()) + "\ufffd李")

    assert "\x1b" not in text
    assert set() == {c for c in text if not c.isascii()} - directory


def test_a_console_that_is_not_utf8_gets_question_marks(night: Night) -> None:
    """A name the console's encoding has no letters for is shown with question marks, and nothing raises."""
    text = page(lambda console: terminal.summary(night, console, limit=None), file=Narrow())

    assert text.isascii()
    assert "???" in text


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "piped"])
def test_hostile_names_stay_text(night: Night, *, tty: bool) -> None:
    """Escapes in a name never reach the terminal, and square brackets are no markup."""
    text = page(lambda console: terminal.summary(night, console, limit=None), 120, tty=tty)

    assert "[red]Zoë O’Neill[/red]" in text
    assert "\x07" not in text
    assert "\x1b" not in ESCAPE.sub("", text)
    assert "\x1b[31mMallory" not in text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=()), max_size=60), st.integers(20, 130))
def test_any_text_is_harmless_on_a_terminal(text: str, width: int) -> None:
    """Whatever a file or a fact is called, no control character leaves and no line grows too wide."""
    facts = answers.Facts(known=[(text, text)], titles={}, manager=text)
    row = nights.person(1, text, department=text)
    shown = page(lambda console: terminal.account(row, facts, console), width, tty=True)
    bare = ESCAPE.sub("", shown)

    assert not [c for c in bare if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"]
    assert all(cell_len(line) <= width for line in bare.split("\n"))
    assert all(size(line) <= width for line in bare.split("\n"))


def test_figures_name_nobody(night: Night) -> None:
    """What may stand in a journal holds no name, no sign-in name and no address."""
    text = page(lambda console: terminal.figures(night, console))
    people = night.people.frame(["display_name", "user_principal_name"])

    assert "Key figures" in text
    assert [] == [name for column in people for name in people[column].dropna() if name in text]


def test_the_headline_is_never_called_compliant_unless_assessed(night: Night) -> None:
    """With nothing known about what is demanded, the word does not appear on the page."""
    text = page(lambda console: terminal.summary(night, console))

    assert "compliant" not in text.casefold()
    assert "not assessed for 19" in text
    assert "between 15.8% and 21.1%, as 1 is not known" in text


def test_an_incomplete_night_says_so_and_names_each_gap(tmp_path: Path) -> None:
    """The banner comes before any figure, and the closing line takes the figure back."""
    night = nights.night(tmp_path, nights.staff(), complete=False)
    text = page(lambda console: terminal.summary(night, console))

    assert text.index("INCOMPLETE") < text.index("Key figures")
    assert "registrations: page 3 of 4 was refused" in text
    assert "no figure above may be relied on" in text


def test_an_empty_night_is_never_a_hundred_per_cent(tmp_path: Path) -> None:
    """Nobody in scope: every share is n/a."""
    night = nights.night(tmp_path, [])
    text = page(lambda console: terminal.summary(night, console))

    assert "100.0%" not in text
    assert "n/a" in text
    assert "Nobody." in text


def test_who_is_away_is_not_told_off(night: Night) -> None:
    """Somebody away is listed as away, without days overdue."""
    text = page(lambda console: terminal.summary(night, console, limit=None), 120)
    line = next(line for line in text.splitlines() if "O’Neill" in line)

    assert "away" in line
    assert "17 days" not in line


def test_limit_says_how_many_are_not_shown(night: Night) -> None:
    """Nothing is cut in silence."""
    text = page(lambda console: terminal.summary(night, console, limit=3))

    assert "Staff not set up: 10" in text
    assert "7 more are not shown" in text


def test_small_groups_are_not_ranked(night: Night) -> None:
    """A group of fewer accounts than the policy's small group has no line of its own."""
    text = page(lambda console: terminal.summary(night, console, limit=0), 120)

    assert "ZX1 Northmoor Fells Hospitals" in text
    assert "ZX2 Larkfen Care" not in text


@pytest.mark.parametrize(
    ("asked", "inside", "outside"),
    [
        (Selection(organisation="larkfen CARE"), "Null", "Amara"),
        (Selection(department="theatres"), "Amara", "Null"),
        (Selection(manager="ACCOUNT.1@corp.example"), "Amara", "Null"),
        (Selection(manager="siân"), "Amara", "Null"),
        (Selection(statuses=("exempt-expired",)), "Ended Exception", "Amara"),
    ],
    ids=["organisation by name", "department", "manager by UPN", "manager by fragment", "status"],
)
def test_filters(night: Night, asked: Selection, inside: str, outside: str) -> None:
    """A filter finds its group whatever the case, and only its people are listed."""
    text = page(lambda console: terminal.summary(night, console, filters=asked))

    assert inside in text
    assert outside not in text


@pytest.mark.parametrize(
    ("asked", "step"),
    [(Selection(organisation="ZX9"), "ZX"), (Selection(department="Theatre"), "Theatres"),
     (Selection(manager="nobody at all"), "sign-in name"), (Selection(statuses=("lost",)), "not_registered")],
    ids=["organisation", "department", "manager", "status"],
)
def test_a_filter_that_fits_nobody_is_an_error(night: Night, asked: Selection, step: str) -> None:
    """A mistyped group is an error with the nearest name, never an empty list that looks like success."""
    with pytest.raises(UsageError) as error:
        page(lambda console: terminal.summary(night, console, filters=asked))

    assert step in error.value.next_step


def test_a_group_is_shown_with_its_own_figures(night: Night) -> None:
    """Filtered by one organisation, the shares are that organisation's, beside the whole tenant's."""
    text = page(lambda console: terminal.summary(night, console, filters=Selection(organisation="ZX1")))

    assert re.search(r"Registered as the policy asks +20\.0% +3 of 15", text)
    assert re.search(r"the whole tenant +15\.8% +3 of 19", text)


@pytest.mark.parametrize("kind", [Kind.SHARED_MAILBOX, Kind.ROOM])
def test_a_mailbox_that_is_nobodys_is_for_the_administrators(kind: Kind) -> None:
    """Nobody signs in to it, so nobody can set anything up: signing in is to be switched off."""
    row = {**nights.person(1, "A B", Status.NOT_REGISTERED), "kind": kind.value}
    text = page(lambda console: terminal.account(row, answers.Facts(), console))

    assert words.MAILBOX_WHO in text
    assert "Switch off signing in" in text
    assert "the person" not in text


def test_who_is_not_let_register_is_for_the_administrators() -> None:
    """Told to do what a policy stops, nobody gets anywhere."""
    row = nights.person(1, "A B", Status.NOT_REGISTERED, ready="no")
    text = page(lambda console: terminal.account(row, answers.Facts(), console))

    assert words.CANNOT_REGISTER_WHO in text
    assert "the person" not in text


@pytest.mark.parametrize("status", list(Status))
def test_every_status_can_be_explained(status: Status) -> None:
    """An account of any status has a page that says what to do."""
    text = page(lambda console: terminal.account(nights.person(1, "A B", status), answers.Facts(), console))

    assert "What to do" in text


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("李小龍", 6, "李小龍"), ("李小龍", 5, "李小…"), ("李小龍", 4, "李…"), ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
     ("abc", 1, "…"), ("ab c", 4, "ab c"), ("ab cde", 4, "ab…")],
)
def test_text_is_cut_by_columns(text: str, width: int, expected: str) -> None:
    """A wide character counts twice, a combining one stays with its letter, and a cut is marked."""
    assert expected == cut(text, width, "…")


def test_emoji_are_shown_without_their_joiners() -> None:
    """A joined picture is as wide in every terminal: its parts, without joiner, modifier and selector."""
    assert "👩⚕ Dr" == shown("👩🏽\u200d⚕\ufe0f Dr", "utf-8")
    assert 7 == size("👩⚕ Dr") + 1


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs"]), min_size=1, max_size=30)),
       st.integers(2, 60))
def test_wrapping_loses_nothing(parts: list[str], width: int) -> None:
    """Every character is still there, in its order, on lines that fit."""
    text = " ".join(parts)
    lines = wrap(text, width)

    assert text.replace(" ", "") == "".join(lines).replace(" ", "")
    assert all(size(line) <= width for line in lines)
