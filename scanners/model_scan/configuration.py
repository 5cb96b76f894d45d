"""Configuration that makes a loader run code: Hugging Face, Keras, Hydra, MLflow, skops, diffusers, sentence-transformers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.callables import canonical, constructor_capability, named_in_document, standing
from scanners.model_scan.documents import Document, parse_json, parse_yaml
from scanners.model_scan.interpolation import interpolated
from scanners.model_scan.keras import examine_keras, is_keras
from scanners.model_scan.ollama import examine_manifest, is_manifest
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.python_code import judge_source
from scanners.model_scan.requirements import examine_requirements, listed_requirements
from scanners.model_scan.shell_code import SHELL
from scanners.model_scan.skops import examine_skops, is_skops
from scanners.model_scan.templates import examine_template, looks_like_template
from scanners.model_scan.torchscript import is_own_operator
from scanners.model_scan.trees import wrong_trees
from scanners.model_scan.vocabulary import words

_MAX_VALUES = 5_000_000
_MAX_STRING = 1 << 20
_MAX_NAME = 1000
"""Of a callable's name, with the references in it; a longer one is cut, and names nothing."""
_CODE = re.compile(
    r"__import__\s*\(\s*['\"]|\bos\s*\.\s*(?:system|popen|exec\w+|spawn\w+)\s*\(|\bsubprocess\s*\.\s*\w+\s*\(|\bpty\s*\.\s*spawn\s*\(|"
    r"\b(?:eval|exec)\s*\(\s*(?:compile|base64|__import__|codecs|bytes|zlib|marshal|requests|urllib|open|['\"].{0,40}(?:import|__))|"
    r"\b__(?:subclasses|globals|builtins)__\b|\bsocket\s*\.\s*socket\s*\(|\bimportlib\s*\.\s*import_module\s*\(|\b(?:pickle|marshal)\s*\.\s*loads?\s*\("
)
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
_LIBRARIES = frozenset(
    (
        "diffusers",
        "transformers",
        "onnxruntime",
        "stable_diffusion",
        "flax",
        "k_diffusion",
        "optimum",
        "peft",
        "sentence_transformers",
    )
)

_JSONPICKLE = frozenset(("py/object", "py/reduce", "py/function", "py/type", "py/newobj", "py/newargsex", "py/repr"))


def read_json(part: Part, scan: Examiner) -> None:
    """Examine a JSON document, or JSON lines."""
    ledger = scan.ledger
    ledger.count("json documents")
    try:
        document, repeated = parse_json(part.data)
    except UnreadableInput as error:
        if _looks_like_lines(part):
            ledger.count("text files")
            return
        ledger.find("model.structure.damaged", part.path, error.message)
        ledger.skip(part.path, error.message)
        return
    for key in repeated:
        ledger.find("model.config.duplicate_key", part.path, key)
    if repeated:
        ledger.skip(part.path, "a key occurs twice: readers may take another value than the one examined")
    examine_document(document, part, scan)


def read_yaml(part: Part, scan: Examiner) -> None:
    """Examine a YAML file by its nodes; nothing is constructed."""
    ledger = scan.ledger
    ledger.count("yaml documents")
    raw = bytes(part.data[: 1 << 20])
    if re.search(rb"!!python/|!python/|tag:yaml\.org,2002:python/|!!(?:ruby|java|javax)", raw):
        ledger.find("model.config.yaml_tag", part.path, _first_match(raw))
    try:
        documents, tags = parse_yaml(part.data)
    except LimitReached as reached:
        if "aliases" in reached.message:
            ledger.find(
                "model.template.exhaustion",
                part.path,
                reached.message,
                title="The YAML's aliases would exhaust its reader",
            )
        ledger.skip(part.path, reached.message)
        return
    for tag in tags[:20]:
        if "python" in tag:
            ledger.find("model.config.yaml_tag", part.path, tag)
        else:
            ledger.skip(f"{part.path}: {tag}", "a YAML tag of unknown meaning")
    for document in documents:
        examine_document(document, part, scan)


def _first_match(raw: bytes) -> str:
    found = re.search(rb"!\S*(?:python|ruby|java)\S*", raw)
    return found.group().decode("utf-8", "replace") if found else "a tag that builds objects"


def _looks_like_lines(part: Part) -> bool:
    lines = part.head(1 << 16).splitlines()
    try:
        for line in lines[: max(len(lines) - 1, 1)][:20]:
            if line.strip():
                parse_json(line)
    except UnreadableInput:
        return False
    return len(lines) > 1


def examine_document(document: Document, part: Part, scan: Examiner) -> None:
    """Everything in a configuration that a known loader would act on."""
    if is_skops(document):
        examine_skops(document, part, scan)
        return
    if is_manifest(document):
        examine_manifest(document, part, scan)
    for wrong in wrong_trees(document):
        scan.ledger.find("model.tree.structure", part.path, wrong)
    if isinstance(document, dict):
        examine_requirements(listed_requirements(document), part, scan)
        _package(document, part, scan)
        _remote_code(document, part, scan)
        _auto_mapping(document, part, scan)
        _weight_map(document, part, scan)
        _pipeline(document, part, scan)
    elif isinstance(document, list):
        _modules(document, part, scan)
    inside_keras: set[int] = set()
    for number, (key, value) in enumerate(_pairs(document)):
        if number > _MAX_VALUES:
            scan.ledger.skip(part.path, "too many values in one document")
            return
        if id(value) not in inside_keras and is_keras(value):
            inside_keras.update(id(item) for _, item in _pairs(value) if isinstance(item, dict))
            examine_keras(value, part, scan)
        _value(key, value, part, scan)
        if key in _CALL_KEYS and isinstance(value, str) and "${" in value:
            _refers(key, value, document, part, scan)
        elif isinstance(value, dict) and "lc" in value:
            _constructs(value, part, scan)


def _value(key: str, value: Document, part: Part, scan: Examiner) -> None:
    if isinstance(value, dict) and key == "auto_map":
        _auto_map(value, part, scan)
    if key in _JSONPICKLE:
        _builds(key, value, part, scan)
    if not isinstance(value, str):
        return
    if ("template" in key and looks_like_template(value)) or (
        looks_like_template(value) and len(value) < _MAX_STRING and re.search(r"\{[{%].*__\w+__|\|\s*attr", value, re.S)
    ):
        examine_template(value, part, scan, key)
    if (
        key in _CALL_KEYS
        and re.fullmatch(r"[A-Za-z_][\w.]*(?::\w+)?", value)
        and ("." in value or key == "loader_module")
    ):
        _instantiates(key, value, part, scan)
    if (
        6 < len(value) < _MAX_STRING
        and (code := _CODE.search(value) or SHELL.search(value)) is not None
        and not _is_prose(key)
    ):
        scan.ledger.find(
            "model.config.code_string", part.path, f"{key}: {value[max(0, code.start() - 20) : code.start() + 120]}"
        )


def _is_prose(key: str) -> bool:
    return key in (
        "content",
        "description",
        "readme",
        "text",
        "license",
        "doc_string",
        "instruction",
        "input",
        "output",
        "prompt",
        "completion",
        "comment",
    )


def _instantiates(key: str, value: str, part: Part, scan: Examiner) -> None:
    if is_own_operator(value):
        return
    known = named_in_document(value)
    module, _, name = value.replace(":", ".").rpartition(".")
    reached = constructor_capability(*canonical(module, name), text=True)
    if known.kind == "dangerous" or reached:
        scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value} ({known.capability or reached})")
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


def _remote_code(document: dict[str, Document], part: Part, scan: Examiner) -> None:
    if document.get("trust_remote_code") in (True, "true", "True", "yes", 1):
        scan.ledger.find("model.config.remote_code", part.path, "trust_remote_code: true")
    pipelines = document.get("custom_pipelines")
    if isinstance(pipelines, dict) and pipelines:
        implementations = {str(item.get("impl", "")) for item in pipelines.values() if isinstance(item, dict)}
        _auto_map({name: name for name in implementations}, part, scan, "custom_pipelines")
    for name in ("attn_implementation", "_attn_implementation", "experts_implementation"):
        kernel = document.get(name)
        if isinstance(kernel, str) and "/" in kernel:  # transformers fetches a kernel from the hub and loads it
            scan.ledger.find("model.config.remote_code", part.path, f"{name}: {kernel}")
    for name in ("custom_pipeline", "custom_generate"):
        custom = document.get(name)
        if isinstance(custom, str) and custom:
            scan.ledger.find("model.config.remote_code", part.path, f"{name}: {custom}")


def _auto_mapping(document: dict[str, Document], part: Part, scan: Examiner) -> None:
    """PEFT's adapter_config.json: a library to import and a class of it to take."""
    mapping = document.get("auto_mapping")
    if isinstance(mapping, dict) and isinstance(library := mapping.get("parent_library"), str):
        _instantiates("auto_mapping", f"{library}.{mapping.get('base_model_class', '')}", part, scan)


def _auto_map(mapping: dict[str, Document], part: Part, scan: Examiner, key: str = "auto_map") -> None:
    """Hugging Face's `auto_map`: 'file.Class' beside the model, or 'other/repository--file.Class' far away."""
    references = [
        item
        for value in mapping.values()
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, str)
    ]
    folder = part.name.rpartition("/")[0]
    for reference in references:
        shown = f"{key}: {reference}"
        if "--" in reference or "://" in reference:
            scan.ledger.find("model.config.remote_code", part.path, f"{shown} (code from another repository)")
            continue
        file = reference.rpartition(".")[0].replace(".", "/") + ".py"
        path = f"{folder}/{file}" if folder else file
        source = part.sibling(path) if part.sibling is not None else None
        if source is None:
            scan.ledger.find("model.config.remote_code", part.path, f"{shown} ({path} is not there to be examined)")
            continue
        if judge_source(source.decode("utf-8", "replace")):
            scan.ledger.find("model.config.remote_code", part.path, f"{shown} ({path} does dangerous things)")
        else:
            scan.ledger.find("model.config.custom_code", part.path, shown)
            scan.ledger.skip(f"{part.path}: {reference}", "the loader runs this code; nothing dangerous was seen in it")


def _weight_map(document: dict[str, Document], part: Part, scan: Examiner) -> None:
    weights = document.get("weight_map")
    if isinstance(weights, dict):
        for file in {value for value in weights.values() if isinstance(value, str)}:
            if leaves_folder(file):
                scan.ledger.find("model.config.traversal", part.path, f"weight_map: {file}")


def _pipeline(document: dict[str, Document], part: Part, scan: Examiner) -> None:
    """diffusers' model_index.json: {"unet": ["library", "Class"]}. Its parts' own files have lists of two of other kinds."""
    name = document.get("_class_name")
    if not (isinstance(name, list) or str(name).endswith("Pipeline") or part.name.endswith("model_index.json")):
        return
    for key, value in document.items():
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0] in _LIBRARIES:
            if standing(*canonical(value[0], str(value[1]))).kind == "dangerous":
                scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value[0]}.{value[1]}")
        elif isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
            known = standing(*canonical(value[0], str(value[1])))
            if known.kind == "dangerous":
                scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value[0]}.{value[1]}")
            else:
                _auto_map({key: f"{value[0]}.{value[1]}"}, part, scan, key)


def _package(document: dict[str, Document], part: Part, scan: Examiner) -> None:
    """The Manifest.json of a CoreML package: where its items lie."""
    items = document.get("itemInfoEntries")
    for item in items.values() if isinstance(items, dict) else ():
        path = item.get("path") if isinstance(item, dict) else None
        if isinstance(path, str) and leaves_folder(path):
            scan.ledger.find("model.config.traversal", part.path, f"path: {path}")


def _modules(document: list[Document], part: Part, scan: Examiner) -> None:
    """sentence-transformers' modules.json: [{"idx": 0, "path": "", "type": "package.Class"}]."""
    for item in document[:1000]:
        if isinstance(item, dict) and {"idx", "type"} <= item.keys() and isinstance(kind := item["type"], str):
            _instantiates("type", kind, part, scan)
            if isinstance(path := item.get("path"), str) and leaves_folder(path):
                scan.ledger.find("model.config.traversal", part.path, f"path: {path}")


def _pairs(document: Document) -> Iterator[tuple[str, Document]]:
    """Every key with its value, at any depth; items of lists under the key of the list."""
    pending: list[tuple[str, Document]] = [("", document)]
    while pending:
        key, value = pending.pop()
        yield key, value
        if isinstance(value, dict):
            if key in ("vocab", "merges", "added_tokens_decoder") and len(value) > 1000:
                continue
            pending.extend((str(name), item) for name, item in value.items())
        elif isinstance(value, list):
            if len(value) > 1000 and all(isinstance(item, int | float) for item in value[:1000]):
                continue
            pending.extend((key, item) for item in value)
