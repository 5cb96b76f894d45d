"""Files that the nodes of a TensorFlow graph name: in attributes, and in constants that reach an input.

Which attributes and inputs of which operators name files is taken from TensorFlow's own definitions (`operators.json`).
A name that the loader feeds (a checkpoint's prefix, an asset) is the model's own; a constant one is the author's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from scanners.errors import LimitReached
from scanners.model_scan.operators import file_names
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.protobuf import Field, fields

_STREAMS = ("stderr", "stdout", "log(info)", "log(warning)", "log(error)")
"""What PrintV2 may write to besides files."""
_DIRECT = ("PartitionedCall", "StatefulPartitionedCall", "TPUPartitionedCall", "RemoteCall")
"""Calls whose inputs are the arguments of the function, in order."""
_CONSTANTS = ("Const", "HostConst")
_STRING = 7
"""DT_STRING of TensorFlow's types.proto."""
_MAX_FOLLOWED = 1_000_000
"""Steps from names back to constants, in one graph with its functions."""


@dataclass(slots=True)
class Node:
    """One node of a graph or function: its operator, the nodes that it takes from, and its texts by attribute."""

    name: str = ""
    operator: str = ""
    inputs: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    """Functions that it names in its attributes, and so may call."""


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
    node.functions = [name for entry in attributes for name in _functions(entry)]
    return node


def _functions(entry: Field) -> Iterator[str]:
    """The functions in the value of an attribute: one (AttrValue.func), or a list of them."""
    for item in fields(entry.body):
        if item.number == 2 and item.wire == 2:
            for value in fields(item.body):
                if value.number == 10 and value.wire == 2:
                    yield from _named(value)
                elif value.number == 1 and value.wire == 2:
                    for inner in fields(value.body):
                        if inner.number == 9 and inner.wire == 2:
                            yield from _named(inner)


def _named(function: Field) -> Iterator[str]:
    """The name in a NameAttrList."""
    return (item.text for item in fields(function.body) if item.number == 1 and item.wire == 2)


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


@dataclass(slots=True)
class Scope:
    """The nodes of a graph, or of one function of it with the names of its arguments in order."""

    nodes: dict[str, Node] = field(default_factory=dict)
    name: str = ""
    arguments: list[str] = field(default_factory=list)


def named_files(scopes: list[Scope], assets: set[str]) -> Iterator[tuple[Node, str]]:
    """Nodes that read or write a file of the graph's own choice, and its name. `assets`: constants that are fed instead.

    A name that a function is given is looked for where the function is called, and so on outwards. Raises LimitReached.
    """
    wanted = _Wanted(scopes)
    for scope in scopes:
        for node in scope.nodes.values():
            for place in file_names(node.operator):
                if not place.isdigit():
                    yield from (
                        (node, text) for text in node.texts.get(place, ()) if text and not _is_stream(place, text)
                    )
                elif int(place) < len(node.inputs):
                    texts = wanted.constants(node.inputs[int(place)], scope, assets)
                    if node.operator.startswith("CacheDataset"):
                        yield from ((node, text) for text in texts if text)  # without a name, it caches in memory
                    else:
                        yield from ((node, text) for text in texts if leaves_folder(text))


class _Wanted:
    """Follows the inputs of nodes back to constants, through the functions of a graph to where they are called."""

    def __init__(self, scopes: list[Scope]) -> None:
        functions = {scope.name for scope in scopes if scope.name}
        self._callers: dict[str, list[tuple[Scope, Node]]] = {}
        for scope in scopes:
            for node in scope.nodes.values():
                for called in {node.operator, *node.functions} & functions:
                    self._callers.setdefault(called, []).append((scope, node))
        self._left = _MAX_FOLLOWED

    def constants(self, wanted: str, scope: Scope, assets: set[str]) -> Iterator[str]:
        """The texts of all constants that an input is made of."""
        pending, seen = [(wanted, scope)], set[tuple[str, str]]()
        while pending:
            if self._left <= 0:
                raise LimitReached(f"more than {_MAX_FOLLOWED} steps from file names back to constants")
            taken, here = pending.pop()
            name = taken.partition(":")[0]
            if taken.startswith("^"):
                continue  # it only has to run before
            if (name, here.name) in seen or (not here.name and name in assets):
                continue
            seen.add((name, here.name))
            self._left -= 1
            node = here.nodes.get(name)
            if node is not None:
                if node.operator in _CONSTANTS:
                    yield from node.texts.get("value", ())
                pending.extend((item, here) for item in node.inputs)
            elif name in here.arguments:
                place = here.arguments.index(name)
                for caller, call in self._callers.get(here.name, ()):
                    # Control flow hands on all but its condition: any input may be the one.
                    given = (
                        call.inputs[place : place + 1]
                        if call.operator in _DIRECT or call.operator == here.name
                        else call.inputs
                    )
                    pending.extend((item, caller) for item in given)


def _is_stream(place: str, text: str) -> bool:
    return place == "output_stream" and text in _STREAMS
