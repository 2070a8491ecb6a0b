"""JSON as Microsoft Graph and PowerShell write it: envelopes, bare arrays, JSON Lines, single objects.

Rows are not rebuilt: the envelope is decoded with its rows left raw, each goes to disk as one line. The keys of all
rows are united, since Graph leaves a key out where it has no value.
"""

from __future__ import annotations

import io
import mmap
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from mfa_audit.errors import InputRejected
from mfa_audit.files import private_file
from mfa_audit.snapshot.raw import RAW_FIELDS, Document, Origin, RawRows
from mfa_audit.sources.exports.documents import collection, document_content
from mfa_audit.sources.exports.found import Blemishes, Candidate, Found, Page
from mfa_audit.sources.exports.json_rows import Rows
from mfa_audit.sources.exports.members import flatten_groups, flatten_roles
from mfa_audit.sources.exports.shapes import Recognised, recognise
from mfa_audit.sources.exports.staging import check_columns

if TYPE_CHECKING:
    from pathlib import Path

    from mfa_audit.sources.exports.sniff import Sniffed

_AGAIN = "Export it again and check that it was written to its end."
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.DOTALL)
_LINE = re.compile(rb"[^\n]*\n?")
_SOMETHING = re.compile(rb"\S")
_VALUE_LIST = re.compile(rb'"value"\s*:\s*\[')
_OFFSET = re.compile(r"\(byte (\d+)\)")
_Top = Mapping[str, msgspec.Raw]
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
_arrays = msgspec.json.Decoder(list[msgspec.Raw])


def read_json(candidate: Candidate, sniffed: Sniffed, target: Path) -> Found:
    """Stage the rows of a JSON file at ``target``, or read it as a policy document.

    Raises InputRejected for a cut or malformed file, an error body, a delta page, an empty listing of users, and
    values PowerShell flattened. A file of no known shape comes back with ``unused`` set.
    """
    blemishes = Blemishes(candidate.name)
    if sniffed.cp1252_line:
        blemishes.add("read as cp1252", sniffed.cp1252_line)
    data = _bytes(candidate, sniffed, blemishes)
    try:
        return _Reader(candidate, sniffed, target, blemishes, data).read()
    except RecursionError as error:
        raise InputRejected("the JSON is nested too deeply to be an export", file=candidate.name,
                            next_step=_AGAIN) from error


def _bytes(candidate: Candidate, sniffed: Sniffed, blemishes: Blemishes) -> memoryview:
    """The file as UTF-8 bytes without a mark: mapped, or in memory where it must be decoded (no copy of a file that
    may hold telephone numbers goes to disk)."""
    if sniffed.encoding == "utf-8":
        with candidate.path.open("rb") as stream:
            data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))[sniffed.bom:]
    else:
        decoded = io.BytesIO()
        with candidate.path.open(encoding=sniffed.encoding, newline="") as source:
            if sniffed.bom:
                source.read(1)
            while block := source.read(1 << 20):
                decoded.write(block.encode())
        data = memoryview(decoded.getvalue())
    if data[:3].tobytes() == b"\xef\xbb\xbf":
        data = data[3:]
    return data if _HALF.search(data) is None else _with_whole_characters(data, blemishes)


def _with_whole_characters(data: memoryview, blemishes: Blemishes) -> memoryview:
    """``data`` with every escaped half of a surrogate pair replaced: no reader behind us accepts one."""
    broken = 0

    def whole(escape: re.Match[bytes]) -> bytes:
        nonlocal broken
        if len(escape[0]) != 6:
            return escape[0]
        broken += 1
        return rb"\ufffd"

    repaired = memoryview(_ESCAPE.sub(whole, data))
    if broken:
        blemishes.add("broken characters", count=broken)
    return repaired


class _Reader:
    """One JSON file on its way to rows or a document."""

    def __init__(self, candidate: Candidate, sniffed: Sniffed, target: Path, blemishes: Blemishes,
                 data: memoryview) -> None:
        self._candidate = candidate
        self._sniffed = sniffed
        self._target = target
        self._blemishes = blemishes
        self._data = data

    def read(self) -> Found:
        """What the file holds."""
        if self._is_json_lines():
            if self._data[-1] != ord("\n"):
                self._blemishes.add("no line end")
            return self._rows(Rows(self._candidate, self._lines, self._nth_line), {})
        if self._data[: 4096].tobytes().lstrip().startswith(b"["):
            return self._rows(self._list(_arrays, self._data), {})
        top: _Top = self._decoded(_objects, self._data)
        self._refuse_messages(top)
        listing = top.get("value")
        if listing is not None:
            if len(_VALUE_LIST.findall(self._data)) - len(_VALUE_LIST.findall(listing)) != 1:
                self._refuse("the key 'value' occurs twice: rows would be lost", "Export it again.")
            return self._rows(self._list(_arrays, listing), top)
        whole = msgspec.Raw(self._data.tobytes().strip())
        return self._rows(Rows(self._candidate, lambda: [whole], lambda _: 0), top)

    def _refuse(self, message: str, next_step: str, line: int = 0) -> NoReturn:
        raise InputRejected(message, file=self._candidate.name, line=line, next_step=next_step)

    def _is_json_lines(self) -> bool:
        """Whether the first line is an object of its own and something follows it."""
        first = _LINE.match(self._data)
        if first is None or _SOMETHING.search(self._data, first.end()) is None:
            return False
        line = first[0].strip()
        if not line.startswith(b"{") or not line.endswith(b"}"):
            return False
        try:
            _objects.decode(line)
        except msgspec.DecodeError:
            return False
        return True

    def _lines(self) -> Iterator[bytes]:
        return (line for match in _LINE.finditer(self._data) if (line := match[0].strip()))

    def _nth_line(self, position: int) -> int:
        """The line of the row at ``position`` when every row has its own; blank lines count."""
        rows = -1
        for number, match in enumerate(_LINE.finditer(self._data), start=1):
            rows += bool(match[0].strip())
            if rows == position:
                return number
        return 0

    def _decoded(self, decoder: msgspec.json.Decoder[Any], data: memoryview | msgspec.Raw) -> Any:
        try:
            return decoder.decode(data)
        except msgspec.DecodeError as error:
            if "truncated" in str(error):
                line = self._data.tobytes().rstrip(b"\r\n").count(b"\n") + 1
                self._refuse("the file is cut: its JSON does not end", _AGAIN, line)
            offset = _OFFSET.search(str(error))
            line = self._data[: int(offset[1])].tobytes().count(b"\n") + 1 if offset else 0
            self._refuse(f"the file is not valid JSON ({error})", _AGAIN, line)

    def _list(self, decoder: msgspec.json.Decoder[list[msgspec.Raw]], data: memoryview | msgspec.Raw) -> Rows:
        rows: list[msgspec.Raw] = self._decoded(decoder, data)
        return Rows(self._candidate, lambda: rows, lambda position: self._line_of(rows[: position + 1]))

    def _line_of(self, rows: list[msgspec.Raw]) -> int:
        """The line on which the last of ``rows`` begins, found by walking over the ones before it."""
        text, at = self._data.tobytes(), 0
        for row in rows:
            start = text.find(bytes(row), at)
            if start < 0:
                return 0
            at = start + len(row)
        return text.count(b"\n", 0, at - len(rows[-1])) + 1

    def _refuse_messages(self, top: _Top) -> None:
        """Answers that are no listing: errors, the reporting service's text, pages of changes."""
        keys = {key.casefold() for key in top}
        if "error" in keys:
            code = self._error_code(top)
            self._refuse(f"this is an error answer of Microsoft Graph ({code}), not data",
                         "Repeat the request until it succeeds, with the permission it needs, and save that answer.")
        if "@odata.deltalink" in keys or "@removed" in keys:
            self._refuse("this is a page of changes (delta), not the whole listing", "Save GET /users with all pages.")
        listing = top.get("value")
        if listing is not None and memoryview(listing)[:1].tobytes() != b"[":
            message = msgspec.json.decode(listing)
            # Anything but text may be about a person, and no row belongs in a journal.
            text = message[:200] if isinstance(message, str) else "no text"
            self._refuse(f"the service answered with a message instead of rows: {text}",
                         "Ask for smaller pages ($top=120) and save the answer again.")

    @staticmethod
    def _error_code(top: _Top) -> str:
        body = msgspec.json.decode(next(value for key, value in top.items() if key.casefold() == "error"))
        if isinstance(body, dict):
            return str(body.get("code") or body.get("message") or "no code")[:100]
        return str(body)[:100]

    # Rows, documents and what is neither.

    def _rows(self, rows: Rows, top: _Top) -> Found:
        survey = rows.survey(self._blemishes)
        if not survey.rows:
            return self._empty(top)
        if "@removed" in survey.keys:
            self._refuse("this is a page of changes (delta), not the whole listing", "Save GET /users with all pages.")
        if any(key.casefold() == "error" for key in survey.keys):
            self._refuse("there is an error answer of Microsoft Graph among the rows",
                         "Repeat the request until it succeeds, and save that answer.")
        recognised = recognise([key for key in survey.keys if not key.startswith("@odata.") or key == "@odata.type"],
                               style="json")
        if recognised is None:
            shown = ", ".join(survey.keys[:8])[:200]
            return self._unused("", f"its keys fit no list this tool knows ({shown})")
        if recognised.use == "refused":
            self._refuse(recognised.reason, recognised.next_step)
        if recognised.use == "unused":
            return self._unused(recognised.words, recognised.reason, recognised.next_step)
        if recognised.use == "document":
            return self._document(recognised.document, recognised.words, top)
        check_columns(self._candidate, recognised, survey.keys, self._blemishes, 0)
        lost = rows.lost_fields(recognised, self._data, self._blemishes, survey.renames)
        return self._found(recognised.words, self._staged(recognised, rows, survey.renames, survey.rows, lost), top)

    def _staged(self, recognised: Recognised, rows: Rows, renames: Mapping[str, str], count: int,
                lost: frozenset[str]) -> tuple[RawRows, ...]:
        origin = self._origin(recognised.words)
        part = recognised.parts[0]
        if part.table in ("groups", "directory_roles"):
            if lost:
                self._refuse("the members are type names instead of values",
                             "Export again with | ConvertTo-Json -Depth 10.")
            if part.table == "directory_roles":
                written = flatten_roles(rows, part.fields, self._target, self._blemishes)
                return (_same_names("role_assignments", self._target, written, origin),)
            aside = self._target.with_suffix(".groups.ndjson")
            members, groups = flatten_groups(rows, part.fields, self._target, aside, self._blemishes)
            return (_same_names("group_members", self._target, members, origin),
                    _same_names("groups", aside, groups, origin, ("group_id", "members")))
        wanted = {key: field for part in recognised.parts for field, key in part.fields.items() if field not in lost}
        rows.write(self._target, renames, wanted)
        return tuple(
            RawRows(part.table, self._target, "ndjson",
                    {field: key for field, key in part.fields.items() if field not in lost}, count, origin)
            for part in recognised.parts
        )

    def _origin(self, words: str) -> Origin:
        return Origin(self._candidate.name, self._sniffed.sha256, words, self._sniffed.label)

    def _found(self, words: str, rows: tuple[RawRows, ...] = (), top: _Top | None = None,
               documents: tuple[Document, ...] = ()) -> Found:
        return Found(self._candidate, self._sniffed.sha256, words, self._sniffed.label, rows, documents,
                     self._blemishes.complaints(), page=_page(top or {}))

    def _unused(self, words: str, reason: str, next_step: str = "") -> Found:
        return Found(self._candidate, self._sniffed.sha256, words, self._sniffed.label, unused=(reason,),
                     next_step=next_step)

    def _empty(self, top: _Top) -> Found:
        """A listing without rows: its context says what it is, else the name Graph gives the collection."""
        use, name = collection(top, self._candidate.path.stem)
        page = _page(top)
        if use == "rows" and name in ("accounts", "registrations") and not (page and page.next_link):
            self._refuse(f"the listing of {name} is empty",
                         "A tenant has users: check the permission and export again.")
        if use == "rows":
            private_file(self._target).close()
            words = f"Graph: {name.replace('_', ' ')} (none)"
            return self._found(words, (_same_names(name, self._target, 0, self._origin(words)),), top)
        if use == "document":
            words = f"Graph: {name.replace('_', ' ')} (none)"
            return self._found(words, (), top, (Document(name, {"value": []}, self._origin(words)),))
        return self._unused("", "it is an empty list, and nothing says of what")

    def _document(self, name: str, words: str, top: _Top) -> Found:
        content = document_content(self._candidate, self._data, name, words)
        return self._found(words, (), top, (Document(name, content, self._origin(words)),))


def _same_names(table: str, path: Path, count: int, origin: Origin, fields: Sequence[str] = ()) -> RawRows:
    """Rows written by this reader, whose keys are the fields themselves."""
    return RawRows(table, path, "ndjson", {name: name for name in fields or RAW_FIELDS[table]}, count, origin)


def _page(top: _Top) -> Page | None:
    """What the envelope says about paging; None when the file is no Graph page."""
    if "value" not in top:
        return None
    link, count, context = (msgspec.json.decode(top.get(f"@odata.{key}", b"null"))
                            for key in ("nextLink", "count", "context"))
    return Page(link if isinstance(link, str) else "", count if isinstance(count, int) else None,
                context if isinstance(context, str) else "")
