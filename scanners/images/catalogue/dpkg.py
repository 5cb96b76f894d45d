"""Debian packages: /var/lib/dpkg/status, and status.d/* as distroless images keep it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from scanners.images.catalogue.deb822 import paragraphs
from scanners.images.catalogue.interface import Catalogue, Catalogued
from scanners.images.filesystem import FileSystem
from scanners.images.packages import Package, printable

STATUS = "var/lib/dpkg/status"
MAXIMUM_COPYRIGHT = 2**20
"""Bytes of a copyright file that are read."""
MAXIMUM_LICENSES = 50
_MACHINE_READABLE = re.compile(r"\s*(?:Format|Format-Specification):", re.IGNORECASE)
_LICENSE = re.compile(r"^License:[ \t]*([^\n]{1,200})", re.MULTILINE | re.IGNORECASE)
_COMMON = re.compile(r"/usr/share/common-licenses/([0-9A-Za-z_.\-]{1,60})")
_PATTERN = re.compile(
    r"(?:usr/lib/sysimage/|var/lib/)dpkg/(?:status\Z|status\.d/[^/]+\Z|info/[^/]+\.list\Z|diversions\Z)"
    r"|usr/share/doc/[^/]+/copyright\Z"
)
_STATUS_D = re.compile(r"(?:.*/)?dpkg/status\.d/(?!.*\.md5sums\Z)[^/]+\Z")
_LISTS = re.compile(r"(?:.*/)?dpkg/(?:info/[^/]+\.list|status\.d/[^/]+\.md5sums)\Z")
_DIVERSIONS = re.compile(r"(?:.*/)?dpkg/diversions\Z")
_FIELDS = frozenset(("package", "version", "status", "source", "architecture"))
_SOURCE = re.compile(r"(\S+)(?:\s+\(([^)]+)\))?\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9.+\-]{0,255}\Z", re.IGNORECASE)


def _catalogue(system: FileSystem) -> Catalogued:
    packages: list[Package] = []
    for status in (STATUS, "usr/lib/sysimage/dpkg/status"):
        found = system.file(status)
        if found is not None:
            node, content = found
            brought = _first_layers(system, status)
            for package in _packages(system, status, content, node.layer):
                layer = brought.get((package.name, package.version, package.architecture), package.layer)
                packages.append(replace(package, layer=layer))
            break
    for path, node, content in system.files(_STATUS_D):
        packages.extend(_packages(system, path, content, node.layer, installed=True))
    packages = [replace(package, licenses=_licenses(system, package.name)) for package in packages]

    def owned(candidates: frozenset[str]) -> frozenset[str]:
        moved = {path: origin for path, origin in _diversions(system) if path in candidates} if candidates else {}
        listed = _listed(system, candidates | frozenset(moved.values()))
        stayed = listed & candidates - moved.keys()
        return stayed | {path for path, origin in moved.items() if origin in listed}

    return Catalogued(tuple(packages), owned)


def _licenses(system: FileSystem, name: str) -> tuple[str, ...]:
    """What the package's copyright file names: licence fields of a machine-readable one (DEP-5), or else those of the common
    licences that it refers to (Debian policy §12.5). None is no trouble: no verdict rests on it."""
    node = system.tree.find(f"usr/share/doc/{name}/copyright")
    content = system.contents.get(node.blob) if node is not None and node.blob else None
    if content is None:
        return ()
    text = content[:MAXIMUM_COPYRIGHT].decode("utf-8", "replace")
    found = _LICENSE.findall(text) if _MACHINE_READABLE.match(text) else _COMMON.findall(text)
    return tuple(sorted({license_.strip(" \t.,;)") for license_ in found} - {""}))[:MAXIMUM_LICENSES]


def _listed(system: FileSystem, candidates: frozenset[str]) -> frozenset[str]:
    """Those of the paths that stand in a package's list of files."""
    result: set[str] = set()
    if candidates:
        for path, _, content in system.files(_LISTS):
            lines = content.decode("utf-8", "surrogateescape").split("\n")
            if path.endswith(".md5sums"):
                result.update(candidates.intersection(line.partition("  ")[2] for line in lines))
            else:
                result.update(candidates.intersection(line[1:] for line in lines))
    return frozenset(result)


def _diversions(system: FileSystem) -> Iterator[tuple[str, str]]:
    """Where dpkg put a package's file out of another's way, and what it was to be (dpkg-divert(1))."""
    for _, _, content in system.files(_DIVERSIONS):
        lines = content.decode("utf-8", "surrogateescape").split("\n")
        for origin, moved in zip(lines[0::3], lines[1::3], strict=False):
            yield moved[1:], origin[1:]


def _packages(
    system: FileSystem, path: str, content: bytes, layer: int, *, installed: bool = False
) -> Iterator[Package]:
    for fields in paragraphs(content.decode("utf-8", "replace"), _FIELDS):
        name, version = fields.get("package", ""), fields.get("version", "")
        if not installed and not _is_installed(fields.get("status", "")):
            continue
        if not _NAME.match(name) or not version:
            system.skip(printable(path), f"an entry without a valid name and version: {name[:80]!r}")
            continue
        source = _SOURCE.match(fields.get("source", ""))
        yield Package(
            type="deb",
            name=name,
            version=version,
            path=printable(path),
            layer=layer,
            source=source[1] if source else name,
            source_version=(source[2] if source else None) or version,
            architecture=fields.get("architecture", ""),
        )


def _is_installed(status: str) -> bool:
    # 'want flag state' (dpkg-query(1)). Removed packages leave 'deinstall ok config-files' behind; a package that is
    # half installed has put files there, so that it counts.
    words = status.split()
    return len(words) != 3 or words[2] not in ("not-installed", "config-files")


def _first_layers(system: FileSystem, path: str) -> dict[tuple[str, str, str], int]:
    """The layer in which each package first had the version that it has in the end."""
    first: dict[tuple[str, str, str], int] = {}
    for blob in system.versions.get(path, ()):
        present = {
            (package.name, package.version, package.architecture)
            for package in _packages(system, path, system.contents[blob], blob.layer)
        }
        first = {key: first.get(key, blob.layer) for key in present}
    return first


CATALOGUE = Catalogue("dpkg", _PATTERN, _catalogue)
