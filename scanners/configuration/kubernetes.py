"""Kubernetes manifests: one object a document, lists unfolded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanners.configuration.resources import Resource


def is_manifest(document: object) -> bool:
    """Whether `document` is a Kubernetes object or a list of them."""
    return isinstance(document, dict) and isinstance(document.get("kind"), str) and "apiVersion" in document


def manifest_resources(document: Mapping[str, Any], path: str) -> Iterator[Resource]:
    """The object in `document`, or those in its `items` when it is a List."""
    kind = str(document["kind"])
    items = document.get("items")
    if kind.endswith("List") and isinstance(items, list):
        for item in items:
            if is_manifest(item):
                yield from manifest_resources(item, path)
        return
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    namespace, name = metadata.get("namespace", ""), metadata.get("name") or metadata.get("generateName", "")
    address = "/".join(str(part) for part in (kind, namespace, name) if part)
    yield Resource(source="kubernetes", type=kind, address=address, path=path, values=dict(document))
