"""What an operator has settled: statements that a vulnerability does not matter here (VEX), and waivers that end.

They are read from a folder of the operator's: who may only ask for scans cannot bring any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, cast
from urllib.parse import unquote

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from scanners.findings import Skipped
from scanners.images.vex import Settled, Statement, read_vex
from scanners.images.vulnerable import Vulnerable

MAXIMUM_FILE = 64 * 2**20
MAXIMUM_FILES = 10_000
_PURL = re.compile(r"pkg:(?P<type>[a-z0-9.+\-]+)/(?P<name>[^@?#]+)(?:@(?P<version>[^?#]+))?")


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
    """Everything that was said, by vulnerability."""

    statements: dict[str, list[Statement]] = field(default_factory=dict)
    troubles: list[Skipped] = field(default_factory=list)
    """Files that could not be read: what they would have settled is not."""

    def settle(
        self, vulnerabilities: Sequence[Vulnerable], image: Set[str], today: date
    ) -> tuple[list[Vulnerable], list[Suppressed]]:
        """Those that stay, and those that are settled for the image of these digests."""
        left: list[Vulnerable] = []
        settled: list[Suppressed] = []
        for found in vulnerabilities:
            statement = self._settling(found, image, today)
            if statement is None:
                left.append(found)
                continue
            expires = statement.expires.isoformat() if statement.expires else None
            status, reason, origin = cast("Settled", statement.status), statement.reason, statement.origin
            settled.append(Suppressed(found.advisory, found.package, found.version, status, reason, origin, expires))
        return left, settled

    def _settling(self, found: Vulnerable, image: Set[str], today: date) -> Statement | None:
        """A waiver that is in force, or what was said last; None where that leaves it open, or nothing was said."""
        about = list(self._about(found, image))
        for statement in about:
            if statement.expires is not None and today <= statement.expires:
                return statement
        said = [statement for statement in about if statement.expires is None]
        # Of two at one moment, the one that leaves it open counts.
        last = max(said, key=lambda statement: (statement.said, statement.status == "open"), default=None)
        return None if last is None or last.status == "open" else last

    def _about(self, found: Vulnerable, image: Set[str]) -> Iterator[Statement]:
        for identity in found.identifiers:
            for statement in self.statements.get(identity, ()):
                if statement.images and image.isdisjoint(statement.images):
                    continue
                if not statement.packages or any(_same_package(purl, found.purl) for purl in statement.packages):
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
    return read_vex(name, data)


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


def _same_package(stated: str, found: str) -> bool:
    """Whether a package URL is about a package: same type and name, and the same version if it has one."""
    one, other = _PURL.match(stated), _PURL.match(found)
    if one is None or other is None or one["type"] != other["type"]:
        return False
    if unquote(one["name"]).lower() != unquote(other["name"]).lower():
        return False
    return one["version"] is None or unquote(one["version"]) == unquote(other["version"] or "")
