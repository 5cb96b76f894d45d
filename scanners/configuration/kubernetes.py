"""Kubernetes manifests: one object a document, lists unfolded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scanners.configuration.resources import Resource, part
from scanners.errors import UnreadableInput


def is_manifest(document: object) -> bool:
    """Whether `document` is a Kubernetes object or a list of them."""
    return isinstance(document, dict) and isinstance(document.get("kind"), str) and "apiVersion" in document


def manifest_resources(document: Mapping[str, Any], path: str, lines: Sequence[int] = ()) -> Iterator[Resource]:
    """The object in `document`, or those in its `items` when it is a List. `lines` are those of its values.

    Raises UnreadableInput.
    """
    kind = str(document["kind"])
    items = document.get("items")
    if kind.endswith("List") and isinstance(items, list):
        for index, item in enumerate(items):
            if isinstance(item, dict) and kind != "List":  # PodList: the API does not repeat the kind in each
                item = {**item, "kind": item.get("kind", kind[: -len("List")]), "apiVersion": document["apiVersion"]}
            if not is_manifest(item):
                raise UnreadableInput(f"item {index} of the {kind} is no Kubernetes object", remedy="check the file")
            yield from manifest_resources(item, path, part(document, lines, ("items", index)) if lines else ())
        return
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    namespace, name = metadata.get("namespace", ""), metadata.get("name") or metadata.get("generateName", "")
    address = "/".join(str(word) for word in (kind, namespace, name) if word)
    yield Resource(
        source="kubernetes", type=kind, address=address, path=path, values=dict(document), lines=tuple(lines)
    )


def template_above(text: Sequence[bytes], line: int) -> str:
    """The chart's template that Helm names above a document which begins at `line`, from 1; empty if it names none."""
    for above in reversed(text[: line - 1]):
        if above.startswith(b"# Source: "):
            return above[len(b"# Source: ") :].strip().decode("utf-8", "replace")
        if above.strip() and not above.startswith(b"#"):
            return ""
    return ""
