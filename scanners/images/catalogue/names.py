"""The ways to write a path where folders are links to each other: a package may say /lib or /usr/sbin for what is in /usr/lib
or /usr/bin since the merge of these folders."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from scanners.images.filesystem import FileSystem

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_STEPS = 2
"""Links that one folder may be away from another: /sbin, /usr/sbin, /usr/bin."""


class Names:
    """Of the paths of one file system."""

    def __init__(self, system: FileSystem) -> None:
        self._links = tuple(_links(system))

    def of(self, path: str) -> frozenset[str]:
        """The path, and every other way to write it."""
        names = {path}
        for _ in range(_STEPS):
            for link, folder in self._links:
                names |= {link + name[len(folder) :] for name in names if name.startswith(f"{folder}/")}
        return frozenset(names)


def _links(system: FileSystem) -> Iterator[tuple[str, str]]:
    """Each merged folder that is a link, and where it leads."""
    top = system.tree.top
    usr = top.get("usr")
    for parent, children in (("", top), ("usr/", (usr.children if usr else None) or {})):
        for name in _MERGED:
            node = children.get(name)
            if node is not None and node.kind == "symlink":
                yield f"{parent}{name}", posixpath.normpath(posixpath.join("/", parent, node.link)).lstrip("/")
