"""The canonical TOML writer."""

import datetime as dt
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfa_audit.policy.toml_text import inline, to_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ZONES = st.none() | st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
SCALARS = st.one_of(
    TEXT, st.booleans(), st.integers(), st.floats(allow_nan=False), st.dates(), st.times(),
    st.datetimes(timezones=ZONES),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=12
)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
@settings(max_examples=300, deadline=None)
def test_reads_back_to_the_same(content):
    """Whatever TOML can hold, tomllib reads back as it was: values, and types."""
    again = tomllib.loads(to_toml(content))

    assert content == again
    assert typed(content) == typed(again)


def typed(value):
    """The shape of a value with the type of every leaf: 1 and 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value), str(value))


def test_layout():
    """Plain keys, then tables, then arrays of tables; odd keys are quoted."""
    content = {"phases": [{"id": "a", "in": {"x": 1}}], "t": {"deep": {"b c": [1, 2]}, "none": {}}, "n": 1.0}

    assert (
        'n = 1.0\n\n[t.deep]\n"b c" = [1, 2]\n\n[t.none]\n\n[[phases]]\nid = "a"\n\n[phases.in]\nx = 1\n'
        == to_toml(content)
    )


@pytest.mark.parametrize(("value", "text"), [
    (float("nan"), "nan"), (float("-inf"), "-inf"), ('a"b\\\x00', '"a\\"b\\\\\\u0000"'), ((), "[]"), ({}, "{}"),
])
def test_values(value, text):
    """Values at the edge of the grammar."""
    assert text == inline(value)


def test_refuses_what_toml_has_not():
    """There is no null."""
    with pytest.raises(TypeError, match="NoneType"):
        to_toml({"a": None})
