"""`=` in the body of an `every` compares what is known, as on OPA, and is refused where it would do neither."""

from __future__ import annotations

import pytest

from mcp_server.policy.guard import Guarded

AROUND = "package a\n\nz := 3\n\ng(x) if {\n\tevery v in [1] {\n\t\tx = v\n\t}\n}\n\nf if input.x == 1\n\n"


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        ("every v in [1] {\n\t\tv = 2\n\t}", False),
        ("every v in [1] {\n\t\tv = 1\n\t}", True),
        ("every v in [1] {\n\t\t2 = v\n\t}", False),
        ("every v in [3] {\n\t\tz = v\n\t}", True),
        ("every v in [1] {\n\t\tz = v\n\t}", False),
        ("every v in [1] {\n\t\tnot v = 2\n\t}", True),
        ("every v in [1] {\n\t\tnot v = 1\n\t}", False),
        ("doc := 2\n\tevery v in [1] {\n\t\tdoc = v\n\t}", False),
        ("doc := 2\n\tevery v in [1] {\n\t\tv = doc\n\t}", False),
        ("doc := 2\n\tevery v in [1] {\n\t\tcount([1 | doc = v]) == 1\n\t}", False),
        ("every v in [1] {\n\t\tdoc := 3\n\t\tdoc = v\n\t}", False),
        ("every v in [1] {\n\t\tsome y in [3]\n\t\ty = v\n\t}", False),
        ("every v in [1] {\n\t\ty = v\n\t\ty == 1\n\t}", True),
        ('every v in [1, 1] {\n\t\tdoc = {"x": v}\n\t\tf with input as doc\n\t}', True),
        ('every v in [1, 2] {\n\t\tdoc = {"x": v}\n\t\tf with input as doc\n\t}', False),
        ("every v in [1, 2] {\n\t\ty = v\n\t\tevery w in [5] {\n\t\t\ty = w\n\t\t}\n\t}", False),
        ("every v in [[1, 2]] {\n\t\t[a, b] = v\n\t\ta < b\n\t}", True),
        ("every v in [[1, 2]] {\n\t\tv[_] = 2\n\t}", True),
        ("every v in [[1, 2]] {\n\t\tv[_] = 3\n\t}", False),
        ("every v in [[1, 2]] {\n\t\tv[i] = 2\n\t\ti == 1\n\t}", True),
        ("every v in [1] {\n\t\tcount([w | w := v; w = 2]) = 1\n\t}", False),
        ("every v in [1] {\n\t\tinput.x = v\n\t}", True),
        ("g(1)", True),
        ("g(2)", False),
    ],
)
def test_what_it_says(body: str, holds: bool) -> None:
    checked = Guarded([("a.rego", f"{AROUND}p if {{\n\t{body}\n}}\n")], {})
    assert checked.problems == []
    assert (checked.evaluate("data.a.p", '{"x": 1}') == "true") is holds


@pytest.mark.parametrize(
    "body",
    [
        "every v in [[1, 2]] {\n\t\tv = [a, b]\n\t\ta < b\n\t}",
        "every v in [[1, 2]] {\n\t\t[a, 2] = v\n\t\ta > 0\n\t}",
        "every v in [[1, 2]] {\n\t\t[_, 3] = v\n\t}",
        "doc := 2\n\tevery v in [1] {\n\t\t[doc, y] = [v, 2]\n\t\ty > 0\n\t}",
        "every v in [1] {\n\t\ty = v\n\t}\n\ty := 7\n\ty > 0",
    ],
)
def test_what_is_neither_is_refused_with_its_line(body: str) -> None:
    (problem,) = Guarded([("a.rego", f"{AROUND}p if {{\n\t{body}\n}}\n")], {}).problems
    assert "write == to compare, or := for a new name" in problem.message
    assert problem.line in (15, 16)
