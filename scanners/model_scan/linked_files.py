"""Files that a configuration names, which its loader reads: whether they lie in the model's own folder."""

from __future__ import annotations

from collections.abc import Iterator

from scanners.model_scan.documents import Document
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.paths import leaves_folder

_FLAVOUR_FILES = frozenset(
    ("data", "model_path", "pickled_model", "model_data", "python_model", "model_code_path", "model_file", "code")
)
"""Of MLflow's MLmodel: what its loaders read, relative to the model."""
_MAX_MODULES = 1000


def examine_links(document: Document, part: Part, scan: Examiner) -> None:
    """Report every file that the loader of this document would read outside the model's folder."""
    for key, path in dict.fromkeys(_linked(document)):
        if leaves_folder(path):
            scan.ledger.find("model.config.traversal", part.path, f"{key}: {path}")


def _linked(document: Document) -> Iterator[tuple[str, str]]:
    """Names of files with the keys that they stand under."""
    if isinstance(document, list):
        # sentence-transformers' modules.json: [{"idx": 0, "path": "", "type": "package.Class"}].
        for item in document[:_MAX_MODULES]:
            if isinstance(item, dict) and {"idx", "type"} <= item.keys():
                yield from _texts("path", item.get("path"))
    if not isinstance(document, dict):
        return
    for file in _values(document.get("weight_map")):  # the index of shards
        yield from _texts("weight_map", file)
    for item in _values(document.get("itemInfoEntries")):  # the Manifest.json of a CoreML package
        yield from _texts("path", item.get("path") if isinstance(item, dict) else None)
    manifest = document.get("weightsManifest")  # TensorFlow.js
    for group in manifest if isinstance(manifest, list) else ():
        yield from _texts("weightsManifest", group.get("paths") if isinstance(group, dict) else None)
    for flavour in _values(document.get("flavors")):
        if isinstance(flavour, dict):
            for key in _FLAVOUR_FILES & flavour.keys():
                yield from _texts(key, flavour[key])


def _values(mapping: Document) -> list[Document]:
    return list(mapping.values()) if isinstance(mapping, dict) else []


def _texts(key: str, value: Document) -> Iterator[tuple[str, str]]:
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, str):
            yield key, item
