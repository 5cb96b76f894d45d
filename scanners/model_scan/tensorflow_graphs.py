"""TensorFlow SavedModel and GraphDef: the operators in every graph and function, read on the wire.

A graph is a program (TensorFlow's SECURITY.md): operators that touch files, the network or Python are named, and
operators that TensorFlow does not have, or that nobody judged, are not passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.documents import hunt_json
from scanners.model_scan.keras import examine_keras, is_keras
from scanners.model_scan.operators import DANGEROUS_OPERATORS, file_names, is_tensorflow_operator
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.protobuf import Field, fields
from scanners.model_scan.tensorflow_files import Node, Scope, named_files, read_node
from scanners.model_scan.text_networks import examine_network

_TABLES_FROM_FILES = ("InitializeTableFromTextFile", "InitializeTableFromTextFileV2")
_OPERATOR_NAME = re.compile(r"(?:[A-Za-z0-9_.]+>)*[A-Z_][A-Za-z0-9_]*\Z|[a-z_][\w.]*\Z")
_OPERATOR = re.compile(r"(?<![\w.])op:\s*[\"']([^\"'\n]*)")
_TEXT = re.compile(r'\b(?:string_val|s):\s*"((?:[^"\\]|\\.)*)"')


@dataclass(slots=True)
class _Operators:
    used: dict[str, str] = dataclass_field(default_factory=dict)
    """Operator -> the first node that uses it."""
    functions: set[str] = dataclass_field(default_factory=set)
    """Functions that the graph defines itself; a node calls one by using its name as an operator."""
    assets: set[str] = dataclass_field(default_factory=set)
    """Constants that a SavedModel's loader replaces by files that the model carries (MetaGraphDef.asset_file_def)."""
    outside: list[str] = dataclass_field(default_factory=list)
    """Such files that do not lie in the model's folder."""
    scopes: list[Scope] = dataclass_field(default_factory=list)
    """The nodes of the graph and of each function that name files, or that such names may be made of."""


def read_saved_model(part: Part, scan: Examiner) -> None:
    """Examine saved_model.pb, a frozen graph, or Keras metadata beside them."""
    if _is_fingerprint(part):
        scan.ledger.count("tensorflow fingerprints")
        return
    scan.ledger.count("tensorflow graphs")
    folder = part.path.removesuffix(part.name.rpartition("/")[2])
    for name in part.siblings:
        if name.rpartition("/")[2].startswith("variables.") or name.endswith("fingerprint.pb"):
            scan.ledger.claim(folder.removesuffix(part.name.rpartition("/")[0] + "/") + name)
    graph = _Operators()
    try:
        for entry in fields(part.data):
            if entry.number == 2 and entry.wire == 2:
                _meta_graph(entry.body, graph)
        if not graph.used:
            _meta_graph(part.data, graph)  # a checkpoint's .meta file is one MetaGraphDef
    except UnreadableInput as error:
        scan.ledger.find("model.protobuf.damaged", part.path, error.message)
        scan.ledger.skip(part.path, f"the TensorFlow graph cannot be read to its end: {error.message}")
    _report(graph, part, scan)
    for _, document in hunt_json(part.data):
        if is_keras(document):
            examine_keras(document, part, scan)


def _is_fingerprint(part: Part) -> bool:
    """Whether a file is SavedModel's fingerprint.pb: five checksums, a version and an identifier, and nothing else."""
    if part.name.rpartition("/")[2] != "fingerprint.pb" or len(part.data) > 200:
        return False
    try:
        return all(
            (field.number <= 5 and field.wire in (0, 1))
            or (field.number in (6, 7) and field.wire == 2 and len(field.body) <= 64)
            for field in fields(part.data)
        )
    except UnreadableInput:
        return False


def read_graph(part: Part, scan: Examiner) -> None:
    """Examine a bare GraphDef."""
    if _is_fingerprint(part):
        scan.ledger.count("tensorflow fingerprints")
        return
    scan.ledger.count("tensorflow graphs")
    graph = _Operators()
    try:
        _graph(part.data, graph)
    except UnreadableInput as error:
        scan.ledger.find("model.protobuf.damaged", part.path, error.message)
        scan.ledger.skip(part.path, f"the TensorFlow graph cannot be read to its end: {error.message}")
    documents = [document for _, document in hunt_json(part.data) if is_keras(document)]
    if documents and set(graph.used) == {""}:
        graph.used.clear()  # keras_metadata.pb has the outline of a graph, and no operator
    else:
        _report(graph, part, scan)
    for document in documents:
        examine_keras(document, part, scan)


def read_text_graph(part: Part, scan: Examiner) -> None:
    """A graph in protobuf's text format: its operators by name."""
    scan.ledger.count("tensorflow graphs")
    text = bytes(part.data[: 64 << 20]).decode("utf-8", "replace")
    graph = _Operators()
    graph.used = dict.fromkeys(_OPERATOR.findall(text), "")
    if not graph.used and examine_network(text, part, scan):
        return
    graph.functions = set(re.findall(r"signature\s*\{\s*name:\s*\"([^\"]+)\"", text))
    _report(graph, part, scan)
    if any(map(file_names, graph.used)):
        for file in filter(leaves_folder, _TEXT.findall(text)):
            scan.ledger.find("model.tensorflow.operator", part.path, f'a graph that uses files names "{file}"')


def _meta_graph(message: memoryview, graph: _Operators) -> None:
    for entry in fields(message):
        if entry.number == 2 and entry.wire == 2:
            _graph(entry.body, graph)
        elif entry.number == 6 and entry.wire == 2:
            node, file = _asset(entry)
            graph.assets.add(node)
            if leaves_folder(file):
                graph.outside.append(file)


def _asset(entry: Field) -> tuple[str, str]:
    """Of an AssetFileDef: the node that it replaces, by the name in its TensorInfo, and the file in the folder of assets."""
    node, file = "", ""
    for item in fields(entry.body):
        if item.number == 1 and item.wire == 2:
            for inner in fields(item.body):
                if inner.number == 1 and inner.wire == 2:
                    node = inner.text.partition(":")[0]
        elif item.number == 2 and item.wire == 2:
            file = item.text
    return node, file


def _graph(message: memoryview, graph: _Operators) -> None:
    nodes: dict[str, Node] = {}
    for entry in fields(message):
        if entry.wire != 2:
            continue
        if entry.number == 1:
            _node(entry, nodes, graph)
        elif entry.number == 2:  # library: functions with nodes of their own
            for function in fields(entry.body):
                if function.number == 1 and function.wire == 2:
                    _function(function, graph)
    graph.scopes.append(Scope(nodes))


def _function(function: Field, graph: _Operators) -> None:
    scope = Scope()
    for inner in fields(function.body):
        if inner.number == 1 and inner.wire == 2:  # the signature, an OpDef
            for item in fields(inner.body):
                if item.number == 1 and item.wire == 2:
                    scope.name = item.text
                elif item.number == 2 and item.wire == 2:
                    scope.arguments += [part.text for part in fields(item.body) if part.number == 1 and part.wire == 2]
        elif inner.number == 3 and inner.wire == 2:
            _node(inner, scope.nodes, graph)
    graph.functions.add(scope.name)
    graph.scopes.append(scope)


def _node(entry: Field, nodes: dict[str, Node], graph: _Operators) -> None:
    node = read_node(entry.body)
    nodes[node.name] = node
    graph.used.setdefault(node.operator, node.name)


def _report(graph: _Operators, part: Part, scan: Examiner) -> None:
    ledger, operators = scan.ledger, graph.used
    ledger.count("operators", len(operators))
    if not operators:
        ledger.skip(part.path, "a TensorFlow file without any operator")
    odd = [operator for operator in operators if not _OPERATOR_NAME.match(operator)]
    if odd:
        ledger.skip(part.path, f"operators with names that TensorFlow does not allow: {odd[:3]}")
    for operator, name in operators.items():
        if operator in DANGEROUS_OPERATORS or operator.startswith(("PyFunc", "EagerPyFunc")):
            ledger.find("model.tensorflow.operator", part.path, f"{operator} (node {name})" if name else operator)
        elif not is_tensorflow_operator(operator) and operator not in graph.functions:
            ledger.find(
                "model.tensorflow.unknown_operator", part.path, f"{operator} (node {name})" if name else operator
            )
            ledger.skip(f"{part.path}: {operator}", "an operator that is not on the allow-list")
        elif operator in _TABLES_FROM_FILES and not graph.assets:
            ledger.skip(f"{part.path}: {operator}", "a table read from a file that is no asset of the model")
    for file in graph.outside:
        ledger.find("model.tensorflow.operator", part.path, f'an asset outside the model: "{file}"')
    try:
        for node, file in named_files(graph.scopes, graph.assets):
            ledger.find("model.tensorflow.operator", part.path, f'{node.operator} of "{file}" (node {node.name})')
    except LimitReached as reached:
        ledger.skip(part.path, reached.message)
