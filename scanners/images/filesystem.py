"""The squashed file system of an image, with what was kept and seen while its layers were read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from re import Pattern

from scanners.findings import Skipped
from scanners.images.hidden import Hidden
from scanners.images.layers import LayerContents
from scanners.images.limits import DEFAULT, Limits
from scanners.images.packages import printable
from scanners.images.probes import Seen
from scanners.images.sources.interface import Image
from scanners.images.squash import Blob, Node, Tree
from scanners.images.streams import LayerStream
from scanners.images.tar import Entry, Hasher, TarWalker


@dataclass
class FileSystem:
    """The squashed file system of an image, with the contents that were asked for."""

    image: Image
    tree: Tree = field(default_factory=Tree)
    skipped: list[Skipped] = field(default_factory=list)
    entries: int = 0
    expanded_bytes: int = 0
    contents: dict[Blob, bytes] = field(default_factory=dict)
    versions: dict[str, list[Blob]] = field(default_factory=lambda: defaultdict(list))
    """Every content that a kept path ever had, from the lowest layer to the highest."""
    seen: dict[Blob, Seen] = field(default_factory=dict)
    """What the probes saw in the files that they looked into."""
    probed: dict[str, list[Blob]] = field(default_factory=lambda: defaultdict(list))
    """Every content of a path that a probe found something in, from the lowest layer to the highest."""
    hidden: list[Hidden] = field(default_factory=list)
    """Credentials in the files of all layers, also where a later layer deleted the file."""
    hashes: dict[Blob, Hasher] = field(default_factory=dict)
    """Of the contents of all files, where the caller asked for them."""
    candidates: list[tuple[str, Node]] = field(default_factory=list)
    """Where the wanted files are in the end, links followed."""
    limits: Limits = DEFAULT
    _kept: int = 0
    _noted: set[tuple[str, str]] = field(default_factory=set)
    _refused: set[Blob] = field(default_factory=set)

    def files(self, pattern: Pattern[str]) -> Iterator[tuple[str, Node, bytes]]:
        """Every file whose path matches, with its content; one that was not kept is noted as skipped."""
        for path, node in self.candidates:
            if pattern.match(path):
                content = self._content(path, node.blob)
                if content is not None:
                    yield path, node, content

    def file(self, path: str) -> tuple[Node, bytes] | None:
        """The file that a path leads to, with its content."""
        node = self.tree.find(path)
        if node is None or node.blob is None:
            return None
        self._fetch([node.blob])
        content = self._content(path, node.blob)
        return None if content is None else (node, content)

    def contents_of(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those of the paths that lead to files, read together; what the limits forbid is left out."""
        nodes = [(path, node) for path in paths if (node := self.tree.find(path)) is not None]
        self._fetch([node.blob for _, node in nodes if node.blob])
        return {path: self.contents[node.blob] for path, node in nodes if node.blob in self.contents}

    def looked_into(self) -> Iterator[tuple[str, Node, Seen]]:
        """Every file that is there in the end and that a probe found something in."""
        if self.seen:
            for path, node in self.tree.walk():
                if node.blob is not None and node.blob in self.seen:
                    yield path, node, self.seen[node.blob]

    def skip(self, what: str, why: str) -> None:
        """Note, once, that something was not examined."""
        if (what, why) in self._noted:
            return
        self._noted.add((what, why))
        if len(self._noted) < self.limits.notes:
            self.skipped.append(Skipped(what, why))
        elif len(self._noted) == self.limits.notes:
            self.skipped.append(
                Skipped("more", f"more than {self.limits.notes} parts were not examined; the rest is not listed")
            )

    def add(self, layer: LayerContents) -> None:
        """Lay the next layer over what is there."""
        number, share = layer.share.layer, layer.share
        self.entries += share.entries
        self.expanded_bytes += layer.expanded_bytes
        self._kept += share.bytes
        self.contents |= layer.contents
        self._refused |= layer.refused
        self.seen |= layer.seen
        self.hashes |= layer.hashes
        for path, blob in layer.versions:
            self.versions[path].append(blob)
        for path, blob in layer.probed:
            self.probed[path].append(blob)
        room = self.limits.secrets - len(self.hidden)
        self.hidden += layer.hidden[:room]
        if len(layer.hidden) > room:
            self.skip("credentials", f"more than {self.limits.secrets} were found; the rest is not listed")
        for path in layer.flooded:
            self.skip(printable(path), "not every place in it that might be a credential was tried: there are too many")
        if layer.ended:
            self.skip(f"layer {self.image.layers[number].name}", layer.ended)
        self.tree.apply(number, layer.placed)

    def index(self, wanted: Pattern[str]) -> None:
        """Find every file whose path matches; read again from their layers those that only a link led to."""
        links: list[tuple[str, Node]] = []
        for path, node in self.tree.walk():
            if node.blob is not None and wanted.match(path):
                self.candidates.append((path, node))
            elif node.kind == "symlink" and wanted.match(path):
                target = self.tree.find(path)
                if target is not None and target.blob is not None:
                    links.append((path, target))
        direct = {node.blob for _, node in self.candidates}
        self.candidates.extend((path, node) for path, node in links if node.blob not in direct)
        self._fetch([node.blob for _, node in self.candidates if node.blob])

    def _content(self, path: str, blob: Blob | None) -> bytes | None:
        content = self.contents.get(blob) if blob else None
        if content is None:
            self.skip(printable(path), "the file was not read: too large, of too many lines, or sparse")
        return content

    def _keep(self, blob: Blob, entry: Entry, walker: TarWalker) -> None:
        if entry.sparse or entry.size > self.limits.kept_file or self._kept + entry.size > self.limits.kept_total:
            self._refused.add(blob)
            return
        self._kept += entry.size
        content = walker.content(entry)
        if content.count(b"\n") > self.limits.kept_lines:
            self._refused.add(blob)
            return
        self.contents[blob] = content

    def _fetch(self, blobs: list[Blob]) -> None:
        missing: dict[int, set[Blob]] = defaultdict(set)
        for blob in blobs:
            if blob not in self.contents and blob not in self._refused:
                missing[blob.layer].add(blob)
        for number, wanted in missing.items():
            layer = self.image.layers[number]
            with layer.open() as raw:
                walker = TarWalker(LayerStream(raw, None, None, self.limits), f"layer {layer.name}", self.limits)
                for position, entry in enumerate(walker):
                    blob = Blob(number, position)
                    if blob in wanted:
                        self._keep(blob, entry, walker)
                        wanted.discard(blob)
                        if not wanted:
                            break
