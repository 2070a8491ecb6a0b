"""What kind of bytes a file holds: its encoding, its format, its delimiter, and what it surely is not.

One pass over the file computes the SHA-256, proves the encoding and finds NUL bytes; nothing is decoded with
replacement characters.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mfa_audit.errors import InputRejected
from mfa_audit.sources.exports.columns import KNOWN_KEYS, header_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mfa_audit.sources.exports.found import Candidate

Kind = Literal["text", "json", "xlsx"]

_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_MAGIC = (
    (b"%PDF", "a PDF", "Ask for the same list as CSV or JSON."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and give the file inside."),
    (b"PAR1", "a Parquet file", "Give the export it was made from."),
    (b"\x89PNG", "a picture", "A screenshot cannot be read: download the list as CSV."),
    (b"\xff\xd8\xff", "a picture", "A screenshot cannot be read: download the list as CSV."),
)
_HTML = re.compile(r"<(!doctype\s+html|html|head|body|script|meta)\b", re.IGNORECASE)
_SIGN_IN = re.compile(r"login\.microsoftonline|sign in to your account|loginfmt|name=\"?password", re.IGNORECASE)
_STEP_UTF8 = "Save it as CSV UTF-8, or export it again."


@dataclass(frozen=True)
class Sniffed:
    """A file's bytes: ``encoding`` is a codec for everything behind the ``bom`` first bytes; ``cp1252_line`` the line
    whose bytes are not UTF-8 (0 when all are); ``ascii_only`` that no byte is above 127."""

    kind: Kind
    sha256: str
    size: int
    encoding: str = "utf-8"
    bom: int = 0
    cp1252_line: int = 0
    ascii_only: bool = False

    @property
    def label(self) -> str:
        """The encoding as people name it."""
        return {"utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(self.encoding, self.encoding)


def sniff(candidate: Candidate) -> Sniffed:
    """Look at every byte of ``candidate`` once.

    Raises InputRejected for an empty file, binary content, a web page, a password-protected or old workbook, an
    archive, and text in no accepted encoding.
    """
    with candidate.path.open("rb") as stream:
        start = stream.read(65536)
    if not start:
        raise _refused(candidate, "the file is empty (0 bytes)", "Export it again and check that it was written.")
    _refuse_formats(candidate, start)
    if start.startswith(b"PK\x03\x04"):
        return _workbook(candidate)
    bom, encoding = next(((len(mark), name) for mark, name in _BOMS if start.startswith(mark)), (0, "utf-8"))
    if encoding == "utf-32":
        raise _refused(candidate, "the text is UTF-32, which is not read", _STEP_UTF8)
    scan = _Scan(candidate, encoding, bom)
    sha256, size = scan.run()
    text = start[bom:].decode(scan.encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    if _HTML.search(text[:4096]) and text.startswith("<"):
        raise _web_page(candidate, text)
    kind: Kind = "json" if text[:1] in ("{", "[") else "text"
    return Sniffed(kind, sha256, size, scan.encoding, bom, scan.cp1252_line, scan.ascii_only)


def _refused(candidate: Candidate, message: str, next_step: str, line: int = 0) -> InputRejected:
    return InputRejected(message, file=candidate.name, line=line, next_step=next_step)


def _refuse_formats(candidate: Candidate, start: bytes) -> None:
    if start.startswith(_OLE):
        raise _refused(candidate, "the workbook is password-protected, or in the old .xls format",
                       "Open it in Excel, take the password off and save it as .xlsx, or save it as CSV UTF-8.")
    for magic, words, step in _MAGIC:
        if start.startswith(magic):
            raise _refused(candidate, f"this is {words}", step)


def _web_page(candidate: Candidate, text: str) -> InputRejected:
    if _SIGN_IN.search(text):
        return _refused(candidate, "this is a sign-in page, saved instead of the data",
                        "Sign in with the browser first, then download the list again.")
    return _refused(candidate, "this is a web page, not an export", "Download the list as CSV or JSON.")


def _workbook(candidate: Candidate) -> Sniffed:
    """An .xlsx is a zip with a workbook inside; any other zip is refused."""
    try:
        with zipfile.ZipFile(candidate.path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _refused(candidate, f"the workbook is damaged or cut: {error}", "Save or download it again.") from error
    if "[Content_Types].xml" not in names:
        raise _refused(candidate, "this is a zip archive", "Unpack it and give the files inside.")
    digest = hashlib.sha256()
    size = 0
    with candidate.path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return Sniffed("xlsx", digest.hexdigest(), size, "xlsx")


class _Scan:
    """One pass over text bytes; a second one as cp1252 where UTF-8 is impossible."""

    def __init__(self, candidate: Candidate, encoding: str, bom: int) -> None:
        self.candidate = candidate
        self.encoding = encoding
        self.cp1252_line = 0
        self.ascii_only = encoding == "utf-8" and not bom
        self._bom = bom
        self._single_bytes = encoding == "utf-8"
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._multibyte = False

    def run(self) -> tuple[str, int]:
        """The SHA-256 and size of the file; sets ``encoding``, ``cp1252_line``, ``ascii_only``."""
        digest = hashlib.sha256()
        size = lines = 0
        for block in self._blocks():
            digest.update(block)
            body = block[self._bom :] if size == 0 else block
            size += len(block)
            self._block(body, lines)
            lines += body.count(b"\n")
        self._end(lines)
        if self.encoding == "cp1252":
            self._prove_cp1252()
        return digest.hexdigest(), size

    def _blocks(self) -> Iterator[bytes]:
        with self.candidate.path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                yield block

    def _block(self, body: bytes, lines: int) -> None:
        if self._single_bytes and b"\0" in body:
            line = lines + body[: body.index(b"\0")].count(b"\n") + 1
            raise _refused(self.candidate, "the file holds NUL bytes: it is binary, or UTF-16 without its mark",
                           _STEP_UTF8, line)
        self.ascii_only = self.ascii_only and body.isascii()
        if self.encoding == "cp1252":
            return
        try:
            self._multibyte = not self._decoder.decode(body).isascii() or self._multibyte
        except UnicodeDecodeError as error:
            if not self._single_bytes or self._bom:
                raise _refused(self.candidate, f"the text is damaged: it is not {self.encoding}", _STEP_UTF8) from error
            self.encoding, self.cp1252_line = "cp1252", lines + body[: error.start].count(b"\n") + 1

    def _end(self, lines: int) -> None:
        if self.encoding == "cp1252":
            return
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            if self._multibyte or not self._single_bytes or self._bom:
                line = lines + 1 if self._single_bytes else 0
                raise _refused(self.candidate, "the file is cut: it ends inside a character", "Export it again.",
                               line) from error
            self.encoding, self.cp1252_line = "cp1252", lines + 1

    def _prove_cp1252(self) -> None:
        lines = 0
        for block in self._blocks():
            try:
                block.decode("cp1252")
            except UnicodeDecodeError as error:
                line = lines + block[: error.start].count(b"\n") + 1
                raise _refused(self.candidate, "the text is neither UTF-8 nor cp1252", _STEP_UTF8, line) from error
            lines += block.count(b"\n")


def delimiter_of(header_line: str) -> str:
    """The delimiter (comma, semicolon or tab) that turns a header line into the most known names; a comma when
    none shows any."""
    def known(delimiter: str) -> tuple[int, int]:
        names = split(header_line, delimiter)
        return sum(header_key(name) in KNOWN_KEYS for name in names), len(names)

    best = max((",", ";", "\t"), key=known)
    return best if known(best)[1] > 1 else ","


def split(line: str, delimiter: str) -> Sequence[str]:
    """One line of a delimited file as cells, forgiving about quotes: it only serves to find the header."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)
