"""Caffe's networks and Triton's model configurations: messages of protobuf in their text form.

Formats: caffe.proto of BVLC/caffe; model_config.proto of triton-inference-server/common.
"""

from __future__ import annotations

import re

from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.vocabulary import words

_LAYER = re.compile(r"(?<![\w.])layers?\s*+:?\s*+\{")
_TYPE = re.compile(r"(?<![\w.])type\s*:\s*[\"']?(\w+)")
_PYTHON = re.compile(r"(?<![\w.])python_param\s*+:?\s*+\{")
_CAFFE = words("text_networks.caffe_layers")
_CAFFE_OTHER = words("text_networks.caffe_fillers")
"""Other values of fields called `type`: fillers, solvers, regularisation."""
_TRITON = re.compile(r"(?m)^[ \t]*(?:platform|backend|max_batch_size|default_model_filename)\s*:")
_NAMED = re.compile(
    r"(?<![\w.])(backend|runtime|default_model_filename|op_library_filename|string_value|model_filename|name)\s*:\s*"
    r"[\"']((?:[^\"'\\\n]|\\.)*)[\"']"
)
_SOURCE = re.compile(
    r"(?<![\w.])(source|mean_file|root_folder|file_name|net|train_net|snapshot_prefix)\s*:\s*[\"']([^\"'\n]*)"
)
_OWN_FOLDER = "$$TRITON_MODEL_DIRECTORY"
_FILES = ("default_model_filename", "model_filename", "op_library_filename", "runtime", "backend")


def examine_network(text: str, part: Part, scan: Examiner) -> bool:
    """Judge a Caffe network or a Triton configuration; whether the text is one."""
    if _LAYER.search(text):
        _caffe(text, part, scan)
    elif _TRITON.search(text):
        _triton(text, part, scan)
    else:
        return False
    return True


def _caffe(text: str, part: Part, scan: Examiner) -> None:
    scan.ledger.count("caffe networks")
    types = set(_TYPE.findall(text))
    if types & {"Python", "PYTHON"} or _PYTHON.search(text):
        scan.ledger.find(
            "model.onnx.python_operator", part.path, "a layer of Python", title="The Caffe network imports Python code"
        )
    for key, value in _SOURCE.findall(text):
        if leaves_folder(value):
            scan.ledger.skip(f"{part.path}: {key}: {value[:100]}", "data from outside the model's folder")
    folded = {name.replace("_", "").lower() for name in types}
    for name in sorted(folded - _CAFFE - _CAFFE_OTHER - {"python"})[:20]:
        scan.ledger.find(
            "model.onnx.custom_operator", part.path, name, title="The Caffe network needs a layer that is not known"
        )
        scan.ledger.skip(f"{part.path}: {name}", "a layer that is not on the allow-list")


def _triton(text: str, part: Part, scan: Examiner) -> None:
    scan.ledger.count("triton configurations")
    for key, value in _NAMED.findall(text):
        inner = value.removeprefix(_OWN_FOLDER).lstrip("/") if value.startswith(_OWN_FOLDER) else value
        places = key in _FILES or value.startswith(_OWN_FOLDER) or ".." in value.split("/")
        if places and leaves_folder(inner):
            scan.ledger.find("model.config.traversal", part.path, f"{key}: {value}")
        elif key == "op_library_filename":
            scan.ledger.find("model.config.custom_code", part.path, f"{key}: {value}")
            scan.ledger.skip(f"{part.path}: {value}", "native code that the server would load")
    if "model_repository_agents" in text:
        scan.ledger.skip(part.path, "an agent that the server would load for this model")
