"""Files that a tool is to make: where nothing is yet, inside the roots."""

from __future__ import annotations

from pathlib import Path

from scanners.errors import TargetRefused
from tools.context import ToolContext


def new_file(path: str, context: ToolContext) -> Path:
    """A path inside the roots where a file can be made and none is. Raises TargetRefused, TargetMissing for its folder."""
    parent, _, name = path.rpartition("/")
    output = context.resolve(parent or ".") / name
    if output.is_symlink() or output.exists() or name in ("", ".", ".."):
        raise TargetRefused(
            f"{name!r} cannot be written: something is there", remedy="remove it or choose another name"
        )
    return output
