"""Letters in words people can trust: plain text, no link, no attachment, nothing of a directory that could harm.

The texts are files under ``letters/<language>/``; an organisation's own folder, laid out the same, comes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from typing import TYPE_CHECKING

from mfa_audit.errors import UsageError
from mfa_audit.reminders.fields import FIELDS, Fields, policy_fields
from mfa_audit.reminders.filling import Filler, Said, plain_text
from mfa_audit.reminders.names import clean
from mfa_audit.reminders.templates import Part, Text, links_in
from mfa_audit.reminders.texts import Texts, letter_name, texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from mfa_audit.policy import Policy
    from mfa_audit.reminders.language import Language

DEFAULT_LANGUAGE = "en-GB"
OWN_FOLDER = "letters"
"""The folder beside the policy file in which an organisation keeps texts of its own."""

_SUBJECT = 200
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_AUDIENCE_LETTERS: Mapping[str, str] = {
    "manager": "manager_digest", "service_desk": "service_desk", "local_admin": "local_admin",
    "security_lead": "security_lead", "ciso": "escalation", "operator": "operator",
}


@dataclass(frozen=True)
class Letter:
    """A message in plain text. ``subject`` is one line; ``body`` has LF line ends and ends with one."""

    subject: str
    body: str
    template: str
    language: str


class Words:
    """Every text of every language there is, read and checked.

    ``preset`` names whose words are laid over the general ones; ``folder`` holds an organisation's own texts, one
    folder a language. Raises :class:`InputRejected` naming file and line for the first text that is wrong.
    """

    def __init__(self, preset: str = "general", folder: Path | None = None,
                 default_language: str = DEFAULT_LANGUAGE) -> None:
        shipped = resources.files("mfa_audit.reminders") / "letters"
        if folder is not None and not folder.is_dir():
            raise UsageError("there is no such folder of letters", where=str(folder),
                             next_step="name a folder with one folder a language, such as en-GB.")
        if folder is not None and not any(_TAG.fullmatch(item.name) for item in folder.iterdir() if item.is_dir()):
            raise UsageError("holds no folder of a language", where=str(folder),
                             next_step="put the letters into a folder named after their language, such as en-GB.")
        roots: list[Traversable] = [shipped, *([folder] if folder is not None else [])]
        tags = dict.fromkeys(item.name for root in roots for item in sorted(root.iterdir(), key=lambda item: item.name)
                             if item.is_dir() and _TAG.fullmatch(item.name))
        self._texts = {tag: texts_of(tag, [root / tag for root in roots if (root / tag).is_dir()], preset)
                       for tag in tags}
        self._by_fold = {tag.casefold(): tag for tag in tags}
        self.default_language = self.language_for(default_language)
        self._shipped = _shipped_letters(shipped)
        missing = [name for name in self._shipped if name not in self._texts[self.default_language].letters]
        if missing:
            raise UsageError(f"{self.default_language} lacks the letters {', '.join(missing)}", where=str(folder),
                             next_step="the default language needs every letter.")

    @classmethod
    def of(cls, policy: Policy, folder: Path | None = None, default_language: str = DEFAULT_LANGUAGE) -> Words:
        """The words for ``policy``: its preset's, and over them those in ``folder`` (default: ``letters`` beside the
        policy file, where there is one). Every stage of the policy has its letters, and the policy's own words
        hold no link.

        Raises :class:`InputRejected`, or :class:`UsageError` for what the policy asks for and is not there.
        """
        if folder is None and policy.folder is not None and (policy.folder / OWN_FOLDER).is_dir():
            folder = policy.folder / OWN_FOLDER
        words = cls(policy.preset, folder, default_language)
        for name, value in policy_fields(policy).items():
            for item in (value if isinstance(value, tuple) else (value,)):
                text = item[0] if isinstance(item, tuple) else item
                if isinstance(text, str) and links_in(text):
                    raise UsageError(f"{FIELDS[name].meaning}: holds a link or markup", where="the policy",
                                     next_step="write a web address as words to type, without https://.")
        for ladder, stages in policy.reminders.ladders.items():
            for stage in stages:
                for audience in stage.audience:
                    words.template_for(stage.template, audience, privileged=ladder == "privileged_stages")
        words._refuse_unused(policy)
        return words

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are."""
        return tuple(self._texts)

    @property
    def templates(self) -> tuple[str, ...]:
        """The names of the letters of the default language."""
        return tuple(self._texts[self.default_language].letters)

    def language_for(self, preferred: str | None) -> str:
        """The language to write to somebody who prefers ``preferred``: it, else one of the same first part, else
        the default."""
        wanted = (preferred or "").replace("_", "-").casefold()
        if wanted in self._by_fold:
            return self._by_fold[wanted]
        first = wanted.partition("-")[0]
        if first:
            for fold, tag in self._by_fold.items():
                if fold.partition("-")[0] == first:
                    return tag
        return getattr(self, "default_language", DEFAULT_LANGUAGE)

    def audiences(self, template: str) -> tuple[str, ...]:
        """Whom a letter is for."""
        return self._letter(template, self.default_language)[1].audiences

    def names_people(self, template: str) -> bool:
        """Whether a letter holds a list of people: it is then one for all of whom its reader hears."""
        letter = self._letter(template, self.default_language)[1]
        return any("people" in line.names for part in letter.parts for line in part.lines)

    def template_for(self, template: str, audience: str, *, privileged: bool = False) -> str:
        """The letter by which ``audience`` hears of a stage whose template is ``template``.

        The template itself where it is for them (for privileged accounts ``<template>_privileged`` where there is
        one), else the letter their audience gets of every stage. Raises :class:`UsageError` when there is none.
        """
        letters = self._texts[self.default_language].letters
        tried = (f"{template}_privileged" if privileged else template, template)
        for name in tried:
            if name in letters and audience in letters[name].audiences:
                return name
        general = _AUDIENCE_LETTERS.get(audience, "")
        if template in letters and general in letters:
            return general
        what = f"{template} is not for {audience}" if template in letters else f"there is no letter {template}"
        raise UsageError(f"reminders: {what}", where="the policy",
                         next_step=f"known letters: {', '.join(sorted(letters))}.")

    def letter(self, template: str, fields: Fields, language: str | None = None) -> Letter:
        """The letter ``template`` with ``fields`` filled in, in the language nearest to ``language``; in the default
        language where that one has no such letter.

        ``fields`` are those of :func:`mfa_audit.reminders.fields.policy_fields` and what the letter needs beside.
        Raises ``ValueError`` naming a field that the letter needs and that has no value.
        """
        texts, letter = self._letter(template, self.language_for(language))
        filler = Filler(texts, fields, template)
        subject = next(text for line in letter.subjects if (text := filler.line(line)) is not None)
        return Letter(clean(subject, _SUBJECT), plain_text(filler.parts(letter.parts)), template, texts.language.tag)

    def guide(self, fields: Fields, language: str | None = None) -> tuple[Language, list[Said]]:
        """The guide in the language nearest to ``language``, filled in, with that language."""
        texts = self._texts[self.language_for(language)]
        return texts.language, _answered(Filler(texts, fields, "guide"), texts.guide.parts)

    def _refuse_unused(self, policy: Policy) -> None:
        """A letter nobody would ever get is a file with a wrong name."""
        used = {stage.template for stages in policy.reminders.ladders.values() for stage in stages}
        known = [*self._shipped, *used, *(f"{name}_privileged" for name in used)]
        for texts in self._texts.values():
            for name, letter in texts.letters.items():
                if name not in known:
                    near = get_close_matches(name, known, n=1, cutoff=0)[0]
                    raise UsageError("no stage of the policy uses this letter", where=letter.place,
                                     next_step=f"rename it (the nearest letter is {near}), or name it in a stage.")

    def _letter(self, template: str, language: str) -> tuple[Texts, Text]:
        for tag in (language, self.default_language):
            if template in self._texts[tag].letters:
                return self._texts[tag], self._texts[tag].letters[template]
        raise UsageError(f"there is no letter {template}", next_step=f"known letters: {', '.join(self.templates)}.")


def letter(template: str, fields: Fields, language: str | None = None, folder: Path | None = None, *,
           preset: str = "general") -> Letter:
    """One letter; whoever writes many keeps a :class:`Words`."""
    return Words(preset, folder).letter(template, fields, language)


def _shipped_letters(shipped: Traversable) -> list[str]:
    return sorted(name for item in (shipped / DEFAULT_LANGUAGE).iterdir() if (name := letter_name(item.name)))


def _answered(filler: Filler, parts: Sequence[Part]) -> list[Said]:
    """The questions that have an answer, under the sections that have a question."""
    said: list[Said] = []
    starts = [place for place, part in enumerate(parts) if part.kind in ("section", "question")]
    for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        heading, answer = filler.parts(parts[start:start + 1]), filler.parts(parts[start + 1:end])
        if heading and (answer or parts[start].kind == "section"):
            said += [*heading, *answer]
    following = [*(part.kind for part in said[1:]), "section"]
    return [part for part, then in zip(said, following, strict=True) if not part.kind == then == "section"]
