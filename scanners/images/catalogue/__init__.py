"""Which packages are installed: one module for each way in which packages leave their mark in a file system."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scanners.images.catalogue import apk, dpkg, python
from scanners.images.catalogue.interface import Catalogue, Catalogued
from scanners.images.packages import Package
from scanners.images.reading import FileSystem

CATALOGUES: tuple[Catalogue, ...] = (dpkg.CATALOGUE, apk.CATALOGUE, python.CATALOGUE)

_ALWAYS = r"(?:etc|usr/lib)/os-release\Z"

WANTED = re.compile("|".join((_ALWAYS, *(f"(?:{catalogue.pattern.pattern})" for catalogue in CATALOGUES))))
"""Paths whose content is kept while layers are read."""


@dataclass
class Inventory:
    """All packages of an image."""

    packages: list[Package] = field(default_factory=list)
    owned: int = 0
    """Language packages left out because an operating-system package brought them."""


def take_inventory(system: FileSystem) -> Inventory:
    """Every installed package. Files that operating-system packages own are not also language packages."""
    inventory = Inventory()
    language: list[tuple[Package, frozenset[str]]] = []
    owners: list[Catalogued] = []
    for catalogue in CATALOGUES:
        found = catalogue.catalogue(system)
        if found.owned is None:
            language.extend((package, _names_of(system, package.path)) for package in found.packages)
        else:
            owners.append(found)
            inventory.packages.extend(found.packages)
    candidates = frozenset().union(*(names for _, names in language)) if language else frozenset()
    owned = frozenset().union(*(found.owned(candidates) for found in owners if found.owned))
    for package, names in language:
        if names & owned:
            inventory.owned += 1
        else:
            inventory.packages.append(package)
    inventory.packages.sort(key=lambda package: (package.type, package.name, package.version, package.path))
    return inventory


def _names_of(system: FileSystem, path: str) -> frozenset[str]:
    """A path and the other ways to write it: packages may say /lib for what is /usr/lib since the merge."""
    names = {path}
    first, _, rest = path.partition("/")
    if first == "usr":
        second = rest.partition("/")[0]
        link = system.tree.top.get(second)
        if link is not None and link.kind == "symlink":
            names.add(rest)
    return frozenset(names)
