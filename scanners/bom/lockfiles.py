"""What requirement and lock files say will be installed: packages with exact versions, and what is not pinned."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from scanners.images.catalogue.files import Senseless
from scanners.images.catalogue.npm import lock_parts
from scanners.images.packages import Package, PackageType
from scanners.signatures.strict_json import MalformedDocument, parse

MAX_PACKAGES = 200_000

Unpinned = tuple[str, str]
"""What was named, and why it cannot be looked up."""

_GO_REQUIRE = re.compile(r"^\s*(?:require\s+)?([a-z0-9][\w.~/-]*\.[\w.~/-]+)\s+v(\d[\w.+-]*)", re.MULTILINE)


def requirements(name: str, text: str) -> Iterator[Package | Unpinned]:
    """pip's requirements format: pinned lines; what includes other files, URLs or ranges is said to be unpinned."""
    logical = re.sub(r"\\\r?\n", " ", text)
    for line in logical.splitlines():
        line = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        line = re.split(r"\s--(?:hash|config-settings|global-option)[= ]", line, maxsplit=1)[0].strip()
        if not line or line.startswith(
            ("--index-url", "--extra-index-url", "-i ", "--no-", "--only-", "--prefer-", "--pre")
        ):
            continue
        if line.startswith("-"):
            yield line[:200], "options and included files are not followed"
            continue
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            yield line[:200], "it is no requirement by name and version"
            continue
        pins = [
            one.version for one in requirement.specifier if one.operator in ("==", "===") and "*" not in one.version
        ]
        if pins and requirement.url is None:
            yield _package("pypi", requirement.name, pins[0], name)
        else:
            yield requirement.name, "no exact version is pinned"


def python_lock(name: str, text: str) -> Iterator[Package | Unpinned]:
    """poetry.lock, uv.lock, pdm.lock and pylock.toml."""
    document = _toml(text)
    for entry in [*_list(document, "package"), *_list(document, "packages")]:
        yield from _entry("pypi", entry, name)


def cargo_lock(name: str, text: str) -> Iterator[Package | Unpinned]:
    """Cargo.lock; entries without a source are the project's own."""
    for entry in _list(_toml(text), "package"):
        if isinstance(entry, Mapping) and "source" in entry:
            yield from _entry("cargo", entry, name)


def pipfile_lock(name: str, text: str) -> Iterator[Package | Unpinned]:
    """Pipfile.lock: what runs, not what is only for development."""
    try:
        document = parse(text.encode())
    except MalformedDocument as malformed:
        raise Senseless(str(malformed)) from None
    entries = document.get("default") if isinstance(document, dict) else None
    for package, entry in entries.items() if isinstance(entries, dict) else ():
        version = entry.get("version") if isinstance(entry, dict) else None
        if isinstance(version, str) and version.startswith("=="):
            yield _package("pypi", package, version.removeprefix("=="), name)
        else:
            yield package, "no exact version is pinned"


def go_mod(name: str, text: str) -> Iterator[Package | Unpinned]:
    """go.mod, after minimal version selection the versions that are built with unless a main module asks for more."""
    for match in _GO_REQUIRE.finditer(re.sub(r"//[^\n]*", "", text)):
        yield _package("golang", match[1], match[2], name)


def node_lock(name: str, text: str) -> Iterator[Package | Unpinned]:
    """package-lock.json, yarn.lock and pnpm-lock.yaml."""
    for part in lock_parts(name, text.encode()):
        yield _package(part.type, part.name, part.version, name)


def pinned(name: str, raw: bytes) -> Iterator[Package | Unpinned]:
    """The packages that the file called `name` says will be installed. Raises Senseless if it is not what it is called."""
    reader = reader_of(name)
    if reader is None:
        raise Senseless("it is no requirement or lock file that is read here")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Senseless("it is not UTF-8") from None
    for count, found in enumerate(reader(name, text)):
        if count >= MAX_PACKAGES:
            raise Senseless(f"it names more than {MAX_PACKAGES} packages")
        yield found


def reader_of(name: str) -> Callable[[str, str], Iterator[Package | Unpinned]] | None:
    """What reads files of that name; None if nothing does."""
    base = name.rpartition("/")[2].lower()
    if base.endswith((".txt", ".in")) and ("requirements" in base or "constraints" in base):
        return requirements
    if base in ("poetry.lock", "uv.lock", "pdm.lock") or re.fullmatch(r"pylock(\..+)?\.toml", base):
        return python_lock
    if base in ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"):
        return node_lock
    return {"pipfile.lock": pipfile_lock, "cargo.lock": cargo_lock, "go.mod": go_mod}.get(base)


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Senseless(f"not TOML: {error}") from None


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    return found if isinstance(found, list) else []


def _entry(kind: PackageType, entry: Any, path: str) -> Iterator[Package | Unpinned]:
    name, version = (entry.get("name"), entry.get("version")) if isinstance(entry, Mapping) else (None, None)
    source = entry.get("source") if isinstance(entry, Mapping) else None
    if isinstance(source, Mapping) and ({"virtual", "editable"} & source.keys() or source.get("directory") == "."):
        return  # the project itself
    if isinstance(name, str) and isinstance(version, str):
        yield _package(kind, name, version, path)
    elif isinstance(name, str):
        yield name[:200], "no exact version is pinned"


def _package(kind: PackageType, name: str, version: str, path: str) -> Package:
    return Package(type=kind, name=name[:300], version=version[:200], path=path, layer=0)
