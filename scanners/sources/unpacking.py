"""Unpacking a layer of a model artefact: regular files only, inside the folder, within bounds."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import zstandard

from scanners.errors import LimitReached, UnreadableInput
from scanners.files import printable_name
from scanners.sources.locations import is_safe_name

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Unpacked:
    """How much came out."""

    bytes: int
    files: int


def unpack(archive: Path, compression: str, folder: Path, max_bytes: int, max_files: int) -> Unpacked:
    """Put the files of a tar below `folder`. Raises UnreadableInput for a damaged archive, for two files
    of one name, and for links, devices and names that lead out; LimitReached.
    """
    size, count = 0, 0
    try:
        with archive.open("rb") as raw, tarfile.open(fileobj=_plain(raw, compression), mode="r|") as tar:
            for member in tar:
                count += 1
                if count > max_files:
                    raise LimitReached(f"the layer holds more than {max_files} entries")
                name = member.name.removeprefix("./").rstrip("/")
                if member.isdir():
                    continue
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or not is_safe_name(name):
                    raise UnreadableInput(
                        f"a layer of the artefact holds {printable_name(name)[:200]!r}, no regular file inside the model",
                        remedy="pack the model without links, devices and names that lead elsewhere",
                    )
                size += _write(content, folder / name, max_bytes - size)
    except (tarfile.TarError, EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise UnreadableInput("a layer of the artefact is not a whole tar", detail=repr(error)) from error
    return Unpacked(size, count)


def _plain(raw: IO[bytes], compression: str) -> Any:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=raw)
    return zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(raw) if compression == "zstd" else raw


def _write(content: IO[bytes], path: Path, room: int) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        out = path.open("xb")
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise UnreadableInput(f"two layers of the artefact hold {path.name!r}") from None
    with out:
        while piece := content.read(_PIECE):
            size += len(piece)
            if size > room:
                raise LimitReached("the layers unpack to more than may be brought here")
            out.write(piece)
    return size
