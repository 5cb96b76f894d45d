"""Java archives: Maven's pom.properties, the manifest, the file's name; and archives within archives."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from scanners.images.probes import Content, Part, Probe, Seen

MAXIMUM_DEPTH = 6
MAXIMUM_MEMBERS = 200_000
MAXIMUM_DIRECTORY = 32 * 2**20
"""Bytes of an archive's list of members: 200,000 of them with names of a hundred characters."""
LONGEST_NAME = 255
"""Bytes of a file's name (NAME_MAX of Linux)."""
MAXIMUM_METADATA = 2**20
"""Bytes of one pom.properties or manifest."""
MAXIMUM_NESTED = 128 * 2**20
"""Bytes of one archive inside another."""
MAXIMUM_TOTAL = 2**30
"""Bytes of all archives inside one file, uncompressed."""

_ARCHIVE = re.compile(r".*\.(?:jar|war|ear|par|sar|nar|lpkg|jpi|hpi|kar|rar)\Z", re.IGNORECASE)
_POM = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties\Z")
_FILE_NAME = re.compile(r"(?P<name>[A-Za-z][\w.]*(?:-[A-Za-z][\w.]*)*?)-(?P<version>v?\d[\w.+\-]*)\.[a-z]+\Z")
_COORDINATE = re.compile(r"[A-Za-z0-9_.\-]{1,200}\Z")
_VERSION = re.compile(r"[A-Za-z0-9_.+\-~()\[\] ]{1,100}\Z")


class _Budget:
    """What may still be read in one file."""

    def __init__(self) -> None:
        self.bytes = MAXIMUM_TOTAL
        self.members = MAXIMUM_MEMBERS
        self.troubles: list[str] = []


def look(path: str, content: Content) -> Seen:
    """Everything that a Java archive is made of."""
    budget = _Budget()
    parts = tuple(_archive(content.file(), path.rpartition("/")[2], "", 0, budget))
    if not parts and not budget.troubles:
        budget.troubles.append("the archive does not say what it is, or which version")
    return Seen("java", parts, trouble=budget.troubles[0] if budget.troubles else "")


def _archive(file: BinaryIO, name: str, where: str, depth: int, budget: _Budget) -> Iterator[Part]:
    try:
        if _directory_bytes(file) > MAXIMUM_DIRECTORY:
            budget.troubles.append(
                f"{where or 'the archive'} has a directory of more than {MAXIMUM_DIRECTORY // 2**20} MiB"
            )
            return
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            budget.members -= len(members)
            if budget.members < 0:
                budget.troubles.append(f"more than {MAXIMUM_MEMBERS} members")
                return
            yield from _own(archive, members, name, where, budget)
            for member in members:
                if not member.is_dir() and _ARCHIVE.match(member.filename):
                    inner = f"{where}!{member.filename}" if where else member.filename
                    if depth >= MAXIMUM_DEPTH:
                        budget.troubles.append(f"archives nested deeper than {MAXIMUM_DEPTH}: {inner[:200]}")
                    elif (data := _read(archive, member, MAXIMUM_NESTED, budget)) is not None:
                        base = member.filename.rpartition("/")[2]
                        yield from _archive(io.BytesIO(data), base, inner, depth + 1, budget)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        budget.troubles.append(f"{where or 'the archive'} cannot be read: {str(error)[:100]}")


def _directory_bytes(file: BinaryIO) -> int:
    """How large an archive says its directory is, which is read whole before anything else (PKWARE's APPNOTE 4.3.14, 4.3.16)."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - 2**16 - 22 - 20 - 56))
    tail = file.read()
    sizes = []
    for mark, offset, width in ((b"PK\5\6", 12, 4), (b"PK\6\6", 40, 8)):
        at = tail.rfind(mark)
        if at >= 0:
            sizes.append(int.from_bytes(tail[at + offset : at + offset + width], "little"))
    return max((size for size in sizes if size != 0xFFFFFFFF), default=0)


def _own(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str, where: str, budget: _Budget
) -> Iterator[Part]:
    """What the archive itself says it is: every pom.properties, or else its manifest and name."""
    seen: set[tuple[str, str]] = set()
    manifest = next((member for member in members if member.filename.upper() == "META-INF/MANIFEST.MF"), None)
    said = dict(_manifest(_read(archive, manifest, MAXIMUM_METADATA, budget) or b"")) if manifest is not None else {}
    license_ = said.get("Bundle-License", "").partition(";")[0].strip().strip('"')[:200]
    poms = [member for member in members if _POM.match(member.filename)]
    for member in poms:
        data = _read(archive, member, MAXIMUM_METADATA, budget)
        fields = dict(_properties(data or b""))
        group, artifact = fields.get("groupId", ""), fields.get("artifactId", "")
        version = fields.get("version", "")
        if all(map(_COORDINATE.match, (group, artifact))) and _VERSION.match(version):
            key = (f"{group}:{artifact}", version)
            if key not in seen:
                seen.add(key)
                yield Part("maven", *key, where=where, license=license_ if len(poms) == 1 else "")
    named = _FILE_NAME.match(name) if len(name) <= LONGEST_NAME else None
    artifact = named["name"] if named else _artifact(said)
    version = named["version"] if named else next((said[key] for key in _VERSION_KEYS if said.get(key)), "")
    if not artifact or not _VERSION.match(version) or not _COORDINATE.match(artifact):
        return
    if any(key[0].partition(":")[2] == artifact for key in seen):
        return  # its own pom.properties said it better
    group = _group(said)
    name = f"{group}:{artifact}" if group else artifact
    yield Part("maven", name, version, where=where, license=license_, certain=False)


_VERSION_KEYS = ("Implementation-Version", "Bundle-Version", "Specification-Version", "Plugin-Version")
_GROUP_KEYS = ("Implementation-Vendor-Id", "Group-Id", "Bundle-SymbolicName", "Automatic-Module-Name")


def _artifact(fields: dict[str, str]) -> str:
    for key in ("Implementation-Title", "Bundle-SymbolicName", "Extension-Name", "Short-Name", "Automatic-Module-Name"):
        value = fields.get(key, "").partition(";")[0].strip()
        if value and _COORDINATE.match(value):
            return value
    return ""


def _group(fields: dict[str, str]) -> str:
    """What the manifest tells of the Maven group: the group itself, or a longer name that begins with it
    ('org.apache.commons.lang3' of 'org.apache.commons')."""
    for key in _GROUP_KEYS:
        value = fields.get(key, "").partition(";")[0].strip()
        if "." in value and _COORDINATE.match(value):
            return value
    return ""


def _properties(data: bytes) -> Iterator[tuple[str, str]]:
    for line in data.decode("utf-8", "replace").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "!")):
            yield key.strip(), value.strip()


def _manifest(data: bytes) -> Iterator[tuple[str, str]]:
    """The main section (JAR File Specification): lines of 72 bytes, continued after a space."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    for line in text.partition("\n\n")[0].replace("\n ", "").split("\n"):
        key, colon, value = line.partition(":")
        if colon:
            yield key.strip(), value.strip()


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int, budget: _Budget) -> bytes | None:
    if member.file_size > limit or member.file_size > budget.bytes:
        budget.troubles.append(f"{member.filename[:200]} is larger than the limits")
        return None
    try:
        with archive.open(member) as stream:
            data = stream.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        budget.troubles.append(f"{member.filename[:200]} cannot be read: {str(error)[:100]}")
        return None
    budget.bytes -= len(data)
    if len(data) > limit or budget.bytes < 0:
        budget.troubles.append(f"{member.filename[:200]} is larger than the limits")
        return None
    return data


PROBE = Probe("java", look, pattern=_ARCHIVE, magic=(b"PK\x03\x04",))
