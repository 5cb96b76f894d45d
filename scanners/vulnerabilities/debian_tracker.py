"""Debian's security tracker (security-tracker.debian.org/tracker/data/json): per source package, CVE and release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from scanners.findings import Severity
from scanners.vulnerabilities.advisories import Advisory, Affected, Event
from scanners.vulnerabilities.osv import NotAnAdvisory

RELEASES = {
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "duke": "15",
}
_URGENCY: dict[str, Severity] = {"high": "high", "medium": "medium", "low": "low", "unimportant": "info"}


def is_tracker(record: object) -> bool:
    """Whether a decoded file is the tracker's: packages of CVEs, each with releases."""
    if not isinstance(record, Mapping) or not record:
        return False
    first = next(iter(record.values()))
    entry = next(iter(first.values()), None) if isinstance(first, Mapping) else None
    return isinstance(entry, Mapping) and isinstance(entry.get("releases"), Mapping)


def parse(record: Mapping[str, Any]) -> Iterator[Advisory]:
    """One advisory for each (package, CVE) that affects a release that is known here. Raises NotAnAdvisory."""
    for package, issues in record.items():
        if not isinstance(issues, Mapping):
            raise NotAnAdvisory(f"{str(package)[:60]} has no issues")
        for identity, issue in issues.items():
            releases = issue.get("releases") if isinstance(issue, Mapping) else None
            if not isinstance(releases, Mapping):
                raise NotAnAdvisory(f"{str(identity)[:60]} in {str(package)[:60]} has no releases")
            affected = tuple(_affected(str(package), releases))
            if affected:
                yield _advisory(str(identity), str(package), str(issue.get("description") or ""), affected)


def _advisory(identity: str, package: str, description: str, affected: tuple[Affected, ...]) -> Advisory:
    return Advisory(
        id=f"DEBIAN-{identity}",
        modified="",
        summary=" ".join(description.split())[:300] or f"{identity} in {package}",
        aliases=(),
        upstream=(identity,),
        severity=None,
        cvss="",
        references=(f"https://security-tracker.debian.org/tracker/{identity}",),
        digest=hashlib.sha256(repr((identity, package, affected)).encode()).hexdigest(),
        affected=affected,
    )


def _affected(package: str, releases: Mapping[str, Any]) -> Iterator[Affected]:
    for name, state in releases.items():
        if name not in RELEASES or not isinstance(state, Mapping):
            continue
        ecosystem = f"Debian:{RELEASES[name]}"
        status, fixed = state.get("status"), state.get("fixed_version")
        if status == "undetermined":
            yield Affected(ecosystem, package, unclear="Debian has not determined whether this release is affected")
            continue
        events: tuple[Event, ...] = (("introduced", "0"),)
        if status == "resolved":
            if fixed in (None, "0"):
                continue  # this release was never affected
            events = (("introduced", "0"), ("fixed", str(fixed)[:1024]))
        elif status != "open":
            raise NotAnAdvisory(f"{package[:60]} has a status that is not known: {str(status)[:40]!r}")
        # Each release is rated on its own; '**' marks that the rating came from elsewhere.
        rating = _URGENCY.get(str(state.get("urgency", "")).strip("*"))
        yield Affected(ecosystem, package, (events,), severity=rating)
