"""The page about the policy file."""

import re
import tomllib
from pathlib import Path

import pytest

from mfa_audit.policy import preset_names
from mfa_audit.policy.schema_reminders import AUDIENCES
from mfa_audit.policy.schema_scenarios import DEVICE_PROPERTIES

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
EVERY_KEY = tomllib.loads((Path(__file__).parent / "files" / "every_key.toml").read_text(encoding="utf-8"))
OWN_NAMES = {"students", "kiosk"}


def keys(document):
    """Every key of a document at every depth."""
    if isinstance(document, list):
        return set().union(*map(keys, document)) if document else set()
    if not isinstance(document, dict):
        return set()
    return set(document) | set().union(*map(keys, document.values()), set())


def plain(words):
    return sorted({re.sub(r"(?<=extensionAttribute)(?!1$)[0-9]+", "1", word) for word in words if "-" not in word})


@pytest.mark.parametrize("word", plain((keys(EVERY_KEY) - OWN_NAMES) | set(AUDIENCES) | set(DEVICE_PROPERTIES)))
def test_every_key_is_explained(word):
    """No key and no audience is missing on the page."""
    assert re.search(rf"\b{re.escape(word)}\b", PAGE)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_named(name):
    """Whoever reads the page knows which presets there are."""
    assert f"`{name}`" in PAGE


def test_examples_are_toml():
    """The examples can be pasted."""
    examples = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)

    assert len(examples) >= 3
    assert all(tomllib.loads(example) for example in examples)
