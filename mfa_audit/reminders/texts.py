"""The texts of one language, from the files that are shipped and those of an organisation's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfa_audit.errors import InputRejected
from mfa_audit.policy.schema_reminders import AUDIENCES
from mfa_audit.reminders.language import Language, language_of
from mfa_audit.reminders.templates import Part, Text, read_blocks, read_guide, read_letter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.resources.abc import Traversable

_NOT_LETTERS = ("blocks", "guide")
_SHARED_BLOCKS = ("PASSKEY", "WHEN_ASKED", "APP", "NO_PHONE", "LOST", "WRONG", "REAL", "KEEP", "RISK")


@dataclass(frozen=True)
class Texts:
    """How a language writes values, its letters by name, its blocks and its guide."""

    language: Language
    letters: Mapping[str, Text]
    blocks: Mapping[str, tuple[Part, ...]]
    guide: Text


def letter_name(file: str) -> str | None:
    """The letter a file holds; ``None`` when it holds something else."""
    stem, dot, rest = file.partition(".")
    return stem if dot and rest == "txt" and stem not in _NOT_LETTERS else None


def texts_of(tag: str, folders: Sequence[Traversable], preset: str) -> Texts:
    """The texts of one language: of each folder the general file, then the preset's, later ones over earlier.

    Raises :class:`InputRejected` naming file and line for the first text that is wrong or missing.
    """
    def layers(name: str, ending: str) -> list[tuple[str, str]]:
        files = [folder / file for folder in folders for file in (f"{name}.{ending}", f"{name}.{preset}.{ending}")]
        return [(_place(file), _read(file)) for file in files if file.is_file()]

    phrases = layers("phrases", "toml")
    if not phrases:
        raise InputRejected("is missing", file=_place(folders[-1] / "phrases.toml"),
                            next_step="a language needs phrases; copy those of en-GB and translate them.")
    language = language_of(tag, phrases)
    blocks = {name: parts for place, text in layers("blocks", "txt")
              for name, parts in read_blocks(place, text).blocks.items()}
    wanted = _wanted_blocks(language)
    lacking = [name for name in wanted if name not in blocks]
    if lacking:
        raise InputRejected(f"the block {lacking[0]} is missing", file=_place(folders[-1] / "blocks.txt"),
                            next_step=f"a language needs {', '.join(wanted)}.")
    names = sorted({name for folder in folders for item in folder.iterdir() if (name := letter_name(item.name))})
    letters = {name: read_letter(*layers(name, "txt")[-1], AUDIENCES) for name in names}
    guides = layers("guide", "txt")
    if not guides:
        raise InputRejected("is missing", file=_place(folders[-1] / "guide.txt"),
                            next_step="a language needs a guide; copy the one of en-GB and translate it.")
    return Texts(language, letters, blocks, read_guide(*guides[-1]))


def _wanted_blocks(language: Language) -> list[str]:
    families = [f"HOW.{family}" for family in language.phrases["families"]]
    return [*families, *_SHARED_BLOCKS]


def _place(file: Traversable) -> str:
    return str(file)


def _read(file: Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise InputRejected("is not UTF-8 text", file=_place(file), next_step="save it again as UTF-8.") from None
    except OSError as error:
        raise InputRejected(f"cannot be read: {error.strerror}", file=_place(file),
                            next_step="check the folder of letters.") from error
