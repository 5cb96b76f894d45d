"""What is found in arguments has a class by which residency judges it: without one it is unknown, and the call refused."""

from __future__ import annotations

import json
from pathlib import Path

from scanners.personal_data.rules import all_rules

RESIDENCY = Path(__file__).parents[3] / "policies" / "config" / "residency" / "data.json"


def test_every_type_that_a_rule_finds_has_its_classes() -> None:
    shipped = json.loads(RESIDENCY.read_text())
    assert {rule.type for rule in all_rules()} - set(shipped["entities"]) == set()
    assert {name for names in shipped["entities"].values() for name in names} <= set(shipped["classes"])
