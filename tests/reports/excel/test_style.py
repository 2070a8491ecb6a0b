"""Colours and figures read honestly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_audit.reports import words
from mfa_audit.reports.excel import style
from mfa_audit.tables import Status


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("tone", sorted(style.TONES))
def test_every_tone_is_readable(tone: str) -> None:
    """Ink on its background reaches 4.5 to 1, WCAG AA."""
    background, ink = (_luminance(colour) for colour in style.TONES[tone])

    assert (max(background, ink) + 0.05) / (min(background, ink) + 0.05) >= 4.5


def test_every_status_has_a_tone() -> None:
    """No status is left without a tone, and no tone is unknown."""
    assert set(Status) == set(style.STATUS_TONE)
    assert set(style.STATUS_TONE.values()) <= set(style.TONES)


@given(st.integers(0, 3_000_000), st.integers(1, 3_000_000))
def test_the_number_format_says_what_words_say(part: int, whole: int) -> None:
    """A share in a cell reads as the same share in a sentence, at both ends above all."""
    part = min(part, whole)
    said = words.percent(part, whole)

    shown = style.share_format(part, whole)

    special = {"<0.1%": style.ALMOST_NONE, "99.9%": style.ALMOST_ALL}
    if shown == style.SHARE:
        assert said not in {"<0.1%"}
        assert (said == "100.0%") == (part == whole)
    else:
        assert shown == special[said]


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("李小龙", 6), ("e\u0301", 1), ("one\nfour", 4)])
def test_display_width(text: str, width: int) -> None:
    """Wide letters count twice, combining marks not at all, and the longest line decides."""
    assert width == style.display_width(text)
