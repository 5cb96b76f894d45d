"""Catalogues whose evidence is one small file for each package, or one list of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import orjson

from scanners.images.catalogue.interface import Catalogue, Catalogued
from scanners.images.filesystem import FileSystem
from scanners.images.packages import Package, printable
from scanners.images.probes import Part

MAXIMUM_JSON = 12 * 2**20
"""Bytes of one file: in memory its values may take thirty times as much."""


class Senseless(ValueError):
    """The file is not what its name says."""


def file_catalogue(name: str, pattern: str, parse: Callable[[str, bytes], Iterable[Part]]) -> Catalogue:
    """A catalogue that reads each matching file on its own. What `parse` refuses with Senseless is noted as skipped."""
    compiled = re.compile(pattern)

    def catalogue(system: FileSystem) -> Catalogued:
        packages: list[Package] = []
        for path, node, content in system.files(compiled):
            try:
                packages.extend(package(part, path, node.layer) for part in parse(path, content))
            except (Senseless, RecursionError) as error:
                system.skip(printable(path), f"{name} metadata that makes no sense: {str(error)[:200]}")
        return Catalogued(tuple(packages))

    return Catalogue(name, compiled, catalogue)


def package(part: Part, path: str, layer: int) -> Package:
    """A part of a file, as a package that the file is evidence for."""
    return Package(
        type=part.type,
        name=printable(part.name),
        version=printable(part.version),
        path=printable(f"{path}!{part.where}" if part.where else path),
        layer=layer,
        source=part.source,
        source_version=part.source_version,
        architecture=part.architecture,
        licenses=(printable(part.license)[:200],) if part.license else (),
        qualifiers=part.qualifiers,
        certain=part.certain,
        cpe=part.cpe,
    )


def json_object(content: bytes) -> dict[str, object]:
    """The object in a JSON file. Raises Senseless."""
    if len(content) > MAXIMUM_JSON:
        raise Senseless(f"larger than {MAXIMUM_JSON // 2**20} MiB")
    try:
        value = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise Senseless("not JSON") from error
    if not isinstance(value, dict):
        raise Senseless("not a JSON object")
    return value


def text(value: object, limit: int = 200) -> str:
    """A string field; '' for anything else."""
    return value[:limit] if isinstance(value, str) else ""
