"""Ubuntu's own VEX documents (OpenVEX): how far it is with what its OSV records only call affected.

Ubuntu publishes two feeds (documentation.ubuntu.com/security/security-updates). OSV is the one to match with, but has one
shape for all that is not mended: not looked at yet, deferred, never to be mended. VEX tells these apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from scanners.vulnerabilities.osv import NotAnAdvisory, moment

RELEASES = {
    "trusty": "14.04:LTS",
    "xenial": "16.04:LTS",
    "bionic": "18.04:LTS",
    "focal": "20.04:LTS",
    "jammy": "22.04:LTS",
    "noble": "24.04:LTS",
    "oracular": "24.10",
    "plucky": "25.04",
    "questing": "25.10",
    "resolute": "26.04:LTS",
}
MAXIMUM_PRODUCTS = 1_000_000
_SOURCE = re.compile(
    r"pkg:deb/ubuntu/(?P<name>[^@?#/]+)(?:@[^?#]*)?\?(?=(?:[^#]*&)?arch=source(?:&|\Z))(?:[^#]*&)?distro=(?P<series>[^&#]+)"
)
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}\Z")
_STATES = (
    ("decided to not fix", "Ubuntu will not fix it"),
    ("no longer supported", "this release is no longer supported"),
    ("deferred", "fix deferred"),
)
"""What the sentence of a statement says, by its telling words."""
_NOT_EVALUATED = "is not known and needs to be evaluated", "assessment is pending"


@dataclass(frozen=True, slots=True)
class PackageStanding:
    """The state of one vulnerability in one source package of one release."""

    key: tuple[str, str, str]
    """Ecosystem, source package, CVE."""
    evaluated: bool
    state: str


def is_ubuntu_vex(record: Mapping[str, Any]) -> bool:
    """Whether a decoded file is one of Canonical's OpenVEX documents."""
    head = _head(record)
    return "openvex" in str(head.get("@context", "")) and str(head.get("author", "")).startswith("Canonical")


def parse(record: Mapping[str, Any]) -> tuple[str, list[PackageStanding]]:
    """The document's date, and what it says of packages that are not mended. Raises NotAnAdvisory."""
    statements = record.get("statements")
    if not isinstance(statements, list):
        raise NotAnAdvisory("the VEX document has no list of statements")
    date = moment(_head(record).get("timestamp"))
    return date, [standing for item in statements for standing in _standings(item)]


def _head(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its metadata, which older documents keep apart."""
    metadata = record.get("metadata")
    return metadata if isinstance(metadata, Mapping) and "@context" in metadata else record


def _standings(statement: object) -> Iterator[PackageStanding]:
    vulnerability = statement.get("vulnerability") if isinstance(statement, Mapping) else None
    cve = vulnerability.get("name") if isinstance(vulnerability, Mapping) else None
    products = statement.get("products") if isinstance(statement, Mapping) else None
    if not isinstance(statement, Mapping) or not isinstance(cve, str) or not isinstance(products, list):
        raise NotAnAdvisory("a statement needs a vulnerability with a name, and products")
    if len(products) > MAXIMUM_PRODUCTS:
        raise NotAnAdvisory(f"a statement has {len(products)} products; at most {MAXIMUM_PRODUCTS} are read")
    status = statement.get("status")
    if status not in ("not_affected", "affected", "fixed", "under_investigation"):
        raise NotAnAdvisory(f"a statement with a status that OpenVEX does not have: {str(status)[:40]!r}")
    if status not in ("affected", "under_investigation") or not _CVE.match(cve):
        return  # the OSV records leave out what is not affected, and name the versions that mend
    words = f"{statement.get('action_statement') or ''} {statement.get('status_notes') or ''}"
    evaluated = status == "affected" or not any(sentence in words for sentence in _NOT_EVALUATED)
    state = next((state for telling, state in _STATES if telling in words), "")
    if evaluated and not state:
        return
    for product in products:
        purl = _SOURCE.match(str(product.get("@id") if isinstance(product, Mapping) else product))
        if purl and (ecosystem := _ecosystem(unquote(purl["series"]))):
            yield PackageStanding((ecosystem, unquote(purl["name"]), cve), evaluated, state)


def _ecosystem(series: str) -> str:
    """OSV's name of 'jammy' and 'esm-infra/focal'; empty for a series without advisories here."""
    pocket, _, codename = series.rpartition("/")
    if codename == "esm":  # 'trusty/esm', as it was once written
        pocket, codename = codename, pocket
    release = RELEASES.get(codename, "")
    if not release or (pocket and not pocket.startswith("esm")):
        return ""  # FIPS, realtime kernels: their packages are not those of the release
    return f"Ubuntu:Pro:{release}" if pocket else f"Ubuntu:{release}"
