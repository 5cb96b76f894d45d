"""Which operating system an image holds, and whether anybody still mends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter

from scanners.images.filesystem import FileSystem
from scanners.images.packages import PackageType

_EDITION = re.compile(r"\((LTS[^)]*)\)")
"""'22.03 (LTS-SP1)', as openEuler writes it."""
_ASSIGNMENT = re.compile(r"\s*([A-Z][A-Z0-9_]*)=(.*)\Z")


@dataclass(frozen=True, slots=True)
class Distribution:
    """What os-release(5) says, and what is known of that release."""

    id: Annotated[str, Field(description="ID of os-release, e.g. 'debian'")]
    version: Annotated[str, Field(description="VERSION_ID, e.g. '12'; empty for rolling distributions")]
    name: Annotated[str, Field(description="PRETTY_NAME, for people")]
    end_of_life: Annotated[
        str | None, Field(description="Date after which the public gets no more security fixes; null: not known")
    ] = None
    ecosystems: Annotated[
        tuple[str, ...], Field(description="OSV ecosystems in which its packages' advisories are published")
    ] = ()
    paid: Annotated[
        tuple[str, ...],
        Field(description="OSV ecosystems of its paid support: what only that mends, is open for everybody else"),
    ] = ()

    def ended(self, today: date) -> bool:
        """Whether support is over."""
        return self.end_of_life is not None and date.fromisoformat(self.end_of_life) < today


@dataclass(frozen=True, slots=True)
class _Known:
    """One distribution in distributions.yaml."""

    ecosystems: tuple[str, ...]
    """With the parts of a release to fill in: see `_release`."""
    package_type: PackageType
    end_of_life: dict[str, date]
    rolling: bool = False
    paid: tuple[str, ...] = ()
    codenames: dict[str, str] = field(default_factory=dict)
    """Releases that os-release gives no number: Debian's testing and unstable."""


@cache
def _known() -> dict[str, _Known]:
    text = resources.files(__package__).joinpath("distributions.yaml").read_text()
    return TypeAdapter(dict[str, _Known]).validate_python(yaml.safe_load(text))


def identify(system: FileSystem) -> Distribution | None:
    """The distribution of an image; None where it does not say."""
    for path in ("etc/os-release", "usr/lib/os-release"):
        found = system.file(path)
        if found is not None:
            fields = dict(_assignments(found[1].decode("utf-8", "replace")))
            if fields.get("ID"):
                return _distribution(fields)
    return None


def from_release(identity: str, version: str) -> Distribution:
    """The distribution of this id and version, e.g. 'debian' and '12'."""
    return _distribution({"ID": identity, "VERSION_ID": version})


def _distribution(fields: dict[str, str]) -> Distribution:
    identity, version = fields["ID"].lower()[:64], fields.get("VERSION_ID", "")[:64]
    name = (fields.get("PRETTY_NAME") or f"{identity} {version}".strip())[:200]
    known = _known().get(identity)
    if known is None:
        return Distribution(identity, version, name)
    version = version or known.codenames.get(fields.get("VERSION_CODENAME", ""), "")
    values = _release(identity, version, fields)
    end = known.end_of_life.get(values["version"]) or known.end_of_life.get(values["major"])
    named = version or known.rolling
    return Distribution(
        identity,
        version,
        name,
        end.isoformat() if end else None,
        tuple(pattern.format(**values) for pattern in known.ecosystems) if named else (),
        tuple(pattern.format(**values) for pattern in known.paid) if named else (),
    )


def _release(identity: str, version: str, fields: Mapping[str, str]) -> dict[str, str]:
    """A release in the forms in which ecosystems name it."""
    major, _, minor = version.partition(".")
    if identity == "alpine":
        # '3.24_alpha20260601' is what the rolling branch calls itself
        version = "edge" if "_" in version else ".".join(version.split(".")[:2])
        if version == "edge":
            return {"version": "edge", "major": "edge", "service_pack": "", "edition": ""}
    edition = _EDITION.search(fields.get("VERSION", ""))
    return {
        "version": version,
        "major": major,
        "service_pack": f"{major} SP{minor}" if minor else major,
        "edition": edition[1] if edition else "",
    }


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines()[:500]:
        if match := _ASSIGNMENT.match(line):
            value = match[2].strip()
            if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0]:
                value = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value[1:-1]
            yield match[1], value
