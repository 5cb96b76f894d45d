"""Python packages: *.dist-info/METADATA and *.egg-info, as a directory and as a single file (core metadata)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanners.images.catalogue.deb822 import paragraphs
from scanners.images.catalogue.interface import Catalogue, Catalogued
from scanners.images.filesystem import FileSystem
from scanners.images.packages import Package, printable

_PATTERN = re.compile(
    r"(?:.*/)?(?:[^/]+\.dist-info/METADATA|[^/]+\.egg-info(?:/PKG-INFO)?|[^/]+\.egg/EGG-INFO/PKG-INFO)\Z"
)
_FIELDS = frozenset(("name", "version", "license", "license-expression"))
_CLASSIFIER = re.compile(r"^Classifier: License ::(?: [^:\n]+ ::)* ([^:\n]{1,200})$", re.MULTILINE)
_NAME = re.compile(r"([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._\-]{0,255}[A-Za-z0-9])\Z")


def _catalogue(system: FileSystem) -> Catalogued:
    packages: list[Package] = []
    for path, node, content in system.files(_PATTERN):
        # The headers end at the first empty line; what follows is the long description.
        head = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
        fields = next(iter(paragraphs(head, _FIELDS)), {})
        name, version = fields.get("name", ""), fields.get("version", "")
        if not _NAME.match(name) or not version:
            system.skip(printable(path), "Python metadata without a valid name and version")
            continue
        packages.append(Package("pypi", name, version, printable(path), node.layer, licenses=_licenses(fields, head)))
    return Catalogued(tuple(packages))


def _licenses(fields: Mapping[str, str], head: str) -> tuple[str, ...]:
    """The expression, or the text's first line, or what the classifiers say (core metadata, 'License', 'Classifier')."""
    stated = (fields.get("license-expression") or fields.get("license", "")).split("\n")[0][:200].strip()
    if stated and stated.upper() != "UNKNOWN":
        return (stated,)
    return tuple(dict.fromkeys(_CLASSIFIER.findall(head)))[:20]


CATALOGUE = Catalogue("python", _PATTERN, _catalogue)
