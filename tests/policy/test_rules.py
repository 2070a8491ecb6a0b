"""Overlap of organisation globs."""

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfa_audit.policy.rules import globs_meet

CODES = ["".join(letters) for length in range(5) for letters in product("ab", repeat=length)]
GLOBS = st.text("ab*?", min_size=1, max_size=3)


@given(GLOBS, GLOBS)
@settings(max_examples=400, deadline=None)
def test_agrees_with_trying_every_code(left, right):
    """Globs of up to three signs meet exactly when some code of up to four letters matches both."""
    by_trying = any(fnmatchcase(code, left) and fnmatchcase(code, right) for code in CODES)

    # two stars may need a longer code than those tried, never a shorter one
    assert globs_meet(left, right) or not by_trying
    if left.count("*") + right.count("*") < 2:
        assert by_trying == globs_meet(left, right)


@pytest.mark.parametrize(("left", "right", "expected"), [
    ("ZX1", "zx1", True), ("ZX1", "ZX2", False), ("Z*1", "ZX?", True), ("*", "ZX1", True), ("A*", "*B", True),
    ("A*", "B*", False), ("Z9?", "Z9", False), ("*a*b*", "*b*a*", True), ("a" * 40 + "*", "*" + "b" * 40, True),
])
def test_examples(left, right, expected):
    """Case does not matter, and the answer is exact."""
    assert expected == globs_meet(left, right)
    assert expected == globs_meet(right, left)
