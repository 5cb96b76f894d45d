"""Functions of Rego on structures where the embedded engine fails, or answers differently than OPA.

https://www.openpolicyagent.org/docs/policy-reference/builtins
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcp_server.policy.native import native


def subset(larger: Any, smaller: Any) -> bool:
    """`object.subset`: keys with their values, members, or a run of elements."""
    match larger, smaller:
        case (dict(), dict()):
            return _object_holds(larger, smaller)
        case (set(), set()):
            return bool(smaller <= larger)
        case (list(), list()):
            return _array_holds(larger, smaller)
        case (list(), set()):
            return all(item in larger for item in smaller)
    raise TypeError("both arguments object.subset must be of the same type or array and set")


def _object_holds(larger: Mapping[Any, Any], smaller: Mapping[Any, Any]) -> bool:
    return all(key in larger and _holds(larger[key], value) for key, value in smaller.items())


def _holds(larger: Any, smaller: Any) -> bool:
    if _same(larger, smaller):
        return True
    if isinstance(larger, dict | set | list) and type(larger) is type(smaller):
        return subset(larger, smaller)
    return False


def _array_holds(larger: Sequence[Any], smaller: Sequence[Any]) -> bool:
    """Whether `smaller` stands in `larger` as it is, one element after the other."""
    size = len(smaller)
    return any(
        all(_same(one, other) for one, other in zip(larger[at : at + size], smaller, strict=True))
        for at in range(len(larger) - size + 1)
    )


def _same(one: Any, other: Any) -> bool:
    """Equality of Rego: true is not 1."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def yaml_unmarshal(text: str) -> Any:
    """`yaml.unmarshal`; what libraries read differently (07, 1_000, tags, keys that are no scalars) raises ValueError."""
    if not isinstance(text, str):
        raise TypeError("a string is wanted")
    if found := _AMBIGUOUS.search(text):
        raise ValueError(f"{found[1]} in YAML is not the same everywhere: quote it")
    return native("yaml.unmarshal", text)


_AMBIGUOUS = re.compile(
    r"(?:^|[\s\[{,])([-+]?(?:0[0-9_]+|[0-9]+_[0-9_]*)(?:\.[0-9_]*)?|![^\s]*|\?)(?=$|[\s,\]}#])", re.MULTILINE
)


EXTENSIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "object.subset": (2, subset),
    "yaml.unmarshal": (1, yaml_unmarshal),
}
"""Name -> number of arguments and the function."""
