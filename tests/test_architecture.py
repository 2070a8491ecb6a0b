"""How the house is built, read from its source (``docs/architecture.md``).

Every rule is a function from a source to the lines that break it; each is tried on a source that breaks it and on one
that does not before it is held against the package.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mfa_audit"

ROOMS = ("sources", "access", "signins", "verdicts", "reminders", "history", "reports")
GROUND = ("settings", "files", "clock", "checks", "progress", "text_safety", "tables", "methods", "hierarchy",
          "samples", "mail", "errors")
FLOORS: dict[str, int] = {
    "__main__": 8, "cli": 7, "nightly": 6, "diagnosis": 6, "nightly_reminders": 5, "delivery": 4, "collection": 3,
    "judging": 3, "reminding": 3,
    **dict.fromkeys(ROOMS, 2), "completeness": 2, "runs": 2,
    "snapshot": 1, "policy": 1, **dict.fromkeys(GROUND, 0),
}
"""Part of the house -> the floor it stands on. A part imports what stands lower; the ground may lean on itself."""

DOORS: dict[str, tuple[str, ...]] = {
    "click": ("cli/",),
    "cryptography": ("sources/graph/certificate.py",),
    "defusedxml": ("sources/exports/",),
    "duckdb": ("snapshot/", "signins/"),
    "filelock": ("files.py",),
    "holidays": ("reminders/calendar.py",),
    "jinja2": ("reports/html.py", "reminders/"),
    "msal": ("sources/graph/auth.py",),
    "msgspec": ("sources/",),
    "numpy": (*(f"{room}/" for room in ROOMS), "snapshot/", "hierarchy.py"),
    "openpyxl": ("reports/excel/", "sources/exports/"),
    "pandas": (*(f"{room}/" for room in ROOMS), "snapshot/", "policy/exemptions.py", "nightly.py", "judging.py",
               "reminding.py", "completeness.py", "cli/", "text_safety.py"),
    "pydantic": ("policy/schema", "policy/load.py", "settings.py"),
    "requests": ("sources/graph/client.py",),
    "rich": ("cli/", "reports/terminal"),
    "smtplib": ("reminders/smtp.py",),
    "ssl": ("reminders/smtp.py",),
    "urllib3": ("sources/graph/watched.py",),
    "sqlite3": ("history/store.py", "reminders/store.py"),
}
"""Package -> the places, relative to ``mfa_audit/``, that may import it."""

OUTSIDE_WORLD = (
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.asctime", "time.strftime",
    "pandas.Timestamp.now", "pandas.Timestamp.today", "pandas.Timestamp.utcnow",
    "os.environ", "os.environb", "os.getenv", "os.getcwd", "os.getlogin", "pathlib.Path.cwd", "pathlib.Path.home",
    "getpass", "locale", "sys.argv",
    "socket", "ssl", "http.client", "urllib.request", "smtplib", "ftplib", "webbrowser",
    "print", "input", "breakpoint", "sys.stdin", "sys.stdout", "sys.stderr",
)
"""The clock, the environment, the network and the terminal: known to the command line alone."""

SQL_CLOCK = re.compile(r"\bcurrent_(date|time|timestamp)\b|\b(now|today|get_current_timestamp)\(\)", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """One module: its ``path`` relative to ``mfa_audit/`` and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text)

    @property
    def dotted(self) -> str:
        """The module's full name."""
        parts = ("mfa_audit", *self.path.removesuffix(".py").split("/"))
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def part(self) -> str:
        """The part of the house it belongs to; empty for the package's own ``__init__``."""
        return self.path.split("/")[0].removesuffix(".py").replace("__init__", "")

    @cached_property
    def imports(self) -> tuple[tuple[int, str], ...]:
        """(line, full name) of everything imported anywhere in it, lazily and for types included."""
        return tuple(_imports(self))

    @cached_property
    def names(self) -> dict[str, str]:
        """Local name -> what it stands for, for every imported name."""
        bound: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    bound[alias.asname or whole] = whole
            elif isinstance(node, ast.ImportFrom):
                bound.update({a.asname or a.name: f"{_origin(self, node)}.{a.name}" for a in node.names})
        return bound


def _origin(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.dotted if source.path.endswith("__init__.py") else source.dotted.rpartition(".")[0]
    parents = package.split(".")
    return ".".join((*parents[:len(parents) - node.level + 1], *(node.module or "").split("."))).rstrip(".")


def _imports(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{_origin(source, node)}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
            named = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            yield node.lineno, str(named.value) if isinstance(named, ast.Constant) else f"<{ast.unparse(named)}>"


def wrong_floor(source: Source) -> Iterator[str]:
    """Find imports of the package that do not go down: up, sideways, or between two rooms."""
    if source.part not in ("", *FLOORS):
        yield f"{source.path}: {source.part} is on no floor"
        return
    for line, name in source.imports:
        top, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if top != "mfa_audit" or other in (source.part, "__version__", ""):
            continue
        if other not in FLOORS:
            yield f"{source.path}:{line}: {name} is on no floor"
        elif FLOORS[other] >= FLOORS[source.part] and not (source.part in GROUND and other in GROUND):
            yield f"{source.path}:{line}: {source.part} imports {name}"


def wrong_door(source: Source) -> Iterator[str]:
    """Find imports of other people's packages where they have no door."""
    for line, name in source.imports:
        top = name.partition(".")[0]
        if top == "mfa_audit" or (top in sys.stdlib_module_names and top not in DOORS):
            continue
        if not any(source.path.startswith(door) for door in DOORS.get(top, ())):
            yield f"{source.path}:{line}: imports {name}"


def reaches_outside(source: Source) -> Iterator[str]:
    """Find uses of the clock, the environment, the network or the terminal below the command line."""
    if FLOORS.get(source.part, 0) >= FLOORS["cli"]:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = _dotted(node, source.names)
            if source.path in DOORS.get(name.partition(".")[0], ()):
                continue
            if name in OUTSIDE_WORLD or any(name.startswith(f"{banned}.") for banned in OUTSIDE_WORLD):
                yield f"{source.path}:{node.lineno}: {name}"
        elif isinstance(node, ast.Call) and ast.unparse(node).endswith(".astimezone()"):
            yield f"{source.path}:{node.lineno}: the machine's time zone"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL_CLOCK.search(node.value):
            yield f"{source.path}:{node.lineno}: the clock in SQL"


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    return f"{_dotted(node.value, names)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def undocumented(source: Source) -> Iterator[str]:
    """Find public modules, classes, functions and methods without a docstring."""
    if not ast.get_docstring(source.tree) and source.text.strip():
        yield f"{source.path}:1: the module"
    waiting: list[ast.stmt] = list(source.tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield f"{source.path}:{node.lineno}: {node.name}"
            waiting.extend(node.body if isinstance(node, ast.ClassDef) else ())


def too_long(source: Source) -> Iterator[str]:
    """Find modules of more than 400 lines."""
    if source.text.count("\n") > 400:
        yield f"{source.path}: {source.text.count(chr(10))} lines"


_WORDS = re.compile(
    r"nhs"
    r"|(?<![a-z0-9])(?:ods|ods_?code|hscn|siro|dspt|caldicott|icb|cis2|official-sensitive)s?(?![a-z0-9])"
    r"|(?<![a-z])trusts?_(?:code|name|id|key|list)(?![a-z])|(?<![a-z])(?:by|per|each|of)_trusts?(?![a-z])"
    r"|(?<![a-z])(?:acute|foundation|hospital|health|ambulance|a|each|every|per|our|your) trusts?(?![a-z])"
    r"(?! (?:anchor|relationship|store|type))",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def names_an_organisation(text: str, path: str, modules: Iterable[str] = ()) -> Iterator[str]:
    """Find lines with a word that belongs to one organisation, as it stands or inside an identifier.

    ``modules`` are the names of modules that may carry such a word: they may be named where they are imported and used.
    """
    for number, line in enumerate(text.splitlines(), 1):
        kept = line
        for module in modules:
            kept = re.sub(rf"(?<![\w\"']){re.escape(module)}(?=\.\w|,|\)|\s*$)", "", kept)
        if found := _WORDS.search(kept) or _WORDS.search(_CAMEL.sub("_", kept)):
            yield f"{path}:{number}: {found[0]}"


def missing_documents(text: str, path: str, root: Path = ROOT) -> Iterator[str]:
    """Find Markdown documents named in ``text`` that are not in the repository."""
    for number, line in enumerate(text.splitlines(), 1):
        yield from (f"{path}:{number}: {name}" for name in re.findall(r"[\w./-]+\.md\b", line)
                    if not (root / name).is_file())


SOURCES = tuple(Source(str(path.relative_to(PACKAGE).as_posix()), path.read_text(encoding="utf-8"))
                for path in sorted(PACKAGE.rglob("*.py")) if "sample_data" not in path.parts)
RULES: dict[str, Callable[[Source], Iterator[str]]] = {
    "imports go down, and never from room to room": wrong_floor,
    "each package has one door": wrong_door,
    "nothing below the command line reads the clock, the environment or the network, or prints": reaches_outside,
    "what is public says what it is": undocumented,
    "a module has at most 400 lines": too_long,
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_the_package_keeps_the_rule(rule: Callable[[Source], Iterator[str]]) -> None:
    """No module breaks the rule."""
    broken = [place for source in SOURCES for place in rule(source)]

    assert [] == broken, "\n".join(broken)


@pytest.mark.parametrize(("rule", "path", "text"), [
    (wrong_floor, "verdicts/judge.py", "from mfa_audit.reports import view"),
    (wrong_floor, "verdicts/judge.py", "from ..reports.view import Night"),
    (wrong_floor, "policy/load.py", "def f():\n    import mfa_audit.snapshot.store"),
    (wrong_floor, "files.py", "from mfa_audit import policy"),
    (wrong_floor, "nightly.py", "from mfa_audit.cli.app import main"),
    (wrong_floor, "reports/data.py", "import importlib\nimportlib.import_module('mfa_audit.history.store')"),
    (wrong_floor, "reports/data.py", "from importlib import import_module\nimport_module(f'mfa_audit.history.{x}')"),
    (wrong_floor, "reports/data.py", "from mfa_audit import attic"),
    (wrong_floor, "attic.py", "import json"),
    (wrong_floor, "runs.py", "from mfa_audit.reports import view"),
    (wrong_door, "reports/data.py", "import importlib\nimportlib.import_module(name)"),
    (wrong_door, "reports/data.py", "import duckdb"),
    (wrong_door, "policy/load.py", "import pandas as pd"),
    (wrong_door, "verdicts/judge.py", "import pyarrow"),
    (wrong_door, "verdicts/judge.py", "import sqlite3"),
    (reaches_outside, "verdicts/judge.py", "from datetime import datetime\nx = datetime.now()"),
    (reaches_outside, "verdicts/judge.py", "import datetime as dt\nx = dt.date.today()"),
    (reaches_outside, "files.py", "from os import environ as e\nx = e.get('HOME')"),
    (reaches_outside, "files.py", "import os\nos.environ['A'] = 'b'"),
    (reaches_outside, "files.py", "print('hello')"),
    (reaches_outside, "reports/data.py", "import urllib.request\nurllib.request.urlopen('x')"),
    (reaches_outside, "snapshot/store.py", "query = 'select current_date'"),
    (reaches_outside, "snapshot/store.py", "def f(t):\n    return t.astimezone()"),
    (undocumented, "files.py", "def write(): ..."),
    (undocumented, "files.py", '"""Module."""\nclass A:\n    """A."""\n    def b(self): ...'),
    (too_long, "files.py", "x = 1\n" * 401),
])
def test_a_broken_rule_is_seen(rule: Callable[[Source], Iterator[str]], path: str, text: str) -> None:
    """A source that breaks the rule is reported."""
    assert list(rule(Source(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), [
    (wrong_floor, "verdicts/judge.py", "from mfa_audit.verdicts import status\nfrom . import status\nimport mfa_audit"),
    (wrong_floor, "nightly.py", "from mfa_audit import __version__, errors\nfrom mfa_audit.snapshot import store"),
    (wrong_floor, "files.py", "from mfa_audit.errors import OutputFailed"),
    (wrong_door, "reports/excel/book.py", "import openpyxl.styles\nimport pandas\nimport zipfile"),
    (reaches_outside, "cli/run.py", "import os\nprint(os.environ)"),
    (reaches_outside, "verdicts/judge.py", "from datetime import date\nx = date.fromisoformat('2026-03-02')"),
    (reaches_outside, "reports/terminal.py", "def print_table(self):\n    self.console.print('done')"),
    (undocumented, "files.py", '"""Module."""\ndef _private(): ...\ndef f():\n    """F."""\n    def inner(): ...'),
    (too_long, "files.py", "x = 1\n" * 400),
])
def test_a_kept_rule_is_left_alone(rule: Callable[[Source], Iterator[str]], path: str, text: str) -> None:
    """A source that keeps the rule is not reported."""
    assert [] == list(rule(Source(path, text)))


def test_no_word_of_one_organisation_in_the_general_code() -> None:
    """Code and data speak of no one organisation, except files that say so in their name."""
    texts = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*"))
             if path.is_file() and not {"sample_data", "__pycache__"} & set(path.parts)}
    modules = [path.stem for path in texts.values() if path.suffix == ".py" and "nhs" in path.stem]
    found = [place for name, path in texts.items() if "nhs" not in path.name
             for place in names_an_organisation(path.read_text(encoding="utf-8"), name, modules)]

    assert [] == found, "\n".join(found)


@pytest.mark.parametrize("line", [
    "class NhsReader:", "NHSmail portal", "ods_code = 1", "odsCode", "# the ODS code", "SIRO", "by_trust", "trust_name",
    "each trust has", "dspt", 'marking = "OFFICIAL-SENSITIVE"', "tenantNHS", 'default = "nhsmail"',
])
def test_an_organisations_word_is_seen(line: str) -> None:
    """Words of one organisation are found in identifiers, strings and comments."""
    assert list(names_an_organisation(line, "x.py", ["nhsmail"]))


@pytest.mark.parametrize("line", [
    "methods", "trustType", "mfa_trusted_ips", "AllTrusted", "cannot be trusted", "trusted_network_bypass",
    "Set the trust", "periods", "a trust relationship",
    "from mfa_audit.sources.exports import nhsmail", "**nhsmail.ALIASES,",
])
def test_an_innocent_word_is_left_alone(line: str) -> None:
    """Words that only look like one organisation's are not found."""
    assert [] == list(names_an_organisation(line, "x.py", ["nhsmail"]))


def test_documents_named_in_code_and_documents_exist() -> None:
    """A reader can open every document that the code or another document names."""
    code = [place for source in SOURCES for place in missing_documents(source.text, source.path)]
    pages = (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "reports" / "README.md")
    links = [f"{page.relative_to(ROOT)}: {link}" for page in pages
             for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
             if not (page.parent / link).exists()]

    assert [] == code + links, "\n".join(code + links)


def test_every_dependency_is_accounted_for() -> None:
    """Every package needed at run time has a door and a line in docs/architecture.md that says what it is for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[<>=!~\[ ;]", requirement)[0] for requirement in project["dependencies"]}
    described = re.findall(r"^\| ([\w-]+) \|", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), re.M)

    assert set() == needed - set(described)
    assert {"tzdata"} == needed - set(DOORS), "tzdata is data that zoneinfo reads; everything else is imported"
