"""Read a file or folder of configuration into resources."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from scanners.configuration import compose, inventory, kubernetes, terraform
from scanners.configuration.documents import MAX_BYTES, Document, parse_json, parse_yaml, parse_yaml_lines
from scanners.configuration.resources import Configuration, Resource
from scanners.errors import LimitReached, UnreadableInput, YumenError
from scanners.files import open_regular
from scanners.findings import Skipped

MAX_FILES = 2_000
MAX_RESOURCES = 50_000
_FOREIGN = "neither a Terraform plan, nor Kubernetes manifests, nor Compose services, nor a cloud inventory"
_SUFFIXES = (".json", ".yaml", ".yml")


def read_configuration(target: Path) -> Configuration:
    """Every resource in `target`: a file, or a folder with Terraform plans, manifests and inventories.

    What is in a folder but cannot be read is listed as skipped; a single file that cannot be read is an error.

    Raises UnreadableInput and LimitReached.
    """
    if target.is_file():
        return _joined([(target, target.name)], alone=True)
    return _joined(list(_files(target)), alone=False)


def read_documents(target: Path) -> list[object]:
    """The documents in the JSON or YAML file `target`.

    Raises UnreadableInput and LimitReached.
    """
    data = _bytes(target)
    return [parse_json(data)] if target.suffix == ".json" else parse_yaml(data)


def read_document(target: Path) -> dict[str, object]:
    """The one JSON or YAML object in the file `target`.

    Raises UnreadableInput and LimitReached.
    """
    return the_object(read_documents(target), target.name)


def the_object(documents: Sequence[object], name: str) -> dict[str, object]:
    """The one object that `documents` are. Raises UnreadableInput, which names the file."""
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise UnreadableInput(f"{name} does not hold one object", remedy="give one JSON or YAML object")
    return documents[0]


def _joined(files: list[tuple[Path, str]], *, alone: bool) -> Configuration:
    digest = hashlib.sha256()
    resources: list[Resource] = []
    skipped: list[Skipped] = []
    unread = 0
    for path, name in files:
        others: list[str] = []
        try:
            data = _bytes(path)
            digest.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode("utf-8", "backslashreplace"))
            found = list(_told_apart(_resources(data, path.suffix, name, others)))
        except YumenError as error:
            if alone:
                raise
            unread += 1
            skipped.append(Skipped(name, error.message))
            continue
        if not found:
            others = [name]
        skipped.extend(Skipped(other, _FOREIGN) for other in others)
        resources.extend(found)
        if len(resources) > MAX_RESOURCES:
            raise LimitReached(f"more than {MAX_RESOURCES} resources", remedy="review a part at a time")
    return Configuration(f"sha256:{digest.hexdigest()}", tuple(resources), tuple(skipped), files=len(files) - unread)


def _told_apart(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Each resource with an address of its own, also where a name is given twice or left out."""
    seen: Counter[str] = Counter()
    for resource in resources:
        seen[resource.address] += 1
        again = seen[resource.address]
        yield replace(resource, address=f"{resource.address}#{again}") if again > 1 else resource


def _resources(data: bytes, suffix: str, name: str, others: list[str]) -> Iterator[Resource]:
    text: list[bytes] | None = None
    for document in [Document(parse_json(data), ())] if suffix == ".json" else parse_yaml_lines(data):
        value = document.value
        if terraform.is_plan(value) and isinstance(value, dict):
            yield from terraform.plan_resources(value, name)
        elif kubernetes.is_manifest(value) and isinstance(value, dict):
            text = data.split(b"\n") if text is None else text
            template = kubernetes.template_above(text, document.lines[0]) if document.lines else ""
            for resource in kubernetes.manifest_resources(value, name, document.lines):
                yield replace(resource, template=template)
        elif compose.is_compose(value) and isinstance(value, dict):
            yield from compose.compose_resources(value, name, document.lines)
        elif inventory.is_inventory(value):
            yield from inventory.inventory_resources(value, name)
        else:
            others.append(f"{name}:{document.lines[0]}" if document.lines else name)


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
