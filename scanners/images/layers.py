"""One layer on its way into an image's file system: verified, and what the catalogues ask for is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from re import Pattern
from typing import Any, Protocol

from scanners.errors import LimitReached, TargetMissing
from scanners.images import key_files, paths
from scanners.images.hidden import CHUNK, Hidden, is_text, search
from scanners.images.limits import Limits
from scanners.images.malware import RuleScan
from scanners.images.probes import Content, Probe, Seen
from scanners.images.sources.interface import Layer
from scanners.images.squash import Blob, Placed
from scanners.images.streams import LayerStream, UnsupportedCompression
from scanners.images.tar import Entry, Hasher, TarWalker
from scanners.images.turns import Share
from scanners.oci import digests

HEAD = 16
"""Bytes by which a file's kind is recognised."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in every layer."""

    paths: Pattern[str]
    """Files whose content is kept."""
    probes: Sequence[Probe] = ()
    """What looks into files that pass by."""
    secrets: bool = False
    """Whether all text is searched for credentials."""
    hashes: bool = False
    """Whether every file is hashed."""


@dataclass(slots=True)
class LayerContents:
    """What one layer brings."""

    share: Share
    placed: list[Placed] = field(default_factory=list)
    contents: dict[Blob, bytes] = field(default_factory=dict)
    refused: set[Blob] = field(default_factory=set)
    """Files that were to be kept, and that the limits do not allow."""
    versions: list[tuple[str, Blob]] = field(default_factory=list)
    seen: dict[Blob, Seen] = field(default_factory=dict)
    probed: list[tuple[str, Blob]] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    flooded: list[str] = field(default_factory=list)
    """Files in which not every place was tried that might be a credential."""
    hashes: dict[Blob, Hasher] = field(default_factory=dict)
    rules: RuleScan | None = None
    """With what the rules found."""
    expanded_bytes: int = 0
    ended: str = ""
    """Why it was not read to its end."""


def read_layer(layer: Layer, wanted: Wanted, rules: RuleScan | None, share: Share, limits: Limits) -> LayerContents:
    """What the layer brings, verified to its last byte; one beyond a limit, or in a compression that is not read, as far
    as it was read, with the reason. Several may run at once, each in a thread.

    Raises DigestMismatch, UnreadableInput; ReadAgain and Abandoned as `Share` does.
    """
    found = LayerContents(share, rules=rules.for_layer() if rules else None)
    try:
        _LayerReading(found, layer, wanted, limits).run()
    except (LimitReached, UnsupportedCompression) as error:
        found.ended = error.message
    finally:
        if found.rules:
            found.rules.end()
    return found


def verify_layer(layer: Layer, limits: Limits) -> str:
    """Hash the layer, without looking at what is in it; why not, where it is of a foreign kind and not here (its publisher
    may keep it elsewhere). Raises DigestMismatch and UnreadableInput."""
    compressed, expanded = _hashers(layer)
    try:
        opened = layer.open()
    except TargetMissing:
        if layer.foreign:
            return f"{layer.foreign}, and it is not here"
        raise
    with opened as raw:
        if layer.foreign and compressed is not None:
            while chunk := raw.read(CHUNK):
                compressed.update(chunk)
            digests.check(compressed, layer.digest or "", f"layer {layer.name}")
            return ""
        stream = LayerStream(raw, compressed, expanded, limits)
        stream.drain()
    _require_same(layer, stream, compressed, expanded)
    return ""


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
    """The entries of one layer, each looked at as it passes by."""

    def __init__(self, found: LayerContents, layer: Layer, wanted: Wanted, limits: Limits) -> None:
        self.found, self.number, self.layer, self.limits = found, found.share.layer, layer, limits
        self._wanted = wanted.paths.match
        self._secrets = wanted.secrets
        self._hashes = wanted.hashes
        self._rules = found.rules
        self._by_path = [probe for probe in wanted.probes if probe.pattern]
        self._by_magic = [probe for probe in wanted.probes if not probe.pattern]
        self._magics = tuple(magic for probe in self._by_magic for magic in probe.magic)
        self._paths = re.compile("|".join(f"(?:{p.pattern.pattern})" for p in self._by_path if p.pattern) or r"(?!)")

    def run(self) -> None:
        layer, what = self.layer, f"layer {self.layer.name}"
        compressed, expanded = _hashers(layer)
        with layer.open() as raw:
            raw = self.found.share.watched(raw)
            stream = LayerStream(raw, compressed, expanded, self.limits)
            try:
                self._entries(TarWalker(stream, what, self.limits))
            finally:
                self.found.expanded_bytes = stream.expanded_bytes
            stream.drain()
        _require_same(layer, stream, compressed, expanded)

    def _entries(self, walker: TarWalker) -> None:
        found, share, limits, wanted, inside = self.found, self.found.share, self.limits, self._wanted, paths.inside
        for position, entry in enumerate(walker):
            share.entry(limits)
            path = inside(entry.name, limits)
            if self._hashes and entry.kind == "file":
                walker.hasher = found.hashes[Blob(self.number, position)] = hashlib.blake2b(digest_size=16)
            if entry.kind == "file" and wanted(path):
                blob = Blob(self.number, position)
                if not entry.sparse and entry.size <= limits.kept_file and share.hold(entry.size):
                    content = walker.content(entry)
                    if content.count(b"\n") <= limits.kept_lines:
                        found.contents[blob] = content
                        found.versions.append((path, blob))
                    else:
                        found.refused.add(blob)
                else:
                    found.refused.add(blob)
                self._search_kept(path, blob)
            elif entry.kind == "file" and self._rules is not None:
                self._search(self._rules, path, Blob(self.number, position), entry, walker)
            elif entry.kind == "file" and entry.size >= HEAD:
                self._look(path, Blob(self.number, position), entry, walker)
            found.placed.append(Placed(path, entry.kind, _link(entry), entry.size, entry.mode, entry.uid, position))

    def _search_kept(self, path: str, blob: Blob) -> None:
        """The rules on a file that a catalogue keeps."""
        if self._rules is None:
            return
        content = self.found.contents.get(blob)
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
                self.found.seen[blob] = Seen("", trouble="the file is sparse and was not read")
            return
        head = walker.take(HEAD)
        for probe in self._by_path if by_path else self._by_magic if head.startswith(self._magics) else ():
            fits = probe.pattern is None or probe.pattern.match(path)
            if fits and entry.size >= probe.minimum and (not probe.magic or head.startswith(probe.magic)):
                if entry.size > self.limits.probed_file:
                    self.found.seen[blob] = Seen(probe.name, trouble="the file is too large to be looked into")
                    return
                with Content(head, walker.take, entry.size, self.limits.probed_memory) as content:
                    seen = probe.look(path, content)
                if seen is not None:
                    self.found.seen[blob] = seen
                    self.found.probed.append((path, blob))
                return
        if self._secrets and key_files.may_be(head, entry.size):
            if rule := key_files.kind(b"".join(_pieces(head, walker, entry.size))):
                self.found.hidden.append(Hidden("secret", path, self.number, blob.entry, rule, 0, entry.size))
        elif self._secrets and is_text(head):
            chunks = _pieces(head, walker, entry.size)
            flooded = partial(self.found.flooded.append, path)
            for found in search(path, self.number, blob.entry, chunks, entry.size, flooded):
                self.found.hidden.append(found)
                if len(self.found.hidden) > self.limits.secrets:
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
