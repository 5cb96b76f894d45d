"""Files that the nodes of a TensorFlow graph name: in attributes, and in constants that reach an input.

Which attributes and inputs of which operators name files is taken from TensorFlow's own definitions (`operators.json`).
A name that the loader feeds (a checkpoint's prefix, an asset) is the model's own; a constant one is the author's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from scanners.model_scan.operators import file_names
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.protobuf import Field, fields

_STREAMS = ("stderr", "stdout", "log(info)", "log(warning)", "log(error)")
"""What PrintV2 may write to besides files."""
_CONSTANTS = ("Const", "HostConst")
_STRING = 7
"""DT_STRING of TensorFlow's types.proto."""
_MAX_FOLLOWED = 10_000


@dataclass(slots=True)
class Node:
    """One node of a graph or function: its operator, the nodes that it takes from, and its texts by attribute."""

    name: str = ""
    operator: str = ""
    inputs: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)


def read_node(message: memoryview) -> Node:
    """A NodeDef. Raises UnreadableInput."""
    node, attributes = Node(), list[Field]()
    for entry in fields(message):
        if entry.wire != 2:
            continue
        if entry.number == 1:
            node.name = entry.text
        elif entry.number == 2:
            node.operator = entry.text
        elif entry.number == 3:
            node.inputs.append(entry.text)
        elif entry.number == 5:
            attributes.append(entry)
    if node.operator in _CONSTANTS or file_names(node.operator):
        node.texts = dict(map(_attribute, attributes))
    return node


def _attribute(entry: Field) -> tuple[str, list[str]]:
    """The name of an attribute, and the texts of its value: a string, a list of them, or a tensor of strings."""
    key, texts = "", list[str]()
    for item in fields(entry.body):
        if item.wire != 2:
            continue
        if item.number == 1:
            key = item.text
            continue
        for value in fields(item.body):
            if value.number == 2 and value.wire == 2:
                texts.append(value.text)
            elif value.number == 1 and value.wire == 2:
                texts += [inner.text for inner in fields(value.body) if inner.number == 2 and inner.wire == 2]
            elif value.number == 8 and value.wire == 2:
                texts += _strings(value.body)
    return key, texts


def _strings(tensor: memoryview) -> list[str]:
    kind, found = 0, list[str]()
    for item in fields(tensor):
        if item.number == 1 and item.wire == 0:
            kind = item.value
        elif item.number == 8 and item.wire == 2:
            found.append(item.text)
    return found if kind == _STRING else []


def named_files(nodes: dict[str, Node], assets: set[str]) -> Iterator[tuple[Node, str]]:
    """Nodes that read or write a file of the graph's own choice, and its name. `assets`: constants that are fed instead."""
    for node in nodes.values():
        for place in file_names(node.operator):
            if not place.isdigit():
                yield from ((node, text) for text in node.texts.get(place, ()) if text and not _is_stream(place, text))
            elif int(place) < len(node.inputs):
                texts = _constants(node.inputs[int(place)], nodes, assets)
                if node.operator.startswith("CacheDataset"):
                    yield from ((node, text) for text in texts if text)  # without a name, it caches in memory
                else:
                    yield from ((node, text) for text in texts if leaves_folder(text))


def _is_stream(place: str, text: str) -> bool:
    return place == "output_stream" and text in _STREAMS


def _constants(wanted: str, nodes: dict[str, Node], assets: set[str]) -> Iterator[str]:
    """The texts of all constants that an input is made of."""
    pending, seen = [wanted], set[str]()
    while pending and len(seen) < _MAX_FOLLOWED:
        name = pending.pop().removeprefix("^").partition(":")[0]
        if name in seen or name in assets or name not in nodes:
            continue
        seen.add(name)
        node = nodes[name]
        if node.operator in _CONSTANTS:
            yield from node.texts.get("value", ())
        pending.extend(node.inputs)
