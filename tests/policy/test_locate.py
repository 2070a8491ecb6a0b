"""Where a key stands in a TOML file."""

import pytest

from mfa_audit.policy.locate import line_of

TEXT = '''# comment
schema_version = 1
[policy]
title = """
[grace]
starter_days = 1
"""
[grace]
"starter_days" = 2
a.b = 3
[[deadlines.phases]]
id = "one"
[[deadlines.phases]]
id = "two"
  [deadlines.phases.extra]
  x = 1
[sources]
maximum_age_hours = { graph = 1 }
'''


@pytest.mark.parametrize(("path", "line"), [
    (("schema_version",), 2), (("policy", "title"), 4), (("grace", "starter_days"), 9), (("grace", "a", "b"), 10),
    (("deadlines", "phases", 0, "id"), 12), (("deadlines", "phases", 1, "id"), 14),
    (("deadlines", "phases", 1, "missing"), 13), (("deadlines", "phases", 1, "extra", "x"), 16),
    (("sources", "maximum_age_hours", "graph"), 18), (("reports", "green"), 0), ((), 0),
])
def test_line(path, line):
    """The key's own line, else that of what is around it, else none; text in quotes is not a key."""
    assert line == line_of(TEXT, path)
