"""Which programs belong to a language package, a runtime or a well-known program: those in its own folder, what a wheel put
beside Python, and the small file that only starts a known library (`python3.12` beside libpython).

Other programs that no package brought are nobody's, and what they were built from is not known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Set

from scanners.images.catalogue.programs import names_of
from scanners.images.filesystem import FileSystem
from scanners.images.packages import Package

_SITE = re.compile(
    r"(?P<site>(?P<prefix>(?:.*/)?)lib(?:64)?/python[0-9.]+/(?:site|dist)-packages)/[^/]+\.dist-info/METADATA\Z"
)
_FOLDERS = (
    re.compile(r"((?:.*/)?node_modules/(?:@[^/]+/)?[^/]+/)package\.json\Z"),
    re.compile(r"((?:.*/)?(?:site|dist)-packages/)[^/]+(?:/[^/]+)?\Z"),
    re.compile(r"((?:.*/)?)conda-meta/[^/]+\Z"),
    re.compile(r"((?:.*/)?)composer/installed\.json\Z"),
    re.compile(r"((?:.*/)?)shared/Microsoft\.[^/]+/[^/]+/[^/]+\.deps\.json\Z"),
    re.compile(r"((?:.*/)?)releases/[0-9]+/OTP_VERSION\Z"),
    re.compile(r"((?:.*/)?)(?:release|DESCRIPTION)\Z"),
    re.compile(r"(opt/bitnami/(?:.*/)?)\.spdx-[^/]+\Z"),
)
"""A package's evidence, and in it the folder that is the package's own."""
_GEM = re.compile(r"((?:.*/)?)specifications/(?:default/)?([^/]+)\.gemspec\Z")
_RELEASE = re.compile(r"(?<=\w)[-_]?v?[0-9][0-9.]*\Z")
_LONGEST_RECORD = 100_000
"""Lines of the list of a wheel's files."""


def at_home(system: FileSystem, programs: Collection[str], packages: Iterable[Package]) -> frozenset[str]:
    """Those of the programs that some language package brought."""
    known = list(packages)
    paths = {package.path.partition("!")[0] for package in known}
    folders = {folder for path in paths for folder in _folders(path)} | set(_named_folders(known))
    found = {program for program in programs if lies_in(program, folders)}
    found.update(path.removesuffix(".deps.json") for path in paths if path.endswith(".deps.json"))
    well_known = {package.name for package in known if package.type == "generic"}
    found.update(program for program in programs if not well_known.isdisjoint(names_of(program)))
    left = {program for program in programs if program not in found}
    records = [
        match for path in paths if left and (match := _SITE.match(path)) and _has_programs(match["prefix"], left)
    ]
    contents = system.contents_of(f"{posixpath.dirname(match[0])}/RECORD" for match in records)
    for match in records:
        record = contents.get(f"{posixpath.dirname(match[0])}/RECORD", b"")
        for line in record.decode("utf-8", "replace").split("\n", _LONGEST_RECORD)[:_LONGEST_RECORD]:
            found.add(posixpath.normpath(f"{match['site']}/{line.partition(',')[0]}"))
    return frozenset(found.intersection(programs))


def lies_in(path: str, folders: Set[str]) -> bool:
    """Whether a path is below one of some folders, each with a '/' behind it. Costs as much as the path is deep, however many
    there are."""
    at = path.find("/")
    while at >= 0:
        if path[: at + 1] in folders:
            return True
        at = path.find("/", at + 1)
    return False


def _folders(path: str) -> Iterator[str]:
    for pattern in _FOLDERS:
        # What lies at the root would own everything.
        if (match := pattern.match(path)) and match[1]:
            yield match[1]
    if match := _GEM.match(path):
        yield f"{match[1]}gems/{match[2]}/"


def _named_folders(packages: Iterable[Package]) -> Iterator[str]:
    """Of well-known programs, the folder that has their name: 'usr/local/apache2/', 'usr/lib/postgresql/'."""
    for package in packages:
        if package.type == "generic":
            parts = package.path.split("/")[:-1]
            for count, part in enumerate(parts, 1):
                if _RELEASE.sub("", part) in (package.name, package.source):
                    yield "/".join(parts[:count]) + "/"
                    break


def _has_programs(prefix: str, programs: Collection[str]) -> bool:
    return any(program.startswith(f"{prefix}bin/") for program in programs)
