"""Where advisories come from: directories, zip archives and single files of OSV JSON, OSV YAML or Alpine's YAML."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import yaml

from scanners.errors import TargetMissing, UnreadableInput
from scanners.vulnerabilities.osv import NotAnAdvisory

MAXIMUM_FILE = 256 * 2**20
"""Bytes of one file; the largest real one is Debian's tracker, with 80 MB."""
MAXIMUM_FILES = 5_000_000
MAXIMUM_YAML_DEPTH = 64
SMALL_YAML = 2**20
_INLINE_NESTING = re.compile(rb"(?:[-?:][ \t]+){64}")
SUFFIXES = (".json", ".yaml", ".yml", ".csv", ".csv.gz")

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One file of a feed, read but not yet understood."""

    name: str
    data: bytes
    moment: str
    """When the archive says that it was written, RFC 3339; empty outside archives."""


def files(path: Path) -> Iterator[RecordFile]:
    """Every advisory file under a directory, in a zip archive, or the one file itself.

    Raises TargetMissing, and UnreadableInput for an archive that cannot be read or has no advisory files at all.
    """
    if not path.exists():
        raise TargetMissing(f"there is nothing at {path}", remedy="name a directory, a .zip or an OSV file")
    found = False
    for file in _directory(path) if path.is_dir() else _archive(path) if _is_zip(path) else _single(path):
        found = True
        yield file
    if not found:
        raise UnreadableInput(
            f"{path.name} holds no advisory files", remedy="it should hold OSV records as .json, .yaml or .yml"
        )


def table(file: RecordFile) -> str | None:
    """The text of a table of values; None for other files. Raises NotAnAdvisory."""
    if not file.name.endswith((".csv", ".csv.gz")):
        return None
    data = file.data
    if file.name.endswith(".gz"):
        unpacker = zlib.decompressobj(31)
        try:
            data = unpacker.decompress(data, MAXIMUM_FILE)
        except zlib.error as error:
            raise NotAnAdvisory("not a gzip file") from error
        if not unpacker.eof:
            raise NotAnAdvisory("a gzip file that is cut off or too large")
    return data.decode("utf-8", "replace")


def decode(file: RecordFile) -> Any:
    """The value in a JSON or YAML file. Raises NotAnAdvisory."""
    if file.name.endswith(".json"):
        try:
            return orjson.loads(file.data)
        except ValueError as error:
            raise NotAnAdvisory(f"not JSON: {str(error)[:200]}") from error
    return load_yaml(file.data)


def load_yaml(data: bytes) -> Any:
    """The value in a YAML file, without aliases and not deeply nested. Raises NotAnAdvisory."""
    _bounded_yaml(data)
    try:
        return yaml.load(data, Loader=_Loader)  # noqa: S506 - the safe loader, in C where there is one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotAnAdvisory(f"not YAML: {str(error)[:200]}") from error


def _bounded_yaml(data: bytes) -> None:
    """Refuse aliases (which multiply) and deep nesting (which recurses in C) before anything is built."""
    plain = b"*" not in data and b"&" not in data and data.count(b"[") + data.count(b"{") < MAXIMUM_YAML_DEPTH
    # By indentation alone, depth costs its square in bytes: a small file cannot nest far.
    if plain and len(data) < SMALL_YAML and not _INLINE_NESTING.search(data):
        return
    depth = 0
    try:
        for event in yaml.parse(data, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise NotAnAdvisory("YAML aliases are not read")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAXIMUM_YAML_DEPTH:
                raise NotAnAdvisory(f"YAML nested deeper than {MAXIMUM_YAML_DEPTH}")
    except (yaml.YAMLError, ValueError) as error:
        raise NotAnAdvisory(f"not YAML: {str(error)[:200]}") from error


def _directory(path: Path) -> Iterator[RecordFile]:
    count = 0
    for folder, folders, names in os.walk(path, followlinks=False):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if not name.endswith(SUFFIXES) or file.is_symlink() or not file.is_file():
                continue
            count += 1
            _bound(count, file.stat().st_size, name)
            yield RecordFile(str(file.relative_to(path)), file.read_bytes(), "")


def _single(path: Path) -> Iterator[RecordFile]:
    if path.name.endswith(SUFFIXES):
        _bound(1, path.stat().st_size, path.name)
        yield RecordFile(path.name, path.read_bytes(), "")


def _archive(path: Path) -> Iterator[RecordFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            for count, member in enumerate(archive.infolist()):
                if member.is_dir() or not member.filename.endswith(SUFFIXES):
                    continue
                _bound(count, member.file_size, member.filename)
                with archive.open(member) as stream:
                    data = stream.read(MAXIMUM_FILE + 1)  # the header's size may lie
                _bound(count, len(data), member.filename)
                yield RecordFile(member.filename, data, _zip_moment(member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnreadableInput(
            f"{path.name} is not a readable zip archive", remedy="fetch it again", detail=str(error)
        ) from error


def _is_zip(path: Path) -> bool:
    return path.suffix == ".zip" or zipfile.is_zipfile(path)


def _zip_moment(member: zipfile.ZipInfo) -> str:
    try:
        return datetime(*member.date_time, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    except ValueError:
        return ""


def _bound(count: int, size: int, name: str) -> None:
    if count > MAXIMUM_FILES:
        raise UnreadableInput(f"more than {MAXIMUM_FILES} advisory files")
    if size > MAXIMUM_FILE:
        raise UnreadableInput(f"{name[:200]} is larger than {MAXIMUM_FILE // 2**20} MiB")
