"""What a scanner says: findings with evidence, and what it did and did not look at.

Scanners observe and never judge. The verdict on a `Report` is made by Rego (`policies/checks/`), so that a security
team changes it without touching Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

Severity = Literal["critical", "high", "medium", "low", "info"]
Verdict = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding lies. Offsets are bytes for files; Unicode code points, end exclusive, for text."""

    path: Annotated[str | None, Field(description="Path inside the target; container members after '!'")] = None
    layer: Annotated[str | None, Field(description="Digest of the image layer")] = None
    offset: Annotated[int | None, Field(description="Byte offset in the file")] = None
    line: Annotated[int | None, Field(description="Line number, from 1")] = None
    span: Annotated[tuple[int, int] | None, Field(description="Start and end, end exclusive")] = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation that matters, with the evidence for it."""

    rule: Annotated[str, Field(description="Stable rule id, e.g. 'model.digest.changed'")]
    severity: Severity
    title: Annotated[str, Field(description="One sentence naming the thing that was found")]
    location: Location = field(default_factory=Location)
    evidence: Annotated[
        str, Field(description="What was seen, rendered safely; never a secret or raw personal data")
    ] = ""
    remediation: Annotated[str, Field(description="What to do about it")] = ""
    references: Annotated[tuple[str, ...], Field(description="Advisory ids, CVEs, specification sections")] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not examined. One entry is enough to keep a verdict from being 'pass'."""

    what: Annotated[str, Field(description="The path, member or part that was not examined")]
    why: Annotated[str, Field(description="The reason, in words")]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at, what was not, and how old the data behind the answer is."""

    examined: Annotated[Mapping[str, int], Field(description="Counts of what was examined, by kind")] = field(
        default_factory=dict
    )
    skipped: Annotated[tuple[Skipped, ...], Field(description="What could not be examined, and why")] = ()
    data: Annotated[Mapping[str, str], Field(description="Data source -> date of its last update, RFC 3339")] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """What was looked at, named by digest and never by a mutable tag alone."""

    kind: Annotated[str, Field(description="model | image | text | policy-input | audit-log | …")]
    digest: Annotated[str, Field(description="'sha256:<hex>' of what was looked at")]
    name: Annotated[str, Field(description="The name the caller used")] = ""
    origin: Annotated[
        str, Field(description="Where it was brought from, by version or digest; empty for what lies on this machine")
    ] = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer of one scan; input to the verdict policy."""

    subject: Subject
    findings: tuple[Finding, ...]
    coverage: Coverage
