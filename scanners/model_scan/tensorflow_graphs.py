"""TensorFlow SavedModel and GraphDef: the operators in every graph and function, read on the wire.

A graph is a program (TensorFlow's SECURITY.md): operators that touch files, the network or Python are named.
"""

from __future__ import annotations

import re

from scanners.errors import UnreadableInput
from scanners.model_scan.documents import hunt_json
from scanners.model_scan.keras import examine_keras, is_keras
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.protobuf import Field, fields
from scanners.model_scan.vocabulary import words

DANGEROUS_OPERATORS = words("tensorflow_graphs.dangerous_operators")
_OPERATOR_NAME = re.compile(r"(?:[A-Za-z0-9_.]+>)*[A-Z_][A-Za-z0-9_]*\Z|PrintV2 to a file\Z|[a-z_][\w.]*\Z")


def read_saved_model(part: Part, scan: Examiner) -> None:
    """Examine saved_model.pb, a frozen graph, or Keras metadata beside them."""
    scan.ledger.count("tensorflow graphs")
    folder = part.path.removesuffix(part.name.rpartition("/")[2])
    for name in part.siblings:
        if name.rpartition("/")[2].startswith("variables.") or name.endswith("fingerprint.pb"):
            scan.ledger.claim(folder.removesuffix(part.name.rpartition("/")[0] + "/") + name)
    operators: dict[str, str] = {}
    try:
        for field in fields(part.data):
            if field.number == 2 and field.wire == 2:
                _meta_graph(field.body, operators)
    except UnreadableInput as error:
        scan.ledger.find("model.protobuf.damaged", part.path, error.message)
        scan.ledger.skip(part.path, f"the TensorFlow graph cannot be read to its end: {error.message}")
    _report(operators, part, scan)
    for _, document in hunt_json(part.data):
        if is_keras(document):
            examine_keras(document, part, scan)


def read_graph(part: Part, scan: Examiner) -> None:
    """Examine a bare GraphDef."""
    scan.ledger.count("tensorflow graphs")
    operators: dict[str, str] = {}
    try:
        _graph(part.data, operators)
    except UnreadableInput as error:
        scan.ledger.find("model.protobuf.damaged", part.path, error.message)
        scan.ledger.skip(part.path, f"the TensorFlow graph cannot be read to its end: {error.message}")
    _report(operators, part, scan)
    for _, document in hunt_json(part.data):  # keras_metadata.pb has the outline of a graph
        if is_keras(document):
            examine_keras(document, part, scan)


def read_text_graph(part: Part, scan: Examiner) -> None:
    """A graph in protobuf's text format: its operators by name."""
    scan.ledger.count("tensorflow graphs")
    text = bytes(part.data[: 64 << 20]).decode("utf-8", "replace")
    operators = {
        line.partition(":")[2].strip().strip("\"'"): "" for line in text.splitlines() if line.strip().startswith("op:")
    }
    _report(operators, part, scan)


def _meta_graph(message: memoryview, operators: dict[str, str]) -> None:
    for field in fields(message):
        if field.number == 2 and field.wire == 2:
            _graph(field.body, operators)


def _graph(message: memoryview, operators: dict[str, str]) -> None:
    for field in fields(message):
        if field.wire != 2:
            continue
        if field.number == 1:
            _node(field, operators)
        elif field.number == 2:  # library: functions with nodes of their own
            for function in fields(field.body):
                if function.number == 1 and function.wire == 2:
                    for inner in fields(function.body):
                        if inner.number == 3 and inner.wire == 2:
                            _node(inner, operators)


def _node(field: Field, operators: dict[str, str]) -> None:
    name = operator = ""
    suspicious = ""
    for inner in fields(field.body):
        if inner.wire != 2:
            continue
        if inner.number == 1:
            name = inner.text
        elif inner.number == 2:
            operator = inner.text
        elif inner.number == 5 and operator in ("PrintV2", "") and b"file://" in bytes(inner.body[:4096]):
            suspicious = "PrintV2 to a file"
    operators.setdefault(suspicious or operator, name)


def _report(operators: dict[str, str], part: Part, scan: Examiner) -> None:
    scan.ledger.count("operators", len(operators))
    if not operators:
        scan.ledger.skip(part.path, "a TensorFlow file without any operator")
    odd = [operator for operator in operators if not _OPERATOR_NAME.match(operator)]
    if odd:
        scan.ledger.skip(part.path, f"operators with names that TensorFlow does not allow: {odd[:3]}")
    for operator, name in operators.items():
        if operator in DANGEROUS_OPERATORS or operator.startswith(("PyFunc", "EagerPyFunc", "PrintV2 to")):
            scan.ledger.find("model.tensorflow.operator", part.path, f"{operator} (node {name})" if name else operator)
