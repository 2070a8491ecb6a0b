"""What a killed run had read is taken over whole or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from doubles import START

from mfa_audit.errors import OutputFailed
from mfa_audit.sources.graph.kept import Shelf

ASKED = "/v1.0/things?$select=id"


@pytest.fixture
def shelf(tmp_path):
    return of(tmp_path)


READER = ("https://graph.microsoft.com", "tenant", "application")


def of(home, *reader):
    return Shelf(home / "collecting", START, timedelta(hours=6), reader or READER)


def write(shelf, *, reason="", began=START):
    with shelf.writing("things") as out:
        out.write(b'{"id":"a"}\n')
    return shelf.keep("things", ASKED, 1, began, 1, reason)


def test_a_whole_listing_is_found_again(shelf):
    """Rows, count and the time it began come back."""
    assert write(shelf) == shelf.find("things", ASKED)


def test_a_listing_in_the_making_is_not(shelf):
    """A kill before the note leaves nothing to be found, also where an older note lay."""
    write(shelf)
    with shelf.writing("things") as out:
        out.write(b'{"id":')

    assert shelf.find("things", ASKED) is None


@pytest.mark.parametrize("spoil", [
    lambda shelf: write(shelf, reason="its pages expired"),
    lambda shelf: write(shelf, began=START - timedelta(hours=7)),
    lambda shelf: write(shelf, began=START + timedelta(minutes=1)),
    lambda shelf: write(shelf).path.write_bytes(b'{"id":"b"}\n'),
    lambda shelf: write(shelf).path.unlink(),
    lambda shelf: write(shelf).path.with_suffix(".json").write_text("{"),
    lambda shelf: write(shelf).path.with_suffix(".json").write_text("[]"),
    lambda shelf: shelf.clear(),
], ids=["a part", "old", "of the future", "altered", "gone", "cut note", "strange note", "cleared"])
def test_anything_else_is_read_afresh(shelf, spoil):
    """A part, an old or an altered listing is not taken over."""
    spoil(shelf)

    assert shelf.find("things", ASKED) is None


def test_a_listing_asked_in_other_words_is_another(shelf):
    """Other properties, another listing."""
    write(shelf)

    assert shelf.find("things", f"{ASKED},mail") is None


@pytest.mark.parametrize("changed", range(3))
def test_what_another_one_read_is_another_listing(shelf, tmp_path, changed):
    """Another Graph, another tenant or another application may have been answered otherwise."""
    write(shelf)
    other = [*READER[:changed], "another", *READER[changed + 1:]]

    assert of(tmp_path, *other).find("things", ASKED) is None
    assert of(tmp_path, *READER).find("things", ASKED) is not None


def test_what_is_kept_is_private(shelf):
    """Nobody else may read it."""
    assert 0o600 == write(shelf).path.stat().st_mode & 0o777


def test_a_full_disk_is_said(shelf):
    """The error of the disk becomes one sentence."""
    with pytest.raises(OutputFailed, match="room"), shelf.writing("things"):
        raise OSError(28, "No space left on device")
