"""How much of an image is read before the rest is called unknown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one scan. What lies behind a bound is reported as skipped, never as clean."""

    layers: int = 512
    entries: int = 2_000_000
    """Tar entries over all layers."""
    layer_bytes: int = 32 * 2**30
    """Uncompressed bytes of one layer."""
    ratio: int = 200
    """Uncompressed to compressed bytes, once a layer has passed `ratio_from` uncompressed bytes."""
    ratio_from: int = 2**30
    path_bytes: int = 4096
    """PATH_MAX of Linux: nothing longer can be opened in a container."""
    depth: int = 256
    """Components of a path."""
    notes: int = 500
    """Parts that were not examined, listed one by one."""
    secrets: int = 5000
    """Credentials that are listed."""
    kept_file: int = 96 * 2**20
    """Bytes of one file that a catalogue asks to read."""
    kept_lines: int = 2_000_000
    """Lines of such a file: each is an object of its own once it is looked at."""
    probed_file: int = 2 * 2**30
    """Bytes of one program or archive that is looked into while it passes by."""
    probed_memory: int = 32 * 2**20
    """Bytes from which such a file goes to an unnamed temporary file instead of memory."""
    kept_total: int = 160 * 2**20
    """Bytes of all files held at once for the catalogues."""
    readers: int = 4
    """Layers that are read at once, where there are as many processors."""
    ahead_entries: int = 200_000
    """Tar entries of all layers that are read before those below them are done."""
    ahead_bytes: int = 32 * 2**20
    """Bytes of files that such layers hold for the catalogues."""


DEFAULT = Limits()
