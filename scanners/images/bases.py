"""On which image another was built: as the operator knows it, as the image says itself, or as its history looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scanners.findings import Skipped
from scanners.images.sources.interface import Image
from scanners.oci.manifests import History

MAXIMUM_FILE = 2**20
MAXIMUM_FILES = 10_000
NAME, DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"
"""OCI image specification, annotations.md."""
_STARTS = re.compile(r"(?:#\(nop\)\s+)?(?:CMD|ENTRYPOINT)[ \[]")

How = Literal["known", "stated", "history"]


@dataclass(frozen=True, slots=True)
class BaseImage:
    """What lies at the bottom of an image."""

    name: Annotated[str, Field(description="Its name; empty where only the history shows that there is one")]
    digest: Annotated[str, Field(description="Its digest, as it is known or stated; empty: neither")]
    layers: Annotated[int, Field(description="How many layers from the bottom are its own; 0: not known")]
    how: Annotated[
        How,
        Field(description="known: the layers are those of an image that the operator has listed; stated: the image says so;"
              " history: its history looks like it"),
    ]  # fmt: skip


class KnownBase(BaseModel):
    """One file of the operator's folder of base images."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=500)
    digest: str = Field(pattern=r"^sha256:[a-f0-9]{64}$")
    diff_ids: tuple[str, ...] = Field(min_length=1, max_length=10_000)


def known_base(image: Image, name: str) -> KnownBase:
    """What is kept of an image that others are built on. Raises ValueError for one without layers."""
    diff_ids = tuple(image.config.rootfs.diff_ids)
    return KnownBase(name=name, digest=image.digest, diff_ids=diff_ids)


def find_base(image: Image, folder: Path | None) -> tuple[BaseImage | None, list[Skipped]]:
    """The base of an image, and files of the folder that cannot be read. The surest way counts."""
    known, troubles = _read(folder) if folder is not None else ([], [])
    if found := _among(image, known):
        return found, troubles
    layers = _by_history(image.config.history or (), len(image.layers))
    stated: dict[str, str] = {}
    for notes in ((image.config.config.Labels if image.config.config else None) or {}, image.annotations):
        stated |= {key: notes[key] for key in (NAME, DIGEST) if notes.get(key)}
    if stated:
        return BaseImage(stated.get(NAME, "")[:500], stated.get(DIGEST, "")[:200], layers, "stated"), troubles
    return (BaseImage("", "", layers, "history") if layers else None), troubles


def _among(image: Image, known: Sequence[KnownBase]) -> BaseImage | None:
    """The one with the most layers, all of which are at the bottom of the image and not all that it has."""
    own = tuple(image.config.rootfs.diff_ids)
    fitting = [base for base in known if len(base.diff_ids) < len(own) and own[: len(base.diff_ids)] == base.diff_ids]
    best = max(fitting, key=lambda base: len(base.diff_ids), default=None)
    return BaseImage(best.name, best.digest, len(best.diff_ids), "known") if best else None


def _by_history(history: Sequence[History], layers: int) -> int:
    """Layers below the last step that says what to start and has layers above it: with that a base image ends."""
    if sum(not step.empty_layer for step in history) != layers:
        return 0
    below, boundary = 0, 0
    for step in history:
        if not step.empty_layer:
            below += 1
        elif _STARTS.search((step.created_by or "")[:1000]) and below < layers:
            boundary = below
    return boundary


def _read(folder: Path) -> tuple[list[KnownBase], list[Skipped]]:
    known: list[KnownBase] = []
    troubles: list[Skipped] = []
    for path in _files(folder):
        try:
            if path.stat().st_size > MAXIMUM_FILE:
                raise ValueError("it is too large")
            known.append(KnownBase.model_validate(orjson.loads(path.read_bytes())))
        except (OSError, ValueError, ValidationError) as error:
            troubles.append(
                Skipped(f"base image in {path.name}", f"the file cannot be read: {str(error).splitlines()[0][:200]}")
            )
    return known, troubles


def _files(folder: Path) -> Iterator[Path]:
    for number, path in enumerate(sorted(folder.glob("*.json"))):
        if number < MAXIMUM_FILES and path.is_file():
            yield path


def in_base(layers: Sequence[str], base: BaseImage | None) -> frozenset[str]:
    """The layers that an image has from its base."""
    return frozenset(layers[: base.layers] if base else ())
