"""Ruby gems, Composer, NuGet, conda and R: each leaves one kind of file for what is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scanners.images.catalogue.deb822 import paragraphs
from scanners.images.catalogue.files import Senseless, file_catalogue, json_object, text
from scanners.images.probes import Part

_GEM_FIELD = re.compile(
    r"""^[ \t]*\w{1,40}\.(name|version|licenses?)[ \t]*=[ \t]*\[?[ \t]*"""
    r"""(?:Gem::Version\.(?:new|create)\()?["']([^"'\n]{1,200})["']""",
    re.MULTILINE,
)
_GEM_NAME = re.compile(r"[A-Za-z0-9._\-]+\Z")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+\-:~!]{0,199}\Z")


def _gem(path: str, content: bytes) -> Iterator[Part]:
    """RubyGems writes the specification of an installed gem as a Ruby program of assignments."""
    fields: dict[str, str] = {}
    for key, value in _GEM_FIELD.findall(content.decode("utf-8", "replace")):
        fields.setdefault("license" if key.startswith("license") else key, value)
    name, version = fields.get("name", ""), fields.get("version", "")
    if not _GEM_NAME.match(name) or not _VERSION.match(version):
        raise Senseless("no name and version")
    yield Part("gem", name, version, license=fields.get("license", ""))


def _composer(path: str, content: bytes) -> Iterator[Part]:
    """Composer 1 writes a list, Composer 2 an object with 'packages' (and the names of those for development)."""
    try:
        fields: Mapping[str, object] = json_object(content)
    except Senseless:
        fields = json_object(b'{"packages":' + content + b"}")
    packages = fields.get("packages")
    if not isinstance(packages, list):
        raise Senseless("no list of packages")
    for item in packages:
        if isinstance(item, Mapping):
            name, version = text(item.get("name")), text(item.get("version"))
            if name and version:
                licenses = item.get("license")
                first = licenses[0] if isinstance(licenses, list) and licenses else ""
                yield Part("composer", name, version, license=text(first))


def _nuget(path: str, content: bytes) -> Iterator[Part]:
    """*.deps.json of a .NET application: libraries of type 'package' that bring a file."""
    fields = json_object(content)
    libraries = fields.get("libraries")
    if not isinstance(libraries, Mapping):
        raise Senseless("no libraries")
    bring: set[str] = set()
    targets = fields.get("targets")
    for target in targets.values() if isinstance(targets, Mapping) else ():
        for key, item in target.items() if isinstance(target, Mapping) else ():
            if isinstance(item, Mapping) and any(
                item.get(kind) for kind in ("runtime", "native", "runtimeTargets", "resources")
            ):
                bring.add(key)
    for key, item in libraries.items():
        name, slash, version = str(key).partition("/")
        if slash and isinstance(item, Mapping) and item.get("type") == "package" and key in bring:
            yield Part("nuget", name[:200], version[:200])


def _conda(path: str, content: bytes) -> Iterator[Part]:
    fields = json_object(content)
    name, version = text(fields.get("name")), text(fields.get("version"))
    if not name or not _VERSION.match(version):
        raise Senseless("no name and version")
    build = (("build", text(fields.get("build"))),) if text(fields.get("build")) else ()
    yield Part("conda", name, version, license=text(fields.get("license")), qualifiers=build)


def _r(path: str, content: bytes) -> Iterator[Part]:
    wanted = frozenset(("package", "version", "license", "built"))
    fields = next(iter(paragraphs(content.decode("utf-8", "replace"), wanted)), {})
    # Only an installed package says when it was built; the same file name is common elsewhere.
    if fields.get("package") and fields.get("built"):
        if not _VERSION.match(fields.get("version", "")):
            raise Senseless("no version")
        yield Part("cran", fields["package"][:200], fields["version"], license=fields.get("license", ""))


CATALOGUES = (
    file_catalogue("gem", r"(?:.*/)?specifications/(?:.*/)?[^/]+\.gemspec\Z", _gem),
    file_catalogue("composer", r"(?:.*/)?composer/installed\.json\Z", _composer),
    file_catalogue("nuget", r"(?:.*/)?[^/]+\.deps\.json\Z", _nuget),
    file_catalogue("conda", r"(?:.*/)?conda-meta/[^/]+\.json\Z", _conda),
    file_catalogue("R", r"(?:.*/)?DESCRIPTION\Z", _r),
)
