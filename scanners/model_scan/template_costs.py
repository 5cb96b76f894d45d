"""What rendering a template would cost: nested loops, macros that call macros, texts that double, numbers that explode.

A sandbox keeps a template from Python, not from using up time and memory. Only what the template fixes itself counts; how
long the messages are is the caller's matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import nodes

from scanners.model_scan.template_values import folded, range_length

MAX_ROUNDS = 10_000_000
_MAX_TEXT = 50_000_000
_MAX_DOUBLINGS = 25
_MAX_BITS = 1_000_000
_ENDLESS = 1 << 60
_DIGITS = re.compile(r"\d{6,}")


def costs(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """(line, what) for everything in a template that would exhaust its renderer. Raises RecursionError for a deep one."""
    for power in tree.find_all(nodes.Pow):
        if _bits(power) > _MAX_BITS:
            yield power.lineno, "a number of enormous size"
    for product in tree.find_all(nodes.Mul):
        if _length(product) > _MAX_TEXT or _bits(product) > _MAX_BITS:
            yield product.lineno, "a product of enormous size"
    for filtered in tree.find_all(nodes.Filter):
        sizes = [folded(argument) for argument in filtered.args]
        if filtered.name in ("center", "indent", "batch", "slice", "format") and any(
            isinstance(size, int) and size > _MAX_TEXT for size in sizes
        ):
            yield filtered.lineno, f"|{filtered.name} of enormous size"
    for shaped in tree.find_all((nodes.Mod, nodes.Call, nodes.Filter)):
        if _width(shaped) > _MAX_TEXT:
            yield shaped.lineno, "a field of enormous width"
    yield from _Rounds(tree).judge()


class _Rounds:
    """How often each part of a template would run: loops multiply, and so do calls of macros that call macros."""

    def __init__(self, tree: nodes.Template) -> None:
        self.tree = tree
        self.macros = {macro.name: macro for macro in tree.find_all(nodes.Macro)}
        self.weights: dict[str, int] = {}
        self.doublings: dict[str, int] = {}
        self.ranges = {
            node.target.name: length
            for node in tree.find_all(nodes.Assign)
            if isinstance(node.target, nodes.Name) and (length := range_length(node.node))
        }

    def judge(self) -> Iterator[tuple[int, str]]:
        for name, macro in self.macros.items():
            if self.weight(name) > MAX_ROUNDS:
                yield macro.lineno, f"the macro {name} leads to more than {MAX_ROUNDS} calls"
                return
        yield from self.walk(self.tree, 1)

    def walk(self, node: nodes.Node, rounds: int) -> Iterator[tuple[int, str]]:
        for child in node.iter_child_nodes():
            inner = rounds * self.times(child)
            if inner > MAX_ROUNDS:
                yield child.lineno, f"loops of {inner} rounds"
                return
            if isinstance(child, nodes.Call) and range_length(child) > MAX_ROUNDS:
                yield child.lineno, f"a range of {range_length(child)}"
            if isinstance(child, nodes.Assign) and (name := _doubled(child)):
                self.doublings[name] = self.doublings.get(name, 0) + rounds
                if self.doublings[name] > _MAX_DOUBLINGS:
                    yield child.lineno, f"{name} doubles {self.doublings[name]} times"
                    return
            if isinstance(child, nodes.Call) and (name := _extends_itself(child)):
                self.doublings[name] = self.doublings.get(name, 0) + rounds
                if self.doublings[name] > _MAX_DOUBLINGS:
                    yield child.lineno, f"{name} doubles {self.doublings[name]} times"
                    return
            yield from self.walk(child, inner)

    def times(self, node: nodes.Node) -> int:
        """How often what is inside a node runs for one run of the node."""
        if not isinstance(node, nodes.For):
            return 1
        named = self.ranges.get(node.iter.name, 0) if isinstance(node.iter, nodes.Name) else 0
        return max(range_length(node.iter), named, 1)

    def weight(self, name: str, callers: tuple[str, ...] = ()) -> int:
        """How many calls of macros one call of `name` leads to. A macro that calls itself ends in Jinja's own error."""
        if name in callers or name not in self.macros:
            return 1
        if name not in self.weights:
            self.weights[name] = min(_ENDLESS, 1 + self.called(self.macros[name], (*callers, name)))
        return self.weights[name]

    def called(self, node: nodes.Node, callers: tuple[str, ...]) -> int:
        total = 0
        for child in node.iter_child_nodes():
            if isinstance(child, nodes.Call) and isinstance(child.node, nodes.Name) and child.node.name in self.macros:
                total += self.weight(child.node.name, callers)
            total += self.times(child) * self.called(child, callers)
        return total


def _doubled(node: nodes.Assign) -> str:
    """The name that an assignment makes at least twice as long: `x = x ~ x`, `ns.x = ns.x + ns.x`, `x = x * 2`."""
    target = _name(node.target)
    if not target or not isinstance(node.node, nodes.Concat | nodes.Add | nodes.Mul):
        return ""
    times = sum(_name(inner) == target for inner in [*node.node.find_all((nodes.Name, nodes.Getattr))])
    if isinstance(node.node, nodes.Mul):
        sides = (node.node.left, node.node.right)
        factor = max((size for side in sides if isinstance(size := folded(side), int)), default=0)
        return target if times and factor > 1 and any(isinstance(folded(side), str) for side in sides) else ""
    return target if times > 1 else ""


def _extends_itself(node: nodes.Call) -> str:
    """The name of a list or dictionary that a call adds to itself: `x.extend(x)`, `x.update(…x…)`, `x.extend(x + x)`."""
    match node.node:
        case nodes.Getattr(node=owner, attr="extend" | "update" | "insert" | "append" as method):
            name = _name(owner)
            given = [_name(inner) for argument in node.args for inner in _all_names(argument)]
            # A list that holds itself, by `append`, is written as [...]; one that holds its copies grows.
            grows = method in ("extend", "update") or not any(_name(argument) == name for argument in node.args)
            return name if name and name in given and grows else ""
    return ""


def _all_names(node: nodes.Node) -> list[nodes.Node]:
    return [node] if _name(node) else [*node.find_all((nodes.Name, nodes.Getattr))]


def _width(node: nodes.Node) -> int:
    """The largest width that a format of constants asks for: `'%99d' % x`, `'{:>99}'.format(x)`, `'x'.ljust(99)`."""
    template, given = None, list[nodes.Expr]()
    match node:
        case nodes.Mod():
            template, given = folded(node.left), [node.right]
        case nodes.Filter(name="format") if node.node is not None:
            template, given = folded(node.node), node.args
        case nodes.Call(node=nodes.Getattr(node=owner, attr="format" | "format_map")):
            template, given = folded(owner), node.args
        case nodes.Call(node=nodes.Getattr(attr="ljust" | "rjust" | "center" | "zfill" | "expandtabs")):
            return max((size for item in node.args if isinstance(size := folded(item), int)), default=0)
    if not isinstance(template, str):
        return 0
    widths = [int(digits[:20]) for digits in _DIGITS.findall(template)]
    if "*" in template or "{:{" in template:
        values = [folded(item) for item in given]
        widths += [
            item
            for value in values
            for item in (value if isinstance(value, list) else [value])
            if isinstance(item, int)
        ]
    return max(widths, default=0)


def _name(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return str(node.name)
        case nodes.NSRef():
            return f"{node.name}.{node.attr}"
        case nodes.Getattr(node=nodes.Name(name=owner)):
            return f"{owner}.{node.attr}"
    return ""


def _bits(node: nodes.Node) -> int:
    """How many bits the number takes that an expression of constants gives; 0 where it is none."""
    match node:
        case nodes.Const(value=int() as number):
            return int(number).bit_length()
        case nodes.Neg():
            return _bits(node.node)
        case nodes.Add() | nodes.Sub():
            return max(_bits(node.left), _bits(node.right))
        case nodes.Mul():
            left, right = _bits(node.left), _bits(node.right)
            return left + right if left and right else 0
        case nodes.Pow():
            base, exponent = _bits(node.left), _bits(node.right)
            if not base or not exponent:
                return 0
            times = folded(node.right)
            return min(_ENDLESS, base * (times if isinstance(times, int) else 1 << min(exponent, 60)))
    return 0


def _length(node: nodes.Node) -> int:
    """How long a product of a constant text is."""
    if isinstance(node, nodes.Mul):
        for text, times in ((node.left, node.right), (node.right, node.left)):
            count = folded(times)
            if isinstance(count, int):
                size = _length(text)
                return size * max(count, 0) if size else (count if _bits(text) == 0 else 0)
        return 0
    value = folded(node)
    return len(value) if isinstance(value, str | list) else 0
