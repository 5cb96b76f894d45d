"""Which files a model is made of."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from scanners.errors import TargetMissing, TargetRefused, UnreadableInput
from scanners.files import RegularFile, printable_name, walk_files
from scanners.findings import Skipped

MAX_FILES = 500_000


@dataclass(frozen=True, slots=True)
class Inventory:
    """The regular files of a model by name, and whatever else lies there."""

    root: Path
    """The model itself, or the folder that its names are relative to."""
    files: tuple[RegularFile, ...]
    """In the order of their names' bytes."""
    others: tuple[Skipped, ...]
    """Symbolic links, devices, hard links, unreadable folders: not examined."""
    single: bool
    """The model is one file, not a folder."""


def take_inventory(target: Path, *, follow_links: bool = False) -> Inventory:
    """The files below the folder `target`, or the one file that it is.

    With `follow_links`, a symbolic link to a regular file inside the model counts as a file of that content (what
    `allow_symlinks` means in the model-signing format); links that leave the model are never followed.

    Raises UnreadableInput when there is no file at all, TargetRefused for a device, FIFO or socket, TargetMissing,
    LimitReached beyond MAX_FILES entries.
    """
    root = Path(os.path.realpath(target))
    try:
        status = os.lstat(root)
    except OSError:
        raise TargetMissing(f"there is nothing at {target.name!r}", remedy="check the spelling") from None
    if stat.S_ISREG(status.st_mode):
        if root.name != printable_name(root.name):
            raise UnreadableInput(
                f"the name {printable_name(root.name)!r} is not valid UTF-8 or holds control characters"
            )
        only = RegularFile(root, root.name, status.st_size)
        return Inventory(root, (only,), (), single=True)
    if not stat.S_ISDIR(status.st_mode):
        raise TargetRefused(f"{root.name!r} is neither a file nor a folder", remedy="give a model file or folder")
    top, within = hub_snapshot(root), root
    follow_links = follow_links or top != root
    files: list[RegularFile] = []
    others: list[Skipped] = []
    for found in walk_files(top, max_entries=MAX_FILES):
        if isinstance(found, RegularFile):
            files.append(found)
        elif follow_links and (linked := linked_file(top, found.what, within)) is not None:
            files.append(linked)
        else:
            others.append(found)
    if not files and not others:
        raise UnreadableInput(
            f"the folder {root.name!r} holds no file", remedy="an empty folder is not a model; check the path"
        )
    return Inventory(top, tuple(sorted(files, key=lambda file: file.name)), tuple(others), single=False)


def hub_snapshot(root: Path) -> Path:
    """In the Hugging Face client's cache of one model, the snapshot that 'main' stands for, or the only one; else `root`.

    Its files are links into 'blobs' beside it, so the folder of the model ('models--owner--name') must be the target.
    Raises UnreadableInput when there are several and none is 'main'.
    """
    snapshots = root / "snapshots"
    if not root.name.startswith("models--") or not (root / "blobs").is_dir() or not snapshots.is_dir():
        return root
    names = sorted(path.name for path in snapshots.iterdir() if path.is_dir() and not path.is_symlink())
    main = root / "refs" / "main"
    named = main.read_text(errors="replace").strip()[:200] if main.is_file() and main.stat().st_size < 200 else ""
    chosen = named if named in names else names[0] if len(names) == 1 else None
    if chosen is None:
        raise UnreadableInput(
            f"{root.name!r} holds {len(names)} snapshots and none of them is 'main'",
            remedy="fetch the revision that is meant again, or copy it to a folder of its own",
        )
    return snapshots / chosen


def linked_file(root: Path, name: str, within: Path) -> RegularFile | None:
    """The regular file inside `within` that the symbolic link `name` leads to, under the link's own name."""
    link = root / name
    try:
        if not link.is_symlink():
            return None
        real = link.resolve(strict=True)
        status = os.lstat(real)
    except (OSError, RuntimeError):
        return None
    if not real.is_relative_to(within) or not stat.S_ISREG(status.st_mode):
        return None
    return RegularFile(real, name, status.st_size)
