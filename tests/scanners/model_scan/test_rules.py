"""Every rule is documented, every rule that the code names exists, and every rule has a remedy."""

from __future__ import annotations

import re
from pathlib import Path

from scanners.model_scan.rules import RULES

ROOT = Path(__file__).resolve().parents[3]


def test_each_rule_is_in_the_documentation():
    page = (ROOT / "docs/model-scan.md").read_text()
    assert [rule for rule in RULES if f"`{rule}`" not in page] == []


def test_each_rule_named_in_the_code_exists_and_each_rule_is_used():
    sources = "\n".join(path.read_text() for path in (ROOT / "scanners/model_scan").glob("*.py"))
    named = set(re.findall(r'"(model\.[a-z0-9_]+\.[a-z0-9_]+)"', sources))
    built = {f"model.template.{kind}" for kind in re.findall(r'note\("(\w+)"', sources)}
    assert named - set(RULES) == set()
    assert set(RULES) - named - built == set()


def test_each_rule_says_what_to_do():
    assert all(rule.remediation and rule.title for rule in RULES.values())
