"""How one language writes dates, numbers, methods and lists: its ``phrases.toml``, whole or refused."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mfa_audit.errors import InputRejected
from mfa_audit.methods import CATALOGUE, Level
from mfa_audit.policy.locate import line_of
from mfa_audit.reminders.fields import FIELDS, Person
from mfa_audit.reminders.names import NOBODY, clean, clean_account, clean_name, sentence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from mfa_audit.reminders.fields import Field, Value

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "words": ("language", *(name for name, field in FIELDS.items() if field.kind == "phrase"), "claim"),
    "dates": ("pattern", "weekdays", "months"),
    "numbers": ("small", "every_hour", "every_hours", "one_day", "days"),
    "lists": ("comma", "and", "or", "person_account", "person_manager", "person_due", "deadline"),
    "methods": tuple(method.name for method in CATALOGUE if method.level > Level.NONE),
    "levels": tuple(level.label for level in Level if level > Level.NONE),
    "families": tuple(dict.fromkeys(method.family for method in CATALOGUE if method.family)),
    "guide": ("title", "contents", "skip", "footer"),
}
LISTS = ("methods", "levels", "texts", "people", "deadlines")
"""The kinds of field that hold several things."""
_LENGTHS = {("dates", "weekdays"): 7, ("dates", "months"): 12}



@dataclass(frozen=True)
class Language:
    """One language: ``tag`` as the directory writes it (``en-GB``), and its phrases by section and key."""

    tag: str
    phrases: Mapping[str, Mapping[str, Any]]

    def word(self, section: str, key: str) -> str:
        """One phrase."""
        return cast("str", self.phrases[section][key])

    def date(self, day: dt.date) -> str:
        """A date written out."""
        dates = self.phrases["dates"]
        return cast("str", dates["pattern"]).format(
            weekday=dates["weekdays"][day.weekday()], day=day.day, month=dates["months"][day.month - 1], year=day.year)

    def number(self, value: int) -> str:
        """A small number as a word, another one in digits."""
        small: Sequence[str] = self.phrases["numbers"]["small"]
        return small[value] if 0 <= value < len(small) else str(value)

    def items(self, field: Field, value: Value) -> list[str]:
        """A list, an item a text."""
        if field.kind == "people":
            return [self._person(person) for person in cast("Sequence[Person]", value)]
        if field.kind == "deadlines":
            return [self.word("lists", "deadline").format(label=clean(label, field.limit), date=self.date(day))
                    for label, day in cast("Sequence[tuple[str, dt.date]]", value)]
        names = cast("Sequence[str]", value)
        if field.kind == "texts":
            return [clean(name, field.limit) for name in names]
        return list(dict.fromkeys(self.word(field.kind, name) for name in names))

    def write(self, name: str, value: Value) -> str:
        """The value of the field ``name`` as a line shows it."""
        field = FIELDS[name]
        if field.kind in LISTS:
            return self._join(self.items(field, value), "or" if field.kind == "methods" else "and")
        ways: Mapping[str, Callable[[], str]] = {
            "phrase": lambda: self.word("words", name),
            "date": lambda: self.date(cast("dt.date", value)),
            "number": lambda: self.number(cast("int", value)),
            "hours": lambda: self._counted(cast("int", value), "every_hour", "every_hours"),
            "days": lambda: self._counted(cast("int", value), "one_day", "days"),
            "family": lambda: self.word("families", cast("str", value)),
            "flag": lambda: "",
            "name": lambda: clean_name(cast("str", value), field.limit),
            "text": lambda: clean(cast("str", value), field.limit),
            "sentence": lambda: sentence(clean(cast("str", value), field.limit)),
        }
        return ways[field.kind]()

    def _counted(self, number: int, one: str, several: str) -> str:
        return self.word("numbers", one if number == 1 else several).format(n=self.number(number))

    def _join(self, items: list[str], last: str) -> str:
        comma, last = self.word("lists", "comma"), self.word("lists", last)
        return comma.join(items[:-1]) + last + items[-1] if len(items) > 1 else "".join(items)

    def _person(self, person: Person) -> str:
        limit = FIELDS["holder"].limit
        parts = [clean_name(person.name, limit) or NOBODY]
        if person.account:
            parts[0] += self.word("lists", "person_account").format(account=clean_account(person.account, limit))
        parts += [clean_name(text, limit) for text in (person.organisation, person.department) if text]
        if person.manager:
            parts.append(self.word("lists", "person_manager").format(manager=clean_name(person.manager, limit)))
        if person.due is not None:
            parts.append(self.word("lists", "person_due").format(date=self.date(person.due)))
        return self.word("lists", "comma").join(part for part in parts if part)


def language_of(tag: str, layers: Sequence[tuple[str, str]]) -> Language:
    """The language made of ``layers`` (place and text of each ``phrases.toml``, at least one, the general one first).

    Raises :class:`InputRejected` naming file and line when a layer is not TOML, has a key that is not known or a
    value of the wrong shape, or when all together lack one.
    """
    merged: dict[str, dict[str, Any]] = {section: {} for section in _NEEDED}
    for place, text in layers:
        for section, keys in _read(place, text).items():
            for key, value in keys.items():
                _fits(section, key, value, place, text)
                merged[section][key] = value
    for section, wanted in _NEEDED.items():
        for key in wanted:
            if key not in merged[section]:
                raise InputRejected(f"[{section}] {key} is missing", file=layers[-1][0],
                                    next_step="a language needs every phrase; copy those of en-GB and translate.")
    return Language(tag, merged)


def _read(place: str, text: str) -> dict[str, dict[str, Any]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise InputRejected(f"is not TOML: {error}", file=place, line=int(found[1]) if found else 0,
                            next_step="phrases stand in quotes: key = \"phrase\".") from None
    for section, keys in document.items():
        if section not in _NEEDED or not isinstance(keys, dict):
            raise InputRejected(f"there is no section [{section}]", file=place, line=line_of(text, (section,)),
                                next_step=f"known sections: {', '.join(_NEEDED)}.")
    return document


def _fits(section: str, key: str, value: object, place: str, text: str) -> None:
    line = line_of(text, (section, key))
    if key not in _NEEDED[section]:
        raise InputRejected(f"[{section}] has no phrase {key}", file=place, line=line,
                            next_step=f"known there: {', '.join(_NEEDED[section])}.")
    many = (section == "dates" and key != "pattern") or (section, key) == ("numbers", "small")
    texts = value if many and isinstance(value, list) else [value]
    if many != isinstance(value, list) or not all(isinstance(item, str) and clean(item, 2000) == item.strip()
                                                  for item in texts):
        raise InputRejected(f"[{section}] {key} must be {'a list of phrases' if many else 'one phrase'} on one line",
                            file=place, line=line, next_step="see the phrases of en-GB.")
    if len(texts) != _LENGTHS.get((section, key), len(texts)):
        raise InputRejected(f"[{section}] {key} must have {_LENGTHS[section, key]} names", file=place, line=line,
                            next_step="weekdays begin with Monday, months with January.")
    _placeholders(section, key, cast("list[str]", texts), place, line)


_PLACEHOLDERS: Mapping[tuple[str, str], set[str]] = {
    ("dates", "pattern"): {"weekday", "day", "month", "year"},
    ("numbers", "every_hours"): {"n"}, ("numbers", "days"): {"n"},
    ("lists", "person_account"): {"account"}, ("lists", "person_manager"): {"manager"},
    ("lists", "person_due"): {"date"}, ("lists", "deadline"): {"label", "date"}, ("guide", "footer"): {"policy"},
}


def _placeholders(section: str, key: str, texts: list[str], place: str, line: int) -> None:
    wanted = _PLACEHOLDERS.get((section, key), set())
    for item in texts:
        rest = item
        for name in wanted:
            rest = rest.replace(f"{{{name}}}", "")
        if "{" in rest or "}" in rest or any(f"{{{name}}}" not in item for name in wanted):
            names = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "no braces"
            raise InputRejected(f"[{section}] {key} takes {names}", file=place, line=line,
                                next_step="see the phrases of en-GB.")
