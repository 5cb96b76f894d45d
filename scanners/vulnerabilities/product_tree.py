"""The products of a CSAF document (CSAF 2.0 §3.2.2): which package, of which product, is meant by an id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from scanners.vulnerabilities.osv import NotAnAdvisory

MAXIMUM_DEPTH = 32
MAXIMUM_PRODUCTS = 2_000_000
"""Branches, or relations, of one document; the kernel's largest have some ten thousand."""
_NESTED = 5
"""Relations that may lead from an id to its parts: a package of a module of a product has two."""

_PURL = re.compile(
    r"pkg:(?P<type>[a-z0-9.+\-]+)/(?:[^@?#]+/)?(?P<name>[^/@?#]+)(?:@(?P<version>[^?#]+))?(?:\?(?P<qualifiers>[^#]+))?"
)
_MODULE = re.compile(r"([A-Za-z0-9_.+\-]+:[A-Za-z0-9_.+\-]+)(?:[:/]|\Z)")


@dataclass(frozen=True, slots=True)
class Component:
    """A package as a part of a product."""

    type: str
    """Of its package URL: 'rpm', 'oci', …"""
    name: str
    version: str
    """With its epoch; empty where the document names none."""
    architecture: str
    """'src' for a source package; empty where the document does not tell."""
    module: str
    """'nodejs:18' of a package of that module's stream; else empty."""
    product: str
    """CPE of the product (CPE 2.2 URI)."""


class ProductTree:
    """The tree of one document, by product id."""

    def __init__(self, tree: object) -> None:
        """Raises NotAnAdvisory for what is no product tree."""
        if not isinstance(tree, Mapping):
            raise NotAnAdvisory("the document has no product tree")
        self._products: dict[str, Mapping[str, Any]] = {}
        for product in _products(tree):
            self._products[_text(product, "product_id")] = product.get("product_identification_helper") or {}
        self._relations: dict[str, tuple[str, str]] = {}
        relations = tree.get("relationships") or []
        if not isinstance(relations, list) or len(relations) > MAXIMUM_PRODUCTS:
            raise NotAnAdvisory("the relationships of the products are no list, or a list too long to be read")
        for relation in relations:
            if not isinstance(relation, Mapping) or not isinstance(relation.get("full_product_name"), Mapping):
                raise NotAnAdvisory("a relationship of products is no object")
            parts = (_text(relation, "product_reference"), _text(relation, "relates_to_product_reference"))
            self._relations[_text(relation["full_product_name"], "product_id")] = parts

    def component(self, identity: object) -> Component | None:
        """The package and product that an id stands for; None for a product as such, or what has no package URL.

        Raises NotAnAdvisory for an id that leads nowhere: what it says would be lost.
        """
        if not isinstance(identity, str) or (identity not in self._relations and identity not in self._products):
            raise NotAnAdvisory(f"a status is about a product that the document does not have: {str(identity)[:80]!r}")
        if identity not in self._relations:
            return None
        part, whole = self._relations[identity]
        module = _module(part)
        for _ in range(_NESTED):
            if whole in self._relations:
                inner, whole = self._relations[whole]
                module = module or _module(inner)
            elif part in self._relations:
                part, _ = self._relations[part]
                module = module or _module(part)
        if part not in self._products or whole not in self._products:
            raise NotAnAdvisory(f"a relationship leads to no product: {identity[:80]!r}")
        purl = _PURL.match(str(self._products[part].get("purl") or ""))
        if purl is None:
            return None
        qualifiers = dict(item.partition("=")[::2] for item in (purl["qualifiers"] or "").split("&"))
        named = _MODULE.match(unquote(qualifiers.get("rpmmod", "")))
        version, epoch = unquote(purl["version"] or ""), qualifiers.get("epoch", "")
        return Component(
            purl["type"],
            unquote(purl["name"]),
            f"{epoch}:{version}" if epoch and version else version,
            qualifiers.get("arch", ""),
            named[1] if named else module,
            str(self._products[whole].get("cpe") or ""),
        )


def _module(identity: str) -> str:
    """'nodejs:18' of 'nodejs:18/nodejs' and 'nodejs:18:8090020240301110609:a75119d5'; empty for other ids.

    An epoch looks alike ('bind-32:9.8.2-0.68'), but is followed neither by '/' nor by a build's number.
    """
    match = _MODULE.match(identity)
    if match is None or match.end() == len(identity):
        return ""
    rest = identity[match.end() - 1 :]
    return match[1] if rest[0] == "/" or re.match(r":[0-9]{6,}:", rest) else ""


def _products(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting: list[tuple[object, int]] = [(tree, 0)]
    seen = 0
    while waiting:
        branch, depth = waiting.pop()
        seen += 1
        if depth > MAXIMUM_DEPTH or seen > MAXIMUM_PRODUCTS:
            raise NotAnAdvisory("the product tree is too deep or too large to be read")
        if not isinstance(branch, Mapping):
            raise NotAnAdvisory("a branch of the product tree is no object")
        for product in (branch.get("product"), *_list(branch, "full_product_names")):
            if isinstance(product, Mapping):
                yield product
        waiting.extend((inner, depth + 1) for inner in _list(branch, "branches"))


def _list(branch: Mapping[str, Any], key: str) -> list[Any]:
    value = branch.get(key) or []
    if not isinstance(value, list):
        raise NotAnAdvisory(f"{key!r} of the product tree must be a list")
    return value


def _text(holder: Mapping[str, Any], key: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str) or not value:
        raise NotAnAdvisory(f"a product lacks its {key!r}")
    return value
