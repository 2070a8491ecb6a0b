"""Text of a directory and of the policy made fit for a letter, and the name to greet somebody by."""

from __future__ import annotations

import re
import unicodedata

NOBODY = "?"
"""What stands for a name of which nothing can be seen: the line still has to say that there is somebody."""

NOBODY = "?"
"""What stands for a name of which nothing can be seen: the line still has to say that there is somebody."""

_UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # Some scripts spell with them; they draw nothing and turn nothing round.
_HOST = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
_ADDRESS = re.compile(r"[^\s@,;:/<>()\"]+@[\w.-]+")
_ASIDE = re.compile(r"\(.*|\[.*| [-–|/] .*")
_TITLES = ("dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "rev", "sir", "dame", "lord", "lady")
_GIVEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FAMILY_FIRST = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")


def clean(text: str, limit: int) -> str:
    """``text`` on one line, at most ``limit`` characters, with no control, direction or other unseen character."""
    kept = "".join(" " if char.isspace() else char for char in text
                   if char.isspace() or char in _JOINERS or unicodedata.category(char) not in _UNSEEN)
    line = unicodedata.normalize("NFC", " ".join(kept.split()))
    return line if len(line) <= limit else f"{line[:limit - 1].rstrip()}…"


def clean_name(text: str, limit: int) -> str:
    """``text`` of a directory: as :func:`clean`, and nothing in it that a mail program turns into a link."""
    line = clean(text, limit).replace("@", " at ").replace("://", " ").replace("\\\\", " ")
    return clean(_HOST.sub(". ", line), limit)


def clean_account(text: str, limit: int) -> str:
    """``text`` as an account's name: as :func:`clean` where it is one address, else as :func:`clean_name`."""
    line = clean(text, limit)
    return line if _ADDRESS.fullmatch(line) else clean_name(text, limit)


def sentence(text: str) -> str:
    """``text`` ended as a sentence is."""
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


def given_name(display_name: str | None) -> str | None:
    """The name to greet by, out of ``Ada Okafor``, ``Dr Ada Okafor`` or ``OKAFOR, Ada (Pharmacy)``.

    ``None`` where it cannot be told: one word, a team, digits, a script that writes the family name first.
    """
    name = _ASIDE.sub("", clean(display_name or "", 250)).strip()
    family, comma, rest = name.partition(",")
    words = [word for word in (rest if comma else name).split() if word.strip(".").casefold() not in _TITLES]
    if not words or (not comma and len(words) == 1) or (comma and not family.strip()) or "," in rest:
        return None
    found = words[0]
    if len(found) < 2 or not _GIVEN.fullmatch(found) or any(char.isdigit() for char in name):
        return None
    if unicodedata.name(found[0], "").startswith(_FAMILY_FIRST) or found[0].islower():
        return None
    return found.title() if found.isupper() else found
