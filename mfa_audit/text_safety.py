"""Text from a directory made harmless for where it goes. Sources: OWASP, "CSV
Injection"; Excel's limit of 32,767 UTF-16 units a cell; the XML 1.0 character range.

Every function takes and returns one string; :func:`clean_series` is the same over a pandas column.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_CELL_LIMIT = 32_767
_CUT = "…[cut]"
_CONTROLS = "".join(chr(c) for c in (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)))
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_UNWRITABLE = re.compile(f"[{re.escape(_CONTROLS)}{_BIDI}\ud800-\udfff\ufffe\uffff]")
_UNPRINTABLE = re.compile(f"[{re.escape(_CONTROLS)}{_BIDI}\t\n\r\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}


def for_cell(text: str) -> str:
    """``text`` as a spreadsheet cell can hold it: no character XML forbids, no direction override, at most
    32,767 UTF-16 units (longer text ends in ``…[cut]``). Line ends become LF."""
    text = _UNWRITABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) * 2 <= _CELL_LIMIT:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= _CELL_LIMIT * 2:
        return text
    kept = units[: (_CELL_LIMIT - len(_CUT)) * 2].decode("utf-16-le", errors="ignore")
    return kept + _CUT


def for_csv(text: str) -> str:
    """``text`` for a CSV that people open in a spreadsheet: as :func:`for_cell`, and an apostrophe before
    anything a spreadsheet would run."""
    text = for_cell(text)
    return f"'{text}" if text.startswith(_FORMULA_START) else text


def for_terminal(text: str) -> str:
    """``text`` on one line without escapes, controls, direction overrides or lone surrogates."""
    return _UNPRINTABLE.sub("\ufffd", text)


def for_header(text: str, limit: int = 200) -> str:
    """``text`` for a mail or page header: one line, at most ``limit`` characters."""
    return for_terminal(text)[:limit]


def slug(text: str, limit: int = 40) -> str:
    """A file-name part made of ``text``: lower-case ASCII letters, digits and hyphens, with eight hex digits of
    the real name behind it, so that two names never meet and none is reserved on any system."""
    digest = hashlib.sha256(unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:limit].strip("-")
    return f"{plain}-{digest}" if plain and plain not in _RESERVED else digest


def has_hidden_characters(text: str) -> bool:
    """Whether ``text`` holds something this module would replace on a screen."""
    return bool(_UNPRINTABLE.search(text))


def clean_series(values: pd.Series, kind: str) -> pd.Series:
    """A column of text made harmless at once; ``kind`` is ``cell``, ``csv`` or ``terminal``. Nulls stay null.

    Only the values that need it are touched, so a clean column costs two searches.
    """
    one = {"cell": for_cell, "csv": for_csv, "terminal": for_terminal}[kind]
    suspicious = values.str.contains(_UNPRINTABLE, regex=True, na=False) | (values.str.len() * 2 > _CELL_LIMIT)
    if kind == "csv":
        suspicious |= values.str.startswith(_FORMULA_START, na=False)
    if not suspicious.any():
        return values
    values = values.copy()
    values[suspicious] = values[suspicious].map(one)
    return values
