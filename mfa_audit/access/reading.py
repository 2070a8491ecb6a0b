"""Graph's JSON taken apart without trusting it: what is not understood is noted, never passed over.

Keys and words are compared without regard to case, so that exports in PascalCase read the same.
"""

from __future__ import annotations

from typing import Any

Strange = list[str]
"""Where something stood that is not understood."""


class Node:
    """One JSON object. What is taken from it is checked; :meth:`close` notes what nobody took."""

    def __init__(self, value: Any, path: str, strange: Strange) -> None:
        self._path = path
        self._strange = strange
        self._fields: dict[str, tuple[str, Any]] = {}
        if isinstance(value, dict):
            for name, field in value.items():
                if str(name).casefold() in self._fields:
                    self.note(str(name))
                self._fields[str(name).casefold()] = (str(name), field)
        elif value is not None:
            strange.append(path)

    def note(self, name: str) -> None:
        """Something at ``name`` is not understood."""
        self._strange.append(f"{self._path}.{name}" if self._path else name)

    def take(self, name: str) -> Any:
        """The value as it is; null when there is none."""
        return self._fields.pop(name.casefold(), (name, None))[1]

    def node(self, name: str) -> Node | None:
        """The object under ``name``; null when there is none."""
        value = self.take(name)
        return None if value is None else Node(value, f"{self._path}.{name}" if self._path else name, self._strange)

    def word(self, name: str) -> str | None:
        """A text in lower case; null when there is none."""
        value = self.take(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value.strip().casefold()
        self.note(name)
        return None

    def words(self, name: str) -> frozenset[str] | None:
        """A list of texts in lower case, which some exporters write as one text with commas; null when there is
        none."""
        value = self.take(name)
        if isinstance(value, str):
            value = value.split(",")
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.note(name)
            return None
        return frozenset(filter(None, (each.strip().casefold() for each in value)))

    def close(self) -> None:
        """Note every field that says something and that nobody took; annotations (``@``) say nothing."""
        for name, (written, value) in self._fields.items():
            if "@" not in name and value not in (None, "", [], {}):
                self.note(written)
