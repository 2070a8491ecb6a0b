"""One page of a collection: ``$top``, ``$select``, ``$expand``, ``$filter``, ``$count`` and opaque skip tokens.

Rules: graph.md 1.1. A token holds the position of the next row, so a page costs the same wherever it stands.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from operator import eq, ge, le
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .answers import Answer, error, expired_token, too_many_users, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from .people import Row
    from .tenant import Listing

DEFAULT_TOP, MOST, MOST_WITH_ACTIVITY = 100, 999, 500
DEFAULT_USER = (
    "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName",
)  # fmt: skip
TEXT = r"'((?:[^']|'')*)'"
CLAUSE = re.compile(
    rf"^\s*(?:startswith\((\w+),\s*{TEXT}\)|(\w+)\s+(eq|ge|le)\s+(?:{TEXT}|(true|false|null))"
    r"|(\w+) in \(([^)]*)\))\s*$",
    re.IGNORECASE,
)
MOST_IN = 15
EXPAND = re.compile(r"^(\w+)(?:\(\$select=([\w,]+)\))?$")


@dataclass(frozen=True)
class Place:
    """Where a page begins: the position of its first row, its number from 1, the position of the page before."""

    position: int = 0
    page: int = 1
    before: int = 0
    issued: float | None = None

    def token(self) -> str:
        """The place as an opaque skip token: the same place gives the same token."""
        text = json.dumps([self.position, self.page, self.before, self.issued])
        return base64.urlsafe_b64encode(text.encode()[::-1]).decode().rstrip("=")

    @classmethod
    def read(cls, token: str | None) -> Place | None:
        """The place a token stands for; the first page without one; None for what is no token of ours."""
        if token is None:
            return cls()
        try:
            text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[::-1]
            return cls(*json.loads(text))
        except (binascii.Error, ValueError, TypeError):
            return None


Query = dict[str, str]


def link(url: str, query: Query, place: Place) -> str:
    """The address of the page at ``place``: the same query with another token."""
    return f"{url}?{'&'.join(f'{k}={quote(v, safe=_SAFE)}' for k, v in {**query, '$skiptoken': place.token()}.items())}"


_SAFE = "$,()'"


def matcher(text: str | None) -> Callable[[Row], bool] | None:
    """A ``$filter`` of ``eq``, ``ge``, ``le``, ``in`` and ``startswith`` joined by ``and``, text compared without
    regard to case; None for no filter.

    Raises ValueError for any other.
    """
    if not text:
        return None
    tests = [_test(clause) for clause in re.split(r"\s+and\s+", text)]
    return lambda row: all(test(row) for test in tests)


def _test(clause: str) -> Callable[[Row], bool]:
    found = CLAUSE.match(clause)
    if found is None:
        raise ValueError(clause)
    prefixed, prefix, name, operator, value, word, listed, members = found.groups()
    if prefixed:
        return lambda row: _folded(row.get(prefixed)).startswith(_folded(prefix))
    if listed:
        wanted = {_folded(member.strip().strip("'")) for member in members.split(",")}
        if len(wanted) > MOST_IN:
            raise ValueError(clause)
        return lambda row: _folded(row.get(listed)) in wanted
    if word:
        return lambda row: row.get(name) == {"true": True, "false": False, "null": None}[word.lower()]
    compare = {"eq": eq, "ge": ge, "le": le}[operator.lower()]
    return lambda row: compare(_folded(row.get(name)), _folded(value))


def _folded(value: Any) -> str:
    return str(value or "").replace("''", "'").casefold()


@dataclass(frozen=True)
class Pager:
    """Renders the pages of one collection. ``find_user`` expands managers; ``token_life``: seconds, None for ever."""

    name: str
    url: str
    listing: Listing
    find_user: Callable[[str], Row | None]
    now: float
    token_life: float | None = None

    def page(self, query: Query, *, advanced: bool) -> Answer:
        """The page the query asks for; ``advanced`` says whether ConsistencyLevel was eventual."""
        place = Place.read(query.get("$skiptoken"))
        try:
            matches = matcher(query.get("$filter"))
        except ValueError as wrong:
            return unsupported(f"Unsupported or invalid query filter clause: {wrong}")
        refused = self._refused(query, place, advanced=advanced)
        if refused is not None or place is None:
            return refused or error(400, "Request_BadRequest", "Invalid Skip Token")
        selected = tuple(filter(None, query.get("$select", "").split(",")))
        rows, position = self._rows(place.position, int(query.get("$top", DEFAULT_TOP)), matches)
        shape = self._shape(selected, query.get("$expand"))
        body: Row = {"@odata.context": f"{self.url.rpartition('/')[0]}/$metadata#{self.name}"}
        if query.get("$count", "").lower() == "true" and place.page == 1:
            body["@odata.count"] = self.count(matches)
        if position < self.listing.size:
            issued = None if self.token_life is None else self.now
            following = Place(position, place.page + 1, place.position, issued)
            body["@odata.nextLink"] = link(self.url, query, following)
        body["value"] = [shape(row, number) for number, row in enumerate(rows)]
        return Answer(200, body)

    def _refused(self, query: Query, place: Place | None, *, advanced: bool) -> Answer | None:
        top = query.get("$top", str(DEFAULT_TOP))
        if "$skip" in query or not top.isdigit() or not 1 <= int(top) <= MOST:
            return error(400, "Request_BadRequest", "Invalid page size or $skip specified.")
        activity = "signInActivity" in query.get("$select", "") + query.get("$filter", "")
        if activity and int(top) > MOST_WITH_ACTIVITY:
            return too_many_users(MOST_WITH_ACTIVITY)
        if query.get("$count", "").lower() == "true" and not advanced:
            return error(400, "Request_BadRequest", "$count is not currently supported.")
        life, issued = self.token_life, None if place is None else place.issued
        return expired_token() if life is not None and issued is not None and self.now - issued > life else None

    def count(self, matches: Callable[[Row], bool] | None = None) -> int:
        """How many rows the collection has, or how many match."""
        return self.listing.count() if matches is None else sum(map(matches, self.listing))

    def _rows(self, position: int, top: int, matches: Callable[[Row], bool] | None) -> tuple[list[Row], int]:
        rows: list[Row] = []
        row_at, size = self.listing.row, self.listing.size
        while position < size and len(rows) < top:
            row = row_at(position)
            position += 1
            if row is not None and (matches is None or matches(row)):
                rows.append(row)
        return rows, position

    def _shape(self, selected: tuple[str, ...], expand: str | None) -> Callable[[Row, int], Row]:
        if self.name == "users" and not selected:
            selected = DEFAULT_USER
        # Directory objects of several types say theirs whatever is selected.
        wanted = frozenset({*selected, "id", "@odata.type"} - {"manager"}) if selected else None
        expanded = EXPAND.match(expand) if expand else None
        name, inner = (expanded[1], expanded[2]) if expanded else (None, None)
        fields = tuple(inner.split(",")) if inner else ()

        def shape(row: Row, number: int) -> Row:
            # Graph leaves out a null as often as it sends one.
            keep_null = number % 2 == 0
            shaped = {
                key: value
                for key, value in row.items()
                if (wanted is None or key in wanted) and (keep_null or value is not None)
            }
            if name and name in row:
                shaped[name] = self._expanded(row[name], fields)
            elif "principal" in shaped:
                del shaped["principal"]
            return shaped

        return shape

    def _expanded(self, brief: Row, fields: tuple[str, ...]) -> Row:
        if set(fields) <= {"id"}:
            return brief
        whole = self.find_user(brief["id"]) or {}
        return {**brief, **{key: whole[key] for key in fields if whole.get(key) is not None}}
