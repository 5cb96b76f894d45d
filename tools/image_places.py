"""Where the image family keeps what its operator gives it, and how it names what its callers give."""

from __future__ import annotations

from pathlib import Path

EXCEPTIONS = "exceptions"
"""Folder of the operator's VEX documents and waivers, in the data directory."""
RULES = "yara"
"""Folder of the operator's YARA rules, in the data directory."""
BASES = "bases"
"""Folder of what the operator knows of base images (`yumen image base`), in the data directory."""
TARGET = (
    "Path of the image: an OCI layout directory, an oci-archive, a docker-archive ('docker save'), or an unpacked root file"
    " system; or an image in a registry that the operator listed ('oci://registry.example/team/app:1', '…@sha256:…')"
)


def existing(path: Path) -> Path | None:
    """The path, if something is there."""
    return path if path.exists() else None
