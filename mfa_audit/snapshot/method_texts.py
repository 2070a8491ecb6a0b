"""Lists of authentication methods: every distinct text is read once, in Python, then joined back as bits.

A name that the catalogue does not know is *unmapped*: kept, never counted. Text is cut only where every piece is then
understood or is plainly a name; what stays whole stays unmapped, so that half a label never becomes a factor. A list
that names a method and takes something back beside it ("Mobile phone; Not registered", "!mobilePhone") is not read:
nobody can tell what is taken back.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.methods import BY_SPELLING, CATALOGUE, spelling

if TYPE_CHECKING:
    from mfa_audit.snapshot import engine
    from mfa_audit.snapshot.staging import Staged

_NONE = ("[]", "{}", "none", "[none]", "()", "@()")
_NOT_READ = ("null", "system.string[]", "system.object[]", "n/a", "-")
_NAME_LIMIT, _LIST_LIMIT = 80, 400
_API_NAME = re.compile(r"[a-z][A-Za-z0-9]+")
_LONG_NUMBER = re.compile(r"\+?\d(?:[\s().,/\-]*\d){5,}")
_API_NAMES = frozenset(name for method in CATALOGUE for name in method.graph_names)
_NAME = re.compile(r"[\"']?[^\W_](?:[\w\s().,&/+'\u2019\u00ad\u200b-\u200f\u2060\ufeff-]*[\w)])?[\"']?")
"""A known name as names are written: whatever else stands in or around it may strike it out."""
_DENIALS = re.compile(
    r"\b(?:no|non|not|none|never|without|false|un(?:registered|available|verified|confirmed)|deregistered|inactive"
    r"|(?:dis|not en)abled|disallowed|blocked|revoked|removed|deleted|expired|suspended|cancell?ed|declined|rejected"
    r"|denied|failed|invalid|incomplete|pending|awaiting|requested|required|missing|lost|stolen|former|previous(?:ly)?"
    r"|excluded|retired|reset)\b", re.IGNORECASE)
_NEW_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BATCH = 10_000
_WIDEST = 8


@dataclass(frozen=True)
class Methods:
    """One list as read: known methods as bits, ``read`` false when it cannot be told, and the unmapped names."""

    bits: int
    read: bool
    unmapped: tuple[str, ...] = ()


def read_methods(text: str) -> Methods:
    """The methods named in ``text``: a JSON list, or names or labels parted by ``;``, ``|``, comma, line or space."""
    plain = text.strip().lower()
    if plain in _NONE:
        return Methods(0, read=True)
    if plain in _NOT_READ or plain.startswith(("{", "@{")):
        return Methods(0, read=False)
    if plain.startswith("["):
        return _from_json(text)
    return _gather([piece for part in re.split(r"[;|\r\n]+", text) for piece in _pieces(part.strip())])


def add_method_texts(staged: Staged) -> None:
    """Create ``method_texts`` (text, bits, read, unmapped) for every distinct text of ``raw_registrations``."""
    connection = staged.connection
    connection.execute("CREATE TABLE method_texts (text VARCHAR, bits INTEGER, read BOOLEAN, unmapped VARCHAR)")
    if "methods" not in staged.fields.get("registrations", ()):
        return
    connection.execute(
        "CREATE TABLE distinct_methods AS SELECT DISTINCT methods AS text FROM raw_registrations "
        "WHERE methods IS NOT NULL ORDER BY methods"
    )
    total = connection.execute("SELECT count(*) FROM distinct_methods").fetchall()[0][0]
    for start in range(0, total, _BATCH):
        texts = connection.execute(
            "SELECT text FROM distinct_methods LIMIT ? OFFSET ?", [_BATCH, start]
        ).fetchall()
        rows = []
        for (text,) in texts:
            methods = read_methods(text)
            rows.append((text, methods.bits, methods.read, _joined(methods.unmapped)))
        _insert(connection, rows)
    connection.execute("DROP TABLE distinct_methods")


def _insert(connection: engine.Connection, rows: list[tuple[str, int, bool, str | None]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    connection.execute(
        "INSERT INTO method_texts SELECT unnest($1::VARCHAR[]), unnest($2::INTEGER[]), unnest($3::BOOLEAN[]), "
        "unnest($4::VARCHAR[])", columns,
    )


def _joined(unmapped: tuple[str, ...]) -> str | None:
    if not unmapped:
        return None
    joined = ";".join(name[:_NAME_LIMIT].replace(";", ",") for name in unmapped)
    return joined if len(joined) <= _LIST_LIMIT else joined[:_LIST_LIMIT] + "…"


def _from_json(text: str) -> Methods:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return Methods(0, read=False)
    if not all(isinstance(item, str) and not item.startswith("@{") for item in items if item is not None):
        return Methods(0, read=False)
    return _gather([item.strip() for item in items if item is not None])


def _gather(names: list[str]) -> Methods:
    bits, unmapped, denied = 0, set(), False
    for name in names:
        reduced = spelling(name)
        if reduced in BY_SPELLING:
            bits |= BY_SPELLING[reduced]
            denied = denied or not _NAME.fullmatch(name)
            continue
        denied = denied or bool((name and not reduced) or _DENIALS.search(_NEW_WORD.sub(" ", name)))
        if name and reduced != "none":
            # A telephone number stood where a name belongs: no number goes on.
            unmapped.add(_LONG_NUMBER.sub("…", name))
    if bits and denied:
        return Methods(0, read=False)
    return Methods(bits, read=True, unmapped=tuple(sorted(unmapped)))


def _known(name: str) -> bool:
    return spelling(name) in BY_SPELLING


def _pieces(part: str) -> list[str]:
    """``part`` cut at commas, the longest known label first, then at spaces where that is safe."""
    tokens = part.split(",")
    pieces = []
    start = 0
    while start < len(tokens):
        for end in range(min(len(tokens), start + _WIDEST), start, -1):
            candidate = ",".join(tokens[start:end]).strip()
            if _known(candidate):
                pieces.append(candidate)
                start = end
                break
        else:
            pieces.extend(_spaced(tokens[start].strip()))
            start += 1
    return [piece for piece in pieces if piece]


def _spaced(token: str) -> list[str]:
    words = token.split()
    groups = []
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _WIDEST), start, -1):
            if _known(" ".join(words[start:end])):
                groups.append(" ".join(words[start:end]))
                start = end
                break
        else:
            # A word nobody knows: names as the interface writes them may still be told apart, a label may not, and a
            # plain word beside a name may deny it ("no mobilePhone").
            names = all(map(_API_NAME.fullmatch, words)) and not any(
                word.islower() and word not in _API_NAMES for word in words)
            if names and any(word in _API_NAMES and not word.islower() for word in words):
                return words
            return [token]
    return groups
