"""What changed between two images: packages, vulnerabilities, files, configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from scanners.findings import Coverage, Finding, Report, Subject
from scanners.images.filesystem import FileSystem
from scanners.images.observing import ImageIdentity, Observed, observe_image
from scanners.images.packages import Package, printable
from scanners.images.scan import MAXIMUM_AGE, judge
from scanners.images.squash import Node
from scanners.images.vulnerable import Vulnerable
from scanners.oci.manifests import ImageConfig
from scanners.vulnerabilities.artefact import Seal

LISTED = 2000
"""Changes listed of each kind; the counts are of all."""

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class PackageChange:
    """One package that is not as it was."""

    change: Change
    type: str
    name: str
    before: Annotated[str | None, Field(description="Versions in the first image")] = None
    after: Annotated[str | None, Field(description="Versions in the second image")] = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path that is not as it was."""

    change: Change
    path: str
    what: Annotated[str, Field(description="In what it changed: content, mode, owner, kind, link")] = ""


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """One setting that is not as it was. Values of variables are not shown: they may be secret."""

    change: Change
    setting: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ImageComparison:
    """Everything that differs. The report is about the second image, and finds what is worse than before."""

    report: Report
    before: ImageIdentity
    after: ImageIdentity
    packages: tuple[PackageChange, ...]
    appeared: Annotated[tuple[Vulnerable, ...], Field(description="Vulnerabilities that the first image did not have")]
    mended: Annotated[tuple[Vulnerable, ...], Field(description="Vulnerabilities that the second no longer has")]
    files: tuple[FileChange, ...]
    configuration: tuple[ConfigChange, ...]
    counts: Annotated[Mapping[str, int], Field(description="Number of changes by kind, listed or not")]


def compare_images(
    before: Path,
    after: Path,
    database: Path | None,
    *,
    platform: str | None = None,
    references: tuple[str | None, str | None] = (None, None),
    exceptions: Path | None = None,
    seal: Seal | None = None,
    rules: Path | None = None,
    maximum_age: int = MAXIMUM_AGE,
    today: date | None = None,
) -> ImageComparison:
    """Compare two images. `rules` is a folder of YARA rules: what they find in the second only is a finding. `references`
    name the one and the other, where `before` and `after` hold several: they may be the same path.

    Raises TargetMissing, UnreadableInput (DigestMismatch, NoSuchImage), LimitReached, DatabaseNotTrusted.
    """
    old, old_system = observe_image(before, platform, references[0], None, hashes=True, rules=rules)
    new, new_system = observe_image(after, platform, references[1], None, hashes=True, rules=rules)
    scans = [
        judge(seen, database, exceptions=exceptions, seal=seal, maximum_age=maximum_age, today=today)
        for seen in (old, new)
    ]
    known = {_key(found) for found in scans[0].vulnerabilities}
    left = {_key(found) for found in scans[1].vulnerabilities}
    appeared = tuple(found for found in scans[1].vulnerabilities if _key(found) not in known)
    mended = tuple(found for found in scans[0].vulnerabilities if _key(found) not in left)
    packages = tuple(_packages(old.packages, new.packages))
    files = tuple(_files(old_system, new_system))
    settings = tuple(_settings(old_system.image.config, new_system.image.config))
    counts = {
        "packages": len(packages),
        "vulnerabilities_appeared": len(appeared),
        "vulnerabilities_mended": len(mended),
        "files": len(files),
        "settings": len(settings),
    }
    report = Report(
        Subject("image", new.subject.digest, new.subject.name),
        tuple(_worse(scans[0].report.findings, scans[1].report.findings)),
        Coverage(
            {name: old.examined[name] + new.examined[name] for name in new.examined},
            (*scans[0].report.coverage.skipped, *scans[1].report.coverage.skipped),
            scans[1].report.coverage.data,
        ),
    )
    return ImageComparison(
        report, _identity(old), _identity(new), packages[:LISTED], appeared[:LISTED], mended[:LISTED],
        files[:LISTED], settings[:LISTED], counts,
    )  # fmt: skip


def _identity(observed: Observed) -> ImageIdentity:
    if observed.image is None:
        raise ValueError("a bill of materials has no files to compare")
    return observed.image


def _key(found: Vulnerable) -> tuple[str, str]:
    return (found.package, found.advisory)


def _worse(before: tuple[Finding, ...], after: tuple[Finding, ...]) -> Iterator[Finding]:
    """Findings about the second image that the first did not have in the same place."""
    known = {_without_version(finding) for finding in before}
    return (finding for finding in after if _without_version(finding) not in known)


def _without_version(finding: Finding) -> tuple[str, str | None, tuple[str, ...]]:
    """What a finding is about, in whatever version; of malware, which rule it was."""
    which = (finding.evidence,) if finding.rule.startswith("image.malware") else finding.references
    return (finding.rule, finding.location.path, which)


def _packages(before: tuple[Package, ...], after: tuple[Package, ...]) -> Iterator[PackageChange]:
    old, new = _versions(before), _versions(after)
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was != now:
            change: Change = "added" if was is None else "removed" if now is None else "changed"
            yield PackageChange(change, key[0], key[1], was, now)


def _versions(packages: tuple[Package, ...]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], set[str]] = {}
    for package in packages:
        found.setdefault((package.type, package.name), set()).add(package.version)
    return {key: ", ".join(sorted(versions)) for key, versions in found.items()}


def _files(before: FileSystem, after: FileSystem) -> Iterator[FileChange]:
    """Differences of kind, size, mode, owner and link target; and of content, where the layers are not the same."""
    shared = _shared_layers(before, after)
    old, new = dict(before.tree.walk()), dict(after.tree.walk())
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if was is None or now is None:
            yield FileChange("added" if was is None else "removed", printable(path))
            continue
        if was.blob is not None and was.blob == now.blob and was.blob.layer < shared:
            continue
        pairs = (("kind", was.kind, now.kind), ("mode", was.mode, now.mode), ("owner", was.uid, now.uid),
                 ("link", was.link, now.link), ("content", _content(before, was), _content(after, now)))  # fmt: skip
        what = [name for name, one, other in pairs if one != other]
        if what:
            yield FileChange("changed", printable(path), ", ".join(what))


def _content(system: FileSystem, node: Node) -> bytes:
    hasher = system.hashes.get(node.blob) if node.blob else None
    return hasher.digest() if hasher else b""


def _shared_layers(before: FileSystem, after: FileSystem) -> int:
    """How many layers at the bottom are the same."""
    count = 0
    for one, other in zip(before.image.layers, after.image.layers, strict=False):
        if one.diff_id is None or one.diff_id != other.diff_id:
            break
        count += 1
    return count


def _settings(before: ImageConfig, after: ImageConfig) -> Iterator[ConfigChange]:
    old, new = dict(_flat(before)), dict(_flat(after))
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was != now:
            change: Change = "added" if was is None else "removed" if now is None else "changed"
            secret = name.startswith("Env.")
            yield ConfigChange(change, printable(name)[:200], None if secret else was, None if secret else now)


def _flat(config: ImageConfig) -> Iterator[tuple[str, str]]:
    yield "platform", f"{config.os}/{config.architecture}"
    if config.config is None:
        return
    for variable in config.config.Env or ():
        name, _, value = variable.partition("=")
        yield f"Env.{name}", value
    for name in ("User", "Entrypoint", "Cmd"):
        value = getattr(config.config, name)
        if value:
            yield name, printable(str(value))[:500]
    for name in ("ExposedPorts", "Volumes", "Labels"):
        for key, value in (getattr(config.config, name) or {}).items():
            yield f"{name}.{key}", printable(str(value))[:500]
    yield "Healthcheck", "set" if config.config.Healthcheck else "missing"
