"""dev.py on any system: where things lie, when it installs, how it comes by pip."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
assert _spec is not None
assert _spec.loader is not None
dev = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(dev)


class Machine:
    """Answers commands as a machine would that can run only some of them, and keeps what it was asked."""

    def __init__(self, *works: str) -> None:
        self.works = works
        self.asked: list[str] = []

    def __call__(self, command: Sequence[str]) -> str | None:
        """Answer with the virtual environment's folder when the command works, None when it does not."""
        self.asked.append(" ".join(command))
        return "/venv/packages" if any(work in self.asked[-1] for work in self.works) else None


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


@pytest.mark.parametrize(("venv", "system", "expected"), [
    (PureWindowsPath("C:/Users/José/mfa audit/.venv"), "nt", r"C:\Users\José\mfa audit\.venv\Scripts\python.exe"),
    (PurePosixPath("/srv/jo/mfa audit/.venv"), "posix", "/srv/jo/mfa audit/.venv/bin/python"),
])
def test_programs_of_an_environment_lie_where_the_system_puts_them(
    venv: PureWindowsPath | PurePosixPath, system: str, expected: str,
) -> None:
    """Scripts and .exe on Windows, bin elsewhere."""
    assert expected == str(dev.program(venv, "python", system))


@pytest.mark.parametrize(("found", "wanted", "expected"), [
    ("dev 1f", "test 1f", True), ("test 1f", "test 1f", True), ("dev 1f", "plain 1f", True),
    ("plain 1f", "test 1f", False), ("dev 1f", "dev 2e", False), ("", "plain 1f", False),
    ("other 1f", "plain 1f", False), ("dev", "plain 1f", False), ("dev 1f cut", "plain 1f", False),
])
def test_an_environment_is_reused_when_it_holds_enough(found: str, wanted: str, expected: bool) -> None:
    """The larger extra serves the smaller; another hash, or a note nobody can read, means installing again."""
    assert expected is dev.holds(found, wanted)


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_a_change_of_what_is_wanted_changes_the_stamp(tree: Path, changed: str) -> None:
    """Either file decides; the same files give the same stamp."""
    before = dev.stamp(tree, "test")
    assert dev.holds(before, dev.stamp(tree, "test"))

    (tree / changed).write_bytes((tree / changed).read_bytes() + b"\n")

    assert not dev.holds(before, dev.stamp(tree, "test"))


def test_ensurepip_is_enough() -> None:
    """Where Python brings pip along, the system's pip is never asked."""
    machine = Machine("ensurepip")

    dev.give_pip("/venv/python", machine)

    assert ["/venv/python -m pip --version", "/venv/python -m ensurepip"] == machine.asked


def test_without_ensurepip_the_systems_pip_fills_the_environment() -> None:
    """The pip that is there puts one into the environment's own folder, and touches nothing of the system."""
    machine = Machine(f"{sys.executable} -m pip", "sysconfig")

    dev.give_pip("/venv/python", machine)

    assert f"{sys.executable} -m pip install --quiet --target /venv/packages pip" == machine.asked[-1]


def test_without_any_pip_the_message_says_what_to_install() -> None:
    """Nothing is tried blindly: the person learns the package's name."""
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        dev.give_pip("/venv/python", Machine("sysconfig"))


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("--help",), 0), (("deploy",), 2)])
def test_help_names_every_command(arguments: Sequence[str], code: int) -> None:
    """Without a command, and with one there is none of, the commands are listed."""
    command = [sys.executable, str(ROOT / "dev.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert code == done.returncode
    assert [] == [name for name in dev.COMMANDS if f"dev.py {name}" not in done.stderr]
