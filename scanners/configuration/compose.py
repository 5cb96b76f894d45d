"""Docker Compose: a resource for each service, and one for what is beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scanners.configuration.resources import Resource, part


def is_compose(document: object) -> bool:
    """Whether `document` is a Compose file: services by name, or files that bring them."""
    if not isinstance(document, dict) or "kind" in document or "apiVersion" in document:
        return False
    services = document.get("services")
    if not isinstance(services, dict):
        return isinstance(document.get("include"), list) and services is None
    return all(isinstance(service, dict) and _runs(service) for service in services.values())


def _runs(service: Mapping[str, Any]) -> bool:
    return any(key in service for key in ("image", "build", "extends", "provider", "deploy", "ports", "command"))


def compose_resources(document: Mapping[str, Any], path: str, lines: Sequence[int]) -> Iterator[Resource]:
    """The services of a Compose file and the file around them. https://compose-spec.io"""
    services = document.get("services") or {}
    for name, service in services.items():
        yield Resource(
            source="compose",
            type="compose.service",
            address=f"services/{name}",
            path=path,
            values=service,
            lines=part(document, lines, ("services", name)) if lines else (),
        )
    around = {key: value for key, value in document.items() if key != "services"}
    yield Resource(source="compose", type="compose.file", address="compose", path=path, values=around)
