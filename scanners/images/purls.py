"""Package URLs (ECMA-427) of any tool, as packages."""

from __future__ import annotations

import re
from typing import cast, get_args
from urllib.parse import parse_qsl, unquote

from scanners.images.packages import Package, PackageType, printable, source_file

_PURL = re.compile(r"pkg:(?P<type>[A-Za-z][A-Za-z0-9.+\-]*)/(?P<path>[^?#]+)(?:\?(?P<query>[^#]*))?(?:#.*)?\Z")
_KEPT = {"rpm": ("rpmmod",), "bitnami": ("distro",)}
"""Qualifiers that stay with the package, by its type."""
_TYPES: frozenset[str] = frozenset(get_args(PackageType))


def from_purl(purl: str, path: str) -> tuple[Package | None, str]:
    """The package that a package URL names (ECMA-427), and its 'distro' qualifier; None if it lacks a part."""
    match = _PURL.match(purl)
    kind = match["type"].lower() if match else ""
    if match is None or kind not in _TYPES:
        return None, ""
    name, at, version = match["path"].rpartition("@")
    if not at or not name or not version:
        return None, ""
    segments = [unquote(part) for part in name.split("/") if part]
    qualifiers = dict(parse_qsl(match["query"] or ""))
    if kind == "maven":
        label = ":".join((".".join(segments[:-1]), segments[-1])) if len(segments) > 1 else segments[-1]
    elif kind in ("deb", "apk", "rpm"):
        label = segments[-1]
    else:
        label = "/".join(segments)
    source, _, source_version = qualifiers.get("upstream", "").partition("@")
    version = unquote(version)
    if kind == "rpm":
        epoch = f"{qualifiers['epoch']}:" if qualifiers.get("epoch", "0") != "0" else ""
        version = version if ":" in version else f"{epoch}{version}"
        if file := source_file(source):
            source, source_version = file[0], f"{epoch}{file[1]}"
    package = Package(
        type=cast(PackageType, kind),
        name=printable(label)[:500],
        version=printable(version)[:500],
        path=path,
        layer=0,
        source=source,
        source_version=source_version,
        architecture=qualifiers.get("arch", ""),
        qualifiers=tuple((key, qualifiers[key]) for key in _KEPT.get(kind, ()) if qualifiers.get(key)),
    )
    return package, qualifiers.get("distro", "")
