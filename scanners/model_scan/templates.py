"""Chat templates and other Jinja: parsed to a syntax tree, never rendered.

A template that a loader renders without a sandbox can run anything its attributes lead to (CVE-2024-34359); one in a
sandbox can still exhaust the machine or plant text in every prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from scanners.model_scan.callables import GADGET_ATTRIBUTES
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.planted_text import planted
from scanners.model_scan.template_costs import costs
from scanners.model_scan.template_values import folded
from scanners.model_scan.vocabulary import words

MAX_TEMPLATE = 4 << 20
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


class _GenerationTag(Extension):
    """`{% generation %} … {% endgeneration %}` of the Transformers library; only its body matters."""

    tags = {"generation"}  # noqa: RUF012 - the base class declares it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


_ENVIRONMENT = Environment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do", _GenerationTag])  # noqa: S701 - never renders
_FILTERS = frozenset(_ENVIRONMENT.filters)


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
        found += [("model.template.exhaustion", line, what) for line, what in costs(tree)]
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
                if (_is_inner(node.attr) and not _is_own_word(node, tree)) or (
                    isinstance(node.node, nodes.Name)
                    and node.node.name in _OBJECTS
                    and node.attr not in _KNOWN_METHODS
                    and not _is_variable(tree, node.node.name)
                ):
                    note("reaches_attributes", node, f".{node.attr}")
            case nodes.Getitem():
                key = folded(node.arg)
                if isinstance(key, str) and _is_inner(key) and key not in _PLAIN_KEYS:
                    note("reaches_attributes", node, f"[{key!r}]")
                elif key is None and _glues(node.arg):
                    note("reaches_attributes", node, "an inner attribute's name put together")
            case nodes.Filter(name="attr"):
                key = folded(node.args[0]) if node.args else None
                if not isinstance(key, str) or _is_inner(key) or key.startswith("_"):
                    note("reaches_attributes", node, f"|attr({key!r})")
            case nodes.Filter(name=name) if name not in _FILTERS:
                note("unparsable", node, f"a filter {name} that Jinja does not have")
            case nodes.Filter(name="map"):
                for keyword in node.kwargs:
                    if keyword.key == "attribute" and _is_path_inner(folded(keyword.value)):
                        note("reaches_attributes", node, "|map(attribute=…)")
                if node.args and folded(node.args[0]) == "attr":
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
            case nodes.Concat() | nodes.Add():
                glued = folded(node)
                if isinstance(glued, str) and _is_path_inner(glued):
                    note("reaches_attributes", node, repr(glued))
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
    for what in planted(text):
        note("injects", node, what)


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


def _is_own_word(node: nodes.Getattr, tree: nodes.Node) -> bool:
    """`ns.sys` of a namespace that the template made itself, `message.os` of a loop: words that tell of danger elsewhere."""
    return node.attr in _PLAIN_KEYS and isinstance(node.node, nodes.Name) and _is_variable(tree, node.node.name)


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
