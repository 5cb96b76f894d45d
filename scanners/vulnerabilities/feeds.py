"""What a file of a feed holds: JSON, YAML, or a table of values; refused before it can cost much."""

from __future__ import annotations

import re
import zlib
from typing import Any

import orjson
import yaml

from scanners.vulnerabilities.osv import NotAnAdvisory
from scanners.vulnerabilities.record_files import MAXIMUM_FILE, RecordFile

MAXIMUM_YAML_DEPTH = 64
SMALL_YAML = 2**20
_INLINE_NESTING = re.compile(rb"(?:[-?:][ \t]+){64}")

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def table(file: RecordFile) -> str | None:
    """The text of a table of values; None for other files. Raises NotAnAdvisory."""
    if not file.name.endswith((".csv", ".csv.gz")):
        return None
    data = file.data
    if file.name.endswith(".gz"):
        unpacker = zlib.decompressobj(31)
        try:
            data = unpacker.decompress(data, MAXIMUM_FILE)
        except zlib.error as error:
            raise NotAnAdvisory("not a gzip file") from error
        if not unpacker.eof:
            raise NotAnAdvisory("a gzip file that is cut off or too large")
    return data.decode("utf-8", "replace")


def decode(file: RecordFile) -> Any:
    """The value in a JSON or YAML file. Raises NotAnAdvisory."""
    if file.name.endswith(".json"):
        try:
            return orjson.loads(file.data)
        except ValueError as error:
            raise NotAnAdvisory(f"not JSON: {str(error)[:200]}") from error
    return load_yaml(file.data)


def load_yaml(data: bytes) -> Any:
    """The value in a YAML file, without aliases and not deeply nested. Raises NotAnAdvisory."""
    _bounded_yaml(data)
    try:
        return yaml.load(data, Loader=_Loader)  # noqa: S506 - the safe loader, in C where there is one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotAnAdvisory(f"not YAML: {str(error)[:200]}") from error


def _bounded_yaml(data: bytes) -> None:
    """Refuse aliases (which multiply) and deep nesting (which recurses in C) before anything is built."""
    plain = b"*" not in data and b"&" not in data and data.count(b"[") + data.count(b"{") < MAXIMUM_YAML_DEPTH
    # By indentation alone, depth costs its square in bytes: a small file cannot nest far.
    if plain and len(data) < SMALL_YAML and not _INLINE_NESTING.search(data):
        return
    depth = 0
    try:
        for event in yaml.parse(data, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise NotAnAdvisory("YAML aliases are not read")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAXIMUM_YAML_DEPTH:
                raise NotAnAdvisory(f"YAML nested deeper than {MAXIMUM_YAML_DEPTH}")
    except (yaml.YAMLError, ValueError) as error:
        raise NotAnAdvisory(f"not YAML: {str(error)[:200]}") from error
