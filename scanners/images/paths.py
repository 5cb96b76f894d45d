"""Names in a tar archive as paths inside the image's root, which nothing can leave."""

from __future__ import annotations

import posixpath

from scanners.errors import LimitReached
from scanners.images.limits import DEFAULT, Limits


def inside(name: str, limits: Limits = DEFAULT) -> str:
    """The path below the root that a runtime would give a name: no leading slash, '..' stopped at the root.

    Raises LimitReached for one with too many components.
    """
    if name.startswith("./") and "//" not in name and "/." not in name[1:]:
        name = name[2:]
        path = name[:-1] if name.endswith("/") else name
    elif name.startswith("/") or "//" in name or "./" in name or name.endswith((".", "/")):
        path = posixpath.normpath("/" + name).lstrip("/")
    else:
        path = name
    if path.count("/") >= limits.depth:
        raise LimitReached(f"a path has more than {limits.depth} components")
    return path
