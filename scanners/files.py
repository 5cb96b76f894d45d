"""Paths and files that somebody else controls: confined, opened without following links, walked with bounds.

Everything here assumes that the names and the tree are hostile. A refusal never says whether something exists
outside the roots.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scanners.errors import LimitReached, TargetMissing, TargetRefused
from scanners.findings import Skipped

MAX_TARGET_LENGTH = 4096  # PATH_MAX of Linux
_KERNEL_TREES = (Path("/proc"), Path("/sys"), Path("/dev"))


def confine(target: str, roots: Sequence[Path], *, allow_hard_links: bool = False) -> Path:
    """The real path of `target`, inside one of `roots`, and something that can be examined: `locate`, then `admit`.

    Raises TargetRefused, TargetMissing.
    """
    return admit(locate(target, roots), allow_hard_links=allow_hard_links)


def locate(target: str, roots: Sequence[Path]) -> Path:
    """Where `target` leads once every symbolic link is resolved: a place inside `roots`, with or without a file there.

    `target` is an absolute path, a `file://` URI, or a path relative to one of the roots.

    Raises TargetRefused for anything outside the roots (whether or not it exists) and for other URI schemes.
    """
    path = _as_path(target)
    real_roots = [Path(os.path.realpath(root)) for root in roots]
    candidates = [path] if path.is_absolute() else [root / path for root in real_roots]
    inside = [real for candidate in candidates if (real := _real_inside(candidate, real_roots)) is not None]
    if not inside:
        raise TargetRefused(
            "the target is not inside any of the configured roots",
            remedy="use a path inside a root listed under [paths] roots; symbolic links count as where they lead",
        )
    return next((real for real in inside if os.path.lexists(real)), inside[0])


def admit(real: Path, *, allow_hard_links: bool = False) -> Path:
    """`real` itself, if a regular file or a folder is there.

    Raises TargetMissing when nothing is; TargetRefused for devices, FIFOs and sockets, and for files with a second
    hard link (which may live outside the roots).
    """
    try:
        status = os.lstat(real)
    except OSError:
        raise TargetMissing(
            f"there is nothing at {printable_name(real.name)!r}",
            remedy="check the spelling; relative paths start at a root",
        ) from None
    _require_plain(status, allow_hard_links=allow_hard_links)
    return real


def open_regular(path: Path, *, allow_hard_links: bool = True) -> int:
    """A read-only descriptor of a regular file, with no symbolic link followed in any component of `path`.

    `path` must be absolute and already resolved. Opening a FIFO or device does not block and is refused.

    Raises TargetRefused, TargetMissing.
    """
    parent = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.parts[1:-1]:
            child = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
            os.close(parent)
            parent = child
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path.name, flags, dir_fd=parent)
    except FileNotFoundError:
        raise TargetMissing(
            f"there is nothing at {path.name!r}", remedy="the file may have been removed meanwhile"
        ) from None
    except OSError as error:
        raise TargetRefused(f"{path.name!r} cannot be opened: {error.strerror}", detail=str(path)) from None
    finally:
        os.close(parent)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise TargetRefused(f"{path.name!r} is not a regular file")
        _require_plain(status, allow_hard_links=allow_hard_links)
    except TargetRefused:
        os.close(descriptor)
        raise
    return descriptor


@dataclass(frozen=True, slots=True)
class RegularFile:
    """A regular file met on a walk: where it is, its name relative to the start (with '/'), and its size in bytes."""

    path: Path
    name: str
    size: int


def walk_files(
    directory: Path, *, max_entries: int = 1_000_000, max_depth: int = 64, allow_hard_links: bool = False
) -> Iterator[RegularFile | Skipped]:
    """Every regular file below `directory` in the order of its name's bytes; whatever else is there comes as Skipped.

    Symbolic links are never followed. Names that are not UTF-8 are skipped, printed with their bytes escaped.

    Raises LimitReached past `max_entries` entries or `max_depth` folders.
    """
    yield from _walk(directory, "", [max_entries], max_depth, allow_hard_links)


def _walk(
    directory: Path, prefix: str, budget: list[int], depth: int, allow_hard_links: bool
) -> Iterator[RegularFile | Skipped]:
    if depth < 0:
        raise LimitReached(f"folders are nested too deeply at {prefix!r}", remedy="scan a folder further down")
    try:
        with os.scandir(directory) as entries:
            found = sorted(_bounded(entries, budget), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        yield Skipped(prefix or ".", f"the folder cannot be read: {error.strerror}")
        return
    for entry in found:
        shown = prefix + printable_name(entry.name)
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            yield Skipped(shown, f"cannot be examined: {error.strerror}")
            continue
        if entry.name != printable_name(entry.name):
            yield Skipped(shown, "the name is not valid UTF-8 or holds control characters")
        elif stat.S_ISDIR(status.st_mode):
            yield from _walk(directory / entry.name, shown + "/", budget, depth - 1, allow_hard_links)
        elif not stat.S_ISREG(status.st_mode):
            yield Skipped(shown, f"{_kind(status.st_mode)}, not a regular file")
        elif status.st_nlink > 1 and not allow_hard_links:
            yield Skipped(shown, "has a second hard link, which may lie outside the root")
        else:
            yield RegularFile(directory / entry.name, shown, status.st_size)


def _bounded(entries: Iterator[os.DirEntry[str]], budget: list[int]) -> Iterator[os.DirEntry[str]]:
    for entry in entries:
        budget[0] -= 1
        if budget[0] < 0:
            raise LimitReached("the folder holds too many entries", remedy="scan a folder further down")
        yield entry


def printable_name(name: str) -> str:
    """`name` with every byte that is not UTF-8 and every control character as an escape; unchanged if it has none."""
    if name.isprintable():
        return name
    return "".join(
        character
        if character.isprintable() or character == " "
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in name
    )


def _as_path(target: str) -> Path:
    if not target or "\0" in target or len(os.fsencode(target)) > MAX_TARGET_LENGTH:
        raise TargetRefused("the target is empty, too long or holds a NUL", remedy="give one path or file:// URI")
    if "://" in target:
        scheme, host, path, query, fragment = urlsplit(target)
        if scheme != "file" or host not in ("", "localhost") or query or fragment:
            raise TargetRefused(
                f"targets of the kind {scheme!r} are not supported",
                remedy="give a local path or a file:///path URI",
            )
        target = unquote(path, errors="strict")
        if "\0" in target:
            raise TargetRefused("the target holds a NUL", remedy="give one path or file:// URI")
    return Path(target)


def _real_inside(candidate: Path, real_roots: Sequence[Path]) -> Path | None:
    try:
        real = Path(os.path.realpath(candidate))
    except (OSError, ValueError):
        return None
    if any(real.is_relative_to(tree) for tree in _KERNEL_TREES):
        return None
    return real if any(real.is_relative_to(root) for root in real_roots) else None


def _require_plain(status: os.stat_result, *, allow_hard_links: bool) -> None:
    if stat.S_ISDIR(status.st_mode):
        return
    if not stat.S_ISREG(status.st_mode):
        raise TargetRefused(f"the target is a {_kind(status.st_mode)}", remedy="give a regular file or a folder")
    if status.st_nlink > 1 and not allow_hard_links:
        raise TargetRefused(
            "the target has a second hard link, which may lie outside the roots",
            remedy="copy the file, or have the operator set [paths] allow_hard_links = true",
        )


def _kind(mode: int) -> str:
    names = {
        stat.S_IFLNK: "symbolic link",
        stat.S_IFIFO: "FIFO",
        stat.S_IFSOCK: "socket",
        stat.S_IFCHR: "character device",
        stat.S_IFBLK: "block device",
    }
    return names.get(stat.S_IFMT(mode), "special file")
