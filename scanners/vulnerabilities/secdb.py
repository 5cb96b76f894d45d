"""Alpine's own security database: per branch and repository, the version of each package that fixed each CVE."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from scanners.vulnerabilities.advisories import Advisory, Affected, Event
from scanners.vulnerabilities.osv import NotAnAdvisory

_BRANCH = re.compile(r"v[0-9]{1,3}\.[0-9]{1,3}\Z|edge\Z")
_ROLLING = {"packages.wolfi.dev": "Wolfi", "cgr.dev/chainguard": "Chainguard"}
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")
_IDENTITY = re.compile(r"[A-Z]{2,12}-[A-Za-z0-9.\-]{1,60}\Z")


def is_secdb(record: object) -> bool:
    """Whether a decoded file is a branch of Alpine's database rather than an OSV record."""
    return isinstance(record, Mapping) and "packages" in record and ("distroversion" in record or "urlprefix" in record)


def parse(record: Mapping[str, Any]) -> Iterator[Advisory]:
    """One advisory for each (package, CVE) of a branch. Raises NotAnAdvisory."""
    ecosystem = _ecosystem(record)
    packages = record.get("packages") or []
    if not isinstance(packages, list):
        raise NotAnAdvisory("'packages' must be a list")
    for item in packages:
        package = item.get("pkg") if isinstance(item, Mapping) else None
        if not isinstance(package, Mapping) or not isinstance(package.get("name"), str):
            raise NotAnAdvisory("a package of Alpine's database needs a name")
        yield from _package(ecosystem, package["name"], package.get("secfixes") or {})


def _ecosystem(record: Mapping[str, Any]) -> str:
    """Wolfi and Chainguard write the same form without a branch: they roll."""
    branch = str(record.get("distroversion", ""))
    if _BRANCH.match(branch):
        return f"Alpine:{branch}"
    for host, name in _ROLLING.items():
        if not branch and host in str(record.get("urlprefix", "")):
            return name
    raise NotAnAdvisory(f"{branch[:40]!r} is not an Alpine branch")


def _package(ecosystem: str, name: str, fixes: object) -> Iterator[Advisory]:
    if not isinstance(fixes, Mapping):
        raise NotAnAdvisory(f"'secfixes' of {name[:60]} must be an object")
    for version, identities in fixes.items():
        # Version 0 says that the package was never affected.
        if str(version) == "0" or not isinstance(identities, list):
            continue
        for cell in identities:
            for names in _flaws(str(cell)):
                yield _advisory(ecosystem, name, str(version), names)


def _flaws(cell: str) -> Iterator[tuple[str, ...]]:
    """The names of each flaw in a cell: one with all its names ('CVE-2017-1000 XSA-211'), or several ('CVE-… CVE-… XSA-254')."""
    # People also write file names ('CVE-2017-8073.patch') and parts of a fix ('CVE-2017-17434-1').
    cves = tuple(dict.fromkeys(_CVE.findall(cell)))
    others = tuple(word for word in cell.replace(",", " ").split() if _IDENTITY.match(word) and not _CVE.match(word))
    if len(cves) > 1:
        yield from ((cve,) for cve in cves)
    elif cves or others:
        yield (*cves, *others)


def _advisory(ecosystem: str, package: str, version: str, names: tuple[str, ...]) -> Advisory:
    events: tuple[Event, ...] = (("introduced", "0"), ("fixed", version))
    return Advisory(
        id=f"{ecosystem.partition(':')[0].upper()}-{names[0]}",
        modified="",
        summary=f"{names[0]} in {package}",
        aliases=(),
        upstream=names,
        severity=None,
        cvss="",
        references=(f"https://security.alpinelinux.org/vuln/{names[0]}",),
        digest=hashlib.sha256(f"{ecosystem}/{package}/{version}/{' '.join(names)}".encode()).hexdigest(),
        affected=(Affected(ecosystem, package, (events,)),),
    )
