"""skops: a ZIP with a schema.json that names the type of every node. Types are judged like a pickle's."""

from __future__ import annotations

from collections.abc import Iterator

from scanners.model_scan.callables import GADGET_ATTRIBUTES, canonical, standing
from scanners.model_scan.documents import Document
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.vocabulary import words

_MAX_NODES = 1_000_000
_INERT_LOADERS = words("skops.inert_loaders")
_LOADERS = words("skops.loaders")


def is_skops(document: Document) -> bool:
    """Whether a document is a skops schema."""
    return isinstance(document, dict) and "__loader__" in document and "__module__" in document


def examine_skops(document: Document, part: Part, scan: Examiner) -> None:
    """Judge every node of a skops schema."""
    ledger = scan.ledger
    ledger.count("skops schemas")
    pending: list[Document] = [document]
    looked = 0
    while pending:
        node = pending.pop()
        looked += 1
        if looked > _MAX_NODES:
            ledger.skip(part.path, "too many nodes in the skops schema")
            return
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            pending.extend(node.values())
            if isinstance(node.get("__class__"), str):
                _judge(node, part, scan)


def _judge(node: dict[str, Document], part: Part, scan: Examiner) -> None:
    ledger = scan.ledger
    module, name, loader = (str(node.get(key) or "") for key in ("__module__", "__class__", "__loader__"))
    shown = f"{loader} of {module}.{name}"
    content = node.get("content")
    if loader in ("FunctionNode", "TypeNode") and isinstance(content, dict):
        # skops before 0.10 put the function's own name inside.
        module = str(content.get("module_path") or content.get("__module__") or module)
        name = str(content.get("function") or content.get("__class__") or name)
        shown = f"{loader} of {module}.{name}"
    if loader == "MethodNode" and isinstance(content, dict):
        function = str(content.get("func") or "")
        if (
            function.startswith("_")
            or function in GADGET_ATTRIBUTES
            or standing("unknown", function).kind == "dangerous"
        ):
            ledger.find("model.skops.type", part.path, f"{shown}, method {function}")
    if loader == "OperatorFuncNode" and (
        module not in ("operator", "_operator") or name not in ("attrgetter", "itemgetter", "methodcaller")
    ):
        ledger.find("model.skops.type", part.path, shown)
        return
    if loader == "OperatorFuncNode" and name in ("attrgetter", "methodcaller"):
        for attribute in _texts(node.get("attrs")):
            if any(word in GADGET_ATTRIBUTES or word.startswith("__") for word in attribute.split(".")):
                ledger.find("model.skops.type", part.path, f"{shown}, attribute {attribute}")
    if loader == "JsonNode" and isinstance(content, str) and len(content) > 1 << 26:
        ledger.skip(part.path, "a very large constant in the skops schema")
    if loader not in _LOADERS:
        ledger.find("model.skops.unknown_type", part.path, shown)
        ledger.skip(f"{part.path}: {loader}", "a kind of node that skops does not have")
    known = standing(*canonical(module, name))
    if known.kind == "dangerous" and not (
        loader in _INERT_LOADERS and module in ("builtins", "types", "functools", "operator")
    ):
        if module == "builtins" and known.capability and name in ("function", "method", "builtin_function_or_method"):
            return
        ledger.find("model.skops.type", part.path, f"{shown}: {known.capability}")
    elif loader == "ConstructorFromReduceNode" and known.kind != "inert" and known.called is None:
        ledger.find("model.skops.unknown_type", part.path, shown)
        ledger.skip(f"{part.path}: {module}.{name}", "a type that is not on the allow-list of what may be called")
    elif known.kind == "unknown" and loader not in _INERT_LOADERS and not _is_ufunc(loader, module, name):
        ledger.find("model.skops.unknown_type", part.path, shown)
        ledger.skip(f"{part.path}: {module}.{name}", "type not on the allow-list")


def _texts(document: Document) -> Iterator[str]:
    """The texts that a node's JSON constants hold."""
    pending: list[Document] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, str) and len(value) < 1000 and value.startswith('"'):
            yield value.strip('"')


def _is_ufunc(loader: str, module: str, name: str) -> bool:
    """NumPy's and SciPy's universal functions compute on arrays, all of them."""
    return (
        loader in ("FunctionNode", "UfuncNode")
        and module in ("numpy", "scipy.special", "scipy.special._ufuncs")
        and name.isidentifier()
        and standing(module, name).kind != "dangerous"
    )
