"""Reading an image: every layer once, in order, verified; what the catalogues ask for is kept on the way."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from re import Pattern
from typing import Any, Protocol

from scanners.errors import LimitReached
from scanners.findings import Skipped
from scanners.images import paths
from scanners.images.filesystem import FileSystem
from scanners.images.hidden import CHUNK, is_text, search
from scanners.images.limits import DEFAULT, Limits
from scanners.images.malware import RuleScan
from scanners.images.packages import printable
from scanners.images.probes import Content, Probe, Seen
from scanners.images.sources.interface import Image, Layer
from scanners.images.squash import Blob, Placed
from scanners.images.streams import LayerStream, UnsupportedCompression
from scanners.images.tar import Entry, TarWalker
from scanners.oci import digests

HEAD = 16
"""Bytes by which a file's kind is recognised."""


def read(
    image: Image,
    wanted: Pattern[str],
    probes: Sequence[Probe] = (),
    *,
    secrets: bool = False,
    hashes: bool = False,
    rules: RuleScan | None = None,
    limits: Limits = DEFAULT,
    progress: Callable[[float, float | None, str], None] | None = None,
) -> FileSystem:
    """Read every layer. `wanted` matches the paths whose content is kept, `probes` look into files that pass by,
    and with `secrets` all text is searched for credentials, with `hashes` every file is hashed, with `rules` every file
    is put before them.

    Raises DigestMismatch for a layer that is not what its digest or diff_id names, and UnreadableInput for one that
    is no tar archive. A layer of a foreign kind, or beyond a limit, is skipped and said so.
    """
    system = FileSystem(image, skipped=list(image.skipped), limits=limits)
    for number, layer in enumerate(image.layers):
        if number >= limits.layers:
            system.skip(f"layers from {number}", f"more than {limits.layers} layers are not read")
            break
        if progress:
            progress(number, len(image.layers), f"layer {layer.name[:19]}")
        if layer.foreign:
            system.skip(f"layer {layer.name}", layer.foreign)
            continue
        reading = _LayerReading(system, number, layer, wanted, probes, limits, secrets, hashes, rules)
        try:
            reading.run()
        except (LimitReached, UnsupportedCompression) as error:
            system.skip(f"layer {layer.name}", error.message)
        system.tree.apply(number, reading.placed)
    for oddity in system.tree.oddities[:20]:
        system.skip(f"{printable(oddity.path)} in layer {image.layers[oddity.layer].name}", oddity.what)
    system.index(wanted)
    return system


def verify_layers(image: Image, limits: Limits = DEFAULT) -> list[Skipped]:
    """Hash every layer, without looking at what is in it; what could not be verified is returned.

    Raises DigestMismatch and UnreadableInput.
    """
    skipped = list(image.skipped)
    for layer in image.layers:
        if layer.foreign and layer.digest is None:
            skipped.append(Skipped(f"layer {layer.name}", layer.foreign))
            continue
        what = f"layer {layer.name}"
        compressed, expanded = _hashers(layer)
        with layer.open() as raw:
            if layer.foreign and compressed is not None:
                while chunk := raw.read(CHUNK):
                    compressed.update(chunk)
                digests.check(compressed, layer.digest or "", what)
                continue
            stream = LayerStream(raw, compressed, expanded, limits)
            stream.drain()
        _require_same(layer, stream, compressed, expanded)
    return skipped


def _hashers(layer: Layer) -> tuple[Any, Any]:
    """Hash objects for the stored and the uncompressed bytes; None where there is nothing to compare, or once is enough."""
    compressed = digests.hasher(layer.digest) if layer.digest and layer.digest != layer.diff_id else None
    return compressed, digests.hasher(layer.diff_id) if layer.diff_id else None


def _require_same(layer: Layer, stream: LayerStream, compressed: Any, expanded: Any) -> None:
    what = f"layer {layer.name}"
    if layer.size is not None and stream.raw_bytes != layer.size:
        raise digests.DigestMismatch(
            f"{what} has {stream.raw_bytes} bytes, its descriptor says {layer.size}: it was cut off or exchanged",
            remedy="fetch the image again from a source that you trust",
        )
    if compressed is not None and layer.digest:
        digests.check(compressed, layer.digest, what)
    if expanded is not None and layer.diff_id:
        digests.check(expanded, layer.diff_id, f"{what} uncompressed")


class _LayerReading:
    """One layer on its way into the file system."""

    def __init__(
        self,
        system: FileSystem,
        number: int,
        layer: Layer,
        wanted: Pattern[str],
        probes: Sequence[Probe],
        limits: Limits,
        secrets: bool,
        hashes: bool,
        rules: RuleScan | None,
    ) -> None:
        self.system, self.number, self.layer, self.limits = system, number, layer, limits
        self.placed: list[Placed] = []
        self._wanted = wanted.match
        self._secrets = secrets
        self._hashes = hashes
        self._rules = rules
        self._by_path = [probe for probe in probes if probe.pattern]
        self._by_magic = [probe for probe in probes if not probe.pattern]
        self._magics = tuple(magic for probe in self._by_magic for magic in probe.magic)
        self._paths = re.compile("|".join(f"(?:{p.pattern.pattern})" for p in self._by_path if p.pattern) or r"(?!)")

    def run(self) -> None:
        layer, what = self.layer, f"layer {self.layer.name}"
        compressed, expanded = _hashers(layer)
        with layer.open() as raw:
            stream = LayerStream(raw, compressed, expanded, self.limits)
            try:
                self._entries(TarWalker(stream, what, self.limits))
            finally:
                self.system.expanded_bytes += stream.expanded_bytes
            stream.drain()
        _require_same(layer, stream, compressed, expanded)

    def _entries(self, walker: TarWalker) -> None:
        system, limits, wanted, inside = self.system, self.limits, self._wanted, paths.inside
        for position, entry in enumerate(walker):
            system.entries += 1
            if system.entries > limits.entries:
                raise LimitReached(f"the image has more than {limits.entries} entries")
            path = inside(entry.name, limits)
            if self._hashes and entry.kind == "file":
                walker.hasher = system.hashes[Blob(self.number, position)] = hashlib.blake2b(digest_size=16)
            if entry.kind == "file" and wanted(path):
                blob = Blob(self.number, position)
                if system.keep(blob, entry, walker):
                    system.versions[path].append(blob)
                self._search_kept(path, blob)
            elif entry.kind == "file" and self._rules is not None:
                self._search(self._rules, path, Blob(self.number, position), entry, walker)
            elif entry.kind == "file" and entry.size >= HEAD:
                self._look(path, Blob(self.number, position), entry, walker)
            self.placed.append(Placed(path, entry.kind, _link(entry), entry.size, entry.mode, entry.uid, position))

    def _search_kept(self, path: str, blob: Blob) -> None:
        """The rules on a file that a catalogue keeps."""
        if self._rules is None:
            return
        content = self.system.contents.get(blob)
        if content is None:
            self._rules.not_searched(path, "too large, or sparse")
        elif content:
            self._rules.search(path, self.number, blob.entry, content)

    def _search(self, rules: RuleScan, path: str, blob: Blob, entry: Entry, walker: TarWalker) -> None:
        """The rules on a file that passes by, before the others look at it."""
        if entry.sparse or entry.size > self.limits.probed_file:
            rules.not_searched(path, "too large, or sparse")
        elif entry.size:
            head = walker.take(min(HEAD, entry.size))
            with Content(head, walker.take, entry.size, self.limits.probed_memory) as content:
                rules.search(path, self.number, blob.entry, content)
                if entry.size >= HEAD:
                    self._look(path, blob, entry, _Replay(content))
            return
        if entry.size >= HEAD:
            self._look(path, blob, entry, walker)

    def _look(self, path: str, blob: Blob, entry: Entry, walker: Taking) -> None:
        by_path = self._paths.match(path)
        if entry.sparse:
            if by_path:
                self.system.seen[blob] = Seen("", trouble="the file is sparse and was not read")
            return
        head = walker.take(HEAD)
        for probe in self._by_path if by_path else self._by_magic if head.startswith(self._magics) else ():
            fits = probe.pattern is None or probe.pattern.match(path)
            if fits and entry.size >= probe.minimum and (not probe.magic or head.startswith(probe.magic)):
                if entry.size > self.limits.probed_file:
                    self.system.seen[blob] = Seen(probe.name, trouble="the file is too large to be looked into")
                    return
                with Content(head, walker.take, entry.size, self.limits.probed_memory) as content:
                    seen = probe.look(path, content)
                if seen is not None:
                    self.system.seen[blob] = seen
                    self.system.probed[path].append(blob)
                return
        if self._secrets and is_text(head):
            chunks = _pieces(head, walker, entry.size)
            for found in search(path, self.number, blob.entry, chunks, entry.size):
                if len(self.system.hidden) < self.limits.secrets:
                    self.system.hidden.append(found)
                else:
                    self.system.skip(
                        "credentials", f"more than {self.limits.secrets} were found; the rest is not listed"
                    )
                    self._secrets = False
                    break


class Taking(Protocol):
    """What gives the bytes of a file, piece by piece."""

    def take(self, size: int, /) -> bytes: ...


class _Replay:
    """The bytes of a file once more."""

    def __init__(self, content: Content) -> None:
        self._data, self._at = content.data, 0

    def take(self, size: int, /) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]


def _pieces(head: bytes, walker: Taking, size: int) -> Iterator[bytes]:
    left = size - len(head)
    while head or left:
        piece = walker.take(min(left, CHUNK - len(head)))
        left -= len(piece)
        yield head + piece
        head = b""


def _link(entry: Entry) -> str:
    return paths.inside(entry.link) if entry.kind == "hardlink" else entry.link
