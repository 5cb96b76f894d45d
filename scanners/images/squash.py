"""Layers laid over each other as a runtime does: whiteouts, opaque directories, hard links, links in parents.

OCI image specification, layer.md. Nothing is unpacked: the tree holds, for each path, which entry of which layer
is there in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scanners.images.tar import Kind

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
MAXIMUM_LINKS = 40
"""Symbolic links followed on one path, as in Linux (path_resolution(7))."""
MAXIMUM_STEPS = 2048
"""Components walked on one path, those of its links included: links of 'a/../a/../…' would make each entry cost a second."""


class Blob(NamedTuple):
    """The content of a file: the entry with this number, in this layer."""

    layer: int
    entry: int


@dataclass(slots=True)
class Placed:
    """A tar entry with its path made safe."""

    path: str
    kind: Kind
    link: str
    size: int
    mode: int
    uid: int
    entry: int


@dataclass(slots=True)
class Node:
    """What is at a path. A directory has children, a file content, a symbolic link a target."""

    kind: Kind
    layer: int
    """Index of the layer that put it there."""
    mode: int = 0o755
    uid: int = 0
    size: int = 0
    link: str = ""
    blob: Blob | None = None
    children: dict[str, Node] | None = None


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in a layer on which runtimes may differ, or which cannot be unpacked."""

    layer: int
    path: str
    what: str


class Tree:
    """The file system of an image, one layer at a time. Links are resolved inside the root only."""

    def __init__(self) -> None:
        self.top: dict[str, Node] = {}
        """What is in the root directory, by name."""
        self.root = Node("directory", 0, children=self.top)
        self.oddities: list[Oddity] = []
        self._directories: dict[str, dict[str, Node]] = {"": self.top}

    def apply(self, layer: int, entries: Iterable[Placed]) -> None:
        """Lay one layer over what is there. Whiteouts act on the layers below only, wherever they stand in it."""
        placed: list[Placed] = []
        removals: list[Placed] = []
        for entry in entries:
            (removals if entry.path.rpartition("/")[2].startswith(WHITEOUT) else placed).append(entry)
        for entry in removals:
            self._remove(layer, entry.path)
        for entry in placed:
            if entry.path:
                self._place(layer, entry)

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Every path and node, in order of directory."""
        stack = [("", self.root)]
        while stack:
            path, node = stack.pop()
            for name, child in (node.children or {}).items():
                here = f"{path}/{name}" if path else name
                yield here, child
                if child.children:
                    stack.append((here, child))

    def find(self, path: str) -> Node | None:
        """What a path leads to, following links; None where it leads nowhere (or in circles)."""
        found = self._resolve(path.strip("/").split("/"), follow_last=True)
        return found[-1] if found else None

    def _remove(self, layer: int, path: str) -> None:
        folder, _, name = path.rpartition("/")
        parent = self.find(folder) if folder else self.root
        if parent is None or parent.children is None:
            return
        if name == OPAQUE:
            parent.children.clear()
            self._forget()
        elif name.startswith(".wh..wh."):
            return  # AUFS's own marks: hard link directory, orphan directory
        elif parent.children.pop(name.removeprefix(WHITEOUT), None) is not None:
            self._forget()

    def _place(self, layer: int, entry: Placed) -> None:
        folder, _, name = entry.path.rpartition("/")
        siblings = self._directories.get(folder)
        if siblings is None:
            siblings = self._directory(layer, folder)
        existing = siblings.get(name)
        if entry.kind == "directory":
            if existing is not None and existing.children is not None:
                existing.mode, existing.uid = entry.mode, entry.uid
                return
            node = Node("directory", layer, entry.mode, entry.uid, children={})
        elif entry.kind == "hardlink":
            # link(2) does not follow a symbolic link: the link itself gets a second name.
            found = self._resolve(entry.link.split("/"), follow_last=False)
            target = found[-1] if found else None
            if target is None or target.children is not None:
                self.oddities.append(Oddity(layer, entry.path, f"hard link to {entry.link!r}, where no file is"))
                return
            node = Node(target.kind, layer, target.mode, target.uid, target.size, target.link, target.blob)
        else:
            blob = Blob(layer, entry.entry) if entry.kind == "file" else None
            node = Node(entry.kind, layer, entry.mode, entry.uid, entry.size, entry.link, blob)
        if existing is None:
            moved = node.kind == "symlink" and entry.path in self._directories
        else:
            moved = existing.children is not None or existing.kind == "symlink"
        if moved:
            self._forget()
        siblings[name] = node

    def _directory(self, layer: int, path: str) -> dict[str, Node]:
        """What is in the directory that a path leads to; made where it is missing."""
        walked, ahead, hops, steps = [self.top], path.split("/")[::-1], 0, 0
        while ahead:
            name, steps = ahead.pop(), steps + 1
            if steps > MAXIMUM_STEPS:
                self.oddities.append(Oddity(layer, path, f"more than {MAXIMUM_STEPS} steps lead to it"))
                walked.append({})  # where nothing finds it
                break
            if name in ("", "."):
                continue
            if name == "..":
                if len(walked) > 1:
                    walked.pop()
                continue
            child = walked[-1].get(name)
            if child is not None and child.kind == "symlink" and hops < MAXIMUM_LINKS:
                hops += 1
                if hops == 1:
                    what = "entries lie behind a symbolic link, where runtimes differ"
                    self.oddities.append(Oddity(layer, path, what))
                ahead.extend(reversed(child.link.split("/")))
                if child.link.startswith("/"):
                    walked = [self.top]
                continue
            inner = child.children if child is not None else None
            if inner is None:
                inner = {}
                walked[-1][name] = Node("directory", layer, children=inner)
            walked.append(inner)
        self._directories[path] = walked[-1]
        return walked[-1]

    def _resolve(self, parts: list[str], *, follow_last: bool) -> list[Node] | None:
        walked, ahead, hops, steps = [self.root], parts[::-1], 0, 0
        while ahead:
            name, steps = ahead.pop(), steps + 1
            if steps > MAXIMUM_STEPS:
                return None
            if name in ("", "."):
                continue
            if name == "..":
                if len(walked) > 1:
                    walked.pop()
                continue
            child = (walked[-1].children or {}).get(name)
            if child is None:
                return None
            if child.kind == "symlink" and (ahead or follow_last):
                hops += 1
                if hops > MAXIMUM_LINKS:
                    return None
                ahead.extend(reversed(child.link.split("/")))
                if child.link.startswith("/"):
                    walked = [self.root]
                continue
            walked.append(child)
        return walked

    def _forget(self) -> None:
        self._directories = {"": self.top}
