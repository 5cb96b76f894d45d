"""A rule that holds more than once keeps what it said, though its head has no value for one of the times."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcp_server.policy.guard import Guarded

DOCUMENTS: list[Any] = [
    {"m": {"a": {"y": "1"}, "d": 5}},
    {"m": {"a": {"y": "1"}, "b": {}, "c": {"y": "1"}}},
    {"m": {"a": {}, "c": {"y": "1"}}},
]
AROUND = "package a\n\nf(x) := x.y if is_object(x)\n\nnever if input.never\n\n"


@pytest.mark.parametrize(
    "rule",
    [
        "p contains v.y if some v in input.m",
        "p contains v.y if { some v in input.m }",
        "p contains v.y if {\n\tsome v in input.m # each\n}",
        "p contains v.y if {\n\tsome v in input.m\n\t(v != 7)\n}",
        "p contains v.y if v := input.m[_]",
        'p contains input.m[k].y if "1" == input.m[k].y',
        "p contains input.m[k].y if `1` == input.m[k].y",
        'p contains v.y if some v in input.m with input.q as "1"',
        "p contains f(v) if some v in input.m",
        'p contains concat("", ["", v.y]) if { some v in input.m; v != "}" }',
        'p contains object.union(v, {"never": 1}).y if some v in input.m',
        "p contains input.m[i].y if {\n\tsome i\n\tinput.m[i] != 7\n}",
        "p contains input.m[k].y if some k in object.keys(input.m)",
        "p contains input.m[_].y",
        'p contains f(\n\tv, # one with a "name"\n) if some v in input.m',
        "p contains v.y if {\n\tsome v in input.m\n}\n\np contains v.none if some v in input.m",
    ],
)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_set_was_given_before_stays(rule: str, document: Any) -> None:
    assert value(rule, document) == (["1"] if "object.union" not in rule or 5 not in document["m"].values() else ERROR)


ERROR = "error"
"""Of OPA too, with strict errors of built-in functions."""


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("p := v.y if some v in input.m", "1"),
        ("p[v.y] := true if some v in input.m", {"1": True}),
        ('p := "else" if never\nelse := v.y if some v in input.m', "1"),
        ("p if some v in input.m", True),
        ('p := "x" if some v in input.m', "x"),
        ("p := [v.y | some v in input.m]", None),
    ],
)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_other_rules_keep_their_value_too(rule: str, wanted: Any, document: Any) -> None:
    wanted = (
        wanted if wanted is not None else [row["y"] for row in document["m"].values() if isinstance(row, dict) and row]
    )
    assert value(rule, document) == wanted


def test_objects_keep_their_keys() -> None:
    assert value("p[k] := v.y if some k, v in input.m", DOCUMENTS[0]) == {"a": "1"}
    assert value("p[k] contains v.y if some k, v in input.m", DOCUMENTS[1]) == {"a": ["1"], "c": ["1"]}


def test_a_finding_is_not_lost_behind_one_without_a_message() -> None:
    rule = "deny contains row.message if some row in input.rows\n\np := count(deny)"
    assert value(rule, {"rows": [{"message": "open port"}, {}]}) == 1


def test_no_line_moves() -> None:
    text = AROUND + "p contains f(\n\tv,\n) if {\n\tsome v in input.m\n}\n"
    (mended,) = Guarded([("a.rego", text)], {}).texts.values()
    assert mended.count("\n") == text.count("\n")


def value(rule: str, document: Any) -> Any:
    checked = Guarded([("a.rego", AROUND + rule + "\n")], {})
    assert checked.problems == []
    try:
        found = checked.evaluate("data.a.p", json.dumps(document))
    except RuntimeError:
        return ERROR
    return None if found is None else json.loads(found)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("p contains v if {\n\t[_, v] := walk(input)\n\tis_number(v)\n}", [2, 5]),
        ("p contains v if {\n\t[path, v] = walk(input)\n\tis_number(v)\n\tcount(path) > 0\n}", [2, 5]),
        ("p contains v if {\n\twalk(input, [path, v])\n\tis_number(v)\n\tcount(path) > 0\n}", [2, 5]),
        ("p contains v.y if {\n\t[_, v] := walk(input)\n}", ["1"]),
        ("p contains v.y if [_, v] := walk(input)", ["1"]),
        ("p := [v | [_, v] := walk(input); is_number(v)]", [2, 5]),
        ("p if {\n\tnot q\n}\n\nq if {\n\t[_, v] := walk(input)\n\tv == 5\n}", None),
    ],
)
def test_a_walk_is_gone_whatever_takes_its_steps(rule: str, wanted: Any) -> None:
    assert value(rule, {"m": [{"y": "1"}, {"z": 2}], "q": 5}) == wanted
