"""`=` in the body of an `every`, where the embedded engine takes every name for a new one: it would hold whatever is there.

Between what is known already it is made `==`, before names that begin there `:=`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from mcp_server.policy.insertions import Insertion, cut


class UnclearEquation(Exception):
    """An `=` that is neither of both. `line` and `column` say where."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__("in the body of an `every` write == to compare, or := for a new name, where this says =")
        self.line = line
        self.column = column


def equations(rule: Mapping[str, Any], names: Set[str], source: bytes) -> Iterator[Insertion]:
    """What goes before or behind each `=` in the bodies of every `every` of `rule`. Raises UnclearEquation.

    `names` are those of rules and imports.
    """
    places: dict[str, list[int]] = {}
    bodies: list[Mapping[str, Any]] = []
    for node in _nodes(rule):
        spans = list(node.get("SomeVars", {}).get("vars", ()))
        if type(node.get("Var")) is dict:
            spans.append(node["Var"]["span"])
        if type(node.get("Every")) is dict:
            bodies.append(node["Every"]["query"])
            spans += [node["Every"][part] for part in ("key", "value") if node["Every"][part]]
        for span in spans:
            places.setdefault(cut(span, source), []).append(span["start"])
    seen: set[int] = set()
    for body in reversed(bodies):
        for node in _nodes(body["stmts"]):
            equation = node.get("AssignExpr")
            if type(equation) is dict and equation["op"] == "Eq" and equation["eidx"] not in seen:
                seen.add(equation["eidx"])
                yield _said(equation, places, names, body["span"]["end"], source)


def _said(
    equation: Mapping[str, Any], places: Mapping[str, list[int]], names: Set[str], ends: int, source: bytes
) -> Insertion:
    begins = equation["span"]["start"]
    left, right = _variables(equation["lhs"]), _variables(equation["rhs"])
    new = {name for name in left | right if name not in names and min(places.get(name, [begins])) >= begins}
    ((_, node),) = equation["lhs"].items()
    sign = source.index(b"=", node["span"]["end"])
    if not new:
        return Insertion(sign, "=")
    begin_here = all(max(places[name]) < ends for name in new - {"_"})
    if new == left and not right & new and begin_here and _is_pattern(equation["lhs"]):
        return Insertion(sign, ":")
    raise UnclearEquation(equation["span"]["line"], equation["span"]["col"])


def _variables(term: Mapping[str, Any]) -> set[str]:
    """The names in `term` that it does not bind itself, as an index does, and a comprehension its own."""
    found: set[str] = set()
    waiting: list[object] = [term]
    while waiting:
        here = waiting.pop()
        if type(here) is list:
            waiting += here
        elif type(here) is dict:
            if type(here.get("Var")) is dict:
                found.add(str(here["Var"]["value"]))
            waiting += [
                value
                for key, value in here.items()
                if key not in ("span", "fcn", "Var")
                and not key.endswith("Compr")
                and not (key == "index" and "Var" in value)
            ]
    return found - {"input", "data"}


def _is_pattern(term: Mapping[str, Any]) -> bool:
    """A name, or names in brackets."""
    ((kind, node),) = term.items()
    return kind == "Var" or (kind == "Array" and all("Var" in item for item in node["items"]))


def _nodes(node: object) -> Iterator[Mapping[str, Any]]:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if type(here) is list:
            waiting += here
        elif type(here) is dict:
            yield here
            waiting += [value for key, value in here.items() if key != "span"]
