"""Cloud inventories: AWS Config snapshots, Alibaba Cloud Config listings, and the plain form `{"resources": […]}`.

AWS Config: `configurationItems[]` with `resourceType`, `configuration`, `supplementaryConfiguration`.
Alibaba Cloud Config: `ResourceList`/`Resources`/`DiscoveredResourceProfiles` with `ResourceType`, `Configuration`.
The configuration may be an object or JSON in a string, as the two services write it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanners.configuration.documents import parse_json
from scanners.configuration.resources import Resource
from scanners.errors import UnreadableInput

_LISTS = ("configurationItems", "ResourceList", "DiscoveredResourceProfiles", "Resources", "resources")


def is_inventory(document: object) -> bool:
    """Whether `document` lists resources in one of the forms above."""
    return bool(_entries(document))


def inventory_resources(document: object, path: str) -> Iterator[Resource]:
    """Every resource of the inventory; an entry whose configuration cannot be read comes with no values."""
    for number, entry in enumerate(_entries(document)):
        kind = _first(entry, "resourceType", "ResourceType", "type")
        identity = _first(entry, "resourceName", "ResourceName", "resourceId", "ResourceId", "id", "name") or str(
            number
        )
        values = dict(_object(entry.get("configuration", entry.get("Configuration", entry.get("attributes")))))
        for name, value in _object(entry.get("supplementaryConfiguration")).items():
            values.setdefault(name, _decoded(value))
        region = _first(entry, "awsRegion", "Region", "RegionId", "region")
        if region:
            values.setdefault("region", region)
        yield Resource(source="inventory", type=kind, address=f"{kind}/{identity}", path=path, values=values)


def _entries(document: object) -> list[Mapping[str, Any]]:
    if isinstance(document, list):
        found: object = document
    elif isinstance(document, dict):
        found = next((document[name] for name in _LISTS if isinstance(document.get(name), list)), None)
        if found is None:
            nested = (_entries(document[name]) for name in _LISTS if isinstance(document.get(name), dict))
            found = next((entries for entries in nested if entries), None)
    else:
        found = None
    if not isinstance(found, list):
        return []
    return [item for item in found if isinstance(item, dict) and _first(item, "resourceType", "ResourceType", "type")]


def _first(entry: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := entry.get(name), str) and value), "")


def _object(value: object) -> Mapping[str, Any]:
    decoded = _decoded(value)
    return decoded if isinstance(decoded, dict) else {}


def _decoded(value: object) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return parse_json(value.encode())
        except UnreadableInput:
            return value
    return value
