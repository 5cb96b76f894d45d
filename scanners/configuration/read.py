"""Read a file or folder of configuration into resources."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from scanners.configuration import inventory, kubernetes, terraform
from scanners.configuration.documents import MAX_BYTES, parse_json, parse_yaml
from scanners.configuration.resources import Configuration, Resource
from scanners.errors import LimitReached, UnreadableInput, YumenError
from scanners.files import open_regular
from scanners.findings import Skipped

MAX_FILES = 2_000
MAX_RESOURCES = 50_000
_SUFFIXES = (".json", ".yaml", ".yml")


def read_configuration(target: Path) -> Configuration:
    """Every resource in `target`: a file, or a folder with Terraform plans, manifests and inventories.

    What is in a folder but cannot be read is listed as skipped; a single file that cannot be read is an error.

    Raises UnreadableInput and LimitReached.
    """
    if target.is_file():
        return _joined([(target, target.name)], alone=True)
    return _joined(list(_files(target)), alone=False)


def read_document(target: Path) -> dict[str, object]:
    """The one JSON or YAML object in the file `target`.

    Raises UnreadableInput and LimitReached.
    """
    data = _bytes(target)
    documents = [parse_json(data)] if target.suffix == ".json" else parse_yaml(data)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise UnreadableInput(f"{target.name} does not hold one object", remedy="give one JSON or YAML object")
    return documents[0]


def _joined(files: list[tuple[Path, str]], *, alone: bool) -> Configuration:
    digest = hashlib.sha256()
    resources: list[Resource] = []
    skipped: list[Skipped] = []
    for path, name in files:
        try:
            data = _bytes(path)
            digest.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode("utf-8", "backslashreplace"))
            found = list(_resources(data, path.suffix, name))
        except YumenError as error:
            if alone:
                raise
            skipped.append(Skipped(name, error.message))
            continue
        if not found:
            skipped.append(Skipped(name, "neither a Terraform plan, nor Kubernetes manifests, nor a cloud inventory"))
        resources.extend(found)
        if len(resources) > MAX_RESOURCES:
            raise LimitReached(f"more than {MAX_RESOURCES} resources", remedy="review a part at a time")
    return Configuration(
        f"sha256:{digest.hexdigest()}", tuple(resources), tuple(skipped), files=len(files) - _unread(skipped)
    )


def _unread(skipped: list[Skipped]) -> int:
    return sum(1 for entry in skipped if not entry.why.startswith("neither"))


def _resources(data: bytes, suffix: str, name: str) -> Iterator[Resource]:
    documents = [parse_json(data)] if suffix == ".json" else parse_yaml(data)
    for document in documents:
        if terraform.is_plan(document) and isinstance(document, dict):
            yield from terraform.plan_resources(document, name)
        elif kubernetes.is_manifest(document) and isinstance(document, dict):
            yield from kubernetes.manifest_resources(document, name)
        elif inventory.is_inventory(document):
            yield from inventory.inventory_resources(document, name)


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    count = 0
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(here, name)
            if path.suffix not in _SUFFIXES:
                continue
            count += 1
            if count > MAX_FILES:
                raise LimitReached(f"more than {MAX_FILES} files", remedy="review a part at a time")
            yield path, path.relative_to(folder).as_posix()


def _bytes(path: Path) -> bytes:
    descriptor = open_regular(path.absolute())
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise LimitReached(f"{path.name} is larger than {MAX_BYTES >> 20} MiB")
    return data
