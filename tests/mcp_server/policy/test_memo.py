"""Decisions answered from memory are those that the engine would give."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.calls import Decision
from mcp_server.policy.memo import DecisionMemo, paths_read
from mcp_server.policy.packs import SHIPPED, load_pack

ENTRY = "data.a.decision"


@pytest.mark.parametrize(
    ("texts", "paths"),
    [
        (("package a\n\ndecision := input.x.y",), [("x", "y")]),
        (('package a\n\ndecision := input["x"].y',), [("x", "y")]),
        (("package a\n\ndecision := input.x[input.z]",), [("x",), ("z",)]),
        (("package a\n\ndecision := input",), [()]),
        (('package a\n\ndecision := object.get(input, ["x"], 1)',), [()]),
        (("package a\n\nimport input.x as y\n\ndecision := y.z",), [("x",)]),
        (("package a\n\nimport data.b\n\ndecision := b.c", "package b\n\nc := input.q"), [("q",)]),
        (("package a\n\ndecision := data.b.c.d", "package b\n\nc := input.q"), [("q",)]),
        (("package a\n\ndecision := data[x] if x := 1", "package b\n\nc := input.q"), [("q",)]),
        (("package a\n\ndecision := 1", "package b\n\nc := input.q"), []),
        (("package a\n\ndecision := input.x", "package a\n\nother := input.y"), [("x",), ("y",)]),
        (("package a\n\n# input.comment\ndecision := input.x",), [("x",)]),
    ],
)
def test_every_path_of_the_input_that_counts_is_known(make_pack: Any, texts: tuple[str, ...], paths: list[Any]) -> None:
    assert paths_read(make_pack(*texts), ENTRY) == tuple(paths)


@pytest.mark.parametrize(
    "call", ["time.now_ns()", "http.send({})", 'rand.intn("a", 2)', 'uuid.rfc4122("")', 'io.jwt.decode_verify("", {})']
)
def test_what_depends_on_more_than_the_input_is_never_remembered(make_pack: Any, call: str) -> None:
    assert paths_read(make_pack(f"package a\n\ndecision := {call}"), ENTRY) is None


def test_absent_null_and_empty_are_told_apart(make_pack: Any) -> None:
    memo = DecisionMemo(make_pack("package a\n\ndecision := input.x.y"), ENTRY)
    documents: list[dict[str, Any]] = [
        {},
        {"x": None},
        {"x": {}},
        {"x": {"y": None}},
        {"x": {"y": []}},
        {"x": {"y": [None]}},
    ]
    keys = [memo.key(document) for document in documents]
    assert len(set(keys[3:])) == 3
    assert not set(keys[:3]) & set(keys[3:])  # undefined in all three: they may share one


def test_the_longest_unused_is_forgotten_first(make_pack: Any) -> None:
    memo = DecisionMemo(make_pack("package a\n\ndecision := input.x"), ENTRY, size=2)
    one, two, three = (memo.key({"x": number}) for number in range(3))
    assert one is not None
    assert two is not None
    assert three is not None
    memo.put(one, Decision(revision="1"))
    memo.put(two, Decision(revision="2"))
    memo.get(one)
    memo.put(three, Decision(revision="3"))
    assert [memo.get(key) is not None for key in (one, two, three)] == [True, False, True]


def test_the_shipped_decision_can_be_remembered() -> None:
    paths = paths_read(load_pack(SHIPPED), "data.yumen.authz.decision")
    assert paths is not None
    assert () not in paths
    assert ("call", "id") not in paths
    assert ("call", "time") not in paths
