"""Keras configurations: layers that carry code, modules that a loader would import, files it would read.

The same JSON lies in `.keras` archives, in HDF5 attributes and in SavedModel metadata.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from scanners.model_scan.callables import canonical, named_in_document, standing
from scanners.model_scan.documents import Document
from scanners.model_scan.operators import DANGEROUS_OPERATORS, file_names, is_tensorflow_operator, keras_names
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_code import marshalled_names
from scanners.model_scan.vocabulary import words

_MAX_OBJECTS = 200_000
_PACKAGES = (
    "keras",
    "tf_keras",
    "keras_core",
    "tensorflow.keras",
    "tensorflow.python.keras",
    "keras_hub",
    "keras_nlp",
    "keras_cv",
    "tensorflow_addons",
)
_INERT_PARTS = words("keras.inert_parts")
_NAMED_SINKS = words("keras.named_sinks")
_FILE_LAYERS = frozenset(("TextVectorization", "StringLookup", "IntegerLookup", "IndexLookup"))
_CALLING_LAYERS = frozenset(("TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "TensorFlowOpLayer"))
_REACHING = words("keras.reaching_functions")
_COMPUTING = words("keras.computing_modules") | {""}
"""Modules of TensorFlow whose functions compute and no more; the bare names are `tf.reshape` and its like."""
_LOADING_LAYERS = frozenset(("TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"))


def is_keras(document: Document) -> bool:
    """Whether a document is a Keras configuration: it names a class and its configuration."""
    return isinstance(document, dict) and "class_name" in document and ("config" in document or "module" in document)


def examine_keras(document: Document, part: Part, scan: Examiner) -> None:
    """Judge every serialised object of a Keras configuration."""
    scan.ledger.count("keras configurations")
    for number, item in enumerate(_objects(document)):
        if number > _MAX_OBJECTS:
            scan.ledger.skip(part.path, "too many objects in the Keras configuration")
            return
        _judge(item, part, scan)


def _judge(item: dict[str, Document], part: Part, scan: Examiner) -> None:
    ledger = scan.ledger
    name, module, registered = (_text(item.get(key)) for key in ("class_name", "module", "registered_name"))
    config = item.get("config")
    shown = f"{module}.{name}" if module else name
    plain_names = {name, registered.rpartition(">")[2]}
    if "__lambda__" in plain_names:
        ledger.find("model.keras.lambda", part.path, f"{shown}: {_code_shown(config)}")
        return
    if "Lambda" in plain_names:
        _judge_lambda(config, shown, part, scan)
        return
    if plain_names & _LOADING_LAYERS:
        ledger.find("model.keras.file_access", part.path, f"{shown}({str(config)[:160]})")
        _embedded_pickle(config, part, scan)
        return
    if plain_names & _FILE_LAYERS and isinstance(config, dict):
        vocabulary = config.get("vocabulary")
        if isinstance(vocabulary, str) and vocabulary and vocabulary != "None":
            ledger.find("model.keras.file_access", part.path, f"{shown} reads its vocabulary from {vocabulary}")
    target = _text(config) if name == "function" and isinstance(config, str) else name
    if name in _CALLING_LAYERS:
        _judge_call(name, config, part, scan)
    elif module:
        _judge_module(module, target, registered, part, scan)
    elif registered and registered.rpartition(">")[2] not in keras_names():
        _unknown(registered, part, scan)
    elif target and target.rpartition(">")[2] not in keras_names():
        _unknown(target, part, scan)


def _judge_call(name: str, config: Document, part: Part, scan: Examiner) -> None:
    """Layers that Keras 2 makes of a bare call, by the name of the function: `math.add`, and just as well `io.write_file`."""
    entry = config.get("function", config.get("cls_ref", config.get("node_def"))) if isinstance(config, dict) else None
    function = _text(entry)
    if name == "TensorFlowOpLayer":
        operator = re.search(r'"op"\s*:\s*"(\w+)"|\bop:\s*"(\w+)"', str(entry))
        operated = next(filter(None, operator.groups()), "") if operator else ""
        if operated in DANGEROUS_OPERATORS:
            scan.ledger.find("model.keras.module", part.path, f"{name} of {operated}")
        elif not is_tensorflow_operator(operated) or file_names(operated):
            _unknown(f"{name} of {operated or 'an operator that is not said'}", part, scan)
    elif set(function.split(".")[:-1]) & _REACHING or function.rpartition(".")[2] in _REACHING:
        scan.ledger.find("model.keras.module", part.path, f"{name} of {function}")
    elif function and function.rpartition(".")[0] not in _COMPUTING:
        _unknown(f"{name} of {function}", part, scan)


def _judge_module(module: str, name: str, registered: str, part: Part, scan: Examiner) -> None:
    ledger = scan.ledger
    shown = f"{module}.{name}"
    if module.startswith(_PACKAGES) and module.partition(".")[0] in {
        package.partition(".")[0] for package in _PACKAGES
    }:
        parts = module.split(".")
        if (
            name in _NAMED_SINKS
            or "saving" in parts
            or "utils" in parts
            or "config" in parts
            or "export" in parts
            or "callbacks" in parts
            or "datasets" in parts
        ):
            ledger.find("model.keras.module", part.path, shown)
        elif name not in keras_names() or (not (set(parts) & _INERT_PARTS) and len(parts) > 1 and parts[1:] != ["src"]):
            _unknown(shown, part, scan)
        return
    known = named_in_document(f"{module}.{name}")
    if known.kind == "inert" or (
        module == "builtins" and name in ("str", "int", "float", "bool", "dict", "list", "tuple")
    ):
        return
    if known.kind == "dangerous" and not (module == "builtins" and name == "function"):
        ledger.find("model.keras.module", part.path, f"{shown}: {known.capability}")
    else:
        _unknown(f"{shown} ({registered})" if registered else shown, part, scan)


def _unknown(shown: str, part: Part, scan: Examiner) -> None:
    scan.ledger.find("model.keras.unknown_class", part.path, shown)
    scan.ledger.skip(f"{part.path}: {shown}", "a class that is not Keras's own")


def _judge_lambda(config: Document, shown: str, part: Part, scan: Examiner) -> None:
    function = config.get("function") if isinstance(config, dict) else None
    if isinstance(function, str) and function.isidentifier():
        _unknown(f"{shown} calling {function}", part, scan)
        return
    if (
        isinstance(function, dict)
        and _text(function.get("class_name")) == "function"
        and isinstance(function.get("config"), str)
    ):
        module, name = _text(function.get("module")), _text(function.get("config"))
        known = standing(*canonical(module, name)) if module else None
        if known is None or known.kind != "dangerous":
            _unknown(f"{shown} calling {module}.{name}", part, scan)
            return
    scan.ledger.find(
        "model.keras.lambda", part.path, f"{shown}: {_code_shown(function if function is not None else config)}"
    )


def _code_shown(value: Document) -> str:
    """What can be read of the code: the names in its marshalled bytes, never unmarshalled."""
    code = value
    if isinstance(code, dict):
        code = code.get("code") or (code.get("config", {}) if isinstance(code.get("config"), dict) else code)
        if isinstance(code, dict):
            code = code.get("code")
    if isinstance(code, list) and code:
        code = code[0]
    if not isinstance(code, str):
        return "code"
    try:
        raw = base64.b64decode(code, validate=False)
    except (binascii.Error, ValueError):
        return code[:160]
    return "code that uses " + ", ".join(marshalled_names(raw[:20_000]))[:160]


def _embedded_pickle(config: Document, part: Part, scan: Examiner) -> None:
    """TorchModuleWrapper keeps a pickled module as base64 text."""
    module = config.get("module") if isinstance(config, dict) else None
    if isinstance(module, str):
        try:
            raw = base64.b64decode(module)
        except (binascii.Error, ValueError):
            return
        scan.examine(part.inside("<TorchModuleWrapper>", raw))


def _objects(document: Document) -> Iterator[dict[str, Document]]:
    pending: list[Document] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("class_name"), str) or isinstance(value.get("registered_name"), str):
                yield value
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def _text(value: Document) -> str:
    return value if isinstance(value, str) else ""
