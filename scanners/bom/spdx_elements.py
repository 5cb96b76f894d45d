"""The parts that every SPDX 3.0.1 document is made of (JSON-LD, https://spdx.github.io/spdx-spec/v3.0.1/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_INFO = "_:creation"


def document(
    base: str, created: str, profiles: Sequence[str], root: str, elements: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A document about `root` with these elements; `created` is RFC 3339 in UTC. One of them is '<base>yumen'."""
    info = {
        "type": "CreationInfo",
        "@id": _INFO,
        "specVersion": "3.0.1",
        "created": created,
        "createdBy": [f"{base}yumen"],
    }
    head = element(
        "SpdxDocument",
        f"{base}document",
        profileConformance=list(profiles),
        rootElement=[root],
        element=[one["spdxId"] for one in elements],
    )
    return {"@context": CONTEXT, "@graph": [info, head, *elements]}


def element(kind: str, identity: str, **properties: Any) -> dict[str, Any]:
    """One element, without the properties that say nothing."""
    kept: Mapping[str, Any] = {key: value for key, value in properties.items() if value not in (None, "", [])}
    return {"type": kind, "spdxId": identity, "creationInfo": _INFO, **kept}


def relation(base: str, source: str, kind: str, *targets: str, name: str = "", **properties: Any) -> dict[str, Any]:
    """That `source` relates to the targets. `name` tells it from others of its kind; by default the first target does."""
    identity = f"{base}relation-{kind}-{name or targets[0].removeprefix(base)}"
    return element(
        "Relationship", identity, **{"from": source, "relationshipType": kind, "to": list(targets)}, **properties
    )


def sha256_hash(digest: str) -> list[dict[str, str]]:
    """How an element with that 'sha256:<hex>' is verified; nothing for another algorithm."""
    algorithm, _, value = digest.partition(":")
    return [{"type": "Hash", "algorithm": algorithm, "hashValue": value}] if value and algorithm == "sha256" else []


def licence_expression(text: str) -> str:
    """An SPDX licence expression; for what is none, a reference that is made of its words."""
    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return f"LicenseRef-{quote(text, safe='').replace('%', '-')}"
