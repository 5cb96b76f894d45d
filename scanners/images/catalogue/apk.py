"""Alpine packages: /lib/apk/db/installed (apk-package(5)); /usr/lib/apk/db/installed since apk 3."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanners.images.catalogue.interface import Catalogue, Catalogued
from scanners.images.filesystem import FileSystem
from scanners.images.packages import Package, printable

_PATTERN = re.compile(r"(?:usr/)?lib/apk/db/installed\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+\-]{0,255}\Z")


def _catalogue(system: FileSystem) -> Catalogued:
    packages: list[Package] = []
    databases: list[bytes] = []
    seen: set[int] = set()
    for path in ("lib/apk/db/installed", "usr/lib/apk/db/installed"):
        found = system.file(path)
        if found is None or id(found[0]) in seen:
            continue
        node, content = found
        seen.add(id(node))
        databases.append(content)
        first = _first_layers(system, path)
        for fields in _records(content):
            layer = first.get((fields.get("P", ""), fields.get("V", "")), node.layer)
            package = _package(system, path, fields, layer)
            if package is not None:
                packages.append(package)

    def owned(candidates: frozenset[str]) -> frozenset[str]:
        result: set[str] = set()
        if candidates:
            for database in databases:
                result.update(candidates.intersection(_files(database)))
        return frozenset(result)

    return Catalogued(tuple(packages), owned)


def _records(content: bytes) -> Iterator[dict[str, str]]:
    for block in content.decode("utf-8", "replace").split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            if line[1:2] == ":" and line[0] in "PVoAL":
                fields.setdefault(line[0], line[2:].strip())
        if fields:
            yield fields


def _package(system: FileSystem, path: str, fields: dict[str, str], layer: int) -> Package | None:
    name, version = fields.get("P", ""), fields.get("V", "")
    if not _NAME.match(name) or not version:
        system.skip(printable(path), f"an entry without a valid name and version: {name[:80]!r}")
        return None
    return Package(
        type="apk",
        name=name,
        version=version,
        path=path,
        layer=layer,
        source=fields.get("o") or name,
        architecture=fields.get("A", ""),
        licenses=(fields["L"][:200],) if fields.get("L") else (),
    )


def _first_layers(system: FileSystem, path: str) -> dict[tuple[str, str], int]:
    """The layer in which each package first had the version that it has in the end."""
    first: dict[tuple[str, str], int] = {}
    for blob in system.versions.get(path, ()):
        present = {(f.get("P", ""), f.get("V", "")) for f in _records(system.contents[blob])}
        first = {key: first.get(key, blob.layer) for key in present}
    return first


def _files(content: bytes) -> Iterator[str]:
    """Every path that a package brought: 'F:' names a directory, the 'R:' lines after it files in it."""
    folder = ""
    for line in content.decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith("F:"):
            folder = line[2:]
        elif line.startswith("R:"):
            yield f"{folder}/{line[2:]}" if folder else line[2:]


CATALOGUE = Catalogue("apk", _PATTERN, _catalogue)
