"""CoreML: data only, unless it needs a class of the app, or points to another file. Pipelines and networks hold more of both.

Format: Model.proto and NeuralNetwork.proto of coremltools, read on the wire.
"""

from __future__ import annotations

import re

from scanners.errors import UnreadableInput
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.protobuf import fields

_MAX_DEPTH = 20
_PIPELINES = (200, 201)
"""Classifier and regressor: their first field is the pipeline that field 202 holds directly."""
_PIPELINE = 202
_NETWORKS = (303, 403, 500)
_CUSTOM_MODEL, _LINKED_MODEL = 555, 556
_LAYER, _CUSTOM_LAYER, _INNER_NETWORKS = 1, 500, (600, 605)
"""In a network: its layers; in a layer: a custom one, and loops and branches, which hold networks."""
_WEIGHTS = re.compile(rb"@model_path/([\x20-\x7e]{1,300})")


def read_core_ml(part: Part, scan: Examiner) -> None:
    """Examine a CoreML model."""
    scan.ledger.count("coreml models")
    folder = part.path.rpartition("/")[0]
    for name in {found.group(1).decode() for found in _WEIGHTS.finditer(part.data)}:
        if leaves_folder(name):
            scan.ledger.find("model.config.traversal", part.path, f"weights in {name}")
        scan.ledger.claim(f"{folder}/{name}" if folder else name)
    try:
        _model(part.data, part, scan, 0)
    except UnreadableInput as error:
        scan.ledger.find("model.protobuf.damaged", part.path, error.message)
        scan.ledger.skip(part.path, f"the CoreML model cannot be read to its end: {error.message}")


def _model(message: memoryview, part: Part, scan: Examiner, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise UnreadableInput("models are nested too deeply")
    for field in fields(message):
        if field.wire != 2:
            continue
        if field.number == _CUSTOM_MODEL:
            _custom("customModel", field.body, 10, part, scan)
        elif field.number == _LINKED_MODEL:
            _linked(field.body, part, scan)
        elif field.number == _PIPELINE:
            _pipeline(field.body, part, scan, depth)
        elif field.number in _PIPELINES:
            for inner in fields(field.body):
                if inner.number == 1 and inner.wire == 2:
                    _pipeline(inner.body, part, scan, depth)
        elif field.number in _NETWORKS:
            _network(field.body, part, scan, depth)


def _pipeline(message: memoryview, part: Part, scan: Examiner, depth: int) -> None:
    for field in fields(message):
        if field.number == 1 and field.wire == 2:
            _model(field.body, part, scan, depth + 1)


def _network(message: memoryview, part: Part, scan: Examiner, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise UnreadableInput("networks are nested too deeply")
    for layer in fields(message):
        if layer.number != _LAYER or layer.wire != 2:
            continue
        for field in fields(layer.body):
            if field.number == _CUSTOM_LAYER and field.wire == 2:
                _custom("custom layer", field.body, 10, part, scan)
            elif field.number in _INNER_NETWORKS and field.wire == 2:
                for inner in fields(field.body):
                    if inner.wire == 2:
                        _network(inner.body, part, scan, depth + 1)


def _custom(what: str, message: memoryview, number: int, part: Part, scan: Examiner) -> None:
    name = next((field.text for field in fields(message) if field.number == number and field.wire == 2), "")
    scan.ledger.find(
        "model.onnx.custom_operator",
        part.path,
        f"{what} {name}".strip(),
        title="The CoreML model needs a class of the app",
    )
    scan.ledger.skip(part.path, f"a CoreML {what} is a class of the app")


def _linked(message: memoryview, part: Part, scan: Examiner) -> None:
    """A linked model: a file name and a search path, each in a message with its default value."""
    texts = [
        value.text
        for field in fields(message)
        if field.wire == 2
        for parameter in fields(field.body)
        if parameter.wire == 2
        for value in ([parameter, *fields(parameter.body)] if _is_message(parameter.body) else [parameter])
        if value.wire == 2
    ]
    shown = "linkedModel " + " ".join(text for text in texts if text.isprintable())
    scan.ledger.find("model.config.custom_code", part.path, shown[:200], title="The CoreML model is in another file")
    scan.ledger.skip(part.path, "a CoreML linked model")
    if any(leaves_folder(text) for text in texts):
        scan.ledger.find("model.config.traversal", part.path, shown[:200])


def _is_message(body: memoryview) -> bool:
    try:
        return bool([field.number for field in fields(body)])
    except UnreadableInput:
        return False
