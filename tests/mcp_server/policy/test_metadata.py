"""METADATA comments, read as OPA reads them."""

from __future__ import annotations

import pytest

from mcp_server.policy.errors import PolicyInvalid
from mcp_server.policy.metadata import read_annotations

MODULE = """# A comment before.

# METADATA
# title: The package
# custom:
#   id: a
#   remediation:
#     en: Do it.
package a

import data.b

# METADATA
# title: A rule
# description: |
#   Two
#     lines
# entrypoint: true

# and a comment between
default p := false

p if input.x # METADATA is no block here

#METADATA
#title: Narrow
q := 1
"""


def test_blocks_belong_to_what_follows_them() -> None:
    package, rule, narrow = read_annotations("a.rego", MODULE)
    assert (package.line, package.of_package) == (9, True)
    assert package.values == {"title": "The package", "custom": {"id": "a", "remediation": {"en": "Do it."}}}
    assert (rule.line, rule.of_package) == (21, False)
    assert rule.values == {"title": "A rule", "description": "Two\n  lines\n", "entrypoint": True}
    assert (narrow.line, narrow.values) == (27, {"title": "Narrow"})


def test_carriage_returns_do_no_harm() -> None:
    assert read_annotations("a.rego", MODULE.replace("\n", "\r\n"))[0].values["title"] == "The package"


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("# title: [", "not YAML"),
        ("# - a", "mapping"),
        ("# just words", "mapping"),
        ("# titel: x", "unknown keys: titel"),
        ("# scope: package\n# title: x", "before 'package'"),
        ("# title: !!python/name:os.system x", "not YAML"),
    ],
)
def test_a_wrong_block_is_named_with_its_line(block: str, words: str) -> None:
    with pytest.raises(PolicyInvalid, match=rf"a\.rego:3:1: .*{words}"):
        read_annotations("a.rego", f"package a\n\n# METADATA\n{block}\np := 1\n")
