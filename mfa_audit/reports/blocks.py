"""What a page of plain text is made of, before anybody decides how it is drawn.

``overview`` and ``answers`` say *what* is shown as a sequence of these blocks; ``terminal`` draws them. Text in a block
is raw: whoever draws it makes it harmless first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Tone(Enum):
    """How something is meant; never the only carrier of a meaning."""

    PLAIN = auto()
    STRONG = auto()
    QUIET = auto()
    GOOD = auto()
    WEAK = auto()
    BAD = auto()


@dataclass(frozen=True)
class Heading:
    """Opens a section; ``aside`` is a figure or a condition said beside the title."""

    text: str
    aside: str = ""


@dataclass(frozen=True)
class Sentence:
    """Running text, wrapped to the page; ``indent`` counts columns."""

    text: str
    tone: Tone = Tone.PLAIN
    indent: int = 0


@dataclass(frozen=True)
class Banner:
    """What nobody may overlook: a title and the reasons for it."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Pairs:
    """Labels with a value each, the values wrapped beside them."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Verbatim:
    """Text to be copied: its lines stay as they are."""

    text: str


@dataclass(frozen=True)
class Cell:
    """One field of a grid."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Bar:
    """A share drawn as a bar as wide as its column."""

    part: int
    whole: int
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Column:
    """One column of a grid, measured in terminal columns.

    ``least``: never narrower than this (or than its widest cell); ``most``: never wider.
    ``rank``: on a narrow page the highest rank goes first; 0 stays. A column nobody fills is left out.
    """

    title: str
    right: bool = False
    least: int = 1_000
    most: int = 1_000
    rank: int = 0


@dataclass(frozen=True)
class Grid:
    """Rows under columns; a grid without a single title has no header line. ``indent`` counts columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell | Bar]]
    indent: int = 0


Block = Heading | Sentence | Banner | Pairs | Verbatim | Grid
"""Anything a page may hold."""
