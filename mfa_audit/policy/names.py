"""Names as people write them into a register: whether a cell says anything, and whether two may mean one person."""

from __future__ import annotations

import re
import unicodedata

from mfa_audit.tables import BLANK_WORDS

_NOTHING = frozenset({
    *BLANK_WORDS, "na", "not applicable", "not known", "no", "nil", "nobody", "tba", "tbc", "tbd", "to be confirmed",
    "to be decided", "to be agreed", "pending", "todo", "to do", "same", "as above", "self", "me",
    "myself", "holder", "the holder",
})
_ONESELF = frozenset({"self", "myself", "selfapproved"})
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame", "rev"})
_ADDRESS = re.compile(r"[^\s<>:;,()]+@[^\s<>:;,()]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_WORD = re.compile(r"[^\W_]+")


def says_nothing(text: str) -> bool:
    """Whether a cell is empty, holds no letter and no digit, or holds a word for "nothing" or "not yet"."""
    words = " ".join(_plain(text).split())
    return not _WORD.search(words) or words.strip(" .:-()[]?!") in _NOTHING


def folded(text: str) -> str:
    """``text`` as names are compared: an address alone, however a mail program wrote it, else words in one case."""
    plain = _plain(text)
    address = _ADDRESS.search(plain)
    return address[0] if address else " ".join(plain.split())


def may_be_oneself(text: str) -> bool:
    """Whether a name says of itself that it is its reader's own ("Jo Bloggs (self)")."""
    return not _ONESELF.isdisjoint(_WORD.findall(_plain(text)))


def forms(text: str) -> frozenset[str]:
    r"""What ``text`` may be compared by: two names with a form in common may be one person.

    An address and what stands before its ``@`` in any domain, an object id with or without hyphens and braces, a name
    whatever the order of its words, without titles, remarks in brackets, accents, and the domain before a ``\\``.
    """
    plain = _plain(text)
    found = set(_ADDRESS.findall(plain))
    written = [address.partition("@")[0] for address in found]
    rest = re.sub(r"\([^)]*\)", " ", _ADDRESS.sub(" ", plain))
    for name in (*written, rest.rpartition("\\")[2]):
        bare = unicodedata.normalize("NFKD", name)
        words = [word for word in _WORD.findall("".join(c for c in bare if not unicodedata.combining(c)))
                 if word not in _TITLES]
        found |= {"".join(words), "".join(sorted(words))}
    return frozenset(found - {""})


def _plain(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
