"""The messages between server and worker: one JSON document each, behind a four-byte length.

JSON and not pickle, because a worker that hostile input took over must not be able to make the server run anything:
what it sends is data, and is validated against the annotations of the function that was called.
"""

from __future__ import annotations

import importlib
import inspect
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter

HEADER = struct.Struct(">I")
MAX_MESSAGE = 256 << 20


@dataclass(frozen=True)
class Signature:
    """How the arguments and the result of one scanner function cross the pipe."""

    name: str
    parameters: Mapping[str, TypeAdapter[Any]]
    result: TypeAdapter[Any]
    wants_progress: bool

    def dump(self, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments as JSON by parameter name. Raises TypeError if they do not fit the function."""
        names = list(self.parameters)
        if len(arguments) > len(names):
            raise TypeError(f"{self.name} takes {len(names)} arguments, {len(arguments)} given")
        bound = dict(zip(names, arguments, strict=False)) | dict(keywords)
        return {name: self.parameters[name].dump_python(value, mode="json") for name, value in bound.items()}

    def load(self, keywords: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.parameters[name].validate_python(value) for name, value in keywords.items()}


@lru_cache(maxsize=256)
def signature_of(function: Callable[..., Any]) -> Signature:
    """The signature of a module-level scanner function. Raises TypeError if an annotation is missing."""
    hints = get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)
    missing = [name for name in [*names, "return"] if name not in hints and name != "progress"]
    if missing:
        raise TypeError(f"{function.__module__}:{function.__qualname__} lacks annotations for {missing}")
    return Signature(
        name=f"{function.__module__}:{function.__qualname__}",
        parameters={name: TypeAdapter(hints[name]) for name in names if name != "progress"},
        result=TypeAdapter(hints["return"]),
        wants_progress="progress" in names,
    )


def find(name: str) -> Callable[..., Any]:
    """The function behind 'scanners.family.module:function'. The name comes from the server, never from a client."""
    module, _, function = name.partition(":")
    found = getattr(importlib.import_module(module), function)
    if not callable(found):
        raise TypeError(f"{name!r} is not callable")
    return found  # type: ignore[no-any-return]
