"""The operators and classes that frameworks have (`data/operators.json`): what is not among them is unknown, never passed."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from scanners.model_scan.vocabulary import words

DANGEROUS_OPERATORS = words("tensorflow_graphs.dangerous_operators")
"""TensorFlow's operators that touch files, the network, Python or other programs."""
_UNJUDGED = tuple(sorted(words("tensorflow_graphs.unjudged_prefixes")))
"""TensorFlow's operators that talk to other devices, hosts and processes: not dangerous by themselves, not judged here."""


@cache
def _table() -> dict[str, Any]:
    text = files("scanners.model_scan").joinpath("data", "operators.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def _tensorflow() -> frozenset[str]:
    return frozenset(_table()["tensorflow"].split())


@cache
def _onnx() -> dict[str, frozenset[str]]:
    return {domain: frozenset(names.split()) for domain, names in _table()["onnx"].items()}


@cache
def keras_names() -> frozenset[str]:
    """Classes and functions of Keras 2 and 3 that a configuration names."""
    return frozenset(_table()["keras"].split()) | words("keras.older_names")


def is_tensorflow_operator(name: str) -> bool:
    """Whether TensorFlow registers an operator of this name, and it stays inside its graph."""
    return name in _tensorflow() and not name.startswith(_UNJUDGED)


def file_names(name: str) -> tuple[str, ...]:
    """The attributes and, by number, the inputs of a TensorFlow operator that name files."""
    found: str = _table()["tensorflow_files"].get(name, "")
    return tuple(found.split())


def is_onnx_operator(domain: str, name: str) -> bool:
    """Whether ONNX or ONNX Runtime defines this operator, in any version."""
    return name in _onnx().get("" if domain == "ai.onnx" else domain, ())
