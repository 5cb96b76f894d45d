"""Chat templates and other Jinja: parsed to a syntax tree, never rendered.

A template that a loader renders without a sandbox can run anything its attributes lead to (CVE-2024-34359); one in a
sandbox can still exhaust the machine or plant text in every prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from scanners.model_scan.callables import GADGET_ATTRIBUTES
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.vocabulary import words

MAX_TEMPLATE = 4 << 20
MAX_ROUNDS = 10_000_000
_MAX_TEXT = 50_000_000
_CALLED_SINKS = words("templates.called_sinks")
_TELLING = words("templates.telling")
_FRAGMENT = re.compile(
    r"^_+$|^__(?:cl|gl|bu|im|su|in|mr|ba|di|re|se|co|ge|lo|do|na)|(?:class|globals|builtins|import|init|subclasses|mro|base|dict|getattr)__$"
)
_OBJECTS = words("templates.objects")
_PLAIN_KEYS = frozenset(("os", "sys", "environ"))
_ENVIRONMENT_OBJECTS = frozenset(("cycler", "joiner", "self", "namespace", "url_for", "get_flashed_messages"))
_STEMS = frozenset(
    ("globals", "builtins", "subclasses", "class", "mro", "base", "bases", "init", "import", "popen", "getattr", "dict")
)
_KNOWN_METHODS = frozenset(("next", "reset", "current"))
_HIDDEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\U000e0000-\U000e007f]")
_INSTRUCTIONS = re.compile(
    r"(ignore|disregard|forget|override)\s+(all\s+|any\s+)?(of\s+)?(the\s+|your\s+)?(previous|prior|above|earlier|system)\s+(instruction|prompt|message|rule|guideline)|"
    r"do\s+not\s+(tell|inform|reveal\s+to|mention\s+(this\s+)?to)\s+the\s+user|without\s+(telling|informing)\s+the\s+user|"
    r"(send|post|upload|exfiltrate|forward)\b.{0,60}\b(to\s+)?https?://|<\s*script\b|(curl|wget)\s+(-\w+\s+)*https?://",
    re.I | re.S,
)


class _GenerationTag(Extension):
    """`{% generation %} … {% endgeneration %}` of the Transformers library; only its body matters."""

    tags = {"generation"}  # noqa: RUF012 - the base class declares it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


_ENVIRONMENT = Environment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do", _GenerationTag])  # noqa: S701 - never renders


def read_template(part: Part, scan: Examiner) -> None:
    """Examine a file that is a Jinja template."""
    if len(part.data) > MAX_TEMPLATE:
        scan.ledger.skip(part.path, "a template of more than 4 MiB")
        return
    examine_template(bytes(part.data).decode("utf-8", "replace"), part, scan)


def examine_template(source: str, part: Part, scan: Examiner, where: str = "") -> None:
    """Examine one template found at `where` in the part."""
    ledger = scan.ledger
    ledger.count("templates")
    path = f"{part.path}!{where}" if where else part.path
    if len(source) > MAX_TEMPLATE:
        ledger.skip(path, "a template of more than 4 MiB")
        return
    for rule, line, evidence in judge_template(source):
        ledger.find(rule, path, evidence, line=line)
        if rule == "model.template.unparsable":
            ledger.skip(path, "the template cannot be parsed")


def looks_like_template(text: str) -> bool:
    """Whether a string holds Jinja at all."""
    return "{{" in text or "{%" in text


def judge_template(source: str) -> list[tuple[str, int, str]]:
    """(rule, line, evidence) for everything in a template that reaches out, exhausts or plants."""
    found: list[tuple[str, int, str]] = []
    try:
        tree = _ENVIRONMENT.parse(source)
    except (TemplateError, RecursionError, ValueError, MemoryError, OverflowError) as error:
        found.append(("model.template.unparsable", 1, type(error).__name__))
        if re.search(r"__(class|globals|subclasses|builtins|import|mro|base)__|\|\s*attr\b", source):
            found.append(("model.template.reaches_attributes", 1, "inner attributes in a template that does not parse"))
        return found
    try:
        found += _judge(tree)
        _judge_loops(tree, 1, found, _ranges(tree))
    except RecursionError:
        found.append(("model.template.unparsable", 1, "nested too deeply"))
    return list(dict.fromkeys(found))[:50]


def _judge(tree: nodes.Node) -> list[tuple[str, int, str]]:
    found: list[tuple[str, int, str]] = []

    def note(kind: str, node: nodes.Node, evidence: str) -> None:
        found.append((f"model.template.{kind}", node.lineno, evidence[:200]))

    for node in _all(tree):
        match node:
            case nodes.Getattr():
                if _is_inner(node.attr) or (
                    isinstance(node.node, nodes.Name)
                    and node.node.name in _OBJECTS
                    and node.attr not in _KNOWN_METHODS
                    and not _is_variable(tree, node.node.name)
                ):
                    note("reaches_attributes", node, f".{node.attr}")
            case nodes.Getitem():
                key = _folded(node.arg)
                if isinstance(key, str) and _is_inner(key) and key not in _PLAIN_KEYS:
                    note("reaches_attributes", node, f"[{key!r}]")
                elif key is None and _glues(node.arg):
                    note("reaches_attributes", node, "an inner attribute's name put together")
            case nodes.Filter(name="attr"):
                key = _folded(node.args[0]) if node.args else None
                if not isinstance(key, str) or _is_inner(key) or key.startswith("_"):
                    note("reaches_attributes", node, f"|attr({key!r})")
            case nodes.Filter(name="map"):
                for keyword in node.kwargs:
                    if keyword.key == "attribute" and _is_path_inner(_folded(keyword.value)):
                        note("reaches_attributes", node, "|map(attribute=…)")
                if node.args and _folded(node.args[0]) == "attr":
                    note("reaches_attributes", node, "|map('attr', …)")
            case nodes.Call(node=nodes.Getattr(attr=attr)) if attr in _CALLED_SINKS:
                note("reaches_attributes", node, f".{attr}(…)")
            case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
                note("loads_files", node, type(node).__name__.lower())
            case nodes.Const(value=str() as text):
                if _is_path_inner(text) or _FRAGMENT.search(text):
                    note("reaches_attributes", node, repr(text))
                _judge_text(text, node, note)
            case nodes.TemplateData():
                _judge_text(node.data, node, note)
            case nodes.Mul() | nodes.Pow():
                left, right = _folded(node.left), _folded(node.right)
                if _is_huge(node, left, right) or _length(node) > _MAX_TEXT:
                    note("exhaustion", node, "a product of enormous size")
            case nodes.Concat() | nodes.Add():
                folded = _folded(node)
                if isinstance(folded, str) and (_is_path_inner(folded)):
                    note("reaches_attributes", node, repr(folded))
            case nodes.Filter(name="center" | "indent" | "batch" | "slice" | "format"):
                if any(isinstance(size := _folded(argument), int) and size > _MAX_TEXT for argument in node.args):
                    note("exhaustion", node, f"|{node.name} of enormous size")
            case nodes.Name(name="lipsum", ctx="load") if not _is_variable(tree, "lipsum"):
                note("reaches_attributes", node, "lipsum, which leads to the environment's globals")
            case nodes.Filter(node=nodes.Name(name=name)) if name in _ENVIRONMENT_OBJECTS and not _is_variable(
                tree, name
            ):
                note("reaches_attributes", node, f"{name}|{node.name}")
            case nodes.Keyword(key=key) if _is_inner(key) and key.startswith("__"):
                note("reaches_attributes", node, f"{key}=…")
    return found


def _glues(node: nodes.Node) -> bool:
    """Whether a computed key contains the stem of an inner attribute's name."""
    if not isinstance(node, nodes.Concat | nodes.Add | nodes.Filter | nodes.Mod):
        return False
    return any(
        isinstance(item, nodes.Const) and isinstance(item.value, str) and item.value.strip("_") in _STEMS
        for item in _all(node)
    )


def _judge_text(text: str, node: nodes.Node, note: Callable[[str, nodes.Node, str], None]) -> None:
    if (hidden := _HIDDEN.search(text)) is not None:
        note("injects", node, f"hidden character U+{ord(hidden.group()):04X}")
    if (planted := _INSTRUCTIONS.search(text)) is not None:
        note("injects", node, planted.group()[:160])


def _all(tree: nodes.Node) -> Iterator[nodes.Node]:
    pending: list[nodes.Node] = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(node.iter_child_nodes())


def _is_variable(tree: nodes.Node, name: str) -> bool:
    """Whether the template itself assigns `name`, so that it is not the environment's object."""
    return any(
        isinstance(node, nodes.Name) and node.name == name and node.ctx in ("store", "param") for node in _all(tree)
    )


def _is_inner(name: str) -> bool:
    return (
        (name.startswith("__") and name.endswith("__") and len(name) > 4)
        or name in GADGET_ATTRIBUTES
        or name in _TELLING
    )


def _is_path_inner(text: object) -> bool:
    return isinstance(text, str) and any(
        part in GADGET_ATTRIBUTES and part.startswith("__") for part in re.split(r"[^\w]+", text)
    )


def _folded(node: nodes.Node) -> object:
    """The constant that an expression of constants gives, or None."""
    match node:
        case nodes.Const():
            return node.value
        case nodes.TemplateData():
            return node.data
        case nodes.Neg():
            inner = _folded(node.node)
            return -inner if isinstance(inner, int) else None
        case nodes.Add():
            left, right = _folded(node.left), _folded(node.right)
            if isinstance(left, str) and isinstance(right, str):
                return left + right if len(left) + len(right) < 10_000 else None
            return left + right if isinstance(left, int) and isinstance(right, int) else None
        case nodes.Concat():
            parts = [_folded(item) for item in node.nodes]
            return "".join(map(str, parts)) if all(isinstance(item, str | int) for item in parts) else None
        case nodes.Mul():
            left, right = _folded(node.left), _folded(node.right)
            if isinstance(left, str) and isinstance(right, int) and len(left) * abs(right) < 10_000:
                return left * right
            if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() < 4096:
                return left * right
            return None
        case nodes.Pow():
            left, right = _folded(node.left), _folded(node.right)
            small = isinstance(left, int) and isinstance(right, int) and 0 <= right < 64 and left.bit_length() < 64
            return left**right if small else None  # type: ignore[operator]
        case nodes.List() | nodes.Tuple():
            return [_folded(item) for item in node.items]
        case nodes.Getitem():
            return _sliced(_folded(node.node), node.arg)
        case nodes.Filter():
            return _filtered(node)
        case nodes.Mod():
            left, right = _folded(node.left), _folded(node.right)
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
            _folded(item) if item is not None else None for item in (argument.start, argument.stop, argument.step)
        ]
        if all(item is None or isinstance(item, int) for item in bounds) and bounds[2] != 0:
            return text[slice(*bounds)]
        return None
    index = _folded(argument)
    return text[index] if isinstance(index, int) and -len(text) <= index < len(text) else None


def _filtered(node: nodes.Filter) -> object:
    value = _folded(node.node) if node.node is not None else None
    arguments = [_folded(item) for item in node.args]
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


def _is_huge(node: nodes.Node, left: object, right: object) -> bool:
    if isinstance(node, nodes.Pow):
        if isinstance(left, int) and isinstance(right, int):
            return left.bit_length() * right > 1_000_000
        return right is None and next(node.find_all((nodes.Name, nodes.Call)), None) is None  # constants, too large to fold
    for text, times in ((left, right), (right, left)):
        if (
            isinstance(times, int)
            and not isinstance(text, int)
            and times > _MAX_TEXT // max(len(text) if isinstance(text, str | list) else 1, 1)
        ):
            return True
    return False


def _length(node: nodes.Node) -> int:
    """How long a product of a constant text is."""
    if isinstance(node, nodes.Mul):
        for text, times in ((node.left, node.right), (node.right, node.left)):
            count = _folded(times)
            if isinstance(count, int):
                return _length(text) * max(count, 0)
        return 0
    value = _folded(node)
    return len(value) if isinstance(value, str | list) else 0


def _ranges(tree: nodes.Node) -> dict[str, int]:
    """Names that the template sets to a constant range, and how long it is."""
    return {
        node.target.name: length
        for node in _all(tree)
        if isinstance(node, nodes.Assign)
        and isinstance(node.target, nodes.Name)
        and (length := _range_length(node.node))
    }


def _judge_loops(node: nodes.Node, rounds: int, found: list[tuple[str, int, str]], ranges: dict[str, int]) -> None:
    """Multiply the constant ranges of nested loops."""
    for child in node.iter_child_nodes():
        inner = rounds
        if isinstance(child, nodes.For):
            named = ranges.get(child.iter.name, 0) if isinstance(child.iter, nodes.Name) else 0
            inner = rounds * max(_range_length(child.iter), named, 1)
            if inner > MAX_ROUNDS:
                found.append(("model.template.exhaustion", child.lineno, f"loops of {inner} rounds"))
                return
        elif isinstance(child, nodes.Call) and _range_length(child) > MAX_ROUNDS:
            found.append(("model.template.exhaustion", child.lineno, f"a range of {_range_length(child)}"))
        _judge_loops(child, inner, found, ranges)


def _range_length(node: nodes.Node) -> int:
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _range_length(node.node)
    if not (isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "range"):
        return 0
    bounds: list[Any] = [_folded(argument) for argument in node.args]
    if bounds and all(isinstance(bound, int) for bound in bounds):
        try:
            span = range(*bounds)
        except (TypeError, ValueError):
            return 0
        return max(0, (span.stop - span.start) // span.step)
    return 0
