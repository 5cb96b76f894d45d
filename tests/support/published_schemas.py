"""Documents held against the schemas that their authors published, with formats and patterns taken seriously."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import regex
from jsonschema import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for

FOLDER = Path(__file__).parent / "published"
OSCAL, SARIF = "oscal-1.2.3-assessment-results", "sarif-2.1.0"


def complaints(schema: str, document: Any) -> list[str]:
    """What the schema says against `document`, with where; nothing is good."""
    return [f"{error.json_path}: {error.message}" for error in _validator(schema).iter_errors(document)]


@cache
def _validator(name: str) -> Validator:
    schema = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    kind = extend(validator_for(schema), {"pattern": _pattern})
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def _pattern(_: Validator, pattern: str, instance: object, schema: Any) -> Iterator[ValidationError]:
    """As ECMA 262 means it: `re` knows no \\p{L}, which OSCAL's tokens are made of."""
    if isinstance(instance, str) and regex.search(pattern, instance) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")
