"""Which packages are installed: one module for each way in which packages leave their mark in a file system."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from scanners.images.catalogue import apk, archives, binaries, bitnami, dpkg, languages, npm, programs, python, rpm
from scanners.images.catalogue.files import package as as_package
from scanners.images.catalogue.homes import at_home, lies_in
from scanners.images.catalogue.interface import Catalogue, Catalogued
from scanners.images.catalogue.names import Names
from scanners.images.catalogue.programs import java_runtimes
from scanners.images.filesystem import FileSystem
from scanners.images.packages import Package, printable
from scanners.images.probes import Probe
from scanners.images.squash import Blob

CATALOGUES: tuple[Catalogue, ...] = (
    dpkg.CATALOGUE,
    apk.CATALOGUE,
    python.CATALOGUE,
    npm.CATALOGUE,
    npm.LOCKS,
    *languages.CATALOGUES,
    *programs.CATALOGUES,
    *bitnami.CATALOGUES,
)
PROBES: tuple[Probe, ...] = (rpm.PROBE, archives.PROBE, binaries.PROBE)
"""What looks into files that pass by."""

MAXIMUM_LINKS = 100
"""Hard links to one program that are looked up by each other's names."""
LONGEST = 512
"""Characters of a package's name, or version."""
STRANGERS = 50
"""Programs that are listed one by one."""
_STRANGER = "a program that no package brought, and that does not say what it was built from"

_ALWAYS = r"(?:etc|usr/lib)/os-release\Z"

WANTED = re.compile("|".join((_ALWAYS, *(f"(?:{catalogue.pattern.pattern})" for catalogue in CATALOGUES))))
"""Paths whose content is kept while layers are read."""


@dataclass
class Inventory:
    """All packages of an image."""

    packages: list[Package] = field(default_factory=list)
    owned: int = 0
    """Language packages left out because an operating-system package brought them."""
    owners: list[Callable[[frozenset[str]], frozenset[str]]] = field(default_factory=list)
    """Each says which of some paths the packages of one database own."""

    def owned_of(self, paths: frozenset[str]) -> frozenset[str]:
        """Those of the paths that operating-system packages brought."""
        return frozenset().union(*(owns(paths) for owns in self.owners)) if paths else paths


def take_inventory(system: FileSystem) -> Inventory:
    """Every installed package. Files that operating-system packages own are not also language packages: what cannot be
    read of such a file is missed by nobody, and nor are the nameless archives that a Java runtime is made of."""
    inventory = Inventory()
    language: list[tuple[Package, frozenset[str]]] = []
    troubles: list[tuple[str, str, frozenset[str]]] = []
    names = Names(system)
    opaque = _opaque(system, names)
    for found in chain((catalogue.catalogue(system) for catalogue in CATALOGUES), _probed(system, names, troubles)):
        if found.owned is None:
            language.extend((package, names.of(package.path.partition("!")[0])) for package in found.packages)
        else:
            inventory.owners.append(found.owned)
            inventory.packages.extend(found.packages)
    named = [known for _, known in language] + [known for _, _, known in troubles] + list(opaque.values())
    owned = inventory.owned_of(frozenset().union(*named))
    runtimes = {path.removesuffix("release") for path in java_runtimes(package for package, _ in language)}
    for path, why, known in troubles:
        if not known & owned and not (path.endswith(".jar") and lies_in(path, runtimes)):
            system.skip(printable(path), why)
    for package, known in language:
        if known & owned:
            inventory.owned += 1
        else:
            inventory.packages.append(package)
    strangers = {path for path, known in opaque.items() if not known & owned}
    strangers -= at_home(system, strangers, inventory.packages) if strangers else frozenset()
    for path in sorted(strangers)[:STRANGERS]:
        system.skip(printable(path), _STRANGER)
    if len(strangers) > STRANGERS:
        system.skip(f"{len(strangers) - STRANGERS} more programs", _STRANGER)
    inventory.packages = list(_sound(system, inventory.packages))
    inventory.packages.sort(key=lambda package: (package.type, package.name, package.version, package.path))
    inventory.packages = list(_once(inventory.packages))
    return inventory


def _sound(system: FileSystem, packages: list[Package]) -> Iterator[Package]:
    """Those whose names can be said: no package manager takes longer ones, and every answer would carry them."""
    for package in packages:
        parts = (package.name, package.version, package.source, package.source_version, package.architecture)
        if max(map(len, parts)) <= LONGEST:
            yield package
        else:
            system.skip(package.path, f"a package of a name or version longer than {LONGEST} characters")


def _opaque(system: FileSystem, names: Names) -> dict[str, frozenset[str]]:
    """The programs that do not say what they were built from, with every name of their content: also of hard links to it."""
    paths: dict[Blob, list[str]] = defaultdict(list)
    for path, node, seen in system.looked_into():
        if seen.opaque and node.blob is not None:
            paths[node.blob].append(path)
    return {
        path: frozenset().union(*map(names.of, together)) if len(together) < MAXIMUM_LINKS else names.of(path)
        for together in paths.values()
        for path in together
    }


def _once(packages: list[Package]) -> Iterator[Package]:
    """A program and its libraries say the same version: it is one package; and none where Bitnami says that it is its own."""
    seen: set[tuple[str, str, str]] = set()
    components = {name for package in packages if package.type == "bitnami" for name in package.names_in("Bitnami")}
    for package in packages:
        program = (package.type, package.name, package.version)
        own = package.type == "generic" and components.isdisjoint(package.names_in("Bitnami"))
        if package.type not in ("bitnami", "generic") or ((own or package.type == "bitnami") and program not in seen):
            yield package
        seen.add(program)


def _probed(system: FileSystem, names: Names, troubles: list[tuple[str, str, frozenset[str]]]) -> Iterator[Catalogued]:
    """What the probes saw in the files that are there in the end; and of programs and archives, what they could not."""
    for path, node, seen in system.looked_into():
        if seen.opaque:
            continue
        packages = [as_package(part, path, node.layer) for part in seen.parts]
        if seen.probe != rpm.PROBE.name:
            if seen.trouble:
                troubles.append((path, seen.trouble, names.of(path)))
            yield Catalogued(tuple(packages))
            continue
        if seen.trouble:
            system.skip(printable(path), seen.trouble)
        log = system.tree.find(f"{path}-wal")
        if log is not None and log.size:
            system.skip(printable(f"{path}-wal"), rpm.UNWRITTEN)
        brought = _first_layers(system, path, packages)
        packages = [replace(package, layer=layer) for package, layer in zip(packages, brought, strict=True)]
        yield Catalogued(tuple(packages), seen.owned.intersection)


def _first_layers(system: FileSystem, path: str, packages: list[Package]) -> Iterator[int]:
    """For each package of a database, the layer that first had it in this version, without a gap since."""
    first: dict[tuple[str, str, str], int] = {}
    for blob in system.probed.get(path, ()):
        present = {(part.name, part.version, part.architecture) for part in system.seen[blob].parts}
        first = {key: first.get(key, blob.layer) for key in present}
    for package in packages:
        yield first.get((package.name, package.version, package.architecture), package.layer)
