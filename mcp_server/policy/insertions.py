"""Text that goes into a module, and the parts of its syntax tree that say where and what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

_UNDEFINED_OF_NOTHING = frozenset({"max", "min"})
"""Functions of OPA's that have no value for some arguments; the others have one, or fail."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """Text that goes into a module."""

    offset: int
    """In bytes."""
    text: str


def cut(span: Mapping[str, Any], source: bytes) -> str:
    """The text of `span`."""
    return source[span["start"] : end(span, source)].decode()


def end(span: Mapping[str, Any], source: bytes) -> int:
    """Where `span` ends: that of a text does before its closing quote, and so does what ends with one."""
    ends: int = span["end"]
    return ends + (source[ends : ends + 1] in (b'"', b"`"))


def at_the_end(query: Mapping[str, Any], text: str, source: bytes) -> Iterator[Insertion]:
    """`text` as one more statement of the body `query`, behind the others."""
    begins, ends = query["span"]["start"], query["span"]["end"]
    begins -= source[begins - 1 : begins] in (b'"', b"`")  # as that of a text begins behind its opening quote
    after = end(query["stmts"][-1]["span"], source)
    if source[begins : begins + 1] != b"{":
        yield Insertion(begins, "{ ")
        yield Insertion(end(query["span"], source), f"; {text} }}")
    elif re.match(rb"[ \t\r]*(?:[#\n}]|\Z)", source[after:ends]):
        yield Insertion(after, f"; {text}")
    else:  # in parentheses
        yield Insertion(ends - 1, f"; {text} ")


OPERANDS: Mapping[str, tuple[str, ...]] = {
    "BoolExpr": ("lhs", "rhs"),
    "ArithExpr": ("lhs", "rhs"),
    "BinExpr": ("lhs", "rhs"),
    "Membership": ("key", "value", "collection"),
    "Call": ("params",),
}


def operands(term: Mapping[str, Any], names: Set[str], source: bytes) -> Iterator[str]:
    """What of `term` may have no value: references, rules by `names`, and calls of functions that are rules."""
    ((kind, node),) = term.items()
    if kind in ("RefDot", "RefBrack"):
        yield cut(node["span"], source)
    elif kind == "Call":
        function = cut(node["fcn"][next(iter(node["fcn"]))]["span"], source)
        if function.split(".")[0] in {*names, "data"} or function in _UNDEFINED_OF_NOTHING:
            yield cut(node["span"], source)
        else:
            for param in node["params"]:
                yield from operands(param, names, source)
    elif kind == "Var":
        if node["value"] in names:
            yield node["value"]
    elif kind in ("Array", "Set"):
        for item in node["items"]:
            yield from operands(item, names, source)
    elif kind == "Object":
        for _, key, value in _fields(node):
            yield from operands(key, names, source)
            yield from operands(value, names, source)
    elif kind == "UnaryExpr":
        yield from operands(node["expr"], names, source)
    elif kind in OPERANDS:
        for name in OPERANDS[kind]:
            if node[name] is not None:
                yield from operands(node[name], names, source)


def _fields(node: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    for field in node["fields"]:
        yield field[0], field[-2], field[-1]
