"""What the head of a rule says, said in its body too, where that may hold more than once.

`deny contains x.name if some x in input.xs`: to OPA an `x` without a name says nothing. The embedded engine forgets what
the others said, or fails. With `_ = x.name` in the body, the body does not hold for that one, on both.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from mcp_server.policy.insertions import Insertion, at_the_end, end, operands

_WILDCARD = re.compile(r'(?<![\w"`])_(?![\w"`])')
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*"|`[^`]*`)|#[^\n]*')


def told_in_bodies(rule: Mapping[str, Any], names: Set[str], source: bytes) -> Iterator[Insertion]:
    """For each body of `rule` with a loop, or under a head with one, what the head needs to have a value."""
    spec = rule.get("Spec")
    if spec is None or "Func" in spec["head"]:
        return
    ((_, head),) = spec["head"].items()
    first = [*reversed(list(_indices(head["refr"]))), head.get("key"), (head.get("assign") or {}).get("value")]
    for number, body in enumerate(spec["bodies"] or [{"assign": None, "query": None}]):
        terms = [term for term in ([(body["assign"] or {}).get("value")] if number else first) if term]
        query = body["query"]
        if not _loops(terms) and not (query and _loops(query["stmts"])):
            continue
        parts = [_in_one_line(part) for term in terms for part in operands(term, names, source)]
        parts = [part for part in parts if "walk(" not in part]  # which goes on by itself
        wildcards = sorted(_wildcards(terms))
        if wildcards:
            # The head and the body are to speak of the same one.
            yield from (Insertion(start + 1, f"told{count}") for count, start in enumerate(wildcards))
            parts = _named(parts)
        text = "; ".join(f"_ = {part}" for part in dict.fromkeys(parts))
        if text and query:
            yield from at_the_end(query, text, source)
        elif text:
            yield Insertion(end(spec["span"], source), f" if {{ {text} }}")


def _named(parts: list[str]) -> list[str]:
    count = itertools.count()
    return [_WILDCARD.sub(lambda _: f"_told{next(count)}", part) for part in parts]


def _loops(node: object) -> bool:
    """Whether something below `node` is asked of one after the other, in its own scope."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            index = here.get("RefBrack", {}).get("index", {}) if isinstance(here.get("RefBrack"), dict) else {}
            if "SomeIn" in here or (index and not {"String", "Number"} & set(index)):
                return True
            if isinstance(here.get("Call"), dict) and "walk" in str(
                here["Call"].get("fcn", {}).get("Var", {}).get("value")
            ):
                return True
            waiting += [value for key, value in here.items() if key not in _OTHER_SCOPES]
    return False


_OTHER_SCOPES = frozenset({"ArrayCompr", "SetCompr", "ObjectCompr", "Every", "NotExpr", "span"})


def _wildcards(node: object) -> Iterator[int]:
    """Where each `_` below `node` stands."""
    if isinstance(node, list):
        for item in node:
            yield from _wildcards(item)
    elif isinstance(node, dict):
        if isinstance(node.get("Var"), dict) and node["Var"]["value"] == "_":
            yield node["Var"]["span"]["start"]
        for key, value in node.items():
            if key not in _OTHER_SCOPES and key != "Var":
                yield from _wildcards(value)


def _indices(reference: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What stands in the brackets of the head of a rule."""
    here: Any = reference
    while isinstance(here, dict) and (inner := here.get("RefBrack") or here.get("RefDot")):
        if "index" in inner:
            yield inner["index"]
        here = inner["refr"]


def _in_one_line(part: str) -> str:
    return " ".join(_COMMENT.sub(lambda found: found[1] or "", part).split("\n")) if "\n" in part else part
