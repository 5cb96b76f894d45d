"""Red Hat's security data: CSAF documents, one for each vulnerability (VEX) or each notice (RHSA).

What a status means is Red Hat's own reading (redhatproductsecurity.github.io/security-data-guidelines/csaf-vex and
…/scanning-vendors): a fix ends at its version, 'affected' has no version and holds for all, 'under investigation' is
not known, 'not affected' is not reported. A document about a source package ('arch=src') is about what is built of it,
except for those of its packages that the document itself calls not affected.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scanners.findings import Severity
from scanners.vulnerabilities import cvss
from scanners.vulnerabilities.advisories import Advisory, Affected, Event
from scanners.vulnerabilities.osv import NotAnAdvisory, moment, severity_word
from scanners.vulnerabilities.product_tree import Component, ProductTree

NAMESPACE = "https://www.redhat.com"
MAXIMUM_VULNERABILITIES = 10_000
_CPE = re.compile(r"cpe:/[aoh]:redhat:([A-Za-z0-9_.\-]+(?::[A-Za-z0-9_.\-]*)*)\Z")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}\Z")
_IDENTITY = re.compile(r"(?:CVE-[0-9]{4}-[0-9]{4,19}|RH[SBE]A-[0-9]{4}:[0-9]{3,6})\Z")
_UNDECIDED = "Red Hat has not determined whether this product is affected"

Status = Literal["fixed", "affected", "investigated", "unaffected", "ignored"]
_STATUSES: Mapping[str, Status] = {
    "fixed": "fixed",
    "first_fixed": "fixed",
    "known_affected": "affected",
    "first_affected": "affected",
    "last_affected": "affected",
    "under_investigation": "investigated",
    "known_not_affected": "unaffected",
    "recommended": "ignored",
}
"""CSAF 2.0 §3.2.3.9."""


def is_csaf(record: object) -> bool:
    """Whether a decoded file is a CSAF document."""
    document = record.get("document") if isinstance(record, Mapping) else None
    return isinstance(document, Mapping) and str(document.get("category", "")).startswith("csaf_")


def modified(record: Mapping[str, Any]) -> str:
    """When the document was last changed: also one that says 'not affected' of everything shows how new the data is."""
    tracking = record["document"].get("tracking")
    return moment(tracking.get("current_release_date")) if isinstance(tracking, Mapping) else ""


def deleted(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """The advisory that a document takes back, and when: its publisher deleted it. None for one in force."""
    tracking = _mapping(record["document"].get("tracking"), "tracking")
    if tracking.get("status") != "deleted":
        return None
    return _advisory_id(_identity(tracking)), moment(tracking.get("current_release_date"))


def parse(record: Mapping[str, Any], raw: bytes) -> Iterator[Advisory]:
    """The advisories of a document: one for each vulnerability, together where their products are the same.

    Raises NotAnAdvisory, also for documents of others: theirs name no packages that could be looked up.
    """
    document = record["document"]
    publisher = _mapping(document.get("publisher"), "publisher")
    if publisher.get("namespace") != NAMESPACE:
        raise NotAnAdvisory(
            f"CSAF of {str(publisher.get('name'))[:60]!r} is no feed that is known here (statements about your own"
            " images belong into exceptions/)"
        )
    tracking = _mapping(document.get("tracking"), "tracking")
    identity, tree = _identity(tracking), ProductTree(record.get("product_tree"))
    vulnerabilities = record.get("vulnerabilities")
    if not isinstance(vulnerabilities, list) or len(vulnerabilities) > MAXIMUM_VULNERABILITIES:
        raise NotAnAdvisory("the document has no list of vulnerabilities, or one too long to be read")
    alike: dict[tuple[Affected, ...], list[Mapping[str, Any]]] = {}
    for item in vulnerabilities:
        vulnerability = _mapping(item, "vulnerability")
        if not _CVE.match(str(vulnerability.get("cve"))):
            raise NotAnAdvisory("a vulnerability of the document has no CVE")
        if affected := tuple(_affected(vulnerability, tree)):
            alike.setdefault(affected, []).append(vulnerability)
    for number, (affected, group) in enumerate(alike.items(), 1):
        vector, rating = _rating(group)
        yield Advisory(
            id=_advisory_id(identity) + (f"#{number}" if number > 1 else ""),
            modified=moment(tracking.get("current_release_date")),
            summary=" ".join(str(group[0].get("title") or document.get("title") or "").split())[:300],
            aliases=(),
            upstream=tuple(dict.fromkeys(str(item["cve"]) for item in group)),
            severity=rating,
            cvss=vector,
            references=tuple(_references(identity, group)),
            digest=hashlib.sha256(raw).hexdigest(),
            affected=affected,
        )


@dataclass
class _Stated:
    """What a document says of one package of one product."""

    fixes: set[str] = field(default_factory=set)
    affected: bool = False
    investigated: bool = False
    unaffected: bool = False
    remark: str = ""
    severity: Severity | None = None


def _affected(vulnerability: Mapping[str, Any], tree: ProductTree) -> Iterator[Affected]:
    statuses = _mapping(vulnerability.get("product_status") or {}, "product_status")
    ratings, remarks = _by_product(vulnerability, "threats"), _by_product(vulnerability, "remediations")
    stated: dict[tuple[str, str, str], _Stated] = {}
    for key, identities in statuses.items():
        status = _STATUSES.get(str(key))
        if status is None or not isinstance(identities, list):
            raise NotAnAdvisory(f"a status of products that is not known: {str(key)[:40]!r}")
        for identity in identities:
            component = tree.component(identity)
            product = _CPE.match(component.product) if component else None
            if component is None or product is None or component.type != "rpm":
                continue  # images, Java archives: nothing that a package database of Red Hat's lists
            for name in _names(component, status):
                place = (f"Red Hat:{product[1].rstrip(':')}", name, component.module)
                entry = stated.setdefault(place, _Stated())
                _state(entry, status, component)
                entry.remark = entry.remark or remarks.get(identity, "")
                entry.severity = entry.severity or severity_word(ratings.get(identity, ""))
    sources = {
        ecosystem for (ecosystem, name, _), said in stated.items() if name.endswith(".src") and not said.unaffected
    }
    for (ecosystem, name, stream), said in sorted(stated.items()):
        yield from _entries(ecosystem, name, stream, said, exonerated=ecosystem in sources)


def _names(component: Component, status: Status) -> tuple[str, ...]:
    """The name that is looked up: a source's has the suffix that RPM gives its file ('curl.src').

    Without an architecture, older documents mean now a source, now what is built from it.
    """
    source = f"{component.name}.src"
    if component.architecture == "src":
        return (source,)
    open_ = status in ("affected", "investigated")
    return (component.name, source) if open_ and not component.architecture else (component.name,)


def _state(entry: _Stated, status: Status, component: Component) -> None:
    if status == "fixed":
        if not component.version:
            raise NotAnAdvisory(f"a fix of {component.name[:60]} has no version")
        entry.fixes.add(component.version)
    entry.affected |= status == "affected"
    entry.investigated |= status == "investigated"
    entry.unaffected |= status == "unaffected"


def _entries(ecosystem: str, name: str, stream: str, said: _Stated, *, exonerated: bool) -> Iterator[Affected]:
    if said.affected:
        yield Affected(
            ecosystem, name, ((("introduced", "0"),),), stream=stream, severity=said.severity, state=said.remark
        )
    elif said.fixes:
        spans: tuple[tuple[Event, ...], ...] = tuple(
            (("introduced", "0"), ("fixed", version)) for version in sorted(said.fixes)
        )
        yield Affected(ecosystem, name, spans, stream=stream, severity=said.severity)
    if said.investigated and not said.affected:
        yield Affected(ecosystem, name, unclear=_UNDECIDED, stream=stream)
    if exonerated and said.unaffected and not (said.affected or said.fixes or said.investigated):
        yield Affected(ecosystem, name, stream=stream)


def _by_product(vulnerability: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Product id -> rating ('threats'), or why there is no fix ('remediations')."""
    wanted = ("impact",) if kind == "threats" else ("no_fix_planned", "none_available", "fix_planned")
    found: dict[str, str] = {}
    for item in vulnerability.get(kind) or ():
        if isinstance(item, Mapping) and item.get("category") in wanted and isinstance(item.get("product_ids"), list):
            words = " ".join(str(item.get("details") or "").split())[:80]
            if words != "Affected":  # says no more than the status
                found.update((identity, words) for identity in item["product_ids"] if isinstance(identity, str))
    return found


def _rating(group: list[Mapping[str, Any]]) -> tuple[str, Severity | None]:
    """The worst CVSS vector of some vulnerabilities, and its rating."""
    vectors = [
        scored["vectorString"]
        for item in group
        for score in item.get("scores") or ()
        if isinstance(score, Mapping)
        for scored in score.values()
        if isinstance(scored, Mapping) and isinstance(scored.get("vectorString"), str)
    ]
    ranked = [(score, vector) for vector in vectors if (score := cvss.base_score(vector)) is not None]
    if not ranked:
        return "", None
    score, vector = max(ranked)
    return vector, cvss.severity(score)


def _references(identity: str, group: list[Mapping[str, Any]]) -> Iterator[str]:
    kind = "security/cve" if identity.startswith("CVE-") else "errata"
    urls = [f"https://access.redhat.com/{kind}/{identity}"]
    for item in group:
        for remedy in item.get("remediations") or ():
            url = remedy.get("url") if isinstance(remedy, Mapping) else None
            if isinstance(url, str) and url.startswith("https://"):
                urls.append(url[:500])
    yield from tuple(dict.fromkeys(urls))[:8]


def _identity(tracking: Mapping[str, Any]) -> str:
    identity = str(tracking.get("id"))
    if not _IDENTITY.match(identity):
        raise NotAnAdvisory(f"the document is neither about a CVE nor a notice of Red Hat's: {identity[:60]!r}")
    return identity


def _advisory_id(identity: str) -> str:
    return f"REDHAT-{identity}" if identity.startswith("CVE-") else identity


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise NotAnAdvisory(f"{what!r} of the document must be an object")
    return value
