"""What the cluster review looks at: resources, the credentials in them, and documents that they carry as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, JsonValue

from scanners.configuration.credentials import Credential, credentials_in
from scanners.configuration.documents import parse_yaml
from scanners.configuration.read import read_configuration
from scanners.configuration.resources import Configuration, Resource
from scanners.errors import YumenError
from scanners.findings import Skipped


@dataclass(frozen=True, slots=True)
class Embedded:
    """A document that a ConfigMap carries as text, such as the configuration of a device plugin."""

    address: str
    path: str
    at: Annotated[tuple[str | int, ...], Field(description="Where it is in the ConfigMap")]
    value: Annotated[Mapping[str, JsonValue], Field(description="The document")]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that was read from one target."""

    configuration: Configuration
    credentials: tuple[Credential, ...]
    embedded: tuple[Embedded, ...]
    skipped: tuple[Skipped, ...]


def read_cluster(target: Path) -> Cluster:
    """The manifests and Compose files in `target`, a file or folder, read as by `read_configuration`.

    Raises UnreadableInput and LimitReached.
    """
    configuration = read_configuration(target)
    credentials: list[Credential] = []
    embedded: list[Embedded] = []
    skipped = list(configuration.skipped)
    for resource in configuration.resources:
        found, whole = credentials_in(resource)
        credentials.extend(found)
        if not whole:
            skipped.append(Skipped(resource.address, "too much text to search all of it for credentials"))
        for part in _embedded(resource):
            (embedded if isinstance(part, Embedded) else skipped).append(part)  # type: ignore[arg-type]
    return Cluster(configuration, tuple(credentials), tuple(embedded), tuple(skipped))


def _embedded(resource: Resource) -> Iterator[Embedded | Skipped]:
    """The documents in a ConfigMap that say how devices are shared."""
    data = resource.values.get("data")
    if resource.type != "ConfigMap" or not isinstance(data, Mapping):
        return
    for key, text in data.items():
        if not isinstance(text, str) or "sharing" not in text:
            continue
        try:
            documents = parse_yaml(text.encode("utf-8", "surrogatepass"))
        except YumenError as error:
            yield Skipped(f"{resource.address}: data.{key}", error.message)
            continue
        for document in documents:
            if isinstance(document, dict):
                yield Embedded(resource.address, resource.path, ("data", key), document)
