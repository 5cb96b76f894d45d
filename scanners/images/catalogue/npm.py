"""Node packages: package.json of what is installed; lock files only where nothing is installed beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from scanners.errors import UnreadableInput
from scanners.images.catalogue.files import Senseless, file_catalogue, json_object, package, text
from scanners.images.catalogue.interface import Catalogue, Catalogued
from scanners.images.filesystem import FileSystem
from scanners.images.packages import Package, printable
from scanners.images.probes import Part
from scanners.vulnerabilities.feeds import load_yaml

_NAME = re.compile(r"(?:@[A-Za-z0-9._~\-]+/)?[A-Za-z0-9._~\-]+\Z")
# In node_modules only the package's own folder counts: deeper ones are its examples and tests.
_INSTALLED = r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/]+/package\.json\Z"
_OWN = r"(?!(?:.*/)?node_modules/)(?:.*/)?package\.json\Z"
# A lock file inside of what another package manager installed says what that was built with, and not what is here.
_OF_OTHERS = r"(?!(?:.*/)?(?:node_modules|site-packages|dist-packages|gems|vendor|pkg/mod)/|usr/share/nodejs/)"
_LOCKS = _OF_OTHERS + r"(?:.*/)?(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml)\Z"
_PNPM_KEY = re.compile(r"/?((?:@[^@/]+/)?[^@/]+)[@/]([0-9][^(_]*)")
MAXIMUM_YAML = 8 * 2**20


def _package_json(path: str, content: bytes) -> Iterator[Part]:
    fields = json_object(content)
    name, version = text(fields.get("name")), text(fields.get("version"))
    license_ = fields.get("license")
    if license_ is None and isinstance(old := fields.get("licenses"), list) and len(old) == 1:
        license_ = old[0]  # as npm wrote it before SPDX expressions
    if isinstance(license_, Mapping):
        license_ = license_.get("type")
    if name and version:
        if not _NAME.match(name):
            raise Senseless(f"{name[:80]!r} is not a package name")
        yield Part("npm", name, version, license=text(license_))


def lock_parts(path: str, content: bytes) -> Iterable[Part]:
    """What a lock file of npm, yarn or pnpm says will be installed to run. Raises Senseless."""
    if path.endswith(".json"):
        return _npm_lock(json_object(content))
    if path.endswith("yarn.lock"):
        return _yarn_lock(content.decode("utf-8", "replace").replace("\r\n", "\n"))
    return _pnpm_lock(content)


def _npm_lock(fields: Mapping[str, object]) -> Iterator[Part]:
    packages = fields.get("packages")
    if isinstance(packages, Mapping):  # lockfileVersion 2 and 3
        for place, item in packages.items():
            if place and isinstance(item, Mapping) and not item.get("dev") and not item.get("link"):
                name = text(item.get("name")) or str(place).rpartition("node_modules/")[2]
                yield from _part(name, item.get("version"))
        return
    pending = [fields.get("dependencies")]
    while pending:
        level = pending.pop()
        if isinstance(level, Mapping):
            for name, item in level.items():
                if isinstance(item, Mapping) and not item.get("dev"):
                    yield from _part(str(name), item.get("version"))
                    pending.append(item.get("dependencies"))


def _yarn_lock(content: str) -> Iterator[Part]:
    """Entries of both formats: specifiers and a colon at the left edge, then indented fields."""
    name = ""
    for line in content.split("\n"):
        if line[:1] not in ("", " ", "\t", "#") and line.endswith(":"):
            specifier = line.partition(",")[0].strip('": ')
            name = specifier[: specifier.find("@", 1)] if specifier.find("@", 1) > 0 else ""
        elif name and line.strip().startswith("version"):
            version = line.strip().removeprefix("version").strip(': "')
            if version != "0.0.0-use.local":
                yield from _part(name, version)
            name = ""


def _pnpm_lock(content: bytes) -> Iterator[Part]:
    if len(content) > MAXIMUM_YAML:
        raise Senseless("too large to be read")
    try:
        fields = load_yaml(content)
    except UnreadableInput as error:
        raise Senseless(error.message) from error
    packages = fields.get("packages") if isinstance(fields, Mapping) else None
    for key, item in packages.items() if isinstance(packages, Mapping) else ():
        match = _PNPM_KEY.match(str(key))
        if match and not (isinstance(item, Mapping) and item.get("dev")):
            yield from _part(match[1], match[2])


def _part(name: str, version: object) -> Iterator[Part]:
    if isinstance(version, str) and _NAME.match(name) and version[:1].isdigit():
        yield Part("npm", name, version[:200])


def _locked(system: FileSystem) -> Catalogued:
    packages: list[Package] = []
    for path, node, content in system.files(LOCKS.pattern):
        folder = path.rpartition("/")[0]
        if system.tree.find(f"{folder}/node_modules") is not None:
            continue  # what is installed speaks for itself
        try:
            packages.extend(package(part, path, node.layer) for part in lock_parts(path, content))
        except (Senseless, RecursionError) as error:
            system.skip(printable(path), f"a lock file that makes no sense: {error}")
    return Catalogued(tuple(packages))


CATALOGUE = file_catalogue("npm", f"{_INSTALLED}|{_OWN}", _package_json)
LOCKS = Catalogue("npm lock files", re.compile(_LOCKS), _locked)
