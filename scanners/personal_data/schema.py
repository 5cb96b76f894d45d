"""Making a redacted value fit the JSON schema that its tool promised."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from scanners.personal_data.values import Json

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

MAX_ROUNDS = 64
"""Leaves that can be made to fit; past it the value is withheld by the caller."""

_FORMATS = {
    "email": "redacted@example.invalid", "idn-email": "redacted@example.invalid", "uri": "https://redacted.invalid/",
    "uri-reference": "https://redacted.invalid/", "iri": "https://redacted.invalid/", "date": "1970-01-01",
    "date-time": "1970-01-01T00:00:00Z", "time": "00:00:00Z", "ipv4": "0.0.0.0", "ipv6": "::", "hostname": "redacted.invalid",  # noqa: S104
    "uuid": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip


def named_properties(schema: Any) -> frozenset[str]:
    """Every property name that the schema writes down: such a key is part of the contract, not personal data."""
    names: set[str] = set()
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            properties = node.get("properties")
            if isinstance(properties, Mapping):
                names.update(properties)
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return frozenset(names)


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """The validator of a schema, with formats asserted. Imported here: with all its formats jsonschema takes seconds."""
    from jsonschema import Draft202012Validator, FormatChecker

    return Draft202012Validator(schema, format_checker=FormatChecker())


def fitted(original: Json, redacted: Json, schema: Mapping[str, Any], paths: frozenset[str]) -> Json:
    """`redacted` with the leaves at `paths` changed until the schema accepts them, as far as that can be.

    A leaf that the schema fixes by `enum` or `const` gets its original back: the schema already tells it to everyone.
    The caller validates what comes out; nothing outside `paths` is touched.
    """
    checking = validator(schema)
    value = copy.deepcopy(redacted)
    for _ in range(MAX_ROUNDS):
        errors = [error for error in _leaf_errors(checking.iter_errors(value)) if _pointer(error) in paths]
        if not errors:
            return value
        error = errors[0]
        before = _at(original, list(error.absolute_path))
        fit = _fit(before, error, checking)
        if fit is _NOTHING:
            return value
        value = _set(value, list(error.absolute_path), fit)
    return value


_NOTHING = object()


def _leaf_errors(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        if error.context:
            yield from _leaf_errors(iter(error.context))
        else:
            yield error


def _fit(before: Any, error: ValidationError, checking: Draft202012Validator) -> Any:
    """The first stand-in for the leaf that the failing subschema accepts."""
    schema: Any = error.schema
    if not isinstance(schema, Mapping):
        return _NOTHING
    if before in schema.get("enum", ()) or ("const" in schema and before == schema["const"]):
        return before
    local = checking.evolve(schema=schema)
    for candidate in _candidates(before, schema):
        if candidate != before and local.is_valid(candidate):
            return candidate
    return _NOTHING


def _candidates(before: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(before, str):
        if schema.get("format") in _FORMATS:
            yield _FORMATS[schema["format"]]
        shape = re.sub(r"[a-z]", "x", re.sub(r"[A-Z]", "X", re.sub(r"\d", "0", before)))
        yield "*" * len(before)
        yield re.sub(r"\w", "*", before)
        yield shape
        yield re.sub(r"0", "1", shape)
        yield re.sub(r"[xX]", "a", re.sub("0", "9", shape))
        yield before[:1] + shape[1:] if len(before) > 8 else shape  # a fixed first letter, as in 'X00000000'
        yield before[:2] + shape[2:] if len(before) > 8 else shape
        least, most = schema.get("minLength", 0), schema.get("maxLength", len(before))
        yield ("*" * max(least, 0))[:most]
    else:
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum", low + 1))
        step = schema.get("multipleOf", 1)
        yield from (0, low, low + step, -(-low // step) * step, high, high - step)


def _pointer(error: ValidationError) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.absolute_path)


def _at(value: Any, path: list[Any]) -> Any:
    for part in path:
        value = value[part]
    return value


def _set(value: Any, path: list[Any], leaf: Any) -> Any:
    if not path:
        return leaf
    _at(value, path[:-1])[path[-1]] = leaf
    return value
