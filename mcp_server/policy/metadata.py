"""METADATA comments in Rego, read from the text as OPA reads them.

https://www.openpolicyagent.org/docs/policy-language#metadata
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mcp_server.policy.errors import PolicyInvalid, Problem

_START = re.compile(r"^#[ \t]*METADATA[ \t]*$")
_KNOWN = {
    "scope",
    "title",
    "description",
    "entrypoint",
    "custom",
    "related_resources",
    "authors",
    "organizations",
    "schemas",
    "compile",
    "labels",
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One METADATA block."""

    line: int
    """Line, from 1, of the package statement or rule that it belongs to."""
    of_package: bool
    values: Mapping[str, Any]


def read_annotations(file: str, text: str) -> tuple[Annotation, ...]:
    """All METADATA blocks of one module. Raises PolicyInvalid naming the line of one that is wrong."""
    found: list[Annotation] = []
    for start, body, target, statement in _blocks(text):
        try:
            values = yaml.safe_load(body)
        except yaml.YAMLError as error:
            raise PolicyInvalid([Problem(file, start, 1, f"METADATA is not YAML: {_short(error)}")]) from None
        if not isinstance(values, dict):
            raise PolicyInvalid([Problem(file, start, 1, "METADATA must be a mapping")])
        if not isinstance(values.get("custom", {}), dict):
            raise PolicyInvalid([Problem(file, start, 1, "METADATA: custom must be a mapping of keys to values")])
        unknown = [str(key) for key in values if key not in _KNOWN]
        if unknown:
            raise PolicyInvalid([Problem(file, start, 1, f"METADATA has unknown keys: {', '.join(unknown)}")])
        is_package = statement.startswith("package")
        scope = values.get("scope", "package" if is_package else "rule")
        if scope in ("package", "subpackages") and not is_package:
            raise PolicyInvalid([Problem(file, start, 1, f"METADATA of scope {scope} must stand before 'package'")])
        found.append(Annotation(target, is_package, values))
    return tuple(found)


def _blocks(text: str) -> Iterator[tuple[int, str, int, str]]:
    """(line of the block, its YAML, line of what follows, what follows)."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        if not _START.match(lines[index].rstrip("\r")):
            index += 1
            continue
        start = index + 1
        index += 1
        body: list[str] = []
        while index < len(lines) and lines[index].startswith("#") and not _START.match(lines[index].rstrip("\r")):
            body.append(lines[index].rstrip("\r")[1:])
            index += 1
        target = index
        while target < len(lines) and (not lines[target].strip() or lines[target].startswith("#")):
            target += 1
        if target < len(lines):
            yield start, _outdented(body), target + 1, lines[target].strip()


def _outdented(lines: list[str]) -> str:
    """The comment's text without the one column that follows the '#'."""
    return "\n".join(line[1:] if line.startswith(" ") else line for line in lines)


def _short(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())[:200]
