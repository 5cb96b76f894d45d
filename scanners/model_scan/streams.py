"""Decompression with a bound on what comes out; every member of every container passes through here."""

from __future__ import annotations

import bz2
import lzma
import mmap
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, TypeAlias

import zstandard

from scanners.errors import LimitReached
from scanners.model_scan.limits import Budget

_CHUNK = 1 << 18
_PIECE = 1 << 22
_IN_MEMORY = 64 << 20
_LZMA_MEMORY = 1 << 28


Stream: TypeAlias = "Callable[[memoryview, Position], Iterator[bytes]]"
"""Gives a compressed stream's content in pieces of bounded size."""


class Bomb(LimitReached):
    """The stream grew out of all proportion; what came out is not kept."""


@dataclass(slots=True)
class Inflated:
    """What came out of a compressed stream."""

    data: memoryview
    consumed: int
    """Bytes of input up to the end of the stream."""
    complete: bool
    """The stream ended as its format asks; False when it was cut off or damaged."""


def inflate(kind: str | Stream, data: memoryview, budget: Budget) -> Inflated:
    """Decompress `data`, a key of `_STREAMS` or a stream of your own.

    A damaged stream gives what came out before the damage. Raises Bomb and LimitReached.
    """
    size, position = 0, Position()
    pieces: list[bytes] = []
    sink: IO[bytes] | None = None
    for piece in _bounded(kind, data, budget, position):
        size += len(piece)
        pieces.append(piece)
        if size > _IN_MEMORY:
            sink = sink or tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the view over it
            sink.writelines(pieces)
            pieces.clear()
    if sink is None:
        view = memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))
    else:
        sink.flush()
        view = memoryview(mmap.mmap(sink.fileno(), size, access=mmap.ACCESS_READ))
    return Inflated(view, position.consumed, position.complete)


def inflated_size(kind: str, data: memoryview, budget: Budget) -> int:
    """How many bytes would come out of `data`. Raises Bomb and LimitReached."""
    return sum(map(len, _bounded(kind, data, budget, Position())))


def _bounded(kind: str | Stream, data: memoryview, budget: Budget, position: Position) -> Iterator[bytes]:
    size, limits = 0, budget.limits
    stream = _STREAMS[kind] if isinstance(kind, str) else kind
    for piece in stream(data, position):
        size += len(piece)
        budget.spend_expanded(len(piece))
        if size > limits.bomb_size and size > limits.bomb_ratio * max(position.consumed, 1):
            raise Bomb(f"more than {size >> 20} MiB came out of {position.consumed} bytes")
        if size > limits.expanded_member:
            raise LimitReached(f"more than {limits.expanded_member >> 20} MiB in one stream")
        yield piece


@dataclass(slots=True)
class Position:
    """How far a stream has read its input, and whether it ended as its format asks."""

    consumed: int = 0
    complete: bool = False


def _zlib(wbits: int) -> Callable[[memoryview, Position], Iterator[bytes]]:
    def pieces(data: memoryview, position: Position) -> Iterator[bytes]:
        machine = zlib.decompressobj(wbits)
        start = 0
        pending = b""
        try:
            while start < len(data) or pending:
                if not pending:
                    pending = bytes(data[start : start + _CHUNK])
                    start += len(pending)
                    position.consumed = start
                piece = machine.decompress(pending, _PIECE)
                pending = machine.unconsumed_tail
                if piece:
                    yield piece
                if machine.eof:
                    unused = len(machine.unused_data)
                    position.consumed = start - unused
                    position.complete = True
                    if wbits == 31 and bytes(data[position.consumed : position.consumed + 2]) == b"\x1f\x8b":
                        start = position.consumed  # gzip members may follow one another (RFC 1952 §2.2)
                        machine, pending, position.complete = zlib.decompressobj(wbits), b"", False
                        continue
                    return
            piece = machine.flush()
            if piece:
                yield piece
        except zlib.error:
            return

    return pieces


def _bz2(data: memoryview, position: Position) -> Iterator[bytes]:
    machine = bz2.BZ2Decompressor()
    start = 0
    try:
        while start < len(data) or not machine.needs_input:
            chunk = b""
            if machine.needs_input:
                chunk = bytes(data[start : start + _CHUNK])
                start += len(chunk)
            position.consumed = start
            piece = machine.decompress(chunk, _PIECE)
            if piece:
                yield piece
            if machine.eof:
                position.consumed = start - len(machine.unused_data)
                if bytes(data[position.consumed : position.consumed + 3]) == b"BZh":
                    start, machine = position.consumed, bz2.BZ2Decompressor()
                    continue
                position.complete = True
                return
    except (OSError, EOFError):
        return


def _lzma(form: int) -> Callable[[memoryview, Position], Iterator[bytes]]:
    def pieces(data: memoryview, position: Position) -> Iterator[bytes]:
        start = 0
        try:
            machine = lzma.LZMADecompressor(form, memlimit=_LZMA_MEMORY)
            while start < len(data) or not machine.needs_input:
                chunk = b""
                if machine.needs_input:
                    chunk = bytes(data[start : start + _CHUNK])
                    start += len(chunk)
                position.consumed = start
                piece = machine.decompress(chunk, _PIECE)
                if piece:
                    yield piece
                if machine.eof:
                    position.consumed = start - len(machine.unused_data)
                    if bytes(data[position.consumed : position.consumed + 6]) == b"\xfd7zXZ\0":
                        start = position.consumed
                        machine = lzma.LZMADecompressor(form, memlimit=_LZMA_MEMORY)
                        continue
                    position.complete = True
                    return
        except (lzma.LZMAError, EOFError, MemoryError):
            return

    return pieces


def _zip_lzma(data: memoryview, position: Position) -> Iterator[bytes]:
    """LZMA as ZIP stores it: version, property size, properties, then a raw stream (APPNOTE 5.8.8)."""
    if len(data) < 9:
        return
    properties = bytes(data[4:9])
    # The same header that a .lzma file has, with an unknown length.
    rebuilt = properties + b"\xff" * 8 + bytes(data[9:])
    yield from _lzma(lzma.FORMAT_ALONE)(memoryview(rebuilt), position)


def _zstd(data: memoryview, position: Position) -> Iterator[bytes]:
    start = 0
    try:
        machine = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        while start < len(data):
            chunk = bytes(data[start : start + 4096])
            start += len(chunk)
            position.consumed = start
            piece = machine.decompress(chunk)
            if piece:
                yield piece
            if machine.eof:
                position.consumed = start - len(machine.unused_data)
                if bytes(data[position.consumed : position.consumed + 4]) == b"\x28\xb5\x2f\xfd":
                    start = position.consumed
                    machine = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
                    continue
                position.complete = True
                return
    except zstandard.ZstdError:
        return


_STREAMS: dict[str, Stream] = {
    "deflate": _zlib(-15),
    "zlib": _zlib(15),
    "gzip": _zlib(31),
    "bz2": _bz2,
    "xz": _lzma(lzma.FORMAT_XZ),
    "lzma": _lzma(lzma.FORMAT_ALONE),
    "zip-lzma": _zip_lzma,
    "zstd": _zstd,
}
