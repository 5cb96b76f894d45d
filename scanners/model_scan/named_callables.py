"""Callables that a document names: what the frameworks that read it would import, make and call."""

from __future__ import annotations

import re

from scanners.model_scan.callables import INNER, STDLIB, canonical, constructor_capability, named_in_document
from scanners.model_scan.documents import Document
from scanners.model_scan.interpolation import interpolated
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.telling_calls import words_of
from scanners.model_scan.torchscript import is_own_operator
from scanners.model_scan.vocabulary import words

_MAX_NAME = 1000
"""Of a callable's name, with the references in it; a longer one is cut, and names nothing."""
_CALL_KEYS = (
    "_target_",
    "target",
    "class_path",
    "loader_module",
    "entry_point",
    "entrypoint",
    "_partial_target_",
    "factory",
    "callable",
    "handler",
    "custom_loader",
    "init_fn",
)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
_KNOWN = words("configuration.known_modules") | words("configuration.known_classes")
"""Modules and classes that MLflow's and Stable Diffusion's own configurations name."""
_JSONPICKLE = frozenset(("py/object", "py/reduce", "py/function", "py/type", "py/newobj", "py/newargsex", "py/repr"))
_MAX_KEY = 64
_IMPORTED_BY = {"import_path": frozenset(("ray",)), "implementation": frozenset(("mlserver",))}
"""Keys by which Ray Serve and MLServer import what serves a model, and packages of their own."""
_NAMING = re.compile(
    r"(?:[a-z]+[_/])*(?:class|cls|type|target|callable|call|func|function|fn|factory|module|import|handler|loader|"
    r"constructor|entry_?point|(?:class|import)_?path|class_?name|callback|hook|reduce|object|provider|implementation|"
    r"backend|runtime|engine|plugin|component)s?"
)
"""Keys by whose names a document says that the value is a type or a function, in whatever framework."""
_MODULE_KEYS = frozenset(("module", "__module__", "module_name", "module_path", "package", "library"))
_NAME_KEYS = frozenset(
    (
        "class",
        "__class__",
        "class_name",
        "name",
        "__name__",
        "__qualname__",
        "function",
        "func",
        "fn",
        "callable",
        "method",
        "type",
    )
)
_INTERPRETERS = words("named_callables.interpreters")
"""Words in the name of a class that, once a document had it made, runs what it is told."""
_DESCRIBED = frozenset(("logging",))
"""Modules that honest configurations name classes of in many dialects: where the logs go is not the model's doing."""


def examine_named(key: str, value: Document, root: Document, part: Part, scan: Examiner) -> None:
    """Judge one value of a document, if it names a callable; `root` is the document, for references into it."""
    if key in _JSONPICKLE:
        _builds(key, value, part, scan)
    elif isinstance(value, dict):
        if "lc" in value:
            _constructs(value, part, scan)
        _pairs_up(value, part, scan)
    elif not isinstance(value, str):
        return
    elif key in _CALL_KEYS and "${" in value:
        _refers(key, value, root, part, scan)
    elif (
        key in _CALL_KEYS
        and re.fullmatch(r"[A-Za-z_][\w.]*(?::\w+)?", value)
        and ("." in value or key == "loader_module")
    ):
        _instantiates(key, value, part, scan)
    elif (
        len(value) < _MAX_NAME
        and value.partition(".")[0].partition(":")[0] in STDLIB  # first, for it is seldom so and costs least
        and len(key) < _MAX_KEY
        and _NAMING.fullmatch(key.strip("_").lower())
        and _reaches_outside(value)
    ):
        scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value}")
    elif key == "_type" and not _INTERPRETERS.isdisjoint(words_of(value[:_MAX_NAME])):  # LangChain's tools and chains
        scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value[:200]} (by its name)")
    elif key in _IMPORTED_BY and (path := value.replace(":", ".")) and _DOTTED.fullmatch(path[:_MAX_NAME]):
        if path.partition(".")[0].partition("_")[0] not in _IMPORTED_BY[key]:
            _imports(key, value[:_MAX_NAME], part, scan)
    elif key == "archive_file" and "://" in value:  # AllenNLP fetches and loads a model
        scan.ledger.find("model.config.network", part.path, f"{key}: {value[:200]}")
        scan.ledger.skip(f"{part.path}: {key}", "a model from elsewhere, which was not examined")


def examine_imports(document: Document, part: Part, scan: Examiner) -> None:
    """Judge what a document makes its framework import: PEFT, MMEngine, MXNet, sentence-transformers."""
    if isinstance(document, list):
        for item in document[:_MAX_NAME]:
            if isinstance(item, dict) and {"idx", "type"} <= item.keys() and isinstance(kind := item["type"], str):
                if "--" in kind:
                    scan.ledger.find("model.config.remote_code", part.path, f"type: {kind} (from another repository)")
                else:
                    _instantiates("type", kind, part, scan)
    if not isinstance(document, dict):
        return
    mapping = document.get("auto_mapping")
    if isinstance(mapping, dict) and isinstance(library := mapping.get("parent_library"), str):
        _instantiates("auto_mapping", f"{library}.{mapping.get('base_model_class', '')}", part, scan)
    core = document.get("megatron_core")
    if isinstance(core, str) and core.partition(".")[0] != "megatron":
        _imports("megatron_core", core, part, scan)
    nodes = document.get("nodes")
    if "arg_nodes" in document and isinstance(nodes, list):  # a symbol of MXNet
        for node in nodes:
            if isinstance(node, dict) and node.get("op") in ("Custom", "_Native", "_NDArray"):
                _imports("op", str(node["op"]), part, scan)
    custom = document.get("custom_imports")
    listed = custom.get("imports") if isinstance(custom, dict) else None
    for module in listed[:_MAX_NAME] if isinstance(listed, list) else [listed]:
        if isinstance(module, str):
            _imports("custom_imports", module, part, scan)


def examine_tag(tag: str, part: Part, scan: Examiner) -> bool:
    """Judge a YAML tag that names a callable, as HyperPyYAML's `!new:package.Class`; whether it is one."""
    kind, colon, path = tag.lstrip("!").partition(":")
    if not colon or not kind.isidentifier() or _DOTTED.fullmatch(path) is None:
        return False
    _instantiates(f"!{kind}", path, part, scan)
    return True


def _reaches_outside(path: str) -> bool:
    """Whether a dotted path leads to something dangerous of the standard library."""
    top = path.partition(".")[0].partition(":")[0]
    return (
        top in STDLIB
        and top not in _DESCRIBED
        and _DOTTED.fullmatch(path.replace(":", ".")) is not None
        and (known := named_in_document(path)).kind == "dangerous"
        and known.capability != INNER
    )


def _pairs_up(value: dict[str, Document], part: Part, scan: Examiner) -> None:
    """A module and a name of it under two keys of one object."""
    for module in _MODULE_KEYS & value.keys():
        for name in _NAME_KEYS & value.keys():
            path = f"{value[module]}.{value[name]}"
            if isinstance(value[module], str) and isinstance(value[name], str) and _reaches_outside(path):
                scan.ledger.find("model.config.instantiates", part.path, f"{module}, {name}: {path}")


def _imports(key: str, module: str, part: Part, scan: Examiner) -> None:
    scan.ledger.find("model.config.custom_code", part.path, f"{key}: {module}")
    scan.ledger.skip(f"{part.path}: {module}", "the loader would import a module that is not known")


def _instantiates(key: str, value: str, part: Part, scan: Examiner) -> None:
    if is_own_operator(value):
        return
    known = named_in_document(value)
    module, _, name = value.replace(":", ".").rpartition(".")
    reached = constructor_capability(*canonical(module, name), text=True)
    if known.kind == "dangerous" or reached:
        scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value} ({known.capability or reached})")
    elif known.kind == "unknown" and not _INTERPRETERS.isdisjoint(words_of(name)):
        scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value} (by its name)")
    elif known.kind == "unknown" and value not in _KNOWN:
        scan.ledger.find("model.config.custom_code", part.path, f"{key}: {value}")
        scan.ledger.skip(f"{part.path}: {value}", "the loader would import code that is not known")


def _refers(key: str, value: str, root: Document, part: Part, scan: Examiner) -> None:
    """A callable that is named by reference to other values of the same document."""
    value = value[:_MAX_NAME]
    named = interpolated(value, root)
    if named is not None and _DOTTED.fullmatch(named):
        _instantiates(key, named, part, scan)
        return
    for word in _DOTTED.findall(value):
        if named_in_document(word).kind == "dangerous":
            scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value[:200]}")
            return
    scan.ledger.skip(f"{part.path}: {key}: {value[:100]}", "a callable whose name is computed when the model is loaded")


def _constructs(value: dict[str, Document], part: Part, scan: Examiner) -> None:
    """LangChain's serialisation: {"lc": 1, "type": "constructor", "id": ["package", "module", "Class"], "kwargs": {…}}."""
    path = value.get("id")
    if value.get("type") == "constructor" and isinstance(path, list) and all(isinstance(item, str) for item in path):
        _instantiates("id", ".".join(map(str, path)), part, scan)


def _builds(key: str, value: Document, part: Part, scan: Examiner) -> None:
    """A tag of jsonpickle, which imports and makes what it names: pickle in JSON."""
    if isinstance(value, str) and named_in_document(value).kind == "inert":
        return
    if isinstance(value, str) and named_in_document(value).kind == "dangerous":
        scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value}")
    else:
        scan.ledger.find("model.config.custom_code", part.path, key)
        scan.ledger.skip(f"{part.path}: {key}", "jsonpickle would build objects of this")
