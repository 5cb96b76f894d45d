"""What an operator has settled: statements that a vulnerability does not matter here (VEX), and waivers that end.

They are read from a folder of the operator's: who may only ask for scans cannot bring any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from scanners.findings import Skipped
from scanners.images.vulnerable import Vulnerable

MAXIMUM_FILE = 64 * 2**20
MAXIMUM_FILES = 10_000
_PURL = re.compile(r"pkg:(?P<type>[a-z0-9.+\-]+)/(?P<name>[^@?#]+)(?:@(?P<version>[^?#]+))?")

Settled = Literal["not_affected", "fixed", "waived"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One settled vulnerability."""

    vulnerability: str
    status: Settled
    reason: str
    origin: str
    """The file that says so."""
    images: tuple[str, ...] = ()
    """Image digests that it is about; empty: any."""
    packages: tuple[str, ...] = ()
    """Package URLs that it is about, with or without version; empty: any."""
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A vulnerability that was found and settled."""

    advisory: str
    package: str
    version: str
    status: Settled
    reason: str
    origin: str
    expires: Annotated[str | None, Field(description="Day after which the waiver no longer holds; null: no end")] = None


@dataclass
class Exceptions:
    """All statements in force, by vulnerability."""

    statements: dict[str, list[Statement]] = field(default_factory=dict)
    troubles: list[Skipped] = field(default_factory=list)
    """Files that could not be read: what they would have settled is not."""

    def settle(
        self, vulnerabilities: Sequence[Vulnerable], image: str, today: date
    ) -> tuple[list[Vulnerable], list[Suppressed]]:
        """Those that stay, and those that are settled for this image."""
        left: list[Vulnerable] = []
        settled: list[Suppressed] = []
        for found in vulnerabilities:
            statement = next(self._about(found, image, today), None)
            if statement is None:
                left.append(found)
                continue
            expires = statement.expires.isoformat() if statement.expires else None
            settled.append(
                Suppressed(
                    found.advisory,
                    found.package,
                    found.version,
                    statement.status,
                    statement.reason,
                    statement.origin,
                    expires,
                )
            )
        return left, settled

    def _about(self, found: Vulnerable, image: str, today: date) -> Iterator[Statement]:
        for identity in found.identifiers:
            for statement in self.statements.get(identity, ()):
                if statement.images and image not in statement.images:
                    continue
                if statement.packages and not any(_same_package(purl, found.purl) for purl in statement.packages):
                    continue
                if statement.expires is None or today <= statement.expires:
                    yield statement


class _Waiver(BaseModel):
    """One entry of a waiver file. Without reason and end there is no waiver."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vulnerability: str = Field(min_length=3, max_length=128)
    reason: str = Field(min_length=10, max_length=2000)
    expires: date
    approved_by: str = Field(min_length=1, max_length=200)
    package: str | None = Field(default=None, max_length=1000, pattern="^pkg:")
    image: str | None = Field(default=None, pattern=r"^sha256:[a-f0-9]{64}$")


_WAIVERS = TypeAdapter(list[_Waiver])


def read_exceptions(folder: Path) -> Exceptions:
    """Every OpenVEX and CSAF document (*.json) and waiver file (*.yaml) of a folder; an empty result if it is not there."""
    result = Exceptions()
    for number, path in enumerate(sorted(folder.rglob("*")) if folder.is_dir() else ()):
        if number >= MAXIMUM_FILES:
            result.troubles.append(Skipped(folder.name, f"more than {MAXIMUM_FILES} files"))
            break
        if path.suffix not in (".json", ".yaml", ".yml") or not path.is_file():
            continue
        try:
            if path.stat().st_size > MAXIMUM_FILE:
                raise ValueError("it is too large")
            for statement in _statements(path.name, path.read_bytes(), path.suffix == ".json"):
                result.statements.setdefault(statement.vulnerability, []).append(statement)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, yaml.YAMLError) as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            result.troubles.append(Skipped(f"exceptions in {path.name}", f"the file cannot be read: {first[:200]}"))
    return result


def _statements(name: str, data: bytes, is_json: bool) -> list[Statement]:
    if not is_json:
        try:
            waivers = _WAIVERS.validate_python(yaml.safe_load(data))
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error
        return [_from_waiver(name, waiver) for waiver in waivers]
    document = orjson.loads(data)
    if not isinstance(document, Mapping):
        raise ValueError("not an object")
    if "openvex" in str(document.get("@context", "")):
        return list(_from_openvex(name, document))
    if str(document.get("document", {}).get("category", "")).startswith("csaf"):
        return list(_from_csaf(name, document))
    raise ValueError("neither OpenVEX nor CSAF")


def _from_waiver(name: str, waiver: _Waiver) -> Statement:
    return Statement(
        waiver.vulnerability,
        "waived",
        f"{waiver.reason} (approved by {waiver.approved_by})",
        name,
        (waiver.image,) if waiver.image else (),
        (waiver.package,) if waiver.package else (),
        waiver.expires,
    )


def _from_openvex(name: str, document: Mapping[str, Any]) -> Iterator[Statement]:
    """OpenVEX 0.2: statements of 'not_affected' and 'fixed' about products, or about parts of them."""
    for item in document["statements"]:
        if item.get("status") not in ("not_affected", "fixed"):
            continue
        vulnerability = item["vulnerability"]
        names = (
            [vulnerability]
            if isinstance(vulnerability, str)
            else [vulnerability["name"], *vulnerability.get("aliases", ())]
        )
        reason = item.get("justification") or item.get("impact_statement") or item["status"]
        for product in item.get("products") or ():
            identity = product if isinstance(product, str) else product.get("@id", "")
            parts = () if isinstance(product, str) else product.get("subcomponents") or ()
            purls = tuple(part if isinstance(part, str) else part.get("@id", "") for part in parts)
            digests = tuple(re.findall(r"sha256:[a-f0-9]{64}", unquote(identity)))
            if digests:
                images, packages = digests, purls
            elif identity.startswith("pkg:oci/"):
                continue  # an image by name alone: names can be moved
            else:
                images, packages = (), (purls or (identity,))
            for known in names:
                yield Statement(str(known), item["status"], str(reason)[:500], name, images, packages)


def _from_csaf(name: str, document: Mapping[str, Any]) -> Iterator[Statement]:
    """CSAF 2.0 VEX: products by id, with package URLs in the product tree."""
    purls = dict(_csaf_products(document.get("product_tree", {}), 0))
    for item in document.get("vulnerabilities") or ():
        statuses = item.get("product_status") or {}
        kinds: tuple[tuple[str, Settled], ...] = (("known_not_affected", "not_affected"), ("fixed", "fixed"))
        for key, status in kinds:
            packages = tuple(purls[product] for product in statuses.get(key) or () if product in purls)
            if packages and item.get("cve"):
                yield Statement(str(item["cve"]), status, f"CSAF: {key}", name, (), packages)


def _csaf_products(tree: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    if depth > 30:
        raise ValueError("the product tree is too deep")
    for product in (tree.get("product"), *(tree.get("full_product_names") or ())):
        if isinstance(product, Mapping):
            purl = (product.get("product_identification_helper") or {}).get("purl")
            if purl:
                yield str(product["product_id"]), str(purl)
    for branch in tree.get("branches") or ():
        yield from _csaf_products(branch, depth + 1)


def _same_package(stated: str, found: str) -> bool:
    """Whether a package URL is about a package: same type and name, and the same version if it has one."""
    one, other = _PURL.match(stated), _PURL.match(found)
    if one is None or other is None or one["type"] != other["type"]:
        return False
    if unquote(one["name"]).lower() != unquote(other["name"]).lower():
        return False
    return one["version"] is None or unquote(one["version"]) == unquote(other["version"] or "")
