"""The syntax tree of a module as the embedded engine gives it: its rules, and the functions that it calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule definition. A name may have many."""

    name: str
    line: int
    is_function: bool
    arguments: int = 0
    default: str = ""
    """The value of a `default` rule as it is written; empty for others."""
    calls: frozenset[str] = frozenset()
    """Functions that it calls, under the names that the module uses for them."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """One call of a function, under the name that the module uses for it."""

    name: str
    arguments: int
    line: int
    column: int
    text: str = ""
    """The first argument, where it is a text that stands there."""


@dataclass(frozen=True, slots=True)
class FreeName:
    """A name in the head of a rule that neither its arguments nor its body bind."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ModuleSyntax:
    """What the guard wants to know of one module."""

    file: str
    package: tuple[str, ...]
    imports: Mapping[str, tuple[str, ...]]
    """Name in the module -> the path that it stands for."""
    rules: tuple[Rule, ...]
    calls: tuple[FunctionCall, ...]
    free: tuple[FreeName, ...]
    again: tuple[FreeName, ...]
    """Names that `:=` declares where an argument, `some` or `every` has declared them."""
    unbound: tuple[FreeName, ...]
    """Each `_` in a negated reference: nothing binds it outside of the negation."""


def module_syntax(tree: Mapping[str, Any]) -> ModuleSyntax:
    """Read one element of the engine's list of syntax trees."""
    ast = tree["ast"]
    source = tree["source"]["contents"].encode()  # the engine counts bytes
    imports: dict[str, tuple[str, ...]] = {}
    for item in ast["imports"]:
        path = path_of(item["refr"])
        if path:
            alias = item.get("as")
            imports[source[alias["start"] : alias["end"]].decode() if alias else path[-1]] = path
    rules: list[Rule] = []
    calls: list[FunctionCall] = []
    negations: list[Mapping[str, Any]] = []
    scopes: list[Mapping[str, Any]] = []
    for item in ast["rules"]:
        called, negated, nested = _calls_negations_and_scopes(item)
        calls += called
        negations += negated
        scopes += nested
        rules += _rule(item, frozenset(call.name for call in called), source)
    return ModuleSyntax(
        tree["source"]["file"],
        path_of(ast["package"]["refr"]),
        imports,
        tuple(rules),
        tuple(calls),
        tuple(_free_names(ast["rules"])),
        tuple(_declared_again(ast["rules"], scopes, source)),
        tuple(wildcard for negation in negations for wildcard in _wildcards(negation)),
    )


def _rule(item: Mapping[str, Any], calls: frozenset[str], source: bytes) -> Iterator[Rule]:
    if "Default" in item:
        rule = item["Default"]
        path, arguments = path_of(rule["refr"]), len(rule["args"])
        if path:
            written = _text_at(rule["span"], source).partition("=")[2].strip()
            yield Rule(path[0], rule["span"]["line"], arguments > 0, arguments, written, calls)
        return
    spec = item["Spec"]
    ((kind, head),) = spec["head"].items()
    path = path_of(head["refr"])
    if path:
        yield Rule(path[0], spec["span"]["line"], kind == "Func", len(head.get("args", ())), "", calls)


LEAVES = frozenset({"span", "Var", "String", "RawString", "Number", "Bool", "Null"})
"""Below these there is nothing but a name or a value."""


def _calls_negations_and_scopes(
    node: object,
) -> tuple[list[FunctionCall], list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """In one walk, for a tree is large: every call below `node`, what stands behind each `not`, and whatever has a
    query of its own: comprehensions and `every`.
    """
    negations: list[Mapping[str, Any]] = []
    calls: list[FunctionCall] = []
    scopes: list[Mapping[str, Any]] = []
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if type(here) is list:
            waiting += here
        elif type(here) is dict:
            if "query" in here and "is_else" not in here:
                scopes.append(here)
            for key, value in here.items():
                if type(value) is list:
                    waiting += value
                elif type(value) is dict and key not in LEAVES:
                    if key == "Call" and "fcn" in value:
                        name = ".".join(path_of(value["fcn"]))
                        if name:
                            span, params = value["span"], value["params"]
                            calls.append(FunctionCall(name, len(params), span["line"], span["col"], _text(params)))
                    elif key == "NotExpr":
                        negations.append(value["expr"])
                    waiting.append(value)
    return calls, negations, scopes


def _text(params: Sequence[Mapping[str, Any]]) -> str:
    first = params[0] if params else {}
    return str((first.get("String") or first.get("RawString") or {}).get("value", ""))


def _free_names(rules: Sequence[Mapping[str, Any]]) -> Iterator[FreeName]:
    for item in rules:
        spec = item.get("Spec")
        if spec is None:
            continue
        ((kind, head),) = spec["head"].items()
        bound = _names(head["args"]) if kind == "Func" else set()
        for number, body in enumerate(spec["bodies"] or [{"assign": None, "query": []}]):
            assigned = body["assign"] if body["assign"] or number else head.get("assign")
            told: list[object] = [assigned["value"]] if assigned else []
            if kind != "Func" and not body.get("is_else"):
                told += [head.get("key"), _indices(head["refr"])]
            asked = list(_unbound(told, bound))
            inside = _names(body["query"]) if asked else set()
            yield from (free for free in asked if free.name not in inside)


def _declared_again(
    rules: Sequence[Mapping[str, Any]], scopes: Sequence[Mapping[str, Any]], source: bytes
) -> Iterator[FreeName]:
    for item in rules:
        spec = item.get("Spec")
        head = spec["head"].get("Func") if spec else None
        arguments = _names(head["args"]) if head else set()
        for body in spec["bodies"] if spec else ():
            yield from _again(body["query"], arguments, source)
    for scope in scopes:
        begun = [scope[name] for name in ("key", "value") if isinstance(scope.get(name), dict)]
        yield from _again(scope["query"], {_text_at(span, source) for span in begun if "start" in span} - {"_"}, source)


def _again(query: Mapping[str, Any], declared: set[str], source: bytes) -> Iterator[FreeName]:
    """Names that the statements of `query` itself declare where `declared` or a `some` before them has."""
    for statement in query["stmts"]:
        literal = statement["literal"]
        declared = declared | {_text_at(span, source) for span in literal.get("SomeVars", {}).get("vars", ())}
        assigned = literal.get("Expr", {}).get("expr", {}).get("AssignExpr")
        if declared and assigned and assigned["op"] == "ColEq":
            yield from (name for name in _unbound(assigned["lhs"], set()) if name.name in declared)


def _text_at(span: Mapping[str, Any], source: bytes) -> str:
    return source[span["start"] : span["end"]].decode()


def _indices(reference: Mapping[str, Any]) -> list[object]:
    """What stands in the brackets of the head of a rule."""
    found: list[object] = []
    here: Any = reference
    while isinstance(here, dict):
        inner = here.get("RefBrack") or here.get("RefDot") or {}
        if "index" in inner:
            found.append(inner["index"])
        here = inner.get("refr")
    return found


def _wildcards(negated: Mapping[str, Any]) -> Iterator[FreeName]:
    """Each `_` in a reference that is negated itself or compared with `==`; a call's arguments are bound before it."""
    ((kind, node),) = negated.items()
    sides = (node["lhs"], node["rhs"]) if kind == "BoolExpr" and node["op"] == "Eq" else (negated,)
    for side in sides:
        ((kind, node),) = side.items()
        while kind in ("RefDot", "RefBrack"):
            index = node.get("index", {}).get("Var", {})
            if index.get("value") == "_":
                yield FreeName("_", index["span"]["line"], index["span"]["col"])
            ((kind, node),) = node["refr"].items()


def _unbound(node: object, bound: set[str]) -> Iterator[FreeName]:
    if isinstance(node, list):
        for item in node:
            yield from _unbound(item, bound)
    elif isinstance(node, dict):
        if "Var" in node:
            name, span = node["Var"]["value"], node["Var"]["span"]
            if isinstance(name, str) and name not in bound and name != "_":
                yield FreeName(name, span["line"], span["col"])
            return
        # The term of a comprehension may use what its own query binds.
        inner = bound | _names(node["query"]) if "query" in node else bound
        for key, value in node.items():
            if key not in ("query", "fcn"):
                yield from _unbound(value, inner)


def _names(node: object) -> set[str]:
    """Every name below `node` that is the same outside: a comprehension and an `every` have names of their own."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting.extend(here)
        elif isinstance(here, dict):
            if "Var" in here and isinstance(here["Var"]["value"], str):
                found.add(here["Var"]["value"])
            for key, value in here.items():
                if key == "Every":
                    waiting.append(value["domain"])
                elif key != "span" and not key.endswith("Compr"):
                    waiting.append(value)
    return found


def path_of(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts of a reference such as data.a["b"].c; what follows a variable part is left out."""
    if "Var" in node:
        return (str(node["Var"]["value"]),)
    if "RefDot" in node:
        before = path_of(node["RefDot"]["refr"])
        return (*before, str(node["RefDot"]["field"][1])) if before else ()
    if "RefBrack" in node:
        inner = node["RefBrack"]
        before = path_of(inner["refr"])
        index = inner["index"]
        return (*before, str(index["String"]["value"])) if "String" in index else before
    return ()
