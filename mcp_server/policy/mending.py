"""What a module has to say more, so that the embedded engine decides as OPA does. Nothing is taken away, no line moves.

`not f(input.x)`: OPA binds what stands inside a negated call before the call, so that the whole is undefined where that
is missing. The engine takes the missing part for a no, and the negation for a yes: there, `_ = input.x; ` goes before.

`[path, value] := walk(x)`: the engine only walks into its second argument, so it gets one, `[w | walk(x, w)][_]`.

`regex.match(p, …)`: the pattern is read as Go reads it (see `go_regex`).

Heads of rules that hold more than once (see `heads`), and `=` in the body of an `every` (see `every`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from mcp_server.policy.every import equations
from mcp_server.policy.formats import printed
from mcp_server.policy.go_regex import PATTERN, go_pattern
from mcp_server.policy.heads import told_in_bodies
from mcp_server.policy.insertions import OPERANDS, Insertion, cut, end, operands
from mcp_server.policy.layout import apart, unchained
from mcp_server.policy.modules import Module
from mcp_server.policy.syntax import LEAVES, path_of

_PATTERN_AT = {
    "regex.find_all_string_submatch_n": 0,
    "regex.find_n": 0,
    "regex.is_valid": 0,
    "regex.match": 0,
    "regex.replace": 1,
    "regex.split": 0,
}


_ALONE = re.compile(rb"\bif\s+\Z")
"""Before a statement that is a body of its own, without braces."""
_DIFFERS = re.compile(r"\bnot\b|\bregex\s*\.|\bwith\s+data\b|\bevery\b|\bsome\b|\bwalk\b|\[\s*[A-Za-z_]")
_RULE = re.compile(r"^(?:default[ \t]+)?([A-Za-z_]\w*)", re.MULTILINE | re.ASCII)


def readable(text: str, *, rego_v0: bool) -> str:
    """The module `text` so that the engine reads it, and prints, as OPA does; no line moves."""
    return printed(unchained(apart(text)) if rego_v0 else apart(text))


def may_differ(text: str) -> bool:
    """Whether a module holds anything that `insertions` could be about."""
    return _DIFFERS.search(text) is not None


def rule_names(modules: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Package -> names of its rules, and a few words more: what begins a line."""
    names: dict[str, set[str]] = {}
    for path, text in modules:
        names.setdefault(Module(path, text).package, set()).update(_RULE.findall(text))
    return names


def as_on_opa(text: str, tree: Mapping[str, Any], names: Set[str]) -> str:
    """The module `text` so that the engine decides as OPA does.

    `tree` is its element of the engine's list of syntax trees, `names` are those of the rules of its package.
    """
    source = text.encode()
    parts, last = [], 0
    for addition in _insertions(tree, names, source) if may_differ(text) else ():
        parts += [source[last : addition.offset], addition.text.encode()]
        last = addition.offset
    return b"".join([*parts, source[last:]]).decode() if parts else text


def _insertions(tree: Mapping[str, Any], names: Set[str], source: bytes) -> list[Insertion]:
    package = path_of(tree["ast"]["package"]["refr"])
    imported = {_last(item, source) for item in tree["ast"]["imports"]}
    found: list[Insertion] = []
    for rule in tree["ast"]["rules"]:
        found += told_in_bodies(rule, names | imported, source)
        found += equations(rule, names | imported, source)
    waiting: list[Any] = [tree["ast"]["rules"]]
    while waiting:
        here = waiting.pop()
        if type(here) is list:
            waiting += here
        elif type(here) is dict:
            literal = here.get("literal")
            if here.get("with_mods"):
                found += _replaced_by_name(here["with_mods"], package, source)
            if type(literal) is dict and "NotExpr" in literal:
                found += _bound_first(here, names | imported, package, source)
            call = here.get("Call")
            if type(call) is dict and "params" in call:
                found += _pattern(call, source)
                if path_of(call["fcn"]) == ("walk",) and len(call["params"]) == 1:
                    begins, ends = call["span"]["start"], call["span"]["end"]
                    found.append(Insertion(begins, "[walked_to | "))
                    found += [Insertion(ends - 1, ", walked_to"), Insertion(ends, "][_]")]
            waiting += [value for key, value in here.items() if type(value) in (dict, list) and key not in LEAVES]
    return sorted(found, key=_order)


def _order(insertion: Insertion) -> tuple[int, int]:
    """A body is opened before what begins in it, and gets its last statement behind what ends there."""
    return insertion.offset, 0 if insertion.text.startswith("{ ") else 2 if insertion.text.startswith("; ") else 1


def _replaced_by_name(
    changes: Iterable[Mapping[str, Any]], package: tuple[str, ...], source: bytes
) -> Iterator[Insertion]:
    """`with data.<this package>.f as g` says `with f as g` too: the engine does not take the one for the other."""
    for change in changes:
        *above, name = path_of(change["refr"]) or ("",)
        if tuple(above) == ("data", *package):
            ((_, value),) = change["as"].items()
            yield Insertion(end(change["span"], source), f" with {name} as {_whole(value, source)}")


def _whole(value: Mapping[str, Any], source: bytes) -> str:
    begins = value["span"]["start"]
    return source[begins - (source[begins - 1 : begins] in (b'"', b"`")) : end(value["span"], source)].decode()


def _bound_first(
    statement: Mapping[str, Any], names: Set[str], package: tuple[str, ...], source: bytes
) -> Iterator[Insertion]:
    span = statement["span"]
    replaced = "".join(f" {cut(one['span'], source)}" for one in statement.get("with_mods", ()))
    replaced += "".join(one.text for one in _replaced_by_name(statement.get("with_mods", ()), package, source))
    parts = dict.fromkeys(_negated(statement["literal"]["NotExpr"]["expr"], names, source))
    if parts:
        text = "".join(f"_ = {part}{replaced}; " for part in parts).replace("\n", " ")
        alone = _ALONE.search(source, max(0, span["start"] - 200), span["start"])
        yield Insertion(span["start"], "{ " + text if alone else text)
        if alone:
            yield Insertion(end(span, source), " }")


def _negated(expression: Mapping[str, Any], names: Set[str], source: bytes) -> Iterator[str]:
    """What OPA binds first of a negated expression: operands of calls, and whatever lies inside other terms."""
    ((kind, node),) = expression.items()
    if (kind == "BoolExpr" and node["op"] == "Eq") or kind == "AssignExpr":
        for side in (node["lhs"], node["rhs"]):
            yield from _inside(side, names, source) if _is_reference(side) else operands(side, names, source)
    elif kind in OPERANDS:
        for name in OPERANDS[kind]:
            for operand in node[name] if isinstance(node[name], list) else [node[name]]:
                if operand is not None:
                    yield from operands(operand, names, source)
    elif kind in ("Array", "Set", "Object"):
        yield from operands(expression, names, source)
    else:
        yield from _inside(expression, names, source)


def _inside(term: Mapping[str, Any], names: Set[str], source: bytes) -> Iterator[str]:
    """Of a reference, what stands in its brackets."""
    ((kind, node),) = term.items()
    while kind in ("RefDot", "RefBrack"):
        if kind == "RefBrack" and not isinstance(node["index"].get("String"), dict):
            yield from operands(node["index"], names, source)
        ((kind, node),) = node["refr"].items()


def _is_reference(term: Mapping[str, Any]) -> bool:
    return next(iter(term)) in ("RefDot", "RefBrack", "Var")


def _pattern(call: Mapping[str, Any], source: bytes) -> Iterator[Insertion]:
    name = cut(call["fcn"][next(iter(call["fcn"]))]["span"], source)
    at = _PATTERN_AT.get("".join(name.split()))
    if at is None or at >= len(call["params"]):
        return
    ((kind, node),) = call["params"][at].items()
    if kind in ("String", "RawString") and _reads_the_same(node["value"]):
        return
    span = node["span"]
    # The span of a text lies between its quotes.
    quotes = 1 if kind in ("String", "RawString") else 0
    yield Insertion(span["start"] - quotes, f"{PATTERN}(")
    yield Insertion(span["end"] + quotes, ")")


def _reads_the_same(pattern: str) -> bool:
    try:
        return go_pattern(pattern) == pattern
    except ValueError:
        return False


def _last(item: Mapping[str, Any], source: bytes) -> str:
    alias = item.get("as")
    if alias:
        return cut(alias, source)
    ((_, node),) = item["refr"].items()
    field = node.get("field")
    return str(field[1]) if field else ""
