"""The constants that expressions of a template give: texts glued, sliced, filtered and formatted. Nothing is rendered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jinja2 import nodes


def folded(node: nodes.Node) -> object:
    """The constant that an expression of constants gives, or None."""
    match node:
        case nodes.Const():
            return node.value
        case nodes.TemplateData():
            return node.data
        case nodes.Neg():
            inner = folded(node.node)
            return -inner if isinstance(inner, int) else None
        case nodes.Add():
            left, right = folded(node.left), folded(node.right)
            if isinstance(left, str) and isinstance(right, str):
                return left + right if len(left) + len(right) < 10_000 else None
            return left + right if isinstance(left, int) and isinstance(right, int) else None
        case nodes.Concat():
            parts = [folded(item) for item in node.nodes]
            return "".join(map(str, parts)) if all(isinstance(item, str | int) for item in parts) else None
        case nodes.Mul():
            left, right = folded(node.left), folded(node.right)
            if isinstance(left, str) and isinstance(right, int) and len(left) * abs(right) < 10_000:
                return left * right
            if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() < 4096:
                return left * right
            return None
        case nodes.Pow():
            left, right = folded(node.left), folded(node.right)
            small = isinstance(left, int) and isinstance(right, int) and 0 <= right < 64 and left.bit_length() < 64
            return left**right if small else None  # type: ignore[operator]
        case nodes.List() | nodes.Tuple():
            return [folded(item) for item in node.items]
        case nodes.Getitem():
            return _sliced(folded(node.node), node.arg)
        case nodes.Filter():
            return _filtered(node)
        case nodes.Mod():
            left, right = folded(node.left), folded(node.right)
            values = tuple(right) if isinstance(right, list) else (right,)
            if (
                isinstance(left, str)
                and re.fullmatch(r"(?:[^%]|%s|%c)*", left)
                and left.count("%") == len(values)
                and None not in values
            ):
                try:
                    return left % values
                except (TypeError, ValueError, OverflowError):
                    return None
    return None


def _sliced(text: object, argument: nodes.Node) -> object:
    if not isinstance(text, str):
        return None
    if isinstance(argument, nodes.Slice):
        bounds: list[Any] = [
            folded(item) if item is not None else None for item in (argument.start, argument.stop, argument.step)
        ]
        if all(item is None or isinstance(item, int) for item in bounds) and bounds[2] != 0:
            return text[slice(*bounds)]
        return None
    index = folded(argument)
    return text[index] if isinstance(index, int) and -len(text) <= index < len(text) else None


def _filtered(node: nodes.Filter) -> object:
    value = folded(node.node) if node.node is not None else None
    arguments = [folded(item) for item in node.args]
    if node.name == "join" and isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        separator = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        return separator.join(map(str, value))
    if (
        node.name == "format"
        and isinstance(value, str)
        and re.fullmatch(r"(?:[^%]|%s|%c)*", value)
        and value.count("%") == len(arguments)
        and None not in arguments
    ):
        try:
            return value % tuple(arguments)
        except (TypeError, ValueError, OverflowError):
            return None
    if isinstance(value, str):
        simple: dict[str, Callable[[str], str]] = {
            "lower": str.lower,
            "upper": str.upper,
            "trim": str.strip,
            "string": str,
            "safe": str,
            "title": str.title,
            "capitalize": str.capitalize,
        }
        if node.name in simple:
            return simple[node.name](value)
        if node.name == "reverse":
            return value[::-1]
        if node.name == "list":
            return list(value)
        if node.name == "replace" and len(arguments) >= 2 and all(isinstance(item, str) for item in arguments[:2]):
            return value.replace(str(arguments[0]), str(arguments[1]))
    if node.name == "reverse" and isinstance(value, list):
        return value[::-1]
    return value if node.name in ("list", "string", "safe") else None


def range_length(node: nodes.Node) -> int:
    """How long a constant `range(…)` is, also behind filters; 0 for anything else."""
    if isinstance(node, nodes.Filter) and node.node is not None:
        return range_length(node.node)
    if not (isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "range"):
        return 0
    bounds: list[Any] = [folded(argument) for argument in node.args]
    if bounds and all(isinstance(bound, int) for bound in bounds):
        try:
            span = range(*bounds)
        except (TypeError, ValueError):
            return 0
        return max(0, (span.stop - span.start) // span.step)
    return 0
