"""The one form in which configuration is handed to policy: what it is, where it is written, and its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from scanners.findings import Skipped

Source = Literal["terraform", "kubernetes", "inventory"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. Nothing is judged here: `values` are as written."""

    source: Source
    type: Annotated[str, Field(description="'aws_s3_bucket', 'Deployment', 'ACS::OSS::Bucket', …")]
    address: Annotated[str, Field(description="Where it is in its document, unique there")]
    path: Annotated[str, Field(description="The file it was read from")]
    values: Annotated[Mapping[str, JsonValue], Field(description="Its attributes")]
    unknown: Annotated[tuple[str, ...], Field(description="Attributes known only after apply")] = ()
    refers: Annotated[tuple[str, ...], Field(description="Addresses of resources that its expressions name")] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that was read from one target."""

    digest: Annotated[str, Field(description="'sha256:<hex>' over the files read, in order of their names")]
    resources: tuple[Resource, ...]
    skipped: tuple[Skipped, ...]
    files: Annotated[int, Field(description="How many files were read")]
