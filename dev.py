"""Everything a clone of this repository needs, from Python 3.11 or later and nothing else.

    python3 dev.py demo [options]         install, then the whole job on the shipped sample data
    python3 dev.py test [pytest options]  install the test tools, then run the tests
    python3 dev.py check                  ruff, mypy, and the test of how the house is built
    python3 dev.py bench [name ...]       the benchmarks behind docs/benchmarks.md
    python3 dev.py bundle [folder]        wheels to install without a network (default folder: dist/bundle)

The environment is made in .venv beside this file, and made again only when what it should hold has changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
EXTRAS = ("plain", "test", "dev")  # each holds the one before it
NO_PIP = """\
{python} has neither ensurepip nor pip, and one of them is needed. Install it, then run this again:
  Debian, Ubuntu:  sudo apt install python3-venv
  Fedora, RHEL:    sudo dnf install python3-pip
  openSUSE:        sudo zypper install python3-pip
  Alpine:          sudo apk add py3-pip"""


def program(venv: PurePath, name: str, system: str = os.name) -> PurePath:
    """Where a program lies in a virtual environment; ``system`` is ``nt`` on Windows."""
    return venv / "Scripts" / f"{name}.exe" if system == "nt" else venv / "bin" / name


def stamp(root: Path, extra: str) -> str:
    """Write what an environment with ``extra`` should hold as one line: the extra, and a hash of what says so."""
    wanted = b"\0".join((root / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    return f"{extra} {hashlib.sha256(wanted).hexdigest()}\n"


def holds(found: str, wanted: str) -> bool:
    """Whether an environment with the stamp ``found`` has all that ``wanted`` asks for; an unreadable one has not."""
    (extra, digest), have = wanted.split(), found.split()
    known = len(have) == len(("extra", "digest")) and have[0] in EXTRAS
    return known and have[1] == digest and EXTRAS.index(have[0]) >= EXTRAS.index(extra)


def settings() -> dict[str, str]:
    """Copy the environment variables without those that send Python or pip elsewhere."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    return kept | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run(command: Sequence[str | Path]) -> int:
    """Run ``command`` in the repository; its exit code, for signal *n* 128 + *n*."""
    code = subprocess.run([str(word) for word in command], cwd=ROOT, env=settings(), check=False).returncode
    return code if code >= 0 else 128 - code


def answer(command: Sequence[str]) -> str | None:
    """Run ``command`` and return what it says on stdout; None when it fails or cannot be started."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=settings(), capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def give_pip(python: str, ask: Callable[[Sequence[str]], str | None] = answer) -> None:
    """Put pip into the environment of ``python``, by ensurepip or else by the pip of the Python that runs this.

    Some distributions leave ensurepip out. Raises SystemExit saying what to install when there is neither.
    """
    for way in ("pip --version", "ensurepip"):
        if ask((python, "-m", *way.split())) is not None:
            return
    if ask((sys.executable, "-m", "pip", "--version")) is None:
        raise SystemExit(NO_PIP.format(python=sys.executable))
    packages = ask((python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")) or ""
    borrowed = (sys.executable, "-m", "pip", "install", "--quiet", "--target", packages, "pip")
    if ask(borrowed) is None:
        raise SystemExit(f"pip could not be put into {VENV}. To see why, run:\n  {' '.join(borrowed)}")


def environment() -> str:
    """Make ``.venv`` unless it works and is of the Python that runs this; the path of its Python, which has pip."""
    python = str(program(VENV, "python"))
    if answer((python, "-c", f"import sys; assert sys.version_info[:2] == {sys.version_info[:2]}")) is None:
        print("Making .venv", file=sys.stderr)
        if run((sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)) != 0:
            raise SystemExit(f"{sys.executable} cannot make a virtual environment in {VENV}.")
    give_pip(python)
    return python


def install(extra: str) -> str:
    """Install the package from this tree, editable, with ``extra``; the path of the environment's Python."""
    python, note, wanted = environment(), VENV / "installed-by-dev", stamp(ROOT, extra)
    if not holds(note.read_text(encoding="utf-8") if note.is_file() else "", wanted):
        print("Installing mfa-audit and what it needs; the first time takes a minute or two", file=sys.stderr)
        what = "." if extra == "plain" else f".[{extra}]"
        code = run((python, "-m", "pip", "install", "-qq", "-c", "constraints.txt", "--editable", what))
        if code != 0:
            raise SystemExit(code)
        note.write_text(wanted, encoding="utf-8")
    return python


def demo(options: Sequence[str]) -> int:
    """Run the whole job on the sample data; with ``--graph``, against a simulated Microsoft Graph."""
    python = install("plain")
    if list(options) == ["--graph"]:
        return run((python, "-m", "tests.graph_simulator.demo"))
    return run((str(program(VENV, "mfa-audit")), "demo", *options))


def test(options: Sequence[str]) -> int:
    """Run the tests."""
    return run((install("test"), "-m", "pytest", *options))


def check(options: Sequence[str]) -> int:
    """Check style, types and architecture; all three speak, and the worst exit code counts."""
    python = install("dev")
    tools = (("ruff", "check", "--quiet", "."), ("mypy", "--no-error-summary"),
             ("pytest", "--quiet", "-n0", "tests/test_architecture.py", *options))
    return max([run((python, "-m", *tool)) for tool in tools])


def bench(names: Sequence[str]) -> int:
    """Run the benchmarks."""
    return run((install("test"), ROOT / "bench" / "run.py", *names))


def bundle(folders: Sequence[str]) -> int:
    """Gather wheels of the package and all it needs, for a machine of this system and Python without a network."""
    folder = Path(*folders[:1]).resolve() if folders else ROOT / "dist" / "bundle"
    code = run((environment(), "-m", "pip", "wheel", "-qq", "-c", "constraints.txt", "-w", folder, "."))
    if code == 0:
        python, tool = (program(PurePath("mfa-audit"), name) for name in ("python", "mfa-audit"))
        note = ("mfa-audit for Python {}.{} on {}. In this folder run:\n".format(*sys.version_info[:2], sys.platform)
                + f"python3 -m venv mfa-audit && {python} -m pip install --no-index --find-links . mfa-audit\n"
                + f"{tool} demo\n")
        (folder / "INSTALL.txt").write_text(note, encoding="utf-8")
        print(f"{len(list(folder.glob('*.whl')))} wheels and INSTALL.txt are in {folder}")
    return code


COMMANDS = {"demo": demo, "test": test, "check": check, "bench": bench, "bundle": bundle}


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code, 2 for a command there is none of or a Python too old."""
    if sys.version_info < (3, 11):  # noqa: UP036 - here is where an older Python is told
        print(f"mfa-audit needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    command, *options = arguments or ("",)
    if command not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 0 if command in ("-h", "--help") else 2
    try:
        return COMMANDS[command](options)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
