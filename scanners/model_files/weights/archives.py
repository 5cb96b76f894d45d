"""Members of a ZIP archive, with the place of their bytes in the file."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scanners.model_files.reading import SteadyFile
from scanners.model_files.weights.tensors import MAX_TENSORS, broken

_MAX_DIRECTORY = 256 << 20
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # APPNOTE.TXT §4.3.7


@dataclass(frozen=True, slots=True)
class Member:
    """A member by the central directory, and where its bytes start by its local header."""

    name: str
    method: int
    offset: int
    bytes: int
    """As stored."""


def members(path: Path, file: SteadyFile) -> Iterator[Member]:
    """Every member of the archive. Raises UnreadableInput if two have one name or one does not fit the file."""
    try:
        with zipfile.ZipFile(_Seekable(file)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError):
        raise broken(path, "is not a ZIP archive") from None
    if len(infos) > MAX_TENSORS:
        raise broken(path, "has more members than any model")
    if len({info.filename for info in infos}) != len(infos):
        raise broken(path, "has two members of one name")
    for info in infos:
        end = info.header_offset + _LOCAL_HEADER.size
        if info.header_offset < 0 or end > file.size:
            raise broken(path, f"ends before its member {info.filename[:200]!r}")
        with file.piece(info.header_offset, end) as piece:
            fields = _LOCAL_HEADER.unpack(piece)
        offset = end + fields[9] + fields[10]
        if fields[0] != b"PK\x03\x04" or offset + info.compress_size > file.size:
            raise broken(path, f"has no bytes where its member {info.filename[:200]!r} should be")
        if fields[3] != info.compress_type:
            raise broken(path, f"describes its member {info.filename[:200]!r} in two ways")
        yield Member(info.filename, info.compress_type, offset, info.compress_size)


class _Seekable(io.RawIOBase):
    """What `zipfile` needs of a file to read the directory at its end."""

    def __init__(self, file: SteadyFile) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        if base + offset < 0:
            raise ValueError("before the start")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        end = self._file.size if size < 0 else min(self._position + size, self._file.size)
        if end - self._position > _MAX_DIRECTORY:
            raise zipfile.BadZipFile("the directory is too large")
        with self._file.piece(self._position, end) as piece:
            found = bytes(piece)
        self._position += len(found)
        return found
