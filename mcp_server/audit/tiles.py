"""Export as static files in the layout of c2sp.org/tlog-tiles: anybody can host, mirror and monitor them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mcp_server.audit.base import read_base
from mcp_server.audit.keys import CARD, write_durably
from mcp_server.audit.notes import parse_checkpoint, parse_note
from mcp_server.audit.proofs import signed_note
from mcp_server.audit.reading import records
from mcp_server.audit.tailed import TailedHashes

WIDTH: Final = 256
_HEIGHT: Final = 8
_PREFIX: Final = struct.Struct(">H")


def tile_path(level: str, index: int, width: int = WIDTH) -> str:
    """'tile/<L>/<N>[.p/<W>]'.

    >>> tile_path("0", 1234067)
    'tile/0/x001/x234/067'
    """
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03d}")
    partial = f".p/{width}" if width < WIDTH else ""
    return f"tile/{level}/{'/'.join(parts)}{partial}"


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """(level, index, width) of every tile of a tree of `size` leaves."""
    level = 0
    while size > 0:
        full, rest = divmod(size, WIDTH)
        for index in range(full):
            yield level, index, WIDTH
        if rest:
            yield level, full, rest
        level, size = level + 1, full


def export(directory: Path, target: Path) -> int:
    """Write the newest acknowledged state of the log as tiles, entry bundles and a checkpoint; how many records.

    What is in `target` already is kept and only added to, so that repeated exports cost what is new. The checkpoint is
    written last: a mirror never sees one whose tiles are missing. Raises LogDamaged.
    """
    note = signed_note(directory)
    size = parse_checkpoint(parse_note(note).text).size
    hashes = TailedHashes(directory, size)
    try:
        for level, index, width in tiles_of(size):
            path = target / tile_path(str(level), index, width)
            if not path.exists():
                first = index * WIDTH
                _write(path, b"".join(hashes.node(level * _HEIGHT, first + at) for at in range(width)))
    finally:
        hashes.close()
    done = 0
    while (target / tile_path("entries", done)).exists():
        done += 1
    bundle: list[bytes] = []
    # Of a pruned log, the first bundle that is still whole (c2sp.org/tlog-tiles §Pruning).
    whole = -(-read_base(directory).first // WIDTH)
    for record in records(directory, max(done, whole) * WIDTH, until=size):
        bundle.append(_PREFIX.pack(len(record.envelope)) + record.envelope)
        if len(bundle) == WIDTH:
            _write(target / tile_path("entries", record.index // WIDTH), b"".join(bundle))
            bundle = []
    if bundle:
        _write(target / tile_path("entries", size // WIDTH, len(bundle)), b"".join(bundle))
    (target / CARD).write_bytes((directory / CARD).read_bytes())
    write_durably(target / "checkpoint", note.encode(), mode=0o644)
    return size


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    temporary.write_bytes(data)
    temporary.replace(path)
