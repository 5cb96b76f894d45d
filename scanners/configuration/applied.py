"""Writes mended Kubernetes objects into a file of their own: what was examined stays as it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import JsonValue

from scanners.errors import TargetRefused


@dataclass(frozen=True, slots=True)
class Written:
    """The file that was made."""

    objects: int
    digest: str
    """'sha256:<hex>' of its bytes."""


def write_mended(objects: tuple[Mapping[str, JsonValue], ...], output: Path) -> Written:
    """All `objects` as YAML documents in the new file `output`, whole or not at all. Raises TargetRefused."""
    content = yaml.safe_dump_all(map(dict, objects), sort_keys=False, allow_unicode=True).encode()
    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(part, output)  # unlike a rename it never replaces what came there meanwhile
    except OSError as error:
        raise TargetRefused(f"{output.name!r} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return Written(len(objects), "sha256:" + hashlib.sha256(content).hexdigest())
