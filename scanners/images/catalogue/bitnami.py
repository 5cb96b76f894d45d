"""Bitnami's components: each leaves an SPDX document in its folder, and older images list all of them in one file.

Only what has a package URL of Bitnami's own is taken from the documents: the libraries that they name besides are found
where they are installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from scanners.images.catalogue.files import Senseless, file_catalogue, json_object, text
from scanners.images.probes import Part
from scanners.images.purls import from_purl

_TAG = re.compile(r"^ExternalRef: PACKAGE[-_]MANAGER purl (\S+)\s*$", re.MULTILINE)
"""A package URL in SPDX's tag-value form, which the first images had."""


def _document(path: str, content: bytes) -> Iterator[Part]:
    document = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if document.startswith(b"{"):
        purls = list(_references(json_object(document).get("packages")))
    elif document.startswith(b"SPDXVersion:"):
        purls = _TAG.findall(document.decode("utf-8", "replace"))
    else:
        raise Senseless("not an SPDX document")
    for purl in purls:
        if purl.startswith("pkg:bitnami/"):
            package, distribution = from_purl(purl, path)
            if package is None:
                raise Senseless(f"not a package URL with a version: {purl[:100]!r}")
            yield _part(package.name, package.version, package.architecture, distribution)


def _references(packages: object) -> Iterator[str]:
    if not isinstance(packages, list):
        raise Senseless("no list of packages")
    for package in packages:
        references = package.get("externalRefs") if isinstance(package, Mapping) else None
        for reference in references if isinstance(references, list) else ():
            if isinstance(reference, Mapping) and reference.get("referenceType") == "purl":
                yield text(reference.get("referenceLocator"), 1000)


def _components(path: str, content: bytes) -> Iterable[Part]:
    for name, component in json_object(content).items():
        version = text(component.get("version")) if isinstance(component, Mapping) else ""
        if not isinstance(component, Mapping) or not version:
            raise Senseless(f"a component without a version: {name[:100]!r}")
        yield _part(name, version, text(component.get("arch")), text(component.get("distro")))


def _part(name: str, version: str, architecture: str, distribution: str) -> Part:
    qualifiers = (("distro", distribution),) if distribution else ()
    return Part("bitnami", name, version, architecture=architecture, qualifiers=qualifiers)


CATALOGUES = (
    file_catalogue("Bitnami", r"opt/bitnami/(?:.*/)?\.spdx-[^/]+\.spdx\Z", _document),
    file_catalogue("Bitnami", r"opt/bitnami/(?:.*/)?\.bitnami_components\.json\Z", _components),
)
