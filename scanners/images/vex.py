"""Statements about exploitability, as OpenVEX 0.2 and CSAF 2.0 (VEX profile) write them: what they are about, and since when.

https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md; CSAF 2.0 §3.2.2, §4.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from urllib.parse import unquote

import orjson

Settled = Literal["not_affected", "fixed", "waived"]
Status = Settled | Literal["open"]
"""'open': affected, or under investigation; it takes back what was said before."""
EVER = datetime.min.replace(tzinfo=UTC)
_OPENVEX: Mapping[str, Status] = {
    "not_affected": "not_affected", "fixed": "fixed", "affected": "open", "under_investigation": "open",
}  # fmt: skip
_CSAF: Mapping[str, Status] = {
    "known_not_affected": "not_affected", "fixed": "fixed", "first_fixed": "fixed", "known_affected": "open",
    "first_affected": "open", "last_affected": "open", "under_investigation": "open",
}  # fmt: skip
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")
_DEPTH = 30
_Scope = tuple[tuple[str, ...], tuple[str, ...]]
"""Digests of images, and package URLs."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said of one vulnerability."""

    vulnerability: str
    status: Status
    reason: str
    origin: str
    """The file that says so."""
    images: tuple[str, ...] = ()
    """Image digests that it is about; empty: any."""
    packages: tuple[str, ...] = ()
    """Package URLs that it is about, with or without version; empty: any."""
    expires: date | None = None
    said: datetime = EVER
    """Since when it holds; of several about the same, the latest counts."""


def read_vex(name: str, data: bytes) -> list[Statement]:
    """Every statement of a document. Raises ValueError, KeyError, TypeError, AttributeError for one that has not its shape."""
    document = orjson.loads(data)
    if not isinstance(document, Mapping):
        raise ValueError("not an object")
    if "openvex" in str(document.get("@context", "")):
        return list(_from_openvex(name, document))
    if str(document.get("document", {}).get("category", "")).startswith("csaf"):
        return list(_from_csaf(name, document))
    raise ValueError("neither OpenVEX nor CSAF")


def _from_openvex(name: str, document: Mapping[str, Any]) -> Iterator[Statement]:
    for item in document["statements"]:
        status = _OPENVEX.get(str(item.get("status")))
        if status is None:
            raise ValueError(f"a statement of the status {str(item.get('status'))[:40]!r}")
        vulnerability = item["vulnerability"]
        described = {"name": vulnerability} if isinstance(vulnerability, str) else vulnerability
        names = [described["name"], *described.get("aliases", ())]
        reason = item.get("justification") or item.get("impact_statement") or item["status"]
        said = _moment(item.get("timestamp") or document.get("timestamp"), status)
        for product in item.get("products") or ():
            parts = () if isinstance(product, str) else product.get("subcomponents") or ()
            scope = _scope(_identity(product), tuple(map(_identity, parts)))
            if scope is None:
                continue
            for known in names:
                yield Statement(str(known), status, str(reason)[:500], name, scope[0], scope[1], said=said)


def _identity(product: Any) -> str:
    """By what a product or part of one is named: a package URL where there is one."""
    if isinstance(product, str):
        return product
    named = (product.get("identifiers") or {}).get("purl") or product.get("@id") or ""
    hashed = (product.get("hashes") or {}).get("sha-256")
    return f"pkg:oci/image@sha256:{hashed}" if hashed and not _DIGEST.search(unquote(str(named))) else str(named)


def _scope(product: str, parts: tuple[str, ...]) -> _Scope | None:
    """What a statement is about; None for one about what cannot be told."""
    if digests := tuple(_DIGEST.findall(unquote(product))):
        return digests, parts
    if product.startswith("pkg:oci/") or not product:
        return None  # an image by name alone: names can be moved
    return (), parts or (product,)


def _from_csaf(name: str, document: Mapping[str, Any]) -> Iterator[Statement]:
    tree = document.get("product_tree") or {}
    scopes = _csaf_scopes(tree)
    tracking = document["document"].get("tracking") or {}
    for item in document.get("vulnerabilities") or ():
        identities = [item.get("cve"), *(entry.get("text") for entry in item.get("ids") or ())]
        for key, products in (item.get("product_status") or {}).items():
            status = _CSAF.get(key)
            if status is None:
                continue  # 'recommended' says nothing of what is installed
            said = _moment(tracking.get("current_release_date"), status)
            for scope in (scopes[product] for product in products if product in scopes):
                for identity in filter(None, identities):
                    yield Statement(str(identity), status, f"CSAF: {key}", name, scope[0], scope[1], said=said)


def _csaf_scopes(tree: Mapping[str, Any]) -> dict[str, _Scope]:
    """What each product id is about. A part of a product counts where the product is an image by digest, or where the whole
    has a package URL of its own: on another product the same part may be affected (CSAF 2.0 §3.2.2.4)."""
    purls = dict(_csaf_purls(tree, 0))
    scopes = {product: scope for product, purl in purls.items() if (scope := _scope(purl, ()))}
    for relation in tree.get("relationships") or ():
        whole = relation["full_product_name"]
        part, product = relation["product_reference"], relation["relates_to_product_reference"]
        own = (whole.get("product_identification_helper") or {}).get("purl")
        image = _scope(purls.get(product, ""), (purls[part],)) if part in purls else None
        if own:
            image = _scope(str(own), ())
        if image and (own or image[0]):
            scopes[str(whole["product_id"])] = image
    return scopes


def _csaf_purls(tree: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEPTH:
        raise ValueError("the product tree is too deep")
    for product in (tree.get("product"), *(tree.get("full_product_names") or ())):
        if isinstance(product, Mapping):
            purl = (product.get("product_identification_helper") or {}).get("purl")
            if purl:
                yield str(product["product_id"]), str(purl)
    for branch in tree.get("branches") or ():
        yield from _csaf_purls(branch, depth + 1)


def _moment(text: Any, status: Status) -> datetime:
    """When something was said. Without a date what settles is the oldest word, and what opens again the last."""
    if not text:
        return datetime.max.replace(tzinfo=UTC) if status == "open" else EVER
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
