"""What `explain` says held did, and what it says did not is the statement that did not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mcp_server.policy.errors import PolicyUndefined
from mcp_server.policy.explain import explain
from mcp_server.policy.packs import SHIPPED, load_pack


@pytest.mark.parametrize(
    ("text", "document", "told"),
    [
        ("p if input.a", {"a": 1}, ["3 held"]),
        ("p if input.a", {}, ["3: p if input.a"]),
        ('p if "é" in input.l', {"l": ["é"]}, ["3 held"]),
        ("p if `a` in input.l", {"l": []}, ["3: p if `a` in input.l"]),
        ("p if {\n\tinput.a\n\tinput.b # then\n}", {"a": 1, "b": 1}, ["3 held"]),
        ("p if {\n\tinput.a\n\tinput.b\n}", {"a": 1}, ["5: input.b"]),
        ("p if {\n\tinput.a\n\t(input.b)\n}", {"a": 1}, ["5: (input.b)"]),
        ("p if {\n\t(input.a)\n\t(input.b)\n}", {"a": 1, "b": 2}, ["3 held"]),
        ("p if {\n\tcount([x |\n\t\tsome x in input.l\n\t]) > 1\n}", {"l": [1]}, ["4: count([x | some x in input.l ]) > 1"]),
        ("p if {\n\tevery x in input.l {\n\t\tx > 1\n\t}\n}", {"l": [1]}, ["4: every x in input.l { x > 1 }"]),
        ("p if {\n\tevery x in input.l {\n\t\tx > 1\n\t}\n}", {"l": []}, ["3 held"]),
        ("p := 1 if {\n\tinput.a\n} else := 2 if {\n\tinput.b\n} else := 3", {}, ["4: input.a", "6: input.b"]),
        ("p := 1 if {\n\tinput.a\n} else := 2 if input.b", {"b": 1}, ["4: input.a", "5 held"]),
        ("p contains x if {\n\tsome x in input.l\n\tx > 1\n}", {"l": [1, 2]}, ["3 held"]),
        ("p contains x if {\n\tsome x in input.l\n\tx > 1\n}", {"l": [1]}, ["5: x > 1"]),
        ("p if f(input.a)\n\nf(x) if x > 1\n\nf(x) if x == 1", {"a": 1}, ["3 held", "5: f(x) if x > 1", "7 held"]),
        ("p := q\n\nq := 7\n\nunasked := 8", {}, ["3 held", "5 held"]),
        ("p contains x.n if some x in input.l", {"l": [{"n": 1}, {}]}, ["3 held"]),
    ],
)  # fmt: skip
def test_each_body_says_how_far_it_got(make_pack: Any, text: str, document: Any, told: list[str]) -> None:
    explained = asyncio.run(explain(make_pack(f"package a\n\n{text}\n"), "data.a.p", document))
    steps = [f"{step.line} held" if step.course == "held" else f"{step.at}: {step.text}" for step in explained.steps]
    assert steps == told
    assert {step.file for step in explained.steps} == {"m0.rego"}


@pytest.mark.parametrize("entrypoint", ["data.yumen.checks.residency.decision", "data.yumen.authz.decision"])
def test_the_shipped_pack_decides_the_same_while_it_is_explained(with_engine: Any, entrypoint: str) -> None:
    pack = load_pack(SHIPPED)
    document = {"origin": "CN", "destination": "SG", "data_classes": ["personal"], "version": 1}
    explained = asyncio.run(explain(pack, entrypoint, document))
    assert explained.value == with_engine(pack, lambda engine: engine.evaluate(entrypoint, document), deadline=10)
    assert {step.course for step in explained.steps} == {"held", "stopped"}


def test_a_path_that_is_no_rule_says_how_a_rule_is_named(make_pack: Any) -> None:
    with pytest.raises(PolicyUndefined) as error:
        asyncio.run(explain(make_pack("package a\n\np := 1\n"), "a.p", {}))
    assert error.value.remedy == "write the rule as data.a.p; `yumen policy list` shows which there are"
