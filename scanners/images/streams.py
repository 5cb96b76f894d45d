"""A layer as a stream: decompressed on the way, bounded, and hashed on both sides of the decompressor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import zstandard
from isal import igzip_lib

from scanners.errors import LimitReached, UnreadableInput
from scanners.images.limits import DEFAULT, Limits

READ = 2**18
"""Bytes read and decompressed at a time: fits the second-level cache."""
WINDOW = 2**27
"""Bytes of the largest zstd window accepted (RFC 8878 §3.1.1.1.2 advises 8 MB; `zstd --long=27` writes 128)."""

# The library's stub declares the exception as an instance.
_GzipError = cast(type[Exception], igzip_lib.IsalError)

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x04\x22\x4d\x18": "lz4"}


class UnsupportedCompression(UnreadableInput):
    """A compression that the OCI image specification does not know."""

    code = "unsupported_compression"


class ByteStream:
    """Exact reads and skips over chunks of bytes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = b""
        self._at = 0
        self.offset = 0
        """Bytes taken so far."""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end of the stream."""
        end = self._at + size
        if end <= len(self._chunk):
            data = self._chunk[self._at : end]
            self._at = end
            self.offset += size
            return data
        parts = [self._chunk[self._at :]]
        missing = size - len(parts[0])
        while missing:
            self._chunk = next(self._chunks, b"")
            self._at = min(missing, len(self._chunk))
            if not self._chunk:
                break
            parts.append(self._chunk[: self._at])
            missing -= self._at
        data = b"".join(parts)
        self.offset += len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; how many there were."""
        end = self._at + size
        if end <= len(self._chunk):
            self._at = end
            self.offset += size
            return size
        missing = size - (len(self._chunk) - self._at)
        while missing:
            self._chunk = next(self._chunks, b"")
            if not self._chunk:
                self._at = 0
                break
            self._at = min(missing, len(self._chunk))
            missing -= self._at
        self.offset += size - missing
        return size - missing

    def drain(self) -> None:
        """Pass over everything that is left, so that every byte has been hashed."""
        while self._chunk:
            self.offset += len(self._chunk) - self._at
            self._chunk = next(self._chunks, b"")
            self._at = 0
        for chunk in self._chunks:
            self.offset += len(chunk)


class LayerStream(ByteStream):
    """The tar stream of a layer blob. `compressed` and `expanded` are its hash objects, complete after `drain`."""

    def __init__(self, raw: BinaryIO, compressed: Any, expanded: Any, limits: Limits = DEFAULT) -> None:
        self.raw_bytes = 0
        self.expanded_bytes = 0
        self._compressed, self._expanded, self._limits = compressed, expanded, limits
        super().__init__(self._counted(raw))

    def _counted(self, raw: BinaryIO) -> Iterator[bytes]:
        limits = self._limits
        for chunk in expand(self._raw_chunks(raw)):
            self.expanded_bytes += len(chunk)
            if self.expanded_bytes > limits.layer_bytes:
                raise LimitReached(f"a layer is larger than {limits.layer_bytes} bytes uncompressed")
            if self.expanded_bytes > limits.ratio_from and self.expanded_bytes > limits.ratio * self.raw_bytes:
                raise LimitReached(f"a layer expands more than {limits.ratio}-fold: a decompression bomb")
            if self._expanded is not None:
                self._expanded.update(chunk)
            yield chunk

    def _raw_chunks(self, raw: BinaryIO) -> Iterator[bytes]:
        while chunk := raw.read(READ):
            self.raw_bytes += len(chunk)
            if self._compressed is not None:
                self._compressed.update(chunk)
            yield chunk


def expand(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress by what the bytes are, not by what the media type claims: gzip, zstd or plain.

    Raises UnsupportedCompression, and UnreadableInput for a stream that is cut off or corrupt.
    """
    first = next(chunks, b"")
    while len(first) < 6 and (more := next(chunks, b"")):
        first += more
    if first.startswith(_GZIP):
        yield from _gunzip(first, chunks)
    elif first.startswith(_ZSTD) or (first[1:4] == b"\x2a\x4d\x18" and first[0] & 0xF0 == 0x50):
        yield from _unzstd(first, chunks)
    else:
        for magic, name in _OTHERS.items():
            if first.startswith(magic):
                raise UnsupportedCompression(f"{name} compression is not read", remedy="use gzip or zstd layers")
        if first:
            yield first
        yield from chunks


def _gunzip(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    # RFC 1952 §2.2: a file is a series of members; eStargz and pigz write many.
    data = first
    try:
        while data:
            member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
            while not member.eof:
                if member.needs_input:
                    data = data or next(chunks, b"")
                    if not data:
                        raise UnreadableInput("a gzip stream is cut off")
                    out, data = member.decompress(data, READ), b""
                else:
                    out = member.decompress(b"", READ)
                if out:
                    yield out
            data = member.unused_data or next(chunks, b"")
            while len(data) < 2 and (more := next(chunks, b"")):
                data += more
            if not data.startswith(_GZIP):
                _only_padding(data, chunks)
                return
    except (_GzipError, EOFError) as error:
        raise UnreadableInput("a gzip stream is corrupt", detail=str(error)) from error


def _only_padding(data: bytes, chunks: Iterator[bytes]) -> None:
    while data:
        if data.strip(b"\0"):
            raise UnreadableInput("there is something else after a gzip stream")
        data = next(chunks, b"")


def _unzstd(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    # The reader ends quietly where a frame is cut off; the digest and the diff_id tell.
    context = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    source = _Reader(first, chunks)
    try:
        with context.stream_reader(source, read_size=READ, read_across_frames=True) as reader:  # type: ignore[arg-type]
            while out := reader.read(READ):
                yield out
    except zstandard.ZstdError as error:
        raise UnreadableInput("a zstd stream is corrupt", detail=str(error)) from error


class _Reader:
    """Chunks as the file object that zstandard wants."""

    def __init__(self, first: bytes, chunks: Iterator[bytes]) -> None:
        self._first, self._chunks = first, chunks

    def read(self, size: int = -1) -> bytes:
        data, self._first = self._first or next(self._chunks, b""), b""
        if len(data) > size > 0:
            data, self._first = data[:size], data[size:]
        return data
