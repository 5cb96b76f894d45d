"""Which modules a rule may depend on: too many are allowed, too few never."""

from __future__ import annotations

import pytest

from mcp_server.policy.modules import Module
from mcp_server.policy.packs import SHIPPED, load_pack
from mcp_server.policy.reach import modules_behind

MODULES = {
    "a": "package a\n\nimport data.lib.words\n\nd := words.x\n",
    "a2": "package a\n\nother := data.config.z\n",
    "words": "package lib.words\n\nx := data.deep.er.y\n",
    "deeper": "package deep.er\n\ny := 1\n",
    "wild": "package wild\n\nd := data[input.name].x\n",
    "lone": "package lone\n\n# data.a.d\nd := 1\n",
    "below": "package a.below\n\nd := 1\n",
    "tree": "package tree\n\nd := data.a\n",
    "bracket": 'package bracket\n\nd := data["lone"].d\n',
    "raw": "package raw\n\nd := `\n# data.lone.d\n`\n",
}


@pytest.mark.parametrize(
    ("entrypoint", "wanted"),
    [
        ("data.a.d", {"a", "a2", "words", "deeper"}),
        ("data.lone.d", {"lone"}),
        ("data.a.below.d", {"below", "a", "a2", "words", "deeper"}),
        ("data.a.below", {"below", "a", "a2", "words", "deeper"}),
        ("data.tree.d", {"tree", "a", "a2", "below", "words", "deeper"}),
        ("data.bracket.d", {"bracket", "lone"}),
        ("data.raw.d", {"raw", "lone"}),
        ("data.wild.d", set(MODULES)),
        ("data.nothing", set()),
    ],
)
def test_everything_that_may_count_is_there(entrypoint: str, wanted: set[str]) -> None:
    modules = [Module(name, text) for name, text in MODULES.items()]
    assert {module.path for module in modules_behind(modules, entrypoint)} == wanted


def test_the_access_decision_stands_on_its_own() -> None:
    found = modules_behind(load_pack(SHIPPED).without_tests().modules, "data.yumen.authz.decision")
    assert [module.path for module in found] == ["authz/authz.rego"]
