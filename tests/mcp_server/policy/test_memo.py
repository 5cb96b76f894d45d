"""Decisions answered from memory are those that the engine would give."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.calls import Call, Decision, Origin, Principal
from mcp_server.policy.memo import SECTIONS, DecisionMemo, key_of, paths_read
from mcp_server.policy.packs import SHIPPED, load_pack
from mcp_server.policy.question import Question
from mcp_server.policy.reach import Path as Steps
from tools.answers import Answer, Arguments
from tools.registry import Tool

ENTRY = "data.a.decision"


@dataclass(frozen=True)
class Named:
    name: str
    kind: str
    family: str = "models"
    risk: str = "read"


@dataclass(frozen=True)
class At:
    argument: str
    path: Path


async def nothing(arguments: Any, context: Any) -> Any: ...


def at(document: Any, path: Steps) -> Any:
    """What stands at the path, in a list, or an empty list where nothing does."""
    for step in path:
        if not isinstance(document, dict) or step not in document:
            return []
        document = document[step]
    return [document]


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


FIELDS = [(section, field) for section, fields in SECTIONS.items() for field in fields]
PATHS = [*((section,) for section in SECTIONS), *FIELDS, ("arguments", "a"), ("arguments", "a", "b"), ("absent",)]
NAMES = st.sampled_from(["", "x", "y"])
VALUES = st.sampled_from([None, 0, 1, 1.0, True, "1", [], [None], {}, {"b": None}, {"b": 1}, {"b": True}])


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any question, of few enough values that two are often alike."""
    principal = Principal(
        subject=draw(NAMES),
        issuer=draw(NAMES),
        method=draw(st.sampled_from(["oidc", "local"])),
        tenant=draw(NAMES),
        roles=tuple(draw(st.lists(NAMES, max_size=2))),
        scopes=frozenset(draw(st.sets(NAMES, max_size=2))),
        client=draw(st.none() | NAMES),
        jurisdiction=draw(NAMES),
    )
    origin = Origin(draw(st.sampled_from(["http", "stdio"])), draw(NAMES), "", draw(NAMES), draw(NAMES))
    call = Call(
        draw(NAMES),
        "tools/call",
        draw(NAMES),
        {},
        principal,
        origin,
        draw(st.sampled_from([0.0, 1.5])),
        draw(st.integers(0, 1)),
        purpose=draw(NAMES),
    )
    tool = Tool(draw(NAMES), "", "", draw(NAMES), draw(st.sampled_from(["read", "change"])), Arguments, Answer, nothing)
    return Question(
        call,
        draw(st.none() | st.just(tool)),
        tuple(At(draw(NAMES), Path(f"/{draw(NAMES)}")) for _ in range(draw(st.integers(0, 1)))),
        draw(st.none() | st.dictionaries(st.sampled_from(["a", "c"]), VALUES, max_size=2)),
        tuple(Named(draw(NAMES), draw(NAMES)) for _ in range(draw(st.integers(0, 1)))),
    )


@given(questions(), questions(), st.sets(st.sampled_from(PATHS), min_size=1, max_size=3))
def test_questions_of_one_key_agree_wherever_the_policy_looks(one: Question, two: Question, paths: set[Steps]) -> None:
    key = key_of(tuple(sorted(paths)))
    assert key is not None
    if key(one) == key(two):
        first, second = one.document(), two.document()
        for path in paths:
            assert orjson.dumps(at(first, path)) == orjson.dumps(at(second, path)), path


def test_a_question_is_made_of_the_sections_that_are_known_to_be_remembered(make_call: Any, read_tool: Tool) -> None:
    document = Question(make_call("tools/call", "x"), read_tool).document()
    assert set(document) == set(SECTIONS)
    for section, fields in SECTIONS.items():
        if fields:
            assert set(document[section]) == set(fields)


def test_a_policy_that_reads_everything_is_asked_every_time() -> None:
    assert key_of(((),)) is None


def test_the_longest_unused_is_forgotten_first(make_pack: Any, make_call: Any) -> None:
    memo = DecisionMemo(make_pack("package a\n\ndecision := input.call.name"), ENTRY, size=2)
    one, two, three = (memo.key(Question(make_call("tools/call", name))) for name in "abc")
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
