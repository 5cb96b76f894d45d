"""ONNX: external data must stay in the model's folder, operators must be known ones.

Format: onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto), read on the wire.
"""

from __future__ import annotations

from scanners.errors import UnreadableInput
from scanners.model_scan.configuration import examine_document
from scanners.model_scan.operators import is_onnx_operator
from scanners.model_scan.parts import SIBLING_SIZE, Examiner, Part
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.pickle_stream import search_hidden
from scanners.model_scan.protobuf import fields

_MAX_OFFSET = 1 << 46
"""Bytes: no file is as large."""
_PYTHON = frozenset(("PyOp", "PythonOp", "PyCustomOp", "PyFunc", "PythonOpGrad"))
_MAX_DEPTH = 40
_MAX_PARTS = 3_000_000


class _Model:
    def __init__(self, part: Part, scan: Examiner) -> None:
        self.part = part
        self.scan = scan
        self.own: set[tuple[str, str]] = set()
        self.used: set[tuple[str, str]] = set()
        self.looked = 0

    def spend(self) -> None:
        self.looked += 1
        if self.looked > _MAX_PARTS:
            raise UnreadableInput("too many nodes and tensors")


def read_onnx(part: Part, scan: Examiner) -> None:
    """Examine an ONNX model: its graphs, functions and every tensor."""
    scan.ledger.count("onnx models")
    model = _Model(part, scan)
    try:
        for field in fields(part.data):
            if field.number == 7 and field.wire == 2:
                _graph(field.body, model, 0)
            elif field.number == 20 and field.wire == 2:  # training_info: initialization and algorithm graphs
                for inner in fields(field.body):
                    if inner.wire == 2 and inner.number in (1, 2):
                        _graph(inner.body, model, 1)
            elif field.number == 25 and field.wire == 2:
                _function(field.body, model)
            elif field.number == 14 and field.wire == 2:
                entry = {inner.number: inner.text for inner in fields(field.body) if inner.wire == 2}
                examine_document({entry.get(1, ""): entry.get(2, "")}, part, scan)
    except UnreadableInput as error:
        scan.ledger.find("model.protobuf.damaged", part.path, error.message)
        scan.ledger.skip(part.path, f"the ONNX file cannot be read to its end: {error.message}")
        search_hidden(part, scan, 0, len(part.data))
    for domain, operator in sorted(model.used - model.own):
        if operator in _PYTHON:
            scan.ledger.find("model.onnx.python_operator", part.path, f"{domain or 'ai.onnx'}.{operator}")
        elif not is_onnx_operator(domain, operator):
            shown = f"{domain or 'ai.onnx'}.{operator}"
            scan.ledger.find("model.onnx.custom_operator", part.path, shown)
            scan.ledger.skip(f"{part.path}: {shown}", "an operator that is not on the allow-list")


def _graph(message: memoryview, model: _Model, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise UnreadableInput("graphs are nested too deeply")
    for field in fields(message):
        if field.wire != 2:
            continue
        if field.number == 1:
            _node(field.body, model, depth)
        elif field.number == 5:
            _tensor(field.body, model)
        elif field.number == 15:  # sparse_initializer: values and indices
            for inner in fields(field.body):
                if inner.wire == 2 and inner.number in (1, 2):
                    _tensor(inner.body, model)


def _node(message: memoryview, model: _Model, depth: int) -> None:
    model.spend()
    operator = domain = ""
    for field in fields(message):
        if field.wire != 2:
            continue
        if field.number == 4:
            operator = field.text
        elif field.number == 7:
            domain = field.text
        elif field.number == 5:
            _attribute(field.body, model, depth)
    model.used.add((domain, operator))
    if operator == "EPContext":
        _compiled(message, model)


def _compiled(message: memoryview, model: _Model) -> None:
    """ONNX Runtime's EPContext: code compiled for a device, in the node or in a file that it names (`embed_mode` 0)."""
    texts, embedded = dict[str, str](), True
    for field in fields(message):
        if field.number == 5 and field.wire == 2:
            items = {inner.number: inner for inner in fields(field.body) if inner.number in (1, 3, 4)}
            name = items[1].text if 1 in items and items[1].wire == 2 else ""
            if name == "embed_mode":
                embedded = 3 not in items or items[3].value != 0
            elif 4 in items and items[4].wire == 2 and name in ("ep_cache_context", "ep_sdk_version", "source"):
                texts[name] = items[4].text[:1000]
    context = texts.get("ep_cache_context", "")
    if not embedded and leaves_folder(context):
        model.scan.ledger.find("model.onnx.external_path", model.part.path, f"EPContext: {context}")
    model.scan.ledger.skip(model.part.path, "compiled code for a device (EPContext), which is not analysed")


def _attribute(message: memoryview, model: _Model, depth: int) -> None:
    for field in fields(message):
        if field.wire != 2:
            continue
        if field.number in (5, 10):
            _tensor(field.body, model)
        elif field.number in (6, 11):
            _graph(field.body, model, depth + 1)
        elif field.number in (22, 23):  # sparse tensors
            for inner in fields(field.body):
                if inner.wire == 2 and inner.number in (1, 2):
                    _tensor(inner.body, model)


def _function(message: memoryview, model: _Model) -> None:
    name = domain = ""
    for field in fields(message):
        if field.wire == 2 and field.number == 1:
            name = field.text
        elif field.wire == 2 and field.number == 10:
            domain = field.text
        elif field.wire == 2 and field.number == 7:
            _node(field.body, model, 0)
    model.own.add((domain, name))


def _tensor(message: memoryview, model: _Model) -> None:
    model.spend()
    name, entries, external, raw = "", dict[str, str](), False, 0
    elements = 1
    for field in fields(message):
        if field.number == 13 and field.wire == 2:
            pair = {inner.number: inner.text for inner in fields(field.body) if inner.wire == 2}
            entries[pair.get(1, "")] = pair.get(2, "")
        elif field.number == 14 and field.wire == 0:
            external = field.value == 1
        elif field.number == 8 and field.wire == 2:
            name = field.text
        elif field.number == 9 and field.wire == 2:
            raw = field.value
        elif field.number == 1 and field.wire == 0:
            elements *= field.value
    if elements >= 1 << 63:
        model.scan.ledger.find("model.onnx.structure", model.part.path, f"{name}: a negative or overflowing size")
    if entries or external:
        _external(name, entries, external, raw, model)


def _external(name: str, entries: dict[str, str], external: bool, raw: int, model: _Model) -> None:
    ledger, path = model.scan.ledger, model.part.path
    location = entries.get("location", "")
    if leaves_folder(location):
        ledger.find("model.onnx.external_path", path, f"{name}: {location}")
    elif location:
        ledger.claim(path.removesuffix(model.part.name.rpartition("/")[2]) + location)
    if external and raw:
        ledger.find("model.onnx.structure", path, f"{name}: both inside and outside the file")
    end = 0
    for key in ("offset", "length"):
        text = entries.get(key, "0") or "0"
        if not text.isascii() or not text.isdigit() or int(text[:30]) >= _MAX_OFFSET:
            ledger.find("model.onnx.structure", path, f"{name}: {key} {text[:60]}")
        else:
            end += int(text)
    folder = model.part.name.rpartition("/")[0]
    beside = model.part.sibling(f"{folder}/{location}".lstrip("/")) if model.part.sibling and location else None
    if beside is not None and len(beside) < SIBLING_SIZE and end > len(beside):
        ledger.find("model.onnx.structure", path, f"{name}: ends at {end}, and {location} has {len(beside)} bytes")
    unknown = set(entries) - {"location", "offset", "length", "checksum", "basepath"}
    if unknown:  # the onnx package sets any key as an attribute: GHSA-q56x-g2fj-4rj6 and its kind
        ledger.find("model.onnx.structure", path, f"{name}: unknown external data keys {sorted(unknown)[:5]}")
