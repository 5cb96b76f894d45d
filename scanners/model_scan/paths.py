"""File names that a model holds: whether they stay inside its folder."""

from __future__ import annotations


def leaves_folder(path: str) -> bool:
    """Whether a relative file name leads out of its folder, or to another kind of place."""
    normal = path.replace("\\", "/")
    return (
        normal.startswith("/")
        or ".." in normal.split("/")
        or "://" in normal
        or (len(normal) > 1 and normal[1] == ":")
        or "\0" in path
        or normal.startswith("~")
    )
